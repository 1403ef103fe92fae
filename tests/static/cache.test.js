/* What the page answers ahead of and delays behind the gateway, and what it must never do. The other end is scripted: it keeps files. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Writer } from "../../static/shim/base/codec.js";
import { ERRNO, GatewayLost } from "../../static/shim/base/errors.js";
import { fdstat, makeGuest } from "./guest.js";

const REGULAR = 4, DIRECTORY = 3;
const READ = 2n | 4n | 32n, WRITE = 4n | 32n | 64n;
const bytesOf = text => new TextEncoder().encode(text);
const textOf = bytes => new TextDecoder().decode(bytes);

function words(...values) {
	const w = new Writer();
	for (const value of values)
		(typeof value === "bigint" ? w.u64(value) : value instanceof Uint8Array ? w.raw(value) : w.u32(value));
	return w.bytes.slice(0, w.at);
}

/** Files by name, as a gateway keeps them; inodes by name too. fail: (call) => errno; mtime: of all files, for ever. */
function makeDisk(files, { traits = 3, credit = 1 << 20, fail = () => 0, mtime } = {}) {
	const disk = { files: new Map(Object.entries(files).map(([name, text]) => [name, bytesOf(text)])), handles: new Map(), poison: new Map() };
	const put = (name, at, bytes) => {
		const old = disk.files.get(name);
		const grown = new Uint8Array(Math.max(old.length, at + bytes.length));
		grown.set(old);
		grown.set(bytes, at);
		disk.files.set(name, grown);
	};
	const filestat = name => {
		const stat = new DataView(new ArrayBuffer(64));
		stat.setBigUint64(8, BigInt([...disk.files.keys()].indexOf(name) + 100), true);
		stat.setUint8(16, REGULAR);
		const bytes = disk.files.get(name);
		stat.setBigUint64(32, BigInt(bytes.length), true);
		stat.setBigUint64(48, mtime ?? bytes.reduce((sum, byte) => sum * 31n + BigInt(byte) & 0xFFFFFFFn, 0n), true); // another for other bytes
		return new Uint8Array(stat.buffer);
	};
	disk.serve = ({ name: call, args, flags }) => {
		const file = disk.handles.get(args[0]);
		const quiet = (flags & 1) !== 0;
		if (["fd_write", "fd_pwrite", "fd_close", "fd_sync", "fd_lock"].includes(call) && disk.poison.get(args[0])) {
			if (quiet && call !== "fd_close")
				return 0xFFFF;
			const errno = disk.poison.get(args[0]);
			disk.poison.delete(args[0]);
			return errno;
		}
		const failed = fail({ call, args, file });
		if (failed) {
			if (quiet)
				disk.poison.set(args[0], failed);
			return { errno: failed, bytes: quiet ? words(0, args[1]) : undefined };
		}
		switch (call) {
		case "path_open": {
			const path = textOf(args[2]);
			if (args[3] & 1 && !disk.files.has(path))
				disk.files.set(path, new Uint8Array(0));
			if (!disk.files.has(path))
				return ERRNO.NOENT;
			if (args[3] & 8)
				disk.files.set(path, new Uint8Array(0));
			disk.handles.set(args[7], { path, append: (args[6] & 1) !== 0 });
			return words(fdstat(REGULAR, args[4], args[6]), traits, credit);
		}
		case "fd_filestat_get": return filestat(file.path);
		case "lease_file": return ERRNO.NOTSUP;
		case "fd_read": case "fd_pread": return file === undefined ? ERRNO.BADF : disk.files.get(file.path).slice(Number(args[1]), Number(args[1]) + args[2]);
		case "fd_write": {
			const at = file.append ? disk.files.get(file.path).length : Number(args[1]);
			put(file.path, at, args[2]);
			return words(args[2].length, BigInt(at + args[2].length));
		}
		case "fd_pwrite":
			put(file.path, Number(args[1]), args[2]);
			return words(args[2].length);
		case "fd_seek":
			return words(args[2] + (args[3] === 2 ? BigInt(disk.files.get(file.path).length) : args[1]));
		default: return 0;
		}
	};
	return disk;
}

