// What a program is answered from contents that it knows, what makes it ask again, and what is asked for before it does. That the gateway keeps
// its promises is tests/gateway/contents.test.js's; that programs see nothing old, tests/browsers/coherence.js's.
import assert from "node:assert/strict";
import { test } from "node:test";

import { FRAME, FrameReader, Writer } from "../../static/shim/base/codec.js";
import { ERRNO } from "../../static/shim/base/errors.js";
import { Contents, Shared } from "../../static/shim/cache/facts/contents.js";
import { fdstat, makeGuest, welcome } from "./guest.js";

const REGULAR = 4, DIRECTORY = 3;
const READ = 2n | 4n | 32n | 1n << 21n, BOTH = READ | 64n;
const bytesOf = text => new TextEncoder().encode(text);
const textOf = bytes => new TextDecoder().decode(bytes);

function filestat(ino, type, size = 0) {
	const bytes = new Uint8Array(64);
	const view = new DataView(bytes.buffer);
	view.setBigUint64(0, 1n, true);
	view.setBigUint64(8, BigInt(ino), true);
	bytes[16] = type;
	view.setBigUint64(32, BigInt(size), true);
	return bytes;
}

function breakFrame(lease, ordinal) {
	const w = new Writer();
	w.frame(FRAME.BREAK, 0, 0);
	w.u32(ordinal);
	w.u32(lease);
	w.u32(0);
	return new FrameReader().push(w.take())[0];
}

/* A folder of files, as the server knows it: leases are numbered as they are given, 1 is the folder's. */
function start(t, files, options = {}) {
	let now = 1000;
	t.mock.method(performance, "now", () => now);
	const names = Object.keys(files), ino = name => 10 + names.indexOf(name);
	const leases = new Map(), handles = new Map();
	let last = 1;
	const w = () => new Writer();
	const leaseOf = name => (leases.set(++last, name), last);
	const statOf = name => filestat(ino(name), REGULAR, files[name].length);
	const serve = ({ name, args }) => {
		const path = args.filter(arg => arg instanceof Uint8Array).map(textOf)[0];
		const out = w();
		switch (name) {
		case "lease_folder":
			if (path !== ".")
				return ERRNO.NOTDIR;
			for (const value of [1, 0])
				out.u32(value);
			out.raw(filestat(2, DIRECTORY));
			out.u64(2);
			out.u32(names.length);
			out.u32(0);
			for (const file of names) {
				out.u64(ino(file));
				out.u8(REGULAR);
				out.u8(2);
				out.u16(file.length);
				out.raw(statOf(file));
				out.raw(bytesOf(file));
			}
			break;
		case "lease_files": {
			out.u32(1);
			out.u32(0);
			for (let at = 0; at < args[3].length; at += 2 + args[3][at]) {
				const file = textOf(args[3].subarray(at + 2, at + 2 + args[3][at]));
				out.u32(0);
				out.u32(leaseOf(file));
				out.u32(3);
				out.raw(fdstat(REGULAR, READ));
				out.raw(statOf(file));
				out.string(files[file]);
			}
			break;
		}
		case "lease_file":
			for (const value of [leaseOf(handles.get(args[0])), 0, 1, 0])
				out.u32(value);
			out.raw(statOf(handles.get(args[0])));
			break;
		case "lease_open":
			assert.equal(leases.get(args[2]), path);
			handles.set(args[3], path);
			return 0;
		case "lease_drop": case "lease_name": case "fd_close": return name === "lease_name" ? ERRNO.NOTSUP : 0;
		case "path_open":
			if (files[path] === undefined)
				return ERRNO.NOENT;
			handles.set(args[7], path);
			out.raw(fdstat(REGULAR, args[4]));
			out.u32(3);
			out.u32(1 << 20);
			break;
		case "fd_filestat_get": out.raw(statOf(handles.get(args[0]))); break;
		case "fd_write": files[handles.get(args[0])] += textOf(args[2]); out.u32(args[2].length); out.u64(0); break;
		case "fd_pread": case "fd_read": out.raw(bytesOf(files[handles.get(args[0])]).slice(Number(args[1]), Number(args[1]) + args[2])); break;
		}
		return { bytes: out.bytes.slice(0, out.at) };
	};
	const preopens = [{ ...welcome.preopens[0], filestat: filestat(2, DIRECTORY) }];
	const guest = makeGuest({ coherence: "default", preopens, leases: true, serve, ...options });
	const { memory, call } = guest;
	return {
		guest, leases, waits: () => guest.asked.filter(({ wait }) => wait).length, pass: ms => (now += ms),
		asked: name => guest.asked.flatMap(({ calls }) => calls).filter(one => one.name === name),
		open(path, { rights = READ, oflags = 0 } = {}) {
			memory.write(1024, bytesOf(path));
			assert.equal(call.path_open(3, 1, 1024, path.length, oflags, rights, 0n, 0, 512), 0, path);
			return memory.u32(512);
		},
		read(fd, length = 1000) {
			memory.setU32(2048, 4096);
			memory.setU32(2052, length);
			assert.equal(call.fd_read(fd, 2048, 1, 512), 0);
			return textOf(memory.read(4096, memory.u32(512)));
		},
		write(fd, text) {
			memory.write(4096, bytesOf(text));
			memory.setU32(2048, 4096);
			memory.setU32(2052, text.length);
			return call.fd_write(fd, 2048, 1, 512);
		},
		close: fd => call.fd_close(fd),
		broken: (lease, ordinal) => guest.program.pipeline.receive(breakFrame(lease, ordinal)),
	};
}

