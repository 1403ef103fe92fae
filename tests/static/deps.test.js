// What `make deps` and `make run` do with sudo: they print the exact line and ask, and never run it unasked. As a user who isn't root,
// with a sudo, a dpkg-query and an npm of our own in PATH, and a real terminal, by script(1).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { after } from "node:test";

import { test } from "../testing.js";

const top = fileURLToPath(new URL("../..", import.meta.url));
const NOBODY = 65534;
const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-deps-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const asked = path.join(base, "asked"), tree = path.join(base, "tree"), bin = path.join(base, "bin");
// The tree without what was built: it may lie where nobody else can read.
fs.cpSync(top, tree, { recursive: true, filter: (from) => !["node_modules", "build", ".git"].includes(path.relative(top, from)) });
for (const folder of [asked, path.join(tree, "node_modules"), bin])
	fs.mkdirSync(folder, { recursive: true });
fs.copyFileSync(path.join(tree, "package-lock.json"), path.join(tree, "node_modules/.installed-lock")); // npm's part is done
const put = (name, script) => fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
for (const name of ["sudo", "npm", "apt-get"])
	put(name, `printf '%s\\n' "$@" >> '${asked}/${name}'`);
// All but libuv is there.
put("dpkg-query", 'shift 2; for package in "$@"; do [ "$package" = "$MISSING" ] || printf "%s=installed " "$package"; done');
for (const each of [base, asked, tree])
	fs.chmodSync(each, 0o777);

const LINE = "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends libuv1-dev";

/** Runs it as somebody who isn't root. answer: typed at a terminal; undefined: there's none. */
async function run(command, { answer, env = {}, missing = "libuv1-dev" } = {}) {
	fs.rmSync(asked, { recursive: true, force: true });
	fs.mkdirSync(asked);
	fs.chmodSync(asked, 0o777);
	const [program, ...args] = answer === undefined ? ["sh", "-c", command] : ["script", "-qefc", command, "/dev/null"];
	const other = process.getuid() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
	const child = spawn(program, args, { cwd: tree, stdio: "pipe", ...other,
		env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, HOME: base, SHELL: "/bin/sh", MAKEFLAGS: "", MISSING: missing, YES: "", ...env } });
	let text = "";
	for (const stream of [child.stdout, child.stderr])
		stream.on("data", (data) => {
			text += data;
			if (answer && /\[y\/N\] $/.test(text))
				child.stdin.write(`${answer}\n`);
		});
	if (answer === undefined)
		child.stdin.end();
	const code = await new Promise((resolve) => child.once("close", resolve));
	const calls = Object.fromEntries(fs.readdirSync(asked).map((name) => [name, fs.readFileSync(path.join(asked, name), "utf8").trim().split("\n")]));
	return { code, text, calls };
}

for (const command of ["./deps.sh build", "make deps", "make run"]) {
	test(`${command}: without a terminal nothing is run, and the line is shown`, async () => {
		const { code, text, calls } = await run(command);
		assert.notEqual(code, 0);
		assert.ok(text.includes(`sudo sh -c '${LINE}'\n`), text);
		assert.match(text, /run the line above first/);
		assert.deepEqual(calls, {});
	});

	test(`${command}: a no, or nothing, at the question runs nothing`, async () => {
		for (const answer of ["n", "", "what?", "no"]) {
			const { code, text, calls } = await run(command, { answer: answer || " " });
			assert.notEqual(code, 0, answer);
			assert.match(text, /Run it now\? \[y\/N\]/);
			assert.deepEqual(calls, {}, answer);
		}
	});
}

test("a yes runs exactly the line that was shown, once", async () => {
	const { code, text, calls } = await run("./deps.sh build", { answer: "y" });
	assert.equal(code, 0, text);
	assert.ok(text.includes(`sudo sh -c '${LINE}'`), text);
	assert.deepEqual(calls, { sudo: ["sh", "-c", LINE] });
});

test("YES=1 says it beforehand, and the line is shown all the same", async () => {
	const { code, text, calls } = await run("./deps.sh build", { env: { YES: "1" } });
	assert.equal(code, 0, text);
	assert.ok(text.includes(LINE));
	assert.deepEqual(calls, { sudo: ["sh", "-c", LINE] });
});

test("with everything in place nothing is asked, shown or run, and no network is touched", async () => {
	assert.deepEqual(await run("./deps.sh build run examples test", { missing: "" }), { code: 0, text: "", calls: {} });
});

test("parts without a browser install none, and those that are named bring only what they use", async () => {
	const names = async (groups) => (await run(`./deps.sh names ${groups}`)).text.trim().split(" ");
	const unit = await names("build test-unit test-static"), all = await names("build test");
	for (const heavy of ["chromium", "firefox-esr", "clang-19", "valgrind", "libwebkit2gtk-4.1-dev"])
		assert.deepEqual([unit.includes(heavy), all.includes(heavy)], [false, true], heavy);
	for (const nodes of ["nodejs", "npm"])
		assert.deepEqual([await names("run"), unit, await names("test-types")].map((list) => list.includes(nodes)), [false, nodes === "nodejs", true], nodes);
	assert.ok((await names("build test-fuzz")).includes("libclang-rt-19-dev"));
	assert.deepEqual((await names("build test-packages")).sort(), all.sort());
	assert.deepEqual((await names("build test-browsers fresh")).sort(), all.sort(), "roots alone need more");
});

test("make without a compiler gives the line that installs one, and compiles nothing", async () => {
	const { code, text } = await run("make CC=false");
	assert.notEqual(code, 0);
	assert.match(text, /^make: .* On Debian: sudo apt-get install gcc .*libwebsockets-dev/m);
	assert.doesNotMatch(text, /^  cc | -c -o |download/m);
});
