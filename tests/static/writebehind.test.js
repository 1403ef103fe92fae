/* Writes that are gathered: their order, their bounds, and who is told of one that failed. The other end keeps files. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ERRNO, GatewayLost } from "../../static/shim/base/errors.js";
import { SharedBatch, SharedBatchTaker } from "../../static/shim/base/shared-batch.js";
import { readBatch } from "./guest.js";
import { WRITE, bytesOf, freeze, makeDisk, open, read, start, textOf, waits, write } from "./disk.js";

const BATCH_BYTES = (1 << 20) + (256 << 10) + 64; // as newSharedBatch() makes it in a page

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

test("a write after the gateway is lost isn't told as done: the program ends there", t => {
	freeze(t);
	const guest = start(makeDisk({}));
	const fd = open(guest, "f", { rights: WRITE, oflags: 9 });
	guest.program.pipeline.lose(new GatewayLost("the connection to the gateway was cut"));
	assert.throws(() => write(guest, fd, "late"), WebAssembly.RuntimeError);
});

test("a change that is gathered after the gateway is lost is never made: nothing that is printed after it is shown", t => {
	freeze(t);
	const guest = start(makeDisk({}));
	write(guest, 1, "before\n");
	guest.program.pipeline.lose(new GatewayLost("the connection to the gateway was cut"));
	guest.program.foresee("path_unlink_file", "f");
	write(guest, 1, "after\n");
	guest.output.flush();
	assert.deepEqual(guest.shown.map(({ bytes }) => textOf(bytes)), ["before\n"]);
});

test("when its page ends the program and does what was gathered, what it prints isn't sent before that is done, and no later write is told as done", t => {
	freeze(t);
	globalThis.crossOriginIsolated = true;
	t.after(() => delete globalThis.crossOriginIsolated);
	const guest = start(makeDisk({}), { sharedOutput: true }), shared = new SharedArrayBuffer(BATCH_BYTES);
	guest.program.pipeline.share(new SharedBatch(shared, () => {}));
	const fd = open(guest, "f", { rights: WRITE, oflags: 9 });
	write(guest, fd, "early");
	guest.program.pipeline.release();
	assert.equal(readBatch(new SharedBatchTaker(shared).close().batch).calls[0].name, "fd_write");
	write(guest, 1, "after early\n");
	assert.throws(() => write(guest, fd, "late"), WebAssembly.RuntimeError);
	guest.output.flush();
	assert.deepEqual(guest.shown, []);
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

test("nothing follows proc_exit", t => {
	freeze(t);
	const guest = start(makeDisk({ f: "text" }));
	open(guest, "f");
	assert.throws(() => guest.call.proc_exit(0), WebAssembly.RuntimeError);
	assert.deepEqual(guest.asked.at(-1).calls.map(({ name }) => name), ["proc_exit"]);
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
