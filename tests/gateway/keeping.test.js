// Programs that outlive their page, on the wire: what the gateway keeps of them, for whom, how long and how much.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { decodeFields, decodeKeptRun, encodeHello, encodeKept, encodeRecord, encodeRecordFrom } from "../../static/shim/base/codec.js";
import { SHAPE_NUMBERS } from "../../static/shim/recording/layout.js";
import { openRecording } from "../../static/shim/recording/reader.js";
import { recordingHead } from "../../static/shim/recording/sender.js";
import "../inflate.js";
import { test } from "../testing.js";
import { ROOT_ONLY, openFixture } from "./call-fixture.js";
import { BATCH, CLOSE, FRAME, HELLO, OPEN, RIGHTS, Session, call, encodeBatch, handle, open } from "./client.js";

const KEEP = HELLO.NEW | HELLO.CONTROL | HELLO.KEEP | HELLO.PREOPENS;
const { preopens } = ROOT_ONLY;
const append = (text) => call("fd_write", [handle(10), 0, text]);
const opens = open("log", handle(10), { oflags: OPEN.create, rights: RIGHTS.write, fdflags: 1 });

/** A program that is kept, and has opened /log to append to it: { control, data, welcome }. */
async function begin(session, flags = 0) {
	const control = await session.connect({ flags: KEEP | flags, preopens });
	const { welcome } = control;
	const data = await session.connect({ flags: 0, guest: welcome.guest, key: welcome.key });
	return { control, data, welcome };
}

/** What a page that resumes it is told: { control, data, records, last, recorded, open }. */
async function resume(session, { guest, key }, flags = 0) {
	const control = await session.connect({ flags: HELLO.RESUME | HELLO.CONTROL | flags, guest, key });
	const records = [];
	for (;;) {
		const { part, last } = decodeKeptRun(await control.next(FRAME.KEPT));
		if (last) {
			const data = await session.connect({ flags: 0, guest, key: control.welcome.key });
			data.sequence = data.seen = last.base;
			const { recorded, handles, ...rest } = last, open = handles.filter(({ isOpen }) => isOpen).map((each) => each.handle);
			return { control, data, records: Buffer.concat(records), recorded, handles, open, last: { ...rest, state: Buffer.from(last.state).toString() } };
		}
		records.push(Buffer.from(part));
	}
}

async function gone({ control, data }) {
	await Promise.all([control.close(), data.close()]);
}

/** at: how many bytes of the recording were sent before */
const kept = (base, at, records, state = "") => encodeKept({ base, at, state: Buffer.from(state), records: Buffer.from(records) });

/** act({ session, fixture, log }) with a gateway of its own. */
async function withGateway(act, flags = []) {
	const fixture = await openFixture(flags);
	try {
		await act({ fixture, session: fixture.session, log: () => fs.readFileSync(fixture.at("log"), "utf8") });
	} finally {
		await fixture.close();
	}
}

test("the next page gets what was recorded, and the answer that the page before may not have had: nothing is done twice", () => withGateway(async ({ session, log }) => {
	const first = await begin(session);
	assert.equal(first.welcome.kept, true);
	await first.data.calls(opens);
	first.data.send(kept(1, 0, "records of the open", "state 1"));
	await first.data.calls(append("once\n"));
	await gone(first);
	const second = await resume(session, first.welcome);
	assert.deepEqual([second.records.toString(), second.last], ["records of the open", { base: 1, fed: 0, taken: 0, newest: 2, state: "state 1" }]);
	const [{ errno, gives }] = await second.data.calls(append("once\n"));
	assert.deepEqual([errno, Number(gives[0])], [0, 5]);
	assert.equal(log(), "once\n");
	second.data.send(kept(2, 19, ", and of the write", "state 2"));
	await second.data.calls(append("twice\n"));
	assert.equal(log(), "once\ntwice\n");
	await gone(second);
	const third = await resume(session, first.welcome);
	assert.deepEqual([third.records.toString(), third.last.base, third.last.state], ["records of the open, and of the write", 2, "state 2"]);
	await third.data.calls(append("twice\n"));
	await third.data.calls(append("thrice\n"));
	assert.equal(log(), "once\ntwice\nthrice\n");
	third.data.send(encodeKept({ base: 4, at: 19, state: Buffer.from("state 3"), records: Buffer.from("; cut"), cuts: true }));
	await third.data.calls(append("more\n"));
	await gone(third);
	const fourth = await resume(session, first.welcome);
	assert.deepEqual([fourth.records.toString(), fourth.last.base, fourth.last.newest, fourth.last.state], ["records of the open; cut", 4, 5, "state 3"]);
}));

