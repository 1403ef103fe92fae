/* What is gathered in shared memory: two threads send it, and nothing is lost, doubled or out of order, whoever was quicker. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Worker } from "node:worker_threads";

import { SharedBatchTaker } from "../../static/shim/base/shared-batch.js";
import { readBatch } from "./guest.js";

const BYTES = (1 << 20) + (256 << 10) + 64;
const workers = [];
after(() => workers.forEach(worker => worker.terminate()));

/* The numbers that the batches carry, in the order of their sequence numbers, which have no gap. */
function numbersOf(batches) {
	const numbers = Object.assign([], { idle: 0 });
	batches.sort((a, b) => a.sequence - b.sequence).forEach((batch, i) => {
		assert.equal(batch.sequence, i + 1);
		for (const { name, args: [, , bytes] } of batch.calls) {
			if (name.startsWith("lease_")) {
				numbers.idle++;
				continue;
			}
			assert.equal(name, "fd_write");
			const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
			for (let at = 0; at < bytes.length; at += 4)
				if (numbers.at(-1) !== view.getUint32(at, true))
					numbers.push(view.getUint32(at, true));
		}
	});
	return numbers;
}

/* Runs the other thread beside a taker that looks `every` so many turns of the loop, and closes after `until` of them. */
function race({ seed, calls, until = Infinity }) {
	const shared = new SharedArrayBuffer(BYTES);
	const taker = new SharedBatchTaker(shared);
	const worker = new Worker(new URL("./shared-batch-program.js", import.meta.url), { workerData: { shared, calls, seed } });
	workers.push(worker);
	const batches = [];
	let taken = 0, turns = 0, done = null, closed = false;
	return new Promise((resolve, reject) => {
		worker.on("error", reject);
		worker.on("message", message => {
			if (message.batch)
				batches.push(readBatch(message.batch));
			if (message.armed)
				taker.disarm();
			done = message.done !== undefined ? message : done;
		});
		const look = () => {
			const end = closed || turns < until || !taker.sequence ? null : taker.close();
			closed ||= end !== null;
			const batch = end?.batch ?? (closed ? null : taker.take());
			if (batch) {
				taken++;
				batches.push(readBatch(batch));
			}
			turns++;
			if (done && !taker.offered)
				return setImmediate(() => resolve({ numbers: numbersOf(batches), taken, ...done, sequence: taker.sequence, batches: batches.length }));
			return setImmediate(look);
		};
		look();
	});
}

for (const seed of [1, 2, 3])
	test(`two sides send what one gathers: all of it, once, in order (seed ${seed})`, async () => {
		const { numbers, taken, done, idle, sequence, batches } = await race({ seed, calls: 100_000 });
		assert.ok(taken > 10, `${taken} taken`);
		assert.equal(batches, sequence);
		assert.equal(numbers.length, done);
		assert.equal(numbers.idle, idle, "idle calls that weren't taken back");
		assert.ok(numbers.every((number, i) => number === i + 1));
	});

for (const seed of [4, 5, 6])
	test(`closed in the midst: what left is a beginning without a hole, and nothing leaves after it (seed ${seed})`, async () => {
		const { numbers, lost, done, sequence, batches } = await race({ seed, calls: 1 << 30, until: 30 + seed * 10 });
		assert.equal(lost, true);
		assert.equal(batches, sequence);
		assert.equal(numbers.length, done - 1, "all but the call in which it learned of its end");
		assert.ok(numbers.every((number, i) => number === i + 1));
	});
