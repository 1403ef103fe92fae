/* What the imports do on the page's side: pointers, descriptors, offsets, local answers, several waits for one call. */
import assert from "node:assert/strict";
import { Writer } from "../../static/shim/base/codec.js";
import { ERRNO } from "../../static/shim/base/errors.js";
import { ALL_SIGNATURES as SIGNATURES } from "../../static/shim/base/signatures.js";
import { test } from "../testing.js";
import { fdstat, makeGuest, welcome } from "./guest.js";

const REGULAR = 4, RIGHTS = 2 | 4 | 32 | 64;
const bytesOf = text => new TextEncoder().encode(text);
const textOf = bytes => new TextDecoder().decode(bytes);

function words(...values) {
	const w = new Writer();
	for (const value of values)
		(typeof value === "bigint" ? w.u64(value) : value instanceof Uint8Array ? w.raw(value) : w.u32(value));
	return w.bytes.slice(0, w.at);
}

/* A server with one file of these bytes. */
function fileServer(content, log = []) {
	return ({ name, args }) => {
		log.push(name);
		switch (name) {
		case "path_open": return words(fdstat(REGULAR, RIGHTS), 1, 0);
		case "fd_read": return content.slice(Number(args[1]), Number(args[1]) + args[2]);
		case "fd_pread": return content.slice(Number(args[1]), Number(args[1]) + args[2]);
		case "fd_write": return words(args[2].length, args[1] + BigInt(args[2].length));
		case "fd_pwrite": return words(args[2].length);
		case "fd_seek": return words(BigInt(content.length) + args[2]);
		default: return 0;
		}
	};
}

/* One buffer of `length` bytes at 4096, described at 1024. */
function iovec(memory, length, at = 4096) {
	memory.setU32(1024, at);
	memory.setU32(1028, length);
	return [1024, 1];
}

function open(guest, path = "file") {
	guest.memory.write(2048, bytesOf(path));
	assert.equal(guest.call.path_open(3, 1, 2048, path.length, 0, BigInt(RIGHTS), 0n, 0, 512), 0);
	return guest.memory.u32(512);
}

for (const [name, letters] of Object.entries(SIGNATURES))
	if (letters.length > 1 && !["fd_renumber", "fd_allocate", "fd_advise", "fd_fdstat_set_flags", "fd_fdstat_set_rights", "fd_filestat_set_size",
		"fd_filestat_set_times", "sock_shutdown"].includes(name))
		test(`${name}: pointers out of the memory are FAULT and nothing is sent`, () => {
			const guest = makeGuest({ args: ["a"], env: ["b=c"] });
			const wild = Array.from(letters, letter => (letter === "I" ? 0n : -1));
			wild[0] = name.startsWith("fd") || name.startsWith("sock") || name.startsWith("path") && name !== "path_symlink" ? 3 : wild[0];
			assert.equal(guest.call[name](...wild), ERRNO.FAULT);
			assert.equal(guest.asked.length, 0);
		});

test("a pointer near the end of the memory is checked with its length", () => {
	const { call, memory, asked } = makeGuest();
	const end = memory.bytes.length;
	assert.equal(call.fd_filestat_get(3, end - 63), ERRNO.FAULT);
	assert.equal(call.clock_time_get(1, 0n, end - 7), ERRNO.FAULT);
	assert.equal(call.clock_time_get(1, 0n, end - 8), 0);
	memory.setU32(1024, end - 4);
	memory.setU32(1028, 5);
	assert.equal(call.fd_read(3, 1024, 1, 512), ERRNO.FAULT);
	memory.setU32(1024, 0xFFFFFFFF);
	memory.setU32(1028, 0xFFFFFFFF);
	assert.equal(call.fd_write(3, 1024, 1, 512), ERRNO.FAULT);
	assert.equal(asked.length, 0);
});

test("memory that grows while a call waits gets the answer", () => {
	const content = bytesOf("hello");
	let raw = null;
	const guest = makeGuest({ serve: call => {
		if (call.name === "fd_read")
			raw.grow(1);
		return fileServer(content)(call);
	} });
	raw = guest.raw;
	const fd = open(guest);
	assert.equal(guest.call.fd_read(fd, ...iovec(guest.memory, 100), 512), 0);
	const fresh = new Uint8Array(guest.raw.buffer);
	assert.equal(textOf(fresh.slice(4096, 4101)), "hello");
	assert.equal(new DataView(guest.raw.buffer).getUint32(512, true), 5);
});