test("a page that cuts the recording before it has read it is refused", () => withGateway(async ({ session }) => {
	const first = await begin(session), part = Buffer.alloc(256 << 10, "r"), parts = 64; // more than the kernel holds for who doesn't read
	for (let i = 0; i < parts; i++)
		first.data.send(kept(1, i * part.length, part));
	await first.data.calls(opens);
	await gone(first);
	const control = await session.connect({ flags: HELLO.RESUME | HELLO.CONTROL, guest: first.welcome.guest, key: first.welcome.key });
	control.socket.pause();
	const data = await session.connect({ flags: 0, guest: first.welcome.guest, key: control.welcome.key });
	data.send(encodeKept({ base: 2, at: 0, state: Buffer.alloc(0), records: Buffer.alloc(0), cuts: true }));
	assert.deepEqual(await data.closed, { code: CLOSE.PROTOCOL, reason: "a recording that is cut before its page has read it" });
	control.socket.resume();
}));

test("a program that goes back: what waits is given up, its next page is told what is open, and nobody has it before it has cut its recording", () => withGateway(async ({ session, log }) => {
	const first = await begin(session, HELLO.TTY), read = call("fd_read", [0, 0, 100]), again = open("other", handle(11), { oflags: OPEN.create, rights: RIGHTS.write });
	await first.data.calls(opens);
	first.data.send(kept(1, 0, "to the prompt", "at the prompt"));
	await first.data.calls(append("asked\n"), again);
	first.data.batch([read]); // it waits
	await gone(first);
	const second = await resume(session, first.welcome, HELLO.BACK);
	assert.deepEqual([second.last.base, second.last.newest, second.open], [1, 3, [0, 1, 2, 3, handle(10), handle(11)]]);
	second.data.sequence = second.data.seen = 3;
	second.data.send(encodeKept({ base: 4, at: 13, state: Buffer.from("back"), records: Buffer.alloc(0), cuts: true }));
	await second.data.calls(call("fd_close", [handle(11)]));
	const [{ errno }] = await second.data.calls(append("went on\n"));
	assert.deepEqual([errno, log()], [0, "asked\nwent on\n"]);
	await gone(second);
	const third = await resume(session, first.welcome);
	assert.deepEqual([third.records.toString(), third.last.base, third.last.newest, third.open.includes(handle(11))], ["to the prompt", 4, 5, false]);
	await third.data.calls(append("went on\n")); // answered as before
	assert.equal(log(), "asked\nwent on\n");
	third.data.send(kept(6, 13, ", and what is dropped", "later")); // with a batch that it has, as of a program that computes
	await third.data.calls(append("later\n"));
	await gone(third);
	const fourth = await resume(session, first.welcome, HELLO.BACK);
	assert.deepEqual([fourth.records.toString(), fourth.last.newest], ["to the prompt, and what is dropped", 6]);
	fourth.data.sequence = fourth.data.seen = 6;
	fourth.data.send(encodeKept({ base: 6, at: 13, state: Buffer.from("back"), records: Buffer.alloc(0), cuts: true }));
	await fourth.data.calls(append("again\n"));
	await gone(fourth);
	const fifth = await resume(session, first.welcome, HELLO.BACK);
	assert.equal(fifth.records.toString(), "to the prompt");
	await gone(fifth); // before it has cut
	await assert.rejects(resume(session, first.welcome));
}));

