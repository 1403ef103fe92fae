/* Which questions about paths and folders don't wait, and that their answers are those the gateway would give. The other end is scripted. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HELLO, Writer } from "../../static/shim/base/codec.js";
import { ERRNO } from "../../static/shim/base/errors.js";
import { fdstat, makeGuest } from "./guest.js";

const REGULAR = 4, DIRECTORY = 3;
const READ = 1n << 1n, READDIR = 1n << 14n, WRITE = 1n << 6n;
const bytesOf = text => new TextEncoder().encode(text);

function words(...values) {
	const w = new Writer();
	for (const value of values)
		(typeof value === "bigint" ? w.u64(value) : value instanceof Uint8Array ? w.raw(value) : w.u32(value));
	return w.bytes.slice(0, w.at);
}

function filestat(type, size) {
	const stat = new Uint8Array(64);
	stat[16] = type;
	stat[32] = size;
	return stat;
}

/* Files by path; a value that ends in @ is a link to what is before it; null: a folder. */
const world = files => ({ name, args }) => {
	const path = args.find(arg => arg instanceof Uint8Array);
	const file = path && files[new TextDecoder().decode(path)];
	switch (name) {
	case "path_open": return file === undefined ? ERRNO.NOENT : words(fdstat(file === null ? DIRECTORY : REGULAR, 0x1fffffffn), file === null ? 0 : 3, 1 << 20);
	case "path_filestat_get": return file === undefined ? ERRNO.NOENT : filestat(file === null ? DIRECTORY : REGULAR, file?.length ?? 0);
	case "path_readlink": return file === undefined ? ERRNO.NOENT : file?.endsWith("@") ? bytesOf(file.slice(0, -1)) : ERRNO.INVAL;
	case "fd_filestat_get": return filestat(REGULAR, 0);
	case "fd_readdir": return words(1n, 7n, 1, 4, bytesOf("f")); // one entry, whose cookie is 1
	default: return 0;
	}
};

function start(t, files, options) {
	let now = 1000;
	t.mock.method(performance, "now", () => now);
	const guest = makeGuest({ coherence: "default", serve: world(files), ...options });
	const name = path => {
		guest.memory.write(2048, bytesOf(path));
		return [2048, path.length];
	};
	return {
		guest, pass: ms => void (now += ms),
		stat: path => guest.call.path_filestat_get(3, 1, ...name(path), 600),
		size: () => guest.memory.u32(632),
		open: (path, rights = READ, oflags = 0) => guest.call.path_open(3, 1, ...name(path), oflags, rights, 0n, 0, 512),
		link: (path, room = 100) => guest.call.path_readlink(3, ...name(path), 700, room, 512),
		linked: () => new TextDecoder().decode(guest.memory.read(700, guest.memory.u32(512))),
		waits: () => guest.program.stats().roundTrips,
	};
}

test("the same stat twice in a row waits once, success or failure", t => {
	const { stat, size, waits } = start(t, { f: "four" });
	for (const [path, errno] of [["f", 0], ["none", ERRNO.NOENT]]) {
		const before = waits();
		assert.equal(stat(path), errno);
		assert.equal(stat(path), errno);
		assert.equal(waits() - before, 1, path);
	}
	assert.equal(stat("f"), 0);
	assert.equal(size(), 4);
	assert.equal(waits(), 3);
});

test("a stat serves for 10 ms, and no longer than until the next answer", t => {
	const files = { f: "four", g: "" };
	const { stat, size, waits, pass } = start(t, files);
	stat("f");
	files.f = "and more";
	pass(9);
	stat("f");
	assert.equal(size(), 4);
	pass(2);
	stat("f");
	assert.equal(size(), 8);
	files.f = "";
	stat("g");
	stat("f");
	assert.equal(size(), 0);
	assert.equal(waits(), 4);
});

test("a stat after the program's own gathered write is asked for", t => {
	const { guest, open, stat, waits } = start(t, { f: "" });
	open("f", WRITE);
	const fd = guest.memory.u32(512);
	stat("f");
	guest.memory.setU32(1024, 4096);
	guest.memory.setU32(1028, 5);
	assert.equal(guest.call.fd_write(fd, 1024, 1, 512), 0);
	const before = waits();
	stat("f");
	assert.equal(waits() - before, 1);
	assert.deepEqual(guest.asked.at(-1).calls.slice(0, 2).map(({ name }) => name), ["fd_write", "path_filestat_get"]);
});

test("a folder's listing comes with its open", t => {
	const { guest, open, waits } = start(t, { d: null });
	assert.equal(open("d", READDIR, 2), 0);
	assert.equal(guest.call.fd_readdir(guest.memory.u32(512), 4096, 4096, 0n, 516), 0);
	assert.equal(guest.memory.u32(516), 25);
	assert.equal(guest.call.fd_readdir(guest.memory.u32(512), 4096, 4096, 1n, 516), 0);
	assert.equal(guest.memory.u32(516), 0);
	assert.equal(waits(), 1);
});

test("a link longer than the buffer is cut", t => {
	const { link, linked } = start(t, { l: "a long one@" });
	assert.equal(link("l", 4), 0);
	assert.equal(linked(), "a lo");
});

for (const tty of [false, true])
	test(`standard streams (${tty ? "a terminal" : "no terminal"}) are known to have neither size nor offset`, t => {
		const { guest, waits } = start(t, {}, { flags: tty ? HELLO.TTY : 0 });
		for (const fd of [0, 1, 2]) {
			assert.equal(guest.call.fd_filestat_get(fd, 600), 0);
			assert.deepEqual([...guest.memory.read(600, 64)], Array.from({ length: 64 }, (_, i) => (i === 16 && tty ? 2 : 0)));
			assert.equal(guest.call.fd_seek(fd, 0n, 1, 512), ERRNO.SPIPE);
		}
		assert.equal(waits(), 0);
	});

test("strict asks every time, and asks nothing along", t => {
	const { stat, open, guest, waits } = start(t, { f: "", d: null }, { coherence: "strict" });
	stat("f");
	stat("f");
	open("f");
	open("d", READDIR, 2);
	assert.equal(waits(), 4);
	assert.ok(guest.asked.every(({ calls }) => calls.length === 1));
});