test("an unknown descriptor is BADF and nothing is sent", () => {
	const { call, asked, memory } = makeGuest();
	iovec(memory, 10);
	for (const fd of [99, -31337, 0x7FFFFFFF]) {
		assert.equal(call.fd_write(fd, 1024, 1, 512), ERRNO.BADF);
		assert.equal(call.fd_close(fd), ERRNO.BADF);
		assert.equal(call.fd_seek(fd, 0n, 0, 512), ERRNO.BADF);
		assert.equal(call.fd_renumber(3, fd), ERRNO.BADF);
		assert.equal(call.fd_prestat_get(fd, 512), ERRNO.BADF);
	}
	assert.equal(asked.length, 0);
});

test("descriptors are the lowest that are free; slots come back with another generation", () => {
	const handles = [];
	const guest = makeGuest({ serve: call => {
		if (call.name === "path_open")
			handles.push(call.args[7]);
		return fileServer(new Uint8Array(0))(call);
	} });
	assert.deepEqual([open(guest), open(guest), open(guest)], [4, 5, 6]);
	assert.equal(guest.call.fd_close(5), 0);
	assert.equal(open(guest), 5);
	assert.equal(guest.call.fd_close(0), 0);
	assert.equal(open(guest), 0);
	assert.equal(new Set(handles).size, handles.length, "no handle twice");
	assert.deepEqual(handles.map(handle => handle & 0xFFFF), [4, 5, 6, 5, 7], "stdin's slot isn't used again");
	assert.equal(handles[3] >>> 16, 1);
});

test("an open that failed leaves no descriptor", () => {
	const guest = makeGuest({ serve: () => ERRNO.NOENT });
	guest.memory.write(2048, bytesOf("none"));
	assert.equal(guest.call.path_open(3, 0, 2048, 4, 0, 2n, 0n, 0, 512), ERRNO.NOENT);
	assert.equal(guest.call.fd_fdstat_get(4, 512), ERRNO.BADF);
});

test("fd_renumber moves the number and ends what was there (trap 58)", () => {
	const log = [];
	const guest = makeGuest({ serve: fileServer(new Uint8Array(0), log) });
	const [a, b] = [open(guest), open(guest)];
	assert.equal(guest.call.fd_renumber(a, b), 0);
	assert.equal(guest.call.fd_fdstat_get(a, 512), ERRNO.BADF);
	assert.equal(guest.call.fd_fdstat_get(b, 512), 0);
	assert.equal(guest.call.fd_renumber(b, b), 0);
	assert.equal(guest.call.fd_renumber(b, 127), ERRNO.BADF);
	assert.equal(guest.call.fd_renumber(b, -1), ERRNO.BADF);
	assert.equal(open(guest), a);
	assert.deepEqual(log.filter(name => name === "fd_renumber").length, 1);
});

test("the offset of a file is the page's: read on, seek, tell", () => {
	const guest = makeGuest({ serve: fileServer(bytesOf("0123456789")) });
	const { call, memory } = guest;
	const fd = open(guest);
	const read = length => {
		assert.equal(call.fd_read(fd, ...iovec(memory, length), 512), 0);
		return textOf(memory.read(4096, memory.u32(512)));
	};
	const before = guest.asked.length;
	assert.equal(read(4), "0123");
	assert.equal(read(4), "4567");
	assert.equal(call.fd_tell(fd, 512), 0);
	assert.equal(memory.u32(512), 8);
	assert.equal(read(4), "89");
	assert.equal(read(4), "");
	assert.equal(call.fd_seek(fd, -6n, 1, 512), 0);
	assert.equal(read(2), "45");
	assert.equal(call.fd_seek(fd, 1n, 0, 512), 0);
	assert.equal(read(1), "1");
	assert.equal(guest.asked.length - before, 6, "seek and tell sent nothing");
	assert.equal(call.fd_seek(fd, -3n, 2, 512), 0, "the end is the server's to know");
	assert.equal(read(5), "789");
});

