/* What the page reads ahead, how long it believes it, and that nothing older is seen after something newer. The other end keeps files. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ERRNO } from "../../static/shim/base/errors.js";
import { fdstat, makeGuest } from "./guest.js";
import { DIRECTORY, READ, WRITE, bytesOf, freeze, makeDisk, open, read, start, textOf, waits, words } from "./disk.js";

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
