//# allFunctionsCalledOnLoad
/* Bytes and attributes of open files. What the server promised to tell changes of (contents.js) serves until it does. Without a promise a window
 * serves until the next answer that the program sees, and a few ms at most: nothing older is seen after something newer. So whatever is
 * asked asks the windows' files for their attributes too: one that hasn't changed goes on serving. Leaves to others: asking, and how much of
 * a file is asked for (prefetch/nextbytes.js). */
import { giveBack } from "../../base/codec.js";
import { FILETYPE, RIGHT, TRAIT, identityOf } from "../../base/fds.js";
import { changedAt, filetypeOf, isUnchanged, sizeOf } from "../../base/names.js";

const WORTH_A_LOOK = 64 << 10; // what must be left of a window that expired to ask about its file rather than for bytes
const HEAD_MAX = 64 << 10; // of the window at a file's beginning that is kept while reads go on
const OTHERS_MAX = 4; // leased windows of one descriptor beside the last
/* A file changed less than this before it was looked at may change again without its times telling: they move in steps of the kernel's. */
const STEP_NS = 20_000_000n;
const NOTHING = -1;

/** What was read of one file: bytes from `start` on; `ended`: the file ended behind them. */
class Window {
	/** stat: what the file's attributes were before it was read, or null; lease: the Content that it is a part of, or null */
	constructor(start, bytes, ended, epoch, since, stat, lease) {
		this.lease = lease;
		this.start = start;
		this.bytes = bytes;
		this.ended = ended;
		this.epoch = epoch;
		this.since = since; // ms: when it was read
		this.stat = stat !== null && stat.tells ? stat.bytes : null;
		this.alone = false; // does nobody else look at its bytes?
	}

	get end() {
		return this.start + this.bytes.length;
	}
}

/** A descriptor's reading: its windows and its file's attributes. */
class Reading {
	readable = false; // a window is allowed
	window = null;
	head = null; // the window at the file's beginning, after the other one went on: formats keep what they look at again there
	others = []; // leased windows before this one: they grow no older
	stat = null; // { bytes, epoch, since, tells: will its times tell of a change?, lease }
	eof = null; // { end, epoch, since, lease: null }: where the file ends, after the program wrote on
	/* prefetch/nextbytes.js */
	coming = []; // Coming: asked for before the program did, one behind the other
	depth = 1; // how many of those: more, if the program waits for them
	ahead = 0; // bytes that the next miss asks for; 0: reads don't look sequential
	growth = 2; // of ahead, when a window was used up
	next = 0; // where a sequential read goes on
	/* prefetch/rereads.js */
	written = false; // by the program itself, since it was read
	rereads = 0; // how often it looked at it again then, of late; and where
	rereadAt = 0;
	reread = null; // the content that came again
}

export class Windows {
	#program;
	#facts;
	#fresh; // ms that a window serves
	#readings = new Set(); // descriptors that hold something, those used last at the end
	/** (descriptor) whose file the program changed; its windows are gone. */
	onwrote = null;

	/** freshMs: how old what is served may be. */
	constructor(program, facts, freshMs) {
		this.#program = program;
		this.#facts = facts;
		this.#fresh = freshMs;
	}

	/** A descriptor was opened; filestat (64 bytes) and first bytes came along, or null. asked: how many bytes were wanted. */
	opened(descriptor, filestat, first, asked, since) {
		if (filestat !== null)
			descriptor.identity = identityOf(filestat);
		const filetype = filestat === null ? null : filetypeOf(filestat);
		const readable = filetype === FILETYPE.REGULAR_FILE && (descriptor.traits & TRAIT.CACHEABLE) !== 0;
		if (!readable && filetype !== FILETYPE.DIRECTORY)
			return;
		const reading = descriptor.reading = new Reading();
		reading.readable = readable;
		const lease = leaseOf(descriptor);
		reading.stat = this.#seen(lease?.stat ?? filestat, since, lease);
		if (readable && first !== null && descriptor.may(RIGHT.FD_READ)) {
			reading.window = this.#windowOf(descriptor, 0, first, asked, since);
			reading.ahead = asked;
		}
		this.#use(descriptor);
	}

	/** It was opened without waiting, and made or truncated its file: nothing is in it, until the program writes or others may have. */
	made(descriptor) {
		const reading = descriptor.reading = new Reading();
		reading.readable = (descriptor.traits & TRAIT.CACHEABLE) !== 0;
		reading.eof = { end: 0, epoch: this.#program.pipeline.epoch, since: performance.now(), lease: null };
		this.#use(descriptor);
	}

	/** A descriptor was opened whose content is known. */
	openedKnown(descriptor, content) {
		const reading = descriptor.reading = new Reading();
		reading.readable = true;
		descriptor.identity = content.identity;
		reading.stat = { bytes: content.stat, epoch: 0, since: 0, lease: content, tells: false }; // what is leased needs no look at its times
		reading.window = new Window(0, content.bytes, true, 0, 0, reading.stat, content);
		reading.ahead = content.bytes.length;
		this.#use(descriptor);
	}

	/** `bytes` came where `asked` were wanted from `start` on: the window is there now. alone: nobody else looks at them. */
	put(descriptor, start, bytes, asked, since, alone = false) {
		const window = descriptor.reading.window = this.#windowOf(descriptor, start, bytes, asked, since);
		window.alone = alone && window.bytes === bytes;
		this.#use(descriptor);
	}

	/** The same after its content was leased anew. */
	putAnew(descriptor, lease, start, bytes, asked, since) {
		descriptor.reading.stat = this.#seen(lease.stat, since, lease);
		this.put(descriptor, start, bytes, asked, since);
	}

	/* What is leased is gathered, until all of it is known. */
	#windowOf(descriptor, start, bytes, asked, since) {
		const { epoch } = this.#program.pipeline;
		const { stat } = descriptor.reading;
		const lease = leaseOf(descriptor);
		const ended = bytes.length < asked || lease !== null && start + bytes.length === sizeOf(lease.stat);
		if (lease !== null)
			this.#facts.contents.read(lease, start, bytes, ended);
		if (lease !== null && lease.bytes !== null)
			return new Window(0, lease.bytes, true, epoch, since, stat, lease);
		return new Window(start, bytes, ended, epoch, since, stat, lease);
	}

