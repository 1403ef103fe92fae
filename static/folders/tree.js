/* The granted folders as a tree: what is in each open folder, live, and the sizes of what is looked at. Leaves to others: showing it (rows.js), changing it
 * (changes.js). */
import { FileSystemObserver, getDirectoryHandle } from "/_wvwasi/files.js";
import { guest } from "/_wvwasi/files/index.js";
import { childOf } from "../shim/files/names.js";
import { pacer, sorted } from "./pacing.js";

const MARKED_MS = 20_000; // what has changed is marked so long

const byName = new Intl.Collator(undefined, { numeric: true });
const ordered = (one, other) => (one.kind === other.kind ? byName.compare(one.name, other.name) || (one.name < other.name ? -1 : 1)
	: one.kind === "directory" ? -1 : 1);

/** A granted folder, or what is in one. */
export class Entry {
	isOpen = false;
	/** @type {Entry[] | null} in order; null: not listed */
	children = null;
	/** @type {number | undefined} bytes of a file; undefined: nobody has looked; -1: not known yet */
	size = undefined;
	/** @type {Date | null} */
	modified = null;
	/** @type {"new" | "changed" | null} just now */
	mark = null;
	/** Why it can't be listed, or isn't live; "" if it is. */
	problem = "";
	isLive = true;
	names = new Map();
	observer = null;
	looks = 0;
	#markedMs = 0;

	/**
	 * @param {string} path as programs see it
	 * @param {"file" | "directory"} kind
	 * @param {Entry | null} parent null: it is a grant
	 * @param {boolean} readonly
	 */
	constructor(path, kind, parent, readonly) {
		Object.assign(this, { path, kind, parent, readonly, name: parent === null ? path : path.slice(path.lastIndexOf("/") + 1) });
		this.depth = parent === null ? 1 : parent.depth + 1;
	}

	/** The folder in which things are made that are made "here". */
	get folder() {
		return this.kind === "directory" ? this : this.parent;
	}

	setMark(mark) {
		this.mark = this.mark === "new" && mark === "changed" ? "new" : mark; // being written is part of being made
		this.#markedMs = performance.now();
	}

	/** @returns {boolean} was it old? */
	dropOldMark() {
		const isOld = this.mark !== null && performance.now() - this.#markedMs >= MARKED_MS;
		if (isOld)
			this.mark = null;
		return isOld;
	}
}

export class Tree {
	/** @type {Entry[]} the grants, in their order */
	roots = [];
	#calls = null;
	#tell;
	#visible = null;
	#marked = new Set();
	#sweep = null;

	/** @param {{ changed: () => void, lost: (error: Error) => void }} tell changed: something is to be drawn; lost: nothing is live any more */
	constructor(tell) {
		this.#tell = tell;
	}

	/** Asks what is granted, anew. Rejects with GatewayLost, NotPaired. */
	async open() {
		for (const root of this.roots)
			this.#drop(root);
		this.#calls = (await guest()).calls;
		// A scratch folder is each guest's own: ours would not be a program's.
		this.roots = this.#calls.preopens.filter(({ path, scratch }) => path !== "/dev" && !scratch)
			.map(({ path, readonly }) => new Entry(path, "directory", null, readonly));
		this.changed();
	}

	/** w.fs of the panel's own guest. */
	get fs() {
		return this.#calls.fs;
	}

	changed() {
		this.#visible = null;
		this.#tell.changed();
	}

	/** What is to be shown, from above to below. @returns {Entry[]} */
	get visible() {
		if (this.#visible === null) {
			this.#visible = [];
			const add = entries => entries.forEach(entry => {
				this.#visible.push(entry);
				if (entry.isOpen && entry.children)
					add(entry.children);
			});
			add(this.roots);
		}
		return this.#visible;
	}

	/** Opens a folder; resolves when it is listed. @param {Entry} entry */
	async expand(entry) {
		if (entry.kind !== "directory" || entry.isOpen)
			return;
		entry.isOpen = true;
		await this.#list(entry);
	}

	/** @param {Entry} entry */
	collapse(entry) {
		entry.isOpen = false;
		this.#drop(entry);
		this.changed();
	}