test("a file that was read whole is opened, read, looked at and closed again without a wait", t => {
	const { guest, open, read, close, waits, asked, pass } = start(t, { a: "content", b: "" });
	close(open("a"));
	assert.equal(waits(), 1);
	for (let i = 0; i < 3; i++) {
		pass(3);
		const fd = open("a");
		assert.equal(read(fd, 3), "con");
		assert.equal(read(fd), "tent");
		assert.equal(guest.call.fd_filestat_get(fd, 600), 0);
		assert.equal(guest.memory.u32(632), 7);
		close(fd);
	}
	assert.equal(waits(), 1);
	guest.program.settle(() => 0);
	guest.call.sched_yield();
	open("b");
	assert.equal(asked("lease_open").length, 0, "the server is told nothing of them");
	assert.equal(asked("fd_close").length, 1, "but of the first");
});

test("what is opened from what is known is told to the server if it is closed after something else was asked, or left open", t => {
	const { open, close, asked, waits } = start(t, { a: "content", b: "", c: "" });
	close(open("a"));
	const first = open("a"), second = open("a");
	close(first); // its call isn't the last one
	open("b");
	assert.equal(waits(), 2);
	assert.equal(asked("lease_open").length, 2);
	close(second); // its call has left
	close(open("a"));
	open("c", { rights: BOTH });
	assert.equal(asked("lease_open").length, 2, "the last one was taken back");
	assert.equal(asked("fd_close").length, 3);
});

test("while a debugger looks on, the server is told of each file that is opened", t => {
	const { guest, open, close, asked } = start(t, { a: "content", b: "" });
	close(open("a"));
	guest.program.watching[0] = 1;
	const fd = open("a");
	guest.program.watching[0] = 1;
	close(fd);
	guest.program.watching[0] = 0;
	open("b");
	assert.equal(asked("lease_open").length, 1);
});

test("a break ends it: the next open and the next read are the server's, and what was kept is given back", t => {
	const files = { a: "content", b: "" };
	const { open, read, waits, asked, broken } = start(t, files);
	const fd = open("a");
	files.a = "changed";
	broken(2, 1);
	const before = waits();
	assert.equal(read(fd), "changed");
	assert.equal(waits(), before + 1);
	assert.deepEqual(asked("lease_drop").map(({ args }) => args[0]), [2]);
	files.a = "again";
	broken(3, 2);
	assert.equal(read(open("a")), "again");
	assert.equal(waits(), before + 2);
});

