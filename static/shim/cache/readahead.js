//# allFunctionsCalledOnLoad
/* Bytes of files that were asked for before the program did: with the open, and ahead of sequential reads. Without a promise of the server
 * to say what changes, a window serves until the next answer that the program sees, and a few ms at most: nothing older is seen after
 * something newer. So whatever is asked asks the windows' files for their attributes too: one that hasn't changed goes on serving.
 * What the server promised to tell changes of (contents.js) serves until it does.
 * Leaves to others: asking (imports/), who may have a window (policy.js). */
import { FILETYPE, RIGHT, TRAIT, identityOf } from "../base/fds.js";
import { NUMBERS } from "../base/syscalls.js";

const FIRST = 64 << 10; // with an open to read; costs little more than an empty answer
const FIRST_KNOWN = 256 << 10; // of a file that is known to be no larger: all of it
const FIRST_BOTH = 16 << 10; // where the program writes too, reads are rarely sequential
const LARGEST = (1 << 20) - (4 << 10); // with what is around it a MiB
const SMALLEST = 4 << 10;
const WORTH_A_LOOK = 64 << 10; // what must be left of a window that expired to ask about its file rather than for bytes
const REST = 2; // of a window: so much is taken along to the file's end
const ACCOMPANIED = 4; // windows, those used last
const REREAD = 4 << 10; // what a program looks at again after it wrote
const REREADS_SURE = 2;
const OTHERS_MAX = 4; // leased windows of one descriptor beside the last
/* A file changed less than this before it was looked at may change again without its times telling: they move in steps of the kernel's. */
const STEP_NS = 20_000_000n;
const COMING_MAX = 8; // windows asked for before the program asks
const WASTE = 0.3; // of what was read, how much may have been asked for in vain
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
	coming = []; // Coming: asked for before the program did, one behind the other
	depth = 1; // how many of those: more, if the program waits for them
	others = []; // leased windows before this one: they grow no older
	stat = null; // { bytes, epoch, since, tells: will its times tell of a change?, lease }
	ahead = 0; // bytes; 0: reads don't look sequential
	growth = 2; // of ahead, when a window was used up
	next = 0; // where a sequential read goes on
	eof = null; // { end, epoch, since, lease: null }: where the file ends, after the program wrote on
	written = false; // by the program itself, since it was read
	rereads = 0; // how often it looked at it again then, of late; and where
	rereadAt = 0;
	reread = null; // the content that came again
}

/** Bytes of a leased file that were asked for while the program reads those before. */
class Coming {
	flight = null;
	bytes = null; // what came, if it was good then
	since = 0;

	constructor(start, asked) {
		this.start = start;
		this.asked = asked;
	}
}

export class ReadAhead {
	#program;
	#fresh; // ms that a window serves
	#readings = new Set(); // those that hold something
	#written = new Set(); // descriptors of files that the program wrote and will look at again

	/** freshMs: how old what is served may be. */
	constructor(program, freshMs) {
		this.#program = program;
		this.#fresh = freshMs;
	}

