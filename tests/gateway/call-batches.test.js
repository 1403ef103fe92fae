// Batches: order, linked and quiet calls, what isn't a batch at all.
import assert from "node:assert/strict";
import fs from "node:fs";

import { decodeAnswer } from "./answers.js";
import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { BATCH, CALL, CLOSE, ERRNO, FRAME, HELLO, OPEN, RIGHTS, SKIPPED, call, encodeBatch, handle, open } from "./client.js";
import * as codec from "../../static/shim/base/codec.js";
import { after, test } from "../testing.js";

const fixture = await openFixture();
after(() => fixture.close());
const wire = await fixture.session.connect(ROOT_ONLY);

const text = (bytes) => Buffer.from(bytes).toString();
const create = { oflags: OPEN.create, rights: RIGHTS.both };

test("calls of a batch run in order: open, write, sync, read, close in one message", async () => {
	const file = handle(10, 1);
	const results = await wire.calls(
		open("one", file, create), call("fd_write", [file, 0n, Buffer.from("hello")]), call("fd_sync", [file]),
		call("fd_pread", [file, 1n, 100]), call("fd_close", [file]), call("path_filestat_get", [3, 0, "one"]));
	assert.deepEqual(results.map(({ errno }) => errno), [0, 0, 0, 0, 0, 0]);
	assert.deepEqual(results[1].gives, [5, 5n]);
	assert.equal(text(results[3].gives[0]), "ello");
	assert.equal(fs.readFileSync(fixture.at("one"), "utf8"), "hello");
	assert.deepEqual(results.order, [0, 1, 2, 3, 4, 5]);
});

test("a linked call that fails skips the rest of its chain and nothing after", async () => {
	const file = handle(11, 1);
	const results = await wire.calls(
		{ ...open("missing", file), flags: CALL.LINK }, call("fd_filestat_get", [file], CALL.LINK), call("fd_pread", [file, 0n, 10]),
		call("path_filestat_get", [3, 0, "one"]));
	assert.deepEqual(results.map(({ errno }) => errno), [ERRNO.NOENT, SKIPPED, SKIPPED, 0]);
	const [again] = await wire.calls(call("fd_filestat_get", [file]));
	assert.equal(again.errno, ERRNO.BADF, "a handle whose open failed is BADF until its slot is used again");
});

test("a linked chain that succeeds runs to its end", async () => {
	const file = handle(12, 1);
	const results = await wire.calls({ ...open("one", file), flags: CALL.LINK }, call("fd_filestat_get", [file], CALL.LINK),
		call("fd_pread", [file, 0n, 100]), call("fd_close", [file]));
	assert.deepEqual(results.map(({ errno }) => errno), [0, 0, 0, 0]);
	assert.equal(text(results[2].gives[0]), "hello");
});

test("quiet calls that succeed have no result, and a batch of them no answer but an acknowledgement", async () => {
	const file = handle(13, 1);
	await wire.calls(open("quiet", file, create));
	const quiet = wire.batch([call("fd_write", [file, 0n, Buffer.from("abc")], CALL.QUIET), call("fd_write", [file, 3n, Buffer.from("def")], CALL.QUIET)],
		{ wait: false });
	const ack = await wire.next(FRAME.ACK, (frame) => codec.decodeFields(frame)[0] >= quiet);
	assert.ok(ack);
	const results = await wire.calls(call("fd_pread", [file, 0n, 10]), call("fd_close", [file], CALL.QUIET));
	assert.equal(text(results[0].gives[0]), "abcdef");
	assert.equal(results[1], undefined, "a quiet close that went well says nothing");
	assert.ok(results.acknowledged >= quiet);
});

test("a call number without a row is answered NOSYS, and the others run", async () => {
	const results = await wire.calls(call(0x7777), call("sched_yield"), call(0x8fff));
	assert.deepEqual(results.map(({ errno }) => errno), [ERRNO.NOSYS, 0, ERRNO.NOSYS]);
});

test("the largest batch: 4,096 calls at once", async () => {
	const calls = Array.from({ length: 4096 }, () => call("path_filestat_get", [3, 0, "one"]));
	const results = await wire.calls(...calls);
	assert.equal(results.length, 4096);
	assert.ok(results.every(({ errno, bytes }) => errno === 0 && bytes.length === 64));
});

