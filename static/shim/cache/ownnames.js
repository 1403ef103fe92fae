//# allFunctionsCalledOnLoad
/* Changes of names that may be told as done before they are (docs/PROTOCOL.md, Foreseen calls): of names that this program made in this run, since
 * whoever finds a name may be one of several that claim it; in a leased folder of which the server says that it may be, where a call of that kind
 * has succeeded already. What is known of the folder follows at once. Leaves to others: who may at all (foresight.js), what is known (facts/). */
import { FILETYPE, RIGHT, TRAIT } from "../base/fds.js";
import { NUMBERS } from "../base/syscalls.js";

const OFLAG_CREAT = 1, OFLAG_TRUNC = 8;
const SYMLINK_FOLLOW = 1;
const OPENED_MAX = 16 << 20; // bytes that are written to what was opened so, until the server is asked again whether there is room
const ATIM = 1, ATIM_NOW = 2, MTIM = 4, MTIM_NOW = 8;

/* What the server gave for an open that makes or truncates a file; the next one of the kind will be given the same. */
class Given {
	left = OPENED_MAX;

	constructor({ fdstat, traits, credit }, made) {
		this.made = made; // it has made one
		this.fdstat = fdstat.slice();
		this.traits = traits;
		this.credit = credit;
	}
}

export class OwnNames {
	#program;
	#foresight;
	#facts;
	#proven = new Set(); // "number folder root", of a rename both
	#given = new Map(); // kind of an open -> Given
	#made = 0;

	constructor(program, foresight, facts) {
		this.#program = program;
		this.#foresight = foresight;
		this.#facts = facts;
	}

	/* The leased folder where a path's last name is, if changes there may be foreseen: { folder, name, entry }; or null. */
	#at(descriptor, path) {
		if (!this.#foresight.isOn || !this.#facts.isFresh)
			return null;
		const found = this.#facts.folders.parentOf(descriptor, path);
		return found !== null && found.folder.foreseen ? found : null;
	}

