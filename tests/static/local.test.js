/* Clocks and random bytes that the page answers by itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Clocks, RandomPool } from "../../static/shim/cache/local.js";

const MS = 1_000_000n;
const start = { realtime: 1_700_000_000_123_456_789n, monotonic: 5_000_000_000n, realtimeResolution: 1n, monotonicResolution: 1n };

function makeClocks() {
	let now = 100;
	const clocks = new Clocks(start, () => now);
	return { clocks, pass: ms => void (now += ms) };
}

test("clocks go on from where the server's were, to the nanosecond of its start", () => {
	const { clocks, pass } = makeClocks();
	assert.equal(clocks.read(0), start.realtime);
	pass(1234.5);
	assert.equal(clocks.read(0), start.realtime + 1_234_500_000n);
	assert.equal(clocks.read(1), start.monotonic + 1_234_500_000n);
	pass(30 * 24 * 3600 * 1000);
	assert.equal(clocks.read(1), start.monotonic + 1_234_500_000n + 30n * 24n * 3600n * 1000n * MS);
});

test("what is written into memory is what is read", () => {
	const { clocks, pass } = makeClocks();
	const view = new DataView(new ArrayBuffer(8));
	const memory = { setU64halves: (at, low, high) => (view.setUint32(at, low, true), view.setUint32(at + 4, high, true)) };
	for (const ms of [0, 0.005, 3000, 5000, 86_400_000]) { // over several carries of the low half
		pass(ms);
		clocks.write(0, memory, 0);
		assert.equal(view.getBigUint64(0, true), clocks.read(0));
	}
});

test("an answer's clock moves ours forward: never below a time already seen", () => {
	const { clocks, pass } = makeClocks();
	pass(1);
	clocks.heard(start.realtime + 500n * MS, start.monotonic + 500n * MS);
	assert.equal(clocks.read(0), start.realtime + 500n * MS);
	assert.equal(clocks.read(1), start.monotonic + 500n * MS);
});

test("a clock that ran ahead stands still and never goes back", () => {
	const { clocks, pass } = makeClocks();
	pass(1000);
	const ahead = clocks.read(1);
	clocks.heard(start.realtime + 900n * MS, start.monotonic + 900n * MS, 1099); // asked 1 ms ago: 99 ms too far
	let last = ahead;
	for (let i = 0; i < 300; i++) {
		pass(1);
		const now = clocks.read(1);
		assert.ok(now >= last, "never back");
		last = now;
	}
	assert.equal(last, start.monotonic + 1201n * MS, "and goes on when it is right again");
});

test("an answer that took its time doesn't make the clock jump", () => {
	const { clocks, pass } = makeClocks();
	pass(10);
	const before = clocks.read(1);
	clocks.heard(start.realtime + 6n * MS, start.monotonic + 6n * MS, 105); // left at 5, stamped at 6, here at 10
	assert.equal(clocks.read(1), before);
});

test("a realtime clock that somebody set back is followed; the monotonic one is not", () => {
	const { clocks, pass } = makeClocks();
	pass(10_000);
	clocks.read(0);
	const monotonic = clocks.read(1);
	clocks.heard(start.realtime - 3_600_000n * MS, start.monotonic + 10_000n * MS);
	assert.ok(clocks.read(0) < start.realtime - 3_000_000n * MS);
	assert.ok(clocks.read(1) >= monotonic);
});

test("random bytes come in pieces of 65,536, are never given twice, and reach shared memory", () => {
	let calls = 0;
	const pool = new RandomPool(bytes => {
		assert.equal(bytes.length, 65536);
		assert.ok(!(bytes.buffer instanceof SharedArrayBuffer));
		calls++;
		new Uint32Array(bytes.buffer).forEach((_, i, all) => void (all[i] = calls * 100_000 + i));
	});
	const target = new Uint8Array(new SharedArrayBuffer(200_000));
	pool.fill(target);
	assert.equal(calls, 4);
	const values = new Uint32Array(target.buffer);
	assert.equal(new Set(values).size, values.length);
	const more = new Uint32Array(1);
	pool.fill(new Uint8Array(more.buffer));
	assert.ok(!values.includes(more[0]));
});
