/* What a program's page kept of it, as the terminal page gives it in the inspector's address (`#calls=`): how the program ended, and its last calls,
 * those that failed first. Any page may link here, so whatever stands there is shown as text and does nothing. Pure. */
import { NUMBERS } from "../shim/base/syscalls.js";
import { FLAG, NO_HANDLE } from "./store.js";
import { textOfArguments, textOfSubject } from "./preview1.js";

const MOST = 200; // calls
const LETTERS_MAX = 5000; // of one name
const NO_CALL = 0xFFFF;
const MAKES = /^(path_open|sock_accept)$/;

const textOf = value => (typeof value === "string" ? value.slice(0, LETTERS_MAX) : "");
const numberOf = (value, most) => (Number.isInteger(value) && value >= 0 && value <= most ? value : 0);

/**
 * @param {string} hash of the address
 * @returns {{ args: string[], code: number | null, calls: import("./store.js").Row[] } | null} null: nothing is kept there, or it isn't what we write. The
 *          rows are of program 0; code null: it had no exit code
 */
export function readKept(hash) {
	try {
		const { args, code, calls } = JSON.parse(new URLSearchParams(hash.slice(1)).get("calls"));
		return { args: args.map(textOf), code: Number.isInteger(code) ? code : null, calls: calls.slice(-MOST).map(rowOf) };
	} catch {
		return null;
	}
}

function rowOf({ call, args, path, address, errno, value, waited, time }) {
	const number = Object.hasOwn(NUMBERS, call) ? NUMBERS[call] : NO_CALL, subject = textOf(path ?? address);
	const texts = Array.isArray(args) ? args.map(one => (one === null ? null : textOf(one))) : null;
	const text = texts === null ? textOfSubject(number, subject, path === null)
		: textOfArguments(number, texts, { made: Number.isInteger(value) ? value : null, path: textOf(path), address: textOf(address) });
	return {
		program: 0, time: numberOf(time, Number.MAX_SAFE_INTEGER / 1000) * 1000, call: number, text, result: resultOf(call, errno, value),
		errno: numberOf(errno, NO_CALL), flags: FLAG.BEFORE | (waited === false ? FLAG.LOCAL : 0), batch: 0, serial: 0, handle: NO_HANDLE, handle2: NO_HANDLE,
		path: subject, bytes: 0, took: NaN, page: NaN, wire: NaN, queue: NaN, os: NaN, waiting: NaN, offset: NaN, hash: 0n, data: null,
	};
}

/* What makes a descriptor has it among its arguments, as on the wire. */
const resultOf = (call, errno, value) => (errno === null ? "" : errno !== 0 ? "= -1" : `= ${MAKES.test(call) ? 0 : numberOf(value, 2 ** 32)}`);
