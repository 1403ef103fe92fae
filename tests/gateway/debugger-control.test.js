// Stopping: only after a yes at the terminal; then before a call, at breakpoints, after an errno, at the start; and everything goes on again.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";

import * as watch from "../../static/inspector/codec.js";
import * as codec from "../../static/shim/base/codec.js";
import { decodeAnswer } from "./answers.js";
import { ROOT_ONLY, openFixture } from "./call-fixture.js";
import { FRAME, HELLO, call, encodeBatch, handle, open } from "./client.js";
import { ASK, CALL_FLAG, Debugger, GO, STATE, TO_DEBUGGER, WHY } from "./debugger.js";

let fixture, parked;
before(async () => {
	fixture = await openFixture();
	parked = stopByPost(); // it takes 20 s: the other tests go on beside it
	fs.writeFileSync(fixture.at("a.txt"), "some secret text");
});
after(() => fixture.close());

/** A stopped program whose page waits for the answer of a POST, in a fixture of its own. */
async function stopByPost() {
	const its = await openFixture();
	const debug = await Debugger.attach(its.gateway);
	await allow(debug, ASK.CONTROL, true, its);
	const { control, welcome, post } = await its.session.connectByPost({ ...ROOT_ONLY, flags: ROOT_ONLY.flags | HELLO.CONTROL | HELLO.XHR, coherence: 2 });
	debug.send(watch.encodeAttach(welcome.guest, true));
	debug.send(watch.encodeGo(welcome.guest, GO.STOP));
	await state(debug, { welcome }, ({ state: at }) => at === STATE.STOPPING);
	return { its, debug, control, welcome, post, again: post(encodeBatch([call("sched_yield")], 1, 0, 1)) };
}

/** Asks, and answers at the terminal. */
async function allow(debug, what, yes = true, { gateway } = fixture) {
	const asked = new Promise((resolve) => gateway.events.once("question", resolve));
	const before = debug.frames.filter(({ type }) => type === TO_DEBUGGER.SCOPE).length;
	debug.send(watch.encodeAsk(what));
	const question = await asked;
	gateway.say({ do: "answer", question: question.question, yes });
	const scope = await debug.when((frames) => frames.filter(({ type }) => type === TO_DEBUGGER.SCOPE)[before], "the answer");
	return { question, scope };
}

async function controller(settings) {
	const debug = await Debugger.attach(fixture.gateway);
	await allow(debug, ASK.CONTROL);
	if (settings)
		debug.send(watch.encodeBreak(...settings));
	return debug;
}

/** The program's n-th state of that kind, from the first on. */
const state = (debug, program, match, nth = 0) => debug.when((frames) => frames.filter((frame) => frame.type === TO_DEBUGGER.STATE
	&& frame.program === program.welcome.guest && match(frame))[nth], "a state");
const stopped = (debug, program, nth) => state(debug, program, (its) => its.state >= STATE.BEFORE, nth);
const runs = (debug, program, nth) => state(debug, program, (its) => its.state === STATE.RUNS && its.mode === 2, nth);

/** A program under control, in trap as its page would be. */
async function controlled(debug) {
	const program = await fixture.session.connect({ ...ROOT_ONLY, coherence: 2 });
	debug.send(watch.encodeAttach(program.welcome.guest, true));
	await state(debug, program, ({ mode }) => mode === 2);
	return program;
}

/** Has it been answered? Never waits for time to pass: another program's call goes through after it. */
async function isSilent(program, count) {
	const other = await fixture.session.connect(ROOT_ONLY);
	await other.call("sched_yield", []);
	await other.close();
	return program.came(FRAME.ANSWER).length === count;
}

test("control and contents need a yes, each of its own, and the question names the browser and its address", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	const no = await allow(debug, ASK.CONTROL, false);
	assert.match(no.question.text, /debugger in a client at 127\.\d+\.\d+\.\d+ \(session \d+\) stop programs/);
	assert.deepEqual([no.scope.scope, no.scope.data, no.scope.message], [1, false, "the user at the terminal said no"]);
	const yes = await allow(debug, ASK.DATA);
	assert.deepEqual([yes.scope.scope, yes.scope.data], [1, true]);
	debug.send(watch.encodeGo(1, GO.STOP));
	assert.equal((await debug.closed).code, 4401, "contents aren't control");
});

test("an answer to a question that isn't asked counts for nothing", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	const { question } = await allow(debug, ASK.CONTROL, false);
	fixture.gateway.say({ do: "answer", question: question.question, yes: true });
	await fixture.gateway.says(/unknown command on stdin/);
	debug.send(watch.encodeGo(1, GO.STOP));
	assert.equal((await debug.closed).code, 4401);
});

