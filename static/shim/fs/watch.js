//# allFunctionsCalledOnLoad
/* w.fs.watch, as node:fs/promises': events of folders, made from leases (docs/PROTOCOL.md, Leases). A break says which name has changed; another look at the
 * name says how. Leaves to others: where paths lead (paths.js). */
import { concatenate } from "../base/output.js";
import { BROKEN, TELLS, decodeBreaks, decodeLease, decodeLeasedName } from "../base/decode-leases.js";
import { ERRNO, WasiError } from "../base/errors.js";
import { FILETYPE } from "../base/fds.js";
import { pathBytes, pathText } from "./paths.js";

const FOLDERS_MAX = 1024; // of one connect(), in all its watches; the server has 4,096 leases for it
const QUEUE_MAX = 2048; // node's
const SIZE_AT = 32, ATIM_AT = 40, MTIM_AT = 48; // in a filestat

/* Calls that change files, so that the program's own changes are seen too: the server reports them with the next answer. */
const CHANGES = /^(fd_(p?write|allocate|filestat_set)|path_(create|link|open|remove|rename|symlink|unlink|filestat_set))/;

const under = (folder, name) => (folder === "" ? name : `${folder}/${name}`);

function entryOf({ ino, type, tells, bytes }) {
	const attributes = tells === TELLS.ATTRIBUTES
		? concatenate([bytes.subarray(0, ATIM_AT), bytes.subarray(MTIM_AT)]).join() : ""; // being read is no change
	return { ino, type, attributes, hasContent: attributes !== "" && new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(SIZE_AT, true) > 0n };
}

/** All watches of one connect(). ask: (name, ...args) makes a call; handleOf: (fd) gives its handle. */
export class Watches {
	#ask;
	#handleOf;
	#folders = new Map(); // identity -> what is known of one, and who listens
	#broken = []; // of decodeBreaks, not yet looked at
	#turn = Promise.resolve();
	#due = false;
	#listeners = new Set();

	constructor(ask, handleOf) {
		this.#ask = ask;
		this.#handleOf = handleOf;
	}

	/** Does nobody listen? */
	get isIdle() {
		return this.#listeners.size === 0;
	}

	/** A BREAK came. */
	breaks(frame) {
		if (!this.#listeners.size)
			return;
		this.#broken.push(...decodeBreaks(frame));
		this.#inTurn(() => this.#sort()).catch(() => {}); // the connection is gone: lose() tells
	}

	/** The program made this call, which has been answered. */
	called(name) {
		if (this.#listeners.size && CHANGES.test(name))
			this.look();
	}

	/** Breaks may be pending that only an answer brings. */
	look() {
		if (this.#due || !this.#listeners.size)
			return;
		this.#due = true;
		this.#inTurn(async () => {
			this.#due = false;
			await this.#ask("sched_yield");
		}).catch(() => {});
	}

	/** No more events will come. */
	lose(error) {
		for (const listener of this.#listeners)
			listener.fail(error);
	}

	/** Begins to tell listener of a folder, and with recursive of all below it. Rejects with WasiError: NOENT, NOTDIR, NOTSUP (no changes are reported
	 * there), NOSPC (too many folders). */
	add(listener, fd, path, recursive) {
		this.#listeners.add(listener);
		return this.#inTurn(() => this.#enter(listener, fd, path, "", recursive));
	}

	/** Resolves when what has happened until now was told. */
	async settle() {
		await this.#inTurn(() => this.#ask("sched_yield"));
		await this.#inTurn(() => {}); // breaks that came with that answer
	}

	remove(listener) {
		this.#listeners.delete(listener);
		return this.#inTurn(async () => {
			for (const folder of [...this.#folders.values()])
				this.#leave(folder, listener);
		}).catch(() => {});
	}

	#inTurn(work) {
		const done = this.#turn.then(work);
		this.#turn = done.catch(() => {});
		return done;
	}

	async #enter(listener, fd, path, at, recursive) {
		if (!this.#listeners.has(listener))
			return;
		if (this.#folders.size >= FOLDERS_MAX)
			throw new WasiError(ERRNO.NOSPC, "lease_folder", `more than ${FOLDERS_MAX} folders are watched`);
		const folder = await this.#lease({ fd, path });
		folder.listeners.set(listener, { at, recursive });
		if (recursive)
			for (const [name, { type }] of folder.names)
				if (type === FILETYPE.DIRECTORY)
					await this.#enter(listener, fd, under(path, name), under(at, name), true).catch(ignoreGone);
	}

	/* Another lease on a folder replaces the one before, so two watches of one folder share it. */
	async #lease({ fd, path }) {
		const [bytes] = await this.#ask("lease_folder", this.#handleOf(fd), pathBytes(path === "" ? "." : path), 0xFFFFFFFF);
		const { lease, stamp, filestat, entries } = decodeLease(bytes);
		const identity = filestat.subarray(0, 16).join();
		const names = new Map(entries.map(entry => [pathText(entry.name), entryOf(entry)]));
		let folder = this.#folders.get(identity);
		if (folder === undefined)
			this.#folders.set(identity, folder = { identity, fd, path, listeners: new Map(), names });
		Object.assign(folder, { fd, path, lease, stamp }); // it may have been moved
		await this.#compare(folder, names);
		return folder;
	}

	#leave(folder, listener) {
		folder.listeners.delete(listener);
		if (folder.listeners.size || !this.#folders.delete(folder.identity))
			return;
		this.#ask("lease_drop", folder.lease).catch(() => {});
	}

	async #sort() {
		if (!this.#broken.length)
			return;
		for (const { lease, ordinal, what, name } of this.#broken.splice(0)) // in the order of the changes
			for (const folder of [...this.#folders.values()].filter(each => lease === 0 || each.lease === lease && ordinal > each.stamp))
				if (lease === 0 || what === BROKEN.ALL)
					await this.#again(folder);
				else
					await this.#name(folder, pathText(name), what);
	}

	/* The whole folder: too much has changed, or it no longer exists. */
	async #again(folder) {
		try {
			const found = await this.#lease(folder);
			if (found === folder)
				return;
			for (const listener of found.listeners.keys()) // made only now: another folder has the name
				found.listeners.delete(listener);
			this.#folders.delete(found.identity);
			this.#ask("lease_drop", found.lease).catch(() => {});
		} catch (error) {
			if (!(error instanceof WasiError))
				throw error;
		}
		this.#folders.delete(folder.identity);
		for (const [listener, { at }] of folder.listeners)
			if (at === "")
				listener.tell("rename", null);
	}

	async #name(folder, name, what) {
		const [bytes] = await this.#ask("lease_name", this.#handleOf(folder.fd), pathBytes(under(folder.path, name)))
			.catch(error => (error instanceof WasiError ? [null] : Promise.reject(error)));
		if (bytes === null)
			return this.#again(folder);
		const { entry } = decodeLeasedName(bytes);
		return this.#judge(folder, name, entry && entryOf(entry), what);
	}

	async #compare(folder, names) {
		for (const name of new Set([...folder.names.keys(), ...names.keys()]))
			await this.#judge(folder, name, names.get(name) ?? null, null);
	}

	/* what: BROKEN's, or null: perhaps nothing has happened. */
	async #judge(folder, name, now, what) {
		const before = folder.names.get(name) ?? null;
		if (now === null)
			folder.names.delete(name);
		else
			folder.names.set(name, now);
		const renamed = before?.ino !== now?.ino || before?.type !== now?.type || what === BROKEN.NAME && before !== null;
		if (renamed && (before ?? now) !== null)
			this.#tell(folder, name, "rename", { before, now });
		if (now !== null && (renamed ? now.hasContent : before.attributes !== now.attributes || what === BROKEN.ATTRIBUTES))
			this.#tell(folder, name, "change", { before, now, renamed });
		if (renamed && now?.type === FILETYPE.DIRECTORY)
			for (const [listener, { at, recursive }] of [...folder.listeners])
				if (recursive)
					await this.#enterNew(listener, folder, name, at);
	}

