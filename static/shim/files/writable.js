//# allFunctionsCalledOnLoad
/* createWritable(): what is written goes into a file beside the other, which replaces it at close(). Until then, and after abort() or an error, the file is as
 * it was. A page that ends in between leaves the file beside (.wvwasi-….swap). */
import { FILETYPE, RIGHT } from "../base/fds.js";
import { pathBytes, pathText } from "../fs/paths.js";
import { domError, standard } from "./errors.js";
import { guest } from "./guest.js";
import { EXCLUSIVE, lock } from "./locks.js";
import { childOf, parentOf, swapName } from "./names.js";

const READS = RIGHT.FD_READ | RIGHT.FD_SEEK, WRITES = RIGHT.FD_WRITE | RIGHT.FD_SEEK;
const PIECE = 512 << 10; // bytes of one call
const UNDER_WAY = 4 << 20; // bytes that are sent before the first of them is answered
const LINKS_MAX = 32;

/**
 * Where a path leads when its last part is a link. Rejects with WasiError NOENT, LOOP.
 * @param {any} calls @param {any} paths @param {string} path
 */
async function followed(calls, paths, path) {
	for (let links = 0; links < LINKS_MAX; links++) {
		const { fd, path: relative } = await paths.locate(path, "path_open");
		const { filetype } = await calls.path_filestat_get(fd, 0, relative);
		if (filetype !== FILETYPE.SYMBOLIC_LINK)
			return path;
		const target = await calls.path_readlink(fd, relative, 4096);
		if (typeof target !== "string")
			break;
		path = target.startsWith("/") ? target : childOf(parentOf(path), target);
	}
	throw domError("NotAllowedError", `'${path}': too many links`);
}

/** An open file into which pieces are written, several of them under way. */
class Swap {
	#calls;
	#fd;
	size = 0;

	constructor(calls, fd) {
		this.#calls = calls;
		this.#fd = fd;
	}

	/** All of it. @param {Uint8Array} bytes @param {number} at */
	async write(bytes, at) {
		const written = [];
		let failed = null;
		for (let from = 0; from < bytes.length && failed === null; from += PIECE) {
			written.push(this.#piece(bytes.subarray(from, from + PIECE), at + from).catch(error => (failed ??= error)));
			if (written.length * PIECE >= UNDER_WAY)
				await written.shift();
		}
		await Promise.all(written);
		if (failed !== null)
			throw failed;
		this.size = Math.max(this.size, at + bytes.length);
	}

	async #piece(bytes, at) {
		for (let done = 0; done < bytes.length;)
			done += await this.#calls.fd_pwrite(this.#fd, bytes.subarray(done), BigInt(at + done));
	}

	async truncate(size) {
		await this.#calls.fd_filestat_set_size(this.#fd, BigInt(size));
		this.size = size;
	}

	/** @param {number} source a descriptor @param {number} size */
	async copy(source, size) {
		const AHEAD = 8, read = [];
		let asked = 0;
		for (let at = 0; at < size;) {
			for (; read.length < AHEAD && asked < size; asked += PIECE) {
				const piece = this.#calls.fd_pread(source, PIECE, BigInt(asked));
				piece.catch(() => {}); // thrown when its turn comes
				read.push(piece);
			}
			const piece = await read.shift();
			if (piece.length < Math.min(PIECE, size - at))
				throw domError("NotReadableError", "the file was cut while it was copied");
			await this.write(piece, at);
			at += piece.length;
		}
		if (this.size > size)
			await this.truncate(size);
	}

	/** Rejects with the error of an earlier write that nobody was told. */
	async close() {
		await this.#calls.fd_close(this.#fd);
	}
}

/** The file beside, and what it replaces: the sink of a FileSystemWritableFileStream. */
class Replacement {
	#calls;
	#path; // that was asked for, for messages
	#folder; // { fd, target, swap }: a preopen's descriptor and two paths from there
	#swap;
	#release;
	#at = 0;

	constructor(calls, path, folder, swap, release) {
		[this.#calls, this.#path, this.#folder, this.#swap, this.#release] = [calls, path, folder, swap, release];
	}

	/** A stream's chunk. Whatever fails, the file stays as it was. @param {any} chunk */
	async write(chunk) {
		try {
			await standard(this.#path, () => this.#do(chunk));
		} catch (error) {
			await this.abort();
			throw error;
		}
	}

	async #do(chunk) {
		const { type, data, position, size } = isParams(chunk) ? checkedParams(chunk) : { type: "write", data: chunk, position: undefined, size: undefined };
		switch (type) {
		case "seek":
			this.#at = position;
			return;
		case "truncate":
			await this.#swap.truncate(size);
			this.#at = Math.min(this.#at, size);
			return;
		default:
			if (position !== undefined)
				this.#at = position;
			for await (const bytes of bytesOf(data)) {
				await this.#swap.write(bytes, this.#at);
				this.#at += bytes.length;
			}
		}
	}

	async close() {
		const { fd, target, swap } = this.#folder;
		try {
			await standard(this.#path, async () => {
				await this.#swap.close();
				await this.#calls.path_rename(fd, swap, fd, target);
			});
		} catch (error) {
			await this.#calls.path_unlink_file(fd, swap).catch(() => {});
			throw error;
		} finally {
			this.#release();
		}
	}

