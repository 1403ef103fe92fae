/* Turns the filter's fields into a test of rows. Pure. Leaves to others: the fields (filterbar.js), keeping the rows that pass (selection.js). */
import { globToRegExp } from "../shim/base/glob.js";
import { ERRNO } from "./errnos.js";
import { parseTook } from "./numbers.js";
import { isDoneLater, isOwn } from "./preview1.js";
import { NOTE } from "./rows.js";
import { FLAG, NO_HANDLE } from "./store.js";

/**
 * @typedef {object} Wish all are text, and empty where nothing is asked
 * @property {string} [call] names or globs, divided by commas; one that begins with ! is left out
 * @property {string} [path] a glob; without * ? [ it is part of the path
 * @property {string} [handle] a number, or number.generation
 * @property {string} [errno] NOENT, ENOENT, 44; "any" error; "none"
 * @property {string} [slower] than a time
 * @property {"" | "page" | "server"} [where] it was answered
 * @property {string} [search] in what the row shows; upper and lower case are the same
 * @property {number | null} [program] its id
 * @property {"" | "hide"} [own] hide: without the calls that the page makes on its own account
 * @property {((piece: object, at: number) => boolean) | null} [file] only calls of a file (files.js)
 */

function pathTest(text) {
	if (!/[*?[]/.test(text))
		return path => path.includes(text);
	const glob = globToRegExp(text);
	return path => path.split("\0").some(one => glob.test(one));
}

function callTest(text, names) {
	const wanted = new Uint8Array(0x10000);
	const parts = text.split(",").map(part => part.trim()).filter(part => part !== "");
	const only = parts.filter(part => !part.startsWith("!")).map(globToRegExp);
	const without = parts.filter(part => part.startsWith("!")).map(part => globToRegExp(part.slice(1)));
	for (const [number, name] of names)
		wanted[number] = (only.length === 0 || only.some(glob => glob.test(name))) && !without.some(glob => glob.test(name)) ? 1 : 0;
	return wanted;
}

/** @returns {{ low: number, high: number } | null} error numbers; null: no such name */
export function parseErrno(text) {
	const name = text.trim().toUpperCase();
	if (name === "ANY")
		return { low: 1, high: 0xFFFF };
	if (name === "NONE" || name === "OK")
		return { low: 0, high: 0 };
	const number = /^\d+$/.test(name) ? Number(name) : ERRNO[name] ?? ERRNO[name.replace(/^E/, "")];
	return number === undefined ? null : { low: number, high: number };
}

/** @returns {{ slot: number, generation: number | null } | null} */
export function parseHandle(text) {
	const match = /^\s*(\d+)(?:\.(\d+))?\s*$/.exec(text);
	return match && Number(match[1]) < 0x10000 ? { slot: Number(match[1]), generation: match[2] === undefined ? null : Number(match[2]) } : null;
}

/**
 * @param {Wish} wish
 * @param {Iterable<[number, string]>} names of the calls, by number
 * @returns {{ test: ((piece: object, at: number) => boolean) | null, wrong: string[] }} test: null where everything passes;
 *          wrong: fields that can't be understood, which ask for nothing
 */
export function compileFilter(wish, names) {
	const wrong = [];
	const tests = [];
	const { program = null, own = "", file = null } = wish;
	if (file !== null)
		tests.push(file);
	for (const [field, testOf] of Object.entries(FIELDS)) {
		const text = (wish[field] ?? "").trim();
		if (text === "")
			continue;
		const test = testOf(text, names);
		if (test)
			tests.push(test);
		else
			wrong.push(field);
	}
	const narrows = tests.length > 0;
	if (own === "hide")
		tests.push((piece, at) => !isOwn(piece.call[at], piece.flags[at]) || isDoneLater(piece.call[at], piece.flags[at]));
	if (tests.length === 0 && program === null)
		return { test: null, wrong };
	return { wrong, test: (piece, at) => {
		const whose = piece.program[at];
		if (piece.flags[at] & FLAG.NOTE) // a gap is one in whatever is shown; other notes belong to the whole
			return (program === null || whose === program || whose === 0) && (!narrows || piece.errno[at] === NOTE.GAP);
		return (program === null || whose === program) && tests.every(test => test(piece, at));
	} };
}

/* By the wish's field: (text, names) => test, or null where the text can't be understood. */
const FIELDS = {
	call(text, names) {
		const wanted = callTest(text, names);
		return (piece, at) => wanted[piece.call[at]] === 1;
	},
	where(text) {
		const local = text === "page" ? FLAG.LOCAL : 0;
		return (piece, at) => (piece.flags[at] & FLAG.LOCAL) === local;
	},
	errno(text) {
		const range = parseErrno(text);
		return range && ((piece, at) => piece.errno[at] >= range.low && piece.errno[at] <= range.high);
	},
	slower(text) {
		const least = parseTook(text);
		return least === null ? null : (piece, at) => piece.took[at] >= least;
	},
	handle(text) {
		const wanted = parseHandle(text);
		return wanted && ((piece, at) => {
			const its = piece.handle[at];
			return its !== NO_HANDLE && (its & 0xFFFF) === wanted.slot && (wanted.generation === null || its >>> 16 === wanted.generation);
		});
	},
	path: text => perPath(pathTest(text)),
	search(text, names) {
		const byName = new Map(names);
		const lower = text.toLowerCase();
		return (piece, at) => `${byName.get(piece.call[at])}(${piece.text(at)}) ${piece.result(at)}`.toLowerCase().includes(lower);
	},
};

/* A piece has few paths and many rows: each path is looked at once. */
function perPath(test) {
	const known = new WeakMap();
	return (piece, at) => {
		const id = piece.path[at];
		if (id === 0)
			return false;
		let verdicts = known.get(piece);
		if (verdicts === undefined)
			known.set(piece, verdicts = []);
		return verdicts[id] ??= test(piece.paths[id]);
	};
}