	/* A new folder: its entries are new with it. */
	async #enterNew(listener, { fd, path }, name, at) {
		try {
			await this.#enter(listener, fd, under(path, name), under(at, name), true);
		} catch (error) {
			return error instanceof WasiError && error.errno !== ERRNO.NOSPC ? undefined : listener.fail(error);
		}
		for (const { listeners, names } of this.#folders.values()) {
			const its = listeners.get(listener)?.at;
			if (its === under(at, name) || its?.startsWith(`${under(at, name)}/`))
				for (const [each, now] of names)
					listener.tell("rename", under(its, each), { now, nested: true });
		}
		return undefined;
	}

	/* change: the name's entries before and now, or null; renamed: the same change was told as "rename", too; nested: its folder has come. */
	#tell(folder, name, eventType, change) {
		for (const [listener, { at }] of folder.listeners)
			listener.tell(eventType, under(at, name), change);
	}
}

function ignoreGone(error) {
	if (!(error instanceof WasiError) || error.errno === ERRNO.NOSPC)
		throw error;
}

/** Events of one watch, until they are taken: at most `most`; then they are dropped, or with overflow "throw" it fails. */
export class Listener {
	#queue = [];
	#failed = null;
	#wake = null;
	#options;
	/** path: of bytes, the name that the watch was made for; only: the one name in its folder that counts, or null. */
	constructor(path, only, options) {
		this.#options = { path, only, ...options };
	}

	/** filename: a string of bytes; null: what is watched itself. */
	tell(eventType, filename) {
		const { path, only, maxQueue = QUEUE_MAX, overflow } = this.#options;
		if (only !== null && filename !== null && filename !== only)
			return;
		if (this.#queue.length >= maxQueue)
			return void (overflow === "throw" && this.fail(new Error(`more than ${maxQueue} events of a watch wait to be taken`)));
		this.#queue.push({ eventType, filename: this.#named(filename ?? path) });
		this.#wake?.();
	}

	#named(text) {
		const bytes = pathBytes(text);
		return this.#options.encoding === "buffer" ? bytes : new TextDecoder().decode(bytes);
	}

	fail(error) {
		this.#failed ??= error;
		this.#wake?.();
	}

	/** The next event. Rejects with what it failed with, once all before are taken. */
	async next() {
		while (!this.#queue.length && this.#failed === null)
			await new Promise(resolve => (this.#wake = resolve));
		if (!this.#queue.length)
			throw this.#failed;
		return this.#queue.shift();
	}
}