	#seen(filestat, since, lease) {
		const { clocks, pipeline } = this.#program;
		const settled = clocks.read(0) - BigInt(Math.ceil((performance.now() - since) * 1e6)) - STEP_NS;
		return { bytes: filestat.slice(), epoch: pipeline.epoch, since, lease, tells: changedAt(filestat) < settled };
	}

	#use(descriptor) {
		this.#readings.delete(descriptor);
		this.#readings.add(descriptor);
	}

	/** Descriptors with windows that only their file's attributes let serve on; those used last are at the end. */
	get unpromised() {
		return [...this.#readings].filter(({ reading }) =>
			[reading.window, reading.head].some(window => window !== null && window.stat !== null && window.lease === null));
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
		return !this.#facts.isFresh && typeof offset === "number" && reaches(window, offset) && window.lease !== null && window.lease.live;
	}

	#fits(held) {
		if (held !== null && held.lease !== null)
			return held.lease.live && this.#facts.isFresh;
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
		if (reading.eof !== null && offset >= reading.eof.end && this.#fits(reading.eof))
			return 0;
		const window = this.#windowAt(reading, offset);
		if (window === null)
			return NOTHING;
		if (window.lease !== null)
			window.lease.served = true;
		const from = Math.min(offset, window.end) - window.start;
		const took = this.#program.memory.scatter(iovecs, count, window.bytes, 0, from, Math.min(from + length, window.bytes.length));
		return took === length || window.ended ? took : -1 - took;
	}

	#windowAt({ window, head, others }, offset) {
		if (reaches(window, offset) && this.#fits(window)) // asking for the time costs more than all the rest
			return window;
		if (reaches(head, offset) && this.#fits(head))
			return head;
		return others.find(other => reaches(other, offset) && this.#fits(other)) ?? null;
	}

	/** The window is about to go on. */
	remember({ reading }) {
		if (reading.window?.start === 0 && reading.window.bytes.length <= HEAD_MAX)
			reading.head = reading.window;
		if (!reading.window?.lease?.live)
			return;
		const others = [...reading.others.filter(({ lease }) => lease.live), reading.window];
		for (const { alone, bytes } of others.splice(0, others.length - OTHERS_MAX))
			if (alone)
				giveBack(bytes);
		reading.others = others;
	}

	/** filestat's 64 bytes, or null. */
	stat(descriptor) {
		const stat = descriptor.reading?.stat ?? null;
		if (!this.#fits(stat))
			return null;
		if (stat.lease !== null)
			stat.lease.served = true;
		return stat.bytes;
	}

	keepStat(descriptor, bytes, since) {
		if (descriptor.reading === null)
			return;
		this.looked(descriptor, 0, bytes, since);
		this.#use(descriptor);
	}

	/** The program changed the file behind this descriptor: what any handle holds of it is old. An unknown file could be any. */
	changed(own, offset, length) {
		const { identity } = own;
		for (const descriptor of this.#readings)
			if (identity === null || descriptor.identity === null || descriptor.identity === identity) {
				this.#readings.delete(descriptor);
				if (descriptor !== own)
					this.#wrote(descriptor, null, 0);
			}
		if (own.reading !== null)
			this.#wrote(own, offset, length);
	}

	#wrote(descriptor, offset, length) {
		const { reading } = descriptor;
		reading.eof = this.#endAfter(reading, offset, length);
		reading.window = reading.head = reading.stat = null;
		reading.others = [];
		reading.coming = [];
		this.onwrote?.(descriptor);
	}

	/* Where the file ends after such a write, if that was known: what wrote on looks there for what others left. */
	#endAfter({ eof, window }, offset, length) {
		const known = eof ?? (window !== null && window.ended && window.lease === null
			? { end: window.end, epoch: window.epoch, since: window.since, lease: null } : null);
		return offset === null || !this.#fits(known) ? null : { ...known, end: Math.max(known.end, offset + length) };
	}

	/** It is closed. */
	forget(descriptor) {
		this.#readings.delete(descriptor);
		this.#facts.contents.release(descriptor);
	}
}

/* Does the window say what is at this offset? */
function reaches(window, offset) {
	return window !== null && offset >= window.start && (offset < window.end || window.ended);
}

/** The Content that an open file's reads may lean on, or null. */
export function leaseOf({ content }) {
	return content !== null && content.live ? content : null;
}