	async abort() {
		const { fd, swap } = this.#folder;
		await Promise.allSettled([this.#swap.close(), this.#calls.path_unlink_file(fd, swap)]);
		this.#release();
	}
}

const isData = chunk => ArrayBuffer.isView(chunk) || chunk instanceof ArrayBuffer || chunk instanceof Blob;
const isParams = chunk => typeof chunk === "object" && chunk !== null && !isData(chunk);

const TYPES = ["write", "seek", "truncate"];

/** Numbers as WebIDL's unsigned long long. */
function checkedNumber(value, what) {
	const number = Number(value);
	if (value === null || !Number.isFinite(number) || number < 0 || number > Number.MAX_SAFE_INTEGER)
		throw new TypeError(`${what} has to be a number of bytes, not ${String(value)}`);
	return Math.trunc(number);
}

function checkedParams({ type, data, position, size }) {
	const missing = name => domError("SyntaxError", `write({ type: "${type}" }) needs ${name}`);
	if (!TYPES.includes(type))
		throw new TypeError(`a chunk's type is none of ${TYPES.join(", ")}`);
	if (type === "write" && data === undefined)
		throw missing("data");
	if (type === "seek" && position === undefined)
		throw missing("a position");
	if (type === "truncate" && size === undefined)
		throw missing("a size");
	return {
		type, data, position: position === undefined || type === "write" && position === null ? undefined : checkedNumber(position, "position"),
		size: type === "truncate" ? checkedNumber(size, "size") : undefined,
	};
}

/** What is written, piece by piece. @param {any} data */
async function* bytesOf(data) {
	if (typeof data === "string") {
		yield new TextEncoder().encode(data);
	} else if (ArrayBuffer.isView(data)) {
		yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
	} else if (data instanceof ArrayBuffer) {
		yield new Uint8Array(data);
	} else if (data instanceof Blob) {
		for (let at = 0; at < data.size; at += UNDER_WAY)
			yield new Uint8Array(await data.slice(at, at + UNDER_WAY).arrayBuffer());
	} else {
		throw new TypeError("what is written has to be text, a BufferSource, a Blob, or an object with a type");
	}
}

export class FileSystemWritableFileStream extends WritableStream {
	#mode;

	constructor(sink, mode) {
		if (!(sink instanceof Replacement))
			throw new TypeError("Illegal constructor");
		super({ write: chunk => sink.write(chunk), close: () => sink.close(), abort: () => sink.abort() });
		this.#mode = mode;
	}

	get mode() {
		return this.#mode;
	}

	/** Bytes, text, a Blob, or { type, data, position, size }. @param {any} data */
	write(data) {
		return this.#send(data);
	}

	/** @param {number} position */
	seek(position) {
		return this.#send({ type: "seek", position });
	}

	/** @param {number} size */
	truncate(size) {
		return this.#send({ type: "truncate", size });
	}

	/* The lock ends at once, so that calls may follow each other without waiting. */
	async #send(chunk) {
		const writer = this.getWriter();
		const written = writer.write(chunk);
		writer.releaseLock();
		return written;
	}
}

const MODES = ["siloed", "exclusive"];

/**
 * @param {string} path
 * @param {{ keepExistingData?: boolean, mode?: "siloed" | "exclusive" }} options
 */
export async function writableOf(path, { keepExistingData = false, mode = "siloed" } = {}) {
	if (!MODES.includes(mode))
		throw new TypeError(`mode "${mode}" is none of ${MODES.join(", ")}`);
	const release = await lock(path, mode === "exclusive" ? EXCLUSIVE : mode);
	try {
		return await standard(path, async () => new FileSystemWritableFileStream(await begin(path, keepExistingData, release), mode));
	} catch (error) {
		release();
		throw error;
	}
}

async function begin(path, keepExistingData, release) {
	const { calls, paths } = await guest();
	const real = await followed(calls, paths, path);
	const { fd, path: target } = await paths.locate(real, "path_open");
	const swap = pathBytes([...pathText(target).split("/").slice(0, -1), swapName()].join("/"));
	/* Opened for writing, though nothing is written: a file that may not be changed isn't replaced either. */
	const source = await calls.path_open(fd, 0, target, 0, BigInt(READS | WRITES), 0n, 0);
	try {
		const { filetype, size } = await calls.fd_filestat_get(source);
		if (filetype !== FILETYPE.REGULAR_FILE)
			throw domError("TypeMismatchError", `'${path}' is no file`);
		const open = new Swap(calls, await calls.path_create_like(fd, swap, source));
		const replacement = new Replacement(calls, path, { fd, target, swap }, open, release);
		if (keepExistingData)
			await open.copy(source, Number(size)).catch(async error => {
				await replacement.abort();
				throw error;
			});
		return replacement;
	} finally {
		calls.fd_close(source).catch(() => {});
	}
}
