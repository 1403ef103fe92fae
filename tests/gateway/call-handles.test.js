// Wire handles: slot and generation, picked by the client, never reused.
import assert from "node:assert/strict";

import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { CALL, CLOSE, ERRNO, OPEN, RIGHTS, SKIPPED, call, handle, open } from "./client.js";
import { after, test } from "../testing.js";

const fixture = await openFixture();
after(() => fixture.close());

const create = { oflags: OPEN.create, rights: RIGHTS.both };
const connect = () => fixture.session.connect(ROOT_ONLY);

test("a slot is used again after a close, with a higher generation", async () => {
	const wire = await connect();
	const results = await wire.calls(open("a", handle(9, 1), create), call("fd_close", [handle(9, 1)]), open("a", handle(9, 2), create),
		call("fd_sync", [handle(9, 2)]), call("fd_close", [handle(9, 2)]), open("missing", handle(9, 3)), open("a", handle(9, 7)));
	assert.deepEqual(results.map(({ errno }) => errno), [0, 0, 0, 0, 0, ERRNO.NOENT, 0]);
	await wire.close();
});

for (const [what, calls] of [
	["an old generation", [open("a", handle(9, 1), create), call("fd_close", [handle(9, 1)]), open("a", handle(9, 2)), call("fd_sync", [handle(9, 1)])]],
	["the same generation again", [open("a", handle(9, 1), create), call("fd_close", [handle(9, 1)]), open("a", handle(9, 1))]],
	["a slot that is still in use", [open("a", handle(9, 1), create), open("a", handle(9, 2))]],
	["a preopen's slot", [open("a", handle(3, 1), create)]],
	["a handle of another kind's number", [call("fd_readdir", [handle(4000, 9), 0n, 100])]],
])
	test(`${what} is a protocol error`, async () => {
		const wire = await connect();
		wire.batch(calls);
		assert.equal((await wire.closed).code, CLOSE.PROTOCOL);
	});

test("a handle whose open was skipped answers BADF until its slot is used again", async () => {
	const wire = await connect();
	const [a, b] = [handle(9, 1), handle(10, 1)];
	const results = await wire.calls(open("missing", a), { ...open("missing", handle(11, 1)), flags: CALL.LINK }, open("a", b, create));
	assert.deepEqual(results.map(({ errno }) => errno), [ERRNO.NOENT, ERRNO.NOENT, SKIPPED]);
	const later = await wire.calls(call("fd_sync", [b]), call("fd_pread", [b, 0n, 10]), open("a", handle(10, 2), create), call("fd_sync", [handle(10, 2)]));
	assert.deepEqual(later.map(({ errno }) => errno), [ERRNO.BADF, ERRNO.BADF, 0, 0]);
	await wire.close();
});

test("another guest's handles mean nothing", async () => {
	const [one, two] = [await connect(), await connect()];
	await one.calls(open("a", handle(20, 1), create));
	two.batch([call("fd_sync", [handle(20, 1)])]);
	assert.equal((await two.closed).code, CLOSE.PROTOCOL);
	assert.equal((await one.calls(call("fd_sync", [handle(20, 1)])))[0].errno, 0);
	await one.close();
});

test("renumbering ends the second handle and leaves the first", async () => {
	const wire = await connect();
	const results = await wire.calls(open("a", handle(9, 1), create), open("b", handle(10, 1), create), call("fd_renumber", [handle(9, 1), handle(10, 1)]),
		call("fd_sync", [handle(9, 1)]), open("b", handle(10, 2)));
	assert.deepEqual(results.map(({ errno }) => errno), [0, 0, 0, 0, 0]);
	await wire.close();
});

test("as many handles as the bound, then MFILE, and the guest goes on", async () => {
	const wire = await connect();
	const { handles } = wire.welcome.bounds;
	let failed = null, opened = 0;
	for (let slot = 4; slot < handles + 64 && failed === null; slot += 64) {
		const results = await wire.calls(...Array.from({ length: 64 }, (_, i) => open("a", handle(slot + i, 1), create)));
		for (const { errno } of results)
			if (errno === 0)
				opened++;
			else
				failed ??= errno;
	}
	assert.equal(failed, ERRNO.MFILE);
	assert.ok(opened > handles - 80, `${opened} of ${handles}`);
	assert.equal((await wire.calls(call("path_filestat_get", [3, 0, "a"])))[0].errno, 0);
	await wire.close();
});

test("ten thousand files opened and closed, one after the other", async () => {
	const wire = await connect();
	let generation = 0;
	for (let round = 0; round < 100; round++) {
		const calls = [];
		for (let i = 0; i < 100; i++) {
			generation++;
			calls.push(open("a", handle(30, generation), create), call("fd_close", [handle(30, generation)]));
		}
		assert.ok((await wire.calls(...calls)).every(({ errno }) => errno === 0));
	}
	await wire.close();
});
