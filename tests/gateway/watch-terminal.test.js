// Debugging as the person at the terminal meets it: d, a question, y or n, lines of who does what; --trace and -c, which need no debugger.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import * as watch from "../../static/inspector/codec.js";
import { within } from "../engines/deadline.js";
import { ROOT_ONLY, openHouse } from "./call-house.js";
import { call, handle, open } from "./client.js";
import { ASK, Debugger, TO_DEBUGGER } from "./debugger.js";
import { binary } from "./gateway.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-watch-terminal-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const env = { ...process.env, XDG_STATE_HOME: path.join(base, "state"), SHELL: "/bin/sh" };
const quoted = (word) => `'${word.replace(/'/g, "'\\''")}'`;

/** The gateway without --json, on a real terminal or not; hear(pattern, from) waits for it to say something. */
function startPlain(args, { tty }) {
	const line = [binary, "--root", base, ...args];
	const child = tty ? spawn("script", ["-qefc", `exec ${line.map(quoted).join(" ")}`, "/dev/null"], { env, stdio: "pipe" }) : spawn(line[0], line.slice(1), { env, stdio: "pipe" });
	let heard = "";
	let wake = () => {};
	for (const stream of ["stdout", "stderr"])
		child[stream].setEncoding("utf8").on("data", (text) => {
			heard += text;
			wake();
		});
	after(() => child.kill("SIGKILL"));
	return {
		type: (text) => child.stdin.write(text),
		stop: () => child.kill("SIGTERM"),
		at: () => heard.length,
		ended: new Promise((resolve) => child.once("close", resolve)),
		async hear(pattern, from = 0) {
			for (let match; ;) {
				if ((match = pattern.exec(heard.slice(from))))
					return match;
				await within(new Promise((resolve) => (wake = resolve)), 10_000, `${pattern} in '${heard}'`);
			}
		},
	};
}

const LINK = /Debug at (http:\/\/127\.0\.0\.2:\d+\/_wvwasi\/inspector#k=[\w-]{22})/;
const scopes = (debug) => debug.frames.filter(({ type }) => type === TO_DEBUGGER.SCOPE);

test("d prints a link; a debugger's wish is a question there, and y or n its answer", async () => {
	const gateway = startPlain(["--port", "0"], { tty: true });
	await gateway.hear(/d: debug/);
	gateway.type("d\n");
	const debug = await (await Debugger.claimLink((await gateway.hear(LINK))[1])).hello();
	await gateway.hear(/the debugger in a client at 127\.\d+\.\d+\.\d+ is attached/);
	for (const [key, scope] of [["n", 1], ["y", 2]]) {
		const from = gateway.at();
		debug.send(watch.encodeAsk(ASK.CONTROL));
		await gateway.hear(/May the debugger in a client at [\d.]+ \(session \d+\) stop programs and type into them\? {2}\(y: yes, n: no\)/, from);
		gateway.type(`${key}\n`);
		assert.equal((await debug.when(() => scopes(debug)[scope - 1])).scope, scope);
	}
	await gateway.hear(/may now stop programs and type into them/);
	await debug.close();
	await gateway.hear(/is detached/);
	gateway.type("q\n");
	await gateway.ended;
});

test("without a terminal nobody can be asked, and the debugger is told so", async () => {
	const gateway = startPlain([], { tty: false });
	await gateway.hear(/Open http/);
	const child = spawn(binary, ["debug", "--root", base], { env, stdio: ["ignore", "pipe", "inherit"] });
	let printed = "";
	child.stdout.on("data", (text) => (printed += text));
	assert.equal(await new Promise((resolve) => child.once("close", resolve)), 0);
	const debug = await (await Debugger.claimLink(LINK.exec(printed)[1])).hello();
	debug.send(watch.encodeAsk(ASK.CONTROL));
	const { scope, message } = await debug.next(TO_DEBUGGER.SCOPE);
	assert.deepEqual([scope, message], [1, "nobody could be asked: the gateway has no terminal"]);
	await debug.close();
	gateway.stop();
	await gateway.ended;
});

test("--trace prints calls as strace does, -c a table at the end, and a debugger sees the same beside them", async () => {
	const house = await openHouse(["--trace=path_*,fd_*", "-c"]);
	const debug = await Debugger.attach(house.gateway);
	const program = await house.session.connect(ROOT_ONLY);
	await program.calls(open("nothing\u001b[31m", handle(9)), call("sched_yield"));
	await house.gateway.says(/^\[1\] \d\d:\d\d:\d\d\.\d{6} path_open\(3, 0, "nothing\\33\[31m", 0, FD_READ, FD_READ, 0, new 9\) = ENOENT <0\.\d{6}>$/m);
	await debug.call(/^path_open\(3, 0, "nothing\\33/);
	await debug.call(/^sched_yield/);
	await program.close();
	await house.close();
	assert.doesNotMatch(house.gateway.stderr(), /sched_yield\(\)/);
	assert.match(house.gateway.stderr(), /^ +seconds +us\/call +longest +calls +errors +call$/m);
	assert.match(house.gateway.stderr(), / 1 +1 +path_open$/m);
	assert.match(house.gateway.stderr(), / 1 +0 +sched_yield$/m);
});
