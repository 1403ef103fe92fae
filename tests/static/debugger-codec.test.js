/* The debugger's codec against the vectors that the server's (tests/unit/test_wire.c) reads too. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as codec from "../../static/inspector/codec.js";

const vectors = JSON.parse(readFileSync(new URL("../vectors/watch.json", import.meta.url), "utf8"));
const unhex = text => new Uint8Array(Buffer.from(text, "hex"));

function encode(d) {
	switch (d.type) {
	case codec.TO_SERVER.HELLO: return codec.encodeHello(BigInt(d.hash));
	case codec.TO_SERVER.ASK: return codec.encodeAsk(d.what);
	case codec.TO_SERVER.ATTACH: return codec.encodeAttach(d.program, d.what === 1);
	case codec.TO_SERVER.GO: return codec.encodeGo(d.program, d.what);
	case codec.TO_SERVER.BREAK: return codec.encodeBreak(d.breakpoints, { stopAtStart: d.flags === 1 });
	case codec.TO_SERVER.STDIN: return codec.encodeStdin(d.program, unhex(d.bytes), d.flags);
	case codec.TO_SERVER.MEMORY: return codec.encodeMemory(d.program, { ...d, find: d.what === 1 ? unhex(d.bytes) : null });
	case codec.TO_SERVER.RECORD: return codec.encodeRecord(d.what === 1);
	case codec.TO_SERVER.INJECT: return codec.encodeInject(d.program, d.rules);
	}
	throw new Error(`no encoder for ${d.type}`);
}

/** What JSON can hold: u64 as text, bytes as hex. */
function plain(value) {
	if (typeof value === "bigint")
		return String(value);
	if (value instanceof Uint8Array)
		return Buffer.from(value).toString("hex");
	if (Array.isArray(value))
		return value.map(plain);
	if (value !== null && typeof value === "object")
		return Object.fromEntries(Object.entries(value).map(([name, its]) => [name, plain(its)]));
	return value;
}

for (const { name, direction, hex, decoded } of vectors)
	test(`${direction}: ${name}`, () => {
		if (direction === "debugger")
			return assert.equal(Buffer.from(encode(decoded)).toString("hex"), hex);
		const frames = new codec.FrameReader().push(unhex(hex));
		assert.equal(frames.length, 1);
		assert.deepEqual(plain(codec.decode(frames[0])), decoded);
	});

test("a handle is shown as its slot, and its generation if it has one", () => {
	assert.equal(codec.handleText(4), "4");
	assert.equal(codec.handleText(0x20004), "4.2");
});