	/** How many bytes an open asks for at once; 0: none. size: of the file, if it is known, else 0. */
	firstBytes(oflags, rightsLow, size = 0) {
		const DIRECTORY = 2, TRUNC = 8;
		if ((rightsLow & RIGHT.FD_READ) === 0 || (oflags & (DIRECTORY | TRUNC)) !== 0)
			return 0;
		if ((rightsLow & RIGHT.FD_WRITE) !== 0)
			return FIRST_BOTH;
		return size < FIRST_KNOWN ? Math.max(FIRST, size + 1) : FIRST;
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
		for (const descriptor of this.#written)
			this.#reread(descriptor);
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

	/* A database looks again at a file's beginning and attributes after each of its own changes: they come with what is waited for before. */
	#reread(descriptor) {
		const { pipeline, leases, roomToTell } = this.#program;
		this.#written.delete(descriptor);
		if (leases === null || !roomToTell || !leases.contents.mayLease(descriptor))
			return;
		const { reading } = descriptor;
		const at = reading.rereadAt;
		leases.contents.lease(descriptor.handle, () => descriptor);
		pipeline.call(NUMBERS.fd_pread, 0, (errno, bytes, since) => {
			const lease = leaseOf(descriptor);
			if (errno !== 0 || lease === null)
				return;
			reading.stat = this.#seen(lease.stat, since, lease);
			reading.window = this.#window(descriptor, at, bytes, REREAD, since);
			reading.written = false;
			reading.reread = lease;
			this.#use(descriptor);
		});
		pipeline.writer.u32(descriptor.handle);
		pipeline.writer.u64(at);
		pipeline.writer.u32(REREAD);
	}

	/** The program has to ask for what it reads or looks at; offset: where, or null. */
	missed({ reading }, offset) {
		if (reading === null || !reading.written)
			return;
		reading.written = false;
		reading.rereads++;
		if (typeof offset === "number")
			reading.rereadAt = offset - offset % REREAD;
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

	/** How many bytes to ask for where a read from `offset` on wants `length` more, `from` on: more, if the program reads on where it stopped. */
	want({ reading }, offset, from, length) {
		const { window } = reading;
		if (offset !== reading.next) {
			reading.ahead = 0;
		} else if (window === null || from + length >= window.end) {
			reading.ahead = Math.min(LARGEST, Math.max(Math.ceil(reading.ahead * reading.growth), FIRST));
			const rest = reading.stat === null ? 0 : sizeOf(reading.stat.bytes) - from;
			if (reading.growth === 2 && rest >= reading.ahead && rest <= REST * reading.ahead && rest < LARGEST) // its end isn't worth a wait of its own
				reading.ahead = rest + 1;
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
		if (offset > 0)
			this.#remember(reading);
		reading.coming = [];
		this.#advance(descriptor, offset, bytes, asked, since);
	}

	#advance(descriptor, offset, bytes, asked, since) {
		const { reading } = descriptor;
		reading.window = this.#window(descriptor, offset, bytes, asked, since);
		this.#use(descriptor);
		this.#askAhead(descriptor);
	}

	/* The next windows of a long file leave the server while this one is read: for as much as what was read is worth. */
	#askAhead(descriptor) {
		const { reading } = descriptor;
		const { window, coming } = reading;
		if (!this.#program.canAwait || reading.ahead < LARGEST || window.lease?.live !== true || window.lease.bytes !== null)
			return;
		const size = sizeOf(window.lease.stat);
		const most = Math.min(reading.depth, Math.floor(window.start * WASTE / LARGEST));
		while (coming.length < most) {
			const start = coming.length > 0 ? coming.at(-1).start + coming.at(-1).asked : window.end;
			if (start >= size || !this.#ask(descriptor, new Coming(start, LARGEST)))
				return;
		}
	}

	#ask(descriptor, coming) {
		const { pipeline } = this.#program;
		const { reading } = descriptor;
		if (!pipeline.empty || !this.#program.roomAhead)
			return false; // what is gathered goes with the next wait
		const { lease } = reading.window;
		pipeline.call(NUMBERS.fd_pread, 0, (errno, bytes, since) => {
			if (errno === 0 && lease.live)
				Object.assign(coming, { bytes, since });
		});
		pipeline.writer.u32(descriptor.handle);
		pipeline.writer.u64(coming.start);
		pipeline.writer.u32(coming.asked);
		coming.flight = this.#program.sendAhead();
		reading.coming.push(coming);
		return !pipeline.lost;
	}

	/** What was asked for from `offset` on, or null. */
	coming({ reading }, offset) {
		return reading?.coming[0]?.start === offset ? reading.coming[0] : null;
	}

	/** The window goes on to what came; gives its bytes, or null: they are no good any more. waited: the program did. */
	take(descriptor, coming, waited) {
		const { reading } = descriptor;
		if (waited)
			reading.depth = Math.min(COMING_MAX, 2 * reading.depth);
		const { start, bytes, asked, since } = coming;
		if (reading.coming[0] !== coming || bytes === null || reading.window?.lease?.live !== true) {
			reading.coming = [];
			return null;
		}
		reading.coming.shift();
		this.#remember(reading);
		this.#advance(descriptor, start, bytes, asked, since);
		return bytes;
	}

	#remember(reading) {
		if (reading.window?.start === 0 && reading.window.bytes.length <= FIRST)
			reading.head = reading.window;
		if (reading.window?.lease?.live)
			reading.others = [...reading.others.filter(({ lease }) => lease.live), reading.window].slice(-OTHERS_MAX);
	}

	/** The program has read up to here. */
	readTo(descriptor, offset) {
		descriptor.reading.next = offset;
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
		if (reading.reread !== null && !reading.reread.served) // what came again was for naught
			reading.rereads = 0;
		reading.reread = null;
		reading.window = reading.head = reading.stat = null;
		reading.others = [];
		reading.coming = [];
		if (!reading.readable)
			return;
		reading.written = true;
		if (reading.rereads >= REREADS_SURE)
			this.#written.add(descriptor);
	}

	/* Where the file ends after such a write, if that was known: what wrote on looks there for what others left. */
	#endAfter({ eof, window }, offset, length) {
		const known = eof ?? (window !== null && window.ended && window.lease === null ? { end: window.end, epoch: window.epoch, since: window.since, lease: null } : null);
		return offset === null || !this.#fits(known) ? null : { ...known, end: Math.max(known.end, offset + length) };
	}

	/** It is closed. */
	forget(descriptor) {
		this.#readings.delete(descriptor);
		this.#written.delete(descriptor);
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
