// What fetch.sh brings is what package-lock.json pins, or nothing. A lockfile and a registry of our own; without npm, by curl or wget.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { after, beforeEach } from "node:test";
import { fileURLToPath } from "node:url";

import { test } from "../testing.js";

const top = fileURLToPath(new URL("../..", import.meta.url));
const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-fetch-"));
const tree = path.join(base, "tree");
const archive = Buffer.from("an archive"), other = Buffer.from("another archive");
const pinned = (bytes) => `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
const lock = { packages: { "node_modules/plain": { version: "1.2.3", integrity: pinned(archive) },
	"node_modules/@some/thing": { version: "0.1.0", license: "MIT", integrity: pinned(archive) } } };
const served = {}; // path: bytes
const server = http.createServer((request, response) => {
	response.statusCode = served[request.url] ? 200 : 404;
	response.end(served[request.url]);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const registry = `http://127.0.0.1:${server.address().port}/npm/`;
after(() => {
	server.close();
	fs.rmSync(base, { recursive: true, force: true });
});

/** A folder with these tools of the system alone, for PATH. */
function pathWith(...tools) {
	const bin = fs.mkdtempSync(path.join(base, "bin-"));
	for (const tool of ["sh", "sed", "dirname", "head", "base64", "od", "tr", "sha512sum", "cut", "mktemp", "mkdir", "mv", "rm", ...tools])
		fs.symlinkSync(execFileSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim(), path.join(bin, tool));
	return bin;
}

async function run(packages, { tools = ["curl"], from = registry } = {}) {
	const child = spawn("/bin/sh", [path.join(tree, "fetch.sh"), "kept", ...packages], { env: { PATH: pathWith(...tools), NPM_CONFIG_REGISTRY: from } });
	const text = { stdout: "", stderr: "" };
	for (const stream of ["stdout", "stderr"])
		child[stream].on("data", (data) => text[stream] += data);
	const code = await new Promise((resolve) => child.once("close", resolve));
	return { code, ...text, kept: fs.existsSync(path.join(tree, "kept")) ? fs.readdirSync(path.join(tree, "kept")) : [] };
}

beforeEach(() => {
	fs.rmSync(tree, { recursive: true, force: true });
	fs.mkdirSync(tree);
	fs.copyFileSync(path.join(top, "fetch.sh"), path.join(tree, "fetch.sh"));
	fs.writeFileSync(path.join(tree, "package-lock.json"), JSON.stringify(lock, null, "  "));
	for (const url of Object.keys(served))
		delete served[url];
});

const installed = ["curl", "wget"].filter((tool) => fs.existsSync(`/usr/bin/${tool}`));
assert.ok(installed.length);
for (const tool of installed)
	test(`${tool} brings the pinned archives from the registry that NPM_CONFIG_REGISTRY names, and only once`, async () => {
		served["/npm/plain/-/plain-1.2.3.tgz"] = served["/npm/@some/thing/-/thing-0.1.0.tgz"] = archive;
		const first = await run(["plain", "@some/thing"], { tools: [tool] });
		assert.deepEqual([first.code, first.stdout], [0, "kept/plain-1.2.3.tgz\nkept/some-thing-0.1.0.tgz\n"], first.stderr);
		assert.deepEqual(fs.readFileSync(path.join(tree, "kept/some-thing-0.1.0.tgz")), archive);
		assert.deepEqual(await run(["plain"], { from: "http://127.0.0.1:1" }), { ...first, stdout: "kept/plain-1.2.3.tgz\n", stderr: "" });
	});

test("an archive with another digest is refused, and nothing of it stays", async () => {
	served["/npm/plain/-/plain-1.2.3.tgz"] = other;
	const { code, stdout, stderr, kept } = await run(["plain"]);
	assert.deepEqual([code, stdout, kept], [1, "", []]);
	assert.match(stderr, /what came for 'plain' isn't what package-lock.json pins/);
});

test("a kept archive that was changed is downloaded anew", async () => {
	served["/npm/plain/-/plain-1.2.3.tgz"] = archive;
	fs.mkdirSync(path.join(tree, "kept"));
	fs.writeFileSync(path.join(tree, "kept/plain-1.2.3.tgz"), other);
	assert.equal((await run(["plain"])).code, 0);
	assert.deepEqual(fs.readFileSync(path.join(tree, "kept/plain-1.2.3.tgz")), archive);
});

test("without a network it says at once what works without one", async () => {
	const { code, stderr, kept } = await run(["plain"], { from: "http://127.0.0.1:1" });
	assert.deepEqual([code, kept], [1, []]);
	assert.match(stderr, /cannot download from npm's registry. Without a network, build from a release \(make dist\)/);
});

test("what a release brings along in vendor/ needs no network, and is held to the same digest", async () => {
	fs.mkdirSync(path.join(tree, "vendor"));
	fs.writeFileSync(path.join(tree, "vendor/plain-1.2.3.tgz"), archive);
	const { code, stdout } = await run(["plain"], { tools: [] });
	assert.deepEqual([code, stdout], [0, "vendor/plain-1.2.3.tgz\n"]);
	fs.writeFileSync(path.join(tree, "vendor/plain-1.2.3.tgz"), other);
	assert.match((await run(["plain"], { tools: [] })).stderr, /'vendor\/plain-1.2.3.tgz' isn't what package-lock.json pins/);
});

test("without anything that downloads, and for a package that isn't pinned, it says so", async () => {
	assert.match((await run(["plain"], { tools: [] })).stderr, /neither npm nor curl nor wget is installed/);
	assert.match((await run(["unknown"])).stderr, /package-lock.json doesn't name 'unknown'/);
});
