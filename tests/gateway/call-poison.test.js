// A quiet write that fails: dropped followers, one report, no renaming over it.
import assert from "node:assert/strict";
import fs from "node:fs";

import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { CALL, ERRNO, FRAME, OPEN, RIGHTS, SKIPPED, call, decodeResults, handle, open } from "./client.js";
import * as codec from "../../static/shim/base/codec.js";
import { after, test } from "../testing.js";

const fixture = await openFixture();
after(() => fixture.close());
const wire = await fixture.session.connect(ROOT_ONLY);
fs.writeFileSync(fixture.at("file"), "content");
let slot = 10;

/** A handle opened for reading only, on which every write fails with BADF. */
async function poisoned() {
	const file = handle(++slot, 1);
	await wire.calls(open("file", file, { rights: RIGHTS.read }));
	const calls = [call("fd_write", [file, 0n, Buffer.from("x")], CALL.QUIET), call("fd_write", [file, 1n, Buffer.from("y")], CALL.QUIET)];
	const sequence = wire.batch(calls, { wait: false });
	const frame = await wire.next(FRAME.ANSWER, ({ body }) => new codec.Reader(body).u32() === sequence);
	return { file, results: decodeResults(frame, calls) };
}

test("the failed one is told though nobody waited, and its followers are dropped", async () => {
	const { file, results } = await poisoned();
	assert.equal(results[0].errno, ERRNO.BADF);
	assert.equal(results[1].errno, SKIPPED);
	assert.equal(new codec.Reader(results[0].bytes).u32(), 0, "it says how far it came: nowhere");
	await wire.calls(call("fd_close", [file]));
});

for (const name of ["fd_sync", "fd_datasync", "fd_filestat_set_size", "fd_allocate"])
	test(`${name} returns the error once, in place of its own result`, async () => {
		const { file } = await poisoned();
		const args = { fd_sync: [], fd_datasync: [], fd_filestat_set_size: [1n], fd_allocate: [0n, 1n] }[name];
		assert.equal((await wire.calls(call(name, [file, ...args])))[0].errno, ERRNO.BADF);
		assert.equal((await wire.calls(call("fd_sync", [file])))[0].errno, 0, "then it is well again");
		assert.equal(fs.readFileSync(fixture.at("file"), "utf8"), "content");
		await wire.calls(call("fd_close", [file]));
	});

test("a read, a seek and a stat don't return it", async () => {
	const { file } = await poisoned();
	const results = await wire.calls(call("fd_pread", [file, 0n, 3]), call("fd_seek", [file, 0n, 0n, 1]), call("fd_filestat_get", [file]),
		call("fd_sync", [file]));
	assert.deepEqual(results.map(({ errno }) => errno), [0, 0, 0, ERRNO.BADF]);
	await wire.calls(call("fd_close", [file]));
});

test("renaming and linking don't run while a handle is poisoned, and don't heal it", async () => {
	const { file } = await poisoned();
	const results = await wire.calls(call("path_rename", [3, "file", 3, "renamed"]), call("path_link", [3, 0, "file", 3, "linked"]), call("fd_sync", [file]),
		call("path_link", [3, 0, "file", 3, "linked"]));
	assert.deepEqual(results.map(({ errno }) => errno), [ERRNO.BADF, ERRNO.BADF, ERRNO.BADF, 0]);
	assert.deepEqual(fs.readdirSync(fixture.folder).sort(), ["file", "linked"]);
	await wire.calls(call("fd_close", [file]));
});

test("closing returns it, and closes; a quiet close says so too", async () => {
	const first = await poisoned();
	assert.equal((await wire.calls(call("fd_close", [first.file])))[0].errno, ERRNO.BADF);
	assert.equal((await wire.calls(open("file", first.file + 0x10000)))[0].errno, 0, "the slot is free");
	const second = await poisoned();
	const calls = [call("fd_close", [second.file], CALL.QUIET)];
	const sequence = wire.batch(calls, { wait: false });
	const [closed] = await wire.answer(sequence, calls);
	assert.equal(closed.errno, ERRNO.BADF);
});

test("a waiting write returns the error once and writes nothing; the next one writes", async () => {
	const file = handle(++slot, 1);
	await wire.calls(open("other", file, { oflags: OPEN.create, rights: RIGHTS.both }));
	const calls = [call("fd_pwrite", [file, (1n << 63n) - 1n, Buffer.from("far")], CALL.QUIET)];
	const sequence = wire.batch(calls, { wait: false });
	const [failed] = await wire.answer(sequence, calls);
	assert.notEqual(failed.errno, 0);
	const results = await wire.calls(call("fd_write", [file, 0n, Buffer.from("one")]), call("fd_write", [file, 0n, Buffer.from("two")]));
	assert.equal(results[0].errno, failed.errno);
	assert.equal(results[1].errno, 0);
	assert.equal(fs.readFileSync(fixture.at("other"), "utf8"), "two");
});
