// Memory as the inspector shows it: what is typed as an address and looked for, what bytes mean, what changed between two moments.
import assert from "node:assert/strict";
import test from "node:test";

import { meanings, parseAddress, parsePattern } from "../../static/inspector/bytesview.js";
import { Writer } from "../../static/shim/base/codec.js";
import { FrameReader } from "../../static/inspector/codec.js";
import { GuestMemory } from "../../static/shim/base/memory.js";
import { FRAME } from "../../static/shim/base/frames.js";
import { lookAt } from "../../static/shim/program/reached.js";

test("addresses are hexadecimal, or decimal with a d", () => {
	for (const [text, address] of [["1f40", 8000], ["0x1f40", 8000], [" 8000d ", 8000], ["", null], ["xyz", null], ["-1", null], ["0", 0]])
		assert.equal(parseAddress(text), address, text);
});

test("text, bytes and numbers are looked for as the memory has them", () => {
	for (const [text, bytes] of [["h\u00e9", [0x68, 0xc3, 0xa9]], ["x:00 ff10", [0, 255, 16]], ["32:1234", [0xd2, 4, 0, 0]], ["64:-1", Array(8).fill(255)],
			["16:0x0102", [2, 1]], ["8:-1", [255]], ["", null], ["x:0", null], ["32:a", null]])
		assert.deepEqual(parsePattern(text), bytes && Uint8Array.from(bytes), text);
});

test("a place means numbers of each size, and text up to a NUL", () => {
	const its = new Map(meanings(Uint8Array.from([0, 0x41, 0x42, 0, 0, 0, 0, 0, 0x80]), 1));
	assert.deepEqual([its.get("u8"), its.get("u16"), its.get("u32"), its.get("text")], ["65", "16961", "16961", "AB"]);
	assert.equal(its.get("i64"), String(BigInt.asIntN(64, 0x8000000000004241n)));
	assert.equal(new Map(meanings(Uint8Array.of(1, 2), 1)).has("u16"), false);
});

function look(memory, { find = false, address = 0, length = 0, pattern = "" }) {
	const w = new Writer();
	w.frame(FRAME.LOOK, 0, 0);
	w.u32(5);
	w.u32(find ? 1 : 0);
	w.u64(BigInt(address));
	w.u32(length);
	w.string(pattern);
	const [question] = new FrameReader().push(w.take());
	const [{ body }] = new FrameReader().push(lookAt(memory, question));
	const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
	return { request: view.getUint32(0, true), size: Number(view.getBigUint64(4, true)), address: view.getBigUint64(12, true), bytes: body.subarray(24) };
}

test("a question about memory is answered within its bounds, whatever it asks", () => {
	const raw = new WebAssembly.Memory({ initial: 2 });
	const memory = new GuestMemory();
	memory.bind(raw);
	new Uint8Array(raw.buffer).set(new TextEncoder().encode("aab"), 100_000);
	assert.deepEqual([look(memory, { address: 100_001, length: 2 }).bytes.toString(), look(memory, {}).size, look(memory, {}).request], ["97,98", 131_072, 5]);
	for (const [address, length, given] of [[131_071, 100, 1], [131_072, 100, 0], [2 ** 52, 100, 0], [0, 0xFFFFFFFF, 65_536]])
		assert.equal(look(memory, { address, length }).bytes.length, given, `${length} at ${address}`);
	assert.equal(look(memory, { find: true, pattern: "ab" }).address, 100_001n);
	for (const [address, pattern] of [[100_002, "ab"], [0, ""], [2 ** 52, "a"], [0, "aac"]])
		assert.equal(look(memory, { find: true, address, pattern }).address, 0xFFFFFFFFFFFFFFFFn, `${pattern} from ${address}`);
});
