// A project as Vite's own template makes it (TypeScript), with our plugin: `npm run dev` gives one link whose page has hot reload, and programs on the
// granted folder, in one origin.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { engineNames, startEngine } from "../engines/index.js";
import { within } from "../engines/deadline.js";
import { binary } from "../gateway/gateway.js";
import { MAIN, WANTED, VERSIONS, base, project, sh, wordsProgram } from "./fixture.js";

/** A link works once: the next browser gets its own, as from another terminal. */
const anotherLink = async (port) => /Open (http:\S+)/.exec((await sh(base, binary, "link", "--port", port)).stdout)[1];

test("a project of create-vite: edited files are on the page at once, and its programs run on the folder", async (t) => {
	const tools = await project("create", ["create-vite"], {});
	fs.rmSync(path.join(base, "app"), { recursive: true, force: true });
	await sh(base, path.join(tools, "node_modules/.bin/create-vite"), "app", "--template", "vanilla-ts");
	const app = path.join(base, "app"), at = (name) => path.join(app, name);
	const made = JSON.parse(fs.readFileSync(at("package.json"), "utf8"));
	assert.match(made.devDependencies.vite, /^\^6\./, "what the template wants");
	fs.writeFileSync(at("package.json"),
		JSON.stringify({ ...made, devDependencies: { ...made.devDependencies, vite: VERSIONS.vite, typescript: VERSIONS.typescript } }));
	const packed = fs.readdirSync(base).find((name) => /^wvwasi-gw-.*\.tgz$/.test(name));
	await sh(app, "npm", "install", "--no-audit", "--no-fund", "--prefer-offline", path.join(base, packed));
	fs.mkdirSync(at("work"));
	fs.writeFileSync(at("work/greeting.txt"), "hello world\n");
	fs.writeFileSync(at("public/words.wasm"), wordsProgram());
	fs.writeFileSync(at("vite.config.ts"), `import { defineConfig } from "vite";
import wvwasi from "wvwasi-gw/vite";
export default defineConfig({ plugins: [wvwasi({ dirs: ["work::/work"], flags: ["--port", "0"] })], server: { port: 0 }, build: { target: "es2022" } });
`);
	const page = `${MAIN.replace("const result =",
		"declare global { interface Window { result: unknown; kept: unknown } }\nconst result: Record<string, unknown> =")
		.replace("(error) =>", "(error: unknown) =>")}import { text } from "./text.ts";\nimport "./style.css";\ndocument.title = text;\n`;
	fs.writeFileSync(at("src/main.ts"), page);
	fs.writeFileSync(at("src/text.ts"), 'export const text = "one";\n');

	const dev = spawn("npm", ["run", "dev"], { cwd: app, env: { ...process.env, WVWASI_GW: binary, NODE_OPTIONS: "" }, detached: true });
	t.after(async () => {
		process.kill(-dev.pid, "SIGTERM");
		await within(once(dev, "close"), 20_000, "the end of dev server and gateway");
	});
	let printed = "";
	const link = await within(new Promise((resolve) => {
		for (const stream of [dev.stdout, dev.stderr])
			stream.setEncoding("utf8").on("data", (text) => {
				printed += text;
				const found = /Open (http:\S+)/.exec(printed);
				if (found)
					resolve(found[1]);
			});
	}), 60_000, "the gateway's link").catch((error) => Promise.reject(new Error(`${error.message}: ${printed}`)));

	const original = Object.fromEntries(["src/style.css", "src/text.ts", "work/greeting.txt"].map((name) => [name, fs.readFileSync(at(name), "utf8")]));
	for (const name of engineNames)
		await t.test(name, async (t_) => {
			for (const [file, text] of Object.entries(original))
				fs.writeFileSync(at(file), text);
			fs.rmSync(at("work/written.txt"), { force: true });
			const engine = await startEngine(name);
			t_.after(() => engine.close());
			const browser = await engine.open(name === engineNames[0] ? link : await anotherLink(new URL(link).port));
			const shows = async (what) => {
				await browser.waitFor(what, 60_000).catch(async (error) => {
					throw new Error(`${what}: ${error.message}: ${JSON.stringify(await browser.messages())} ${printed}`);
				});
			};
			await shows('document.title === "one" && window.result');
			assert.deepEqual(await browser.evaluate("window.result"), WANTED);
			assert.equal(fs.readFileSync(at("work/written.txt"), "utf8"), WANTED.wrote);
			assert.equal(new URL(await browser.evaluate("location.href")).port, new URL(link).port);

			// A style is replaced in the page that is there, a script by a reload.
			await browser.evaluate("window.kept = true");
			fs.appendFileSync(at("src/style.css"), "\nbody { outline-color: rgb(1, 2, 3) !important; }\n");
			await shows('getComputedStyle(document.body).outlineColor === "rgb(1, 2, 3)"');
			assert.equal(await browser.evaluate("window.kept"), true, "without a reload");
			fs.writeFileSync(at("work/greeting.txt"), "one two three\n");
			fs.writeFileSync(at("src/text.ts"), 'export const text = "two";\n');
			await shows('document.title === "two" && window.result');
			assert.deepEqual(await browser.evaluate("window.result"), { ...WANTED, said: "3 words in /work/greeting.txt\n" });
		});

	await sh(app, "npm", "run", "build"); // tsc, then vite build: the types are found in a strict project
	assert.ok(fs.existsSync(at("dist/index.html")));
});