function open(guest, path, { rights = READ, oflags = 0, fdflags = 0 } = {}) {
	guest.memory.write(2048, bytesOf(path));
	const errno = guest.call.path_open(3, 1, 2048, path.length, oflags, rights, 0n, fdflags, 512);
	assert.equal(errno, 0, `open '${path}'`);
	return guest.memory.u32(512);
}

function read(guest, fd, length) {
	guest.memory.setU32(1024, 4096);
	guest.memory.setU32(1028, length);
	assert.equal(guest.call.fd_read(fd, 1024, 1, 512), 0);
	return textOf(guest.memory.read(4096, guest.memory.u32(512)));
}

function write(guest, fd, text) {
	guest.memory.write(4096, bytesOf(text));
	guest.memory.setU32(1024, 4096);
	guest.memory.setU32(1028, text.length);
	return guest.call.fd_write(fd, 1024, 1, 512);
}

const start = (disk, options) => makeGuest({ coherence: "default", serve: disk.serve, ...options });
const waits = guest => guest.program.stats().roundTrips;
/* Time stands still, so that what serves for 10 ms serves for the whole test on a slow machine. */
function freeze(t) {
	let now = 1000;
	t.mock.method(performance, "now", () => now);
	return ms => void (now += ms);
}

test("a small file is opened, examined, read to its end and closed for one wait", t => {
	freeze(t);
	const guest = start(makeDisk({ f: "hello world" }));
	const fd = open(guest, "f");
	assert.equal(guest.call.fd_filestat_get(fd, 600), 0);
	assert.equal(guest.memory.u32(632), 11);
	assert.equal(read(guest, fd, 5), "hello");
	assert.equal(read(guest, fd, 100), " world");
	assert.equal(read(guest, fd, 100), "");
	assert.equal(guest.call.fd_seek(fd, -5n, 2, 512), 0);
	assert.equal(read(guest, fd, 100), "world");
	assert.equal(guest.call.fd_close(fd), 0);
	assert.equal(waits(guest), 1);
	assert.deepEqual(guest.asked.map(({ calls }) => calls.map(({ name, flags }) => [name, flags])),
		[[["path_open", 2], ["fd_filestat_get", 2], ["lease_file", 0], ["fd_pread", 0]]]);
});

test("an open that fails is its own errno, whatever was asked along", () => {
	const guest = start(makeDisk({}));
	guest.memory.write(2048, bytesOf("none"));
	assert.equal(guest.call.path_open(3, 1, 2048, 4, 0, READ, 0n, 0, 512), ERRNO.NOENT);
	assert.equal(guest.call.fd_filestat_get(4, 600), ERRNO.BADF);
});

test("sequential reads are asked for ahead, ever further, and the bytes are right", t => {
	freeze(t);
	const text = Array.from({ length: 400_000 }, (_, i) => String.fromCharCode(97 + i * 7 % 26)).join("");
	const guest = start(makeDisk({ f: text }));
	const fd = open(guest, "f");
	let got = "";
	for (let piece; (piece = read(guest, fd, 4096 - 17)) !== "";)
		got += piece;
	assert.equal(got, text);
	assert.ok(waits(guest) <= 4, `${waits(guest)} waits`);
});

test("the end of a file comes with the window before it, if it is no longer than that", t => {
	freeze(t);
	for (const [size, most] of [[150_000, 2], [300_000, 2], [400_000, 3]]) {
		const text = "abcdefg".repeat(size / 7 + 1).slice(0, size);
		const guest = start(makeDisk({ f: text }));
		const fd = open(guest, "f");
		let got = "";
		for (let piece; (piece = read(guest, fd, 4096)) !== "";)
			got += piece;
		assert.equal(got, text);
		assert.equal(waits(guest), most, `${size} bytes`);
	}
});