test("seeking below 0 is INVAL, and 64 bits are exact (trap 42)", () => {
	const guest = makeGuest({ serve: fileServer(new Uint8Array(0)) });
	const fd = open(guest);
	assert.equal(guest.call.fd_seek(fd, -1n, 1, 512), ERRNO.INVAL);
	const far = 2n ** 62n + 12345n;
	assert.equal(guest.call.fd_seek(fd, far, 0, 512), 0);
	assert.equal(guest.memory.view.getBigUint64(512, true), far);
	assert.equal(guest.call.fd_seek(fd, 1n, 1, 512), 0);
	assert.equal(guest.call.fd_tell(fd, 512), 0);
	assert.equal(guest.memory.view.getBigUint64(512, true), far + 1n);
	assert.equal(guest.call.fd_seek(fd, 2n ** 61n, 1, 512), 0);
	assert.equal(guest.call.fd_seek(fd, 2n ** 62n, 1, 512), ERRNO.INVAL, "past the last offset there is");
});

test("a write larger than one call may carry is whole", () => {
	const parts = [];
	const guest = makeGuest({ bounds: { data: 1000 }, serve: call => {
		if (call.name === "fd_write")
			parts.push([Number(call.args[1]), call.args[2].length, call.args[2][0]]);
		return fileServer(new Uint8Array(0))(call);
	} });
	const fd = open(guest);
	guest.memory.bytes.subarray(4096, 4096 + 2500).forEach((_, i, all) => void (all[i] = i / 10));
	assert.equal(guest.call.fd_write(fd, ...iovec(guest.memory, 2500), 512), 0);
	assert.equal(guest.memory.u32(512), 2500);
	assert.deepEqual(parts, [[0, 1000, 0], [1000, 1000, 100], [2000, 500, 200]]);
	assert.equal(guest.program.waited, 2, "one call of the program that waited, beside the open");
});

test("several buffers are filled and emptied in order", () => {
	const got = [];
	const guest = makeGuest({ serve: call => {
		if (call.name === "fd_write")
			got.push(textOf(call.args[2]));
		return fileServer(bytesOf("abcdefgh"))(call);
	} });
	const fd = open(guest);
	const { memory, call } = guest;
	[[4096, 3], [5000, 0], [6000, 2], [7000, 10]].forEach(([at, length], i) => {
		memory.setU32(1024 + 8 * i, at);
		memory.setU32(1028 + 8 * i, length);
	});
	assert.equal(call.fd_read(fd, 1024, 4, 512), 0);
	assert.equal(textOf(memory.read(4096, 3)) + textOf(memory.read(6000, 2)) + textOf(memory.read(7000, 3)), "abcdefgh");
	memory.setU32(1024 + 8 * 3 + 4, 3);
	assert.equal(call.fd_write(fd, 1024, 4, 512), 0);
	assert.deepEqual(got, ["abcdefgh"]);
});

globalThis.crossOriginIsolated = true;

test("stdout and stderr go to the page in order and cost no wait", () => {
	const guest = makeGuest({ sharedOutput: true });
	const write = (fd, text) => {
		guest.memory.write(4096, bytesOf(text));
		assert.equal(guest.call.fd_write(fd, ...iovec(guest.memory, text.length), 512), 0);
	};
	for (let i = 0; i < 100; i++)
		write(1 + i % 2, `${i},`);
	guest.output.flush();
	const streams = guest.shown.flatMap(({ stream, bytes }) => textOf(bytes).split(",").filter(Boolean).map(n => [Number(n), stream]));
	assert.deepEqual(streams, Array.from({ length: 100 }, (_, i) => [i, i % 2 ? "stderr" : "stdout"]));
	assert.equal(guest.asked.length, 0);
	assert.ok(guest.messages.length < 100, "gathered");
});

test("output that is inherited, and all output in trap, is the server's to take", () => {
	const guest = makeGuest({ flags: 128, serve: ({ args }) => words(args[2].length, 0n) });
	guest.memory.write(4096, bytesOf("hi"));
	assert.equal(guest.call.fd_write(1, ...iovec(guest.memory, 2), 512), 0);
	assert.equal(guest.asked.length, 1);
	assert.equal(guest.shown.length, 0);
	const trap = makeGuest({ coherence: "trap", serve: ({ args }) => words(args[2].length - 1, 0n) });
	trap.memory.write(4096, bytesOf("hi"));
	assert.equal(trap.call.fd_write(1, ...iovec(trap.memory, 2), 512), 0);
	trap.output.flush();
	assert.equal(trap.memory.u32(512), 1, "the server's answer counts");
	assert.deepEqual(trap.shown.map(({ bytes }) => textOf(bytes)), ["h"]);
});

