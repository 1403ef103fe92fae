//# allFunctionsCalledOnLoad
/* preview1's attributes as node:fs's Stats, and back. */
import { FILETYPE } from "../base/fds.js";

const ATIM = 1, MTIM = 4; // fstflags

/** { isFile(), isDirectory(), isSymbolicLink() } */
export function kindOf(type) {
	return {
		isFile: () => type === FILETYPE.REGULAR_FILE,
		isDirectory: () => type === FILETYPE.DIRECTORY,
		isSymbolicLink: () => type === FILETYPE.SYMBOLIC_LINK,
	};
}

/** Of a filestat: { dev, ino (BigInt), nlink, size, mtimeNs (BigInt), mtimeMs, atime, mtime, ctime (Dates), isFile(), … } */
export function statsOf({ dev, ino, filetype, nlink, size, atim, mtim, ctim }) {
	const ms = ns => Number(ns / 1000n) / 1000;
	return {
		dev, ino, nlink: Number(nlink), size: Number(size), ...kindOf(filetype), mtimeNs: mtim, mtimeMs: ms(mtim),
		atime: new Date(ms(atim)), mtime: new Date(ms(mtim)), ctime: new Date(ms(ctim)),
	};
}

function nanoseconds(time) {
	const ms = time instanceof Date ? time.getTime() : Number(time) * 1000;
	if (!Number.isFinite(ms))
		throw new TypeError("a time is a Date, or seconds since 1970");
	return BigInt(Math.round(ms * 1000)) * 1000n;
}

/** Calls set(atim, mtim, flags) with the wire's arguments. */
export function setTimes(atime, mtime, set) {
	return set(nanoseconds(atime), nanoseconds(mtime), ATIM | MTIM);
}
