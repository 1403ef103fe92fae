//# allFunctionsCalledOnLoad
/* wasi:io's streams. A stream of a file has an offset of its own (fd_pread, fd_pwrite); one that appends, and standard streams, use fd_read and fd_write; a
 * socket's never waits by itself (its descriptor has NONBLOCK). What a stream's function gives goes to `then`: the errno (CLOSED: it has ended), and bytes. */
import { ERRNO } from "../base/errors.js";
import { wide } from "../base/fds.js";
import { concatenate } from "../base/output.js";
import { RESULT } from "./host.js";
import { FD_READ, FD_WRITE, Pollable, READY, poll, pollNow } from "./poll.js";

/** In an errno's place: the stream is closed. */
export const CLOSED = null;
/** What check-write allows where nothing is in the way. */
export const WRITE_MAX = 1 << 20;
const RECEIVE_MAX = 256 << 10; // of one read of a socket
const SEND_MAX = 64 << 10; // of one call: what the kernel doesn't take has travelled for nothing
const RECV_WAITS = 1 << 16; // sock_recv's flag: waits although the descriptor has NONBLOCK
const NOTHING = new Uint8Array(0);

/** A failed operation of a stream. code: of an HTTP body, why (http-errors.js). */
export class StreamError {
	constructor(errno, code = null) {
		this.errno = errno;
		this.code = code;
	}
}

/* of: what keeps the descriptor open meanwhile (descriptor.js), or null */
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

export class InputStream extends Stream {
	/** Reads up to so many bytes, at least one: then(errno, bytes), which are the host's memory. */
	read(host, length, then) {
		if (this.offset === null && host.unsent.size > 0)
			return poll(host, [this.waitsFor()], () => this.#readNext(host, length, then));
		return this.#readNext(host, length, then);
	}

	#readNext(host, length, then) {
		const { calls, memory } = host, { offset } = this;
		const buffer = host.room(length), iovec = host.iovec(buffer, length);
		const begun = offset === null ? calls.fd_read(this.fd, iovec, 1, RESULT.COUNT) : calls.fd_pread(this.fd, iovec, 1, ...halves(offset), RESULT.COUNT);
		return host.after(begun, errno => {
			const count = errno === 0 ? memory.u32(RESULT.COUNT) : 0;
			if (offset !== null)
				this.offset = wide(offset, count);
			return then(errno === 0 && count === 0 && length > 0 ? CLOSED : errno, memory.bytes.subarray(buffer, buffer + count));
		});
	}

	/** The same without waiting for others: perhaps no bytes. */
	readNow(host, length, then) {
		if (this.offset !== null)
			return this.read(host, length, then);
		return pollNow(host, this.waitsFor(), isReady => (isReady ? this.read(host, length, then) : then(0, NOTHING)));
	}

	/* Files are always ready. */
	waitsFor() {
		return this.offset === null ? new Pollable(FD_READ, { fd: this.fd }) : READY;
	}
}

export class OutputStream extends Stream {
	/** appends: each write goes to the file's end */
	constructor(fd, of = null, offset = null, appends = false) {
		super(fd, of, offset);
		this.appends = appends;
	}

	/** Writes bytes of the host's memory, all of them: then(errno). */
	write(host, pointer, length, then) {
		if (length === 0)
			return then(0);
		const { calls, memory } = host;
		return host.after(this.of?.appending(host, this.appends) ?? 0, failed => {
			if (failed !== 0)
				return then(failed);
			const iovec = host.iovec(pointer, length);
			const begun = this.offset === null ? calls.fd_write(this.fd, iovec, 1, RESULT.COUNT)
				: calls.fd_pwrite(this.fd, iovec, 1, ...halves(this.offset), RESULT.COUNT);
			return host.after(begun, errno => {
				const count = errno === 0 ? memory.u32(RESULT.COUNT) : 0;
				if (errno !== 0 || count === 0)
					return then(errno === 0 ? ERRNO.IO : errno);
				if (this.offset !== null)
					this.offset = wide(this.offset, count);
				return this.write(host, pointer + count, length - count, then);
			});
		});
	}

	/** How much may be written without waiting: then(errno, bytes). */
	room(host, then) {
		return then(0, WRITE_MAX);
	}

	/** Waits until all that was written is on its way: then(errno). Nothing is kept back here. */
	flush(host, then) {
		return then(0);
	}

	waitsFor() {
		return this.offset === null && !this.appends ? new Pollable(FD_WRITE, { fd: this.fd }) : READY;
	}
}

/** What comes from a socket. */
export class SocketInput extends InputStream {
	#isOver = false;

	readNow(host, length, then) {
		return this.#receive(host, length, 0, then);
	}