test("a stopped program really stands still, steps call by call, and goes on", async () => {
	const debug = await controller();
	const program = await controlled(debug);
	debug.send(watch.encodeGo(program.welcome.guest, GO.STOP));
	await state(debug, program, ({ state: its }) => its === STATE.STOPPING);
	program.batch([call("path_create_directory", [3, "made"])]);
	const before = await stopped(debug, program, 0);
	assert.deepEqual([before.state, before.why, before.text], [STATE.BEFORE, WHY.ASKED, 'path_create_directory(3, "made")']);
	assert.ok(await isSilent(program, 0));
	assert.ok(!fs.existsSync(fixture.at("made")), "it hasn't run");
	assert.equal(codec.decodeWatch(await program.next(FRAME.WATCH, ({ body }) => body[4] === 2)).state, 2, "its page says so");
	await fixture.gateway.says(/the debugger has stopped program \d+ before path_create_directory\(3, "made"\)/);

	debug.send(watch.encodeGo(program.welcome.guest, GO.STEP));
	await program.next(FRAME.ANSWER);
	assert.ok(fs.existsSync(fixture.at("made")));
	program.batch([call("sched_yield")]);
	const next = await stopped(debug, program, 1);
	assert.deepEqual([next.state, next.why, next.text], [STATE.BEFORE, WHY.STEP, "sched_yield()"]);
	debug.send(watch.encodeGo(program.welcome.guest, GO.RESUME));
	await program.next(FRAME.ANSWER);
	await program.call("sched_yield", []);
	await debug.close();
	await program.close();
});

test("breakpoints stop on a call, a path, a handle, a count, and after an errno", async () => {
	const debug = await controller();
	const program = await controlled(debug);
	const go = () => debug.send(watch.encodeGo(program.welcome.guest, GO.RESUME));
	let nth = 0;
	async function hits(breakpoint, calls, want) {
		debug.send(watch.encodeBreak([{ id: 7, ...breakpoint }]));
		debug.send(watch.encodeGo(program.welcome.guest, GO.RESUME)); // nothing stands; the orders' order is kept
		const results = [];
		for (const each of calls.slice(0, -1))
			results.push(await program.calls(each));
		program.batch([calls.at(-1)]);
		const stop = await stopped(debug, program, nth++);
		assert.deepEqual([stop.why, stop.breakpoint, stop.state], [WHY.BREAKPOINT, 7, want.state ?? STATE.BEFORE], JSON.stringify(breakpoint));
		assert.match(stop.text, want.text);
		assert.ok(await isSilent(program, 0));
		debug.send(watch.encodeBreak([]));
		go();
		await program.next(FRAME.ANSWER);
	}
	const stat = (name) => call("path_filestat_get", [3, 0, name]);
	await hits({ call: "sched_*" }, [stat("a.txt"), call("sched_yield")], { text: /^sched_yield/ });
	await hits({ path: "*.py" }, [stat("a.txt"), stat("b.py")], { text: /b\.py/ });
	await hits({ handle: handle(9) }, [stat("a.txt"), open("a.txt", handle(9))], { text: /new 9/ });
	await hits({ call: "path_*", count: 3 }, [stat("a.txt"), stat("a.txt"), stat("a.txt")], { text: /a\.txt/ });
	await hits({ errno: 44 }, [stat("a.txt"), stat("missing")], { text: /missing.* = ENOENT/, state: STATE.AFTER });
	await hits({ errno: watch.ANY_FAILURE, call: "fd_*" }, [stat("missing"), call("fd_filestat_get", [3]), call("fd_seek", [3, 0n, 0n, 0])],
		{ text: /fd_seek.* = E/, state: STATE.AFTER });
	await debug.close();
	await program.close();
});

test("stop at start: a new program is born controlled and stops before its first call", async () => {
	const debug = await controller([[], { stopAtStart: true }]);
	await debug.when(() => true);
	await Debugger.claim(fixture.gateway); // a round trip by another way: the order has been heard
	const program = await fixture.session.connect({ ...ROOT_ONLY, coherence: 2 });
	assert.equal(program.welcome.watch, 2);
	program.batch([call("sched_yield")]);
	const stop = await stopped(debug, program, 0);
	assert.deepEqual([stop.state, stop.why], [STATE.BEFORE, WHY.START]);
	await debug.close();
	await program.next(FRAME.ANSWER);
	await program.close();
});

