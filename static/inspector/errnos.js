/* preview1's errors as the inspector shows them: C's names, and what they mean. */
import { ERRNO_NAMES } from "../shim/base/syscalls.js";
import { ERRNO_MEANINGS } from "./tables.js";

/** Numbers by name: ERRNO.NOENT is 44. */
export const ERRNO = Object.freeze(Object.fromEntries(ERRNO_NAMES.map((name, number) => [name, number])));

/** As C and strace call it: 44 is "ENOENT". */
export function errnoName(errno) {
	const name = ERRNO_NAMES[errno];
	return name === undefined ? `errno ${errno}` : `E${name}`;
}

/** 44 is "no such file or folder"; "" for an unknown number. */
export function errnoMeaning(errno) {
	return ERRNO_MEANINGS[errno] ?? "";
}
