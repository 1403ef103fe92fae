// What a debugger with control reaches for in a program's page: its memory while it is stopped, and what goes wrong with its calls. The page is a client's here.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import * as watch from "../../static/inspector/codec.js";
import * as codec from "../../static/shim/base/codec.js";
import { ROOT_ONLY, openFixture } from "./call-fixture.js";
import { FRAME, HELLO, call, encodeBatch } from "./client.js";
import { ASK, Debugger, GO, STATE, TO_DEBUGGER } from "./debugger.js";

let fixture;
before(async () => (fixture = await openFixture()));
after(() => fixture.close());

async function allow(debug, what) {
	const asked = new Promise((resolve) => fixture.gateway.events.once("question", resolve));
	const before = debug.frames.filter(({ type }) => type === TO_DEBUGGER.SCOPE).length;
	debug.send(watch.encodeAsk(what));
	fixture.gateway.say({ do: "answer", question: (await asked).question, yes: true });
	await debug.when((frames) => frames.filter(({ type }) => type === TO_DEBUGGER.SCOPE)[before], "the yes");
}

const stands = (debug, id) => debug.next(TO_DEBUGGER.STATE, ({ program, state }) => program === id && state >= STATE.BEFORE);
const answered = (debug, id) => debug.next(TO_DEBUGGER.MEMORY_IS, ({ request }) => request === id);

test("memory is asked of the page of a stopped program alone, with both yeses, and comes from there", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	await allow(debug, ASK.CONTROL);
	const program = await fixture.session.connect({ ...ROOT_ONLY, coherence: 2 });
	const { guest } = program.welcome;
	debug.send(watch.encodeAttach(guest, true));
	debug.send(watch.encodeMemory(guest, { request: 1, address: 0, length: 4 }));
	assert.equal((await answered(debug, 1)).error, 2);
	await allow(debug, ASK.DATA);
	debug.send(watch.encodeMemory(guest, { request: 2, address: 0, length: 4 }));
	assert.equal((await answered(debug, 2)).error, 1);

	debug.send(watch.encodeGo(guest, GO.STOP));
	await debug.next(TO_DEBUGGER.STATE, ({ state }) => state === STATE.STOPPING);
	program.batch([call("sched_yield")]);
	await stands(debug, guest);
	debug.send(watch.encodeMemory(guest, { request: 3, address: 4096, find: "ab" }));
	assert.deepEqual(codec.decodeLook(await program.next(FRAME.LOOK)), { request: 3, find: true, address: 4096, length: 0, pattern: Uint8Array.of(97, 98) });
	program.send(codec.encodeMemory({ request: 3, size: 65536, address: 5000n, bytes: Buffer.from("abc") }));
	const { error, size, address, bytes } = await answered(debug, 3);
	assert.deepEqual([error, size, address, Buffer.from(bytes).toString()], [0, 65536, 5000n, "abc"]);
	const long = codec.encodeMemory({ request: 4, size: 1, address: 0n, bytes: Buffer.alloc(65_537) });
	program.send(long);
	assert.equal((await program.closed).code, 4400, "a page that sends more than may be asked for");
	await debug.close();
});

test("by POST the question is the answer, and the page asks again", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	await allow(debug, ASK.CONTROL);
	await allow(debug, ASK.DATA);
	const { control, welcome, post } = await fixture.session.connectByPost({ ...ROOT_ONLY, flags: ROOT_ONLY.flags | HELLO.CONTROL | HELLO.XHR, coherence: 2 });
	debug.send(watch.encodeAttach(welcome.guest, true));
	debug.send(watch.encodeGo(welcome.guest, GO.STOP));
	await debug.next(TO_DEBUGGER.STATE, ({ program, state }) => program === welcome.guest && state === STATE.STOPPING);
	const asked = post(encodeBatch([call("sched_yield")], 1, 0, 1));
	await stands(debug, welcome.guest);
	debug.send(watch.encodeMemory(welcome.guest, { request: 7, address: 16, length: 4 }));
	const { frames } = await asked;
	assert.deepEqual(frames.map(({ type }) => type).filter((type) => type !== FRAME.WATCH), [FRAME.LOOK, FRAME.AGAIN]);
	control.send(codec.encodeMemory({ request: 7, size: 65536, address: 16n, bytes: Buffer.from("1234") }));
	assert.equal(Buffer.from((await answered(debug, 7)).bytes).toString(), "1234");
	// Nobody waits now: the next question comes with the next request, not with its answer.
	debug.send(watch.encodeMemory(welcome.guest, { request: 8, address: 32, length: 4 }));
	await debug.ticket(); // the gateway has read what came before
	const { frames: more } = await post(codec.encodeRepoll(1, 0));
	assert.deepEqual(more.map(({ type }) => type).filter((type) => type !== FRAME.WATCH), [FRAME.LOOK, FRAME.AGAIN]);
	const again = post(codec.encodeRepoll(1, 0));
	debug.send(watch.encodeGo(welcome.guest, GO.RESUME));
	assert.ok((await again).frames.some(({ type }) => type === FRAME.ANSWER));
	await debug.close();
});

test("rules are read by the gateway, reach the page of a controlled program, and are taken back with control", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	await allow(debug, ASK.CONTROL);
	const program = await fixture.session.connect({ ...ROOT_ONLY, coherence: 2 });
	const { guest } = program.welcome;
	const told = (match) => debug.next(TO_DEBUGGER.INJECTED, match);
	debug.send(watch.encodeInject(guest, ["fd_sync:error=EIO"]));
	assert.match((await told(({ wrong }) => wrong !== "")).wrong, /control/);
	debug.send(watch.encodeAttach(guest, true));
	debug.send(watch.encodeInject(guest, ["fd_sync:error=EIO", "fd_read:short"]));
	assert.doesNotMatch((await told(({ rules }) => rules.length === 2)).wrong, /^$|control/);
	debug.send(watch.encodeInject(guest, ["fd_sync:error=EIO:when=3+"]));
	assert.deepEqual((await told(({ wrong }) => wrong === "")).rules, ["fd_sync:error=EIO:when=3+"]);
	const [rule] = codec.decodeInject(await program.next(FRAME.INJECT));
	assert.deepEqual([rule.calls, rule.errno, rule.first], [[codec.syscallRow("fd_sync").number], 29, 3]);
	await debug.close();
	await program.next(FRAME.INJECT, (frame) => codec.decodeInject(frame).length === 0);
	await program.close();
});
