//# allFunctionsCalledOnLoad
/* Writes that the program needn't wait for. They are gathered in the outgoing batch, in program order with everything else, leave soon,
 * and their failures come back as preview1 wants them: once, at the next write, sync, set_size, allocate or close of the handle
 * (docs/PROTOCOL.md, Failed writes). Leaves to others: sending (program.post), who may (policy.js). */
import { SKIPPED, Reader } from "../base/codec.js";
import { ERRNO, errnoName } from "../base/errors.js";
import { FDFLAGS, RIGHT, narrow, wide } from "../base/fds.js";
import { NUMBERS } from "../base/syscalls.js";

const SEND_BYTES = 32 << 10;
const SEND_MS = 1;
const BUFFER_MAX = (1 << 20) + (128 << 10); // what one window of read-ahead brings, copied, and the calls around it
const TURN_MIN = 256 << 10;
const CALL_MAX = 1 << 20; // a run of writes that became one call

/** Of one descriptor. */
class Behind {
	unacknowledged = 0; // bytes
	covered = 0; // those of them before a sync that was foreseen: if one of their writes fails, so does the sync, and the program ends
	written = 0; // bytes that were gathered, ever
	poison = 0; // errno of a gathered write that failed and that nobody has been told of
}

export class WriteBehind {
	#program;
	#last = null; // the run of writes at the end of the batch: { sequence, descriptor, count, lengthAt, end, note }
	#since = 0; // ms: when the oldest gathered byte was written
	#poisoned = new Set();
	#before = null; // the flight of the last turn
	/** () => true: the program is about to be ended from outside, so every write waits until it is done */
	isEnding = () => false;
	/** (descriptor, offset, length) of each write that was gathered; offset null: it appends */
	onwrote = null;

	constructor(program) {
		this.#program = program;
		program.pipeline.onsettled = ({ behind, bytes }) => {
			if (!behind)
				return;
			behind.unacknowledged -= bytes;
			behind.covered = Math.max(0, behind.covered - bytes); // they are settled in order
		};
	}

