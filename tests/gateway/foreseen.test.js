// Calls of which the program is told that they succeeded before they are done: one that fails ends the program there, with nothing done after it, and
// everybody is told. The kernel fails them for real (strace's injection).
import assert from "node:assert/strict";
import fs from "node:fs";

import * as codec from "../../static/shim/base/codec.js";
import { after, test } from "../testing.js";
import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { CALL, END, ERRNO, FRAME, OPEN, RIGHTS, call, decodeResults, handle, open } from "./client.js";

const MUST = CALL.QUIET | CALL.MUST, IO = 29, SYNC_RIGHTS = RIGHTS.both | 1n | 1n << 4n;
const broken = await openFixture([],
	{ through: ["strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO"] });
const fixture = await openFixture();
after(() => Promise.all([broken.close(), fixture.close()]));

/** Another page each time, so that what one lost isn't held against the next. */
let pages = 0;
const hello = (program = `program ${pages++}`) => ({ ...ROOT_ONLY, flags: ROOT_ONLY.flags | codec.HELLO.HINTS, program, args: ["prog"] });

async function written(wire) {
	await wire.calls(open("file", handle(4), { oflags: OPEN.create, rights: SYNC_RIGHTS }), call("fd_write", [handle(4), 0n, Buffer.from("text")]));
}

test("one that fails ends the program before anything after it, and says which it was", async () => {
	const wire = await broken.session.connect(hello("lost"));
	assert.equal(wire.welcome.foreseen, true);
	await written(wire);
	const before = broken.gateway.log.length;
	const sequence = wire.batch([call("path_create_directory", [3, "before"]), call("fd_sync", [handle(4)], MUST), call("path_create_directory", [3, "after"])],
		{ wait: true });
	const ended = codec.decodeEnded(await wire.next(FRAME.ENDED));
	assert.deepEqual([ended.reason, ended.lost], [END.CHANGE_LOST, { call: "fd_sync", errno: IO, sequence, index: 1 }]);
	assert.equal((await wire.closed).code, 1000);
	assert.deepEqual(fs.readdirSync(broken.folder).sort(), ["before", "file"]);
	const event = await broken.gateway.next("program-end", (each) => broken.gateway.log.indexOf(each) >= before);
	assert.deepEqual([event.reason, event.exitCode], ["change-lost", null]);
	await broken.gateway.says(/program \d+ 'prog' was ended: fd_sync failed with EIO after the program had been told that it succeeded \('.*\/data\/file'\)\n/);
});

test("the same program with the same grants isn't foreseen for any more; another is", async () => {
	const again = await broken.session.connect(hello("lost"));
	const narrower = await broken.session.connect({ ...hello("lost"), preopens: [{ name: "/", grant: "/", readOnly: true }] });
	const other = await broken.session.connect(hello());
	assert.deepEqual([again, narrower, other].map(({ welcome }) => welcome.foreseen), [false, true, true]);
	for (const wire of [again, narrower, other])
		wire.socket.close();
});

test("later batches that had come already don't run", async () => {
	const wire = await broken.session.connect(hello());
	await written(wire);
	wire.batch([call("fd_sync", [handle(4)], MUST)], { wait: false });
	wire.batch([call("path_create_directory", [3, "later"])], { wait: true });
	await wire.next(FRAME.ENDED);
	await wire.closed;
	assert.equal(fs.existsSync(broken.at("later")), false);
});

test("a write before it that failed, and that nobody was told of, fails it", async () => {
	const wire = await fixture.session.connect(hello());
	fs.writeFileSync(fixture.at("readable"), "content");
	await wire.calls(open("readable", handle(4), { rights: RIGHTS.read | 1n << 4n }));
	wire.batch([call("fd_write", [handle(4), 0n, Buffer.from("x")], CALL.QUIET), call("fd_sync", [handle(4)], MUST)], { wait: false });
	const { lost } = codec.decodeEnded(await wire.next(FRAME.ENDED));
	assert.deepEqual([lost.call, lost.errno], ["fd_sync", ERRNO.BADF]);
});

test("by POST the answer is the end", async () => {
	const { control, welcome, post } = await broken.session.connectByPost({ ...hello(), flags: hello().flags | codec.HELLO.CONTROL | codec.HELLO.XHR });
	assert.equal(welcome.foreseen, true);
	const batch = (sequence, calls) => {
		const writer = new codec.BatchWriter();
		for (const { name, args, flags } of calls)
			writer.encode(codec.syscallRow(name), args, flags);
		return writer.seal(sequence, sequence - 1, codec.BATCH.WAIT);
	};
	const opened = [open("file", handle(4), { oflags: OPEN.create, rights: SYNC_RIGHTS })];
	const first = await post(batch(1, opened));
	assert.equal(first.status, 200, String(first.body));
	assert.equal(decodeResults(first.frames[0], opened)[0].errno, 0);
	const { status, frames } = await post(batch(2, [call("fd_sync", [handle(4)], MUST)]));
	assert.deepEqual([status, frames.length, codec.decodeEnded(frames[0]).lost?.errno], [200, 1, IO]);
	assert.equal(codec.decodeEnded(await control.next(FRAME.ENDED)).reason, END.CHANGE_LOST);
});

