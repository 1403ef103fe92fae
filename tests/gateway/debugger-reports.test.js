// What a page reports of the calls that it answers itself, and how it learns that somebody looks on.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import * as codec from "../../static/shim/base/codec.js";
import { ROOT_ONLY, openFixture } from "./call-fixture.js";
import { FRAME, HELLO, call, encodeBatch } from "./client.js";
import { CALL_FLAG, Debugger, TO_DEBUGGER } from "./debugger.js";

let fixture;
before(async () => {
	fixture = await openFixture();
});
after(() => fixture.close());

const NONE64 = 0xFFFFFFFFFFFFFFFFn;

/** A REPORT frame: [{ name, errno, flags, began, took, value, offset, args: (writer), data }]. */
function report(items, leftOut = 0) {
	const w = new codec.Writer();
	w.frame(FRAME.REPORT, 0, items.length);
	w.u32(leftOut);
	for (const { name, errno = 0, flags = 0, began = 0n, took = 0, value = NONE64, offset = NONE64, args = () => {}, data = "" } of items) {
		const inner = new codec.Writer();
		args(inner);
		w.u16(codec.syscallRow(name)?.number ?? name);
		w.u16(errno);
		w.u32(flags);
		w.u64(began);
		w.u64(took);
		w.u64(value);
		w.u64(offset);
		w.string(inner.bytes.slice(0, inner.at));
		w.string(data);
	}
	return w.take();
}

const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const stat = { name: "path_filestat_get", errno: 44, took: 1500, args: (w) => (w.u32(3), w.u32(1), w.string("lib/os.py")) };
const print = { name: "fd_write", value: 5n, args: (w) => (w.u32(1), w.u64(0), w.u32(5)), data: "hello" };

test("a page that runs already is told when a debugger comes and goes; a new one by its WELCOME", async () => {
	const early = await fixture.session.connect(ROOT_ONLY);
	assert.equal(early.welcome.watch, 0);
	const debug = await Debugger.attach(fixture.gateway);
	assert.deepEqual(codec.decodeWatch(await early.next(FRAME.WATCH)), { mode: 1, state: 0, data: false });
	const late = await fixture.session.connect(ROOT_ONLY);
	assert.equal(late.welcome.watch, 1);
	await debug.close();
	assert.deepEqual(codec.decodeWatch(await early.next(FRAME.WATCH)), { mode: 0, state: 0, data: false });
	await early.close();
	await late.close();
});

test("its control connection is told too, and by POST it comes with the next answer", async () => {
	const { control, post } = await fixture.session.connectByPost({ ...ROOT_ONLY, flags: ROOT_ONLY.flags | HELLO.CONTROL | HELLO.XHR });
	const debug = await Debugger.attach(fixture.gateway);
	assert.equal(codec.decodeWatch(await control.next(FRAME.WATCH)).mode, 1);
	const { frames } = await post(encodeBatch([call("sched_yield")], 1, 0, 1));
	assert.deepEqual(frames.map(({ type }) => type), [FRAME.WATCH, FRAME.ANSWER]);
	const reported = await post(join(report([stat]), encodeBatch([call("sched_yield")], 2, 1, 1)));
	assert.equal(reported.status, 200);
	assert.equal((await debug.call(/os\.py/)).flags, CALL_FLAG.LOCAL);
	assert.equal((await post(report([stat]).subarray(0, 20))).status, 400);
	await debug.close();
	await control.close();
});

test("what the page answered is a row like the others, before the batch that it came with", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	const program = await fixture.session.connect(ROOT_ONLY);
	program.send(join(report([stat, print], 7), encodeBatch([call("sched_yield")], ++program.sequence, 0, 1)));
	await program.answer(1, [call("sched_yield")]);
	const local = await debug.call(/^path_filestat_get/);
	assert.deepEqual([local.text, local.result, local.flags, local.batch, local.duration],
		['path_filestat_get(3, SYMLINK_FOLLOW, "lib/os.py")', "= ENOENT", CALL_FLAG.LOCAL, 0, 1500]);
	const printed = await debug.call(/^fd_write/);
	assert.deepEqual([printed.text, printed.result, printed.bytesIn], ["fd_write(1, 0, [5 bytes])", "= 5", 5]);
	const remote = await debug.call(/^sched_yield/);
	assert.ok(local.number < printed.number && printed.number < remote.number);
	assert.equal(Buffer.from((await debug.next(TO_DEBUGGER.OUTPUT)).bytes).toString(), "hello");
	assert.equal((await debug.next(TO_DEBUGGER.DROPPED)).calls, 7);
	await debug.close();
	await program.close();
});

test("how long the program felt a wait is told apart from the server's share", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	const program = await fixture.session.connect(ROOT_ONLY);
	program.send(report([{ name: "fd_read", flags: 1, took: 300_000, value: 4n, offset: 250_000n }]));
	const { times } = await debug.next(TO_DEBUGGER.TIMES);
	assert.deepEqual(times, [{ program: program.welcome.guest, batch: 4, call: codec.syscallRow("fd_read").number, within: 0, page: 50_000, trip: 250_000 }]);
	await debug.close();
	await program.close();
});

test("the page's console comes through", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	const control = await fixture.session.connect({ ...ROOT_ONLY, flags: ROOT_ONLY.flags | HELLO.CONTROL });
	control.send(codec.encodeConsole(4, "<script>no</script>"));
	const said = await debug.next(TO_DEBUGGER.CONSOLE);
	assert.deepEqual([said.level, said.text], [4, "<script>no</script>"]);
	await debug.close();
	await control.close();
});

for (const [what, frame] of [["is cut", report([stat]).subarray(0, 40)], ["names no call", report([{ name: 9999 }])],
	["doesn't fit its call", report([{ name: "fd_read" }])], ["counts more than it has", (() => {
		const bytes = report([stat]);
		bytes[6] = 2;
		return bytes;
	})()]])
	test(`a report that ${what} ends the program that sent it, and nobody else`, async () => {
		const debug = await Debugger.attach(fixture.gateway);
		const other = await fixture.session.connect(ROOT_ONLY);
		const program = await fixture.session.connect(ROOT_ONLY);
		const whole = frame.slice();
		new DataView(whole.buffer).setUint32(0, whole.length, true);
		program.send(whole);
		assert.equal((await program.closed).code, 4400);
		await other.call("sched_yield", []);
		await debug.call(/^sched_yield/);
		await debug.close();
		await other.close();
	});

test("a report when nobody looks on is nobody's business", async () => {
	const program = await fixture.session.connect(ROOT_ONLY);
	program.send(report([stat]));
	await program.call("sched_yield", []);
	await program.close();
});
