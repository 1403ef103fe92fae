/* The inspector's model, built from the gateway's frames: programs, rows, handles, streams, the console, and what the debugger may do. Pure.
 * Leaves to others: the connection (connection.js), showing it (the panels). */
import { HANDLE_FLAG, MODE, RULES, NONE64, STATE, TO_DEBUGGER, decode } from "./codec.js";
import { Files } from "./files.js";
import { RECORDED, count, took } from "./numbers.js";
import { isOwn } from "./preview1.js";
import { CALL_NAMES, NOTE, callName, noteRow, pathText, rowOf, withinFlags } from "./rows.js";
import { FLAG, Store } from "./store.js";
import { Sums } from "./sums.js";
import { Transcript } from "./transcript.js";

const LATELY = 8192; // batches whose times may still come, of a program
const BEGAN_BEFORE = 4; // PROGRAM's flag: before the debugger was there
const CONSOLE_KEPT = 2000;
const PROGRAMS_KEPT = 200; // beyond so many the oldest ended ones are dropped
const STREAMS = ["stdin", "stdout", "stderr"];
const LEVELS = ["debug", "log", "info", "warn", "error", "uncaught error", "unhandled rejection"];
const REASONS = ["exit", "trap", "killed", "gone", "lost"];

export { CALL_NAMES, callName, pathText };

/**
 * @typedef {object} Handle
 * @property {number} handle slot and generation @property {boolean} preopen @property {boolean} hostPath
 * @property {number} filetype @property {number} fdflags @property {bigint} rights @property {bigint} inheriting
 * @property {number} offset NaN: none @property {number} opened by the program's n-th call; 0: unknown
 * @property {string} path
 */

/* Notes a row that crossed the wire by its batch. */
function remember(waits, batch, number) {
	const rows = waits.get(batch);
	if (rows)
		rows.push(number);
	else
		waits.set(batch, [number]);
	if (waits.size > LATELY)
		waits.delete(waits.keys().next().value);
}

