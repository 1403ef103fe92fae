/* What a page tells a debugger of the calls that it answers itself. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { FRAME, FrameReader, WATCH, Writer } from "../../static/shim/base/codec.js";
import { NUMBERS } from "../../static/shim/base/syscalls.js";
import { fdstat, makeGuest } from "./guest.js";

const REGULAR_FILE = 4;
const CREAT = 1, FD_WRITE = 64n;
const IOVEC = 1024, GIVEN = 512, NAME = 2048, BYTES = 4096;

/** A gateway that takes every write; path_open gives a file with credit. */
function serve({ name, args }) {
	const w = new Writer();
	switch (name) {
	case "path_open":
		w.raw(fdstat(REGULAR_FILE, args[4]));
		w.u32(3); // a regular file, which may be cached
		w.u32(1 << 20);
		break;
	case "fd_filestat_get":
		w.raw(new Uint8Array(64));
		break;
	case "fd_write":
		w.u32(args[2].length);
		w.u64(args[1] + BigInt(args[2].length));
		break;
	}
	return w.bytes.slice(0, w.at);
}

/** Opens a file and writes so many pieces of so many bytes; gives the descriptor. */
function writePieces({ call, memory }, count, size) {
	memory.write(NAME, new TextEncoder().encode("f"));
	assert.equal(call.path_open(3, 0, NAME, 1, CREAT, FD_WRITE, 0n, 0, GIVEN), 0);
	const fd = memory.u32(GIVEN);
	memory.setU32(IOVEC, BYTES);
	memory.setU32(IOVEC + 4, size);
	for (let i = 0; i < count; i++)
		assert.equal(call.fd_write(fd, IOVEC, 1, GIVEN), 0);
	return fd;
}

test("what leaves while the program goes on is no more beside reports: a thread that blocks delivers the first 128 KiB alone", (t) => {
	t.mock.method(performance, "now", () => 1000);
	const guest = makeGuest({ coherence: "default", serve });
	const { program } = guest, { post } = program;
	let most = 0;
	program.post = (bytes) => {
		most = Math.max(most, bytes.length);
		post(bytes);
	};
	program.pipeline.onwatch({ mode: WATCH.WATCHED, data: true });
	const fd = writePieces(guest, 20, 31 << 10);
	assert.equal(guest.call.fd_sync(fd), 0);
	assert.ok(most <= 64 << 10, `${most} bytes left at once`);
});

test("writes that make the batch leave are reported once each, whole", (t) => {
	t.mock.method(performance, "now", () => 1000); // so that the batch leaves by its size, within a write
	const guest = makeGuest({ coherence: "default", serve });
	const { call, asked, program } = guest;
	program.pipeline.onwatch({ mode: WATCH.WATCHED, data: false });
	const fd = writePieces(guest, 200, 1024);
	assert.equal(call.fd_sync(fd), 0);
	assert.equal(call.fd_sync(fd), 0); // reports what the first one waited for
	const reported = asked.flatMap(({ reports }) => reports).filter(({ name }) => name === "fd_write");
	assert.deepEqual(reported.map(({ errno, value, offset }) => [errno, value, offset]),
		Array.from({ length: 200 }, (_, i) => [0, 1024n, BigInt(1024 * (i + 1))]));
});

const ANY = 0xFFFFFFFF, EIO = 29;

/** An INJECT frame: every call of that name fails with EIO; null: no rules any more. */
function inject(name) {
	const w = new Writer();
	w.frame(FRAME.INJECT, 0, 0);
	w.u32(name === null ? 0 : 1);
	if (name !== null) {
		w.u32(1);
		for (const number of [NUMBERS[name], EIO, 0, 0, 1, ANY, 1, ANY, 1, ANY])
			w.u32(number);
		w.u64(0n);
		w.u64(0n);
		w.string("");
	}
	return new FrameReader().push(w.take())[0];
}

test("a debugger's rules hold for the next calls of a program that it watches, until they are taken back, and for no others", () => {
	const guest = makeGuest({ coherence: "default", serve });
	const { call, program } = guest;
	program.pipeline.onwatch({ mode: WATCH.WATCHED, data: false });
	const fd = writePieces(guest, 1, 10);
	assert.equal(program.pipeline.receive(inject("fd_sync")), true);
	assert.deepEqual([call.fd_sync(fd), call.fd_sync(fd), call.fd_datasync(fd)], [EIO, EIO, 0]);
	program.pipeline.receive(inject(null));
	assert.equal(call.fd_sync(fd), 0);
	program.pipeline.receive(inject("fd_sync"));
	program.pipeline.onwatch({ mode: WATCH.NOBODY, data: false });
	assert.equal(call.fd_sync(fd), 0, "nobody looks on any more");
});