	/** Opens the folders that lead to a path, and gives its entry; null: it isn't there. @param {string} path */
	async reveal(path) {
		const root = this.roots.filter(each => each.path === path || path.startsWith(childOf(each.path, "")))
			.sort((one, other) => other.path.length - one.path.length)[0];
		let entry = root ?? null;
		for (const name of root ? path.slice(childOf(root.path, "").length).split("/").filter(Boolean) : []) {
			await this.expand(entry);
			entry = entry.names.get(name) ?? null;
			if (entry === null)
				return null;
		}
		return entry;
	}

	/** Finds out the size of a file that is shown. @param {Entry} entry */
	async look(entry) {
		if (entry.kind !== "file" || entry.size !== undefined)
			return;
		entry.size = -1; // being asked
		const turn = ++entry.looks;
		const stats = await this.fs.stat(entry.path).catch(() => null); // it has gone meanwhile, which its folder tells
		if (stats === null || turn !== entry.looks)
			return;
		Object.assign(entry, { size: stats.size, modified: stats.mtime });
		this.#tell.changed();
	}

	async #list(entry) {
		entry.problem = "";
		const held = [];
		let isListed = false;
		entry.observer = new FileSystemObserver(records => (isListed ? this.#take(entry, records) : held.push(...records)));
		try {
			const handle = await getDirectoryHandle(entry.path);
			entry.isLive = await entry.observer.observe(handle).then(() => true, () => false); // network file systems report nothing
			const found = [], pace = pacer();
			for await (const [name, { kind }] of handle) {
				found.push(new Entry(childOf(entry.path, name), kind, entry, entry.readonly));
				await pace();
			}
			const children = await sorted(found, ordered);
			if (!entry.isOpen)
				return this.#drop(entry);
			entry.children = children;
			entry.names = new Map(children.map(child => [child.name, child]));
			isListed = true;
			this.#take(entry, held);
		} catch (error) {
			entry.problem = error.message;
		}
		return this.changed();
	}

	#drop(entry) {
		entry.observer?.disconnect();
		entry.observer = null;
		entry.children?.forEach(child => this.#drop(child));
		entry.children = null;
		entry.names = new Map();
	}

	/* What a FileSystemObserver tells of one folder. */
	#take(folder, records) {
		if (folder.children === null)
			return;
		for (const { type, changedHandle, relativePathComponents: [name], relativePathMovedFrom } of records)
			if (type === "errored" || name === undefined)
				return this.#again(folder);
			else if (type === "disappeared")
				this.#remove(folder, name);
			else {
				if (type === "moved")
					this.#remove(folder, relativePathMovedFrom[0]);
				this.#appear(folder, name, changedHandle.kind, type === "modified" ? "changed" : "new");
			}
		return this.changed();
	}

	#appear(folder, name, kind, mark) {
		let entry = folder.names.get(name);
		if (entry?.kind !== kind) {
			this.#remove(folder, name);
			entry = new Entry(childOf(folder.path, name), kind, folder, folder.readonly);
			folder.names.set(name, entry);
			folder.children.splice(placeOf(folder.children, entry), 0, entry);
		}
		entry.size = undefined;
		entry.looks++;
		entry.setMark(mark);
		this.#marked.add(entry);
		this.#sweep ??= setInterval(() => this.#dropOldMarks(), 1000);
	}

	#remove(folder, name) {
		const entry = folder.names.get(name);
		if (entry === undefined)
			return;
		this.#drop(entry);
		folder.names.delete(name);
		folder.children.splice(placeOf(folder.children, entry), 1);
	}

	#dropOldMarks() {
		let any = false;
		for (const entry of this.#marked)
			if (entry.dropOldMark())
				any = this.#marked.delete(entry);
		if (any)
			this.#tell.changed();
		if (this.#marked.size === 0) {
			clearInterval(this.#sweep);
			this.#sweep = null;
		}
	}

	/* The observer has ended: the folder is gone, or the connection. */
	async #again(folder) {
		this.#drop(folder);
		if (this.#calls.lost)
			return this.#tell.lost(new Error("the gateway has gone"));
		return this.#list(folder);
	}
}

/* Where an entry is in the order, or would be. */
function placeOf(entries, entry) {
	let low = 0, high = entries.length;
	while (low < high) {
		const middle = low + high >> 1;
		if (ordered(entries[middle], entry) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
