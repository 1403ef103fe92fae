//# allFunctionsCalledOnLoad
/* Frames to bytes and back: docs/PROTOCOL.md for the page. The twin of server/wire/codec.c; tests/vectors/frames.json is read by both.
 * Pure functions and buffers: nothing here opens, sends or waits. */
import { FRAME, SYSCALLS, TABLE_HASH } from "./syscalls.js";

export { FRAME };

export const WIRE_VERSION = 1;
export const FRAME_HEAD = 8;
export const BATCH_HEAD = 16; // the frame's head, sequence number, acknowledgement
export const CALL_HEAD = 8;
/* Of a call whose last argument grows: its head, what comes before that argument, and the argument's length (fd_write, fd_pwrite). */
const LENGTHENED = CALL_HEAD + 4 + 8 + 4;

export const BATCH = Object.freeze({ WAIT: 1, REPOLL: 2 });
export const CALL = Object.freeze({ QUIET: 1, LINK: 2 });
export const STDIN = Object.freeze({ EOF: 1, MARK: 2 });
export const HELLO = Object.freeze({
	NEW: 1, CONTROL: 2, SPLIT: 4, TTY: 8, PREOPENS: 16, STDIN_EOF: 32,
	INHERIT_STDIN: 64, INHERIT_STDOUT: 128, INHERIT_STDERR: 256, XHR: 512, SENDS_ONLY: 1024, HINTS: 2048,
});
export const COHERENCE = Object.freeze({ default: 0, strict: 1, trap: 2 });
export const END = Object.freeze({ TRAP: 1, KILLED: 2, REVOKED: 3, GATEWAY: 4, PERSON: 5 });
/** Who looks on (a WATCH frame's mode), and whether the program stands still (its state). */
export const WATCH = Object.freeze({ NOBODY: 0, WATCHED: 1, CONTROLLED: 2 });
export const STANDS = Object.freeze({ RUNS: 0, STOPPING: 1, STOPPED: 2 });
export const PREOPEN = Object.freeze({ SOCKET: 1, READ_ONLY: 2 });
export const SKIPPED = 0xFFFF;
export const CLOSE = Object.freeze({
	DONE: 1000, GATEWAY: 1001, PROTOCOL: 4400, SESSION: 4401, NO_GUEST: 4404, WISHES: 4405, VERSION: 4409, BOUND: 4413,
});

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of a string; bytes as they are. */
export function toBytes(value) {
	return typeof value === "string" ? encoder.encode(value) : value;
}

/** Text of bytes; not for views on shared memory, which TextDecoder refuses. */
export function toText(bytes) {
	return decoder.decode(bytes);
}

/* ---- writing ---- */

/** A growing buffer to write little endian values into. What it gives away is a copy: the buffer is used again. */
export class Writer {
	constructor(capacity = 1024) {
		this.bytes = new Uint8Array(capacity);
		this.view = new DataView(this.bytes.buffer);
		this.at = 0;
	}

	/** Makes room for `more` bytes. */
	reserve(more) {
		const need = this.at + more;
		if (need <= this.bytes.length)
			return;
		const grown = new Uint8Array(Math.max(need, this.bytes.length * 2));
		grown.set(this.bytes.subarray(0, this.at));
		this.bytes = grown;
		this.view = new DataView(grown.buffer);
	}

	u8(value) {
		this.reserve(1);
		this.bytes[this.at++] = value;
	}

	u16(value) {
		this.reserve(2);
		this.view.setUint16(this.at, value, true);
		this.at += 2;
	}

	u32(value) {
		this.reserve(4);
		this.view.setUint32(this.at, value, true);
		this.at += 4;
	}

	/** A u64 or s64 as BigInt, or as a Number that is a safe integer. */
	u64(value) {
		if (typeof value === "number" && value >= 0)
			return this.u64halves(value >>> 0, value / 0x100000000);
		this.reserve(8);
		this.view.setBigUint64(this.at, BigInt.asUintN(64, BigInt(value)), true);
		this.at += 8;
	}

