//# allFunctionsCalledOnLoad
/* A folder's listing in WASI's layout: asked for in a large piece and handed out in the program's small ones, under read-ahead's limits of
 * freshness; or made of what is known of a leased folder, which serves whoever began to read it to the end. */
import { FILETYPE, RIGHT, fromHalves } from "../../base/fds.js";
import { DIRENT } from "../../base/names.js";

const PIECE = 64 << 10;

/** What was listed: whole records from a cookie on; `ended`: there are no more behind them. */
class Listing {
	constructor(cookie, bytes, ended, epoch, since) {
		this.epoch = epoch;
		this.since = since;
		this.ended = ended;
		this.starts = new Map([[cookie, 0]]); // cookie -> where its record begins
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		let at = 0;
		while (at + DIRENT <= bytes.length) {
			const end = at + DIRENT + view.getUint32(at + 16, true);
			if (end > bytes.length)
				break;
			this.starts.set(fromHalves(view.getUint32(at, true), view.getUint32(at + 4, true)), end);
			at = end;
		}
		this.bytes = bytes.slice(0, at);
	}
}

export class Listings {
	#program;
	#fresh;

	constructor(program, freshMs) {
		this.#program = program;
		this.#fresh = freshMs;
	}

	/** How many bytes of a folder's listing an open asks for at once; 0: none. */
	firstBytes(oflags, rightsLow) {
		const DIRECTORY = 2;
		return (oflags & DIRECTORY) !== 0 && (rightsLow & RIGHT.FD_READDIR) !== 0 ? this.want(0) : 0;
	}

	/** How many bytes to ask for where the program's buffer holds `length`. */
	want(length) {
		return Math.min(Math.max(length, PIECE), this.#program.bounds.data);
	}

	keep(descriptor, cookie, bytes, asked, since) {
		descriptor.listing = new Listing(cookie, bytes, bytes.length < asked, this.#program.pipeline.epoch, since);
	}

	/** A known folder, as it is now: what the program reads on from here is a piece of its listing, as the server's would be. */
	keepLeased(descriptor, folder) {
		descriptor.listing = new Listing(0, direntsOf(folder), true, Infinity, 0);
	}

	/** The program reads from the beginning again: a leased listing of before isn't it. */
	restart(descriptor) {
		if (descriptor.listing?.epoch === Infinity)
			descriptor.listing = null;
	}

	/** The bytes that a buffer of `length` gets from `cookie` on, the last record cut; null: they have to be asked for. */
	serve(descriptor, cookie, length) {
		const { listing } = descriptor;
		if (listing === null)
			return null;
		const isLeased = listing.epoch === Infinity; // whole; only its beginning has to be of now
		if (!isLeased && (listing.epoch !== this.#program.pipeline.epoch || performance.now() - listing.since >= this.#fresh))
			return null;
		const start = listing.starts.get(cookie);
		if (start === undefined || !listing.ended && listing.bytes.length - start < length)
			return null;
		return listing.bytes.subarray(start, start + length);
	}
}

/* The whole listing of a known folder. */
function direntsOf(folder) {
	const all = [[".", { type: FILETYPE.DIRECTORY, ino: folder.ino }], ["..", { type: FILETYPE.DIRECTORY, ino: folder.parent }], ...folder.names];
	const bytes = new Uint8Array(all.reduce((sum, [name]) => sum + DIRENT + name.length, 0));
	const view = new DataView(bytes.buffer);
	let at = 0, next = 0;
	for (const [name, { type, ino }] of all) {
		view.setUint32(at, ++next, true);
		view.setBigUint64(at + 8, ino, true);
		view.setUint32(at + 16, name.length, true);
		bytes[at + 20] = type;
		for (let i = 0; i < name.length; i++)
			bytes[at + DIRENT + i] = name.charCodeAt(i);
		at += DIRENT + name.length;
	}
	return bytes;
}