test("an answer over 1 MiB is cut over several messages and put together again", async () => {
	const bytes = Buffer.alloc(3 << 20, "0123456789abcde");
	fs.writeFileSync(fixture.at("big"), bytes);
	const file = handle(14, 1), before = wire.messages;
	const results = await wire.calls(open("big", file), call("fd_pread", [file, 0n, 4 << 20]), call("fd_close", [file]));
	assert.ok(bytes.equals(Buffer.from(results[1].gives[0])));
	assert.ok(wire.messages - before >= 3, "in several messages");
});

test("clocks come with every answer and never go back", async () => {
	let last = 0n;
	for (let i = 0; i < 20; i++) {
		const before = Date.now();
		const sequence = wire.batch([call("sched_yield")]);
		const { monotonic, realtime } = decodeAnswer(await wire.next(FRAME.ANSWER, ({ body }) => new codec.Reader(body).u32() === sequence));
		assert.ok(monotonic > last);
		const at = Number(realtime / 1000000n);
		assert.ok(at >= before - 1 && at <= Date.now(), `${before} ${at}`);
		last = monotonic;
	}
});

/** What a guest of its own hears when it sends this. */
async function closedBy(send, hello = ROOT_ONLY) {
	const victim = await fixture.session.connect(hello);
	await send(victim);
	const timer = setTimeout(() => victim.socket.terminate(), 20_000);
	const { code, reason } = await victim.closed;
	clearTimeout(timer);
	return { code, reason };
}

const frame = (type, body = [], { flags = 0, count = 0, length = 8 + body.length } = {}) => {
	const bytes = Buffer.alloc(8 + body.length);
	bytes.writeUInt32LE(length, 0);
	bytes[4] = type;
	bytes[5] = flags;
	bytes.writeUInt16LE(count, 6);
	Buffer.from(body).copy(bytes, 8);
	return bytes;
};
const seal = (calls, sequence = 1) => Buffer.from(encodeBatch(calls, sequence, 0, BATCH.WAIT));

test("who closes for a protocol error names the batch, the call and its place", async () => {
	for (const [bytes, reason] of [
		[seal([call("sched_yield"), call("fd_sync", [77])]), /^batch 1, call 1 \(fd_sync\): /],
		[Buffer.concat([seal([call("sched_yield")])]).fill(1, 20, 24), /^batch 1, call 0 \(sched_yield\): /],
		[(() => {
			const more = seal([call("sched_yield"), call("sched_yield")]);
			more.writeUInt16LE(1, 6);
			return more;
		})(), /^batch 1: bytes are left over behind its 1 calls/],
	]) {
		const victim = await fixture.session.connect(ROOT_ONLY);
		victim.send(bytes);
		const { code, reason: said } = await victim.closed;
		assert.equal(code, CLOSE.PROTOCOL);
		assert.match(said, reason);
	}
});

for (const [what, send, code = CLOSE.PROTOCOL] of [
	["random bytes", (victim) => victim.send(Buffer.from("GET / HTTP/1.1\r\n\r\n"))],
	["a frame shorter than its head", (victim) => victim.send(frame(2, [], { length: 3 }))],
	["a frame longer than its message", (victim) => victim.send(frame(2, [1, 0, 0, 0, 0, 0, 0, 0], { length: 4000 }))],
	["a frame of a type that isn't there", (victim) => victim.send(frame(0x55))],
	["a frame that only the server sends", (victim) => victim.send(frame(FRAME.ANSWER, new Array(40).fill(0)))],
	["text", (victim) => victim.socket.send("text"), 1003],
	["a batch cut within its head", (victim) => victim.send(frame(2, [1, 0, 0], { flags: 1 }))],
	["a batch that says more calls than it has", (victim) => {
		const bytes = seal([call("sched_yield")]);
		bytes.writeUInt16LE(2, 6);
		victim.send(bytes);
	}],
	["a batch that has more bytes than calls", (victim) => {
		const bytes = seal([call("sched_yield"), call("sched_yield")]);
		bytes.writeUInt16LE(1, 6);
		victim.send(bytes);
	}],
	["a call longer than its batch", (victim) => {
		const bytes = seal([call("fd_sync", [3])]);
		bytes.writeUInt32LE(0xffffffff, 20);
		victim.send(bytes);
	}],
	["a call with a byte too many", (victim) => {
		const bytes = Buffer.concat([seal([call("fd_sync", [3])]), Buffer.alloc(1)]);
		bytes.writeUInt32LE(bytes.length, 0);
		bytes.writeUInt32LE(5, 20);
		victim.send(bytes);
	}],
	["a call with a byte too few", (victim) => {
		const bytes = seal([call("fd_sync", [3])]).subarray(0, -1);
		bytes.writeUInt32LE(bytes.length, 0);
		bytes.writeUInt32LE(3, 20);
		victim.send(bytes);
	}],
	["a path longer than its call", (victim) => {
		const bytes = seal([call("path_unlink_file", [3, "abc"])]);
		bytes.writeUInt32LE(0x7fffffff, 28);
		victim.send(bytes);
	}],
	["a sequence number that goes back", (victim) => {
		victim.send(seal([call("sched_yield")], 5));
		victim.send(seal([call("sched_yield")], 4));
	}],
	["a second hello", (victim) => victim.send(codec.encodeHello({ flags: HELLO.NEW }))],
	["a quiet flag on a call that can't be quiet", (victim) => victim.send(seal([call("fd_sync", [3], CALL.QUIET)]))],
	["a handle that was never opened", (victim) => victim.send(seal([call("fd_sync", [handle(500, 3)])]))],
])
	test(`${what}: that connection closes, with a reason, and no other`, async () => {
		const how = await closedBy(send);
		assert.equal(how.code, code, how.reason);
		assert.ok(how.reason.length > 0, "it says why");
		assert.deepEqual((await wire.calls(call("path_filestat_get", [3, 0, "one"])))[0].errno, 0, "others go on");
	});