/** One program. */
class Program {
	sums = new Sums();
	output = new Transcript();
	/** @type {Map<number, Handle>} by handle */
	handles = new Map();
	files = new Files();
	/** What is known of sockets, by handle. @type {Map<number, object>} */
	sockets = new Map();
	/** @type {string[]} what goes wrong with its calls, by our wish */
	faults = [];
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
	stoppedSince = null; // microseconds
	isLate = false; // it was there before we were, and that hasn't been said yet
	wasLate = false; // that was said
	/** Rows that crossed the wire, by batch, whose times haven't come; and the last one that the page answered after it had asked. */
	waits = new Map();
	asked = null;

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
	/** Rows that turned out to be the page's own, since the page drew last. @type {number[]} */
	disowned = [];
	/** (message) of the gateway's answers about memory, and about what goes wrong with calls */
	onmemory = null;
	oninjected = null;
	/** (message) of a part of a recording */
	onrecording = null;
	/** The gateway's realtime, in microseconds, less ours. */
	#ahead = 0;
	#recorded = 0; // runs

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
			return this.#programBegan(message);
		case TO_DEBUGGER.ENDED:
			return this.#programEnded(message);
		case TO_DEBUGGER.CALLS:
			for (const call of message.calls)
				this.#addCall(rowOf(call));
			break;
		case TO_DEBUGGER.TIMES:
			for (const times of message.times)
				this.#setTimes(times);
			break;
		case TO_DEBUGGER.HANDLES:
			return this.#setHandles(message);
		case TO_DEBUGGER.SOCKETS:
			return this.#setSockets(message);
		case TO_DEBUGGER.RULES:
			return this.#setRules(message);
		case TO_DEBUGGER.OUTPUT:
			this.programs.get(message.program)?.output.add(STREAMS[message.stream] ?? "stdout", message.bytes);
			this.changed.add("streams");
			break;
		case TO_DEBUGGER.MEMORY_IS:
			return this.onmemory?.(message);
		case TO_DEBUGGER.RECORDING:
			return this.onrecording?.(message);
		case TO_DEBUGGER.INJECTED:
			return this.#setFaults(message);
		case TO_DEBUGGER.STATE:
			return this.#setState(message);
		case TO_DEBUGGER.SCOPE:
			return this.#setScope(message);
		case TO_DEBUGGER.CONSOLE:
			return this.#addLine(message);
		case TO_DEBUGGER.DROPPED:
			this.dropped += message.calls;
			this.note(NOTE.GAP, `${count(message.calls)} calls are missing here: they came faster than they could be shown`);
			this.changed.add("dropped");
			break;
		}
		return undefined; // also of a newer gateway's frame, which is ignored
	}

	#setFaults(message) {
		if (message.wrong === "" && this.programs.has(message.program))
			this.programs.get(message.program).faults = message.rules;
		this.oninjected?.(message);
		this.changed.add("programs");
	}

	#setScope({ scope, data, message }) {
		Object.assign(this.welcome, { scope, data });
		this.scopeMessage = message;
		this.changed.add("scope");
	}

	#addLine({ program, level, realtime, text }) {
		this.console.push({ program, level: LEVELS[level] ?? "log", time: Number(realtime / 1000n), text });
		if (this.console.length > CONSOLE_KEPT)
			this.console.shift();
		this.changed.add("console");
	}

	/** Takes what a page kept of a program that has ended (kept.js). */
	keep({ args, code, calls }) {
		const time = calls.at(-1)?.time ?? this.now, realtime = BigInt(Math.floor(calls[0]?.time ?? time)) * 1000n;
		const program = new Program({ program: 0, name: args[0] ?? "", args, env: [], address: "", browser: "", realtime, flags: BEGAN_BEFORE });
		this.programs.set(program.id, Object.assign(program, { ended: { reason: code === null ? "trap" : "exit", code, message: "", time } }));
		for (const row of calls)
			this.#addCall(row);
		this.note(NOTE.SINCE, "Above are this program\u2019s last calls, as its page kept them", program.id);
		this.changed.add("programs");
	}

	/** A recorded run becomes a program that has ended. Gives it; its rows are for addRow(). */
	addRecorded({ program: { args, path, browser, started }, end }) {
		const id = RECORDED + ++this.#recorded, realtime = BigInt(Math.floor(started) || 0) * 1_000_000n;
		const program = new Program({ program: id, name: args[0] ?? path, args, env: [], address: "", browser, realtime, flags: BEGAN_BEFORE });
		const reason = end.exit !== undefined ? "exit" : end.trap !== undefined ? "trap" : end.lost !== undefined ? "lost" : "unknown";
		this.programs.set(id, Object.assign(program, { ended: { reason, code: end.exit ?? null, message: "", time: program.began } }));
		this.changed.add("programs");
		return program;
	}

	addRow(row) {
		this.#addCall(row);
		Object.assign(this.programs.get(row.program)?.ended ?? {}, { time: row.time + row.took });
		this.changed.add("programs");
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
			this.programs.get(message.program).isLate = (message.flags & BEGAN_BEFORE) !== 0;
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

	#addCall(row) {
		const number = this.store.add(row);
		const program = this.programs.get(row.program);
		if (!(row.flags & FLAG.BEFORE))
			this.#count(row, number, program);
		this.changed.add("rows");
	}

	#count(row, number, program) {
		this.sums.add(row);
		if (!program)
			return;
		program.sums.add(row);
		program.files.add(row);
		program.lastRow = number;
		const handle = program.handles.get(row.handle);
		if (handle && !Number.isNaN(row.offset)) {
			handle.offset = row.offset;
			this.changed.add("handles");
		}
		if (row.flags & FLAG.ASKED)
			program.asked = number;
		else if (!(row.flags & (FLAG.LOCAL | FLAG.QUIET)))
			remember(program.waits, row.batch, number);
	}

	/** A line among the rows. */
	note(kind, text, program = 0) {
		this.store.add(noteRow(kind, text, { program, time: this.now }));
		this.changed.add("rows");
	}

	/* The page reports a wait after its end. If it had asked for something else to answer the call, that call has a row of its own just before; else it is the
	 * last of that number in the batch. All other rows of the batch, and of those before it, the page asked for on its own account. */
	#setTimes({ program: id, batch, call, within, page, trip }) {
		const program = this.programs.get(id);
		if (!program)
			return;
		const rows = program.waits.get(batch) ?? [];
		let its = program.asked !== null && this.store.row(program.asked)?.call === call ? program.asked : null;
		program.asked = null;
		its ??= rows.findLast(number => this.store.row(number)?.call === call) ?? null;
		const others = [...program.waits].filter(([number]) => number <= batch).flatMap(([number, all]) => {
			program.waits.delete(number);
			return all.filter(one => one !== its);
		});
		const row = its === null ? null : this.store.row(its);
		if (row !== null) {
			const known = row.flags & FLAG.ASKED ? rows.map(number => this.store.row(number)).filter(Boolean) : [row];
			const sum = part => known.reduce((all, one) => all + one[part], 0);
			const wire = Math.max(0, trip / 1000 - sum("queue") - sum("os") - sum("waiting"));
			const times = { page: page / 1000, wire, took: row.flags & FLAG.ASKED ? row.took : page / 1000 + wire + row.queue + row.os + row.waiting };
			this.store.setTimes(its, times);
			this.store.setFlags(its, withinFlags(within));
			for (const sums of [this.sums, program.sums])
				sums.correct(call, row.took, times);
			program.files.correct(row, times.took - row.took);
		}
		for (const number of others)
			this.#disown(number, program);
		this.changed.add("rows");
	}

	#disown(number, program) {
		const row = this.store.row(number);
		if (row === null || isOwn(row.call, row.flags) && row.flags & (FLAG.QUIET | FLAG.OWN))
			return;
		this.store.setFlags(number, FLAG.OWN);
		this.sums.disown(row);
		program.sums.disown(row);
		if (!isOwn(row.call, row.flags))
			program.files.disown(row);
		this.disowned.push(number);
	}

	#setHandles({ program, snapshot, handles }) {
		const its = this.programs.get(program);
		if (!its || its.ended !== null)
			return;
		if (snapshot)
			its.handles.clear();
		for (const { handle, flags, filetype, fdflags, rights, inheriting, offset, opened, path } of handles) {
			its.files.opened(handle, pathText(path));
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
		if (its.isLate) {
			its.isLate = false;
			its.wasLate = true;
			this.note(NOTE.SINCE, "Watched from here on. Above are the last calls before that reached the gateway: what the page answered itself isn\u2019t among them", program);
		}
		if (mode !== MODE.CONTROLLED)
			its.faults = [];
		const was = its.stopped;
		Object.assign(its, { mode, state, why, breakpoint, stoppedAt: text });
		if (its.stopped && !was)
			its.stoppedSince = this.now;
		if (was && !its.stopped)
			this.note(NOTE.STOP, `Stopped for ${took(this.now - its.stoppedSince)}`, program);
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
