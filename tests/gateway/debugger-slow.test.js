// A debugger that doesn't read slows nobody: what it misses is counted, and one that takes nothing at all is cut.
import assert from "node:assert/strict";
import { after, before } from "node:test";

import { ROOT_ONLY, openFixture } from "./call-fixture.js";
import { call } from "./client.js";
import { Debugger, TO_DEBUGGER } from "./debugger.js";
import { test } from "../testing.js";

const CALLS = 4000;
const BATCHES = 40; // more than sockets and the gateway together keep

let fixture;
before(async () => {
	fixture = await openFixture();
});
after(() => fixture.close());

async function makeMany(program, between = async () => {}) {
	const calls = Array.from({ length: CALLS }, () => call("clock_time_get", [1, 0n]));
	for (let i = 0; i < BATCHES; i++) {
		await program.answer(program.batch(calls), calls);
		await between();
	}
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Reads what is there once a second: who takes nothing for five is cut, and on a busy machine all those calls may take longer. */
function readsALittle({ socket: { _socket: socket } }) {
	let last = performance.now();
	return async () => {
		if (performance.now() - last < 1000)
			return;
		socket.resume();
		await turn();
		await turn(); // between two turns of the loop it reads
		socket.pause();
		last = performance.now();
	};
}

const rows = (debug) => debug.frames.reduce((sum, frame) => sum + (frame.type === TO_DEBUGGER.CALLS ? frame.calls.length : 0), 0);
const dropped = (debug) => debug.frames.filter(({ type }) => type === TO_DEBUGGER.DROPPED).reduce((sum, { calls }) => sum + calls, 0);

test("every call is a row, or counted as left out, also when the debugger reads late", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	const program = await fixture.session.connect(ROOT_ONLY);
	await debug.next(TO_DEBUGGER.PROGRAM);
	debug.socket._socket.pause();
	await makeMany(program, readsALittle(debug)); // they are answered while nobody reads what is told of them
	debug.socket._socket.resume();
	await debug.when(() => (rows(debug) + dropped(debug) === CALLS * BATCHES ? true : undefined), "the sum of rows and of those left out");
	assert.ok(dropped(debug) > 0);
	assert.ok(rows(debug) > 0);
	await program.call("sched_yield", []);
	await debug.call(/^sched_yield/); // who has caught up misses nothing more
	await debug.close();
	await program.close();
});

test("who takes nothing for five seconds is cut, and its program was never slowed", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	const program = await fixture.session.connect(ROOT_ONLY);
	await debug.next(TO_DEBUGGER.PROGRAM);
	const before = fixture.gateway.stderr().split("is detached").length;
	debug.socket._socket.pause();
	await makeMany(program);
	for (let said = before; said === before; said = fixture.gateway.stderr().split("is detached").length)
		await program.call("sched_yield", []);
	debug.socket._socket.resume();
	assert.equal((await debug.closed).code, 4413);
	await program.call("sched_yield", []);
	await program.close();
});
