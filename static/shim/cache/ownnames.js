//# allFunctionsCalledOnLoad
/* Changes of names that may be told as done before they are (docs/PROTOCOL.md, Foreseen calls): of names that this program made in this run, since
 * whoever finds a name may be one of several that claim it; in a leased folder of which the server says that it may be, where a call of that kind
 * has succeeded already. What is known of the folder follows at once. Leaves to others: who may at all (foresight.js), what is known (facts/). */
import { FILETYPE, RIGHT, TRAIT } from "../base/fds.js";
import { NUMBERS } from "../base/syscalls.js";

const OFLAG_CREAT = 1, OFLAG_TRUNC = 8;
const SYMLINK_FOLLOW = 1;
const FILE_BYTES = 4096; // what a file that holds nothing uses up: a place among the names, and a block
const OPEN_MAX = 64; // files at once that were opened without waiting
const KINDS_MAX = 256; // of calls that have succeeded in one folder
const ATIM = 1, ATIM_NOW = 2, MTIM = 4, MTIM_NOW = 8;

/* What the server gave for an open that makes or truncates a file; the next one of the kind will be given the same. */
class Given {
	/** opened: the descriptor; before: the one that was given last time, or undefined */
	constructor({ fdstat, traits, credit, usedAt }, before) {
		this.makes = before?.makes ?? false; // it has made a file
		this.truncates = before?.truncates ?? false; // it has truncated one that the program had made: who makes a file needn't be who may open it again
		this.fdstat = fdstat.slice();
		this.traits = traits;
		this.credit = credit;
		this.usedAt = usedAt;
	}
}

/* What has succeeded in one leased folder, and so will again, as long as it is leased; or in all folders that the program made in one place. */
class Proofs {
	calls = new Set(); // callOf() and renameOf()
	given = new Map(); // kind of an open -> Given

	add(call) {
		if (this.calls.size >= KINDS_MAX)
			this.calls.clear();
		this.calls.add(call);
	}

	/** A call of this kind was given this. */
	gave(kind, given) {
		if (this.given.size >= KINDS_MAX)
			this.given.clear();
		this.given.set(kind, given);
	}
}

