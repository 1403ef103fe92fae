//# allFunctionsCalledOnLoad
/* FileSystemObserver, over the watching of w.fs (fs/watch.js). A name that goes and one that comes with the same inode is a file that was moved. Changes of the
 * page's own count like anybody's. */
import { FILETYPE } from "../base/fds.js";
import { pathBytes, pathText } from "../fs/paths.js";
import { standard } from "./errors.js";
import { guest } from "./guest.js";
import { handleOf, pathOf } from "./handles.js";
import { childOf, isSwapName, nameOf, parentOf } from "./names.js";

const isHidden = name => isSwapName(nameOf(`/${name}`));
const isBelow = (name, folder) => name.startsWith(`${folder}/`);

/** Changes that were told since the last records, as records. */
class Gathered {
	#gone = [];
	#came = [];
	#changed = [];
	#lost = false;

	/** As a Listener of fs/watch.js is told. name: from the watched folder; null: it is gone itself. */
	add(eventType, name, { before = null, now = null, nested = false, renamed = false } = {}) {
		if (name === null)
			this.#lost = true;
		else if (eventType === "change")
			this.#changed.push(...renamed || now?.type !== FILETYPE.REGULAR_FILE ? [] : [{ name, ...now }]);
		else if (nested)
			this.#came.push({ name, replaced: null, nested, ...now });
		else {
			if (before !== null && before.ino !== now?.ino)
				this.#gone.push({ name, replacedBy: now, ...before });
			if (now !== null && before?.ino !== now.ino)
				this.#came.push({ name, replaced: before, nested, ...now });
		}
	}