	/** A write of the program, delayed if it may be, when there is room for it; else ask() does it. at: as in write(). Gives errno or MISS. */
	writeOr(ask, descriptor, at, iovecs, count, length, nwritten) {
		const { memory } = this.#program;
		const take = () => {
			if (!this.write(descriptor, at, iovecs, count, length))
				return null;
			memory.setU32(nwritten, length);
			return 0;
		};
		return take() ?? this.#turn(descriptor, length, () => {
			memory.refresh();
			return take() ?? ask();
		}) ?? ask();
	}

	/** Takes a write of the program, if it may be delayed: true. at: the offset of a pwrite, or null: the descriptor's own. */
	write(descriptor, at, iovecs, count, length) {
		const { pipeline, memory } = this.#program;
		pipeline.hold();
		if (pipeline.lost !== null)
			return false;
		const behind = descriptor.behind ??= new Behind();
		if (length === 0 || descriptor.credit === 0 || behind.poison !== 0 || !descriptor.seekable || !descriptor.may(RIGHT.FD_WRITE)
		    || behind.unacknowledged + length > descriptor.credit || pipeline.writer.at + length > BUFFER_MAX || this.isEnding())
			return false;
		const appends = at === null && (descriptor.flags & FDFLAGS.APPEND) !== 0;
		const offset = at ?? descriptor.offset;
		if (at === null && descriptor.adrift && !appends)
			return false; // where it goes is known to the server alone
		if (typeof offset !== "number" || !Number.isSafeInteger(offset + length))
			return false;
		this.begins();
		if (!this.#extend(descriptor, at !== null, appends ? null : offset, length))
			this.#begin(descriptor, at !== null, appends, offset, length);
		memory.gather(iovecs, count, pipeline.writer.room(length));
		behind.unacknowledged += length;
		behind.written += length;
		if (at === null) {
			if (appends)
				descriptor.adrift = true;
			else
				descriptor.offset = wide(offset, length);
		}
		this.onwrote(descriptor, appends ? null : offset, length);
		if (pipeline.writer.at >= SEND_BYTES)
			this.send();
		return true;
	}

	/** Something is about to be gathered that is to leave soon. */
	begins() {
		if (this.#program.pipeline.unsettledWrites === 0)
			this.#since = performance.now();
	}

	/* A write found no room: what is gathered leaves, and the program waits for what left before that alone, so that bytes are under way
	 * while it goes on. then() tries again; null: it has to wait for all. */
	#turn({ behind, credit }, length, then) {
		const { pipeline, turnMax, sendsWhenItWaits } = this.#program;
		if (turnMax === 0 || behind === null || behind.poison !== 0 || length > credit || pipeline.writer.at < TURN_MIN
			|| pipeline.writer.at > turnMax || this.isEnding())
			return null;
		const before = this.#before;
		this.#before = this.#program.sendAhead();
		if (before !== null && !before.answered)
			return this.#program.settleOn(before, then);
		if (!sendsWhenItWaits)
			return then();
		this.#program.sleepNs = 0;
		return this.#program.settle(then);
	}

	/* The batch ends with a write that this one goes on: one call then. */
	#extend(descriptor, positioned, offset, length) {
		const last = this.#last;
		const { writer, sequence } = this.#program.pipeline;
		if (last === null || last.sequence !== sequence || last.descriptor !== descriptor || last.positioned !== positioned || last.end !== offset
		    || last.note.bytes + length > CALL_MAX || !writer.endsWith(last.count, last.at))
			return false;
		writer.lengthen(last.lengthAt, length);
		if (offset !== null)
			last.end += length;
		last.at += length;
		last.note.bytes += length;
		return true;
	}

	#begin(descriptor, positioned, appends, offset, length) {
		const { pipeline } = this.#program;
		const name = positioned ? "fd_pwrite" : "fd_write";
		pipeline.call(NUMBERS[name], 1, (errno, bytes) => this.#failed(descriptor, name, errno, bytes));
		const { writer } = pipeline;
		writer.u32(descriptor.handle);
		writer.u64(appends ? 0 : offset);
		const lengthAt = writer.at;
		writer.u32(length);
		const note = { call: name, path: descriptor.name, bytes: length, behind: descriptor.behind };
		pipeline.note(note);
		this.#last = { sequence: pipeline.sequence, descriptor, positioned, count: writer.count, lengthAt, at: writer.at + length,
			end: appends ? null : offset + length, note };
	}

	/* Only failures are answered. Those after the first were skipped, and only the first says where the file stands. */
	#failed(descriptor, call, errno, bytes) {
		if (errno === SKIPPED || descriptor.behind.poison !== 0)
			return;
		descriptor.behind.poison = errno || ERRNO.IO;
		this.#poisoned.add({ descriptor, call });
		if (call === "fd_write" && bytes.length >= 12) {
			const r = new Reader(bytes);
			r.u32();
			descriptor.offset = narrow(r.u64());
			descriptor.adrift = false;
		}
	}

	/** The handle's error was returned to the program by a call that reports. */
	reported(descriptor) {
		if (!descriptor.behind?.poison)
			return;
		descriptor.behind.poison = 0;
		for (const entry of this.#poisoned)
			if (entry.descriptor === descriptor)
				this.#poisoned.delete(entry);
	}

	/** A sync of this handle was foreseen. */
	covers({ behind }) {
		if (behind !== null)
			behind.covered = behind.unacknowledged;
	}

	/** May a close of this handle go without an answer? */
	isSettled({ behind }) {
		return behind === null || behind.unacknowledged === behind.covered && behind.poison === 0;
	}

	/** At every import: what was gathered leaves after a ms. */
	tick() {
		if (this.#program.pipeline.writer.count !== 0 && this.#program.pipeline.unsettledWrites !== 0 && performance.now() - this.#since >= SEND_MS)
			this.send();
	}

	/** Sends what is gathered, if it can go without waiting. */
	send() {
		this.#since = performance.now();
		return this.#program.leave();
	}

	/** What failed and nobody was told of: [{ path, call, errno, name }]. */
	errors() {
		return [...this.#poisoned].map(({ descriptor, call }) => ({
			path: descriptor.name, call, errno: descriptor.behind.poison, name: errnoName(descriptor.behind.poison),
		}));
	}
}
