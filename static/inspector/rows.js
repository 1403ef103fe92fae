/* One call of the wire as a row of the trace: its text without the call's name, and its time in parts. Pure. */
import { NONE64 } from "./codec.js";
import { FUNCTIONS } from "../shim/component/interfaces.js";
import { NUMBERS } from "../shim/base/syscalls.js";
import { FLAG, NO_HANDLE } from "./store.js";

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

/* Where a call's time went, as far as it is known yet: what the page answers took its time there; a call that parked, or slept in the page, waited. */
function partsOf(call, duration) {
	if (call.flags & FLAG.ASKED)
		return { page: NaN, wire: NaN, queue: 0, os: 0, waiting: 0 };
	if (call.flags & FLAG.LOCAL)
		return call.call === NUMBERS.poll_oneoff ? { page: 0, wire: 0, queue: 0, os: 0, waiting: duration }
			: { page: duration, wire: 0, queue: 0, os: 0, waiting: 0 };
	const parked = (call.flags & FLAG.WAITED) !== 0;
	return { page: NaN, wire: NaN, queue: call.queue / 1000, os: parked ? 0 : duration, waiting: parked ? duration : 0 };
}

/* A component's function among a row's flags, and its name, or "". */
const WITHIN = 16;
export const withinFlags = within => within << WITHIN;
export const withinOf = ({ flags }) => FUNCTIONS[(flags >>> WITHIN) - 1] ?? "";

/** @param {object} call decode()'s @returns {import("./store.js").Row} */
export function rowOf(call) {
	const duration = call.duration / 1000;
	const name = callName(call.call);
	const inner = call.text.startsWith(`${name}(`) && call.text.endsWith(")") ? call.text.slice(name.length + 1, -1) : call.text;
	const paths = [call.path, call.path2].filter(path => path.length).map(pathText);
	return {
		program: call.program, time: Number(call.time / 1000n), call: call.call, text: inner, result: call.result, errno: call.errno,
		flags: call.flags | withinFlags(call.within), batch: call.batch, serial: call.number, handle: call.handle, handle2: call.handle2, path: paths.join("\0"),
		bytes: call.bytesIn + call.bytesOut, took: call.flags & FLAG.LOCAL ? duration : call.queue / 1000 + duration, ...partsOf(call, duration),
		offset: call.offset === NONE64 ? NaN : Number(call.offset), hash: call.hash, data: call.data,
	};
}

/** Kinds of notes among the rows. */
export const NOTE = Object.freeze({ GAP: 1, SINCE: 2, STOP: 3 });

/** A note among the rows: its kind where rows have their error. program 0: of all. */
export const noteRow = (kind, text, { program = 0, time }) => ({
	program, time, call: 0, text, result: "", errno: kind, flags: FLAG.NOTE, batch: 0, handle: NO_HANDLE, path: "", bytes: 0, took: NaN, page: NaN, wire: NaN,
	queue: NaN, os: NaN,
});
