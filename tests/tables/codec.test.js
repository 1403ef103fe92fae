/* The page's codec against the vectors that the server's reads too. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as codec from "../../static/shim/base/codec.js";
import { SYSCALLS } from "../../static/shim/base/syscalls.js";
import { decodeAnswer } from "../gateway/answers.js";

const vectors = JSON.parse(readFileSync(new URL("../vectors/frames.json", import.meta.url), "utf8"));
const hex = bytes => Buffer.from(bytes).toString("hex");
const unhex = text => new Uint8Array(Buffer.from(text, "hex"));

function encode({ type, flags, ...d }) {
	switch (type) {
	case "HELLO":
		return codec.encodeHello({ ...d, flags, hash: BigInt(d.hash), stdin: unhex(d.stdin ?? "") });
	case "STDIN":
		return codec.encodeStdin(unhex(d.bytes), flags);
	case "RECORD":
		if (flags === codec.RECORD.KEPT)
			return codec.encodeKept({ base: d.base, at: d.at, state: Buffer.from(d.state, "hex"), records: Buffer.from(d.records, "hex") });
		return flags === codec.RECORD.FROM ? codec.encodeRecordFrom(d.from, unhex(d.bytes)) : codec.encodeRecord(unhex(d.bytes));
	case "ASK":
		return codec.encodeAsk(d.number, d.mode);
	case "CONSOLE":
		return codec.encodeConsole(d.level, d.text);
	case "MEMORY":
		return codec.encodeMemory({ ...d, address: BigInt(d.address), bytes: unhex(d.bytes) });
	case "REPORT": { // debuggee.js writes it, with its reports
		const writer = new codec.Writer();
		writer.frame(codec.FRAME.REPORT, 0, 0);
		writer.u32(d.leftOut);
		return writer.take();
	}
	case "END":
		return codec.encodeEnd(d.reason, d.text);
	case "BATCH": {
		if (flags & codec.BATCH.REPOLL)
			return codec.encodeRepoll(d.sequence, d.seen);
		const writer = new codec.BatchWriter();
		for (const call of d.calls) {
			const row = codec.syscallRow(call.name);
			assert.equal(row.number, call.number);
			writer.encode(row, call.args.map((arg, i) => {
				const letter = row.takes[i];
				return letter === "q" ? BigInt(arg) : "pb".includes(letter) ? unhex(arg) : arg;
			}), call.flags | (call.within ?? 0) << codec.CALL_WITHIN);
		}
		return writer.seal(d.sequence, d.seen, flags);
	}
	}
	throw new Error(`no encoder for ${type}`);
}

const text = bytes => new TextDecoder().decode(bytes);

function decode(frame) {
	switch (frame.type) {
	case codec.FRAME.WELCOME: {
		const w = codec.decodeWelcome(frame);
		return {
			type: "WELCOME", ...w, args: w.args.map(text), env: w.env.map(text),
			preopens: w.preopens.map(preopen => ({ ...preopen, fdstat: hex(preopen.fdstat), filestat: hex(preopen.filestat) })),
			realtime: String(w.realtime), monotonic: String(w.monotonic),
			realtimeResolution: String(w.realtimeResolution), monotonicResolution: String(w.monotonicResolution),
		};
	}
	case codec.FRAME.ANSWER: {
		const a = decodeAnswer(frame);
		return { type: "ANSWER", ...a, realtime: String(a.realtime), monotonic: String(a.monotonic),
			results: a.results.map(result => ({ ...result, bytes: hex(result.bytes) })) };
	}
	case codec.FRAME.LOOK: {
		const { pattern, ...look } = codec.decodeLook(frame);
		return { type: "LOOK", ...look, pattern: text(pattern) };
	}
	case codec.FRAME.INJECT: return { type: "INJECT", rules: codec.decodeInject(frame) };
	case codec.FRAME.KEPT: {
		const { part, last } = codec.decodeKeptRun(frame);
		return part ? { type: "KEPT", part: hex(part) } : { type: "KEPT", last: { ...last, state: hex(last.state) } };
	}
	case codec.FRAME.ACK: return { type: "ACK", number: codec.decodeFields(frame)[0] };
	case codec.FRAME.AGAIN: return { type: "AGAIN", number: codec.decodeFields(frame)[0] };
	case codec.FRAME.TAKEN: return { type: "TAKEN", number: Number(codec.decodeFields(frame)[0]) };
	case codec.FRAME.BREAK: return { type: "BREAK", breaks: codec.decodeBreaks(frame).map(({ name, ...rest }) => ({ ...rest, name: hex(name) })) };
	}
	const type = Object.keys(codec.FRAME).find(name => codec.FRAME[name] === frame.type);
	const decoder = codec[`decode${type[0]}${type.slice(1).toLowerCase()}`]; // decodeEnded of ENDED
	if (decoder === undefined && codec.FRAME_FIELDS[frame.type])
		return { type, fields: codec.decodeFields(frame).map(Number) };
	return decoder ? { type, ...decoder(frame) } : frame.body.length ? { type, body: hex(frame.body) } : { type };
}

for (const { name, direction, hex: wanted, decoded } of vectors) {
	if (decoded === null)
		continue; // what a server must refuse; we never write it
	if (direction === "client")
		test(`writes ${name}`, () => assert.equal(hex(encode(decoded)), wanted));
	else
		test(`reads ${name}`, () => {
			const frames = new codec.FrameReader().push(unhex(wanted));
			assert.equal(frames.length, 1);
			assert.deepEqual(decode(frames[0]), decoded);
		});
}

test("a frame cut over messages anywhere is put together again", () => {
	const wanted = vectors.filter(({ direction, decoded }) => direction === "server" && decoded !== null);
	const long = unhex(wanted.find(({ name }) => name === "welcome").hex);
	for (let cut = codec.FRAME_HEAD; cut < long.length; cut++) {
		const reader = new codec.FrameReader();
		assert.equal(reader.push(long.subarray(0, cut)).length, 0, `cut at ${cut}`);
		const frames = reader.push(new Uint8Array([...long.subarray(cut), ...unhex(wanted[1].hex)]));
		assert.deepEqual(frames.map(({ type }) => type), [codec.FRAME.WELCOME, codec.FRAME.ANSWER]);
		assert.equal(hex(frames[0].body), hex(long.subarray(8)));
	}
});

test("a frame that is shorter than its head, or cut within it, is refused", () => {
	assert.throws(() => new codec.FrameReader().push(unhex("0700000082000000")), RangeError);
	assert.throws(() => new codec.FrameReader().push(unhex("08000000")), RangeError);
});

test("an answer that says more than it holds is refused", () => {
	const [frame] = new codec.FrameReader().push(unhex(vectors.find(({ name }) => name === "an answer").hex));
	assert.throws(() => decodeAnswer({ ...frame, count: 2 }), RangeError);
	assert.throws(() => decodeAnswer({ ...frame, body: frame.body.subarray(0, frame.body.length - 1) }), RangeError);
});

test("every row of the table is encoded as its letters say, whatever the buffer's size was", () => {
	for (const row of SYSCALLS) {
		const args = Array.from(row.takes, letter => (letter === "q" ? 2n ** 63n + 5n : "pb".includes(letter) ? "abc" : 0xFFFFFFFF));
		const size = Array.from(row.takes).reduce((sum, letter) => sum + (letter === "q" ? 8 : "pb".includes(letter) ? 7 : 4), 0);
		const writer = new codec.BatchWriter(16);
		writer.encode(row, args);
		const bytes = writer.seal(1, 0, 0);
		assert.equal(bytes.length, codec.BATCH_HEAD + codec.CALL_HEAD + size, row.name);
		assert.equal(new DataView(bytes.buffer).getUint32(codec.BATCH_HEAD + 4, true), size, row.name);
	}
});

test("numbers of 64 bits are exact, as Number, BigInt and halves", () => {
	for (const value of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
		const writer = new codec.Writer(8);
		writer.u64(value);
		writer.u64(BigInt(value));
		writer.u64halves(value >>> 0, Math.floor(value / 2 ** 32));
		const reader = new codec.Reader(writer.bytes.subarray(0, writer.at));
		assert.deepEqual([reader.u64(), reader.u64(), reader.u64()], [BigInt(value), BigInt(value), BigInt(value)]);
	}
	const writer = new codec.Writer(8);
	writer.u64(-1n);
	writer.u64(-2);
	const reader = new codec.Reader(writer.bytes.subarray(0, writer.at));
	assert.deepEqual([reader.u64(), reader.u64()], [2n ** 64n - 1n, 2n ** 64n - 2n]);
});
