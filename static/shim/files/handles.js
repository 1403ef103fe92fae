//# allFunctionsCalledOnLoad
/* FileSystemFileHandle and FileSystemDirectoryHandle of the File System Standard, over connect()'s calls. A handle is a path: it names whatever is there. */
import { FILETYPE } from "../base/fds.js";
import { fileOf } from "./blob.js";
import { KEY, brand, checkKey } from "./brand.js";
import { domError, isWasiError, standard, standardError } from "./errors.js";
import { grantOf, guest } from "./guest.js";
import { checkFree } from "./locks.js";
import { checkedName, checkedPath, childOf, isSwapName, isWithin, nameOf, parentOf } from "./names.js";
import { removeTree } from "./removing.js";
import { writableOf } from "./writable.js";

const CREAT = 1, EXCL = 4, FOLLOW = 1;
const MODES = ["read", "readwrite"];
/* A name that is taken, or a folder moved into itself. */
const MOVE_ERRORS = { ISDIR: "InvalidModificationError", NOTDIR: "InvalidModificationError" };

/** @type {WeakMap<object, string>} */
const pathsOf = new WeakMap();

/** The guest path of a handle of ours; undefined: it is none. @param {any} handle @returns {string | undefined} */
export const pathOf = handle => pathsOf.get(handle);

/** { fd, path }: a preopen's descriptor and a path from there, of this guest. @param {{ calls: any, paths: any } | null} [of] */
async function located(path, call, of = null) {
	const { calls, paths } = of ?? await guest();
	return { calls, ...await paths.locate(path, call) };
}

/** What is at a path, links followed: FILETYPE's number. Rejects with WasiError. */
async function typeAt(path) {
	const { calls, fd, path: relative } = await located(path, "path_filestat_get");
	return (await calls.path_filestat_get(fd, FOLLOW, relative)).filetype;
}

/** What handles of both kinds have. @param {"FileSystemFileHandle" | "FileSystemDirectoryHandle"} native */
const handle = native => class extends brand(native) {
	constructor(key, path) {
		checkKey(key);
		super();
		pathsOf.set(this, path);
		// What a clone (postMessage, IndexedDB) would lose is an error instead.
		Object.defineProperty(this, "toString", { value: () => `[object ${native}]`, enumerable: true });
	}

	/** The guest path: run()'s preopens take the handle as they take { path }. @returns {string} */
	get path() {
		return pathsOf.get(this);
	}

	get name() {
		return nameOf(this.path);
	}

	/** @param {any} other */
	async isSameEntry(other) {
		return other?.kind === this.kind && pathOf(other) === this.path;
	}

	/** @param {{ mode?: "read" | "readwrite" }} [descriptor] */
	async queryPermission({ mode = "read" } = {}) {
		if (!MODES.includes(mode))
			throw new TypeError(`mode "${mode}" is none of ${MODES.join(", ")}`);
		const grant = await grantOf(this.path);
		return grant === null || mode === "readwrite" && grant.readonly ? "denied" : "granted";
	}

	/** The user decides at the gateway. @param {{ mode?: "read" | "readwrite" }} [descriptor] */
	async requestPermission(descriptor) {
		return this.queryPermission(descriptor);
	}

	/** move(name), move(folder), move(folder, name). @param {any} to @param {string} [as] */
	async move(to, as) {
		const folder = pathOf(to);
		if (typeof to === "object" && to !== null && (folder === undefined || to.kind !== "directory"))
			throw new TypeError("move() takes a name, or a FileSystemDirectoryHandle and a name");
		const name = folder === undefined ? checkedName(to) : as === undefined || String(as) === "" ? this.name : checkedName(as);
		const from = this.path, path = childOf(folder ?? parentOf(from), name);
		await checkFree(from, path);
		await standard(from, async () => {
			const one = await guest(), source = await located(from, "path_rename", one), target = await located(path, "path_rename", one);
			if (from === path)
				await typeAt(from);
			else
				await source.calls.path_rename(source.fd, source.path, target.fd, target.path);
		}, MOVE_ERRORS);
		pathsOf.set(this, path);
	}

	/** Removes what the handle names; a folder that isn't empty with { recursive: true }. @param {{ recursive?: boolean }} [options] */
	async remove(options) {
		await removeAt(this.path, options);
	}

	get [Symbol.toStringTag]() {
		return native;
	}
};

/** @param {string} path @param {{ recursive?: boolean }} [options] */
async function removeAt(path, { recursive = false } = {}) {
	await checkFree(path);
	await standard(path, async () => {
		const { calls, fd, path: relative } = await located(path, "path_unlink_file");
		await removeTree(calls, fd, relative, Boolean(recursive));
	});
}

export class FileSystemFileHandle extends handle("FileSystemFileHandle") {
	get kind() {
		return "file";
	}

	async getFile() {
		return fileOf(this.path);
	}

	/** @param {{ keepExistingData?: boolean, mode?: "siloed" | "exclusive" }} [options] */
	async createWritable(options) {
		return writableOf(this.path, options);
	}
}

export class FileSystemDirectoryHandle extends handle("FileSystemDirectoryHandle") {
	get kind() {
		return "directory";
	}