	/** The same from two halves, as guests' i64 arrive. */
	u64halves(low, high) {
		this.reserve(8);
		this.view.setUint32(this.at, low, true);
		this.view.setUint32(this.at + 4, high, true);
		this.at += 8;
	}

	raw(bytes) {
		this.reserve(bytes.length);
		this.bytes.set(bytes, this.at);
		this.at += bytes.length;
	}

	/** A length and its bytes. */
	string(value) {
		const bytes = toBytes(value);
		this.u32(bytes.length);
		this.raw(bytes);
	}

	/** Room for `length` bytes that the caller fills in; the view is good until the next write. */
	room(length) {
		this.reserve(length);
		const at = this.at;
		this.at += length;
		return this.bytes.subarray(at, this.at);
	}

	frame(type, flags, count) {
		this.u32(0);
		this.u8(type);
		this.u8(flags);
		this.u16(count);
	}

	/** Fills in the length of the only frame and gives a copy of it. */
	take() {
		this.view.setUint32(0, this.at, true);
		const frame = this.bytes.slice(0, this.at);
		this.at = 0;
		return frame;
	}
}

/**
 * HELLO for a new guest: { flags, coherence, columns, rows, args, env, preopens: [{ name, grant, readOnly }], stdin, program (with HINTS) };
 * or, without HELLO.NEW in flags, to attach: { flags, guest, key }. version and hash are ours unless given.
 */
export function encodeHello(hello) {
	const w = new Writer();
	w.frame(FRAME.HELLO, 0, 0);
	w.u32(hello.version ?? WIRE_VERSION);
	w.u64(hello.hash ?? TABLE_HASH);
	w.u32(hello.flags);
	if (hello.flags & HELLO.NEW) {
		w.u32(hello.coherence ?? COHERENCE.default);
		w.u32(hello.columns ?? 0);
		w.u32(hello.rows ?? 0);
		for (const list of [hello.args ?? [], hello.env ?? []]) {
			w.u32(list.length);
			for (const value of list)
				w.string(value);
		}
		w.u32(hello.preopens?.length ?? 0);
		for (const { name, grant, readOnly } of hello.preopens ?? []) {
			w.string(name);
			w.string(grant);
			w.u32(readOnly ? 1 : 0);
		}
		w.string(hello.stdin ?? "");
		if (hello.flags & HELLO.HINTS)
			w.string(hello.program);
	} else {
		w.u32(hello.guest);
		w.string(hello.key);
	}
	return w.take();
}

export function encodeStdin(bytes, flags = 0) {
	const w = new Writer(FRAME_HEAD + bytes.length);
	w.frame(FRAME.STDIN, flags, 0);
	w.raw(bytes);
	return w.take();
}

/** after: the sequence number of the last batch that counts; the guest ends when it was executed. */
export function encodeEnd(reason, text = "", after = 0) {
	const w = new Writer();
	w.frame(FRAME.END, 0, 0);
	w.u32(reason);
	w.u32(after);
	w.string(text);
	return w.take();
}

/** What a page's console or an uncaught error said, for a debugger. */
export function encodeConsole(level, text) {
	const w = new Writer();
	w.frame(FRAME.CONSOLE, 0, 0);
	w.u32(level);
	w.string(text);
	return w.take();
}

/** Asks again for the answer of a batch that was parked (POST only). */
export function encodeRepoll(sequence, seen) {
	const w = new Writer(BATCH_HEAD);
	w.frame(FRAME.BATCH, BATCH.WAIT | BATCH.REPOLL, 0);
	w.u32(sequence);
	w.u32(seen);
	return w.take();
}

/** The outgoing batch. Calls are written one after the other: call(), then its arguments, letter by letter. */
export class BatchWriter extends Writer {
	constructor(capacity = 4096) {
		super(capacity);
		this.at = BATCH_HEAD;
		this.count = 0;
		this.callAt = 0;
	}

