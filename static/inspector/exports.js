/* The rows that are shown, as other tools read them: strace's text, a JSON object a line, or Perfetto's trace. Made in pieces, so that a million rows
 * don't stop the page. Pure. */
import { errnoMeaning, errnoName } from "./errnos.js";
import { timeOfDay } from "./numbers.js";
import { FLAG, NO_HANDLE } from "./store.js";

const ROWS = 5000; // a piece

/** `[pid 3] 14:03:07.123456 fd_read(4, 0, 4096) = 12 <0.000321>` */
export function straceLine(row, nameOf) {
	if (row.flags & FLAG.NOTE)
		return `--- ${timeOfDay(row.time)} ${row.text} ---`;
	const result = row.flags & FLAG.SKIPPED ? "= ? (skipped)"
		: row.errno ? `= -1 ${errnoName(row.errno)} (${errnoMeaning(row.errno)})` : row.result;
	const how = row.flags & FLAG.LOCAL ? " /* page */" : row.flags & FLAG.QUIET ? " /* sent later */" : "";
	return `[pid ${row.program}] ${timeOfDay(row.time)} ${nameOf(row.call)}(${row.text}) ${result} <${(row.took / 1e6).toFixed(6)}>${how}`;
}

/* Times in microseconds, but `time`; what isn't known is undefined. */
function rowObject(row, nameOf) {
	const known = us => Number.isNaN(us) ? undefined : Math.round(us * 1000) / 1000;
	return {
		time: row.time / 1e6, program: row.program, call: nameOf(row.call), args: row.text, result: row.result.replace(/^= /, ""),
		errno: row.errno ? errnoName(row.errno) : undefined,
		handle: row.handle === NO_HANDLE ? undefined : row.handle & 0xFFFF,
		path: row.path === "" ? undefined : row.path.split("\0"), bytes: row.bytes || undefined,
		answered: row.flags & FLAG.LOCAL ? "page" : "server", skipped: row.flags & FLAG.SKIPPED ? true : undefined,
		quiet: row.flags & FLAG.QUIET ? true : undefined,
		batch: row.batch || undefined, took_us: known(row.took),
		page_us: known(row.page), wire_us: known(row.wire), queue_us: known(row.queue), os_us: known(row.os), waiting_us: known(row.waiting) || undefined,
	};
}

/** Times in microseconds, but `time`, which is in seconds; what isn't known is left out. */
export const jsonLine = (row, nameOf) => JSON.stringify(row.flags & FLAG.NOTE ? { time: row.time / 1e6, program: row.program || undefined, note: row.text }
	: rowObject(row, nameOf));

/* A track of a program's: its calls, one after the other, and what its page sent later by itself. */
const CALLS = 1, SENT_LATER = 2;

/**
 * What stands before and after perfettoLine()'s lines, which give a file for Perfetto (https://ui.perfetto.dev) and other readers of the Trace Event Format.
 * @param {Map<number, string>} programs names by id
 */
export function perfettoFrame(programs) {
	const names = [...programs].flatMap(([pid, name]) => [
		{ ph: "M", name: "process_name", pid, args: { name } },
		{ ph: "M", name: "thread_name", pid, tid: CALLS, args: { name: "calls" } },
		{ ph: "M", name: "thread_name", pid, tid: SENT_LATER, args: { name: "sent later by the page" } },
	]);
	const first = { ph: "M", name: "process_sort_index", pid: 0, args: { sort_index: 0 } }; // so that each line begins with a comma
	return { before: `{"displayTimeUnit":"ns","traceEvents":[\n${[first, ...names].map(event => JSON.stringify(event)).join("\n,")}\n`, after: "]}\n" };
}

/** A complete event; its parts are among its arguments, because where within the call each began isn't known. */
export function perfettoLine(row, nameOf) {
	if (row.flags & FLAG.NOTE)
		return `,${JSON.stringify({ ph: "i", s: row.program ? "p" : "g", name: row.text, pid: row.program, tid: CALLS, ts: row.time })}`;
	const { call, args, result, errno, path, bytes, answered, skipped, batch, took_us, page_us, wire_us, queue_us, os_us, waiting_us } = rowObject(row, nameOf);
	return `,${JSON.stringify({
		ph: "X", name: call, cat: answered, pid: row.program, tid: row.flags & FLAG.QUIET ? SENT_LATER : CALLS, ts: row.time, dur: took_us,
		args: { args, result, errno, path: path?.join(" "), bytes, answered, skipped, batch, page_us, wire_us, queue_us, os_us, waiting_us },
	})}`;
}

/**
 * @param {import("./store.js").Store} store
 * @param {import("./selection.js").Selection} selection
 * @param {(row: import("./store.js").Row) => string} line
 * @param {(share: number) => void} [onProgress]
 * @returns {Promise<string[]>} text in pieces, for a Blob
 */
export async function exportRows(store, selection, line, onProgress = () => {}) {
	const numbers = Float64Array.from({ length: selection.length }, (_, index) => selection.at(index)); // rows may be added meanwhile
	const pieces = [];
	for (let from = 0; from < numbers.length; from += ROWS) {
		const lines = [];
		for (const number of numbers.subarray(from, from + ROWS)) {
			const row = store.row(number);
			if (row !== null) // dropped meanwhile
				lines.push(line(row));
		}
		if (lines.length)
			pieces.push(`${lines.join("\n")}\n`);
		onProgress(Math.min(1, (from + ROWS) / numbers.length));
		await new Promise(resolve => setTimeout(resolve));
	}
	return pieces;
}
