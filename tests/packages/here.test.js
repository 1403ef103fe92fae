// What make test-npm and make test-release do in bare roots, in a slice that needs no network: the packed npm packages in an empty folder with the
// Node that is here, and the release's archive in a folder of any name.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";

import { MAIN, WANTED, wordsProgram } from "../bundlers/fixture.js";
import { startEngine } from "../engines/index.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";
import { test } from "../testing.js";

const made = path.join(top, "build");
const version = /^VERSION := (\S+)$/m.exec(fs.readFileSync(path.join(top, "Makefile"), "utf8"))[1];
const base = fs.mkdtempSync(path.join(os.tmpdir(), "packages here-")); // a space, as users have them
const engine = await startEngine("chromium");
after(async () => {
	await engine.close();
	fs.rmSync(base, { recursive: true, force: true });
});
const run = (cwd, command, ...args) => execFileSync(command, args, { cwd, encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" } });

const folder = path.join(base, "project"), program = path.join(folder, "node_modules/.bin/wvwasi-gw");
fs.mkdirSync(path.join(folder, "work"), { recursive: true });
fs.writeFileSync(path.join(folder, "work/greeting.txt"), "hello world\n");
fs.writeFileSync(path.join(folder, "tool.wasm"), wordsProgram());
run(folder, "npm", "install", "--prefix", folder, "--offline", "--ignore-scripts", "--no-audit", "--no-fund",
	...["", "linux-x64-"].map((platform) => path.join(made, `wvwasi-gw-${platform}${version}.tgz`)));

/** What a page that is served at the link shows once `says` holds. */
async function pageAt(link, says, what) {
	const page = await engine.open(link);
	try {
		await page.waitFor(says, 60_000);
		return await page.evaluate(what);
	} catch (error) {
		throw new Error(`${error.message}: ${JSON.stringify(await page.messages())}`);
	} finally {
		await page.close();
	}
}

test("npx wvwasi-gw tool.wasm, from the packed packages in an empty folder", async (t) => {
	assert.equal(run(folder, "npx", "--offline", "wvwasi-gw", "--version"), `wvwasi-gw ${version}\n`);
	const gateway = await startGateway(["--dir", `${folder}/work::/`, path.join(folder, "tool.wasm"), "greeting.txt"], { executable: program });
	t.after(() => gateway.stop());
	assert.match(await pageAt(gateway.ready.link, 'document.body.innerText.includes(" words in ")', "document.body.innerText"), /2 words in greeting\.txt/);
});

test("the command ends as the gateway does: by SIGTERM after it, and with its exit code", async () => {
	const gateway = await startGateway(["--root", folder], { executable: program });
	process.kill(gateway.pid, 0);
	assert.deepEqual(await gateway.stop(), { code: 0, signal: null });
	await assert.rejects(startGateway(["--root", path.join(folder, "nowhere")], { executable: program }), { code: 1 });
});

test("a page that was bundled with the package runs on the package's gateway", async (t) => {
	fs.mkdirSync(path.join(folder, "src"));
	fs.writeFileSync(path.join(folder, "src/main.js"), MAIN);
	const documented = /^npx (esbuild (?:.*\\\n)*.*)$/m.exec(fs.readFileSync(path.join(top, "docs/BUNDLERS.md"), "utf8"))[1];
	run(folder, "sh", "-c", documented); // Debian's esbuild, which the build needs, too
	fs.writeFileSync(path.join(folder, "dist/index.html"), '<!doctype html><title>bundled</title><script type="module" src="main.js"></script>');
	fs.copyFileSync(path.join(folder, "tool.wasm"), path.join(folder, "dist/words.wasm"));
	const gateway = await startGateway(["--root", path.join(folder, "dist"), "--dir", `${folder}/work::/work`], { executable: program });
	t.after(() => gateway.stop());
	assert.deepEqual(await pageAt(linkTo(gateway.ready.link, "/"), "window.result", "window.result"), WANTED);
});

test("the release's archive runs from a folder of any name, through a link, with its own libraries", async (t) => {
	const place = path.join(base, "a place"), link = path.join(base, "wvwasi-gw");
	fs.mkdirSync(place);
	run(place, "tar", "--strip-components=1", "-xzf", path.join(made, `wvwasi-gw-${version}-linux-x64.tar.gz`));
	fs.symlinkSync("a place/bin/wvwasi-gw", link);
	const gateway = await startGateway(["--root", folder], { executable: link });
	t.after(() => gateway.stop());
	const mapped = fs.readFileSync(`/proc/${gateway.ready.pid}/maps`, "utf8").split("\n").map((line) => /\S+\/(.*)$/.exec(line)?.[0].trim())
		.filter((file) => file?.includes(".so"));
	const foreign = [...new Set(mapped)].filter((file) => !file.includes(`${place}/lib/wvwasi-gw/`)
		&& !/\/(ld-linux-x86-64|libc|libm|libdl|libpthread|librt|libresolv|libnss_[a-z]+)[.-]/.test(file));
	assert.deepEqual(foreign, []);
	assert.ok(mapped.some((file) => file.endsWith("libwebsockets-evlib_uv.so")));
});