test("reads larger than what was left of a window are asked for ahead all the same", t => {
	freeze(t);
	const guest = start(makeDisk({ f: "x".repeat(4_000_000) }, { mtime: 1n }));
	const fd = open(guest, "f");
	read(guest, fd, 1000);
	for (let i = 0; i < 60; i++)
		assert.equal(read(guest, fd, 65_000).length, 65_000);
	assert.ok(waits(guest) <= 9, `${waits(guest)} waits`);
});

test("reads at random aren't asked for ahead", t => {
	freeze(t);
	const guest = start(makeDisk({ f: "x".repeat(4_000_000) }, { mtime: 1n }));
	const fd = open(guest, "f");
	for (let i = 1; i <= 5; i++) {
		guest.call.fd_seek(fd, BigInt(i * 500_000 + i), 0, 512);
		read(guest, fd, 100);
	}
	const asked = guest.asked.slice(1).flatMap(({ calls }) => calls.filter(({ name }) => name === "fd_read").map(({ args }) => args[2]));
	assert.deepEqual(asked, [100, 100, 100, 100, 100]);
});

test("nothing older is seen after something newer: an answer ends what was read ahead", t => {
	freeze(t);
	const disk = makeDisk({ f: "old old old", g: "x" });
	const guest = start(disk);
	const fd = open(guest, "f");
	assert.equal(read(guest, fd, 3), "old");
	disk.files.set("f", bytesOf("new new new"));
	open(guest, "g");
	assert.equal(read(guest, fd, 100), " new new");
});

test("a file that hasn't changed is read on from what was read ahead, whatever was answered in between", t => {
	const pass = freeze(t);
	const disk = makeDisk({ f: "unchanged", g: "x" });
	const guest = start(disk);
	const fd = open(guest, "f");
	read(guest, fd, 2);
	for (let i = 0; i < 3; i++) {
		pass(9);
		open(guest, "g");
		assert.equal(waits(guest), 2 + i);
		read(guest, fd, 2);
		assert.equal(guest.call.fd_filestat_get(fd, 600), 0);
		assert.equal(waits(guest), 2 + i);
	}
	disk.files.set("f", bytesOf("rewritten"));
	open(guest, "g");
	assert.equal(read(guest, fd, 9), "n");
});

test("nothing that was read of a file is used after it was locked, however unchanged it looks", t => {
	freeze(t);
	const disk = makeDisk({ f: "old old old", g: "x" }, { mtime: 1_600_000_000_000_000_000n });
	const guest = start(disk);
	const [fd, other] = [open(guest, "f", { rights: READ | WRITE }), open(guest, "f")];
	read(guest, fd, 4);
	read(guest, other, 4);
	disk.files.set("f", bytesOf("new new new"));
	assert.equal(guest.call.fd_lock(fd, 1, 1, 0n, 0n, 0), 0);
	assert.equal(read(guest, fd, 4), "new ");
	assert.equal(read(guest, other, 4), "new ");
});

test("what was gathered is done before a lock is let go, and what failed of it is told in its place", t => {
	freeze(t);
	let fails = false;
	const disk = makeDisk({ f: "" }, { fail: ({ call }) => (fails && call === "fd_write" ? ERRNO.NOSPC : 0) });
	const guest = start(disk);
	const fd = open(guest, "f", { rights: WRITE });
	assert.equal(guest.call.fd_lock(fd, 2, 0, 0n, 0n, 0), 0);
	const before = guest.asked.length;
	assert.equal(write(guest, fd, "text"), 0);
	assert.equal(guest.asked.length, before, "it is gathered");
	assert.equal(guest.call.fd_lock(fd, 0, 0, 0n, 0n, 0), 0);
	assert.deepEqual(guest.asked.at(-1).calls.map(({ name }) => name), ["fd_write", "fd_lock"]);
	fails = true;
	write(guest, fd, "more");
	assert.equal(guest.call.fd_lock(fd, 0, 0, 0n, 0n, 0), ERRNO.NOSPC);
});

