/* Bytes of files that were asked for before the program did: with the open, and ahead of sequential reads. Without a promise of the server
 * to say what changes, a window serves until the next answer that the program sees, and a few ms at most: nothing older is seen after
 * something newer. So whatever is asked asks the windows' files for their attributes too: one that hasn't changed goes on serving.
 * What the server promised to tell changes of (contents.js) serves until it does.
 * Leaves to others: asking (imports/), who may have a window (policy.js). */
import { FILETYPE, RIGHT, TRAIT, identityOf } from "../fds.js";
import { NUMBERS } from "../syscalls.js";

const FIRST = 64 << 10; // with an open to read; costs little more than an empty answer
const FIRST_BOTH = 16 << 10; // where the program writes too, reads are rarely sequential
const LARGEST = (1 << 20) - (4 << 10); // its answer is one message: a longer one would be put together from parts
const SMALLEST = 4 << 10;
const WORTH_A_LOOK = 64 << 10; // what must be left of a window that expired to ask about its file rather than for bytes
const ACCOMPANIED = 4; // windows, those used last
/* A file changed less than this before it was looked at may change again without its times telling: they move in steps of the kernel's. */
const STEP_NS = 20_000_000n;
const NOTHING = -1;

/** What was read of one file: bytes from `start` on; `ended`: the file ended behind them. */
class Window {
	/** stat: what the file's attributes were before it was read, or null; lease: the content (contents.js) that it is a part of, or null */
	constructor(start, bytes, ended, epoch, since, stat, lease) {
		this.lease = lease;
		this.start = start;
		this.bytes = bytes;
		this.ended = ended;
		this.epoch = epoch;
		this.since = since; // ms: when it was read
		this.stat = stat !== null && stat.tells ? stat.bytes : null;
	}

	get end() {
		return this.start + this.bytes.length;
	}
}

/** A descriptor's reading: its window, its file's attributes, and how far ahead the next miss asks. */
class Reading {
	readable = false; // a window is allowed
	window = null;
	head = null; // the window at the file's beginning, after the other one went on: formats keep what they look at again there
	stat = null; // { bytes, epoch, since, tells: will its times tell of a change?, lease }
	ahead = 0; // bytes; 0: reads don't look sequential
	growth = 2; // of ahead, when a window was used up
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
	opened(descriptor, filestat, first, asked, since) {
		if (filestat !== null)
			descriptor.identity = identityOf(filestat);
		const readable = filestat?.[16] === FILETYPE.REGULAR_FILE && (descriptor.traits & TRAIT.CACHEABLE) !== 0;
		if (!readable && filestat?.[16] !== FILETYPE.DIRECTORY)
			return;
		const reading = descriptor.reading = new Reading();
		reading.readable = readable;
		const lease = leaseOf(descriptor);
		reading.stat = this.#seen(lease?.stat ?? filestat, since, lease);
		if (readable && first !== null && descriptor.may(RIGHT.FD_READ)) {
			reading.window = this.#window(descriptor, 0, first, asked, since);
			reading.ahead = asked;
		}
		this.#use(descriptor);
	}

	/** A descriptor was opened whose content is known. */
	openedKnown(descriptor, content) {
		const reading = descriptor.reading = new Reading();
		reading.readable = true;
		descriptor.identity = content.identity;
		reading.stat = this.#seen(content.stat, 0, content);
		reading.window = new Window(0, content.bytes, true, 0, 0, reading.stat, content);
		reading.ahead = content.bytes.length;
		this.#use(descriptor);
	}

