/* The last calls, and the last that failed: each with the path that the program would give, whether the page or the server answered it; bounded. */
import assert from "node:assert/strict";
import { ERRNO } from "../../static/shim/base/errors.js";
import { test } from "../testing.js";
import { fdstat, makeGuest, welcome } from "./guest.js";

const preopens = [...welcome.preopens, { ...welcome.preopens[0], handle: 4, name: "/work", fdstat: fdstat(3, 0x1fffffff) }];

function open(guest, path, fd = 3) {
	guest.memory.write(2048, new TextEncoder().encode(path));
	return guest.call.path_open(fd, 1, 2048, path.length, 0, 2n, 0n, 0, 512);
}

test("calls that failed are kept with their paths, those that succeeded aren't", () => {
	const guest = makeGuest({ preopens, serve: ({ name }) => (name === "path_open" ? ERRNO.NOENT : 0) });
	assert.equal(open(guest, "etc/passwd"), ERRNO.NOENT);
	assert.equal(open(guest, "x", 4), ERRNO.NOENT);
	guest.memory.write(2048, new TextEncoder().encode("made"));
	assert.equal(guest.call.path_create_directory(4, 2048, 4), 0);
	assert.equal(guest.call.path_create_directory(9, 2048, 4), ERRNO.BADF);
	assert.deepEqual(guest.program.failed.list().map(({ call, path, name }) => [call, path, name]),
		[["path_open", "/etc/passwd", "NOENT"], ["path_open", "/work/x", "NOENT"], ["path_create_directory", null, "BADF"]]);
});

test("only the last 32 are kept", () => {
	const guest = makeGuest({ serve: () => ERRNO.ACCES });
	for (let i = 0; i < 40; i++)
		open(guest, `f${i}`);
	assert.deepEqual(guest.program.failed.list().map(({ path }) => path), Array.from({ length: 32 }, (_, i) => `/f${i + 8}`));
});

test("the last calls of all kinds are kept, with their numbers, paths and what they gave; of clocks and the like none", () => {
	const words = (...all) => new Uint8Array(Uint32Array.from(all).buffer);
	const guest = makeGuest({ preopens, serve: ({ name, args }) => {
		if (name === "path_open")
			return args[2].length === 1 ? Uint8Array.from([...fdstat(4, 0x1fffffff), ...words(3, 1 << 20)]) : ERRNO.NOENT;
		return name === "fd_pread" || name === "fd_read" ? new TextEncoder().encode("hello") : 0;
	} });
	assert.equal(open(guest, "gone", 4), ERRNO.NOENT);
	assert.equal(open(guest, "x", 4), 0);
	const fd = guest.memory.u32(512);
	guest.memory.setU32(600, 1024);
	guest.memory.setU32(604, 4096);
	assert.equal(guest.call.clock_time_get(0, 0n, 700), 0);
	assert.equal(guest.call.fd_pread(fd, 600, 1, 7n, 620), 0);
	assert.equal(guest.call.fd_read(99, 600, 1, 620), ERRNO.BADF);
	const last = guest.program.failed.last();
	assert.deepEqual(last.map(({ call, args, path, errno, value, waited }) => [call, args, path, errno, value, waited]), [
		["path_open", ["4", "1", "gone", "0", "2", "0", "0", null], "/work/gone", ERRNO.NOENT, null, true],
		["path_open", ["4", "1", "x", "0", "2", "0", "0", null], "/work/x", 0, fd, true],
		["fd_pread", [String(fd), "7", null], "/work/x", 0, 5, true],
		["fd_read", ["99", null, null], null, ERRNO.BADF, null, false]]);
	assert.ok(last.every(({ time }, i) => time >= (last[i - 1]?.time ?? 1_700_000_000_000)));
	for (let i = 0; i < 128; i++)
		assert.equal(guest.call.fd_close(99), ERRNO.BADF);
	assert.deepEqual(guest.program.failed.last().map(({ call, args }) => `${call} ${args === null}`).slice(0, 2), ["path_open true", "fd_close false"],
		"what failed before is in front");
	assert.equal(guest.program.failed.last().length, 129);
});
