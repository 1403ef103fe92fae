/* The ring between two threads, with a real thread that blocks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { RingReader, RingWriter, newRing } from "../../static/shim/base/ring.js";

const reader = `
	const { parentPort, workerData } = require("node:worker_threads");
	import(workerData.module).then(({ RingReader }) => {
		const ring = new RingReader(workerData.ring, () => parentPort.postMessage("room"));
		let sum = 0, count = 0;
		for (;;) {
			const bytes = ring.read();
			if (bytes.length === 0)
				break;
			for (const byte of bytes)
				sum = (sum * 31 + byte) >>> 0;
			count += bytes.length;
		}
		parentPort.postMessage({ sum, count });
	});
`;

function startReader(ring) {
	const thread = new Worker(reader, { eval: true, workerData: { ring, module: new URL("../../static/shim/base/ring.js", import.meta.url).href } });
	return thread;
}

test("all bytes arrive in order, through a ring smaller than one message", async () => {
	const ring = newRing(1000);
	const writer = new RingWriter(ring);
	const thread = startReader(ring);
	const done = new Promise((resolve, reject) => {
		thread.on("message", message => (message === "room" ? writer.drain() : resolve(message)));
		thread.on("error", reject);
	});
	let sum = 0, count = 0;
	for (let i = 0; i < 300; i++) {
		const bytes = Uint8Array.from({ length: 1 + i * 37 % 3000 }, (_, k) => i + k);
		for (const byte of bytes)
			sum = (sum * 31 + byte) >>> 0;
		count += bytes.length;
		writer.write(bytes);
		if (i % 50 === 0)
			await new Promise(resolve => void setTimeout(resolve, 1));
	}
	while (writer.waiting)
		await new Promise(resolve => void setTimeout(resolve, 1));
	writer.lose();
	assert.deepEqual(await done, { sum, count });
});

test("a reader that sleeps wakes when the writer is lost", async () => {
	const ring = newRing(64);
	const thread = startReader(ring);
	const done = new Promise(resolve => void thread.on("message", resolve));
	await new Promise(resolve => void thread.on("online", () => void setTimeout(resolve, 50))); // nothing tells that it sleeps; if not yet, less is shown
	new RingWriter(ring).lose();
	assert.deepEqual(await done, { sum: 0, count: 0 });
});

test("counters that wrap don't matter", () => {
	const ring = newRing(128);
	new Int32Array(ring, 0, 2).fill(-20); // 20 bytes before 2^32
	const writer = new RingWriter(ring);
	const ours = new RingReader(ring, () => writer.drain());
	const got = [];
	for (let i = 0; i < 20; i++) {
		writer.write(Uint8Array.of(i, i, i, i, i));
		got.push(...ours.peek());
	}
	assert.deepEqual(got, Array.from({ length: 100 }, (_, i) => Math.floor(i / 5)));
});

test("bytes that come just before the loss are read before it, at whatever moment the reader looks", () => {
	for (const moment of ["used", "lost"]) {
		const reader = new (class extends RingReader {
			get used() {
				return this.#look("used", super.used);
			}

			get lost() {
				return this.#look("lost", super.lost);
			}

			/* What the writer's thread does between two looks of the reader's. */
			#look(at, seen) {
				if (at === moment && !this.interrupted) {
					this.interrupted = true;
					other.write(Uint8Array.of(1, 2, 3));
					other.lose();
				}
				return seen;
			}
		})(newRing(64), () => {});
		const other = new RingWriter(reader.words.buffer);
		assert.deepEqual([...reader.read()], [1, 2, 3], moment);
		assert.deepEqual([...reader.read()], []);
	}
});

test("what found no room before the loss is read, too", async () => {
	const ring = newRing(8), writer = new RingWriter(ring);
	writer.write(new Uint8Array(20).fill(1));
	writer.lose();
	const thread = startReader(ring);
	const { count } = await new Promise((resolve, reject) => {
		thread.on("message", message => (message === "room" ? writer.drain() : resolve(message)));
		thread.on("error", reject);
	});
	assert.equal(count, 20);
});
