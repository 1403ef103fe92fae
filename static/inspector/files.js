/* What a program did with each file: how often it opened it, what it read and wrote, how long that took. Made of its rows as they come; a handle's path may be
 * learned after its first calls. Pure. Leaves to others: showing it (filespanel.js), comparing two (compare.js). */
import { NUMBERS } from "../shim/base/syscalls.js";
import { isOwn } from "./preview1.js";
import { FLAG, NO_HANDLE } from "./store.js";

const READS = new Set([NUMBERS.fd_read, NUMBERS.fd_pread, NUMBERS.sock_recv, NUMBERS.sock_receive_from]);
const WRITES = new Set([NUMBERS.fd_write, NUMBERS.fd_pwrite, NUMBERS.sock_send, NUMBERS.sock_send_to]);
const STANDARD = ["stdin", "stdout", "stderr"];
const KEPT = 20_000; // paths and handles; calls on more are counted under "others"
const OTHERS = "\u2026";

/** @typedef {{ path: string, opened: number, read: number, written: number, calls: number, errors: number, took: number }} Use took: microseconds */

const newUse = path => ({ path, opened: 0, read: 0, written: 0, calls: 0, errors: 0, took: 0 });

/** A path as the program means it: below the folder that it names. */
function below(folder, name) {
	const full = name.startsWith("/") || folder === "" ? name : `${folder}/${name}`;
	const parts = [];
	for (const part of full.split("/"))
		if (part === "..")
			parts.pop();
		else if (part !== "" && part !== ".")
			parts.push(part);
	return `${full.startsWith("/") ? "/" : ""}${parts.join("/")}`;
}

export class Files {
	#paths = new Map(); // path -> Use, of calls that name it
	#handles = new Map(); // handle -> Use, of calls on it; path null: not known yet
	#folders = new Map(); // handle -> path

	/** A handle's path was told. */
	opened(handle, path) {
		const shown = (handle & 0xFFFF) < 3 && handle >>> 16 === 0 ? STANDARD[handle] : path === "" ? "" : below("", path);
		this.#folders.set(handle, shown);
		const use = this.#handles.get(handle);
		if (use !== undefined && use.path === null)
			use.path = shown;
		if (this.#folders.size > KEPT)
			this.#folders.delete(this.#folders.keys().next().value);
	}

	/** "": not known. */
	pathOf(handle) {
		return this.#folders.get(handle) ?? "";
	}

	/** Counts a row of the program's. */
	add(row) {
		if (isOwn(row.call, row.flags) || row.flags & (FLAG.NOTE | FLAG.SKIPPED | FLAG.BEFORE))
			return;
		for (const use of this.#usesOf(row))
			count(use, row, 1);
	}

	/** A row that was added turns out to be the page's own, or to have taken so much longer. */
	disown(row) {
		for (const use of this.#usesOf(row))
			count(use, row, -1);
	}

	correct(row, longer) {
		for (const use of this.#usesOf(row))
			use.took += longer;
	}

	#usesOf(row) {
		if (row.path !== "") {
			const folder = this.#folders.get(row.handle) ?? "";
			const used = row.path.split("\0").map(name => this.#use(this.#paths, below(folder, name), below(folder, name)));
			if (row.call === NUMBERS.path_open && row.errno === 0 && row.handle2 !== NO_HANDLE && row.handle2 !== undefined && used[0].path !== OTHERS)
				this.opened(row.handle2, used[0].path);
			return used;
		}
		return row.handle === NO_HANDLE ? [] : [this.#use(this.#handles, row.handle, this.#folders.get(row.handle) ?? null)];
	}

	#use(map, key, path) {
		let use = map.get(key);
		if (use === undefined) {
			if (map.size >= KEPT) {
				key = path = OTHERS;
				use = map.get(key);
			}
			if (use === undefined)
				map.set(key, use = newUse(path));
		}
		return use;
	}

	/** All of them, by path. @returns {Map<string, Use>} */
	byPath() {
		const all = new Map();
		for (const [handle, use] of [...this.#paths, ...this.#handles]) {
			const path = use.path ?? `handle ${handle & 0xFFFF}`;
			let sum = all.get(path);
			if (sum === undefined)
				all.set(path, sum = newUse(path));
			for (const field of ["opened", "read", "written", "calls", "errors", "took"])
				sum[field] += use[field];
		}
		return all;
	}

	/** Is a row about this file? For the filter. */
	test(path) {
		const handles = new Set([...this.#handles].filter(([, use]) => use.path === path).map(([handle]) => handle));
		return row => (row.path === "" ? handles.has(row.handle)
			: row.path.split("\0").some(name => below(this.#folders.get(row.handle) ?? "", name) === path));
	}
}

function count(use, row, times) {
	use.calls += times;
	use.took += times * row.took;
	if (row.errno !== 0)
		use.errors += times;
	else if (row.call === NUMBERS.path_open)
		use.opened += times;
	else if (READS.has(row.call))
		use.read += times * row.bytes;
	else if (WRITES.has(row.call))
		use.written += times * row.bytes;
}
