// What a program is answered from leases, what makes it ask again, and what goes along with what it asks. That the gateway keeps its
// promises is tests/gateway/leases.test.js's; that programs see nothing old, tests/browsers/coherence.js's.
import assert from "node:assert/strict";
import { test } from "node:test";

import { FRAME, FrameReader, Writer } from "../../static/shim/base/codec.js";
import { ERRNO } from "../../static/shim/base/errors.js";
import { fdstat, makeGuest, welcome } from "./guest.js";

const REGULAR = 4, DIRECTORY = 3, LINK = 7;
const bytesOf = text => new TextEncoder().encode(text);
const textOf = bytes => new TextDecoder().decode(bytes);

function filestat(ino, type, size = 0) {
	const bytes = new Uint8Array(64);
	const view = new DataView(bytes.buffer);
	view.setBigUint64(0, 1n, true);
	view.setBigUint64(8, BigInt(ino), true);
	bytes[16] = type;
	view.setBigUint64(24, 1n, true);
	view.setBigUint64(32, BigInt(size), true);
	return bytes;
}

/* / (inode 2): file (10), dir/ (11): deep (12); link */
const TREE = { ".": [["file", REGULAR, 10], ["dir", DIRECTORY, 11], ["link", LINK, 13]], dir: [["deep", REGULAR, 12]] };
const INODES = { ".": 2, dir: 11, file: 10, "dir/deep": 12 };

function leaseOf(path, number, stamp = 0) {
	const w = new Writer();
	w.u32(number);
	w.u32(stamp);
	w.raw(filestat(INODES[path], DIRECTORY));
	w.u64(2);
	w.u32(TREE[path].length);
	w.u32(0);
	for (const [name, type, ino] of TREE[path]) {
		const told = type === REGULAR ? filestat(ino, type, 5) : type === DIRECTORY ? filestat(ino, type).subarray(0, 16) : new Uint8Array(0);
		w.u64(ino);
		w.u8(type);
		w.u8({ 64: 2, 16: 1, 0: 0 }[told.length]);
		w.u16(name.length);
		w.raw(told);
		w.raw(bytesOf(name));
	}
	return w.bytes.slice(0, w.at);
}

function breakFrame(...breaks) {
	const w = new Writer();
	w.frame(FRAME.BREAK, 0, 0);
	for (const { ordinal, lease, what, name = "" } of breaks) {
		w.u32(ordinal);
		w.u32(lease);
		w.u8(what);
		w.u8(0);
		w.u16(name.length);
		w.raw(bytesOf(name));
	}
	return new FrameReader().push(w.take())[0];
}

function start(t, { coherence = "default", before = () => {}, fits = () => true, gone = () => false } = {}) {
	t.mock.timers?.reset();
	let now = 1000, lease = 0;
	t.mock.method(performance, "now", () => now);
	const preopens = [{ ...welcome.preopens[0], filestat: filestat(2, DIRECTORY) }];
	const guest = makeGuest({ coherence, preopens, leases: true, serve({ name, args }, program) {
		const path = args.filter(arg => arg instanceof Uint8Array).map(textOf)[0];
		before(name, path, program);
		switch (name) {
		case "lease_folder": return path === "dir" && gone() ? ERRNO.NOENT : path === "dir" && !fits(args[2]) ? 1 : TREE[path]
			? { bytes: leaseOf(path, ++lease) } : ERRNO.NOTDIR;
		case "lease_name": return 58;
		case "path_filestat_get": return INODES[path] ? { bytes: filestat(INODES[path], TREE[path] ? DIRECTORY : REGULAR, 7) } : ERRNO.NOENT;
		case "path_open": return { bytes: Uint8Array.from([...fdstat(DIRECTORY, 0x1fffffff), 0, 0, 0, 0, 0, 0, 0, 0]) };
		case "fd_filestat_get": return { bytes: filestat(11, DIRECTORY) };
		}
		return 0;
	} });
	const name = text => {
		guest.memory.write(1024, bytesOf(text));
		return [1024, text.length];
	};
	return {
		guest, waits: () => guest.asked.filter(({ wait }) => wait).length,
		pass: ms => (now += ms),
		stat: path => guest.call.path_filestat_get(3, 1, ...name(path), 600),
		size: () => Number(new DataView(guest.program.memory.bytes.buffer, 600).getBigUint64(32, true)),
		readlink: path => guest.call.path_readlink(3, ...name(path), 700, 100, 800),
		open: (path, oflags = 0, rights = 2n, fdflags = 0) => guest.call.path_open(3, 1, ...name(path), oflags, rights, rights, fdflags, 512),
		broken: (...breaks) => guest.program.pipeline.receive(breakFrame(...breaks)),
	};
}

