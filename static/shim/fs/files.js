//# allFunctionsCalledOnLoad
/* w.fs: files as in node:fs/promises, over connect()'s calls. Paths are absolute guest paths, text or bytes; the longest preopen
 * that holds one serves it. Errors are WasiError, with the `path` that was given. Arguments are checked before anything is
 * changed. */
import { sourceBytes } from "../base/bytes.js";
import { ERRNO, WasiError } from "../base/errors.js";
import { FILETYPE, RIGHT } from "../base/fds.js";
import { FileHandle, decoded } from "./handle.js";
import { Paths, joined, pathBytes, pathText } from "./paths.js";
import { kindOf, setTimes, statsOf } from "./stats.js";
import { Listener } from "./watch.js";

const O = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 };
const APPEND = 1, FOLLOW = 1;
const LIST_PIECE = 64 << 10;
const COPY_PIECE = 1 << 20;
const LINK_MAX = 4096;
const TRIES = 100;
const LINKS_MAX = 32;
const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const READS = RIGHT.FD_READ | RIGHT.FD_SEEK, WRITES = RIGHT.FD_WRITE | RIGHT.FD_SEEK;

/* node's flags: what path_open is asked for */
const FLAGS = {
	r: { oflags: 0, rights: READS, fdflags: 0 },
	"r+": { oflags: 0, rights: READS | WRITES, fdflags: 0 },
	w: { oflags: O.CREAT | O.TRUNC, rights: WRITES, fdflags: 0 },
	wx: { oflags: O.CREAT | O.EXCL, rights: WRITES, fdflags: 0 },
	"w+": { oflags: O.CREAT | O.TRUNC, rights: READS | WRITES, fdflags: 0 },
	"wx+": { oflags: O.CREAT | O.EXCL, rights: READS | WRITES, fdflags: 0 },
	a: { oflags: O.CREAT, rights: WRITES, fdflags: APPEND },
	ax: { oflags: O.CREAT | O.EXCL, rights: WRITES, fdflags: APPEND },
	"a+": { oflags: O.CREAT, rights: READS | WRITES, fdflags: APPEND },
	"ax+": { oflags: O.CREAT | O.EXCL, rights: READS | WRITES, fdflags: APPEND },
};

export class Files {
	#calls;
	#paths;
	#watches;

	constructor(calls, watches) {
		this.#calls = calls;
		this.#watches = watches;
		this.#paths = new Paths(calls);
	}