export class OwnNames {
	#program;
	#foresight;
	#facts;
	#made = 0;
	#open = 0; // files

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
		const { folders } = this.#facts;
		const found = folders.parentOf(descriptor, path), folder = found?.folder;
		const toFolder = to === null ? folder : folders.parentOf(to.descriptor, to.path)?.folder;
		if (folder === undefined || toFolder === undefined)
			return;
		const call = to === null ? callOf(number, descriptor, found.entry?.type) : renameOf(descriptor, folder, to.descriptor, toFolder);
		for (const each of [folder, toFolder])
			(each.proofs ??= new Proofs()).add(call);
	}

	/** The program made this folder, which has been leased since: its rights there are those that it has in the next one that it makes beside it, and below. */
	madeFolder(descriptor, path, folder) {
		const parent = this.#facts.folders.parentOf(descriptor, path)?.folder;
		if (parent === undefined)
			return;
		folder.made = true;
		folder.proofs = parent.made ? parent.proofs ??= new Proofs() : parent.below ??= new Proofs();
	}

	/* Has it, in each of these folders, as long as nobody could change without our knowing who may what there? */
	#isProven(call, ...folders) {
		return folders.every(({ proofs }) => proofs !== null && proofs.calls.has(call));
	}

	/** One that was opened without waiting is closed. */
	closed() {
		this.#open--;
	}

	/* What was known of this file is old; and of everything that nobody promised. */
	#changed(identity) {
		this.#program.pipeline.epoch++;
		this.#facts.wrote(identity);
	}

	/** path_unlink_file. True: it isn't there any more. */
	unlinks(descriptor, path) {
		const found = this.#ownAt(descriptor, path, FILETYPE.REGULAR_FILE);
		if (found === null || !this.#isProven(callOf(NUMBERS.path_unlink_file, descriptor), found.folder))
			return false;
		this.#facts.folders.take(found.folder, found.name);
		this.#changed(found.entry.identity);
		return true;
	}

	/** path_remove_directory: of a leased folder in which nothing is. */
	removes(descriptor, path) {
		const found = this.#ownAt(descriptor, path, FILETYPE.DIRECTORY);
		const folder = found === null ? undefined : this.#facts.folders.at(found.entry.key);
		if (folder === undefined || folder.names.size > 0
		    || !this.#isProven(callOf(NUMBERS.path_remove_directory, descriptor), found.folder))
			return false;
		this.#facts.folders.take(found.folder, found.name);
		this.#facts.folders.forget(folder);
		this.#changed(found.entry.key);
		return true;
	}

	/** path_rename of a file, to where nothing is or over another of its own: over others' it may be forbidden. */
	renames(descriptor, path, toDescriptor, toPath) {
		const from = this.#ownAt(descriptor, path, FILETYPE.REGULAR_FILE), to = this.#at(toDescriptor, toPath);
		if (from === null || to === null || to.entry === from.entry
		    || to.entry !== undefined && (!to.entry.own || to.entry.type !== FILETYPE.REGULAR_FILE || to.entry.identity === from.entry.identity)
		    || !this.#isProven(renameOf(descriptor, from.folder, toDescriptor, to.folder), from.folder, to.folder))
			return false;
		const { folders } = this.#facts;
		folders.take(from.folder, from.name);
		folders.put(to.folder, to.name, from.entry);
		this.#changed(from.entry.identity);
		if (to.entry !== undefined)
			this.#changed(to.entry.identity);
		return true;
	}

	/** path_filestat_set_times: of a file, or of a leased folder, which stays leased. */
	setsTimes(descriptor, path, lookup, flags) {
		const isValid = lookup >>> 0 <= SYMLINK_FOLLOW && flags >>> 0 <= (ATIM | ATIM_NOW | MTIM | MTIM_NOW)
			&& (flags & (ATIM | ATIM_NOW)) !== (ATIM | ATIM_NOW) && (flags & (MTIM | MTIM_NOW)) !== (MTIM | MTIM_NOW);
		const found = isValid ? this.#at(descriptor, path) : null;
		if (!found?.entry?.own || !this.#isProven(callOf(NUMBERS.path_filestat_set_times, descriptor, found.entry.type), found.folder))
			return false;
		const { type, identity, key } = found.entry, isFolder = type === FILETYPE.DIRECTORY && this.#facts.folders.at(key) !== undefined;
		if (!isFolder && type !== FILETYPE.REGULAR_FILE)
			return false;
		this.#changed(isFolder ? key : identity);
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
		const given = found?.folder.proofs?.given.get(kindOf(descriptor, how));
		if (given === undefined || !this.#foresight.hasRoom(given) || this.#open >= OPEN_MAX)
			return null;
		const makes = found.entry === undefined && (oflags & OFLAG_CREAT) !== 0 && given.makes;
		if (!makes && !(found.entry?.own && given.truncates && found.entry.type === FILETYPE.REGULAR_FILE && (oflags & OFLAG_TRUNC) !== 0))
			return null;
		this.#program.used += FILE_BYTES;
		this.#open++;
		const entry = makes ? this.#facts.folders.make(found.folder, found.name, `made ${++this.#made}`) : found.entry;
		this.#changed(entry.identity);
		return { given, entry };
	}

	/** One that was asked has succeeded: the descriptor that it gave. was: what was known to be there when it was asked, { isAbsent, isOwn }. */
	opened(descriptor, path, how, opened, { isAbsent, isOwn }) {
		const found = opened.credit > 0 && (opened.traits & TRAIT.CACHEABLE) !== 0 ? this.#facts.folders.parentOf(descriptor, path) : null;
		if (found === null)
			return;
		const proofs = found.folder.proofs ??= new Proofs(), kind = kindOf(descriptor, how);
		const now = new Given(opened, proofs.given.get(kind));
		now.makes ||= isAbsent;
		now.truncates ||= isOwn && (how.oflags & OFLAG_TRUNC) !== 0;
		proofs.gave(kind, now);
	}
}

/* type: of what the name is, where that matters. */
function callOf(number, { root }, type) {
	return number === NUMBERS.path_filestat_set_times ? `${number} ${type} ${root}` : `${number} ${root}`;
}

function renameOf({ root }, folder, to, toFolder) {
	return `${NUMBERS.path_rename} ${folder.key} ${root} ${toFolder.key} ${to.root}`;
}

/* Opens of a kind are given the same. */
function kindOf({ root }, { oflags, fdflags, rights, rightsHigh, inheriting, inheritingHigh }) {
	return [root, oflags & OFLAG_CREAT, fdflags, rights, rightsHigh, inheriting, inheritingHigh].join(" ");
}