	/** [{ type, name, from, kind }] in a fixed order: what went, what moved, what came, what was changed. */
	take() {
		const gone = this.#gone, moved = [], came = [], found = new Set();
		for (const one of this.#came) {
			if (found.has(one.name))
				continue;
			found.add(one.name);
			const from = one.nested ? -1 : gone.findIndex(({ ino, type, name }) => ino === one.ino && type === one.type && name !== one.name);
			if (from >= 0)
				moved.push({ ...one, from: gone.splice(from, 1)[0].name });
			else
				came.push(one);
		}
		const records = [];
		const add = (type, { name, from = null, type: kind }) => records.push({ type, name, from, kind });
		for (const one of gone)
			if (one.replacedBy === null && !isHidden(one.name))
				add("disappeared", one);
		for (const one of moved)
			if (!isHidden(one.name))
				add(isHidden(one.from) ? (one.replaced ? "modified" : "appeared") : "moved", isHidden(one.from) ? { ...one, from: null } : one);
		for (const one of came)
			if (!isHidden(one.name) && !(one.nested && moved.some(({ name }) => isBelow(one.name, name))))
				add(one.replaced !== null && one.replaced.type === one.type ? "modified" : "appeared", one);
		const changed = new Set(this.#changed.filter(({ name }) => !isHidden(name)).map(({ name }) => name));
		for (const name of changed)
			if (!records.some(record => record.name === name && record.type === "modified"))
				add("modified", { name, type: FILETYPE.REGULAR_FILE });
		const lost = this.#lost;
		[this.#gone, this.#came, this.#changed, this.#lost] = [[], [], [], false];
		return { records, lost };
	}
}

/** One observe(): what fs/watch.js tells, until it is told to the observer. */
class Observation {
	#root;
	#only; // of a file: its name, a string of bytes
	#gathered = new Gathered();
	#due = false;
	#tell;
	#watches;

	constructor(root, tell) {
		this.#root = root;
		this.#tell = tell;
		this.#only = root.kind === "file" ? pathText(root.name) : null;
	}

	get root() {
		return this.#root;
	}

	async begin(recursive) {
		const path = pathOf(this.#root), folder = this.#only === null ? path : parentOf(path);
		await standard(path, async () => {
			const { calls, paths } = await guest();
			const { fd, path: relative } = await paths.locate(folder, "lease_folder");
			if (this.#only !== null) {
				const file = await paths.locate(path, "path_filestat_get");
				await calls.path_filestat_get(file.fd, 0, file.path);
			}
			const text = pathText(relative).replace(/\/+$/, "");
			this.#watches = calls.watches;
			await this.#watches.add(this, fd, text === "." ? "" : text, recursive && this.#only === null);
		}, { NOSPC: "QuotaExceededError" }).catch(error => {
			this.end();
			throw error;
		});
	}

	end() {
		this.#watches?.remove(this);
		this.#tell = () => {};
	}

	/** @param {string} eventType @param {string | null} filename @param {object} [change] */
	tell(eventType, filename, change) {
		if (this.#only !== null && filename !== null && filename !== this.#only && !(change && eventType === "rename"))
			return;
		this.#gathered.add(eventType, filename, change);
		if (this.#due)
			return;
		this.#due = true;
		this.#watches.settle().catch(() => {}).then(() => { // the other half of a move may be pending
			this.#due = false;
			this.#flush();
		});
	}

	fail() {
		this.#tell([this.#record({ type: "errored", name: "", from: null, kind: null })]);
		this.end();
	}

	#flush() {
		const { records, lost } = this.#gathered.take();
		const told = records.filter(({ name, from }) => this.#only === null || name === this.#only || from === this.#only).map(each => this.#record(each));
		if (lost)
			told.push(this.#record({ type: "disappeared", name: "", from: null, kind: null }));
		if (told.length)
			this.#tell(told);
		if (told.some(({ type, relativePathComponents }) => type === "disappeared" && relativePathComponents.length === 0))
			this.fail(); // the handle's own entry
	}

	#record({ type, name, from, kind }) {
		if (this.#only !== null && from === this.#only)
			[type, from] = ["disappeared", null]; // it isn't in scope any more
		if (this.#only !== null && from !== null)
			[type, from] = ["appeared", null];
		const parts = text => (this.#only !== null || text === "" ? [] : text.split("/").map(part => new TextDecoder().decode(pathBytes(part))));
		const components = parts(name);
		const path = components.reduce((folder, part) => childOf(folder, part), pathOf(this.#root));
		return {
			root: this.#root, type, changedHandle: type === "disappeared" || type === "errored" ? null : handleOf(path, kind),
			relativePathComponents: components, relativePathMovedFrom: from === null ? null : parts(from),
		};
	}
}

export class FileSystemObserver {
	#callback;
	/** @type {Observation[]} */
	#observations = [];

	/** @param {(records: object[], observer: FileSystemObserver) => void} callback */
	constructor(callback) {
		if (typeof callback !== "function")
			throw new TypeError("a FileSystemObserver needs a function");
		this.#callback = callback;
	}

	/**
	 * Rejects with NotFoundError, QuotaExceededError, NotSupportedError (the file system doesn't report changes).
	 * @param {any} handle
	 * @param {{ recursive?: boolean }} [options]
	 */
	async observe(handle, { recursive = false } = {}) {
		if (pathOf(handle) === undefined)
			throw new TypeError("observe() takes a handle of files.js");
		const observation = new Observation(handle, records => queueMicrotask(() => this.#callback(records, this)));
		this.#observations.push(observation);
		try {
			await observation.begin(Boolean(recursive));
		} catch (error) {
			this.#observations = this.#observations.filter(each => each !== observation);
			throw error;
		}
	}

	/** @param {any} handle */
	unobserve(handle) {
		const same = ({ root }) => pathOf(root) === pathOf(handle) && root.kind === handle.kind;
		this.#observations.filter(same).forEach(each => each.end());
		this.#observations = this.#observations.filter(each => !same(each));
	}

	disconnect() {
		this.#observations.splice(0).forEach(each => each.end());
	}

	get [Symbol.toStringTag]() {
		return "FileSystemObserver";
	}
}