test("stdin's first bytes are read here, what follows and polls say how many were taken", () => {
	const guest = makeGuest({ stdin: { bytes: bytesOf("abcdef"), eof: false }, serve: ({ name }) =>
		(name === "fd_read" ? bytesOf("gh") : name === "poll_oneoff" ? new Uint8Array(32) : 0) });
	const read = length => {
		assert.equal(guest.call.fd_read(0, ...iovec(guest.memory, length), 512), 0);
		return textOf(guest.memory.read(4096, guest.memory.u32(512)));
	};
	assert.equal(read(4), "abcd");
	assert.equal(guest.asked.length, 0);
	guest.memory.bytes.fill(0, 8192, 8240);
	guest.memory.bytes[8200] = 1; // fd_read, descriptor 0
	assert.equal(guest.call.poll_oneoff(8192, 9000, 1, 512), 0);
	assert.deepEqual(guest.asked[0].calls.map(({ name, flags }) => [name, flags]), [["stdin_skip", 1], ["poll_oneoff", 0]]);
	assert.equal(guest.asked[0].calls[0].args[0], 4n);
	assert.equal(read(4), "ef");
	assert.equal(read(4), "gh");
	assert.deepEqual(guest.asked[1].calls[0].args, [0, 6n, 4]);
});

test("stdin that is at its end is answered here", () => {
	const guest = makeGuest({ stdin: { bytes: bytesOf("x"), eof: true } });
	assert.equal(guest.call.fd_read(0, ...iovec(guest.memory, 4), 512), 0);
	assert.equal(guest.memory.u32(512), 1);
	assert.equal(guest.call.fd_read(0, ...iovec(guest.memory, 4), 512), 0);
	assert.equal(guest.memory.u32(512), 0);
	assert.equal(guest.asked.length, 0);
});

test("arguments and environment survive byte by byte; sizes are bytes with NULs (trap 69)", () => {
	const args = ["prog", "a \"b\"\n", "käse"];
	const { call, memory, asked } = makeGuest({ args, env: ["K=v w"] });
	assert.equal(call.args_sizes_get(512, 516), 0);
	const [count, size] = [memory.u32(512), memory.u32(516)];
	assert.equal(count, 3);
	assert.equal(size, Buffer.from(`${args.join("\0")}\0`).length);
	assert.equal(call.args_get(1024, 4096), 0);
	assert.equal(textOf(memory.read(4096, size)), `${args.join("\0")}\0`);
	assert.deepEqual(args.map((arg, i) => textOf(memory.read(memory.u32(1024 + 4 * i), bytesOf(arg).length))), args);
	assert.equal(call.environ_sizes_get(512, 516), 0);
	assert.deepEqual([memory.u32(512), memory.u32(516)], [1, 6]);
	assert.equal(asked.length, 0);
});

test("preopens: BADF ends the scan, a short buffer is NAMETOOLONG (trap 56)", () => {
	const { call, memory } = makeGuest();
	assert.equal(call.fd_prestat_get(3, 512), 0);
	assert.deepEqual([memory.bytes[512], memory.u32(516)], [0, 1]);
	assert.equal(call.fd_prestat_dir_name(3, 600, 0), ERRNO.NAMETOOLONG);
	memory.bytes.fill(7, 600, 610);
	assert.equal(call.fd_prestat_dir_name(3, 600, 5), 0);
	assert.deepEqual([...memory.read(600, 2)], [0x2f, 7], "no NUL, tail untouched");
	assert.equal(call.fd_prestat_get(0, 512), ERRNO.BADF);
	assert.equal(call.fd_prestat_get(4, 512), ERRNO.BADF);
});

test("clocks: unknown ones INVAL, CPU clocks BADF (trap 66)", () => {
	const { call, memory } = makeGuest();
	assert.equal(call.clock_time_get(2, 0n, 512), ERRNO.BADF);
	assert.equal(call.clock_time_get(3, 0n, 512), ERRNO.BADF);
	assert.equal(call.clock_time_get(4, 0n, 512), ERRNO.INVAL);
	assert.equal(call.clock_res_get(-1, 512), ERRNO.INVAL);
	assert.equal(call.clock_time_get(0, 0n, 512), 0);
	const shown = memory.view.getBigUint64(512, true) - welcome.realtime;
	assert.ok(shown >= 0n && shown < 60_000_000_000n, `${shown} ns after the welcome`);
});

test("random bytes fill any length and differ (trap 67)", () => {
	const { call, memory } = makeGuest();
	assert.equal(call.random_get(4096, 0), 0);
	assert.equal(call.random_get(4096, 200_000), 0);
	const bytes = memory.read(4096, 200_000);
	for (let at = 0; at < bytes.length; at += 20_000) {
		const seen = new Set(bytes.subarray(at, at + 20_000));
		assert.equal(seen.size, 256, "20,000 random bytes hold every value");
	}
});