	#receive(host, length, flags, then) {
		if (this.#isOver)
			return then(CLOSED, NOTHING);
		if (length === 0)
			return then(0, NOTHING);
		const { memory } = host, most = Math.min(length, RECEIVE_MAX), buffer = host.room(most);
		return host.after(host.calls.sock_recv(this.fd, host.iovec(buffer, most), 1, flags, RESULT.COUNT, RESULT.SECOND), errno => {
			if (errno === ERRNO.AGAIN)
				return then(0, NOTHING);
			const count = errno === 0 ? memory.u32(RESULT.COUNT) : 0;
			this.#isOver = count === 0;
			return then(errno === 0 && count === 0 ? CLOSED : errno, memory.bytes.subarray(buffer, buffer + count));
		});
	}

	read(host, length, then) {
		if (host.park === null && host.unsent.size === 0) // nothing else may go on meanwhile
			return this.#receive(host, length, RECV_WAITS, then);
		return this.readNow(host, length, (errno, bytes) => (errno !== 0 || bytes.length > 0 || length === 0 ? then(errno, bytes)
			: poll(host, [this.waitsFor()], () => this.read(host, length, then))));
	}

	waitsFor() {
		return this.#isOver ? READY : super.waitsFor();
	}
}

/** What goes to a socket. What the kernel doesn't take at once is kept, and nothing more is allowed until it has left. */
export class SocketOutput extends OutputStream {
	#kept = NOTHING;
	#isOver = false;
	#untold = 0; // an error of what was kept

	write(host, pointer, length, then) {
		if (this.#kept.length === 0)
			return this.#send(host, pointer, length, then);
		this.keep(host, host.memory.bytes.subarray(pointer, pointer + length)); // what is in the host's memory doesn't outlast a wait
		return this.flush(host, then);
	}

	/** Keeps these behind what is kept. */
	keep(host, bytes) {
		this.#keep(host, concatenate([this.#kept, bytes]));
	}

	get keptLength() {
		return this.#kept.length;
	}

	/** Sends what the kernel takes of what is kept: then(errno). */
	push(host, then) {
		return this.#sendKept(host, then);
	}

	/* Sends what the kernel takes, and keeps the rest. */
	#send(host, pointer, length, then) {
		if (this.#isOver)
			return then(this.#over());
		if (length === 0) {
			this.#keep(host, NOTHING);
			return then(0);
		}
		const { memory } = host;
		return host.after(host.calls.sock_send(this.fd, host.iovec(pointer, Math.min(length, SEND_MAX)), 1, 0, RESULT.COUNT), errno => {
			if (errno === ERRNO.AGAIN) {
				this.#keep(host, memory.bytes.slice(pointer, pointer + length));
				return then(0);
			}
			if (errno !== 0) {
				this.#isOver = true;
				this.#keep(host, NOTHING);
				return then(errno);
			}
			const count = memory.u32(RESULT.COUNT);
			return this.#send(host, pointer + count, length - count, then);
		});
	}

	#keep(host, bytes) {
		this.#kept = bytes;
		host.unsent[bytes.length > 0 ? "add" : "delete"](this);
	}

	/* Why there is no more writing: an error once, then that it is closed. */
	#over() {
		const errno = this.#untold;
		this.#untold = 0;
		return errno === 0 ? CLOSED : errno;
	}

	#sendKept(host, then) {
		const kept = this.#kept;
		if (kept.length === 0)
			return then(this.#isOver ? this.#over() : 0);
		const buffer = host.room(kept.length);
		host.memory.write(buffer, kept);
		return this.#send(host, buffer, kept.length, then);
	}

	room(host, then) {
		return this.#sendKept(host, errno => then(errno, this.#kept.length > 0 ? 0 : WRITE_MAX));
	}

	flush(host, then) {
		return this.#sendKept(host, errno => (errno !== 0 || this.#kept.length === 0 ? then(errno)
			: poll(host, [new Pollable(FD_WRITE, { fd: this.fd })], () => this.flush(host, then))));
	}

	waitsFor() {
		return this.#kept.length === 0 ? READY : new Pollable(FD_WRITE, { fd: this.fd });
	}

	/** An error is told by the next call. */
	advance(host) {
		return this.#sendKept(host, errno => {
			this.#untold = errno ?? 0;
			return 0;
		});
	}

	/** What was written is sent before. */
	drop(host) {
		return host.after(this.flush(host, () => 0), () => super.drop(host));
	}
}

/** Writes bytes that aren't in the host's memory: then(errno). */
export function writeBytes(host, stream, bytes, then) {
	const at = host.room(bytes.length);
	host.memory.write(at, bytes);
	return stream.write(host, at, bytes.length, then);
}

/** The two halves of an offset, as preview1's imports take them. */
export function halves(offset) {
	return typeof offset === "number" ? [offset | 0, Math.floor(offset / 2 ** 32) | 0]
		: [Number(BigInt.asIntN(32, offset)), Number(BigInt.asIntN(32, offset >> 32n))];
}
