// The user's terminal: commands while it runs, inherited streams, and what others may not do to the screen. A real one, by script(1).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { pause, within } from "../engines/deadline.js";
import { HELLO, Session, call } from "./client.js";
import { binary, startGateway } from "./gateway.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-terminal-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const env = { ...process.env, XDG_STATE_HOME: path.join(base, "state"), SHELL: "/bin/sh" };
const INHERIT = { stdin: 64, stdout: 128, stderr: 256 };
const quoted = (word) => `'${word.replace(/'/g, "'\\''")}'`;

/** Without --json; tty: on a terminal. then: what the shell there does after it. */
async function startPlain(args, { tty = false, stdin = "pipe", then = "" } = {}) {
	const line = [binary, "--port", "0", "--root", base, ...args];
	const child = tty ? spawn("script", ["-qefc", `${then ? "trap : INT;" : "exec"} ${line.map(quoted).join(" ")}${then}`, "/dev/null"], { env, stdio: "pipe" })
		: spawn(line[0], line.slice(1), { env, stdio: [stdin, "pipe", "pipe"] });
	const heard = { stdout: "", stderr: "" };
	let wake = () => {};
	for (const stream of ["stdout", "stderr"])
		child[stream].setEncoding("latin1").on("data", (text) => {
			heard[stream] += text;
			wake();
		});
	const ended = new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal })));
	ended.then(() => wake());
	after(() => child.kill("SIGKILL"));
	const gateway = {
		child, ended, heard,
		/** Waits for a match in what it has written; later matches by `from`. */
		async hear(pattern, { from = 0, stream = "stdout" } = {}) {
			const deadline = Date.now() + 10_000;
			for (;;) {
				const match = pattern.exec(heard[stream].slice(from));
				if (match)
					return match;
				await within(new Promise((resolve) => (wake = resolve)), deadline - Date.now(), `${pattern} in '${heard[stream]}'`);
			}
		},
		type: (text) => child.stdin.write(text),
	};
	const [link] = await gateway.hear(/http:\/\/localhost:\d+\/_wvwasi\/enter#k=[\w-]{22}&to=\/\S*/);
	const url = new URL(link);
	gateway.ready = { url: url.origin, port: Number(url.port), link };
	gateway.link = async () => link;
	return gateway;
}

const write = (wire, stream, text) => wire.call("fd_write", [stream, 0n, Buffer.from(text, "latin1")]);
const NASTY = "\x1b]0;title\x07\x1b[31mred\r\x9b1m tab\there\n";

test("what a program prints is shown on a terminal with its control bytes visible", async () => {
	const gateway = await startPlain([], { tty: true });
	const wire = await (await Session.enter(gateway)).connect({ flags: HELLO.NEW | HELLO.STDIN_EOF | INHERIT.stdout | INHERIT.stderr });
	await write(wire, 1, NASTY);
	await gateway.hear(/\\e\]0;title\\x07\\e\[31mred\\x0d\\x9b1m tab\there\r\n/);
	await write(wire, 2, "\x1b[2J");
	await gateway.hear(/\\e\[2J/);
	assert.doesNotMatch(gateway.heard.stdout, /\x1b/);
	await wire.close();
	gateway.type("q\n");
	assert.equal((await gateway.ended).code, 0);
});

test("and raw where there's no terminal, each on its own stream", async () => {
	const gateway = await startPlain([]);
	const wire = await (await Session.enter(gateway)).connect({ flags: HELLO.NEW | HELLO.STDIN_EOF | INHERIT.stdout | INHERIT.stderr });
	const from = gateway.heard.stdout.length;
	await write(wire, 1, NASTY);
	await write(wire, 2, "to stderr");
	await gateway.hear(/here\n/, { from });
	await gateway.hear(/to stderr/, { stream: "stderr" });
	assert.equal(gateway.heard.stdout.slice(from), NASTY);
	await wire.close();
	gateway.child.kill("SIGTERM");
	assert.equal((await gateway.ended).code, 0);
});

test("a program's name can't write to the terminal either", async () => {
	const gateway = await startPlain(["--verbose"], { tty: true });
	const wire = await (await Session.enter(gateway)).connect({ flags: HELLO.NEW | HELLO.STDIN_EOF, args: ["\x1b[31mevil\nwvwasi-gw: fake"] });
	await gateway.hear(/program 1 '\\e\[31mevil wvwasi-gw: fake' starts/);
	assert.doesNotMatch(gateway.heard.stdout, /\x1b/);
	await wire.close();
	gateway.type("q\n");
	await gateway.ended;
});

test("with --json output is an event, byte for byte", async () => {
	const gateway = await startGateway(["--root", base]);
	const wire = await (await Session.enter(gateway)).connect({ flags: HELLO.NEW | HELLO.STDIN_EOF | INHERIT.stdout | INHERIT.stderr });
	const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7) & 255));
	await wire.call("fd_write", [1, 0n, bytes]);
	await wire.call("fd_write", [2, 0n, Buffer.from("err")]);
	const { guest } = await gateway.next("output", (event) => event.stream === "stderr");
	const of = (stream) => Buffer.concat(gateway.log.filter((event) => event.event === "output" && event.stream === stream)
		.map(({ data }) => Buffer.from(data, "base64")));
	assert.ok(of("stdout").equals(bytes));
	assert.equal(of("stderr").toString(), "err");
	assert.equal(guest, wire.welcome.guest);
	await gateway.stop();
});

