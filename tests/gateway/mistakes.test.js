// A newcomer's mistakes: each ends at the start, or warns there, in words that say what to do instead.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";

import { within } from "../engines/deadline.js";
import { binary } from "./gateway.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-mistakes-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const MODULE = Buffer.from("\0asm\x01\0\0\0", "latin1");
const files = { "tool.wasm": MODULE, "tool.wasm.gz": gzipSync(MODULE), "tool64.wasm": Buffer.concat([MODULE, Buffer.from([5, 3, 1, 4, 1])]),
	"tool": "\x7fELF\x02\x01",
	"tool.wat": "(module)", "tool.component.wasm": Buffer.from("\0asm\x0c\0\x01\0", "latin1"), "empty.wasm": "", "page.html": "<!doctype html>" };
for (const [name, bytes] of Object.entries(files))
	fs.writeFileSync(path.join(base, name), bytes);
for (const folder of ["app", "data", "empty"])
	fs.mkdirSync(path.join(base, folder));
fs.writeFileSync(path.join(base, "app/index.html"), "");
const otherUid = String(process.getuid() + 1);

/** [what, arguments, what is said, environment] of starts that are refused. */
const REFUSED = [
	["a compressed program", ["--", "tool.wasm.gz"], /cannot run 'tool.wasm.gz': .*gunzip it first/],
	["a folder as program", ["--", "data"], /cannot run 'data': it is a folder .*--root/],
	["a program for 64-bit memory", ["--", "tool64.wasm"], /cannot run 'tool64.wasm': .*wasm64.*wasm32-wasip1/],
	["a program for Linux", ["--", "tool"], /cannot run 'tool': .*Linux.*wasm32-wasip1/],
	["WebAssembly's text", ["--", "tool.wat"], /cannot run 'tool.wat': .*wat2wasm/],
	["a component of an older draft", ["--", "tool.component.wasm"], /cannot run 'tool.component.wasm': .*component/],
	["an empty file", ["--", "empty.wasm"], /cannot run 'empty.wasm': it is empty/],
	["a page as program", ["--", "page.html"], /cannot run 'page.html': it isn't WebAssembly/],
	["a program that isn't there", ["--", "tol.wasm"], /No such file.*'tol.wasm'/],
	["a file as root", ["--root", "tool.wasm"], /cannot serve 'tool.wasm': it is a file.*--root takes a folder.*program is named without --root/],
	["one colon where two separate", ["--dir", "data:/work", "--", "tool.wasm"], /'data:\/work' \(`::` separates/],
	["sudo", ["--root", "app"], /started with sudo.*as yourself, without sudo/, { SUDO_UID: otherUid }],
	["an unknown flag", ["--rot", "app"], /unknown option '--rot'/],
	["nothing to serve", [], /nothing to serve: give --root DIR, or a program/],
	["another user's --address", ["--root", "app", "--address", "0.0.0.0"], /loopback address \(127\.x\.y\.z or ::1\)/],
];

/** Of starts that go on: said on stderr or stdout. */
const SAID = [
	["a root without index.html", ["--root", "empty"], /the link leads to no page: there is no 'empty\/index.html'/],
	["no browser", ["--root", "app", "--open"], /no browser was found .*: open the link in one/, { BROWSER: "/nonexistent/browser" }],
	["ssh", ["--root", "app"], /ssh -L (\d+):localhost:\1 me@192\.0\.2\.7\n/, { SSH_CONNECTION: "192.0.2.1 5000 192.0.2.7 22", USER: "me" }],
];

/** Starts it at a terminal, as a newcomer does; gives what it says until it ends or `until` matches, and its exit code. */
async function start(args, env, until) {
	const quoted = [binary, "--port", "0", ...args].map((word) => `'${word}'`).join(" ");
	const child = spawn("script", ["-qefc", quoted, "/dev/null"],
		{ cwd: base, env: { ...process.env, SHELL: "/bin/sh", XDG_STATE_HOME: path.join(base, "state"), ...env } });
	let text = "";
	const ended = new Promise((resolve) => child.once("close", resolve));
	child.stdout.on("data", (data) => {
		text = (text + data).replaceAll("\r\n", "\n");
		if (until?.test(text))
			child.stdin.write("q\n");
	});
	child.stdin.on("error", () => {});
	return within(ended.then((code) => ({ code, text })), 20_000, `the end after: ${text}`).finally(() => child.kill());
}

for (const [what, args, says, env] of REFUSED)
	test(`${what} is refused in one sentence that says what to do`, async () => {
		const { code, text } = await start(args, env, /q: quit/);
		assert.match(text, says);
		assert.match(text, /^wvwasi-gw: [^\n]+\n$/);
		assert.ok(code === 1 || code === 2, String(code));
	});

for (const [what, args, says, env] of SAID)
	test(`${what}: it starts, and says what helps`, async () => {
		const { code, text } = await start(args, { SSH_CONNECTION: "", ...env }, new RegExp(`${says.source}[^]*q: quit|q: quit[^]*${says.source}`));
		assert.match(text, says);
		assert.equal(code, 0, text);
	});
