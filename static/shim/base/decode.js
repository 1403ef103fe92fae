//# allFunctionsCalledOnLoad
/* What the server sends, from its frames. */
import { Reader, toText } from "./bytes.js";
import { END, FRAME_FIELDS, FRAME_HEAD, PREOPEN, WELCOME } from "./frames.js";
import { SYSCALLS } from "./syscalls.js";

/* Fresh memory costs more than copying into it, so that of long frames is used again. */
const SPARE_LEAST = 256 << 10, SPARE_MAX = 16;
const ALONE = FRAME_HEAD + 24 + 8; // what is around the only result of an ANSWER
const spare = [];

/** Nobody looks at these bytes of an answer any more: if nothing else came in its frame, the next one of that length is put there. */
export function giveBack({ buffer, byteLength }) {
	if (byteLength + ALONE === buffer.byteLength && byteLength >= SPARE_LEAST && spare.length < SPARE_MAX)
		spare.push(buffer);
}

function roomFor(length) {
	const found = length < SPARE_LEAST ? -1 : spare.findIndex(({ byteLength }) => byteLength === length);
	return new Uint8Array(found < 0 ? length : spare.splice(found, 1)[0]);
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
				this.#part = roomFor(length);
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

/** The WELCOME. args and env are bytes; preopens: [{ handle, socket, readOnly, scratch, name, fdstat, filestat }] (bytes, WASI's layout). */
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
				scratch: (flags & PREOPEN.SCRATCH) !== 0,
				name: toText(r.string()), fdstat: r.raw(24), filestat: r.raw(64),
			};
		}),
		realtime: r.u64(), monotonic: r.u64(), realtimeResolution: r.u64(), monotonicResolution: r.u64(),
	};
	welcome.bounds = {
		message: r.u32(), calls: r.u32(), handles: r.u32(), data: r.u32(), subscriptions: r.u32(), path: r.u32(), stdin: r.u32(),
	};
	welcome.watch = r.u32();
	welcome.foreseen = r.u32() !== 0; // may calls be foreseen?
	const wanted = r.u32();
	welcome.recorded = (wanted & WELCOME.RECORDED) !== 0; // does the gateway want a recording?
	welcome.kept = (wanted & WELCOME.KEPT) !== 0; // does the program outlive its page?
	welcome.askable = (wanted & WELCOME.ASKABLE) !== 0; // may the user be asked for folders?
	welcome.traced = (wanted & WELCOME.TRACED) !== 0; // are calls to say which of a component's functions makes them?
	welcome.injections = injectionsOf(r);
	welcome.hints = null; // text; null: none were asked for, or none are kept
	if (r.at < body.length && r.u32() !== 0)
		welcome.hints = toText(r.string());
	return welcome;
}

const injectionsOf = r => r.list(() => ({
	calls: r.list(() => r.u32()), errno: r.u32(), bytes: r.u32(), lost: r.u32() !== 0, first: r.u32(), last: r.u32(), step: r.u32(),
	chance: r.u32(), seed: r.u32(), fd: r.u32(), enterNs: Number(r.u64()), exitNs: Number(r.u64()), path: toText(r.string()),
}));

/** The rules of an INJECT, as the WELCOME's. */
export const decodeInject = ({ body }) => injectionsOf(new Reader(body));

/** { request, find, address, length, pattern } of a LOOK; address: a Number. */
export function decodeLook({ body }) {
	const r = new Reader(body);
	return { request: r.u32(), find: r.u32() !== 0, address: Number(r.u64()), length: r.u32(), pattern: r.string() };
}

/** A part of what is kept, { part } (bytes); or the last one, { last }: the batch that comes next is base + 1, newest the last that came; fed, taken: bytes of
 * stdin that the page before gave, and that the program has consumed; recorded: bytes of its recording for the file, 0: there is none; handles: of each slot
 * that was used the last handle, isOpen. */
export function decodeKeptRun({ body }) {
	const r = new Reader(body);
	if (r.u32() === 0)
		return { part: r.rest() };
	const base = r.u32(), fed = Number(r.u64()), taken = Number(r.u64()), newest = r.u32(), recorded = Number(r.u64());
	const handles = r.list(() => ({ handle: r.u32(), isOpen: r.u32() !== 0 }));
	return { last: { base, fed, taken, newest, recorded, handles, state: r.rest() } };
}

/** { number, verdict, readonly, path }: the answer to ASK. verdict 0: granted, as path. */
export function decodeAsked({ body }) {
	const r = new Reader(body);
	return { number: r.u32(), verdict: r.u32(), readonly: r.u32() !== 0, path: toText(r.string()) };
}

/** { code, errno, message } */
export function decodeRefused({ body }) {
	const r = new Reader(body);
	return { code: r.u32(), errno: r.u32(), message: toText(r.string()) };
}

/** { reason, message }; if a foreseen call failed also lost: { call, errno, sequence, index }, which call it was. */
export function decodeEnded({ body }) {
	const r = new Reader(body);
	const ended = { reason: r.u32(), message: toText(r.string()), lost: null };
	if (ended.reason === END.CHANGE_LOST) {
		const number = r.u32();
		ended.lost = { call: SYSCALLS.find(row => row.number === number)?.name ?? String(number), errno: r.u32(), sequence: r.u32(), index: r.u32() };
	}
	return ended;
}

/** { mode, state, data }: WATCH's, STANDS', and whether files' contents are wanted. */
export function decodeWatch(frame) {
	const [mode, state, data] = decodeFields(frame);
	return { mode, state, data: data !== 0 };
}

/** The fields of a frame that always has the same (FRAME_FIELDS): Numbers, BigInts. */
export function decodeFields({ type, body }) {
	return values(FRAME_FIELDS[type], body);
}

/** What a call gave, by the table's letters: an array of Number, BigInt and Uint8Array. */
export function decodeGives(row, bytes) {
	return values(row.gives, bytes);
}

function values(letters, bytes) {
	const r = new Reader(bytes);
	return Array.from(letters, letter => {
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
