//# allFunctionsCalledOnLoad
/* Folders that the server promised to tell us about (docs/PROTOCOL.md, Leases): their names, what the files and folders in them are, and so
 * what isn't there. A path is walked here name by name through leased folders; where it leads through anything else (a link, a mount
 * point, "..", a folder that isn't leased) the server answers. Leaves to others: asking for leases (asking.js), contents (contents.js). */
import { BROKEN, TELLS } from "../../base/codec.js";
import { FILETYPE, RIGHT, identityOf } from "../../base/fds.js";
import { bytesOf, inodeOf, isName, isPlain, isWalkable, sizeOf, textOf } from "../../base/names.js";
import { Own } from "./own.js";
import { OwnChanges } from "./ownchanges.js";

const ENTRY_BYTES = 300, FOLDER_BYTES = 1000; // what they cost here, about

/** A name of which only the server knows what it is now. */
export const UNKNOWN = Object.freeze({ type: -1, key: null, stat: null, identity: null, own: false });

/** What a name is: filetype; ino: as listings say; key: of a folder on the same file system, its identity; stat: 64 bytes, or null. */
class Entry {
	constructor({ type, ino, tells, bytes }) {
		this.type = type;
		this.ino = ino;
		this.key = tells === TELLS.IDENTITY ? identityOf(bytes) : null;
		this.stat = tells === TELLS.ATTRIBUTES ? bytes.slice() : null;
		this.identity = this.stat === null ? null : identityOf(this.stat);
		this.own = false; // this program made it, in this run
	}
}

/** A file that the program is about to make: nobody knows which it will be. */
class Made {
	type = FILETYPE.REGULAR_FILE;
	ino = 0n; // none, until the server says which
	key = null;
	stat = null;
	own = true;

	/** identity: a stand-in, until the server says */
	constructor(identity) {
		this.identity = identity;
	}
}

export class Folder {
	constructor(key, { lease, filestat, parent, foreseen, entries }, listedBytes) {
		this.key = key;
		this.foreseen = foreseen; // may changes of its names be told as done before they are?
		this.id = lease;
		this.stat = filestat.slice(); // null: it has changed
		this.ino = inodeOf(filestat);
		this.parent = parent;
		this.names = new Map(entries.map(entry => [textOf(entry.name), new Entry(entry)]));
		this.listedBytes = listedBytes; // what its listing took
		this.listed = true; // are the names all there are, in a listing's order?
		this.isOpened = false; // has the program listed it?
		this.opens = null; // { id, fdstat, root }: the server keeps a descriptor of it for who opens it to list
		this.filesCame = false; // were its files asked for before the program did?
		this.tries = null; // of asking.js: how it was asked for
		this.proofs = null; // of ownnames.js: what has succeeded in it, as long as it has been known since
		this.made = false; // did this program make it, and has it been known since?
		this.below = null; // what has succeeded in folders that this program made in it
		this.bytes = FOLDER_BYTES + entries.reduce((sum, { name }) => sum + ENTRY_BYTES + name.length, 0);
		/** () => void, once, when a path leads through it, and when it is opened: for who guessed that */
		this.onlooked = null;
		this.onopened = null;
	}

	wasLooked() {
		const told = this.onlooked;
		this.onlooked = null;
		told?.();
	}

	wasOpened() {
		this.isOpened = true;
		const told = this.onopened;
		this.onopened = null;
		told?.();
	}
}

export class Folders {
	#freshness;
	#breaks;
	#folders = new Map(); // key -> Folder
	#byId = new Map();
	#own = new Own();
	#files = new Map(); // identity -> Entry with attributes, or a Set of them
	bytes = 0;
	/** What the program changes without waiting. */
	ownChanges = new OwnChanges();
	/** (folder) when it isn't known any more */
	onforget = null;

	constructor(freshness, breaks) {
		this.#freshness = freshness;
		this.#breaks = breaks;
	}

	/* ---- what is known ---- */

