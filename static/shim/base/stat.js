//# allFunctionsCalledOnLoad
/* preview1's structs as JavaScript objects, and back: for calls.js. A program in wasm gets their bytes as they are. */
import { DIRENT } from "./names.js";

const view = bytes => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** 24 bytes of fdstat: { filetype, flags, rightsBase, rightsInheriting }; rights are BigInt. */
export function readFdstat(bytes) {
	const v = view(bytes);
	return { filetype: v.getUint8(0), flags: v.getUint16(2, true), rightsBase: v.getBigUint64(8, true), rightsInheriting: v.getBigUint64(16, true) };
}

/** 64 bytes of filestat: { dev, ino, filetype, nlink, size, atim, mtim, ctim }; all but filetype are BigInt, times in ns. */
export function readFilestat(bytes) {
	const v = view(bytes);
	const u64 = at => v.getBigUint64(at, true);
	return { dev: u64(0), ino: u64(8), filetype: v.getUint8(16), nlink: u64(24), size: u64(32), atim: u64(40), mtim: u64(48), ctim: u64(56) };
}

/** Whole records of a listing: [{ name, type, ino, next }]; ino and next are BigInt. A name that isn't UTF-8 stays a
 * Uint8Array. */
export function readDirents(bytes) {
	const v = view(bytes);
	const entries = [];
	for (let at = 0; at + DIRENT <= bytes.length;) {
		const end = at + DIRENT + v.getUint32(at + 16, true);
		if (end > bytes.length)
			break;
		entries.push({ name: nameOf(bytes.slice(at + DIRENT, end)), type: v.getUint8(at + 20), ino: v.getBigUint64(at + 8, true),
			next: v.getBigUint64(at, true) });
		at = end;
	}
	return entries;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text of a name where it is UTF-8, else its bytes. */
export function nameOf(bytes) {
	try {
		return strict.decode(bytes);
	} catch {
		return bytes;
	}
}

const SUBSCRIPTION = 48, EVENT = 32;
const TYPES = ["clock", "fd_read", "fd_write"];

/** Subscriptions in WASI's layout. handleOf: fd -> wire handle. */
export function writeSubscriptions(subscriptions, handleOf) {
	const bytes = new Uint8Array(subscriptions.length * SUBSCRIPTION);
	const v = view(bytes);
	subscriptions.forEach((subscription, i) => {
		const at = i * SUBSCRIPTION;
		const type = TYPES.indexOf(subscription.type);
		if (type < 0)
			throw new TypeError(`a subscription's type is none of ${TYPES.join(", ")}`);
		v.setBigUint64(at, BigInt(subscription.userdata ?? 0), true);
		v.setUint8(at + 8, type);
		if (type === 0) {
			v.setUint32(at + 16, subscription.id ?? 1, true);
			v.setBigUint64(at + 24, BigInt(subscription.timeout ?? 0), true);
			v.setBigUint64(at + 32, BigInt(subscription.precision ?? 0), true);
			v.setUint16(at + 40, subscription.flags ?? 0, true);
		} else {
			v.setUint32(at + 16, handleOf(subscription.fd), true);
		}
	});
	return bytes;
}

/** [{ userdata, error, type, nbytes, flags }] */
export function readEvents(bytes) {
	const v = view(bytes);
	return Array.from({ length: Math.floor(bytes.length / EVENT) }, (_, i) => {
		const at = i * EVENT;
		return { userdata: v.getBigUint64(at, true), error: v.getUint16(at + 8, true), type: TYPES[v.getUint8(at + 10)],
			nbytes: v.getBigUint64(at + 16, true), flags: v.getUint16(at + 24, true) };
	});
}