	/** Begins a call; its number is NUMBERS.name, flags are CALL's. Gives its index. */
	call(number, flags = 0) {
		this.#endCall();
		this.callAt = this.at;
		this.reserve(CALL_HEAD);
		this.view.setUint16(this.at, number, true);
		this.view.setUint16(this.at + 2, flags, true);
		this.at += CALL_HEAD;
		return this.count++;
	}

	#endCall(forGood = true) {
		if (this.callAt)
			this.view.setUint32(this.callAt + 4, this.at - this.callAt - CALL_HEAD, true);
		if (forGood)
			this.callAt = 0;
	}

	/** Forgets what was written: it left by another way. */
	clear() {
		this.callAt = 0;
		this.at = BATCH_HEAD;
		this.count = 0;
	}

	/** Copies the batch as far as it is written; the first `from` bytes were copied before, and only the last call's have changed since.
	 * Gives how far that is, to be given again. */
	copyTo(target, from) {
		this.#endCall(false);
		const start = this.callAt ? Math.min(from, this.callAt) : from;
		const fixed = this.callAt + LENGTHENED;
		if (from > fixed && this.callAt) { // a long argument grew: its bytes stay as they are
			target.set(this.bytes.subarray(this.callAt, fixed), this.callAt);
			target.set(this.bytes.subarray(from, this.at), from);
		} else {
			target.set(this.bytes.subarray(start, this.at), start);
		}
		return this.at;
	}

	/** Is call number `count` the last one, and does it end at `at`? Then its last argument may be lengthened. */
	endsWith(count, at) {
		return this.count === count && this.at === at;
	}

	/** The bytes argument whose length is at `lengthAt` gets `more` bytes, which follow. */
	lengthen(lengthAt, more) {
		this.view.setUint32(lengthAt, this.view.getUint32(lengthAt, true) + more, true);
	}

	/** A whole call from JavaScript's values, by the table's letters. */
	encode(row, args, flags = 0) {
		const index = this.call(row.number, flags);
		for (let i = 0; i < row.takes.length; i++)
			switch (row.takes[i]) {
			case "q": this.u64(args[i]); break;
			case "p": case "b": this.string(args[i]); break;
			default: this.u32(args[i]);
			}
		return index;
	}

	/** Ends the batch, gives its bytes (a copy) and is empty again. */
	seal(sequence, seen, flags) {
		this.#endCall();
		this.view.setUint8(4, FRAME.BATCH);
		this.view.setUint8(5, flags);
		this.view.setUint16(6, this.count, true);
		this.view.setUint32(8, sequence, true);
		this.view.setUint32(12, seen, true);
		const frame = this.take();
		this.clear();
		return frame;
	}
}

/* ---- reading ---- */

/** A cursor over bytes; reading past their end throws RangeError, as DataView does. */
export class Reader {
	constructor(bytes) {
		this.bytes = bytes;
		this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		this.at = 0;
	}

	u16() {
		const value = this.view.getUint16(this.at, true);
		this.at += 2;
		return value;
	}

	u32() {
		const value = this.view.getUint32(this.at, true);
		this.at += 4;
		return value;
	}

	u64() {
		const value = this.view.getBigUint64(this.at, true);
		this.at += 8;
		return value;
	}

	raw(length) {
		if (this.at + length > this.bytes.length)
			throw new RangeError("the frame is shorter than it says");
		this.at += length;
		return this.bytes.subarray(this.at - length, this.at);
	}

	string() {
		return this.raw(this.u32());
	}

	list(item) {
		const items = [];
		for (let left = this.u32(); left > 0; left--)
			items.push(item());
		return items;
	}

	rest() {
		return this.raw(this.bytes.length - this.at);
	}
}

/** Cuts a stream of messages into frames. A frame that the server cut over several messages is put together again. */
export class FrameReader {
	#part = null; // of a frame whose end hasn't come
	#have = 0;

