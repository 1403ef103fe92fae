//# allFunctionsCalledOnLoad
/* wasi:io's functions: streams (streams.js), polls (poll.js) and errors. */
import { toBytes } from "../base/codec.js";
import { errnoName } from "../base/errors.js";
import { errorCode } from "./host.js";
import { Pollable, poll, pollNow } from "./poll.js";
import { CLOSED, InputStream, OutputStream, StreamError, WRITE_MAX } from "./streams.js";

const READ_MAX = 16 << 20; // of one read
const ZEROES_MAX = WRITE_MAX;
const LAST_OPERATION_FAILED = 0, STREAM_CLOSED = 1;

/** key of interfaces.js -> (guest, ...i32) => result or MISS. One function for the whole kind: imports/index.js has the reason. */
export function ioFunctions(host) {
	const { calls, memory } = host;
	const most = (low, high, max) => (high !== 0 ? max : Math.min(low >>> 0, max));

	/* Stores err(stream-error) in a result whose payload begins at `payload`. */
	function fail(guest, at, payload, errno) {
		guest.view.setUint8(at, 1);
		guest.view.setUint8(at + payload, errno === CLOSED ? STREAM_CLOSED : LAST_OPERATION_FAILED);
		if (errno !== CLOSED)
			guest.view.setUint32(at + payload + 4, host.add(errno instanceof StreamError ? errno : new StreamError(errno)), true);
		return 0;
	}

	function succeed(guest, at) {
		guest.view.setUint8(at, 0);
		return 0;
	}

	/* result<u64, stream-error> */
	function giveCount(guest, at, errno, count) {
		if (errno !== 0)
			return fail(guest, at, 8, errno);
		guest.view.setBigUint64(at + 8, BigInt(count), true);
		return succeed(guest, at);
	}

	/* how: "read" or "readNow" */
	function readList(how) {
		return (guest, handle, low, high, to) => {
			const stream = host.get(handle, InputStream), at = guest.place(to, 12, 4);
			return stream[how](host, most(low, high, READ_MAX), (errno, bytes) => {
				if (errno !== 0)
					return fail(guest, at, 4, errno);
				guest.setList(at + 4, bytes);
				return succeed(guest, at);
			});
		};
	}

	function skip(how) {
		return (guest, handle, low, high, to) => {
			const stream = host.get(handle, InputStream), at = guest.place(to, 16, 8);
			return stream[how](host, most(low, high, READ_MAX), (errno, bytes) => giveCount(guest, at, errno, bytes?.length ?? 0));
		};
	}

	/* Writes, and flushes what `blocking-` functions have written; then result<_, stream-error>. */
	function write(guest, to, stream, pointer, length, flushes) {
		const at = guest.place(to, 12, 4);
		const done = errno => (errno === 0 ? succeed(guest, at) : fail(guest, at, 4, errno));
		return stream.write(host, pointer, length, errno => (errno === 0 && flushes ? stream.flush(host, done) : done(errno)));
	}

	const writeList = flushes => (guest, handle, pointer, length, to) => {
		const stream = host.get(handle, OutputStream), bytes = guest.bytes(pointer, length);
		const buffer = host.room(bytes.length);
		memory.write(buffer, bytes);
		return write(guest, to, stream, buffer, bytes.length, flushes);
	};

	const writeZeroes = flushes => (guest, handle, low, high, to) => {
		const stream = host.get(handle, OutputStream);
		if (high !== 0 || low >>> 0 > ZEROES_MAX)
			throw new WebAssembly.RuntimeError("more bytes than check-write allows");
		const buffer = host.room(low >>> 0);
		memory.bytes.fill(0, buffer, buffer + (low >>> 0));
		return write(guest, to, stream, buffer, low >>> 0, flushes);
	};

	/* What may be written now: then(errno, bytes); waits: until it is something */
	function roomOf(stream, waits, then) {
		return stream.room(host, (errno, bytes) => (errno === 0 && bytes === 0 && waits
			? poll(host, [Pollable.of(stream)], () => roomOf(stream, waits, then)) : then(errno, bytes)));
	}

	function splice(how) {
		return (guest, handle, from, low, high, to) => {
			const stream = host.get(handle, OutputStream), source = host.get(from, InputStream), at = guest.place(to, 16, 8);
			return roomOf(stream, how === "read", (closed, room) => (closed !== 0 || room === 0 ? giveCount(guest, at, closed, 0)
				: source[how](host, most(low, high, room), (errno, bytes) => (errno !== 0 || bytes.length === 0 ? giveCount(guest, at, errno, 0)
					: stream.write(host, copied(bytes), bytes.length, failed => giveCount(guest, at, failed, bytes.length))))));
		};
	}

	/* Bytes in the host's memory, which they may be in already. */
	function copied(bytes) {
		if (bytes.buffer === memory.bytes.buffer)
			return bytes.byteOffset;
		const buffer = host.room(bytes.length);
		memory.write(buffer, bytes);
		return buffer;
	}

	/* waits: until all is on its way. Else it has been begun when it was written. */
	const flush = waits => (guest, handle, to) => {
		const stream = host.get(handle, OutputStream), at = guest.place(to, 12, 4);
		const done = errno => (errno === 0 ? succeed(guest, at) : fail(guest, at, 4, errno));
		return waits ? stream.flush(host, done) : stream.room(host, done);
	};

	function checkWrite(guest, handle, to) {
		const stream = host.get(handle, OutputStream), at = guest.place(to, 16, 8);
		return stream.room(host, (errno, bytes) => giveCount(guest, at, errno, bytes));
	}

	function pollList(guest, pointer, count, to) {
		const at = guest.place(to, 8, 4), list = guest.place(pointer, 4 * (count >>> 0), 4);
		if (count === 0)
			throw new WebAssembly.RuntimeError("a poll of nothing would never end");
		const pollables = Array.from({ length: count >>> 0 }, (_, i) => host.get(guest.view.getUint32(list + 4 * i, true), Pollable));
		return poll(host, pollables, ready => {
			const items = guest.allocate(4 * ready.length, 4);
			ready.forEach((index, i) => guest.view.setUint32(items + 4 * i, index, true));
			guest.view.setUint32(at, items, true);
			guest.view.setUint32(at + 4, ready.length, true);
			return 0;
		});
	}

	const subscribe = kind => (guest, handle) => host.add(Pollable.of(host.get(handle, kind)));

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
		"wasi:io/poll#[method]pollable.block": (guest, handle) => poll(host, [host.get(handle, Pollable)], () => 0),
		"wasi:io/poll#[method]pollable.ready": (guest, handle) => pollNow(host, host.get(handle, Pollable), isReady => (isReady ? 1 : 0)),

		"wasi:io/streams#[method]input-stream.read": readList("readNow"),
		"wasi:io/streams#[method]input-stream.blocking-read": readList("read"),
		"wasi:io/streams#[method]input-stream.skip": skip("readNow"),
		"wasi:io/streams#[method]input-stream.blocking-skip": skip("read"),
		"wasi:io/streams#[method]input-stream.subscribe": subscribe(InputStream),

		"wasi:io/streams#[method]output-stream.check-write": checkWrite,
		"wasi:io/streams#[method]output-stream.write": writeList(false),
		"wasi:io/streams#[method]output-stream.blocking-write-and-flush": writeList(true),
		"wasi:io/streams#[method]output-stream.flush": flush(false),
		"wasi:io/streams#[method]output-stream.blocking-flush": flush(true),
		"wasi:io/streams#[method]output-stream.write-zeroes": writeZeroes(false),
		"wasi:io/streams#[method]output-stream.blocking-write-zeroes-and-flush": writeZeroes(true),
		"wasi:io/streams#[method]output-stream.splice": splice("readNow"),
		"wasi:io/streams#[method]output-stream.blocking-splice": splice("read"),
		"wasi:io/streams#[method]output-stream.subscribe": subscribe(OutputStream),
	};
}
