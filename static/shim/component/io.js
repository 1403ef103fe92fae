//# allFunctionsCalledOnLoad
/* wasi:io: streams, polls and errors, by calls of preview1. A stream of a file has an offset of its own (fd_pread, fd_pwrite); one that appends, and standard
 * streams, use fd_read and fd_write. */
import { ERRNO, errnoName } from "../base/errors.js";
import { toBytes } from "../base/codec.js";
import { wide } from "../base/fds.js";
import { RESULT, errorCode } from "./host.js";

const READ_MAX = 16 << 20; // of one read
const WRITE_MAX = 1 << 20; // what check-write allows
const ZEROES_MAX = 1 << 20;
const LAST_OPERATION_FAILED = 0, CLOSED = 1;
const SUBSCRIPTION = 48, EVENT = 32;
const CLOCK = 0, FD_READ = 1, FD_WRITE = 2, ABSTIME = 1, MONOTONIC = 1;

/** A failed operation of a stream. */
export class StreamError {
	constructor(errno) {
		this.errno = errno;
	}
}

/** What can be polled: a clock at ns, a descriptor for reading or writing; or it is always ready. */
export class Pollable {
	constructor(type, { ns = 0n, fd = 0 } = {}) {
		this.type = type; // null: always ready
		this.ns = ns;
		this.fd = fd;
	}

	static at(ns) {
		return new Pollable(CLOCK, { ns: BigInt.asUintN(64, ns) });
	}
}

/* of: what keeps the descriptor open meanwhile (filesystem.js), or null */
class Stream {
	constructor(fd, of = null, offset = null) {
		this.fd = fd;
		this.of = of;
		this.offset = offset;
		of?.hold();
	}

	drop(host) {
		return this.of?.release(host) ?? 0;
	}
}

export class InputStream extends Stream {}

export class OutputStream extends Stream {
	/** appends: each write goes to the file's end */
	constructor(fd, of = null, offset = null, appends = false) {
		super(fd, of, offset);
		this.appends = appends;
	}
}

