//# allFunctionsCalledOnLoad
/* The guest's descriptor table. The page keeps it: a new descriptor gets the lowest free number, and fd_renumber needs no server.
 * Each descriptor stands for a wire handle (slot and generation) that the page picks. Leaves to others: the calls. */

import { shownText } from "./bytes.js";

export const FILETYPE = Object.freeze({
	UNKNOWN: 0, BLOCK_DEVICE: 1, CHARACTER_DEVICE: 2, DIRECTORY: 3, REGULAR_FILE: 4, SOCKET_DGRAM: 5, SOCKET_STREAM: 6, SYMBOLIC_LINK: 7,
});
export const FDFLAGS = Object.freeze({ APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16 });
/** The rights that the shim checks; all are in the low 32 bits. */
export const RIGHT = Object.freeze({ FD_DATASYNC: 1, FD_READ: 2, FD_SEEK: 4, FD_SYNC: 16, FD_TELL: 32, FD_WRITE: 64, FD_ADVISE: 128, PATH_OPEN: 1 << 13,
	FD_READDIR: 1 << 14, PATH_READLINK: 1 << 15, PATH_FILESTAT_GET: 1 << 18, FD_FILESTAT_GET: 1 << 21,
	FD_FILESTAT_SET_SIZE: 1 << 22, FD_FILESTAT_SET_TIMES: 1 << 23 });
export const TRAIT = Object.freeze({ REGULAR: 1, CACHEABLE: 2, STREAM: 4, TERMINAL: 8 });
export const LAST_GENERATION = 0xFFFF;

/** dev and ino of a filestat as one string, which is cheap to compare. */
export function identityOf(filestat) {
	return `${u64Text(filestat, 0)}:${u64Text(filestat, 8)}`;
}

/* A view of bytes in V8's own heap has them moved out of it, which takes a µs: small arrays are read byte by byte. */
function u32(bytes, at) {
	return (bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24) >>> 0;
}

/* In decimal; BigInts are slow, and device and inode are small nearly everywhere. */
function u64Text(bytes, at) {
	return String(fromHalves(u32(bytes, at), u32(bytes, at + 4)));
}

/** An open descriptor. */
export class Descriptor {
	/** fdstat: WASI's 24 bytes; traits: TRAIT bits; credit: bytes that may be written without an
 * answer; usedAt: the program's `used` when the server gave it. */
	constructor(handle, fdstat, traits = 0, credit = 0, usedAt = 0) {
		this.handle = handle;
		this.fdstat = fdstat.slice();
		/** the low 32 bits */
		this.rights = u32(fdstat, 8);
		this.traits = traits;
		this.credit = credit;
		this.usedAt = usedAt;
		/** @type {number | bigint} a BigInt only where it is no safe integer */
		this.offset = 0;
		this.path = null; // the path it was opened by, bytes
		this.shown = null; // its text, once it was asked for
		this.bound = null; // cache/opens.js: which call bound its handle, if that can be taken back
		this.preopen = null; // of a preopened folder: its name's bytes
		this.stream = (traits & TRAIT.TERMINAL) === 0 ? null : "tty"; // or "stdin", "stdout", "stderr"
		this.identity = null; // identityOf its filestat, if the open returned one
		this.place = null; // of a folder: names.js
		this.root = null; // handle of the preopen that it was opened from
		this.narrowed = false; // the program dropped rights of this descriptor, or of one that it was opened from
		this.reading = null; // cache/facts/windows.js
		this.content = null; // cache/facts/contents.js; and whether the server refused to lease it
		this.unleasable = false;
		this.listing = null; // cache/facts/listing.js
		this.behind = null; // cache/writebehind.js
		this.sends = null; // cache/sends.js
		this.isMade = false; // cache/ownnames.js: its open wasn't waited for
		this.adrift = false; // after a gathered append only the server knows the offset
		this.turn = null; // calls.js: the promise of the last call that moves the offset
	}

	/** The path it was opened by: for messages and the debugger's table of handles. */
	get name() {
		if (this.shown === null && this.path !== null)
			this.shown = shownText(this.path);
		return this.shown;
	}

	set name(text) {
		this.shown = text;
	}

	get filetype() {
		return this.fdstat[0];
	}

	get flags() {
		return this.fdstat[2] | this.fdstat[3] << 8;
	}

	/** Does a write go on until all is written, as write(2) does on a stream without NONBLOCK? */
	get writesAll() {
		return (this.flags & FDFLAGS.NONBLOCK) === 0 && this.filetype !== FILETYPE.SOCKET_DGRAM;
	}

	set flags(value) {
		this.fdstat[2] = value;
		this.fdstat[3] = value >>> 8;
	}

	/** Has it this right (one of RIGHT)? */
	may(right) {
		return (this.rights & right) !== 0;
	}

	setRights(baseLow, baseHigh, inheritingLow, inheritingHigh) {
		this.narrowed = true;
		this.rights = baseLow >>> 0;
		const view = new DataView(this.fdstat.buffer);
		[baseLow, baseHigh, inheritingLow, inheritingHigh].forEach((half, i) => view.setUint32(8 + 4 * i, half, true));
	}

	/** May reads be answered from a window? */
	get cached() {
		return this.reading !== null && this.reading.readable && this.may(RIGHT.FD_READ);
	}

	/** Does it read the program's stdin? */
	get isInput() {
		return this.stream === "stdin" || this.stream === "tty";
	}

	/** Where what is written to it is shown: "stdout", "stderr", or null. */
	get output() {
		return this.stream === "tty" ? "stdout" : this.stream === "stdin" ? null : this.stream;
	}

	/** Does the page keep its offset? */
	get seekable() {
		return (this.traits & TRAIT.REGULAR) !== 0;
	}