test("a file changed just now may change again without its times telling: nothing of it is kept over an answer", t => {
	freeze(t);
	const disk = makeDisk({ f: "old old old", g: "x" }, { mtime: 1_700_000_000_123_000_000n });
	const guest = start(disk);
	const fd = open(guest, "f");
	read(guest, fd, 4);
	disk.files.set("f", bytesOf("new new new"));
	open(guest, "g");
	assert.equal(read(guest, fd, 4), "new ");
});

test("much that was read ahead and expired isn't fetched again, if its file hasn't changed", t => {
	const pass = freeze(t);
	const disk = makeDisk({ f: "x".repeat(60_000) + "y".repeat(400_000) });
	const guest = start(disk);
	const fd = open(guest, "f");
	read(guest, fd, 65_536);
	read(guest, fd, 1000);
	pass(20);
	const before = guest.asked.length;
	read(guest, fd, 1000);
	assert.deepEqual(guest.asked.slice(before).map(({ calls }) => [...new Set(calls.map(({ name }) => name))]), [["fd_filestat_get"]]);
	pass(20);
	disk.files.set("f", bytesOf("z".repeat(460_000)));
	assert.equal(read(guest, fd, 1000), "z".repeat(1000));
});

test("nothing follows proc_exit", t => {
	freeze(t);
	const guest = start(makeDisk({ f: "text" }));
	open(guest, "f");
	assert.throws(() => guest.call.proc_exit(0), WebAssembly.RuntimeError);
	assert.deepEqual(guest.asked.at(-1).calls.map(({ name }) => name), ["proc_exit"]);
});

test("the beginning of a file is remembered while its rest is read", t => {
	freeze(t);
	const guest = start(makeDisk({ f: "head" + "x".repeat(300_000) }));
	const fd = open(guest, "f");
	read(guest, fd, 16);
	guest.call.fd_seek(fd, 200_000n, 0, 512);
	read(guest, fd, 16);
	const before = waits(guest);
	guest.call.fd_seek(fd, 0n, 0, 512);
	assert.equal(read(guest, fd, 4), "head");
	guest.call.fd_seek(fd, 200_004n, 0, 512);
	assert.equal(read(guest, fd, 4), "xxxx");
	assert.equal(waits(guest), before);
});

test("without an answer in between, another process's change is seen within 10 ms", t => {
	const pass = freeze(t);
	const disk = makeDisk({ f: "old old old" });
	const guest = start(disk);
	const fd = open(guest, "f");
	disk.files.set("f", bytesOf("new new new and more"));
	pass(9);
	assert.equal(read(guest, fd, 3), "old");
	pass(2);
	assert.equal(read(guest, fd, 100), " new new and more");
	assert.equal(guest.call.fd_filestat_get(fd, 600), 0);
	assert.equal(guest.memory.u32(632), 20);
});

test("an end of file that was seen isn't believed for longer than the rest", t => {
	const pass = freeze(t);
	const disk = makeDisk({ log: "one" });
	const guest = start(disk);
	const fd = open(guest, "log");
	assert.equal(read(guest, fd, 10), "one");
	assert.equal(read(guest, fd, 10), "");
	disk.files.set("log", bytesOf("one two"));
	pass(11);
	assert.equal(read(guest, fd, 10), " two");
});

for (const [what, traits] of [["a file that can't be watched", 1], ["a stream", 4]])
	test(`${what} is read as the program reads it`, t => {
		freeze(t);
		const guest = start(makeDisk({ f: "abcdef" }, { traits }));
		const fd = open(guest, "f");
		const before = waits(guest);
		read(guest, fd, 2);
		read(guest, fd, 2);
		assert.equal(waits(guest) - before, 2);
	});

test("small writes are gathered into one call and one message, and closing waits for them", t => {
	freeze(t);
	const disk = makeDisk({});
	const guest = start(disk);
	const fd = open(guest, "f", { rights: WRITE, oflags: 9 });
	for (let i = 0; i < 100; i++)
		assert.equal(write(guest, fd, `line ${i}\n`), 0);
	assert.equal(waits(guest), 1);
	assert.equal(guest.call.fd_tell(fd, 512), 0);
	assert.equal(guest.memory.u32(512), 790);
	assert.equal(guest.call.fd_close(fd), 0);
	assert.equal(waits(guest), 2);
	assert.equal(textOf(disk.files.get("f")), Array.from({ length: 100 }, (_, i) => `line ${i}\n`).join(""));
	assert.deepEqual(guest.asked[1].calls.map(({ name, flags }) => [name, flags]), [["fd_write", 1], ["fd_close", 0]]);
});

