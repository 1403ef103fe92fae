//# allFunctionsCalledOnLoad
/* FileSystemSyncAccessHandle: a file read and written in place, by calls that block, in a worker. Each write is done when it returns; others see it at once. */
import { FILETYPE, RIGHT } from "../base/fds.js";
import { KEY, checkKey } from "./brand.js";
import { domError, standard, standardError } from "./errors.js";
import { EXCLUSIVE, lock } from "./locks.js";
import { syncGuest } from "./sync-guest.js";

const FOLLOW = 1;
const READS = RIGHT.FD_READ | RIGHT.FD_SEEK, WRITES = RIGHT.FD_WRITE | RIGHT.FD_SEEK;
/* mode -> its lock, and what the file is opened for */
const MODES = {
	"readwrite": { kind: EXCLUSIVE, rights: READS | WRITES }, "read-only": { kind: "read-only", rights: READS },
	"readwrite-unsafe": { kind: "readwrite-unsafe", rights: READS | WRITES },
};

function checkedOffset(value, what) {
	const number = Number(value);
	if (!Number.isFinite(number) || number < 0 || number > Number.MAX_SAFE_INTEGER)
		throw new TypeError(`${what} has to be a number of bytes, not ${String(value)}`);
	return Math.trunc(number);
}

/** @param {any} source */
function bytesOf(source) {
	if (ArrayBuffer.isView(source))
		return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
	if (source instanceof ArrayBuffer || typeof SharedArrayBuffer === "function" && source instanceof SharedArrayBuffer)
		return new Uint8Array(source);
	throw new TypeError("a buffer has to be an ArrayBuffer or a view of one");
}

export class FileSystemSyncAccessHandle {
	#guest;
	#handle; // of the wire; null: closed
	#path;
	#mode;
	#release;
	#cursor = 0;

	constructor(key, guest, handle, path, mode, release) {
		checkKey(key);
		[this.#guest, this.#handle, this.#path, this.#mode, this.#release] = [guest, handle, path, mode, release];
	}

	get mode() {
		return this.#mode;
	}

	#call(name, ...args) {
		if (this.#handle === null)
			throw domError("InvalidStateError", `the access handle of '${this.#path}' is closed`);
		try {
			return this.#guest.call(name, this.#handle, ...args);
		} catch (error) {
			throw standardError(error, this.#path, { BADF: "NoModificationAllowedError" });
		}
	}

	/* Runs work(at) from the place that is asked for; it gives the number of bytes, by which the cursor moves. */
	#at({ at = this.#cursor } = {}, work) {
		const from = checkedOffset(at, "at");
		if (this.#handle === null)
			this.#call("fd_filestat_get"); // throws
		const count = work(from);
		this.#cursor = from + count;
		return count;
	}

	/** Reads into the buffer; gives the number of bytes: fewer at the end. @param {any} buffer @param {{ at?: number }} [options] @returns {number} */
	read(buffer, options) {
		const bytes = bytesOf(buffer);
		return this.#at(options, from => {
			let count = 0;
			while (count < bytes.length) {
				const [piece] = this.#call("fd_pread", BigInt(from + count), Math.min(bytes.length - count, this.#guest.most));
				bytes.set(piece, count);
				count += piece.length;
				if (piece.length === 0)
					break;
			}
			return count;
		});
	}

	/** Writes all of the buffer; gives the number of bytes. @param {any} buffer @param {{ at?: number }} [options] @returns {number} */
	write(buffer, options) {
		const bytes = bytesOf(buffer);
		this.#checkWrites();
		return this.#at(options, from => {
			for (let count = 0; count < bytes.length;)
				count += this.#call("fd_pwrite", BigInt(from + count), bytes.subarray(count, count + this.#guest.most))[0];
			return bytes.length;
		});
	}

	#checkWrites() {
		if (this.#mode === "read-only" && this.#handle !== null)
			throw domError("NoModificationAllowedError", `the access handle of '${this.#path}' only reads`);
	}

	/** @param {number} size */
	truncate(size) {
		const length = checkedOffset(size, "size");
		this.#checkWrites();
		this.#call("fd_filestat_set_size", BigInt(length));
		this.#cursor = Math.min(this.#cursor, length);
	}

	/** @returns {number} */
	getSize() {
		const [filestat] = this.#call("fd_filestat_get");
		return Number(new DataView(filestat.buffer, filestat.byteOffset).getBigUint64(32, true));
	}

	/** Returns when what was written is on the disk. */
	flush() {
		this.#call("fd_sync");
	}

	/** Ends the lock. Throws the error of an earlier write that nobody was told. */
	close() {
		if (this.#handle === null)
			return;
		try {
			this.#call("fd_close");
		} finally {
			this.#guest.releaseHandle(this.#handle);
			this.#handle = null;
			this.#release();
		}
	}

	get [Symbol.toStringTag]() {
		return "FileSystemSyncAccessHandle";
	}
}

/** Do calls that block exist here? */
export const canBlock = typeof globalThis.DedicatedWorkerGlobalScope === "function" && globalThis instanceof globalThis.DedicatedWorkerGlobalScope;

/** @param {string} path @param {{ mode?: "readwrite" | "read-only" | "readwrite-unsafe" }} options */
export async function syncAccessHandle(path, { mode = "readwrite" } = {}) {
	if (!Object.hasOwn(MODES, mode))
		throw new TypeError(`mode "${mode}" is none of ${Object.keys(MODES).join(", ")}`);
	const { kind, rights } = MODES[mode];
	const guest = await syncGuest();
	const release = await lock(path, kind);
	const handle = guest.pickHandle();
	try {
		return await standard(path, async () => {
			const { fd, path: relative } = await guest.paths.locate(path, "path_open");
			const [fdstat] = guest.call("path_open", fd, FOLLOW, relative, 0, BigInt(rights), 0n, 0, handle);
			if (fdstat[0] !== FILETYPE.REGULAR_FILE) {
				guest.call("fd_close", handle);
				throw domError("TypeMismatchError", `'${path}' is no file`);
			}
			return new FileSystemSyncAccessHandle(KEY, guest, handle, path, mode, release);
		});
	} catch (error) {
		guest.releaseHandle(handle);
		release();
		throw error;
	}
}
