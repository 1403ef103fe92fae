/* The inspector's model, built from the gateway's frames: programs, rows, handles, streams, the console, and what the debugger may do. Pure.
 * Leaves to others: the connection (connection.js), showing it (the panels). */
import { HANDLE_FLAG, MODE, RULES, NONE64, STATE, TO_DEBUGGER, decode } from "./codec.js";
import { NUMBERS } from "../shim/base/syscalls.js";
import { FLAG, Store } from "./store.js";
import { Sums } from "./sums.js";
import { Transcript } from "./transcript.js";

const LATELY = 8192; // waits whose times may still come
const CONSOLE_KEPT = 2000;
const PROGRAMS_KEPT = 200; // beyond so many the oldest ended ones are dropped
const STREAMS = ["stdin", "stdout", "stderr"];
const LEVELS = ["debug", "log", "info", "warn", "error", "uncaught error", "unhandled rejection"];
const REASONS = ["exit", "trap", "killed", "gone", "lost"];

/** [number, name] of every call. */
export const CALL_NAMES = Object.entries(NUMBERS).map(([name, number]) => [number, name]);
const names = new Map(CALL_NAMES);

/** The name of a call; "call 77" for one that this table doesn't have. */
export const callName = number => names.get(number) ?? `call ${number}`;

const pathDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A path's bytes as text; those that aren't UTF-8 as \xff. */
export function pathText(bytes) {
	try {
		return pathDecoder.decode(bytes);
	} catch {
		return Array.from(bytes, byte => byte < 128 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`).join("");
	}
}

/**
 * @typedef {object} Handle
 * @property {number} handle slot and generation @property {boolean} preopen @property {boolean} hostPath
 * @property {number} filetype @property {number} fdflags @property {bigint} rights @property {bigint} inheriting
 * @property {number} offset NaN: none @property {number} opened by the program's n-th call; 0: unknown
 * @property {string} path
 */

/** One program. */
class Program {
	sums = new Sums();
	output = new Transcript();
	/** @type {Map<number, Handle>} by handle */
	handles = new Map();
	/** What is known of sockets, by handle. @type {Map<number, object>} */
	sockets = new Map();
	/** @type {string[]} what its page keeps it to, and what the user has said yes to */
	kept = [];
	granted = [];
	mode = MODE.WATCHED;
	state = STATE.RUNS;
	why = 0;
	breakpoint = 0;
	stoppedAt = ""; // the call's text
	ended = null; // { reason, code, message, time }
	lastRow = null; // number

	constructor(frame) {
		this.id = frame.program;
		this.describe(frame);
	}

	describe({ name, args, env, address, browser, realtime, flags }) {
		Object.assign(this, { name, args, env, address, browser, flags, began: Number(realtime / 1000n) });
	}

	get stopped() {
		return this.ended === null && (this.state === STATE.BEFORE || this.state === STATE.AFTER);
	}

	/** Handles that the program opened and hadn't closed at its end. */
	get leaks() {
		return this.ended === null ? [] : [...this.handles.values()].filter(({ handle, preopen }) => !preopen && (handle & 0xFFFF) > 2);
	}
}

export class Model {
	store = new Store();
	/** of all programs together */
	sums = new Sums();
	/** @type {Map<number, Program>} */
	programs = new Map();
	/** @type {{ program: number, level: string, time: number, text: string }[]} */
	console = [];
	/** @type {{ name: string, origin: string, scope: number, data: boolean } | null} */
	welcome = null;
	scopeMessage = "";
	/** @type {string[]} the user's --net */
	rules = [];
	dropped = 0;
	/** What changed since the page drew last: "programs", "rows", "handles", "streams", "console", "scope", "dropped". */
	changed = new Set();
	/** The gateway's realtime, in microseconds, less ours. */
	#ahead = 0;
	#waits = new Map(); // program and batch: rows whose times haven't come

	/** Takes one frame of the wire. Throws RangeError where it doesn't fit. */
	take(frame) {
		const message = decode(frame);
		switch (message.type) {
		case TO_DEBUGGER.WELCOME:
			this.welcome = message;
			this.#ahead = Number(message.realtime / 1000n) - Date.now() * 1000;
			this.changed.add("scope");
			break;
		case TO_DEBUGGER.PROGRAM:
			this.#programBegan(message);
			break;
		case TO_DEBUGGER.ENDED:
			this.#programEnded(message);
			break;
		case TO_DEBUGGER.CALLS:
			for (const call of message.calls)
				this.#addCall(call);
			break;
		case TO_DEBUGGER.TIMES:
			for (const times of message.times)
				this.#setTimes(times);
			break;
		case TO_DEBUGGER.HANDLES:
			this.#setHandles(message);
			break;
		case TO_DEBUGGER.SOCKETS:
			this.#setSockets(message);
			break;
		case TO_DEBUGGER.RULES:
			this.#setRules(message);
			break;
		case TO_DEBUGGER.OUTPUT:
			this.programs.get(message.program)?.output.add(STREAMS[message.stream] ?? "stdout", message.bytes);
			this.changed.add("streams");
			break;
		case TO_DEBUGGER.STATE:
			this.#setState(message);
			break;
		case TO_DEBUGGER.SCOPE:
			Object.assign(this.welcome, { scope: message.scope, data: message.data });
			this.scopeMessage = message.message;
			this.changed.add("scope");
			break;
		case TO_DEBUGGER.CONSOLE:
			this.console.push({ program: message.program, level: LEVELS[message.level] ?? "log", time: Number(message.realtime / 1000n), text: message.text });
			if (this.console.length > CONSOLE_KEPT)
				this.console.shift();
			this.changed.add("console");
			break;
		case TO_DEBUGGER.DROPPED:
			this.dropped += message.calls;
			this.changed.add("dropped");
			break;
		} // a newer gateway's frame: ignored
	}

	/** The gateway's time now, microseconds since 1970. */
	get now() {
		return Date.now() * 1000 + this.#ahead;
	}

	#programBegan(message) {
		const known = this.programs.get(message.program);
		if (known && (known.ended === null || known.ended.reason === "unknown")) { // the connection was lost meanwhile
			known.ended = null;
			known.describe(message);
		} else {
			this.programs.set(message.program, new Program(message));
		}
		if (this.programs.size > PROGRAMS_KEPT)
			for (const { id, ended } of this.programs.values())
				if (ended !== null) {
					this.programs.delete(id);
					break;
				}
		this.changed.add("programs");
	}

	#programEnded({ program, reason, code, realtime, message }) {
		const its = this.programs.get(program);
		if (!its)
			return;
		its.ended = { reason: REASONS[reason] ?? "gone", code, message, time: Number(realtime / 1000n) };
		its.state = STATE.RUNS;
		for (const topic of ["programs", "handles", "streams"])
			this.changed.add(topic);
	}

	/** Called when the connection is lost: whether the programs still run isn't known. */
	lose() {
		for (const program of this.programs.values())
			if (program.ended === null) {
				program.ended = { reason: "unknown", code: null, message: "", time: this.now };
				program.state = STATE.RUNS;
			}
		for (const topic of ["programs", "handles", "scope"])
			this.changed.add(topic);
	}

	#addCall(call) {
		const local = (call.flags & FLAG.LOCAL) !== 0;
		const duration = call.duration / 1000, queue = call.queue / 1000;
		const name = callName(call.call);
		const inner = call.text.startsWith(`${name}(`) && call.text.endsWith(")") ? call.text.slice(name.length + 1, -1) : call.text;
		const paths = [call.path, call.path2].filter(path => path.length).map(pathText);
		const row = {
			program: call.program, time: Number(call.time / 1000n), call: call.call, text: inner, result: call.result, errno: call.errno,
			flags: call.flags, batch: call.batch, serial: call.number, handle: call.handle, handle2: call.handle2, path: paths.join("\0"),
			bytes: call.bytesIn + call.bytesOut, took: local ? duration : queue + duration, page: local ? duration : NaN, wire: local ? 0 : NaN,
			queue, os: local ? 0 : duration, offset: call.offset === NONE64 ? NaN : Number(call.offset), hash: call.hash, data: call.data,
		};
		const number = this.store.add(row);
		this.sums.add(row);
		const program = this.programs.get(call.program);
		if (program) {
			program.sums.add(row);
			program.lastRow = number;
			const handle = program.handles.get(call.handle);
			if (handle && !Number.isNaN(row.offset)) {
				handle.offset = row.offset;
				this.changed.add("handles");
			}
		}
		if (!local && !(call.flags & FLAG.QUIET))
			this.#remember(call.program, call.batch, number);
		this.changed.add("rows");
	}

	#remember(program, batch, number) {
		const key = program * 2 ** 32 + batch;
		const rows = this.#waits.get(key);
		if (rows)
			rows.push(number);
		else
			this.#waits.set(key, [number]);
		if (this.#waits.size > LATELY)
			this.#waits.delete(this.#waits.keys().next().value);
	}

	/* The page reports a wait after its end. The program waited for the last call of that number in the batch. */
	#setTimes({ program, batch, call, page, trip }) {
		const key = program * 2 ** 32 + batch;
		const rows = this.#waits.get(key) ?? [];
		this.#waits.delete(key);
		for (const number of rows.reverse()) {
			const row = this.store.row(number);
			if (row === null || row.call !== call)
				continue;
			const wire = Math.max(0, trip / 1000 - row.queue - row.os);
			const times = { page: page / 1000, wire, took: page / 1000 + wire + row.queue + row.os };
			this.store.setTimes(number, times);
			this.sums.correct(call, row.took, times);
			this.programs.get(program)?.sums.correct(call, row.took, times);
			this.changed.add("rows");
			return;
		}
	}

	#setHandles({ program, snapshot, handles }) {
		const its = this.programs.get(program);
		if (!its || its.ended !== null)
			return;
		if (snapshot)
			its.handles.clear();
		for (const { handle, flags, filetype, fdflags, rights, inheriting, offset, opened, path } of handles) {
			if (!(flags & HANDLE_FLAG.OPEN)) {
				its.handles.delete(handle);
				its.sockets.delete(handle);
			} else
				its.handles.set(handle, { handle, preopen: (flags & HANDLE_FLAG.PREOPEN) !== 0, hostPath: (flags & HANDLE_FLAG.HOST_PATH) !== 0,
					filetype, fdflags, rights, inheriting, offset: offset === NONE64 ? NaN : Number(offset), opened, path: pathText(path) });
		}
		this.changed.add("handles");
	}

	#setSockets({ program, sockets }) {
		const its = this.programs.get(program);
		if (!its || its.ended !== null)
			return;
		for (const { handle, ...socket } of sockets)
			its.sockets.set(handle, socket);
		this.changed.add("handles");
	}

	#setRules({ program, which, rules }) {
		const its = this.programs.get(program);
		if (which === RULES.USERS)
			this.rules = rules;
		else if (its)
			its[which === RULES.KEPT ? "kept" : "granted"] = rules;
		this.changed.add("handles");
	}

	#setState({ program, mode, state, why, breakpoint, text }) {
		const its = this.programs.get(program);
		if (!its || its.ended !== null)
			return;
		Object.assign(its, { mode, state, why, breakpoint, stoppedAt: text });
		this.changed.add("programs");
	}

	/** The row of a program's n-th call; null: dropped, or never reported. Searches from the newest row. */
	findSerial(program, serial) {
		for (let number = this.store.end - 1; number >= this.store.first; number--) {
			const { piece, at } = this.store.place(number);
			if (piece.program[at] === program && piece.serial[at] === serial)
				return number;
		}
		return null;
	}
}