test("what a leased folder tells is answered without asking: attributes, absence, and what is no link", t => {
	const { stat, size, open, readlink, waits } = start(t);
	assert.equal(stat("dir/none"), ERRNO.NOENT);
	assert.equal(waits(), 1);
	assert.equal(stat("dir/deep"), 0);
	assert.equal(size(), 5, "the lease's");
	assert.equal(stat("file"), 0);
	assert.equal(stat("dir"), 0);
	assert.equal(stat("none"), ERRNO.NOENT);
	assert.equal(stat("none/below"), ERRNO.NOENT);
	assert.equal(open("dir/other"), ERRNO.NOENT);
	assert.equal(readlink("dir/deep"), ERRNO.INVAL);
	assert.equal(readlink("."), ERRNO.INVAL);
	assert.equal(waits(), 1);
});

test("what leads through anything else is the server's", t => {
	const { stat, open, waits } = start(t);
	stat("dir/deep");
	for (const path of ["link", "link/x", "dir/../file", "dir/deep/", "/file", "./file", "a//b", "none/../file"]) {
		const before = waits();
		stat(path);
		assert.equal(waits(), before + 1, path);
	}
	for (const [oflags, rights, fdflags] of [[1, 2n, 0], [8, 2n, 0], [0, 64n, 0], [0, 2n, 16]]) {
		const before = waits();
		open("none", oflags, rights, fdflags);
		assert.equal(waits(), before + 1, `${oflags} ${rights} ${fdflags}`);
	}
});

test("dropped rights make everything the server's", t => {
	const { guest, stat, waits } = start(t);
	stat("dir/deep");
	guest.call.fd_fdstat_set_rights(3, 0x1fffffffn, 0n);
	const before = waits();
	stat("file");
	assert.equal(waits(), before + 1);
});

test("a break takes its name alone, or the file's attributes, or everything", t => {
	const { stat, broken, waits } = start(t);
	stat("dir/deep");
	broken({ ordinal: 1, lease: 1, what: 1, name: "new" });
	stat("file");
	assert.equal(waits(), 1, "another name of the folder");
	stat("new");
	assert.equal(waits(), 2);
	broken({ ordinal: 2, lease: 1, what: 2, name: "file" });
	stat("none");
	assert.equal(waits(), 2);
	stat("file");
	assert.equal(waits(), 3);
	broken({ ordinal: 3, lease: 0, what: 0 });
	stat("dir/deep");
	assert.equal(waits(), 4);
});

test("a folder that was removed, looked for in vain, and then broken: the program goes on", t => {
	const { stat, broken, waits } = start(t, { gone: () => waits() > 1 });
	stat("dir/none");
	broken({ ordinal: 1, lease: 1, what: 1, name: "dir" });
	stat("dir/other");
	broken({ ordinal: 2, lease: 2, what: 0 });
	assert.equal(stat("file"), 0);
	assert.equal(stat("dir/none"), ERRNO.NOENT);
});

test("a break that is newer than what is learned stands, though it came first", t => {
	let once = true;
	const { stat, waits } = start(t, { before(name, path, program) {
		if (name === "lease_folder" && once) {
			once = false;
			program.pipeline.receive(breakFrame({ ordinal: 1, lease: 1, what: 2, name: "file" }));
		}
	} });
	stat("none");
	stat("file");
	assert.equal(waits(), 2);
});

test("without BROKEN to count on, a leased answer is ten milliseconds old at most", t => {
	const { stat, pass, waits } = start(t);
	stat("none");
	pass(9);
	stat("file");
	assert.equal(waits(), 1);
	pass(2);
	stat("file");
	assert.equal(waits(), 2);
	stat("file");
	assert.equal(waits(), 2, "the answer made it fresh again");
});

test("after a fence the next leased answer is asked for", t => {
	const { guest, stat, waits } = start(t);
	stat("none");
	guest.program.cache.fence();
	stat("file");
	assert.equal(waits(), 2);
	stat("file");
	assert.equal(waits(), 2);
});

test("strict knows no leases, and asks for none", t => {
	const { guest, stat, waits } = start(t, { coherence: "strict" });
	stat("none");
	stat("none");
	assert.equal(waits(), 2);
	assert.ok(guest.asked.every(({ calls }) => calls.every(({ name }) => !name.startsWith("lease_"))));
});

test("a folder that is too large is asked for again when more questions led into it", t => {
	const { guest, stat, waits } = start(t, { fits: length => length >= 256 << 10 });
	const sizes = () => guest.asked.flatMap(({ calls }) => calls).filter(({ name, args }) => name === "lease_folder" && textOf(args[1]) === "dir")
		.map(({ args }) => args[2]);
	for (let i = 1; i <= 4; i++) {
		stat(`dir/${i}`);
		assert.deepEqual(sizes(), [32 << 10], `question ${i}`);
	}
	stat("dir/deep");
	assert.deepEqual(sizes(), [32 << 10, 256 << 10]);
	const before = waits();
	assert.equal(stat("dir/none"), ERRNO.NOENT);
	assert.equal(waits(), before);
});