	/* Runs work(fd, relative path); a WasiError is given the path, in its message too. */
	async #at(path, call, work) {
		try {
			const { fd, path: relative } = await this.#paths.locate(path, call);
			return await work(fd, relative);
		} catch (error) {
			if (error instanceof WasiError && !("path" in error)) {
				Object.assign(error, { path });
				const text = typeof path === "string" ? path : new TextDecoder().decode(path);
				if (!error.message.includes(text))
					error.message += `, '${text}'`;
			}
			throw error;
		}
	}

	#openWith(path, { oflags, rights, fdflags }) {
		return this.#at(path, "path_open", async (fd, relative) =>
			new FileHandle(this.#calls, await this.#calls.path_open(fd, FOLLOW, relative, oflags, BigInt(rights), 0n, fdflags)));
	}

	/* Runs work(handle), then closes it. An error of close rejects, since it may be an earlier write's. */
	async #with(handle, work) {
		let result;
		try {
			result = await work(handle);
		} catch (error) {
			await handle.close().catch(() => {});
			throw error;
		}
		await handle.close();
		return result;
	}

	/** Opens a file; flags as node's: r, r+, w, wx, w+, wx+, a, ax, a+, ax+. Gives a FileHandle. */
	async open(path, flags = "r") {
		if (!Object.hasOwn(FLAGS, flags))
			throw new TypeError(`flag "${flags}" is none of ${Object.keys(FLAGS).join(", ")}`);
		return this.#openWith(path, FLAGS[flags]);
	}

	/** The whole file: a Uint8Array, or text with "utf8" or { encoding: "utf8" }. */
	async readFile(path, options) {
		decoded(new Uint8Array(0), options);
		return this.#with(await this.open(path), handle => handle.readFile(options));
	}

	/** Writes the whole file (text or a BufferSource), made or cut first; with { flag: "a" } at its end, with "wx" only where
	 * there is none. */
	async writeFile(path, data, options) {
		const flag = options?.flag ?? "w";
		if (!["w", "wx", "a", "ax"].includes(flag))
			throw new TypeError(`flag "${flag}" is none of w, wx, a, ax`);
		const bytes = sourceBytes(data, "what is written");
		await this.#with(await this.open(path, flag), handle => handle.write(bytes));
	}

	/** Writes at the end of the file, which is made if there is none. */
	async appendFile(path, data) {
		await this.writeFile(path, data, { flag: "a" });
	}

	/** Cuts the file to `length` bytes, or lengthens it with zeros. */
	async truncate(path, length = 0) {
		await this.#with(await this.open(path, "r+"), handle => handle.truncate(length));
	}

	/** Copies a file; { exclusive: true }: only where there is none. */
	async copyFile(from, to, { exclusive = false } = {}) {
		await this.#with(await this.open(from), async source => {
			await this.#with(await this.open(to, exclusive ? "wx" : "w"), async target => {
				for (let piece; (piece = await source.read({ length: COPY_PIECE })).length > 0;)
					await target.write(piece);
			});
		});
	}

	/** Copies a file or link; with { recursive: true } a folder and all in it. */
	async cp(from, to, options = {}) {
		const stats = await this.lstat(from);
		if (stats.isSymbolicLink())
			return this.symlink(await this.readlink(from), to);
		if (!stats.isDirectory())
			return this.copyFile(from, to);
		if (!options.recursive)
			throw Object.assign(new WasiError(ERRNO.ISDIR, "path_open", `'${from}' is a folder`), { path: from });
		if (`${pathText(to)}/`.startsWith(`${pathText(from)}/`))
			throw Object.assign(new WasiError(ERRNO.INVAL, "path_create_directory", `'${to}' is in '${from}'`), { path: to });
		const names = await this.readdir(from);
		await this.mkdir(to, { recursive: true });
		for (const name of names)
			await this.cp(joined(from, name), joined(to, name), options);
		return undefined;
	}

	/** Names (a Uint8Array where one isn't UTF-8); with { withFileTypes: true } objects { name, isFile(), … }. "." and ".."
	 * aren't listed. */
	async readdir(path, options) {
		const handle = await this.#openWith(path, { oflags: O.DIRECTORY, rights: RIGHT.FD_READDIR, fdflags: 0 });
		const entries = await this.#with(handle, async ({ fd }) => {
			const all = [];
			for (let cookie = 0n; ;) {
				const some = await this.#calls.fd_readdir(fd, cookie, LIST_PIECE);
				if (some.length === 0)
					return all;
				all.push(...some);
				cookie = some.at(-1).next;
			}
		});
		const listed = entries.filter(({ name }) => name !== "." && name !== "..");
		return options?.withFileTypes ? listed.map(({ name, type }) => ({ name, ...kindOf(type) })) : listed.map(({ name }) => name);
	}

	/** Attributes of what the path leads to: see statsOf. */
	async stat(path) {
		return this.#stat(path, FOLLOW);
	}

	/** The same of a link itself. */
	async lstat(path) {
		return this.#stat(path, 0);
	}

	#stat(path, lookup) {
		return this.#at(path, "path_filestat_get", async (fd, relative) => statsOf(await this.#calls.path_filestat_get(fd, lookup, relative)));
	}

	/** Sets times: Dates, or seconds since 1970. */
	async utimes(path, atime, mtime) {
		await this.#at(path, "path_filestat_set_times", (fd, relative) =>
			setTimes(atime, mtime, (...times) => this.#calls.path_filestat_set_times(fd, FOLLOW, relative, ...times)));
	}

	/** Makes a link that holds `target`, text or bytes. */
	async symlink(target, path) {
		const held = pathBytes(pathText(target));
		await this.#at(path, "path_symlink", (fd, relative) => this.#calls.path_symlink(held, fd, relative));
	}

	/** What a link holds; a Uint8Array where that isn't UTF-8. */
	async readlink(path) {
		return this.#at(path, "path_readlink", (fd, relative) => this.#calls.path_readlink(fd, relative, LINK_MAX));
	}

	/** Gives a file another name. */
	async link(path, newPath) {
		await this.#two("path_link", path, newPath, (fd, from, newFd, to) => this.#calls.path_link(fd, 0, from, newFd, to));
	}

	/** Renames; what had the new name is replaced. */
	async rename(from, to) {
		await this.#two("path_rename", from, to, (fd, path, newFd, newPath) => this.#calls.path_rename(fd, path, newFd, newPath));
	}

	#two(call, from, to, work) {
		return this.#at(to, call, (newFd, newPath) => this.#at(from, call, (fd, path) => work(fd, path, newFd, newPath)));
	}

	/** Makes a folder; with { recursive: true } its parents too, and it may be there. */
	async mkdir(path, options) {
		await this.#at(path, "path_create_directory", async (fd, relative) => {
			if (!options?.recursive)
				return this.#calls.path_create_directory(fd, relative);
			const parts = pathText(relative).split("/").filter(part => part !== "" && part !== ".");
			for (let i = 1; i <= parts.length; i++)
				await this.#makeFolder(fd, pathBytes(parts.slice(0, i).join("/")));
			return undefined;
		});
	}

	async #makeFolder(fd, relative) {
		try {
			await this.#calls.path_create_directory(fd, relative);
		} catch (error) {
			if (error.errno !== ERRNO.EXIST || (await this.#calls.path_filestat_get(fd, FOLLOW, relative)).filetype !== FILETYPE.DIRECTORY)
				throw error;
		}
	}

	/** Makes a folder whose name is `prefix` and six random letters; gives its path. */
	async mkdtemp(prefix) {
		for (let i = 1; ; i++) {
			const random = Array.from(crypto.getRandomValues(new Uint8Array(6)), byte => LETTERS[byte % LETTERS.length]).join("");
			const path = `${prefix}${random}`;
			try {
				await this.mkdir(path);
				return path;
			} catch (error) {
				if (error.errno !== ERRNO.EXIST || i === TRIES)
					throw error;
			}
		}
	}

	/** Removes a file or link. */
	async unlink(path) {
		await this.#at(path, "path_unlink_file", (fd, relative) => this.#calls.path_unlink_file(fd, relative));
	}

	/** Removes an empty folder. */
	async rmdir(path) {
		await this.#at(path, "path_remove_directory", (fd, relative) => this.#calls.path_remove_directory(fd, relative));
	}

	/** Removes a file or link; with { recursive: true } a folder and all in it; with { force: true } what isn't there is fine. */
	async rm(path, options = {}) {
		try {
			const stats = await this.lstat(path);
			if (!stats.isDirectory())
				return await this.unlink(path);
			if (!options.recursive)
				throw Object.assign(new WasiError(ERRNO.ISDIR, "path_unlink_file", `'${path}' is a folder`), { path });
			for (const name of await this.readdir(path))
				await this.rm(joined(path, name), options);
			return await this.rmdir(path);
		} catch (error) {
			if (options.force && error.errno === ERRNO.NOENT)
				return undefined;
			throw error;
		}
	}

	/**
	 * Watches a folder or a file: an async iterator of { eventType: "rename" | "change", filename }, which begins with its first next(). options: an encoding,
	 * or { recursive, encoding: "utf8" | "buffer", signal, maxQueue: 2048, overflow: "ignore" | "throw" }. Rejects with AbortError when the signal is, with
	 * WasiError: NOTSUP where the file system reports no changes, NOSPC when too many folders are watched.
	 */
	async *watch(path, options = {}) {
		const { recursive = false, signal, ...rest } = watchOptions(options);
		if (signal?.aborted)
			throw abortError(signal);
		const place = await this.#watched(path);
		const listener = new Listener(place.name, place.only, rest);
		const onabort = () => listener.fail(abortError(signal));
		signal?.addEventListener("abort", onabort);
		try {
			await this.#at(path, "lease_folder", () => this.#watches.add(listener, place.fd, place.folder, recursive && place.only === null));
			for (;;)
				yield await listener.next();
		} finally {
			signal?.removeEventListener("abort", onabort);
			this.#watches.remove(listener);
		}
	}

	/* Links are followed. A file is watched in its folder. */
	async #watched(path) {
		let text = pathText(path), stats = await this.lstat(path);
		const name = lastPart(text);
		for (let links = 0; stats.isSymbolicLink(); links++) {
			if (links === LINKS_MAX)
				throw Object.assign(new WasiError(ERRNO.LOOP, "path_readlink", `'${new TextDecoder().decode(pathBytes(text))}'`), { path });
			text = pathText(joined(pathBytes(`${text}/..`), await this.readlink(pathBytes(text))));
			stats = await this.lstat(pathBytes(text));
		}
		const only = stats.isDirectory() ? null : lastPart(text);
		const { fd, path: relative } = await this.#paths.locate(pathBytes(only === null ? text : text.slice(0, text.lastIndexOf(only))), "lease_folder");
		const folder = pathText(relative).replace(/\/+$/, "");
		return { fd, folder: folder === "." ? "" : folder, only, name };
	}
}

function lastPart(text) {
	return text.replace(/\/+$/, "").split("/").pop();
}

function abortError({ reason }) {
	return Object.assign(new Error("the watch was aborted", { cause: reason }), { name: "AbortError", code: "ABORT_ERR" });
}

const WATCH_OPTIONS = {
	persistent: value => typeof value === "boolean", recursive: value => typeof value === "boolean", encoding: value => /^(utf-?8|buffer)$/i.test(value),
	signal: value => typeof value?.addEventListener === "function", maxQueue: value => Number.isInteger(value) && value > 0,
	overflow: value => ["ignore", "throw"].includes(value),
};

function watchOptions(options) {
	const given = typeof options === "string" ? { encoding: options } : options;
	if (typeof given !== "object" || given === null)
		throw new TypeError("options of a watch are an encoding or an object");
	for (const [name, fits] of Object.entries(WATCH_OPTIONS))
		if (given[name] !== undefined && given[name] !== null && !fits(given[name]))
			throw new TypeError(`a watch can't have ${name}: ${String(given[name])}`);
	return given;
}