test("without news for ten milliseconds one wait makes it fresh again", t => {
	const { open, read, waits, asked, pass } = start(t, { a: "content", b: "" });
	const fd = open("a");
	pass(11);
	const reads = asked("fd_read").length;
	assert.equal(read(fd), "content");
	assert.equal(waits(), 2);
	assert.equal(asked("fd_read").length, reads, "the bytes weren't asked for again");
});

test("own writes by another handle are read from the server", t => {
	const { open, read, write, waits } = start(t, { a: "one", b: "" });
	const reader = open("a"), writer = open("a", { rights: BOTH });
	const before = waits();
	assert.equal(write(writer, "more"), 0);
	assert.equal(read(reader), "onemore");
	assert.equal(waits(), before + 1);
});

test("to write, to create or to truncate, a file is opened by the server", t => {
	const { open, close, waits } = start(t, { a: "content", b: "" });
	close(open("a"));
	for (const how of [{ rights: BOTH }, { oflags: 1 }, { oflags: 8, rights: BOTH }]) {
		const before = waits();
		open("a", how);
		assert.equal(waits(), before + 1);
	}
});

/** () => { sent, used, asked }, in bytes: what was sent before it was asked for, what of that was opened, and what was asked for. */
function creditOf(t) {
	const sentAhead = t.mock.method(Contents.prototype, "sentAhead");
	return () => {
		const { credit: { sent, used }, asked } = sentAhead.mock.calls[0].this;
		return { sent, used, asked };
	};
}

test("who opens files one after the other gets those that follow, in the order that fits", t => {
	const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${(i * 7) % 40}`, `content of ${(i * 7) % 40}`]));
	for (const order of [Object.keys(files), [...Object.keys(files)].sort(), Array.from({ length: 40 }, (_, i) => `f${i}`)]) {
		const { open, read, close, waits } = start(t, files);
		const credit = creditOf(t);
		for (const name of order) {
			const fd = open(name);
			assert.equal(read(fd), files[name]);
			close(fd);
		}
		assert.ok(waits() <= 6, `${waits()} waits in the order ${order.slice(0, 4)}`);
		const { sent, used } = credit();
		assert.ok(used <= sent);
		t.mock.restoreAll();
	}
});

test("no more is sent ahead than what came before was worth", t => {
	const files = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${String(i).padStart(3, "0")}`, "x".repeat(10_000)]));
	const { open } = start(t, files);
	const credit = creditOf(t);
	for (const i of [90, 10, 70, 30, 50, 99, 5, 60, 20, 40])
		open(`f${String(i).padStart(3, "0")}`);
	const { sent, used, asked } = credit();
	assert.ok(sent > 0 && sent - used <= Math.max(used, (192 << 10) + (asked + used) / 2), `${sent} sent, ${used} used, ${asked} asked`);
});

test("files that are the smaller part of an answer are copied out of it, else it is held, and counted, for all of them", t => {
	const files = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`f${i}`, "x".repeat(3000)])), held = [];
	const { sentAhead } = Contents.prototype;
	const holders = new Set();
	t.mock.method(Contents.prototype, "sentAhead", function (...args) {
		holders.add(this);
		held.push(sentAhead.apply(this, args));
		return held.at(-1);
	});
	const { open, read } = start(t, files);
	for (const name of ["f0", "f1", "f2"])
		read(open(name));
	assert.ok(held.length > 1, "some were sent ahead");
	assert.ok(held.every(({ bytes, shared }) => shared !== null && bytes.buffer.byteLength === shared.size), "one buffer is held for all");
	const [contents] = holders, [one, two] = held, { shared } = one, before = contents.bytes;
	contents.copyOut(one, shared);
	assert.deepEqual([one.shared, one.bytes.buffer.byteLength, textOf(one.bytes), contents.bytes], [null, 3000, "x".repeat(3000), before + 3000]);
	for (const other of held.slice(1))
		contents.copyOut(other, shared);
	assert.equal(contents.bytes, before + 3000 * held.length - shared.size, "the answer isn't held any more");
	contents.copyOut(two, shared);
	contents.copyOut(two, new Shared(1));
	assert.equal(contents.bytes, before + 3000 * held.length - shared.size, "once");
});