/* Of a folder's lease: may changes of its names be foreseen? */
const isForeseen = async (wire, folder, dir = 3) => {
	const [{ errno, bytes }] = await wire.calls(call("lease_folder", [dir, folder, 65_536]));
	assert.equal(errno, 0);
	return new DataView(bytes.buffer, bytes.byteOffset).getUint32(84, true) === 1;
};

test("a lease says where changes of names may be foreseen: not with a sticky bit, not read-only", async () => {
	const wire = await fixture.session.connect(hello());
	fs.mkdirSync(fixture.at("plain"));
	fs.mkdirSync(fixture.at("sticky"));
	fs.chmodSync(fixture.at("sticky"), 0o1777);
	assert.deepEqual([await isForeseen(wire, "plain"), await isForeseen(wire, "sticky")], [true, false]);
	fs.chmodSync(fixture.at("sticky"), 0o777);
	assert.equal(await isForeseen(wire, "sticky"), true);
	const narrower = await fixture.session.connect({ ...hello(), preopens: [{ name: "/", grant: "/", readOnly: true }] });
	assert.equal(await isForeseen(narrower, "plain"), false);
	for (const each of [wire, narrower])
		each.socket.close();
});

for (const [what, lost, errno, before = () => {}] of [
	["path_unlink_file", call("path_unlink_file", [3, "absent"], MUST), ERRNO.NOENT],
	["path_rename", call("path_rename", [3, "absent", 3, "new"], MUST), ERRNO.NOENT],
	["path_remove_directory", call("path_remove_directory", [3, "full"], MUST), 55, () => fs.mkdirSync(fixture.at("full/inside"), { recursive: true })],
	["path_filestat_set_times", call("path_filestat_set_times", [3, 0, "absent", 0n, 0n, 4], MUST), ERRNO.NOENT],
	["path_open", { ...open("absent/file", handle(4), { oflags: OPEN.create, rights: RIGHTS.both }), flags: MUST }, ERRNO.NOENT],
])
	test(`${what} of which the program was told, and that fails, ends it before anything after it`, async () => {
		before();
		const wire = await fixture.session.connect(hello());
		wire.batch([lost, call("path_create_directory", [3, `after ${what}`])], { wait: true });
		const ended = codec.decodeEnded(await wire.next(FRAME.ENDED));
		assert.deepEqual([ended.lost.call, ended.lost.errno], [what, errno]);
		await wire.closed;
		assert.equal(fs.existsSync(fixture.at(`after ${what}`)), false);
	});

test("names that are changed without waiting break no lease of their program, and all of others", async () => {
	const [own, other] = await Promise.all([hello(), hello()].map((each) => fixture.session.connect(each)));
	fs.mkdirSync(fixture.at("shared"));
	for (const name of ["gone", "from"])
		fs.writeFileSync(fixture.at(`shared/${name}`), name);
	for (const wire of [own, other])
		assert.equal(await isForeseen(wire, "shared"), true);
	const sequence = own.batch([
		call("path_unlink_file", [3, "shared/gone"], MUST), call("path_rename", [3, "shared/from", 3, "shared/to"], MUST),
		{ ...open("shared/made", handle(4), { oflags: OPEN.create, rights: RIGHTS.both }), flags: MUST },
	], { wait: false });
	assert.equal(codec.decodeFields(await own.next(FRAME.ACK))[0], sequence);
	await other.next(FRAME.BROKEN);
	const namesBroken = async (wire) => {
		wire.batch([call("path_filestat_get", [3, 0, "shared"])], { wait: true });
		const frame = await Promise.race([wire.next(FRAME.BREAK), wire.next(FRAME.ANSWER).then(() => null)]);
		const breaks = frame === null ? [] : codec.decodeBreaks(frame);
		return breaks.filter(({ what }) => what !== codec.BROKEN.ATTRIBUTES).map(({ name }) => Buffer.from(name).toString()).sort();
	};
	assert.deepEqual(await namesBroken(other), ["from", "gone", "made", "to"]);
	fs.writeFileSync(fixture.at("shared/later"), "");
	await own.next(FRAME.BROKEN);
	assert.deepEqual(await namesBroken(own), ["later"]);
	for (const wire of [own, other])
		wire.socket.close();
});

test("one that succeeds says nothing but that its batch is done", async () => {
	const wire = await fixture.session.connect(hello());
	await written(wire);
	const sequence = wire.batch([call("fd_sync", [handle(4)], MUST), call("fd_datasync", [handle(4)], MUST)], { wait: false });
	const ack = await wire.next(FRAME.ACK);
	assert.equal(codec.decodeFields(ack)[0], sequence);
	wire.socket.close();
});

for (const [what, calls] of [
	["a call that can't be foreseen", [call("path_create_directory", [3, "never"], MUST)]],
	["one that is waited for", [call("fd_sync", [handle(4)], CALL.MUST)]],
	["one of a chain", [call("fd_sync", [handle(4)], MUST | CALL.LINK)]],
	["a quiet one that needn't succeed", [call("fd_sync", [handle(4)], CALL.QUIET)]],
	["one behind a chain that failed", [call("path_unlink_file", [3, "none"], CALL.LINK), call("fd_sync", [handle(4)], MUST)]],
])
	test(`refused: ${what}`, async () => {
		const wire = await fixture.session.connect(hello());
		await written(wire);
		wire.batch(calls, { wait: true });
		assert.equal((await wire.closed).code, 4400);
		assert.equal(fs.existsSync(fixture.at("never")), false);
	});
