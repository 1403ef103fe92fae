// The npm package through each bundler's own build, served by a gateway, in each browser: programs run, on the granted folder.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, test } from "node:test";

import { engineNames, startEngine } from "../engines/index.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";
import { MAIN, WANTED, project, sh, wordsProgram } from "./fixture.js";

const engines = await Promise.all(engineNames.map((name) => startEngine(name)));
after(() => Promise.all(engines.map((engine) => engine.close())));
const program = wordsProgram();
const page = (script) => `<!doctype html><title>bundled</title><script type="module" src="${script}"></script>`;
/** The commands are those of docs/BUNDLERS.md. */
const documented = fs.readFileSync(path.join(top, "docs/BUNDLERS.md"), "utf8");
const command = (words) => documented.match(new RegExp(`^npx ${words}(?:.*\\\\\\n)*.*$`, "m"))[0].replaceAll(/\\\n\s*/g, "");

/** Serves the built folder; its page must do in each engine what MAIN is to do. */
async function judge(t, folder) {
	const work = fs.mkdtempSync(path.join(folder, "work-"));
	fs.writeFileSync(path.join(work, "greeting.txt"), "hello world\n");
	fs.writeFileSync(path.join(folder, "dist/words.wasm"), program);
	const gateway = await startGateway(["--root", path.join(folder, "dist"), "--dir", `${work}::/work`]);
	t.after(() => gateway.stop());
	for (const engine of engines) {
		const opened = await engine.open(linkTo(await gateway.link(), "/"));
		await opened.waitFor("window.result", 60_000).catch(async (error) => {
			throw new Error(`${engine.name}: ${error.message}: ${JSON.stringify(await opened.messages())}`);
		});
		assert.deepEqual(await opened.evaluate("window.result"), WANTED, engine.name);
		assert.equal(fs.readFileSync(path.join(work, "written.txt"), "utf8"), WANTED.wrote, engine.name);
		fs.rmSync(path.join(work, "written.txt"));
		await opened.close();
	}
}

/** No name of a worker may lead nowhere: the second is started by apps that instantiate modules themselves. */
const filesBelow = (folder) => fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);

test("vite build", async (t) => {
	const folder = await project("vite", ["vite"], { "index.html": page("/src/main.js"), "src/main.js": MAIN, "vite.config.js":
		'import wvwasi from "wvwasi-gw/vite";\nexport default { plugins: [wvwasi()], build: { target: "es2022" } };\n' });
	const { stderr } = await sh(folder, "sh", "-c", command("vite build"));
	assert.doesNotMatch(stderr, /warn|error/i);
	assert.ok(filesBelow(path.join(folder, "dist")).some((name) => /^control-worker/.test(name)));
	await judge(t, folder);
});

test("esbuild", async (t) => {
	const folder = await project("esbuild", ["esbuild"], { "dist/index.html": page("main.js"), "src/main.js": MAIN });
	await sh(folder, "sh", "-c", command("esbuild"));
	for (const name of ["main.js", "worker.js", "gateway/control-worker.js"])
		assert.ok(fs.existsSync(path.join(folder, "dist", name)), name);
	await judge(t, folder);
});

test("webpack", async (t) => {
	const folder = await project("webpack", ["webpack", "webpack-cli"], { "dist/index.html": page("main.js"), "src/index.js": MAIN });
	const { stdout } = await sh(folder, "sh", "-c", command("webpack"));
	assert.doesNotMatch(stdout, /WARNING|ERROR/);
	assert.ok(filesBelow(path.join(folder, "dist")).length >= 4, "index.html, main.js and a file for each worker");
	await judge(t, folder);
});

test("tsc and editors find the types, by either way to look for modules", async () => {
	const use = `import { connect, run, spawn, WASI, type RunOptions } from "wvwasi-gw";
import wvwasi from "wvwasi-gw/vite";
const options: RunOptions = { args: ["a"], stdout: "capture" };
export const code: Promise<number | null> = run("a.wasm", options).then(({ exitCode }) => exitCode);
export const plugin = wvwasi({ dirs: ["a::/b"] });
export { connect, spawn, WASI };
`;
	const folder = await project("types", ["typescript", "vite"], { "use.mts": use, "wrong.mts": use.replace('args: ["a"]', "args: 3") });
	for (const resolution of ["bundler", "node16"]) {
		const tsc = (file) => spawnSync(path.join(folder, "node_modules/.bin/tsc"),
			["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--lib", "es2024,dom,dom.iterable,dom.asynciterable",
			"--module", resolution === "bundler" ? "esnext" : "node16", "--moduleResolution", resolution, file], { cwd: folder, encoding: "utf8" });
		const good = tsc("use.mts");
		assert.equal(good.status, 0, good.stdout);
		assert.match(tsc("wrong.mts").stdout, /wrong\.mts\(3,\d+\): error TS2322/);
	}
});