test("a reader that is stuck holds up the program's writes, not the gateway; then all arrives", async () => {
	const gateway = await startPlain([]);
	gateway.child.stdout.pause();
	const session = await Session.enter(gateway);
	const wire = await session.connect({ flags: HELLO.NEW | HELLO.STDIN_EOF | INHERIT.stdout });
	const piece = Buffer.alloc(256 << 10, "0123456789abcdef");
	const pieces = 16;
	const from = gateway.heard.stdout.length;
	let written = 0, answers = 0;
	const writing = (async () => {
		while (written < pieces * piece.length) {
			await within((async () => {
				const [result] = await wire.answer(wire.batch([call("fd_write", [1, 0n, piece.subarray(written % piece.length)])]),
					[call("fd_write", [1, 0n, piece])], 30_000);
				assert.equal(result.errno, 0);
				written += Number(result.gives[0]);
				answers++;
			})(), 30_000, "an answer to a write");
		}
	})();
	let before = -1;
	while (answers !== before) { // until it stands still; on a busy machine it may seem to sooner, and then less is shown
		before = answers;
		await pause(300);
	}
	assert.ok(written < pieces * piece.length, "the writes wait");
	assert.equal((await session.tickets()).length, 1, "the gateway doesn't");
	gateway.child.stdout.resume();
	await writing;
	while (gateway.heard.stdout.length - from < written)
		await pause(10);
	assert.equal(gateway.heard.stdout.length - from, written);
	assert.ok(Buffer.from(gateway.heard.stdout.slice(from), "latin1").equals(Buffer.concat(Array(pieces).fill(piece))));
	await wire.close();
	gateway.child.kill("SIGTERM");
	assert.equal((await gateway.ended).code, 0);
});

test("a stuck reader doesn't keep it from ending", async () => {
	const gateway = await startPlain([]);
	gateway.child.stdout.pause();
	const wire = await (await Session.enter(gateway)).connect({ flags: HELLO.NEW | HELLO.STDIN_EOF | INHERIT.stdout });
	for (let i = 0; i < 4; i++)
		wire.batch([call("fd_write", [1, 0n, Buffer.alloc(512 << 10)])]);
	await pause(200); // nothing tells that it is stuck; if it isn't yet, less is shown
	gateway.child.kill("SIGINT");
	await new Promise((resolve) => gateway.child.once("exit", resolve));
	assert.equal(gateway.child.exitCode, 0);
	gateway.child.stdout.destroy();
});

async function readAll(wire) {
	let text = "";
	for (;;) {
		const [bytes] = await wire.call("fd_read", [0, 0n, 65536]);
		if (!bytes.length)
			return text;
		text += Buffer.from(bytes).toString("latin1");
	}
}