test("64 KiB leave beyond the last acknowledgement, a MiB is kept, and then a write waits and takes all of it along", t => {
	freeze(t);
	const disk = makeDisk({}, { credit: 16 << 20 });
	const guest = start(disk);
	const fd = open(guest, "f", { rights: WRITE, oflags: 9 });
	const { pipeline } = guest.program;
	const before = waits(guest);
	let kept = 0;
	for (let i = 0; i < 3 * 64; i++) { // 3 MiB
		assert.equal(write(guest, fd, String.fromCharCode(97 + i % 26).repeat(16384)), 0);
		assert.ok(pipeline.underWay <= 64 << 10, `${pipeline.underWay} under way after ${i}`);
		kept = Math.max(kept, pipeline.writer.at);
	}
	assert.ok(kept > 1000 << 10 && kept <= 1152 << 10, `${kept} kept`);
	assert.equal(waits(guest) - before, 2);
	assert.equal(guest.call.fd_close(fd), 0);
	const text = textOf(disk.files.get("f"));
	assert.equal(text.length, 3 << 20);
	assert.ok(Array.from({ length: 192 }, (_, i) => text[i * 16384]).every((letter, i) => letter === String.fromCharCode(97 + i % 26)));
});

test("who writes on and on waits for what left before, and more is under way meanwhile", t => {
	freeze(t);
	const disk = makeDisk({}, { credit: 2 << 20, mtime: 1n });
	const guest = start(disk, { awaits: true });
	const fd = open(guest, "f", { rights: WRITE, oflags: 9 });
	const { pipeline } = guest.program;
	let most = 0;
	for (let i = 0; i < 8 * 64; i++) { // 8 MiB
		assert.equal(write(guest, fd, String.fromCharCode(97 + i % 26).repeat(16384)), 0);
		most = Math.max(most, pipeline.underWay + pipeline.writer.at);
	}
	assert.ok(most > 1500 << 10 && most <= (2 << 20) + 65536, `${most} unacknowledged`);
	assert.equal(guest.call.fd_close(fd), 0);
	const text = textOf(disk.files.get("f"));
	assert.equal(text.length, 8 << 20);
	assert.ok(Array.from({ length: 512 }, (_, i) => text[i * 16384]).every((letter, i) => letter === String.fromCharCode(97 + i % 26)));
});

test("a write that fails while later ones are under way is told once, and those aren't done", t => {
	freeze(t);
	let room = 3 << 20;
	const disk = makeDisk({},
		{ credit: 2 << 20, mtime: 1n, fail: ({ call, args }) => (call === "fd_write" && (room -= args[2].length) < 0 ? ERRNO.NOSPC : 0) });
	const guest = start(disk, { awaits: true });
	const fd = open(guest, "f", { rights: WRITE, oflags: 9 });
	let errno = 0, done = 0;
	for (; errno === 0 && done < 8 << 20; done += 16384)
		errno = write(guest, fd, "x".repeat(16384));
	assert.equal(errno, ERRNO.NOSPC);
	assert.ok(done <= (3 << 20) + (3 << 20), `told after ${done}`);
	room = 8 << 20;
	assert.equal(guest.call.fd_close(fd), 0, "told once");
	assert.ok(disk.files.get("f").length <= 3 << 20, "nothing after what failed");
});