	/** Takes a message; gives its whole frames: { type, flags, count, body }, body being a view into the message where it can. */
	push(bytes) {
		const frames = [];
		let at = 0;
		if (this.#part) {
			at = Math.min(bytes.length, this.#part.length - this.#have);
			this.#part.set(bytes.subarray(0, at), this.#have);
			this.#have += at;
			if (this.#have < this.#part.length)
				return frames;
			frames.push(readFrame(this.#part));
			this.#part = null;
		}
		while (at < bytes.length) {
			if (at + FRAME_HEAD > bytes.length)
				throw new RangeError("a message ends within a frame's head");
			const length = bytes[at] + bytes[at + 1] * 0x100 + bytes[at + 2] * 0x10000 + bytes[at + 3] * 0x1000000;
			if (length < FRAME_HEAD)
				throw new RangeError("a frame is shorter than its head");
			if (at + length > bytes.length) {
				this.#part = new Uint8Array(length);
				this.#part.set(bytes.subarray(at));
				this.#have = bytes.length - at;
				break;
			}
			frames.push(readFrame(bytes.subarray(at, at + length)));
			at += length;
		}
		return frames;
	}
}

function readFrame(bytes) {
	return { type: bytes[4], flags: bytes[5], count: bytes[6] | bytes[7] << 8, body: bytes.subarray(FRAME_HEAD) };
}

/** The answer to a hello. args and env are bytes; preopens: [{ handle, socket, readOnly, name, fdstat, filestat }] (bytes, WASI's layout). */
export function decodeWelcome({ body }) {
	const r = new Reader(body);
	const welcome = {
		guest: r.u32(),
		key: toText(r.string()),
		scope: toText(r.string()),
		args: r.list(() => r.string()),
		env: r.list(() => r.string()),
		preopens: r.list(() => {
			const handle = r.u32();
			const flags = r.u32();
			return {
				handle, socket: (flags & PREOPEN.SOCKET) !== 0, readOnly: (flags & PREOPEN.READ_ONLY) !== 0,
				name: toText(r.string()), fdstat: r.raw(24), filestat: r.raw(64),
			};
		}),
		realtime: r.u64(), monotonic: r.u64(), realtimeResolution: r.u64(), monotonicResolution: r.u64(),
	};
	welcome.bounds = {
		message: r.u32(), calls: r.u32(), handles: r.u32(), data: r.u32(), subscriptions: r.u32(), path: r.u32(), stdin: r.u32(),
	};
	welcome.watch = r.u32();
	welcome.hints = null; // text; null: none were asked for, or none are kept
	if (r.at < body.length && r.u32() !== 0)
		welcome.hints = toText(r.string());
	return welcome;
}

/** { sequence, acknowledged, realtime, monotonic, results: [{ index, errno, bytes }] }; errno SKIPPED: it never ran. */
export function decodeAnswer({ body, count }) {
	const r = new Reader(body);
	const answer = { sequence: r.u32(), acknowledged: r.u32(), realtime: r.u64(), monotonic: r.u64(), results: [] };
	for (let i = 0; i < count; i++) {
		const index = r.u16();
		const errno = r.u16();
		answer.results.push({ index, errno, bytes: r.string() });
	}
	return answer;
}

/** { code, errno, message } */
export function decodeRefused({ body }) {
	const r = new Reader(body);
	return { code: r.u32(), errno: r.u32(), message: toText(r.string()) };
}

/** { reason, message } */
export function decodeEnded({ body }) {
	const r = new Reader(body);
	return { reason: r.u32(), message: toText(r.string()) };
}

/** { mode, state, data }: WATCH's, STANDS', and whether files' contents are wanted. */
export function decodeWatch({ body }) {
	const r = new Reader(body);
	return { mode: r.u32(), state: r.u32(), data: r.u32() !== 0 };
}

/** ACK's and AGAIN's one number. */
export function decodeNumber({ body }) {
	return new Reader(body).u32();
}

/** TAKEN: bytes of stdin consumed, ever. */
export function decodeTaken({ body }) {
	return Number(new Reader(body).u64());
}

/** What of a leased folder isn't so any more: all of it, a name, or what was told of a name's file. */
export const BROKEN = Object.freeze({ ALL: 0, NAME: 1, ATTRIBUTES: 2 });

/** BREAK: [{ ordinal, lease, what, name }]; what: BROKEN's, lease 0: every one; name: bytes. */
export function decodeBreaks({ body }) {
	const r = new Reader(body);
	const breaks = [];
	while (r.at < body.length) {
		const ordinal = r.u32(), lease = r.u32(), what = r.u16();
		breaks.push({ ordinal, lease, what, name: r.raw(r.u16()) });
	}
	return breaks;
}

/** How much is told of a leased folder's entry: that it is there, who it is (a folder's device and inode), or its filestat. */
export const TELLS = Object.freeze({ NAME: 0, IDENTITY: 1, ATTRIBUTES: 2 });

const TOLD_BYTES = [0, 16, 64];

function leasedEntry(r, named) {
	const ino = r.u64(), kind = r.u16(), length = r.u16();
	const tells = kind >> 8;
	return { ino, type: kind & 0xFF, tells, bytes: r.raw(TOLD_BYTES[tells]), name: named ? r.raw(length) : null };
}

/** What lease_folder gave: { lease, stamp, filestat, parent, entries: [{ ino, type, tells, bytes, name }] }; parent: the inode of "..". */
export function decodeLease(bytes) {
	const r = new Reader(bytes);
	const leased = { lease: r.u32(), stamp: r.u32(), filestat: r.raw(64), parent: r.u64(), entries: [] };
	const count = r.u32();
	r.u32();
	for (let i = 0; i < count; i++)
		leased.entries.push(leasedEntry(r, true));
	return leased;
}

/** What lease_keep gave: { lease, key, fdstat }; key: the folder's identity, as fds.js writes it. */
export function decodeKept(bytes) {
	const r = new Reader(bytes);
	const lease = r.u32();
	r.u32();
	return { lease, key: `${r.u64()}:${r.u64()}`, fdstat: r.raw(24) };
}

/** What lease_name gave: { lease, stamp, filestat, entry }; entry null: there is none of that name. */
export function decodeLeasedName(bytes) {
	const r = new Reader(bytes);
	const leased = { lease: r.u32(), stamp: r.u32(), filestat: r.raw(64), entry: null };
	if (r.at < bytes.length)
		leased.entry = leasedEntry(r, false);
	return leased;
}

/** What lease_file gave: { lease, stamp, flags, filestat }; flags 1: it may be opened from what is known. */
export function decodeLeasedFile(bytes) {
	const r = new Reader(bytes);
	const leased = { lease: r.u32(), stamp: r.u32(), flags: r.u32() };
	r.u32();
	return { ...leased, filestat: r.raw(64) };
}

/** What lease_files gave: { lease, stamp, files: [{ errno, lease, traits, fdstat, filestat, bytes }] }, errno alone where it isn't 0; lease: the folder's. */
export function decodeLeasedFiles(bytes) {
	const r = new Reader(bytes);
	const leased = { lease: r.u32(), stamp: r.u32(), files: [] };
	while (r.at < bytes.length) {
		const errno = r.u32();
		leased.files.push(errno !== 0 ? { errno } : { errno, lease: r.u32(), traits: r.u32(), fdstat: r.raw(24), filestat: r.raw(64), bytes: r.string() });
	}
	return leased;
}

/** What a call gave, by the table's letters: an array of Number, BigInt and Uint8Array. */
export function decodeGives(row, bytes) {
	const r = new Reader(bytes);
	return Array.from(row.gives, letter => {
		switch (letter) {
		case "w": return r.u32();
		case "q": return r.u64();
		case "F": return r.raw(24);
		case "S": return r.raw(64);
		default: return r.rest();
		}
	});
}

const byName = new Map(SYSCALLS.map(row => [row.name, row]));

/** The row of a call. */
export function syscallRow(name) {
	return byName.get(name);
}