/** key of interfaces.js -> (guest, ...i32) => result or MISS. One function for the whole kind: imports/index.js has the reason. */
export function ioFunctions(host) {
	const { calls, memory } = host;
	const most = (low, high, max) => (high !== 0 ? max : Math.min(low >>> 0, max));

	/* Stores err(stream-error) in a result whose payload begins at `payload`. */
	function fail(guest, at, payload, errno) {
		guest.view.setUint8(at, 1);
		guest.view.setUint8(at + payload, errno === null ? CLOSED : LAST_OPERATION_FAILED);
		if (errno !== null)
			guest.view.setUint32(at + payload + 4, host.add(new StreamError(errno)), true);
		return 0;
	}

	function succeed(guest, at) {
		guest.view.setUint8(at, 0);
		return 0;
	}

	/* Reads up to so many bytes; then(errno, bytes), which are the host's memory. */
	function read(stream, length, then) {
		const buffer = host.room(length);
		const iovec = host.iovec(buffer, length);
		const { offset } = stream;
		const begun = offset === null ? calls.fd_read(stream.fd, iovec, 1, RESULT.COUNT) : calls.fd_pread(stream.fd, iovec, 1, ...halves(offset), RESULT.COUNT);
		return host.after(begun, errno => {
			const count = errno === 0 ? memory.u32(RESULT.COUNT) : 0;
			if (offset !== null)
				stream.offset = wide(offset, count);
			return then(errno, memory.bytes.subarray(buffer, buffer + count));
		});
	}

	/* Where a read without waiting would have to wait, none is made. */
	function readNow(stream, length, then) {
		if (stream.offset !== null)
			return read(stream, length, then);
		return poll([new Pollable(FD_READ, { fd: stream.fd }), PASSED], ready => (ready.includes(0) ? read(stream, length, then) : then(0, null)));
	}

	/* Writes bytes of the host's memory, all of them; then(errno). */
	function write(stream, pointer, length, then) {
		if (length === 0)
			return then(0);
		return host.after(appending(stream), failed => {
			if (failed !== 0)
				return then(failed);
			const iovec = host.iovec(pointer, length);
			const begun = stream.offset === null ? calls.fd_write(stream.fd, iovec, 1, RESULT.COUNT)
				: calls.fd_pwrite(stream.fd, iovec, 1, ...halves(stream.offset), RESULT.COUNT);
			return host.after(begun, errno => {
				const count = errno === 0 ? memory.u32(RESULT.COUNT) : 0;
				if (errno !== 0 || count === 0)
					return then(errno === 0 ? ERRNO.IO : errno);
				if (stream.offset !== null)
					stream.offset = wide(stream.offset, count);
				return write(stream, pointer + count, length - count, then);
			});
		});
	}

	const appending = stream => stream.of?.appending(host, stream.appends) ?? 0;

	function readList(how) {
		return (guest, handle, low, high, to) => {
			const stream = host.get(handle, InputStream), at = guest.place(to, 12, 4), length = most(low, high, READ_MAX);
			return how(stream, length, (errno, bytes) => {
				if (errno !== 0 || bytes?.length === 0 && length > 0)
					return fail(guest, at, 4, errno === 0 ? null : errno);
				guest.setList(at + 4, bytes ?? new Uint8Array(0));
				return succeed(guest, at);
			});
		};
	}

	function skip(how) {
		return (guest, handle, low, high, to) => {
			const stream = host.get(handle, InputStream), at = guest.place(to, 16, 8), length = most(low, high, READ_MAX);
			return how(stream, length, (errno, bytes) => {
				if (errno !== 0 || bytes?.length === 0 && length > 0)
					return fail(guest, at, 8, errno === 0 ? null : errno);
				guest.view.setBigUint64(at + 8, BigInt(bytes?.length ?? 0), true);
				return succeed(guest, at);
			});
		};
	}

	/* result<_, stream-error> of a write */
	const done = (guest, at) => errno => (errno === 0 ? succeed(guest, at) : fail(guest, at, 4, errno));

	function writeList(guest, handle, pointer, length, to) {
		const stream = host.get(handle, OutputStream), at = guest.place(to, 12, 4), bytes = guest.bytes(pointer, length);
		const buffer = host.room(bytes.length);
		memory.write(buffer, bytes);
		return write(stream, buffer, bytes.length, done(guest, at));
	}

	function writeZeroes(guest, handle, low, high, to) {
		const stream = host.get(handle, OutputStream), at = guest.place(to, 12, 4);
		if (high !== 0 || low >>> 0 > ZEROES_MAX)
			throw new WebAssembly.RuntimeError("more bytes than check-write allows");
		const buffer = host.room(low >>> 0);
		memory.bytes.fill(0, buffer, buffer + (low >>> 0));
		return write(stream, buffer, low >>> 0, done(guest, at));
	}

	function splice(how) {
		return (guest, handle, from, low, high, to) => {
			const stream = host.get(handle, OutputStream), source = host.get(from, InputStream), at = guest.place(to, 16, 8);
			const length = most(low, high, WRITE_MAX);
			return how(source, length, (errno, bytes) => {
				if (errno !== 0 || bytes?.length === 0 && length > 0)
					return fail(guest, at, 8, errno === 0 ? null : errno);
				const count = bytes?.length ?? 0;
				return write(stream, bytes?.byteOffset ?? 0, count, failed => {
					if (failed !== 0)
						return fail(guest, at, 8, failed);
					guest.view.setBigUint64(at + 8, BigInt(count), true);
					return succeed(guest, at);
				});
			});
		};
	}

	/* Nothing is kept back here: what was written is on its way. */
	function flush(guest, handle, to) {
		host.get(handle, OutputStream);
		return succeed(guest, guest.place(to, 12, 4));
	}

	function checkWrite(guest, handle, to) {
		host.get(handle, OutputStream);
		const at = guest.place(to, 16, 8);
		guest.view.setBigUint64(at + 8, BigInt(WRITE_MAX), true);
		return succeed(guest, at);
	}

	/* ---- polls ---- */

	/* Waits until one of them is ready; then(indices). */
	function poll(pollables, then) {
		const ready = pollables.flatMap(({ type }, i) => (type === null ? [i] : []));
		if (ready.length > 0)
			return then(ready);
		const input = host.room(SUBSCRIPTION * pollables.length), output = host.room(EVENT * pollables.length);
		memory.bytes.fill(0, input, input + SUBSCRIPTION * pollables.length);
		pollables.forEach(({ type, ns, fd }, i) => {
			const at = input + SUBSCRIPTION * i;
			memory.setU32(at, i);
			memory.bytes[at + 8] = type;
			memory.setU32(at + 16, type === CLOCK ? MONOTONIC : fd);
			if (type === CLOCK) {
				memory.setU64(at + 24, ns);
				memory.setU16(at + 40, ABSTIME);
			}
		});
		return host.after(calls.poll_oneoff(input, output, pollables.length, RESULT.COUNT), errno => {
			if (errno !== 0)
				throw new WebAssembly.RuntimeError(`cannot poll: ${errnoName(errno)}`);
			return then(Array.from({ length: memory.u32(RESULT.COUNT) }, (_, i) => memory.u32(output + EVENT * i)));
		});
	}

	function pollList(guest, pointer, count, to) {
		const at = guest.place(to, 8, 4), list = guest.place(pointer, 4 * (count >>> 0), 4);
		if (count === 0)
			throw new WebAssembly.RuntimeError("a poll of nothing would never end");
		const pollables = Array.from({ length: count >>> 0 }, (_, i) => host.get(guest.view.getUint32(list + 4 * i, true), Pollable));
		return poll(pollables, ready => {
			const items = guest.allocate(4 * ready.length, 4);
			ready.forEach((index, i) => guest.view.setUint32(items + 4 * i, index, true));
			guest.view.setUint32(at, items, true);
			guest.view.setUint32(at + 4, ready.length, true);
			return 0;
		});
	}

	/* Files are always ready. */
	const subscribe = (kind, type) => (guest, handle) => {
		const { fd, offset, appends } = host.get(handle, kind);
		return host.add(offset === null && !appends ? new Pollable(type, { fd }) : new Pollable(null));
	};

	return {
		"[resource-drop]": (guest, handle) => host.drop(handle),

		"wasi:io/error#[method]error.to-debug-string"(guest, handle, to) {
			guest.setList(guest.place(to, 8, 4), toBytes(errnoName(host.get(handle, StreamError).errno)));
			return 0;
		},
		"wasi:filesystem/types#filesystem-error-code"(guest, handle, to) {
			const { errno } = host.get(handle, StreamError), at = guest.place(to, 2, 1);
			guest.view.setUint8(at, 1);
			guest.view.setUint8(at + 1, errorCode(errno));
			return 0;
		},

		"wasi:io/poll#poll": pollList,
		"wasi:io/poll#[method]pollable.block": (guest, handle) => poll([host.get(handle, Pollable)], () => 0),
		"wasi:io/poll#[method]pollable.ready": (guest, handle) => poll([host.get(handle, Pollable), PASSED], ready => (ready.includes(0) ? 1 : 0)),

		"wasi:io/streams#[method]input-stream.read": readList(readNow),
		"wasi:io/streams#[method]input-stream.blocking-read": readList(read),
		"wasi:io/streams#[method]input-stream.skip": skip(readNow),
		"wasi:io/streams#[method]input-stream.blocking-skip": skip(read),
		"wasi:io/streams#[method]input-stream.subscribe": subscribe(InputStream, FD_READ),

		"wasi:io/streams#[method]output-stream.check-write": checkWrite,
		"wasi:io/streams#[method]output-stream.write": writeList,
		"wasi:io/streams#[method]output-stream.blocking-write-and-flush": writeList,
		"wasi:io/streams#[method]output-stream.flush": flush,
		"wasi:io/streams#[method]output-stream.blocking-flush": flush,
		"wasi:io/streams#[method]output-stream.write-zeroes": writeZeroes,
		"wasi:io/streams#[method]output-stream.blocking-write-zeroes-and-flush": writeZeroes,
		"wasi:io/streams#[method]output-stream.splice": splice(readNow),
		"wasi:io/streams#[method]output-stream.blocking-splice": splice(read),
		"wasi:io/streams#[method]output-stream.subscribe": subscribe(OutputStream, FD_WRITE),
	};
}

/* A clock whose time has come: a poll with it doesn't wait. */
const PASSED = new Pollable(CLOCK);

/** The two halves of an offset, as preview1's imports take them. */
export function halves(offset) {
	return typeof offset === "number" ? [offset | 0, Math.floor(offset / 2 ** 32) | 0]
		: [Number(BigInt.asIntN(32, offset)), Number(BigInt.asIntN(32, offset >> 32n))];
}