	/** Moves the offset on by `count` bytes. */
	advance(count) {
		if (this.seekable)
			this.offset = wide(this.offset, count);
	}
}

/** offset + count, exact: a Number as long as that is a safe integer, then a BigInt. */
export function wide(offset, count) {
	const sum = typeof offset === "number" ? offset + Number(count) : Infinity;
	return Number.isSafeInteger(sum) ? sum : BigInt(offset) + BigInt(count);
}

/** Two i32 as a u64: a Number where that is exact, else a BigInt. */
export function fromHalves(low, high) {
	const number = (high >>> 0) * 0x100000000 + (low >>> 0);
	return Number.isSafeInteger(number) ? number : BigInt(high >>> 0) << 32n | BigInt(low >>> 0);
}

/** A u64 of an answer as an offset: a Number if that is exact, else the BigInt. */
export function narrow(big) {
	return big <= Number.MAX_SAFE_INTEGER ? Number(big) : big;
}

/* Tests' folders have none. */
function identityOfPreopen({ socket, filestat }) {
	const view = new DataView(filestat.buffer, filestat.byteOffset);
	return socket || view.getBigUint64(8, true) === 0n ? null : identityOf(filestat);
}

/** fdstat of standard streams: rights to read or write, to poll and to stat, none to seek or tell: isatty() looks at those. */
function streamFdstat(tty, reads) {
	const fdstat = new Uint8Array(24);
	fdstat[0] = tty ? FILETYPE.CHARACTER_DEVICE : FILETYPE.UNKNOWN;
	const FDSTAT_SET_FLAGS = 1 << 3, POLL = 1 << 27;
	new DataView(fdstat.buffer).setUint32(8, (reads ? RIGHT.FD_READ : RIGHT.FD_WRITE) | FDSTAT_SET_FLAGS | RIGHT.FD_FILESTAT_GET | POLL, true);
	return fdstat;
}

export class FdTable {
	#open = []; // fd -> Descriptor or undefined
	#generations = []; // slot -> generation last used
	#freeSlots = [];

	/** welcome: of decodeWelcome. Fills 0 to 2 and the preopens. */
	constructor(welcome, tty) {
		for (const [fd, stream] of ["stdin", "stdout", "stderr"].entries()) {
			const descriptor = new Descriptor(fd, streamFdstat(tty, fd === 0));
			descriptor.stream = descriptor.name = stream;
			this.#put(descriptor, fd);
		}
		for (const preopen of welcome.preopens) {
			const descriptor = new Descriptor(preopen.handle, preopen.fdstat);
			descriptor.name = preopen.name;
			if (!preopen.socket) {
				descriptor.preopen = new TextEncoder().encode(preopen.name);
				descriptor.place = { handle: preopen.handle, path: "." };
			}
			descriptor.identity = identityOfPreopen(preopen);
			descriptor.root = preopen.handle;
			this.#put(descriptor, this.#open.length);
		}
	}

	#put(descriptor, fd) {
		this.#open[fd] = descriptor;
		this.#generations[descriptor.handle & 0xFFFF] = descriptor.handle >>> 16;
	}

	/** The descriptor of a number, or undefined: BADF. */
	get(fd) {
		return this.#open[fd >>> 0];
	}

	/** How many are open. */
	get count() {
		return this.#open.filter(Boolean).length;
	}

	/** Gives it the lowest free number. */
	add(descriptor) {
		let fd = 0;
		while (this.#open[fd] !== undefined)
			fd++;
		this.#open[fd] = descriptor;
		return fd;
	}

	/** Frees the number. The caller closes the handle and then calls releaseHandle(). */
	remove(fd) {
		const descriptor = this.#open[fd >>> 0];
		this.#open[fd >>> 0] = undefined;
		return descriptor;
	}

	/** `to` becomes what `from` was; gives what `to` was. Both are open. */
	renumber(from, to) {
		const old = this.#open[to >>> 0];
		if (from >>> 0 === to >>> 0)
			return null;
		this.#open[to >>> 0] = this.#open[from >>> 0];
		this.#open[from >>> 0] = undefined;
		return old;
	}

	/** [fd, Descriptor] of all that are open. */
	*entries() {
		for (const [fd, descriptor] of this.#open.entries())
			if (descriptor !== undefined)
				yield [fd, descriptor];
	}

	/** All that it holds, lent; and takes the same from another page's table (fds-state.js). */
	parts() {
		return { open: this.#open, generations: this.#generations, freeSlots: this.#freeSlots };
	}

	become({ open, generations, freeSlots }) {
		this.#open = open;
		this.#generations = generations;
		this.#freeSlots = freeSlots;
	}

	/* ---- wire handles ---- */

	/** Is this handle in use? */
	isOpen(handle) {
		return this.#open.some(descriptor => descriptor?.handle === handle);
	}

	/** Is a handle free, of this many slots? */
	hasHandle(most) {
		return this.#freeSlots.length > 0 || this.#generations.length < most;
	}

	/** A new handle: a free slot, with a generation that the slot never had. */
	pickHandle() {
		const slot = this.#freeSlots.pop() ?? this.#generations.length;
		const generation = this.#generations[slot] === undefined ? 0 : this.#generations[slot] + 1;
		this.#generations[slot] = generation;
		return (slot | generation << 16) >>> 0;
	}

	/** Frees the handle's slot, once its close was sent or its open failed. Slots of standard streams, and slots without
	 * generations left, stay used. */
	releaseHandle(handle) {
		const slot = handle & 0xFFFF;
		if (slot > 2 && handle >>> 16 < LAST_GENERATION)
			this.#freeSlots.push(slot);
	}
}
