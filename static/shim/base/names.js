//# allFunctionsCalledOnLoad
/* Paths and names as texts, one letter a byte; and what the bytes of a filestat and a listing say. Leaves to others: where a path leads. */
import { FILETYPE, RIGHT } from "./fds.js";

export const SLASH = 0x2F, DOT = 0x2E;
const PATH_MAX = 4096;
const NAME_MAX = 255;
/* What a folder's descriptor must be allowed for the page to answer in the server's place. */
const FULL = RIGHT.PATH_OPEN | RIGHT.FD_READDIR | RIGHT.PATH_READLINK | RIGHT.PATH_FILESTAT_GET | RIGHT.FD_FILESTAT_GET;

/* One call of a program asks about one name several times. */
let lastName = null, lastText = "";

/** Bytes that nobody changes any more. */
export function textOf(name) {
	if (name === lastName)
		return lastText;
	const text = String.fromCharCode.apply(null, name); // paths and names have few letters
	lastName = name;
	lastText = text;
	return text;
}

export function bytesOf(text) {
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++)
		bytes[i] = text.charCodeAt(i);
	return bytes;
}

/** An open folder whose identity the page knows, and whose rights the program hasn't dropped, neither its own nor those of the folder that it was opened
 * from. */
export function isPlain(descriptor) {
	return descriptor.identity !== null && descriptor.filetype === FILETYPE.DIRECTORY && !descriptor.narrowed && (descriptor.rights & FULL) === FULL;
}

/** A path without a slash at either end and without anything that the server refuses outright. */
export function isWalkable(path) {
	return path.length > 0 && path.length < PATH_MAX && path[0] !== SLASH && path[path.length - 1] !== SLASH && !path.includes(0);
}

export function isName(text) {
	return text !== "" && text !== "." && text !== ".." && text.length <= NAME_MAX;
}

/** What leads to a path's last name (bytes). */
export function parentPath(path) {
	const slash = path.lastIndexOf(SLASH);
	return slash < 0 ? Uint8Array.of(DOT) : path.subarray(0, slash);
}

/** `name` in the folder at `path` (texts). */
export function joinedPath(path, name) {
	return path === "." ? name : `${path}/${name}`;
}

/**
 * Where a path leads, seen from a preopened folder, by its text alone, so that it is the same at another start. If a link is on the way, nothing is found
 * there; no answer relies on it. Gives { handle, path }: the preopen's handle and names with slashes between, "." for itself; null where that can't be said.
 */
export function placeOf(descriptor, name) {
	const base = descriptor.place;
	if (base === null || name.length === 0 || name.length + base.path.length >= PATH_MAX || name.includes(0) || name[name.length - 1] === SLASH)
		return null;
	const text = textOf(name);
	if (text === ".")
		return base;
	return text.split("/").every(isName) ? { handle: base.handle, path: joinedPath(base.path, text) } : null;
}

/* ---- WASI's layouts ---- */

/** Bytes of a dirent before its name: u64 cookie of the next, u64 inode, u32 length of the name, u8 type. */
export const DIRENT = 24;

/* Where they are in a filestat. */
const DEV_AT = 0, INO_AT = 8, FILETYPE_AT = 16, SIZE_AT = 32, MTIM_AT = 48, CTIM_AT = 56;

function u64(filestat, at) {
	return new DataView(filestat.buffer, filestat.byteOffset).getBigUint64(at, true);
}

function u32(filestat, at) {
	return filestat[at] | filestat[at + 1] << 8 | filestat[at + 2] << 16 | filestat[at + 3] << 24;
}

export function filetypeOf(filestat) {
	return filestat[FILETYPE_AT];
}

export function inodeOf(filestat) {
	return u64(filestat, INO_AT);
}

/** A Number. */
export function sizeOf(filestat) {
	return (u32(filestat, SIZE_AT + 4) >>> 0) * 0x100000000 + (u32(filestat, SIZE_AT) >>> 0);
}

/** When the file was changed last, in any way (BigInt, ns). */
export function changedAt(filestat) {
	const [mtim, ctim] = [u64(filestat, MTIM_AT), u64(filestat, CTIM_AT)];
	return mtim > ctim ? mtim : ctim;
}

/** Is it the same file, unchanged? Nothing is said of when it was read. */
export function isUnchanged(a, b) {
	return [DEV_AT, INO_AT, SIZE_AT, MTIM_AT, CTIM_AT].every(at => u64(a, at) === u64(b, at));
}
