//# allFunctionsCalledOnLoad
/* An open file of w.fs, as node:fs/promises' FileHandle. */
import { sourceBytes, toText } from "../base/bytes.js";
import { ERRNO } from "../base/errors.js";
import { concatenate } from "../base/output.js";
import { setTimes, statsOf } from "./stats.js";

const PIECE = 1 << 20; // bytes that one call reads
const UNLOCK = 0, SHARED = 1, EXCLUSIVE = 2, WAIT = 1; // fd_lock's

/** The text that an option asks for, or the bytes. options: "utf8", { encoding: "utf8" } or nothing. */
export function decoded(bytes, options) {
	const encoding = typeof options === "string" ? options : options?.encoding;
	if (encoding === undefined || encoding === null)
		return bytes;
	if (!/^utf-?8$/i.test(encoding))
		throw new TypeError(`encoding "${encoding}" isn't known: utf8 is`);
	return toText(bytes);
}

export class FileHandle {
	#calls;
	/** The descriptor, for connect()'s calls. */
	fd;

	constructor(calls, fd) {
		this.#calls = calls;
		this.fd = fd;
	}

	/** Up to `length` bytes (default: 64 KiB) at `position`, or at the file's offset, which moves: a Uint8Array, empty at the
	 * end. */
	async read({ length = 64 << 10, position = null } = {}) {
		return position === null ? this.#calls.fd_read(this.fd, length) : this.#calls.fd_pread(this.fd, length, position);
	}

	/** Writes all of data (text, or a BufferSource) at `position`, or at the file's offset, which moves. Gives the bytes
	 * written. */
	async write(data, { position = null } = {}) {
		const bytes = sourceBytes(data, "what is written");
		for (let at = 0; at < bytes.length;)
			at += position === null ? await this.#calls.fd_write(this.fd, bytes.subarray(at))
				: await this.#calls.fd_pwrite(this.fd, bytes.subarray(at), BigInt(position) + BigInt(at));
		return bytes.length;
	}

	/** From the offset to the end: a Uint8Array, or text with "utf8". */
	async readFile(options) {
		const pieces = [];
		for (let piece; (piece = await this.#calls.fd_read(this.fd, PIECE)).length > 0;)
			pieces.push(piece);
		return decoded(concatenate(pieces), options);
	}

	/** As write(). */
	async writeFile(data) {
		await this.write(data);
	}

	async appendFile(data) {
		await this.write(data);
	}

	async stat() {
		return statsOf(await this.#calls.fd_filestat_get(this.fd));
	}

	async truncate(length = 0) {
		await this.#calls.fd_filestat_set_size(this.fd, length);
	}

	/** Times: Dates, or seconds since 1970. */
	async utimes(atime, mtime) {
		await setTimes(atime, mtime, (...times) => this.#calls.fd_filestat_set_times(this.fd, ...times));
	}

	async sync() {
		await this.#calls.fd_sync(this.fd);
	}

	async datasync() {
		await this.#calls.fd_datasync(this.fd);
	}

	/**
	 * Locks `length` bytes (0: to the end, however long it grows) from `start` on, shared with others or, if exclusive, for this handle alone; a file that is
	 * locked exclusively must be open for writing. It waits until others let go; with wait: false it gives false instead. The lock ends with unlock(), the
	 * handle or the page. Locks exclude others on this machine that lock, too: other pages, programs, and native programs by fcntl(2); nobody else.
	 */
	async lock({ exclusive = false, start = 0, length = 0, wait = true } = {}) {
		try {
			await this.#calls.fd_lock(this.fd, exclusive ? EXCLUSIVE : SHARED, wait ? WAIT : 0, start, length);
			return true;
		} catch (error) {
			if (!wait && error.errno === ERRNO.AGAIN)
				return false;
			throw error;
		}
	}

	/** Ends this handle's locks in that range, which may be a part of what was locked. */
	async unlock({ start = 0, length = 0 } = {}) {
		await this.#calls.fd_lock(this.fd, UNLOCK, 0, start, length);
	}

	/** Rejects with what a write before failed with. */
	async close() {
		await this.#calls.fd_close(this.fd);
	}
}