test("kept and recorded: the next page goes on in the recording where it says, and what the page before had sent behind there is cut", async () => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-kept-")), file = path.join(folder, "run.wvr");
	await withGateway(async ({ session }) => {
		const head = recordingHead({ url: "", sha256: null, args: ["tool"], wait: "jspi", browser: "", started: 0 });
		const words = (...list) => Buffer.from(Uint32Array.from(list).buffer);
		const call0 = words(SHAPE_NUMBERS.sched_yield, 0, 0, 0), call1 = words(SHAPE_NUMBERS.sched_yield, 1, 8, 0, 0); // the second one failed
		const written = async (control, upTo) => Number(decodeFields(await control.next(FRAME.RECORDED, (frame) => Number(decodeFields(frame)[0]) >= upTo))[0]);
		const first = await begin(session, HELLO.RECORDABLE);
		assert.deepEqual([first.welcome.kept, first.welcome.recorded], [true, true]);
		await first.data.calls(opens);
		first.data.send(kept(1, 0, call0, "state"));
		first.control.send(encodeRecord(Buffer.concat([head, call0, call1, call1])));
		assert.equal(await written(first.control, 1), head.length + 56);
		await gone(first);
		const early = await resume(session, first.welcome);
		assert.equal(early.recorded, head.length + 56);
		await gone(early); // it hasn't said where it goes on, but may have done what the first one did otherwise
		const second = await resume(session, first.welcome);
		assert.equal(second.recorded, 0);
		second.control.send(encodeRecordFrom(0, Buffer.concat([head, call0, call1])));
		second.control.send(encodeRecordFrom(head.length + 16, call0));
		second.control.send(encodeRecord(call0));
		assert.equal(await written(second.control, head.length + 48), head.length + 48);
		const { runs: [run] } = await openRecording(fs.readFileSync(file));
		assert.deepEqual([run.calls, run.call(2).errno, run.size], [3, 0, head.length + 48]);
		second.control.send(encodeRecordFrom(head.length + 49, call0));
		assert.deepEqual(await second.control.closed, { code: CLOSE.PROTOCOL, reason: "a recording that goes on behind its end" });
	}, ["--record", file]);
	fs.rmSync(folder, { recursive: true });
});

test("a call that waits when its page goes is answered to the next page; so is what was typed meanwhile", () => withGateway(async ({ session }) => {
	const first = await begin(session, HELLO.TTY);
	const read = call("fd_read", [0, 0, 100]);
	first.data.batch([read]);
	first.control.send(Buffer.from([0x0a, 0, 0, 0, FRAME.STDIN, 0, 0, 0, 0x61, 0x0a])); // "a\n"
	await first.control.next(FRAME.TAKEN);
	await gone(first);
	const second = await resume(session, first.welcome);
	assert.deepEqual([second.last.base, second.last.fed, second.last.taken], [0, 2, 2]);
	const [{ gives: [bytes] }] = await second.data.calls(read);
	assert.equal(Buffer.from(bytes).toString(), "a\n");
	const sequence = second.data.batch([read]);
	await gone(second);
	const third = await resume(session, first.welcome);
	third.data.sequence = sequence - 2;
	third.data.batch([read]);
	third.data.batch([read]);
	third.control.send(Buffer.from([0x0a, 0, 0, 0, FRAME.STDIN, 0, 0, 0, 0x62, 0x0a]));
	const [{ gives: [more] }] = await third.data.answer(sequence, [read]);
	assert.equal(Buffer.from(more).toString(), "b\n");
}));

test("a program that comes back and does otherwise than before is ended, and does nothing", () => withGateway(async ({ session, log }) => {
	const first = await begin(session);
	await first.data.calls(opens);
	first.data.send(kept(1, 0, "records"));
	await first.data.calls(append("once\n"));
	await gone(first);
	const { data } = await resume(session, first.welcome);
	data.batch([append("else\n")]);
	assert.deepEqual(await data.closed, { code: CLOSE.PROTOCOL, reason: "the program that came back did otherwise than before" });
	assert.equal(log(), "once\n");
}));

