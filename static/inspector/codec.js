/* The debugger's wire: docs/PROTOCOL.md, Debuggers. The twin of server/debugger/wire.c; tests/vectors/watch.json is read by both. Pure functions: nothing here
 * opens or waits. Text comes from programs and pages, and may be hostile: show it as text alone. */
import { FrameReader, Reader, Writer, toText } from "../shim/base/codec.js";
import { TABLE_HASH } from "../shim/base/syscalls.js";
import { TO_DEBUGGER, TO_SERVER } from "./tables.js";

export { TO_DEBUGGER, TO_SERVER };

const WATCH_VERSION = 1;
export const SUBPROTOCOL = "wvwasi-watch.1";
export const ASK = Object.freeze({ CONTROL: 1, DATA: 2 });
export const GO = Object.freeze({ STOP: 1, RESUME: 2, STEP: 3 });
export const STATE = Object.freeze({ RUNS: 0, STOPPING: 1, BEFORE: 2, AFTER: 3 });
export const WHY = Object.freeze({ ASKED: 0, STEP: 1, BREAKPOINT: 2, START: 3 });
export const MODE = Object.freeze({ WATCHED: 1, CONTROLLED: 2, BY_ANOTHER: 3 });
export const CALL_FLAG = Object.freeze({ LOCAL: 1, QUIET: 2, SKIPPED: 4, WAITED: 8, DATA: 16, CUT: 32, HASH: 64, BEFORE: 128, ASKED: 256 });
export const HANDLE_FLAG = Object.freeze({ OPEN: 1, PREOPEN: 2, HOST_PATH: 4 });
export const SOCKET_FLAG = Object.freeze({ TLS: 1, PEER_ENDED: 2, ALL_SENT: 4 });
/** What of a program's recording comes: its first bytes, more of them; then all has come, or there was no room for more; or it isn't recorded, and the bytes say why. */
export const RECORDED = Object.freeze({ FIRST: 1, MORE: 2, END: 3, CUT: 4, NOT: 5 });
/** Which rules: the user's own, what a page keeps its program to, what the user has said yes to. */
export const RULES = Object.freeze({ USERS: 0, KEPT: 1, GRANTED: 2 });
/** A u32 that says "any" in breakpoints and "none" in calls; a u64 that says "none" (as BigInt). */
export const NONE = 0xFFFFFFFF;
export const NONE64 = 0xFFFFFFFFFFFFFFFFn;
/** errno of a breakpoint: any but success. */
export const ANY_FAILURE = 0xFFFFFFFE;
const CALL_HEAD = 104;

/* ---- debugger to server ---- */

function frame(type, write) {
	const w = new Writer(256);
	w.frame(type, 0, 0);
	write(w);
	return w.take();
}

/** The first frame. hash: the table's, unless given. */
export function encodeHello(hash = TABLE_HASH) {
	return frame(TO_SERVER.HELLO, w => {
		w.u32(WATCH_VERSION);
		w.u64(hash);
	});
}

/** what: ASK's. */
export const encodeAsk = what => frame(TO_SERVER.ASK, w => w.u32(what));

export function encodeAttach(program, on) {
	return frame(TO_SERVER.ATTACH, w => {
		w.u32(program);
		w.u32(on ? 1 : 0);
	});
}

/** what: GO's. */
export function encodeGo(program, what) {
	return frame(TO_SERVER.GO, w => {
		w.u32(program);
		w.u32(what);
	});
}

/** All breakpoints: [{ id, program = 0, call = "", path = "", handle = NONE, errno = NONE, count = 1 }]. */
export function encodeBreak(breakpoints, { stopAtStart = false } = {}) {
	return frame(TO_SERVER.BREAK, w => {
		w.u32(stopAtStart ? 1 : 0);
		w.u32(breakpoints.length);
		for (const { id, program = 0, call = "", path = "", handle = NONE, errno = NONE, count = 1 } of breakpoints) {
			w.u32(id);
			w.u32(program);
			w.string(call);
			w.string(path);
			w.u32(handle);
			w.u32(errno);
			w.u32(count);
		}
	});
}

/** flags: the shim's STDIN bits (1 EOF, 2 MARK). */
export function encodeStdin(program, bytes, flags = 0) {
	return frame(TO_SERVER.STDIN, w => {
		w.u32(program);
		w.u32(flags);
		w.string(bytes);
	});
}

/** Asks for `length` bytes of a stopped program's memory, at most 64 KiB; with find: where these bytes are next, from the address on. */
export function encodeMemory(program, { request, address, length = 0, find = null }) {
	return frame(TO_SERVER.MEMORY, w => {
		w.u32(program);
		w.u32(request);
		w.u32(find === null ? 0 : 1);
		w.u64(BigInt(address));
		w.u32(length);
		w.string(find ?? "");
	});
}

/** All rules of --inject's grammar that hold for a program, in place of earlier ones. */
export function encodeInject(program, rules) {
	return frame(TO_SERVER.INJECT, w => {
		w.u32(program);
		w.u32(rules.length);
		for (const rule of rules)
			w.string(rule);
	});
}

