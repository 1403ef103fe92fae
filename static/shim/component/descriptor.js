//# allFunctionsCalledOnLoad
/* Descriptors, which are preview1's, and listings. */
import { FDFLAGS } from "../base/fds.js";
import { DIRENT } from "../base/names.js";

const DOT = 0x2e;

/** A descriptor of preview1; it stays open until it and its streams are dropped. */
export class Held {
	#users;

	/** isEverybodys: the program may ask for it again, so it is never closed. */
	constructor(fd, isEverybodys = false) {
		this.fd = fd;
		this.#users = isEverybodys ? Infinity : 1;
	}

	hold() {
		this.#users++;
	}

	release(host) {
		return --this.#users === 0 ? host.after(host.calls.fd_close(this.fd), () => 0) : 0;
	}

	drop(host) {
		return this.release(host);
	}
}

/** wasi:filesystem's descriptor. */
export class Descriptor extends Held {
	#appends = false;
	/** its inode's number once it is known, which doesn't change while it is open */
	inode = null;
	/** the last listing of it that was begun, or null */
	listing = null;

	/** Before a write: preview1 has one flag for all writes of a descriptor. errno or MISS. */
	appending(host, appends) {
		if (appends === this.#appends)
			return 0;
		this.#appends = appends;
		const flags = host.fds.get(this.fd).flags;
		return host.calls.fd_fdstat_set_flags(this.fd, appends ? flags | FDFLAGS.APPEND : flags & ~FDFLAGS.APPEND);
	}
}

/** A listing of a folder. */
export class DirectoryEntryStream {
	constructor(of) {
		this.of = of;
		of.hold();
		this.cookie = 0n;
		this.entries = []; // { name, type, ino, next }, from `at`
		this.at = 0;
		this.ended = false; // there are no more than these
		of.listing = this;
	}

	drop(host) {
		if (this.of.listing === this)
			this.of.listing = null;
		return this.of.release(host);
	}
}

/** The whole records of a listing: [{ name, type, ino, next }]; names as bytes. */
export function entriesIn(bytes) {
	const view = new DataView(bytes.buffer);
	const entries = [];
	for (let at = 0; at + DIRENT <= bytes.length;) {
		const end = at + DIRENT + view.getUint32(at + 16, true);
		if (end > bytes.length)
			break;
		entries.push({ name: bytes.subarray(at + DIRENT, end), type: bytes[at + 20], ino: view.getBigUint64(at + 8, true), next: view.getBigUint64(at, true) });
		at = end;
	}
	return entries;
}

/** Is it the folder itself, or the one above? */
export const isDots = ({ name }) => name.length > 0 && name.length <= 2 && name.every(byte => byte === DOT);

/** The folder's own inode, as its listing has it, or null. */
export const inodeIn = entries => entries.find(({ name }) => name.length === 1 && name[0] === DOT)?.ino ?? null;