test("an inherited stdin is the gateway's own, to its end, and not read before somebody wants it", async () => {
	const gateway = await startPlain([]);
	const long = "line\n".repeat(100_000);
	gateway.type(long);
	gateway.child.stdin.end();
	const wire = await (await Session.enter(gateway)).connect({ flags: HELLO.NEW | INHERIT.stdin });
	assert.equal(await readAll(wire), long);
	await wire.close();
	gateway.child.kill("SIGTERM");
	await gateway.ended;
});

test("at the terminal: Enter, l, r N, q", async () => {
	const gateway = await startPlain([], { tty: true });
	let from = gateway.heard.stdout.length;
	gateway.type("l\n");
	await gateway.hear(/nobody is in/, { from });
	from = gateway.heard.stdout.length;
	gateway.type("\n");
	const [link] = await gateway.hear(/http:\/\/localhost:\d+\/_wvwasi\/enter#k=[\w-]{22}/, { from });
	assert.ok(!gateway.ready.link.startsWith(link));
	const session = await Session.enter({ ready: gateway.ready, link: async () => link });
	const wire = await session.connect({ flags: HELLO.NEW | HELLO.STDIN_EOF });
	gateway.type("l\n");
	await gateway.hear(/no\. {2}does [^]*1 {2}runs 1 program +127\.0\.0\.1/, { from });
	gateway.type("r 7\n");
	await gateway.hear(/no session 7/, { from });
	gateway.type("r 1\n");
	assert.equal((await wire.closed).code, 4401);
	await assert.rejects(session.tickets(), { status: 401 });
	gateway.type("what?\n");
	await gateway.hear(/q: quit/, { from });
	gateway.type("q\n");
	assert.equal((await gateway.ended).code, 0);
});

test("Ctrl-C at the terminal ends it with 0", async () => {
	const gateway = await startPlain([], { tty: true });
	const wire = await (await Session.enter(gateway)).connect({ flags: HELLO.NEW | HELLO.STDIN_EOF });
	gateway.type("\x03");
	assert.equal((await wire.closed).code, 1001);
	assert.equal((await gateway.ended).code, 0);
});

for (const [how, keys] of [["Ctrl-C", "\x03"], ["q", "q"]])
	test(`what is typed right after ${how} is the shell's`, async () => {
		const gateway = await startPlain([], { tty: true, then: "; read -r line; echo \"the shell was typed: $line\"" });
		gateway.type(`${keys}ls -l\n`);
		await gateway.hear(/the shell was typed: ls -l\r?\n/);
		await gateway.ended;
	});

test("--once ends with the first program, by its exit code or 1", async () => {
	for (const [code, wanted] of [[0, 0], [3, 3], [259, 3]]) {
		const gateway = await startGateway(["--root", base, "--once"]);
		const wire = await (await Session.enter(gateway)).connect({ flags: HELLO.NEW | HELLO.STDIN_EOF });
		wire.batch([call("proc_exit", [code])]);
		assert.deepEqual(await gateway.ended, { code: wanted, signal: null });
		const end = gateway.log.find(({ event }) => event === "program-end");
		assert.deepEqual([end.exitCode, end.reason], [code, "exit"]);
	}
	const gateway = await startGateway(["--root", base, "--once"]), session = await Session.enter(gateway);
	const own = await session.connect({ flags: HELLO.NEW | HELLO.STDIN_EOF }); // as the shim's connect(): calls that a page makes itself
	own.socket.terminate();
	await gateway.next("program-end");
	const program = await session.connect({ flags: HELLO.NEW | HELLO.CONTROL | HELLO.SPLIT | HELLO.POSTS | HELLO.STDIN_EOF });
	program.socket.terminate();
	assert.deepEqual(await gateway.ended, { code: 1, signal: null });
});

test("what isn't a command on stdin is said, and the gateway goes on", async () => {
	const plain = await startPlain(["--json"]); // its first line is JSON: the link is in it all the same
	plain.type('{"do":"dance"}\nnonsense\n\n');
	await plain.hear(/unknown command/, { stream: "stderr" });
	assert.equal((await (await Session.enter(plain)).tickets()).length, 1);
	plain.child.kill("SIGTERM");
	assert.equal((await plain.ended).code, 0);
});
