//# allFunctionsCalledOnLoad
/* w.fs: files as in node:fs/promises, over connect()'s calls. Paths are absolute guest paths; the longest preopen that holds one serves it.
 * Errors are WasiError. */
import { toBytes, toText } from "./base/codec.js";
import { ERRNO, WasiError } from "./base/errors.js";
import { FILETYPE, RIGHT } from "./base/fds.js";
import { concatenate } from "./base/output.js";

const O = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 };
const APPEND = 1, FOLLOW = 1;
const READ_PIECE = 1 << 20;
const LIST_PIECE = 64 << 10;

export class Files {
	#calls;

	constructor(calls) {
		this.#calls = calls;
	}

	/* [fd, relative path] */
	#locate(path, call) {
		const parts = [];
		for (const part of path.split("/"))
			if (part === "..")
				parts.pop();
			else if (part !== "" && part !== ".")
				parts.push(part);
		const absolute = `/${parts.join("/")}`;
		let best = null;
		for (const preopen of this.#calls.preopens) {
			const name = `/${preopen.path.split("/").filter(part => part !== "" && part !== ".").join("/")}`;
			const holds = name === "/" || absolute === name || absolute.startsWith(`${name}/`);
			if (holds && (best === null || name.length > best.name.length))
				best = { name, fd: preopen.fd };
		}
		if (best === null)
			throw new WasiError(ERRNO.NOTCAPABLE, call, `'${path}' is in no granted folder`);
		const relative = best.name === "/" ? absolute.slice(1) : absolute.slice(best.name.length + 1);
		return [best.fd, relative || "."];
	}

	async #open(path, oflags, rights, fdflags = 0) {
		const [fd, relative] = this.#locate(path, "path_open");
		return this.#calls.path_open(fd, FOLLOW, relative, oflags, rights, 0n, fdflags);
	}

	/* Does work(fd), and closes; what close says counts, since it may be a write's error. */
	async #with(fd, work) {
		let result;
		try {
			result = await work(fd);
		} catch (error) {
			await this.#calls.fd_close(fd).catch(() => {});
			throw error;
		}
		await this.#calls.fd_close(fd);
		return result;
	}

	/** The whole file: a Uint8Array, or text with "utf8" or { encoding: "utf8" }. */
	async readFile(path, options) {
		const fd = await this.#open(path, 0, BigInt(RIGHT.FD_READ | RIGHT.FD_SEEK));
		const bytes = await this.#with(fd, async () => {
			const pieces = [];
			for (let piece; (piece = await this.#calls.fd_read(fd, READ_PIECE)).length > 0;)
				pieces.push(piece);
			return concatenate(pieces);
		});
		const encoding = typeof options === "string" ? options : options?.encoding;
		if (encoding === undefined || encoding === null)
			return bytes;
		if (!/^utf-?8$/i.test(encoding))
			throw new TypeError(`encoding "${encoding}" isn't known: utf8 is`);
		return toText(bytes);
	}

	/** Writes the whole file, made or cut first; with { flag: "a" } at its end, with "wx" only where there is none. */
	async writeFile(path, data, options) {
		const flag = options?.flag ?? "w";
		if (!["w", "wx", "a", "ax"].includes(flag))
			throw new TypeError(`flag "${flag}" is none of w, wx, a, ax`);
		const oflags = O.CREAT | (flag.includes("x") ? O.EXCL : 0) | (flag.includes("w") && !flag.includes("x") ? O.TRUNC : 0);
		const fd = await this.#open(path, oflags, BigInt(RIGHT.FD_WRITE | RIGHT.FD_SEEK), flag.includes("a") ? APPEND : 0);
		const bytes = toBytes(data);
		await this.#with(fd, async () => {
			for (let at = 0; at < bytes.length;)
				at += await this.#calls.fd_write(fd, bytes.subarray(at));
		});
	}

	/** Names; with { withFileTypes: true } objects { name, isFile(), isDirectory(), isSymbolicLink() }. "." and ".." aren't listed. */
	async readdir(path, options) {
		const fd = await this.#open(path, O.DIRECTORY, BigInt(1 << 14));
		const entries = await this.#with(fd, async () => {
			const all = [];
			for (let cookie = 0n, size = LIST_PIECE; ;) {
				const entries = await this.#calls.fd_readdir(fd, cookie, size);
				if (entries.length === 0)
					return all;
				all.push(...entries);
				cookie = entries.at(-1).next;
			}
		});
		const listed = entries.filter(({ name }) => name !== "." && name !== "..");
		return options?.withFileTypes ? listed.map(({ name, type }) => ({ name, ...kind(type) })) : listed.map(({ name }) => name);
	}

	/** { size, isFile(), isDirectory(), isSymbolicLink(), mtime, atime, ctime, mtimeMs, mtimeNs, ino, dev, nlink } of what the path leads to. */
	async stat(path) {
		return this.#stat(path, FOLLOW);
	}

	/** The same of a link itself. */
	async lstat(path) {
		return this.#stat(path, 0);
	}

	async #stat(path, lookup) {
		const [fd, relative] = this.#locate(path, "path_filestat_get");
		const { dev, ino, filetype, nlink, size, atim, mtim, ctim } = await this.#calls.path_filestat_get(fd, lookup, relative);
		const ms = ns => Number(ns / 1000n) / 1000;
		return {
			dev, ino, nlink: Number(nlink), size: Number(size), ...kind(filetype), mtimeNs: mtim, mtimeMs: ms(mtim),
			atime: new Date(ms(atim)), mtime: new Date(ms(mtim)), ctime: new Date(ms(ctim)),
		};
	}

	/** Makes a folder; with { recursive: true } its parents too, and it may be there. */
	async mkdir(path, options) {
		const [fd, relative] = this.#locate(path, "path_create_directory");
		if (!options?.recursive)
			return this.#calls.path_create_directory(fd, relative);
		if (relative === ".")
			return undefined;
		const parts = relative.split("/");
		for (let i = 1; i <= parts.length; i++)
			await this.#calls.path_create_directory(fd, parts.slice(0, i).join("/")).catch(async error => {
				if (error.errno !== ERRNO.EXIST || (await this.stat(this.#absolute(fd, parts.slice(0, i)))).isFile())
					throw error;
			});
		return undefined;
	}

	#absolute(fd, parts) {
		return `${this.#calls.preopens.find(preopen => preopen.fd === fd).path}/${parts.join("/")}`;
	}

	/** Renames; what had the new name is replaced. */
	async rename(from, to) {
		const [fromFd, fromPath] = this.#locate(from, "path_rename");
		const [toFd, toPath] = this.#locate(to, "path_rename");
		await this.#calls.path_rename(fromFd, fromPath, toFd, toPath);
	}

	/** Removes a file or link; with { recursive: true } a folder and all in it; with { force: true } what isn't there is fine. */
	async rm(path, options = {}) {
		const [fd, relative] = this.#locate(path, "path_unlink_file");
		try {
			const { filetype } = await this.#calls.path_filestat_get(fd, 0, relative);
			if (filetype !== FILETYPE.DIRECTORY)
				return await this.#calls.path_unlink_file(fd, relative);
			if (!options.recursive)
				throw new WasiError(ERRNO.ISDIR, "path_unlink_file", `'${path}' is a folder`);
			for (const name of await this.readdir(path))
				await this.rm(`${path}/${name}`, options);
			return await this.#calls.path_remove_directory(fd, relative);
		} catch (error) {
			if (options.force && error.errno === ERRNO.NOENT)
				return undefined;
			throw error;
		}
	}
}

function kind(type) {
	return {
		isFile: () => type === FILETYPE.REGULAR_FILE,
		isDirectory: () => type === FILETYPE.DIRECTORY,
		isSymbolicLink: () => type === FILETYPE.SYMBOLIC_LINK,
	};
}