test("nobody else has it: another session, a wrong key, a second page, one that doesn't say that it resumes it", () => withGateway(async ({ session, fixture }) => {
	const first = await begin(session);
	const { guest, key } = first.welcome;
	const tries = (who, flags, its) => assert.rejects(resumed(who, flags, its), ({ refused }) => refused);
	const resumed = async (who, flags, its) => {
		const wire = await who.dial();
		wire.send(encodeHello({ flags, ...its }));
		const frame = await Promise.race([wire.next(FRAME.REFUSED), wire.next(FRAME.WELCOME)]);
		throw Object.assign(new Error("answered"), { refused: frame.type === FRAME.REFUSED });
	};
	const RESUME = HELLO.RESUME | HELLO.CONTROL;
	await tries(session, RESUME, { guest, key }); // its page is there
	await gone(first);
	const other = await Session.enter(fixture.gateway);
	await tries(other, RESUME, { guest, key });
	await tries(session, RESUME, { guest, key: `${key.slice(0, -1)}${key.endsWith("A") ? "B" : "A"}` });
	await tries(session, RESUME, { guest: guest + 1, key });
	await tries(session, HELLO.RESUME, { guest, key });
	await tries(session, 0, { guest, key });
	await tries(session, HELLO.CONTROL, { guest, key });
	const { control } = await resume(session, first.welcome);
	await tries(session, RESUME, { guest, key });
	await control.close();
	await resume(session, first.welcome);
}));

test("a program whose page doesn't ask for it, and --limit keep=0: it ends with its page", async () => {
	await withGateway(async ({ session }) => {
		const control = await session.connect({ flags: HELLO.NEW | HELLO.CONTROL });
		const data = await session.connect({ flags: 0, guest: control.welcome.guest, key: control.welcome.key });
		assert.equal(control.welcome.kept, false);
		await gone({ control, data });
		await assert.rejects(resume(session, control.welcome));
	});
	await withGateway(async ({ session }) => {
		const first = await begin(session);
		assert.equal(first.welcome.kept, false);
		await gone(first);
		await assert.rejects(resume(session, first.welcome));
	}, ["--limit", "keep=0"]);
});

test("a program that is kept later: it ends with its page before its first RECORD, and is kept from there on; with --once none is", async () => {
	await withGateway(async ({ session, log }) => {
		const early = await begin(session, HELLO.KEEP_LATER);
		assert.equal(early.welcome.kept, true);
		await early.data.calls(opens);
		await gone(early);
		await assert.rejects(resume(session, early.welcome));
		const first = await begin(session, HELLO.KEEP_LATER);
		await first.data.calls(opens);
		await first.data.calls(append("before\n"));
		first.data.send(kept(2, 0, "records", "state"));
		await first.data.calls(append("once\n"));
		await gone(first);
		const second = await resume(session, first.welcome);
		assert.deepEqual([second.records.toString(), second.last.base, second.last.state], ["records", 2, "state"]);
		await second.data.calls(append("once\n"));
		assert.equal(log(), "before\nonce\n");
	});
	await withGateway(async ({ session }) => assert.equal((await begin(session)).welcome.kept, false), ["--once"]);
});

test("--limit keep: past it the page is told, the program goes on, and ends with its page", () => withGateway(async ({ session, log }) => {
	const first = await begin(session);
	await first.data.calls(opens);
	for (let i = 0; i < 8; i++)
		first.data.send(kept(1, i * 100_000, Buffer.alloc(100_000)));
	const told = await first.data.next(FRAME.RECORDED);
	assert.deepEqual([told.flags, ...decodeFields(told).map(Number)], [1, 0, 1]);
	first.data.send(kept(1, 0, "more"));
	await first.data.calls(append("goes on\n"));
	assert.equal(log(), "goes on\n");
	const other = await begin(session); // what the first one had is free
	other.data.send(kept(0, 0, Buffer.alloc(100_000)));
	await other.data.calls(opens); // so that it has come
	await gone(other);
	assert.equal((await resume(session, other.welcome)).records.length, 100_000);
	await gone(first);
	await assert.rejects(resume(session, first.welcome));
}, ["--limit", "keep=512K"]));