test("after its own write a program sees the file's end without asking, and not for long", t => {
	const { open, read, write, waits, pass } = start(t, { a: "", b: "" });
	const fd = open("a", { rights: BOTH, oflags: 1 });
	const before = waits();
	assert.equal(write(fd, "abc"), 0);
	assert.equal(read(fd), "", "nobody wrote behind it");
	assert.equal(waits(), before);
	pass(11);
	assert.equal(read(fd), "");
	assert.equal(waits(), before + 1);
});

const MIB = 1 << 20;
const LONG = Array.from({ length: 24 * 64 }, (_, i) => String.fromCharCode(97 + i % 26).repeat(16 << 10)).join("");

/* A long file that is read by 64 KiB; what left before and wasn't waited for comes when the program waits. */
function reading(t) {
	const files = { a: LONG, b: "" };
	const it = start(t, files, { awaits: true, wakeups: new Int32Array(new SharedArrayBuffer(4)) });
	const fd = it.open("a", { rights: BOTH });
	let at = 0;
	return { ...it, fd, files, readTo(end) {
		for (let length; at < end; at += length) {
			length = Math.min(64 << 10, end - at);
			assert.ok(it.read(fd, length) === files.a.slice(at, at + length), `at ${at}`);
		}
	} };
}

test("of a long file that is read on and on, the next parts are asked for before the program needs them", t => {
	const { readTo, asked, waits, fd, read } = reading(t);
	readTo(3 * MIB);
	const preads = () => asked("fd_pread").length + asked("fd_read").length;
	assert.equal(preads(), waits(), "as long as little was read, nothing that is not waited for");
	readTo(LONG.length);
	assert.equal(read(fd), "");
	const bytes = [...asked("fd_pread"), ...asked("fd_read")].reduce((sum, { args }) => sum + args[2], 0);
	assert.ok(bytes < LONG.length + 2 * MIB, `${bytes} were asked for`);
	assert.ok(waits() < 30 && preads() > 24, `${waits()} waits`);
});

test("what was asked for ahead of what may be read in vain is at most three tenths of what was read", t => {
	const { readTo, asked } = reading(t);
	for (let end = MIB; end < 20 * MIB; end += MIB) {
		readTo(end);
		const bytes = [...asked("fd_pread"), ...asked("fd_read")].reduce((sum, { args }) => sum + args[2], 0);
		assert.ok(bytes <= 1.3 * end + MIB + (64 << 10), `${bytes} after ${end}`);
	}
});

/* Reads to where a part begins that is on its way, after what is known. */
function readToPart({ readTo, asked }, from) {
	readTo(from);
	const start = Math.min(...asked("fd_pread").map(({ args }) => Number(args[1])).filter(at => at > from));
	readTo(start);
	return start;
}

test("parts on their way are no good any more when the file changes", t => {
	const it = reading(t);
	const start = readToPart(it, 10 * MIB);
	it.files.a = it.files.a.slice(0, start) + "#".repeat(LONG.length - start);
	it.broken([...it.leases].filter(([, name]) => name === "a").at(-1)[0], 1);
	it.readTo(start + 3 * MIB);
});

test("parts on their way are no good any more when the program writes", t => {
	const it = reading(t);
	const start = readToPart(it, 10 * MIB);
	assert.equal(it.write(it.fd, "-"), 0);
	it.guest.program.settle(() => 0);
	it.files.a = it.files.a.slice(0, start) + "+".repeat(LONG.length - start);
	assert.equal(it.guest.call.fd_seek(it.fd, BigInt(start), 0, 600), 0);
	it.readTo(start + 3 * MIB);
});
