/* Bytes of files that were asked for before the program did: with the open, and ahead of sequential reads. Without a promise of the server
 * to say what changes, a window serves until the next answer that the program sees, and a few ms at most: nothing older is seen after
 * something newer. Leaves to others: asking (imports/), who may have a window (policy.js). */
import { FILETYPE, RIGHT, TRAIT } from "../fds.js";

const FIRST = 64 << 10; // with an open to read; costs little more than an empty answer
const FIRST_BOTH = 16 << 10; // where the program writes too, reads are rarely sequential
const LARGEST = 1 << 20;
const NOTHING = -1;

/** What was read of one file: bytes from `start` on; `ended`: the file ended behind them. */
class Window {
	constructor(start, bytes, ended, epoch, since) {
		this.start = start;
		this.bytes = bytes;
		this.ended = ended;
		this.epoch = epoch;
		this.since = since; // ms: when it was asked for
	}
}

/** A descriptor's reading: its window, its file's attributes, and how far ahead the next miss asks. */
class Reading {
	readable = false; // a window is allowed
	window = null;
	stat = null; // { bytes, epoch, since }
	ahead = 0; // bytes; 0: reads don't look sequential
	next = 0; // where a sequential read goes on
}

export class ReadAhead {
	#program;
	#fresh; // ms that a window serves
	#readings = new Set(); // those that hold something

	/** freshMs: how old what is served may be. */
	constructor(program, freshMs) {
		this.#program = program;
		this.#fresh = freshMs;
	}

	/** How many bytes an open asks for at once; 0: none. */
	firstBytes(oflags, rightsLow) {
		const DIRECTORY = 2, TRUNC = 8;
		if ((rightsLow & RIGHT.FD_READ) === 0 || (oflags & (DIRECTORY | TRUNC)) !== 0)
			return 0;
		return (rightsLow & RIGHT.FD_WRITE) === 0 ? FIRST : FIRST_BOTH;
	}

	/** A descriptor was opened; filestat (64 bytes) and first bytes came along, or null. asked: how many bytes were wanted. */
	opened(descriptor, filestat, first, asked, sent) {
		if (filestat !== null)
			descriptor.identity = identityOf(filestat);
		const readable = filestat?.[16] === FILETYPE.REGULAR_FILE && (descriptor.traits & TRAIT.CACHEABLE) !== 0;
		if (!readable && filestat?.[16] !== FILETYPE.DIRECTORY)
			return;
		const reading = descriptor.reading = new Reading();
		reading.readable = readable;
		const { epoch } = this.#program.pipeline;
		reading.stat = { bytes: filestat.slice(), epoch, since: sent };
		if (readable && first !== null && descriptor.may(RIGHT.FD_READ)) {
			reading.window = new Window(0, first, first.length < asked, epoch, sent);
			reading.ahead = asked;
		}
		this.#readings.add(descriptor);
	}

	#fits(held) {
		return held !== null && held.epoch === this.#program.pipeline.epoch && performance.now() - held.since < this.#fresh;
	}

	/**
	 * Copies what the window has of `length` bytes from `offset` on. Gives how many, if that is the whole answer (the end of the file
	 * included); else -1 - how many: the rest has to be asked for.
	 */
	serve(descriptor, offset, length, iovecs, count) {
		const { window } = descriptor.reading;
		if (window === null || typeof offset !== "number" || offset < window.start)
			return NOTHING;
		const end = window.start + window.bytes.length;
		if (offset >= end && !window.ended || !this.#fits(window))
			return NOTHING;
		const from = Math.min(offset, end) - window.start;
		const took = this.#program.memory.scatter(iovecs, count, window.bytes, 0, from, Math.min(from + length, window.bytes.length));
		return took === length || window.ended ? took : -1 - took;
	}

	/** How many bytes to ask for where `length` more are wanted of a read from `offset` on: more, if the program reads on where it stopped. */
	want({ reading }, offset, length) {
		const sequential = offset === reading.next;
		reading.ahead = sequential ? Math.min(LARGEST, Math.max(reading.ahead * 2, FIRST)) : 0;
		return Math.max(length, reading.ahead);
	}

	/** An answer of `bytes` came where `asked` were wanted from `offset` on. */
	keep(descriptor, offset, bytes, asked, sent) {
		if (typeof offset !== "number")
			return;
		descriptor.reading.window = new Window(offset, bytes, bytes.length < asked, this.#program.pipeline.epoch, sent);
		this.#readings.add(descriptor);
	}

	/** The program has read up to here. */
	readTo(descriptor, offset) {
		descriptor.reading.next = offset;
	}

	/** filestat's 64 bytes, or null. */
	stat(descriptor) {
		const stat = descriptor.reading?.stat ?? null;
		return this.#fits(stat) ? stat.bytes : null;
	}

	keepStat(descriptor, bytes, sent) {
		if (descriptor.reading === null)
			return;
		descriptor.reading.stat = { bytes: bytes.slice(), epoch: this.#program.pipeline.epoch, since: sent };
		this.#readings.add(descriptor);
	}

	/** The program changed the file behind this descriptor: what any handle holds of it is old. An unknown file could be any. */
	changed({ identity }) {
		for (const descriptor of this.#readings)
			if (identity === null || descriptor.identity === null || descriptor.identity === identity) {
				descriptor.reading.window = descriptor.reading.stat = null;
				this.#readings.delete(descriptor);
			}
	}

	forget(descriptor) {
		this.#readings.delete(descriptor);
	}
}

/* dev and ino, as one text: compared often, made once an open. */
function identityOf(filestat) {
	const view = new DataView(filestat.buffer, filestat.byteOffset);
	return `${view.getBigUint64(0, true)}:${view.getBigUint64(8, true)}`;
}