	#window(descriptor, start, bytes, asked, since) {
		const { leases, pipeline } = this.#program;
		const lease = leaseOf(descriptor);
		const ended = bytes.length < asked || lease !== null && start + bytes.length === sizeOf(lease.stat);
		if (lease !== null)
			leases?.contents.read(lease, start, bytes, ended);
		if (lease !== null && lease.bytes !== null)
			return new Window(0, lease.bytes, true, pipeline.epoch, since, descriptor.reading.stat, lease);
		return new Window(start, bytes, ended, pipeline.epoch, since, descriptor.reading.stat, lease);
	}

	#seen(filestat, since, lease) {
		const { clocks, pipeline } = this.#program;
		const settled = clocks.read(0) - BigInt(Math.ceil((performance.now() - since) * 1e6)) - STEP_NS;
		const view = new DataView(filestat.buffer, filestat.byteOffset);
		return { bytes: filestat.slice(), epoch: pipeline.epoch, since, lease,
			tells: view.getBigUint64(MTIM_AT, true) < settled && view.getBigUint64(CTIM_AT, true) < settled };
	}

	/* Those used last are at the end. */
	#use(descriptor) {
		this.#readings.delete(descriptor);
		this.#readings.add(descriptor);
	}

	/** Before a batch leaves that is waited for: asks what becomes of the windows. */
	accompany() {
		const { pipeline } = this.#program;
		if (this.#readings.size === 0)
			return;
		const windows = [...this.#readings].filter(({ reading }) => [reading.window, reading.head].some(window => window !== null && window.stat !== null && window.lease === null)).slice(-ACCOMPANIED);
		for (const descriptor of windows) {
			if (!this.#program.roomToTell)
				break;
			pipeline.call(NUMBERS.fd_filestat_get, 0, (errno, bytes, since) => this.looked(descriptor, errno, bytes, since));
			pipeline.writer.u32(descriptor.handle);
		}
	}

	/** The file's attributes came: its windows serve on, if they are what they were before those were read. */
	looked(descriptor, errno, bytes, since) {
		const { reading } = descriptor;
		reading.stat = errno === 0 ? this.#seen(bytes, since, leaseOf(descriptor)) : null;
		for (const which of ["window", "head"]) {
			const window = reading[which];
			if (window === null || window.lease?.live)
				continue;
			if (errno === 0 && window.lease === null && window.stat !== null && isUnchanged(window.stat, bytes)) {
				window.epoch = this.#program.pipeline.epoch;
				window.since = since;
			} else
				reading[which] = null;
		}
	}

	/** Has the window expired, and is so much left of it that asking about its file is better than asking for the bytes anew? */
	isWorthALook({ reading: { window } }, offset) {
		return window !== null && window.lease === null && window.stat !== null && typeof offset === "number" && offset >= window.start
			&& window.end - offset >= WORTH_A_LOOK && !this.#fits(window);
	}

	/** Has nothing changed that we were told of, and only somebody has to say so? */
	isDoubtful({ reading: { window } }, offset) {
		const { leases } = this.#program;
		return leases !== null && !leases.isFresh && typeof offset === "number" && reaches(window, offset) && window.lease !== null && window.lease.live;
	}

	#fits(held) {
		if (held !== null && held.lease !== null)
			return held.lease.live && this.#program.leases !== null && this.#program.leases.isFresh;
		return held !== null && held.epoch === this.#program.pipeline.epoch && performance.now() - held.since < this.#fresh;
	}

	/**
	 * Copies what the window has of `length` bytes from `offset` on. Gives how many, if that is the whole answer (the end of the file
	 * included); else -1 - how many: the rest has to be asked for.
	 */
	serve(descriptor, offset, length, iovecs, count) {
		const { reading } = descriptor;
		if (typeof offset !== "number")
			return NOTHING;
		let { window } = reading;
		if (!reaches(window, offset) || !this.#fits(window)) { // asking for the time costs more than all the rest
			window = reading.head;
			if (!reaches(window, offset) || !this.#fits(window))
				return NOTHING;
		}
		if (window.lease !== null)
			window.lease.served = true;
		const from = Math.min(offset, window.end) - window.start;
		const took = this.#program.memory.scatter(iovecs, count, window.bytes, 0, from, Math.min(from + length, window.bytes.length));
		return took === length || window.ended ? took : -1 - took;
	}

	/** How many bytes to ask for where a read from `offset` on wants `length` more, `from` on: more, if the program reads on where it stopped. */
	want({ reading }, offset, from, length) {
		const { window } = reading;
		if (offset !== reading.next) {
			reading.ahead = 0;
		} else if (window === null || from + length >= window.end) {
			reading.ahead = Math.min(LARGEST, Math.max(Math.ceil(reading.ahead * reading.growth), FIRST));
		} else { // it grew old before it was used: as much as was used, then, and careful from here on
			reading.ahead = Math.max(SMALLEST, offset - window.start);
			reading.growth = 1.25;
		}
		return Math.max(length, reading.ahead);
	}

	/** An answer of `bytes` came where `asked` were wanted from `offset` on. */
	keep(descriptor, offset, bytes, asked, since) {
		if (typeof offset !== "number")
			return;
		const { reading } = descriptor;
		if (reading.window?.start === 0 && offset > 0 && reading.window.bytes.length <= FIRST)
			reading.head = reading.window;
		reading.window = this.#window(descriptor, offset, bytes, asked, since);
		this.#use(descriptor);
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

	keepStat(descriptor, bytes, since) {
		if (descriptor.reading === null)
			return;
		this.looked(descriptor, 0, bytes, since);
		this.#use(descriptor);
	}

	/** The program changed the file behind this descriptor: what any handle holds of it is old. An unknown file could be any. */
	changed({ identity }) {
		for (const descriptor of this.#readings)
			if (identity === null || descriptor.identity === null || descriptor.identity === identity) {
				descriptor.reading.window = descriptor.reading.head = descriptor.reading.stat = null;
				this.#readings.delete(descriptor);
			}
	}

	/** It is closed. */
	forget(descriptor) {
		this.#readings.delete(descriptor);
		this.#program.leases?.contents.release(descriptor);
	}
}

function reaches(window, offset) {
	return window !== null && offset >= window.start && (offset < window.end || window.ended);
}

/* What its reads may lean on. */
function leaseOf({ content }) {
	return content !== null && content.live ? content : null;
}

const SIZE_AT = 32, MTIM_AT = 48, CTIM_AT = 56;

/* Is it the same file, unchanged? Nothing is said of when it was read. */
function isUnchanged(a, b) {
	const [one, two] = [a, b].map(bytes => new DataView(bytes.buffer, bytes.byteOffset));
	return [0, 8, SIZE_AT, MTIM_AT, CTIM_AT].every(at => one.getBigUint64(at, true) === two.getBigUint64(at, true));
}

function sizeOf(stat) {
	return Number(new DataView(stat.buffer, stat.byteOffset).getBigUint64(SIZE_AT, true));
}