test("a write goes on one of its own batch alone, not another call that happens to end at the same byte", t => {
	freeze(t);
	const disk = makeDisk({});
	const guest = start(disk);
	const fd = open(guest, "f", { rights: WRITE | 1n << 7n, oflags: 9 });
	assert.equal(write(guest, fd, "12345678"), 0);
	guest.program.leave();
	assert.equal(guest.call.fd_advise(fd, 0n, 0n, 0), 0);
	assert.equal(write(guest, fd, "abcdefgh"), 0);
	assert.equal(guest.call.fd_close(fd), 0);
	assert.deepEqual(guest.asked.at(-1).calls.map(({ name }) => name), ["fd_advise", "fd_write", "fd_close"]);
	assert.equal(textOf(disk.files.get("f")), "12345678abcdefgh");
});

test("gathered writes leave after a millisecond, at the program's next call", t => {
	const pass = freeze(t);
	const disk = makeDisk({});
	const guest = start(disk);
	const fd = open(guest, "f", { rights: WRITE, oflags: 9 });
	write(guest, fd, "soon");
	assert.equal(disk.files.get("f").length, 0);
	pass(1.1);
	guest.call.sched_yield();
	assert.equal(textOf(disk.files.get("f")), "soon");
	assert.equal(waits(guest), 1, "and nobody waited");
});

test("the program's own writes are seen in order through every handle", t => {
	freeze(t);
	const guest = start(makeDisk({ f: "0123456789" }));
	const reader = open(guest, "f");
	const writer = open(guest, "f", { rights: WRITE });
	assert.equal(read(guest, reader, 2), "01");
	write(guest, writer, "ABCDEF");
	assert.equal(read(guest, reader, 4), "CDEF");
	guest.memory.write(4096, bytesOf("zz"));
	guest.memory.setU32(1028, 2);
	assert.equal(guest.call.fd_pwrite(writer, 1024, 1, 8n, 512), 0);
	assert.equal(read(guest, reader, 10), "67zz");
	assert.equal(guest.call.fd_filestat_get(reader, 600), 0);
	assert.equal(guest.memory.u32(632), 10);
	write(guest, writer, "6789tail");
	assert.equal(guest.call.fd_filestat_get(reader, 600), 0);
	assert.equal(guest.memory.u32(632), 14, "a size that grew");
});

test("writing one file doesn't end what was read ahead of another", t => {
	freeze(t);
	const guest = start(makeDisk({ from: "x".repeat(1000) }));
	const from = open(guest, "from");
	const to = open(guest, "to", { rights: WRITE, oflags: 9 });
	read(guest, from, 100);
	const before = waits(guest);
	for (let i = 0; i < 9; i++)
		write(guest, to, read(guest, from, 100));
	assert.equal(waits(guest), before);
});

test("appends are gathered; where the file stands then is the server's to say", t => {
	freeze(t);
	const disk = makeDisk({ log: "start:" });
	const guest = start(disk);
	const fd = open(guest, "log", { rights: WRITE, fdflags: 1 });
	for (const word of ["a", "b", "c"])
		write(guest, fd, word);
	assert.equal(waits(guest), 1);
	assert.equal(guest.call.fd_tell(fd, 512), 0);
	assert.equal(guest.memory.u32(512), 9);
	assert.equal(waits(guest), 2);
	assert.equal(textOf(disk.files.get("log")), "start:abc");
	assert.equal(guest.call.fd_seek(fd, -2n, 1, 512), 0);
	assert.equal(guest.memory.u32(512), 7);
});

test("a sync is never answered here, and no gathered write passes it", t => {
	freeze(t);
	const guest = start(makeDisk({}));
	const fd = open(guest, "f", { rights: WRITE, oflags: 9 });
	write(guest, fd, "before");
	guest.call.fd_sync(fd);
	write(guest, fd, "after");
	guest.call.fd_sync(fd);
	assert.deepEqual(guest.asked.slice(1).flatMap(({ wait, calls }) => [wait, ...calls.map(({ name }) => name)]),
		[true, "fd_write", "fd_sync", true, "fd_write", "fd_sync"]);
});