test("--limit keep-seconds: then it ends; and of one session the eight wait that went last", () => withGateway(async ({ session, fixture }) => {
	const all = [];
	for (let i = 0; i < 9; i++) {
		all.push(await begin(session));
		await gone(all.at(-1));
	}
	await assert.rejects(resume(session, all[0].welcome));
	for (const { welcome } of all.slice(1))
		await gone(await resume(session, welcome));
	await fixture.gateway.says(/program 9 '' has ended \(gone\)/);
	await assert.rejects(resume(session, all[8].welcome));
}, ["--verbose", "--limit", "keep-seconds=3"]));

test("a long recording comes as fast as the page reads, without the session's memory", () => withGateway(async ({ session }) => {
	const first = await begin(session);
	await first.data.calls(opens);
	for (let i = 0; i < 20; i++)
		first.data.send(kept(1, i * (2 << 20), Buffer.alloc(2 << 20, i)));
	await first.data.calls(append("x"));
	await gone(first);
	const { records } = await resume(session, first.welcome);
	assert.equal(records.length, 40 << 20);
	for (let i = 0; i < 20; i++)
		assert.equal(records[(i * (2 << 20)) + 7], i);
}));

test("bytes that don't fit: the program ends, with a reason", () => withGateway(async ({ session }) => {
	const bad = [[Buffer.from([12, 0, 0, 0, FRAME.RECORD, 1, 0, 0, 1, 0, 0, 0]), /doesn't fit/], [Buffer.from([24, 0, 0, 0, FRAME.RECORD, 1, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), /doesn't fit/],
		[Buffer.from(kept(0, 1, "a")), /doesn't fit/]];
	for (const [bytes, reason] of bad) {
		const { data } = await begin(session);
		data.send(bytes);
		const how = await data.closed;
		assert.equal(how.code, CLOSE.PROTOCOL);
		assert.match(how.reason, reason);
	}
	const plain = await session.connect();
	plain.send(kept(0, 0, "a"));
	assert.deepEqual(await plain.closed, { code: CLOSE.PROTOCOL, reason: "a recording that nobody keeps" });
}));

test("by POST: the recording goes before the batch, and the next page's POST gets the same answer", () => withGateway(async ({ session, log }) => {
	const control = await session.connect({ flags: KEEP | HELLO.XHR, preopens });
	const { guest, key } = control.welcome;
	const batch = (calls, sequence) => encodeBatch(calls, sequence, sequence - 1, BATCH.WAIT);
	assert.equal((await session.postCall(key, batch([opens], 1))).status, 200);
	const body = Buffer.concat([kept(1, 0, "records"), batch([append("once\n")], 2)]);
	assert.equal((await session.postCall(key, body)).status, 200);
	assert.equal((await session.postCall(key, body)).status, 200); // as browsers may
	await control.close();
	const again = await session.connect({ flags: HELLO.RESUME | HELLO.CONTROL | HELLO.XHR, guest, key });
	assert.deepEqual(Buffer.from(decodeKeptRun(await again.next(FRAME.KEPT)).part).toString(), "records");
	assert.equal((await session.postCall(key, body)).status, 410, "a request of the page that is gone comes too late");
	const its = again.welcome.key;
	const { status, frames } = await session.postCall(its, batch([append("once\n")], 2));
	assert.deepEqual([status, frames.map(({ type }) => type)], [200, [FRAME.ANSWER]]);
	assert.equal((await session.postCall(its, batch([append("twice\n")], 3))).status, 200);
	assert.equal(log(), "once\ntwice\n");
}));