test("a debugger that is lost lets everything go on", async () => {
	const debug = await controller();
	const program = await controlled(debug);
	debug.send(watch.encodeGo(program.welcome.guest, GO.STOP));
	await state(debug, program, ({ state: its }) => its === STATE.STOPPING);
	program.batch([call("sched_yield")]);
	await stopped(debug, program, 0);
	debug.socket.terminate();
	await program.next(FRAME.ANSWER);
	assert.equal(codec.decodeWatch(await program.next(FRAME.WATCH, ({ body }) => body[0] === 0)).mode, 0);
	await program.close();
});

test("letting go resumes, and another debugger that only watches has no say", async () => {
	const debug = await controller();
	const other = await controller();
	const program = await controlled(debug);
	other.send(watch.encodeAttach(program.welcome.guest, true));
	await state(other, program, ({ mode }) => mode === 3);
	debug.send(watch.encodeGo(program.welcome.guest, GO.STOP));
	await state(debug, program, ({ state: its }) => its === STATE.STOPPING);
	program.batch([call("sched_yield")]);
	await stopped(debug, program, 0);
	other.send(watch.encodeGo(program.welcome.guest, GO.RESUME));
	other.send(watch.encodeAttach(program.welcome.guest, false));
	assert.ok(await isSilent(program, 0));
	debug.send(watch.encodeAttach(program.welcome.guest, false));
	await program.next(FRAME.ANSWER);
	await debug.close();
	await other.close();
	await program.close();
});

test("a call that waits holds its answer back when a stop was asked for meanwhile", async () => {
	const debug = await controller();
	const program = await fixture.session.connect({ ...ROOT_ONLY, flags: ROOT_ONLY.flags & ~HELLO.STDIN_EOF, coherence: 2 });
	debug.send(watch.encodeAttach(program.welcome.guest, true));
	await runs(debug, program, 0);
	program.batch([call("fd_read", [0, 0n, 10])]);
	debug.send(watch.encodeGo(program.welcome.guest, GO.STOP));
	await state(debug, program, ({ state: its }) => its >= STATE.STOPPING);
	debug.send(watch.encodeStdin(program.welcome.guest, "typed\n"));
	await stopped(debug, program, 0);
	assert.ok(await isSilent(program, 0));
	debug.send(watch.encodeGo(program.welcome.guest, GO.RESUME));
	const { results } = decodeAnswer(await program.next(FRAME.ANSWER));
	assert.equal(Buffer.from(results[0].bytes).toString(), "typed\n", "what the debugger typed");
	assert.equal(Buffer.from((await debug.next(TO_DEBUGGER.OUTPUT, ({ stream }) => stream === 0)).bytes).toString(), "typed\n");
	await debug.close();
	await program.close();
});

test("contents are shown after the yes alone, and to who was given it alone", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	const plain = await Debugger.attach(fixture.gateway);
	await allow(debug, ASK.DATA);
	const program = await fixture.session.connect(ROOT_ONLY);
	await program.calls(open("a.txt", handle(9)), call("fd_read", [handle(9), 0n, 100]));
	const seen = await debug.call(/^fd_read/);
	assert.equal(Buffer.from(seen.data).toString(), "some secret text");
	assert.ok(seen.flags & CALL_FLAG.DATA);
	const hidden = await plain.call(/^fd_read/);
	assert.deepEqual([hidden.data.length, hidden.flags & CALL_FLAG.DATA, hidden.hash], [0, 0, seen.hash]);
	assert.ok(!plain.frames.some((frame) => JSON.stringify(frame, (_, value) => (typeof value === "bigint" ? 0 : value)).includes("secret text")));
	await debug.close();
	await plain.close();
	await program.close();
});

test("a program that ends while it is stopped is over", async () => {
	const debug = await controller();
	const program = await controlled(debug);
	debug.send(watch.encodeGo(program.welcome.guest, GO.STOP));
	await state(debug, program, ({ state: its }) => its === STATE.STOPPING);
	program.batch([call("sched_yield")]);
	await stopped(debug, program, 0);
	await program.close();
	await debug.next(TO_DEBUGGER.ENDED, ({ program: id }) => id === program.welcome.guest);
	await debug.close();
});

test("by POST a stopped program's page is told to ask again, and stands still", { timeout: 60_000 }, async () => {
	const { its, debug, control, welcome, post, again } = await parked;
	assert.deepEqual((await again).frames.map(({ type }) => type), [FRAME.AGAIN]);
	debug.send(watch.encodeGo(welcome.guest, GO.RESUME));
	const answer = await post(codec.encodeRepoll(1, 0));
	assert.equal(answer.frames.at(-1).type, FRAME.ANSWER);
	await debug.close();
	await control.close();
	await its.close();
});
