//# allFunctionsCalledOnLoad
/* Decodes leases (docs/PROTOCOL.md, Leases): results of the lease calls, and BREAK frames. */
import { Reader } from "./bytes.js";
import { identityOf } from "./fds.js";

/** What of a leased folder a break ends: all of it, a name, or what is known of a name's file. */
export const BROKEN = Object.freeze({ ALL: 0, NAME: 1, ATTRIBUTES: 2 });

/** BREAK: [{ ordinal, lease, what, name }]; what: BROKEN's, lease 0: every one; name: bytes. */
export function decodeBreaks({ body }) {
	const r = new Reader(body);
	const breaks = [];
	while (r.at < body.length) {
		const ordinal = r.u32(), lease = r.u32(), what = r.u16();
		breaks.push({ ordinal, lease, what, name: r.raw(r.u16()) });
	}
	return breaks;
}

/** How much a lease tells of an entry: that it exists, its identity (a folder's device and inode), or its filestat. */
export const TELLS = Object.freeze({ NAME: 0, IDENTITY: 1, ATTRIBUTES: 2 });

const TOLD_BYTES = [0, 16, 64];

function leasedEntry(r, named) {
	const ino = r.u64(), kind = r.u16(), length = r.u16();
	const tells = kind >> 8;
	return { ino, type: kind & 0xFF, tells, bytes: r.raw(TOLD_BYTES[tells]), name: named ? r.raw(length) : null };
}

/** What lease_folder gave: { lease, stamp, filestat, parent, entries: [{ ino, type, tells, bytes, name }] }; parent: the inode of
 * "..". */
export function decodeLease(bytes) {
	const r = new Reader(bytes);
	const leased = { lease: r.u32(), stamp: r.u32(), filestat: r.raw(64), parent: r.u64(), foreseen: false, entries: [] };
	const count = r.u32();
	leased.foreseen = r.u32() === 1;
	for (let i = 0; i < count; i++)
		leased.entries.push(leasedEntry(r, true));
	return leased;
}

/** What lease_keep gave: { lease, key, fdstat }; key: the folder's identity, as fds.js writes it. */
export function decodeKept(bytes) {
	const r = new Reader(bytes);
	const lease = r.u32();
	r.u32();
	return { lease, key: identityOf(r.raw(16)), fdstat: r.raw(24) };
}

/** What lease_name gave: { lease, stamp, filestat, entry }; entry null: the name doesn't exist. */
export function decodeLeasedName(bytes) {
	const r = new Reader(bytes);
	const leased = { lease: r.u32(), stamp: r.u32(), filestat: r.raw(64), entry: null };
	if (r.at < bytes.length)
		leased.entry = leasedEntry(r, false);
	return leased;
}

/** What lease_file gave: { lease, stamp, flags, filestat }; flags 1: lease_open may open it. */
export function decodeLeasedFile(bytes) {
	const r = new Reader(bytes);
	const leased = { lease: r.u32(), stamp: r.u32(), flags: r.u32() };
	r.u32();
	return { ...leased, filestat: r.raw(64) };
}

/** What lease_files gave: { lease, stamp, files: [{ errno, lease, traits, fdstat, filestat, bytes }] }, errno alone where it
 * isn't 0; lease: the folder's. */
export function decodeLeasedFiles(bytes) {
	const r = new Reader(bytes);
	const leased = { lease: r.u32(), stamp: r.u32(), files: [] };
	while (r.at < bytes.length) {
		const errno = r.u32();
		leased.files.push(errno !== 0 ? { errno } : { errno, lease: r.u32(), traits: r.u32(), fdstat: r.raw(24), filestat: r.raw(64), bytes: r.string() });
	}
	return leased;
}