	/* The same of a name that this program made, of that type. */
	#ownAt(descriptor, path, type) {
		const found = this.#at(descriptor, path);
		return found?.entry?.own && found.entry.type === type ? found : null;
	}

	/** A call on a name (two of a rename) was waited for, and has succeeded. */
	succeeded(number, descriptor, path, to = null) {
		const key = this.#keyOf(number, descriptor, this.#facts.folders.parentOf(descriptor, path)?.folder);
		const toKey = to === null ? "" : this.#keyOf("", to.descriptor, this.#facts.folders.parentOf(to.descriptor, to.path)?.folder);
		if (key !== null && toKey !== null)
			this.#proven.add(key + toKey);
	}

	#keyOf(number, { root }, folder) {
		return folder === undefined ? null : `${number} ${folder.key} ${root}`;
	}

	#isProven(number, descriptor, { folder }) {
		return this.#proven.has(this.#keyOf(number, descriptor, folder));
	}

	/* What was known of this file is old; and of everything that nobody promised. */
	#changed(identity) {
		this.#program.pipeline.epoch++;
		this.#facts.wrote(identity);
	}

	/** path_unlink_file. True: it isn't there any more. */
	unlinks(descriptor, path) {
		const found = this.#ownAt(descriptor, path, FILETYPE.REGULAR_FILE);
		if (found === null || !this.#isProven(NUMBERS.path_unlink_file, descriptor, found))
			return false;
		this.#facts.folders.take(found.folder, found.name);
		this.#changed(found.entry.identity);
		return true;
	}

	/** path_remove_directory: of a leased folder in which nothing is. */
	removes(descriptor, path) {
		const found = this.#ownAt(descriptor, path, FILETYPE.DIRECTORY);
		const folder = found === null ? undefined : this.#facts.folders.at(found.entry.key);
		if (folder === undefined || folder.names.size > 0 || !this.#isProven(NUMBERS.path_remove_directory, descriptor, found))
			return false;
		this.#facts.folders.take(found.folder, found.name);
		this.#facts.folders.forget(folder);
		this.#changed(found.entry.key);
		return true;
	}

	/** path_rename of a file, over what is no folder. */
	renames(descriptor, path, toDescriptor, toPath) {
		const from = this.#ownAt(descriptor, path, FILETYPE.REGULAR_FILE), to = this.#at(toDescriptor, toPath);
		if (from === null || to === null || to.entry === from.entry || to.entry !== undefined && to.entry.type !== FILETYPE.REGULAR_FILE
		    || to.entry?.identity === from.entry.identity
		    || !this.#proven.has(this.#keyOf(NUMBERS.path_rename, descriptor, from.folder) + this.#keyOf("", toDescriptor, to.folder)))
			return false;
		const { folders } = this.#facts;
		folders.take(from.folder, from.name);
		folders.put(to.folder, to.name, from.entry);
		this.#changed(from.entry.identity);
		if (to.entry !== undefined)
			this.#changed(to.entry.identity);
		return true;
	}

	/** path_filestat_set_times. */
	setsTimes(descriptor, path, lookup, flags) {
		const isValid = lookup >>> 0 <= SYMLINK_FOLLOW && flags >>> 0 <= (ATIM | ATIM_NOW | MTIM | MTIM_NOW) && (flags & (ATIM | ATIM_NOW)) !== (ATIM | ATIM_NOW)
			&& (flags & (MTIM | MTIM_NOW)) !== (MTIM | MTIM_NOW);
		const found = isValid ? this.#ownAt(descriptor, path, FILETYPE.REGULAR_FILE) : null;
		if (found === null || !this.#isProven(NUMBERS.path_filestat_set_times, descriptor, found))
			return false;
		this.#changed(found.entry.identity);
		return true;
	}

	/* ---- opens ---- */

	/** An open that makes a file where nothing is, or truncates one of its own: { given, entry }; or null: it has to be asked. how: path_open's. */
	opens(descriptor, path, how) {
		const { oflags, lookup, rights } = how;
		if ((oflags & OFLAG_CREAT) === 0 && (oflags & OFLAG_TRUNC) === 0 || (oflags & ~(OFLAG_CREAT | OFLAG_TRUNC)) !== 0 || lookup >>> 0 > SYMLINK_FOLLOW
		    || (rights & RIGHT.FD_WRITE) === 0)
			return null;
		const found = this.#at(descriptor, path);
		const given = found === null ? undefined : this.#given.get(kindOf(found.folder, descriptor, how));
		if (given === undefined || given.left <= 0)
			return null;
		const makes = found.entry === undefined && (oflags & OFLAG_CREAT) !== 0 && given.made;
		if (!makes && !(found.entry?.own && found.entry.type === FILETYPE.REGULAR_FILE && (oflags & OFLAG_TRUNC) !== 0))
			return null;
		const entry = makes ? this.#facts.folders.make(found.folder, found.name, `made ${++this.#made}`) : found.entry;
		this.#changed(entry.identity);
		return { given, entry };
	}

	/** One that was asked has succeeded: the descriptor that it gave; wasAbsent: as it was asked. */
	opened(descriptor, path, how, opened, wasAbsent) {
		const found = opened.credit > 0 && (opened.traits & TRAIT.CACHEABLE) !== 0 ? this.#facts.folders.parentOf(descriptor, path) : null;
		if (found === null)
			return;
		const kind = kindOf(found.folder, descriptor, how);
		this.#given.set(kind, new Given(opened, wasAbsent || this.#given.get(kind)?.made === true));
	}
}

/* Opens of a kind are given the same. */
function kindOf({ key }, { root }, { oflags, fdflags, rights, rightsHigh, inheriting, inheritingHigh }) {
	return [key, root, oflags & OFLAG_CREAT, fdflags, rights, rightsHigh, inheriting, inheritingHigh].join(" ");
}