function clockSubscription(memory, i, { userdata = 7n, id = 1, timeout, flags = 0 }) {
	const at = 8192 + 48 * i;
	memory.bytes.fill(0, at, at + 48);
	memory.view.setBigUint64(at, userdata, true);
	memory.setU32(at + 16, id);
	memory.view.setBigUint64(at + 24, timeout, true);
	memory.setU16(at + 40, flags);
}

test("waiting for clocks is done here, and only those that are due are reported (traps 61 to 64)", () => {
	const { call, memory, asked, slept } = makeGuest();
	assert.equal(call.poll_oneoff(8192, 9000, 0, 512), ERRNO.INVAL);
	clockSubscription(memory, 0, { userdata: 1n, timeout: 5_000_000n });
	clockSubscription(memory, 1, { userdata: 2n, timeout: 900_000_000_000n, id: 0 });
	assert.equal(call.poll_oneoff(8192, 9000, 2, 512), 0);
	assert.deepEqual(slept, [5]);
	assert.equal(memory.u32(512), 1);
	assert.equal(memory.view.getBigUint64(9000, true), 1n);
	assert.deepEqual([...memory.read(9008, 8)], [0, 0, 0, 0, 0, 0, 0, 0]);
	clockSubscription(memory, 0, { timeout: 0n });
	assert.equal(call.poll_oneoff(8192, 9000, 1, 512), 0);
	clockSubscription(memory, 0, { timeout: 1n, flags: 1, id: 0 }); // absolute, long ago
	assert.equal(call.poll_oneoff(8192, 9000, 1, 512), 0);
	assert.equal(memory.u32(512), 1);
	assert.equal(slept.length, 1, "what is due doesn't sleep");
	clockSubscription(memory, 0, { timeout: 2n ** 64n - 1n });
	assert.equal(call.poll_oneoff(8192, 9000, 1, 512), 0);
	assert.ok(slept[1] > 1e12, "the longest sleep isn't a short one");
	assert.equal(asked.length, 0);
});

test("a poll with a bad descriptor is BADF as a call (trap 61)", () => {
	const { call, memory, asked } = makeGuest();
	memory.bytes.fill(0, 8192, 8240);
	memory.bytes[8200] = 2;
	memory.setU32(8192 + 16, 77);
	assert.equal(call.poll_oneoff(8192, 9000, 1, 512), ERRNO.BADF);
	assert.equal(asked.length, 0);
});

test("a listing buffer larger than one answer is filled by several", () => {
	const names = Array.from({ length: 50 }, (_, i) => `entry-${i}`);
	const records = names.map((name, i) => words(BigInt(i + 1), BigInt(100 + i), name.length, 4, bytesOf(name)));
	const guest = makeGuest({ bounds: { data: 256 }, serve: ({ args: [, cookie, most] }) => {
		const all = Buffer.concat(records.slice(Number(cookie)));
		return new Uint8Array(all.subarray(0, most));
	} });
	assert.equal(guest.call.fd_readdir(3, 4096, 60_000, 0n, 512), 0);
	assert.equal(Buffer.compare(guest.memory.read(4096, guest.memory.u32(512)), Buffer.concat(records)), 0);
	assert.ok(guest.asked.length > 5);
});

test("proc_exit ends the program by a trap, with its code kept", () => {
	const guest = makeGuest();
	assert.throws(() => guest.call.proc_exit(33), WebAssembly.RuntimeError);
	assert.deepEqual(guest.program.exited, { code: 33 });
	assert.deepEqual(guest.asked[0].calls.map(({ name, args }) => [name, args[0]]), [["proc_exit", 33]]);
	assert.equal(guest.asked[0].wait, true);
});

test("proc_raise ends the program with 128 + signal; an unknown signal returns", () => {
	const guest = makeGuest();
	assert.throws(() => guest.call.proc_raise(15), WebAssembly.RuntimeError);
	assert.deepEqual(guest.program.exited, { code: 143 });
	const refused = makeGuest({ serve: () => ERRNO.INVAL });
	assert.equal(refused.call.proc_raise(99), ERRNO.INVAL);
	assert.equal(refused.program.exited, null);
});

