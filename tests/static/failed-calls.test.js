/* The last calls that failed: each with the path that the program would give, whether the page or the server refused it; bounded. */
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
