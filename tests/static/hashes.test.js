// A recording's hashes are those that docs/RECORDING.md describes, of memory of each kind.
import assert from "node:assert/strict";
import test from "node:test";

import { GuestMemory } from "../../static/shim/base/memory.js";
import { Hashes } from "../../static/shim/recording/hashes.js";

const SEED = 0xCBF29CE484222325n, ODD = 0x9E3779B97F4A7C15n, HALF = 32768;
const MEMORIES = { "a memory": { initial: 4 }, "a memory with a bound": { initial: 4, maximum: 9 }, "a shared memory": { initial: 4, maximum: 9, shared: true } };

function mixed(hash, word) {
	const product = BigInt.asUintN(64, (hash ^ word) * ODD);
	return product ^ product >> 29n;
}

/* As the document has it, slowly. */
function hashOf(buffers) {
	let hash = SEED;
	for (const buffer of buffers) {
		hash ^= BigInt(buffer.length);
		for (const part of buffer.length > 2 * HALF ? [buffer.subarray(0, HALF), buffer.subarray(buffer.length - HALF)] : [buffer]) {
			const view = new DataView(part.buffer, part.byteOffset, part.length);
			let at = 0;
			for (; at + 8 <= part.length; at += 8)
				hash = mixed(hash, view.getBigUint64(at, true));
			for (; at < part.length; at++)
				hash = mixed(hash, BigInt(part[at]));
		}
	}
	return Number((hash ^ hash >> 32n) & 0xFFFFFFFFn);
}

for (const [kind, limits] of Object.entries(MEMORIES))
	test(`bytes, buffers and all of ${kind}, also after it has grown`, () => {
		const memory = new GuestMemory(), hashes = new Hashes(memory);
		assert.deepEqual([hashes.bytes(0, 1), hashes.buffers(0, 1)], [0, 0], "before there is one");
		const its = new WebAssembly.Memory(limits);
		memory.bind(its);
		for (const end of [4, 9].map((pages) => pages << 16)) {
			its.grow(Math.max(0, (end >> 16) - 4));
			memory.refresh();
			for (let i = 1024; i < end; i++)
				memory.bytes[i] = Math.imul(i, 0x9E3779B1) >>> 13;
			for (const [at, length] of [[end - 1, 1], [1031, 7], [1024, 8], [1025, 9], [end - 65536, 65536], [end - 65537, 65537], [1029, 200_003]])
				assert.equal(hashes.bytes(at, length), hashOf([memory.bytes.slice(at, at + length)]), `${length} bytes from ${at} on`);
			assert.equal(hashes.bytes(end - 8, 9), 0, "past its end");
			assert.equal(hashes.bytes(-8, 8), 0);
			for (const buffers of [[[2000, 5]], [[2000, 5], [3001, 0], [end - 70_000, 70_000]]]) {
				buffers.forEach(([at, length], i) => (memory.setU32(8 * i, at), memory.setU32(8 * i + 4, length)));
				assert.equal(hashes.buffers(0, buffers.length), hashOf(buffers.map(([at, length]) => memory.bytes.slice(at, at + length))));
			}
			memory.setU32(4, end);
			assert.equal(hashes.buffers(0, 1), 0, "a buffer past its end");

			const words = new BigUint64Array(memory.bytes.slice().buffer), halves = [SEED, ODD];
			words.forEach((word, i) => (halves[i % 2] = mixed(halves[i % 2], word)));
			assert.equal(hashes.whole(), halves.map((half) => half.toString(16).padStart(16, "0")).join(""));
		}
	});

test("one bit more, or a place, is another hash", () => {
	const memory = new GuestMemory(), hashes = new Hashes(memory);
	memory.bind(new WebAssembly.Memory({ initial: 1 }));
	const seen = new Set([hashes.whole()]), parts = new Set([hashes.bytes(0, 4096)]);
	for (let bit = 0; bit < 4096; bit += 5) {
		memory.bytes.fill(0);
		memory.bytes[bit >> 3] = 1 << (bit & 7);
		seen.add(hashes.whole());
		parts.add(hashes.bytes(0, 4096));
	}
	assert.equal(seen.size, 821);
	assert.equal(parts.size, 821);
});
