//# allFunctionsCalledOnLoad
/* Sends on connected stream sockets that the program needn't wait for: they are gathered in the outgoing batch, small ones that follow each other as one
 * call, and leave as writebehind.js's writes do. A failure is the errno of the next call on that socket. What the gateway may not have sent yet is waited
 * for before the socket ends, or the program. Leaves to others: when what is gathered leaves (writebehind.js), all other calls (imports/). */
import { CALL, SKIPPED } from "../base/codec.js";
import { errnoName } from "../base/errors.js";
import { FDFLAGS, FILETYPE, RIGHT } from "../base/fds.js";
import { NUMBERS } from "../base/syscalls.js";

const SEND_BYTES = 32 << 10; // so much leaves at once
const PIECE_MAX = 32 << 10; // larger sends are waited for
const SOCKET_BYTES = 128 << 10, SOCKET_CALLS = 32; // of one socket that may be unsent
const ALL_BYTES = 2 << 20, ALL_CALLS = 256; // of all: the gateway lets 1,024 calls of a program wait, with 8 MiB
const SEND_ALL = 1 << 16; // sock_send's flag

/** Of one socket. */
class Sends {
	bytes = 0; // that may be unsent, and their calls
	calls = 0;
	last = 0; // the batch of the last one
	error = 0; // of one that failed, and that the program doesn't know yet
	ended = false; // one failed, or the program has shut this direction down
}

export class GatheredSends {
	#program;
	#behind;
	#unsure = new Set(); // descriptors with bytes that may be unsent
	#bytes = 0;
	#calls = 0;
	#call = null; // the one at the end of the batch: { sequence, descriptor, count, lengthAt, at, note }
	#failed = new Set(); // descriptors with an error

	constructor(program, behind) {
		this.#program = program;
		this.#behind = behind;
	}

	/** It is connected from here on. */
	connected(descriptor) {
		if (descriptor.filetype === FILETYPE.SOCKET_STREAM)
			descriptor.sends = new Sends();
	}

	/** A send of the program, delayed if it may be; else ask() does it. */
	sendOr(ask, descriptor, iovecs, count, length, nsent) {
		const { sends } = descriptor;
		if (sends === null)
			return ask();
		if (sends.error !== 0)
			return this.errorOf(descriptor);
		if (!this.#may(descriptor, length)) {
			if (sends.calls > 0)
				sends.last = this.#program.pipeline.sequence + 1; // ask()'s call waits behind them: its answer speaks for all
			return ask();
		}
		const { pipeline, memory } = this.#program;
		this.#behind.begins();
		if (!this.#extend(descriptor, length))
			this.#begin(descriptor, length);
		memory.gather(iovecs, count, pipeline.writer.room(length));
		sends.bytes += length;
		this.#bytes += length;
		memory.setU32(nsent, length);
		if (pipeline.carryMax === 0) // nobody else can send it while the program computes
			return this.#program.leave() ? 0 : this.#program.settle(() => 0);
		if (pipeline.writer.at >= SEND_BYTES)
			this.#behind.send();
		return 0;
	}

	#may(descriptor, length) {
		const { sends } = descriptor, { pipeline } = this.#program;
		if (length === 0 || length > PIECE_MAX || sends.ended || (descriptor.flags & FDFLAGS.NONBLOCK) !== 0 || !descriptor.may(RIGHT.FD_WRITE)
			|| sends.bytes + length > SOCKET_BYTES || sends.calls >= SOCKET_CALLS || this.#bytes + length > ALL_BYTES || this.#calls >= ALL_CALLS
			|| !this.#program.roomToTell || this.#behind.isEnding())
			return false;
		pipeline.hold();
		return pipeline.lost === null;
	}

	/* The batch ends with a send on this socket. */
	#extend(descriptor, length) {
		const call = this.#call, { writer, sequence } = this.#program.pipeline;
		if (call === null || call.sequence !== sequence || call.descriptor !== descriptor || !writer.endsWith(call.count, call.at))
			return false;
		writer.lengthen(call.lengthAt, length);
		call.at += length;
		call.note.bytes += length;
		return true;
	}

	#begin(descriptor, length) {
		const { pipeline } = this.#program;
		pipeline.call(NUMBERS.sock_send, CALL.QUIET, errno => this.#fails(descriptor, errno));
		const { writer } = pipeline;
		writer.u32(descriptor.handle);
		writer.u32(SEND_ALL);
		const lengthAt = writer.at;
		writer.u32(length);
		const note = { call: "sock_send", path: descriptor.name, bytes: length };
		pipeline.note(note);
		this.#call = { sequence: pipeline.sequence, descriptor, count: writer.count, lengthAt, at: writer.at + length, note };
		descriptor.sends.last = pipeline.sequence + 1;
		descriptor.sends.calls++;
		this.#calls++;
		this.#unsure.add(descriptor);
	}

	/* Those after the first are skipped, so that nothing is sent behind a gap. */
	#fails(descriptor, errno) {
		if (errno === SKIPPED || descriptor.sends.error !== 0)
			return;
		descriptor.sends.error = errno;
		descriptor.sends.ended = true;
		this.#failed.add(descriptor);
	}

	#isSent(descriptor) {
		const { sends } = descriptor;
		this.#unsure.delete(descriptor);
		this.#bytes -= sends.bytes;
		this.#calls -= sends.calls;
		sends.bytes = sends.calls = 0;
	}

	/** A batch that the program waited for is answered: each of its calls is done, and so are those that waited before them. */
	answered({ sequence }) {
		for (const descriptor of this.#unsure)
			if (descriptor.sends.last === sequence)
				this.#isSent(descriptor);
	}

	/** The errno of a send that failed, once; 0: none. */
	errorOf(descriptor) {
		const error = descriptor.sends?.error ?? 0;
		if (error !== 0) {
			descriptor.sends.error = 0;
			this.#failed.delete(descriptor);
		}
		return error;
	}

	/** Goes on with then() when what was gathered for the socket is sent, or has failed. */
	afterSends(descriptor, then) {
		if (!this.#unsure.has(descriptor))
			return then();
		this.#program.pipeline.hold();
		if (descriptor.sends.last !== this.#program.pipeline.sequence + 1)
			this.#drain(descriptor);
		return this.#program.settle(then);
	}

	/** The same for all sockets. */
	afterAllSends(then) {
		if (this.#unsure.size === 0)
			return then();
		this.#program.pipeline.hold();
		for (const descriptor of this.#unsure)
			if (descriptor.sends.last !== this.#program.pipeline.sequence + 1)
				this.#drain(descriptor);
		return this.#program.settle(then);
	}

	/* A send of nothing waits behind the others. */
	#drain(descriptor) {
		const { sends } = descriptor;
		const w = this.#program.askEither(NUMBERS.sock_send, errno => {
			if (errno !== 0)
				this.#fails(descriptor, errno);
			return 0;
		});
		w.u32(descriptor.handle);
		w.u32(SEND_ALL);
		w.u32(0);
		sends.last = this.#program.pipeline.sequence + 1;
	}

	/** What failed and the program wasn't told of: [{ path, call, errno, name }]. */
	errors() {
		return [...this.#failed].map(({ name, sends }) => ({ path: name, call: "sock_send", errno: sends.error, name: errnoName(sends.error) }));
	}
}