test("a message past the bound: closed as such", async () => {
	const { bounds } = wire.welcome;
	const how = await closedBy((victim) => victim.send(frame(2, Buffer.alloc(bounds.message))));
	assert.equal(how.code, CLOSE.BOUND, how.reason);
});

test("a batch of more calls than the bound: closed as such", async () => {
	const calls = Array.from({ length: wire.welcome.bounds.calls + 1 }, () => call("sched_yield"));
	const how = await closedBy((victim) => victim.send(Buffer.from(encodeBatch(calls, 1, 0, BATCH.WAIT))));
	assert.ok(how.code === CLOSE.BOUND || how.code === CLOSE.PROTOCOL, `${how.code} ${how.reason}`);
});

test("a first frame that is no hello: closed", async () => {
	const victim = await fixture.session.dial();
	victim.send(seal([call("sched_yield")]));
	assert.equal((await victim.closed).code, CLOSE.PROTOCOL);
});

for (const [what, hello, code, errno] of [
	["another table", { hash: 1n }, CLOSE.VERSION, 0],
	["another wire version", { version: 99 }, CLOSE.VERSION, 0],
	["a folder that isn't there", { flags: HELLO.NEW | HELLO.PREOPENS, preopens: [{ name: "/", grant: "/etc", readOnly: false }] }, CLOSE.WISHES, 44],
	["a grant by way of dots", { flags: HELLO.NEW | HELLO.PREOPENS, preopens: [{ name: "/", grant: "/../..", readOnly: false }] }, CLOSE.WISHES, 76],
	["a guest that isn't there", { flags: 0, guest: 77777, key: "A".repeat(22) }, CLOSE.NO_GUEST, 0],
])
	test(`a hello for ${what} is refused, by name`, async () => {
		const victim = await fixture.session.dial();
		victim.send(codec.encodeHello({ flags: HELLO.NEW, ...hello }));
		const refused = codec.decodeRefused(await victim.next(FRAME.REFUSED));
		assert.equal(refused.code, code, refused.message);
		assert.equal(refused.errno, errno, refused.message);
		assert.ok(refused.message.length > 10, refused.message);
		assert.equal((await victim.closed).code, code);
	});

/* The control side sends what a program gathered that computes, or was ended. */
async function withControl() {
	const data = await fixture.session.connect(ROOT_ONLY);
	const { guest, key } = data.welcome;
	return { data, control: await fixture.session.connect({ flags: HELLO.CONTROL, guest, key }) };
}

const quietWrite = (file, at, words) => call("fd_write", [file, BigInt(at), Buffer.from(words)], CALL.QUIET);

test("batches of both connections run in the order of their numbers, and each side hears of its own", async () => {
	const { data, control } = await withControl();
	const file = handle(5, 1);
	await data.calls(open("both", file, create));
	data.send(encodeBatch([quietWrite(file, 6, "three ")], 4, 1, 0));
	data.send(encodeBatch([quietWrite(file, 4, "two")], 3, 1, 0)); // a number that doesn't grow
	assert.equal((await data.closed).code, CLOSE.PROTOCOL);
	const { data: again, control: helper } = await withControl();
	await again.calls(open("both", file, create));
	again.send(encodeBatch([quietWrite(file, 8, "four"), call("fd_pread", [file, 0n, 100])], 3, 1, BATCH.WAIT));
	helper.send(encodeBatch([quietWrite(file, 0, "one two ")], 2, 0, 0));
	const told = await helper.next(FRAME.ACK);
	assert.ok(codec.decodeFields(told)[0] >= 2);
	const [, { gives: [read] }] = await again.answer(3, [call("fd_write"), call("fd_pread")]);
	assert.equal(text(read), "one two four");
	await again.close();
	await control.closed;
});