	/** @param {string} name @param {{ create?: boolean }} [options] */
	async getFileHandle(name, { create = false } = {}) {
		return this.#entry(name, create, FILETYPE.REGULAR_FILE, async (calls, fd, relative) =>
			void calls.fd_close(await calls.path_open(fd, 0, relative, CREAT | EXCL, 0n, 0n, 0)).catch(() => {}));
	}

	/** @param {string} name @param {{ create?: boolean }} [options] */
	async getDirectoryHandle(name, { create = false } = {}) {
		return this.#entry(name, create, FILETYPE.DIRECTORY, (calls, fd, relative) => calls.path_create_directory(fd, relative));
	}

	async #entry(given, create, wanted, make) {
		const path = childOf(this.path, checkedName(given));
		return standard(path, async () => {
			let type;
			try {
				type = await typeAt(path);
			} catch (error) {
				if (!create || error.name !== "NOENT")
					throw error;
				type = await this.#made(path, wanted, make);
			}
			if (type !== wanted)
				throw domError("TypeMismatchError", `'${path}' is no ${wanted === FILETYPE.DIRECTORY ? "folder" : "file"}`);
			return handleOf(path, type);
		});
	}

	async #made(path, wanted, make) {
		const { calls, fd, path: relative } = await located(path, "path_open");
		try {
			await make(calls, fd, relative);
			return wanted;
		} catch (error) {
			if (error.name !== "EXIST")
				throw error;
			return typeAt(path); // somebody else made it meanwhile
		}
	}

	/** @param {string} name @param {{ recursive?: boolean }} [options] */
	async removeEntry(name, options) {
		await removeAt(childOf(this.path, checkedName(name)), options);
	}

	/** The names that lead from here to another handle; null: it isn't in here. @param {any} other */
	async resolve(other) {
		const path = pathOf(other);
		if (path === undefined)
			throw new TypeError("resolve() takes a handle of files.js");
		if (!isWithin(path, this.path))
			return null;
		return path.slice(this.path === "/" ? 1 : this.path.length + 1).split("/").filter(Boolean);
	}

	/** [name, handle]s of what is in the folder when the iteration begins. Links are listed as what they lead to; names that aren't UTF-8, sockets, devices
	 * and links that lead nowhere aren't listed. */
	async *entries() {
		const { path } = this;
		for (const { name, type } of await standard(path, () => listed(path)))
			yield [name, handleOf(childOf(path, name), type)];
	}

	async *keys() {
		for await (const [name] of this.entries())
			yield name;
	}

	async *values() {
		for await (const [, each] of this.entries())
			yield each;
	}

	[Symbol.asyncIterator]() {
		return this.entries();
	}
}
Object.defineProperty(FileSystemDirectoryHandle.prototype, Symbol.asyncIterator, { value: FileSystemDirectoryHandle.prototype.entries });

/** `instanceof` for both kinds. */
export class FileSystemHandle {
	constructor() {
		checkKey(null);
	}

	static [Symbol.hasInstance](value) {
		return pathOf(value) !== undefined;
	}
}

/** @param {string} path @param {number} type FILETYPE's */
export function handleOf(path, type) {
	return type === FILETYPE.DIRECTORY ? new FileSystemDirectoryHandle(KEY, path) : new FileSystemFileHandle(KEY, path);
}

const isEntry = type => type === FILETYPE.REGULAR_FILE || type === FILETYPE.DIRECTORY;

/** @returns {Promise<{ name: string, type: number }[]>} */
async function listed(path) {
	const { calls, fd, path: relative } = await located(path, "path_open");
	const all = (await calls.folder_list(fd, relative)).filter(({ name }) => typeof name === "string" && name !== "." && name !== ".." && !isSwapName(name));
	if (!all.some(({ type }) => !isEntry(type)))
		return all;
	const types = await Promise.all(all.map(({ name, type }) => (type === FILETYPE.SYMBOLIC_LINK || type === FILETYPE.UNKNOWN
		? typeAt(childOf(path, name)).catch(error => (isWasiError(error) ? FILETYPE.UNKNOWN : Promise.reject(error))) : type)));
	return all.map(({ name }, i) => ({ name, type: types[i] })).filter(({ type }) => isEntry(type));
}

/* At the entry nobody has been told yet what is granted. */
const ENTRY_ERRORS = { NOTCAPABLE: "NotFoundError" };

async function entryAt(given, wanted) {
	const path = checkedPath(given);
	const type = await typeAt(path).catch(error => Promise.reject(standardError(error, path, ENTRY_ERRORS)));
	if (type !== wanted)
		throw domError("TypeMismatchError", `'${path}' is no ${wanted === FILETYPE.DIRECTORY ? "folder" : "file"}`);
	return handleOf(path, type);
}

/** A granted folder, or one below, by its guest path. @param {string} [path] */
export const getDirectoryHandle = (path = "/") => entryAt(path, FILETYPE.DIRECTORY);

/** A file in a granted folder, by its guest path. @param {string} path */
export const getFileHandle = path => entryAt(path, FILETYPE.REGULAR_FILE);

/** All granted folders, except /dev. */
export async function grantedDirectories() {
	const { calls } = await guest();
	return calls.preopens.filter(({ path }) => path !== "/dev").map(({ path }) => new FileSystemDirectoryHandle(KEY, path));
}