	/**
	 * Where a path leads: { folder, entry }; entry null: there is none of that name, or none on the way; undefined: the path names the folder.
	 * null: the server has to be asked.
	 */
	walk(descriptor, path) {
		if (this.#folders.size === 0 || !isPlain(descriptor) || !isWalkable(path) || !this.#freshness.isFresh)
			return null;
		let folder = this.#folders.get(descriptor.identity);
		const names = textOf(path).split("/");
		const last = names.length - 1;
		if (last === 0 && names[0] === ".")
			return folder === undefined ? null : { folder, entry: undefined };
		for (let i = 0; folder !== undefined && i <= last; i++) {
			const entry = folder.names.get(names[i]);
			if (entry === undefined)
				return isName(names[i]) && (i === last || names.slice(i + 1).every(isName)) ? { folder, entry: null } : null;
			if (i === last)
				return { folder, entry };
			folder = this.#folders.get(entry.key);
			folder?.wasLooked();
		}
		return null;
	}

	/** The leased folder itself that a path leads to; or null. */
	folder(descriptor, path) {
		const found = this.walk(descriptor, path);
		if (found === null || found.entry === null)
			return null;
		return found.entry === undefined ? found.folder : this.#folders.get(found.entry.key) ?? null;
	}

	/** Of an open folder; or undefined. However old. */
	of({ identity }) {
		return this.#folders.get(identity);
	}

	/** That of this key; or undefined. However old. */
	at(key) {
		return this.#folders.get(key);
	}

	/** The file type that a path leads to, links not followed; null: nothing is there; undefined: the server knows. */
	typeOf(descriptor, path) {
		const found = this.walk(descriptor, path);
		if (found === null || found.entry === UNKNOWN)
			return undefined;
		return found.entry === undefined ? FILETYPE.DIRECTORY : found.entry?.type ?? null;
	}

	/** An open folder whose whole listing is known as it is now; null: the server knows. */
	listed(descriptor) {
		if (this.#folders.size === 0 || !isPlain(descriptor) || !descriptor.may(RIGHT.FD_READDIR) || !this.#freshness.isFresh)
			return null;
		const folder = this.#folders.get(descriptor.identity);
		return folder?.listed ? folder : null;
	}

	/** The attributes of an open folder, or null. */
	statOf(descriptor) {
		if (this.#folders.size === 0 || !isPlain(descriptor) || !this.#freshness.isFresh)
			return null;
		return this.#folders.get(descriptor.identity)?.stat ?? null;
	}

	/** What is known of a folder below an open one (path: a text), however old; null: nothing. */
	folderAt(descriptor, path) {
		let folder = this.#folders.get(descriptor.identity);
		for (const name of path === "." ? [] : path.split("/"))
			folder = this.#folders.get(folder?.names.get(name)?.key);
		return folder ?? null;
	}

	/** The leased folder that a path's last name is in, and what it is known to be there: { folder, name, entry }; null: none. However old. */
	parentOf(descriptor, path) {
		if (this.#folders.size === 0 || !isPlain(descriptor) || !isWalkable(path))
			return null;
		const names = textOf(path).split("/");
		let folder = this.#folders.get(descriptor.identity);
		for (const name of names.slice(0, -1))
			folder = this.#folders.get(folder?.names.get(name)?.key);
		const name = names.at(-1);
		return folder === undefined || !isName(name) ? null : { folder, name, entry: folder.names.get(name) };
	}

	/** How large the file is that a path leads to, as far as it is known, however old; else 0. */
	sizeAt(descriptor, path) {
		const stat = this.parentOf(descriptor, path)?.entry?.stat ?? null;
		return stat === null ? 0 : sizeOf(stat);
	}

	/* ---- learning ---- */

	/** told: of a lease_folder's answer, listedBytes long; asked: when, in ownChanges. */
	learn(told, listedBytes, asked) {
		const key = identityOf(told.filestat);
		const old = this.#folders.get(key);
		if (old !== undefined)
			this.forget(old);
		const folder = new Folder(key, told, listedBytes);
		if (old !== undefined)
			Object.assign(folder, { proofs: old.proofs, made: old.made, below: old.below });
		for (const [name, entry] of folder.names)
			entry.own = this.#own.has(folder, name, entry);
		this.#folders.set(key, folder);
		this.#byId.set(folder.id, folder);
		this.bytes += folder.bytes;
		for (const entry of folder.names.values())
			this.#keepFile(entry);
		for (const name of this.ownChanges.namesSince(asked, key) ?? [...folder.names.keys()])
			this.#break(folder, { what: BROKEN.NAME, name: bytesOf(name) });
		for (const identity of this.ownChanges.filesSince(asked))
			this.changed(identity);
		return folder;
	}

	/** told: of a lease_name's answer about this name (a text); asked: when, in ownChanges. Gives its Entry, or null. */
	learnName(told, name, asked) {
		const folder = this.#byId.get(told.lease);
		const changed = folder === undefined ? null : this.ownChanges.namesSince(asked, folder.key);
		if (changed === null || changed.includes(name))
			return null;
		const { entry } = told;
		folder.stat = changed.length > 0 ? null : told.filestat.slice();
		const had = folder.names.get(name);
		this.#forgetFile(had);
		if (entry === null) {
			this.#own.delete(folder, name);
			if (folder.names.delete(name))
				this.#account(folder, -ENTRY_BYTES - name.length);
		} else {
			const known = new Entry(entry);
			known.own = this.#own.has(folder, name, known);
			folder.names.set(name, known); // a listing's order is the file system's: one that grew is asked for anew
			this.#keepFile(known);
			if (had === undefined)
				this.#added(folder, name);
		}
		for (const identity of this.ownChanges.filesSince(asked))
			this.changed(identity);
		this.catchUp(folder, told.stamp);
		return folder.names.get(name) ?? null;
	}

	#added(folder, name) {
		folder.listed = false; // where it is in the listing is the file system's affair
		this.#account(folder, ENTRY_BYTES + name.length);
	}

	/** What was learned now is older than some of the breaks that came before it. */
	catchUp(folder, stamp) {
		for (const broken of this.#breaks.since(folder.id, stamp))
			this.#break(folder, broken);
	}

	/* ---- what the program does without waiting ---- */

	/** This program made what the name stands for. */
	owns(folder, name, entry) {
		entry.own = true;
		this.#own.add(folder, name, entry);
	}

	/** The same of what a path leads to. */
	ownsAt(descriptor, path, entry) {
		const found = this.parentOf(descriptor, path);
		if (found !== null && found.entry === entry)
			this.owns(found.folder, found.name, entry);
	}

	/** It takes the name away: gives what it was, or undefined. */
	take(folder, name) {
		const entry = folder.names.get(name);
		this.#own.delete(folder, name);
		this.#forgetFile(entry);
		if (folder.names.delete(name))
			this.#account(folder, -ENTRY_BYTES - name.length);
		this.#changed(folder, name);
		return entry;
	}

	/** What was taken from another name is here now, in place of what was. */
	put(folder, name, entry) {
		const had = folder.names.get(name);
		this.#forgetFile(had);
		folder.names.set(name, entry);
		this.owns(folder, name, entry);
		if (had === undefined)
			this.#account(folder, ENTRY_BYTES + name.length);
		folder.listed = false; // where it is in the listing is the file system's affair
		this.#changed(folder, name);
	}

	/** It makes a file: gives its entry. */
	make(folder, name, identity) {
		const entry = new Made(identity);
		this.put(folder, name, entry);
		return entry;
	}

	#changed(folder, name) {
		folder.stat = null;
		this.ownChanges.note(folder.key, name);
	}

	#account(folder, bytes) {
		folder.bytes += bytes;
		this.bytes += bytes;
	}

	/* ---- breaks ---- */

	/** A lease that isn't a content's was broken; lease 0: every one. */
	broken(broken) {
		if (broken.lease === 0)
			this.forgetAll();
		else if (this.#byId.has(broken.lease))
			this.#break(this.#byId.get(broken.lease), broken);
	}

	#break(folder, { what, name }) {
		const key = textOf(name);
		switch (what) {
		case BROKEN.NAME:
			this.#own.delete(folder, key);
			this.#forgetFile(folder.names.get(key));
			folder.names.set(key, UNKNOWN);
			folder.stat = null;
			folder.listed = false;
			return;
		case BROKEN.ATTRIBUTES:
			this.#forgetFile(folder.names.get(key));
			return;
		default:
			this.forget(folder);
			folder.tries?.broke();
		}
	}

	/** The attributes of the file or folder of this identity have changed; null: of any file. */
	changed(identity) {
		const folder = this.#folders.get(identity);
		if (folder !== undefined)
			folder.stat = null;
		const known = identity === null ? [...this.#files.values()] : [this.#files.get(identity) ?? []];
		for (const entry of known.flatMap(entries => (entries instanceof Entry ? entries : [...entries])))
			this.#forgetFile(entry);
	}

	#keepFile(entry) {
		if (entry.stat === null)
			return;
		const { identity } = entry, known = this.#files.get(identity);
		if (known === undefined || known === entry)
			this.#files.set(identity, entry);
		else if (known instanceof Entry)
			this.#files.set(identity, new Set([known, entry]));
		else
			known.add(entry);
	}

	#forgetFile(entry) {
		if (entry === undefined || entry.stat === null)
			return;
		const { identity } = entry, known = this.#files.get(identity);
		if (known === entry)
			this.#files.delete(identity);
		else if (known instanceof Set && known.delete(entry) && known.size === 0)
			this.#files.delete(identity);
		entry.stat = null;
	}

	forget(folder) {
		for (const entry of folder.names.values())
			this.#forgetFile(entry);
		this.onforget(folder);
		this.#byId.delete(folder.id);
		if (this.#folders.get(folder.key) === folder)
			this.#folders.delete(folder.key);
		this.bytes -= folder.bytes;
	}

	forgetAll() {
		for (const folder of [...this.#folders.values()])
			this.forget(folder);
	}

	/** The one that has been known for longest; or undefined. */
	get oldest() {
		return this.#folders.values().next().value;
	}
}