test("a gathered write that failed is told once, by the next write; later gathered ones were dropped", t => {
	freeze(t);
	let full = false;
	const disk = makeDisk({}, { fail: ({ call }) => (full && call === "fd_write" ? ERRNO.NOSPC : 0) });
	const guest = start(disk);
	const fd = open(guest, "f", { rights: WRITE, oflags: 9 });
	write(guest, fd, "good");
	guest.call.fd_sync(fd);
	full = true;
	assert.equal(write(guest, fd, "lost"), 0, "it isn't known yet");
	guest.program.leave();
	assert.equal(write(guest, fd, "dropped"), 0);
	guest.program.leave();
	open(guest, "f"); // an answer brings the news
	full = false;
	assert.equal(guest.call.fd_tell(fd, 512), 0);
	assert.equal(guest.memory.u32(512), 4, "the offset is where the good bytes end");
	assert.equal(write(guest, fd, "x"), ERRNO.NOSPC);
	assert.equal(write(guest, fd, "well"), 0);
	assert.equal(guest.call.fd_close(fd), 0);
	assert.equal(textOf(disk.files.get("f")), "goodwell");
	assert.deepEqual(guest.program.writeErrors, []);
});

for (const last of ["fd_close", "fd_sync"])
	test(`${last} returns what went wrong with writes before it`, t => {
		freeze(t);
		const guest = start(makeDisk({}, { fail: ({ call }) => (call === "fd_write" ? ERRNO.DQUOT : 0) }));
		const fd = open(guest, "f", { rights: WRITE, oflags: 9 });
		assert.equal(write(guest, fd, "lost"), 0);
		assert.equal(guest.call[last](fd), ERRNO.DQUOT);
		assert.deepEqual(guest.program.writeErrors, []);
	});

test("errors that nobody asked for come out at the end, and on stderr", t => {
	freeze(t);
	const guest = start(makeDisk({}, { fail: ({ call }) => (call === "fd_write" ? ERRNO.NOSPC : 0) }));
	const fd = open(guest, "out.txt", { rights: WRITE, oflags: 9 });
	write(guest, fd, "lost");
	assert.throws(() => guest.call.proc_exit(0), WebAssembly.RuntimeError);
	assert.deepEqual(guest.program.reportWriteErrors(), [{ path: "out.txt", call: "fd_write", errno: ERRNO.NOSPC, name: "NOSPC" }]);
	assert.match(textOf(guest.shown.at(-1).bytes), /out\.txt.*NOSPC/);
	assert.equal(guest.shown.at(-1).stream, "stderr");
	assert.deepEqual(guest.program.exited, { code: 0 }, "the exit code stays the program's");
});

test("without credit every write waits", t => {
	freeze(t);
	const guest = start(makeDisk({}, { credit: 0 }));
	const fd = open(guest, "f", { rights: WRITE, oflags: 9 });
	for (let i = 0; i < 3; i++)
		write(guest, fd, "x");
	assert.equal(waits(guest), 4);
});

test("more than the credit isn't unacknowledged at any time", t => {
	freeze(t);
	const guest = start(makeDisk({}, { credit: 1000 }));
	const fd = open(guest, "f", { rights: WRITE, oflags: 9 });
	for (let i = 0; i < 30; i++)
		write(guest, fd, "x".repeat(100));
	assert.equal(waits(guest), 1 + 2, "each time the credit was used up");
});

test("what was printed after a write to a file is seen after the write is done", t => {
	freeze(t);
	const disk = makeDisk({});
	const guest = start(disk);
	const fd = open(guest, "f", { rights: WRITE, oflags: 9 });
	write(guest, fd, "data");
	write(guest, 1, "done\n");
	guest.output.flush();
	assert.deepEqual(guest.shown.map(({ bytes }) => textOf(bytes)), ["done\n"]);
	assert.equal(textOf(disk.files.get("f")), "data", "or it had not been shown");
});

test("what was printed after a write that isn't done when the gateway is lost isn't shown, what was printed before it is", t => {
	freeze(t);
	const guest = start(makeDisk({}));
	const fd = open(guest, "f", { rights: WRITE, oflags: 9 });
	for (let i = 0; i < 20; i++) // so many that what follows is gathered
		write(guest, 1, "x");
	write(guest, fd, "data");
	write(guest, 1, "after\n");
	guest.program.pipeline.lose(new GatewayLost("the connection to the gateway was cut"));
	guest.output.flush();
	assert.deepEqual(guest.shown.map(({ bytes }) => textOf(bytes)), Array(20).fill("x"));
});