/** Programs that start from now on are recorded, or no more of them. */
export const encodeRecord = isOn => frame(TO_SERVER.RECORD, w => w.u32(isOn ? 1 : 0));

/* ---- server to debugger ---- */

/** Cuts messages into frames, as the shim's does: push(bytes) gives [{ type, flags, count, body }]. */
export { FrameReader };

/** A frame as { type, ... } by docs/PROTOCOL.md's names. u64 are BigInt; strings are text, except the fields bytes, path, path2 and data. */
export function decode({ type, flags, count, body }) {
	const r = new Reader(body);
	const text = () => toText(r.string());
	switch (type) {
	case TO_DEBUGGER.WELCOME:
		return { type, version: r.u32(), scope: r.u32(), data: r.u32() !== 0, realtime: r.u64(), monotonic: r.u64(), name: text(), origin: text() };
	case TO_DEBUGGER.PROGRAM:
		return { type, program: r.u32(), session: r.u32(), realtime: r.u64(), flags: r.u32(), name: text(), address: text(), browser: text(),
			args: r.list(text), env: r.list(text) };
	case TO_DEBUGGER.ENDED: {
		const program = r.u32(), reason = r.u32(), has = r.u32(), code = r.u32();
		return { type, program, reason, code: has ? code : null, realtime: r.u64(), message: text() };
	}
	case TO_DEBUGGER.CALLS:
		return { type, calls: Array.from({ length: count }, () => decodeCall(r)) };
	case TO_DEBUGGER.HANDLES: {
		const program = r.u32();
		return { type, program, snapshot: (flags & 1) !== 0, handles: Array.from({ length: count }, () => decodeHandle(r)) };
	}
	case TO_DEBUGGER.SOCKETS:
		return { type, program: r.u32(), sockets: Array.from({ length: count }, () => ({ handle: r.u32(), kind: r.u16(), state: r.u16(), flags: r.u32(),
			received: Number(r.u64()), sent: Number(r.u64()), own: text(), peer: text(), name: text() })) };
	case TO_DEBUGGER.RULES:
		return { type, program: r.u32(), which: r.u32(), rules: r.list(text) };
	case TO_DEBUGGER.OUTPUT:
		return { type, program: r.u32(), stream: r.u32(), realtime: r.u64(), bytes: r.string() };
	case TO_DEBUGGER.STATE:
		return { type, program: r.u32(), mode: r.u32(), state: r.u32(), why: r.u32(), breakpoint: r.u32(), text: text() };
	case TO_DEBUGGER.SCOPE:
		return { type, scope: r.u32(), data: r.u32() !== 0, message: text() };
	case TO_DEBUGGER.CONSOLE:
		return { type, program: r.u32(), level: r.u32(), realtime: r.u64(), text: text() };
	case TO_DEBUGGER.MEMORY_IS:
		return { type, program: r.u32(), request: r.u32(), error: r.u32(), size: Number(r.u64()), address: r.u64(), bytes: r.string() };
	case TO_DEBUGGER.INJECTED:
		return { type, program: r.u32(), rules: r.list(text), wrong: text() };
	case TO_DEBUGGER.RECORDING:
		return { type, program: r.u32(), part: r.u32(), bytes: r.string() };
	case TO_DEBUGGER.DROPPED:
		return { type, calls: Number(r.u64()) };
	case TO_DEBUGGER.TIMES:
		return { type, times: Array.from({ length: count }, () => {
			const times = { program: r.u32(), batch: r.u32(), call: r.u16() };
			r.u16();
			return { ...times, within: r.u32(), page: Number(r.u64()), trip: Number(r.u64()) };
		}) };
	}
	return { type };
}

/* Durations are Numbers, ns; time, hash, offset and value BigInt. */
function decodeCall(r) {
	const start = r.at;
	const length = r.u32();
	const call = {
		program: r.u32(), number: Number(r.u64()), time: r.u64(), call: r.u16(), errno: r.u16(), flags: r.u16(), index: r.u16(), batch: r.u32(),
		handle: r.u32(), handle2: r.u32(), bytesIn: r.u32(), bytesOut: r.u32(), within: r.u32(),
	};
	Object.assign(call, { queue: Number(r.u64()), duration: Number(r.u64()), hash: r.u64(), offset: r.u64(), value: r.u64() });
	r.at = start + CALL_HEAD;
	Object.assign(call, { text: toText(r.string()), result: toText(r.string()), path: r.string(), path2: r.string(), data: r.string() });
	r.at = start + length;
	return call;
}

function decodeHandle(r) {
	const handle = { handle: r.u32(), flags: r.u32(), filetype: r.u16() };
	return { ...handle, fdflags: r.u16(), rights: r.u64(), inheriting: r.u64(), offset: r.u64(), opened: Number(r.u64()), path: r.string() };
}

/** A handle as it is shown: "4", "5.2". */
export function handleText(handle) {
	const generation = handle >>> 16;
	return generation ? `${handle & 0xFFFF}.${generation}` : String(handle & 0xFFFF);
}