test("in trap every call goes to the server and its answer counts", () => {
	const asked = [];
	const guest = makeGuest({ coherence: "trap", args: ["x"], serve: ({ name, args }) => {
		asked.push(name);
		switch (name) {
		case "clock_time_get": return words(42n);
		case "args_sizes_get": return words(2, 6);
		case "args_get": return bytesOf("a\0bcd\0");
		case "fd_prestat_get": return words(0, 5);
		case "random_get": return new Uint8Array(args[0]).fill(9);
		case "fd_fdstat_get": return fdstat(3, 1);
		case "fd_tell": return words(args[1] + 1n);
		default: return 0;
		}
	} });
	const { call, memory } = guest;
	assert.equal(call.clock_time_get(1, 0n, 512), 0);
	assert.equal(memory.view.getBigUint64(512, true), 42n);
	assert.equal(call.args_sizes_get(512, 516), 0);
	assert.deepEqual([memory.u32(512), memory.u32(516)], [2, 6]);
	assert.equal(call.args_get(1024, 4096), 0);
	assert.deepEqual([memory.u32(1024), memory.u32(1028)], [4096, 4098]);
	assert.equal(call.fd_prestat_get(3, 512), 0);
	assert.equal(memory.u32(516), 5);
	assert.equal(call.random_get(4096, 10), 0);
	assert.equal(memory.bytes[4105], 9);
	assert.equal(call.sched_yield(), 0);
	assert.equal(call.fd_fdstat_get(3, 512), 0);
	assert.equal(call.fd_tell(3, 512), 0);
	assert.equal(memory.u32(512), 1);
	assert.deepEqual(asked, ["clock_time_get", "args_sizes_get", "args_get", "fd_prestat_get", "random_get", "sched_yield", "fd_fdstat_get", "fd_tell"]);
	assert.equal(guest.program.stats().roundTrips, 8);
	assert.equal(guest.program.stats().local, 0);
});

test("counters: calls, those answered here, waits, by name", () => {
	const guest = makeGuest({ serve: fileServer(bytesOf("abc")) });
	const fd = open(guest);
	for (let i = 0; i < 10; i++)
		guest.call.clock_time_get(1, 0n, 512);
	guest.call.fd_read(fd, ...iovec(guest.memory, 3), 512);
	const stats = guest.program.stats();
	assert.deepEqual(stats.byName, { clock_time_get: 10, fd_read: 1, path_open: 1 });
	assert.deepEqual([stats.syscalls, stats.local, stats.roundTrips, stats.messages], [12, 10, 2, 2]);
	assert.equal(stats.bytesSent, 8 + 8 + 8 + 44 + 8 + 8 + 8 + 16);
});

test("a gateway that is lost ends the program in a trap and names the write", () => {
	const guest = makeGuest({ serve: (call, program) => {
		if (call.name === "fd_write")
			program.pipeline.lose(new Error("gone"));
		return fileServer(new Uint8Array(0))(call);
	} });
	const fd = open(guest, "log.txt");
	assert.throws(() => guest.call.fd_write(fd, ...iovec(guest.memory, 9), 512), WebAssembly.RuntimeError);
	assert.equal(guest.program.exited, null);
	assert.equal(guest.program.pipeline.lost.message, "gone");
});

for (const coherence of ["strict", "default"])
	test(`a read larger than one answer may be is whole, and no end is seen where there is none (${coherence})`, () => {
		const content = Uint8Array.from({ length: 6000 }, (_, i) => i * 7);
		const stat = new Uint8Array(64);
		stat[16] = REGULAR;
		const serve = fileServer(content);
		const guest = makeGuest({ coherence, bounds: { data: 1000 }, serve: call => {
			if (call.name === "path_open")
				return words(fdstat(REGULAR, RIGHTS), 3, 0);
			return call.name === "fd_filestat_get" ? stat : serve(call);
		} });
		const fd = open(guest);
		const { memory, call } = guest;
		assert.equal(call.fd_read(fd, ...iovec(memory, 2500), 512), 0);
		assert.equal(memory.u32(512), 2500);
		assert.deepEqual(memory.read(4096, 2500), content.slice(0, 2500));
		assert.equal(call.fd_pread(fd, ...iovec(memory, 9000), 100n, 512), 0);
		assert.equal(memory.u32(512), 5900);
		assert.deepEqual(memory.read(4096, 5900), content.slice(100));
		assert.equal(call.fd_read(fd, ...iovec(memory, 5000), 512), 0);
		assert.equal(memory.u32(512), 3500);
		assert.deepEqual(memory.read(4096, 3500), content.slice(2500));
	});