test("hundreds of small batches may be ahead of one that a busy page keeps back", async () => {
	const { data, control } = await withControl();
	const file = handle(8, 1);
	await data.calls(open("ahead", file, create));
	for (let number = 3; number < 603; number++)
		data.send(encodeBatch([quietWrite(file, number - 2, "+")], number, 1, 0));
	control.sequence = 1;
	control.batch([quietWrite(file, 0, "-")], { wait: false });
	data.sequence = 602;
	const [{ gives: [read] }] = await data.calls(call("fd_pread", [file, 0n, 1000]));
	assert.equal(text(read), `-${"+".repeat(600)}`);
	await data.close();
});

test("a quiet write on the control connection that fails is told to the program", async () => {
	const { data, control } = await withControl();
	const file = handle(6, 1);
	await data.calls(open("one", file)); // to read
	control.send(encodeBatch([quietWrite(file, 0, "x")], 2, 0, 0));
	const [failed] = await data.answer(2, [call("fd_write")]);
	assert.notEqual(failed.errno, 0);
	await data.close();
});

test("what much waits for is read all the same", async () => {
	const { data, control } = await withControl();
	const file = handle(10, 1);
	await data.calls(open("much", file, create));
	control.send(encodeBatch([call("fd_write", [file, 1n, Buffer.alloc(3 << 20, "x")], CALL.QUIET)], 3, 1, 0));
	for (let turns = 0; turns < 100; turns++) // of the loop: that waits there by now
		await wire.calls(call("sched_yield"));
	data.send(encodeBatch([quietWrite(file, 0, "-")], 2, 1, 0));
	data.send(encodeBatch([call("fd_pread", [file, (3n << 20n) - 1n, 10])], 4, 1, BATCH.WAIT));
	assert.equal(text((await data.answer(4, [call("fd_pread")]))[0].gives[0]), "xx");
	await data.close();
	await control.closed;
});

test("a batch that is waited for comes by the control connection of a guest that hears its answers there", async () => {
	const control = await fixture.session.connect({ ...ROOT_ONLY, flags: HELLO.NEW | HELLO.CONTROL | HELLO.SPLIT | HELLO.PREOPENS });
	const { guest, key } = control.welcome;
	const data = await fixture.session.connect({ flags: 0, guest, key });
	const file = handle(9, 1);
	data.send(encodeBatch([open("split", file, create)], 1, 0, BATCH.WAIT));
	assert.equal((await control.answer(1, [call("path_open")]))[0].errno, 0);
	control.send(encodeBatch([quietWrite(file, 0, "x".repeat(1 << 20)), call("fd_pread", [file, (1n << 20n) - 3n, 10])], 2, 1, BATCH.WAIT));
	data.send(encodeBatch([call("fd_pread", [file, 1n, 2])], 3, 1, BATCH.WAIT));
	assert.equal(text((await control.answer(2, [call("fd_write"), call("fd_pread")])).at(-1).gives[0]), "xxx");
	assert.equal(text((await control.answer(3, [call("fd_pread")]))[0].gives[0]), "xx");
	await control.close();
	await data.closed;
});

test("a call that is waited for doesn't come by the control connection otherwise", async () => {
	const { data, control } = await withControl();
	control.send(encodeBatch([call("sched_yield")], 1, 0, BATCH.WAIT));
	assert.equal((await control.closed).code, CLOSE.PROTOCOL);
	assert.equal((await data.closed).code, CLOSE.PROTOCOL);
});

test("more on the control connection than a gap may hold ends the guest", async () => {
	const { data, control } = await withControl();
	const file = handle(7, 1);
	await data.calls(open("gap", file, create));
	for (let number = 3; number < 7; number++) // 2 never comes
		control.send(encodeBatch([call("fd_write", [file, 0n, Buffer.alloc(3 << 20)], CALL.QUIET)], number, 0, 0));
	assert.equal((await control.closed).code, CLOSE.BOUND);
});