test("what was printed is seen before the program waits for input", t => {
	freeze(t);
	const disk = makeDisk({});
	const guest = start(disk, { serve: call => {
		if (call.name === "poll_oneoff") {
			assert.deepEqual(guest.shown.map(({ bytes }) => textOf(bytes)).join(""), "x".repeat(40) + "prompt> ");
			return new Uint8Array(32);
		}
		return disk.serve(call);
	} });
	const fd = open(guest, "f", { rights: WRITE, oflags: 9 });
	for (let i = 0; i < 40; i++)
		write(guest, 1, "x"); // uses up what may leave at once
	write(guest, fd, "data");
	write(guest, 1, "prompt> ");
	guest.memory.bytes.fill(0, 8192, 8240);
	guest.memory.bytes[8200] = 1;
	assert.equal(guest.call.poll_oneoff(8192, 9000, 1, 512), 0);
	assert.equal(guest.asked.at(-1).calls.at(-1).name, "poll_oneoff");
});

test("a listing in small pieces is asked for once", t => {
	freeze(t);
	const names = Array.from({ length: 40 }, (_, i) => `name-${i}`);
	const records = names.map((name, i) => words(BigInt(i + 1), BigInt(100 + i), name.length, 4, bytesOf(name)));
	const all = Buffer.concat(records);
	const guest = makeGuest({ coherence: "default", serve: ({ name, args }) => {
		if (name === "path_open")
			return words(fdstat(DIRECTORY, 1 << 14), 0, 0);
		return name === "fd_readdir" ? new Uint8Array(all.subarray(records.slice(0, Number(args[1])).reduce((n, r) => n + r.length, 0)))
			.slice(0, args[2]) : new Uint8Array(64);
	} });
	const fd = open(guest, "dir", { oflags: 2 });
	const before = waits(guest);
	for (const size of [64, 100, 128, 4096]) {
		const seen = [];
		for (let cookie = 0n; ;) {
			assert.equal(guest.call.fd_readdir(fd, 4096, size, cookie, 512), 0);
			const used = guest.memory.u32(512);
			let at = 0;
			while (at + 24 <= used) {
				const end = at + 24 + guest.memory.u32(4096 + at + 16);
				if (end > used)
					break;
				seen.push(textOf(guest.memory.read(4096 + at + 24, end - at - 24)));
				cookie = guest.memory.view.getBigUint64(4096 + at, true);
				at = end;
			}
			if (used < size)
				break;
		}
		assert.deepEqual(seen, names, `buffers of ${size} bytes`);
	}
	assert.equal(waits(guest) - before, 1);
});

test("quiet closes don't fill a batch beyond its bound", t => {
	freeze(t);
	const guest = start(makeDisk({ f: "x" }), { bounds: { calls: 64 } });
	const fds = Array.from({ length: 200 }, () => open(guest, "f"));
	for (const fd of fds)
		assert.equal(guest.call.fd_close(fd), 0);
	open(guest, "f");
	assert.ok(guest.asked.every(({ calls }) => calls.length <= 64));
});

test("windows that grow old before they are used get smaller: little is fetched for naught", t => {
	const pass = freeze(t);
	const guest = start(makeDisk({ f: "x".repeat(3_000_000) }, { mtime: 1n }));
	const fd = open(guest, "f");
	for (let i = 0; i < 600; i++) {
		read(guest, fd, 4096);
		pass(1); // ten reads in a window's time
	}
	const fetched = guest.asked.flatMap(({ calls }) => calls.filter(({ name }) => name === "fd_read" || name === "fd_pread").map(({ args }) => args[2]))
		.reduce((sum, length) => sum + length, 0);
	assert.ok(fetched < 1.3 * 600 * 4096 + (1 << 20), `${fetched} bytes fetched`);
	assert.ok(waits(guest) < 120, `${waits(guest)} waits`);
});
