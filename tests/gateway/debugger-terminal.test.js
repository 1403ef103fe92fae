// Debugging as the user at the terminal meets it: d, a question, y or n, lines of who does what; --trace and -c, which need no debugger.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";

import * as watch from "../../static/inspector/codec.js";
import { ROOT_ONLY, openFixture } from "./call-fixture.js";
import { HELLO } from "../../static/shim/base/codec.js";
import { Session, call, handle, open } from "./client.js";
import { ASK, Debugger, TO_DEBUGGER } from "./debugger.js";
import { binary } from "./gateway.js";
import { terminals } from "./plain.js";

const { base, env, startPlain, startOther } = terminals("debugger-terminal");

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

test("while a program reads the keys, the terminal says so, and another one answers questions", async () => {
	const gateway = startPlain([], { tty: true });
	const [link] = await gateway.hear(/http:\/\/localhost:\d+\/_wvwasi\/enter#k=[\w-]{22}/), url = new URL(link);
	const session = await Session.enter({ ready: { url: url.origin, port: Number(url.port) }, link: async () => link });
	const program = await session.connect({ flags: HELLO.NEW | HELLO.INHERIT_STDIN });
	await gateway.hear(/What is typed here is the program's now\. In another terminal: wvwasi-gw link, pair, debug, answer, /);
	const printed = startOther("debug");
	const debug = await (await Debugger.claimLink((await printed.hear(LINK))[1])).hello();
	assert.equal(await printed.ended, 0);

	debug.send(watch.encodeAsk(ASK.CONTROL));
	await gateway.hear(/stop programs and type into them\? {2}\(answer it by `wvwasi-gw answer` in another terminal\)/);
	const read = program.call("fd_read", [0, 0n, 10]);
	gateway.type("y\n");
	assert.equal(Buffer.from((await read)[0]).toString(), "y\n", "the program's, and no yes");
	const answer = startOther("answer");
	await answer.hear(/May the debugger in a client at [\d.]+ \(session \d+\) stop programs and type into them\? \[y\/N\]/);
	answer.type("y\n");
	assert.equal((await debug.when(() => scopes(debug)[0])).scope, 2);
	assert.equal(await answer.ended, 0);

	// The question came first, the program's wish for keys second: said again.
	await program.close();
	debug.send(watch.encodeAsk(ASK.DATA));
	await gateway.hear(/see what programs read and write\? {2}\(y: yes, n: no\)/);
	const next = await session.connect({ flags: HELLO.NEW | HELLO.INHERIT_STDIN });
	await gateway.hear(/see what programs read and write\? {2}\(answer it by `wvwasi-gw answer` in another terminal\)/);
	await next.close();
	gateway.type("n\n");
	assert.equal((await debug.when(() => scopes(debug)[1])).data, false);

	const waiting = startOther("answer");
	await waiting.hear(/No question is open: waiting/);
	debug.send(watch.encodeAsk(ASK.DATA));
	await waiting.hear(/see what programs read and write\? \[y\/N\]/);
	waiting.type("\n");
	const { data, message } = await debug.when(() => scopes(debug)[2]);
	assert.deepEqual([data, message], [false, "the user at the terminal said no"]);
	assert.equal(await waiting.ended, 0);
	await debug.close();
	gateway.stop();
	await gateway.ended;
});

test("without a terminal, who runs wvwasi-gw answer is asked; a question that is withdrawn isn't answered", async () => {
	const gateway = startPlain([], { tty: false });
	await gateway.hear(/Open http/);
	const answer = startOther("answer"), printed = startOther("debug");
	await answer.hear(/No question is open/);
	const debug = await (await Debugger.claimLink((await printed.hear(LINK))[1])).hello();
	debug.send(watch.encodeAsk(ASK.CONTROL));
	await answer.hear(/\[y\/N\]/);
	await debug.close();
	assert.equal(await answer.ended, 1);
	await answer.hear(/that question isn't open any more/);
	const again = startOther("answer");
	await again.hear(/No question is open/);
	gateway.stop();
	assert.equal(await again.ended, 1);
	await again.hear(/the gateway has ended/);
	await gateway.ended;
});

test("--trace prints calls as strace does, -c a table at the end, and a debugger sees the same beside them", async () => {
	const fixture = await openFixture(["--trace=path_*,fd_*", "-c"]);
	const debug = await Debugger.attach(fixture.gateway);
	const program = await fixture.session.connect(ROOT_ONLY);
	await program.calls(open("nothing\u001b[31m", handle(9)), call("sched_yield"));
	await fixture.gateway.says(/^\[1\] \d\d:\d\d:\d\d\.\d{6} path_open\(3, 0, "nothing\\33\[31m", 0, FD_READ, FD_READ, 0, new 9\) = ENOENT <0\.\d{6}>$/m);
	await debug.call(/^path_open\(3, 0, "nothing\\33/);
	await debug.call(/^sched_yield/);
	await program.close();
	await fixture.close();
	assert.doesNotMatch(fixture.gateway.stderr(), /sched_yield\(\)/);
	assert.match(fixture.gateway.stderr(), /^ +seconds +us\/call +longest +calls +errors +call$/m);
	assert.match(fixture.gateway.stderr(), / 1 +1 +path_open$/m);
	assert.match(fixture.gateway.stderr(), / 1 +0 +sched_yield$/m);
});
