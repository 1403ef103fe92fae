//# allFunctionsCalledOnLoad
/* Folders that the server promised to tell us about (docs/PROTOCOL.md, Leases): their names, what the files and folders in them are, and so
 * what isn't there. A path is walked here name by name through leased folders; where it leads through anything else (a link, a mount
 * point, "..", a folder that isn't leased) the server answers. What the program asks brings the leases of the folders on its way along, and
 * what it changes brings the changed names anew. Leaves to others: the imports' answers (imports/path.js, directory.js), contents (contents.js).
 *
 * Fresh: an answer of the server begins with every break before it, so leased answers are as new as the last answer. Beyond that the control
 * side's nudge tells that something is broken, or, where it can't, some ms are all that a leased answer may be older. */
import { BROKEN, SKIPPED, TELLS, decodeBreaks, decodeKept, decodeLease, decodeLeasedName } from "../base/codec.js";
import { FILETYPE, RIGHT, identityOf } from "../base/fds.js";
import { NUMBERS } from "../base/syscalls.js";
import { Contents } from "./contents.js";
import { Habits } from "./habits.js";
import { NextFolders } from "./nextfolders.js";
import { Siblings } from "./siblings.js";

const BYTES_MAX = 64 << 20; // of a program
const ENTRY_BYTES = 300, FOLDER_BYTES = 1000; // what they cost here, about
const ASK_MAX = 6; // folders that one question brings
/* How large a listing may be, by how many questions led into the folder. */
const WORTH = [{ questions: 1, bytes: 32 << 10 }, { questions: 4, bytes: 256 << 10 }, { questions: 64, bytes: 4 << 20 }];
const SPARE_BYTES = 1024; // a folder grows between two starts
const KEPT_MAX = 256; // folders
const RECENT_MAX = 4096;
const TRIES_MAX = 10_000;
const SENT_MAX = 64 << 10; // the largest file that comes with its folder
const FULL = RIGHT.PATH_OPEN | RIGHT.FD_READDIR | RIGHT.PATH_READLINK | RIGHT.PATH_FILESTAT_GET | RIGHT.FD_FILESTAT_GET;

/** A name of which only the server knows what it is now. */
export const UNKNOWN = Object.freeze({ type: -1, key: null, stat: null, identity: null });

/** What a name is: filetype; ino: as listings say; key: of a folder on the same file system, its identity; stat: 64 bytes, or null. */
class Entry {
	constructor({ type, ino, tells, bytes }) {
		this.type = type;
		this.ino = ino;
		this.key = tells === TELLS.IDENTITY ? identityOf(bytes) : null;
		this.stat = tells === TELLS.ATTRIBUTES ? bytes.slice() : null;
		this.identity = this.stat === null ? null : identityOf(this.stat);
	}
}

class Folder {
	constructor(key, { lease, filestat, parent, entries }, listedBytes) {
		this.key = key;
		this.id = lease;
		this.stat = filestat.slice(); // null: it has changed
		this.parent = parent;
		this.names = new Map(entries.map(entry => [textOf(entry.name), new Entry(entry)]));
		this.listedBytes = listedBytes; // what its listing took
		this.within = null; // of habits.js: asked for because of that, and not used yet
		this.next = null; // of nextfolders.js: the same
		this.wasMet = false; // looked into before it was opened
		this.opens = null; // { id, fdstat, root }: the server keeps a descriptor of it for who opens it to list
		this.listed = true; // are the names all there are, in a listing's order?
		this.bytes = FOLDER_BYTES + entries.reduce((sum, { name }) => sum + ENTRY_BYTES + name.length, 0);
	}
}

/* Where a folder was asked for: how large its listing may be, and how many questions it takes until it is asked for again. The folders that
 * came of it know it, too, whatever became of the path since. */
class Tries {
	questions = 0;
	breaks = 0;
	#step = 0;
	#needs = WORTH[0].questions;

	get isGivenUp() {
		return this.#step >= WORTH.length;
	}

	/** Are there as many questions as it takes? */
	get isDue() {
		return !this.isGivenUp && this.questions >= this.#needs;
	}

	get bytes() {
		return WORTH[this.#step].bytes;
	}

	/** It was too large, or can't be leased at all. */
	failed(isTooLarge) {
		this.#step = isTooLarge ? this.#step + 1 : WORTH.length;
		this.#needs = this.isGivenUp ? Infinity : WORTH[this.#step].questions;
	}

	/** One that is broken again and again is worth less. */
	broke() {
		this.breaks++;
		if (!this.isGivenUp)
			this.#needs = WORTH[this.#step].questions * 2 ** Math.min(this.breaks - 1, 10);
	}
}

export class Leases {
	#program;
	#freshMs;
	#nudges; // Int32Array on shared memory, grows when the server says that something is broken; or null
	#nudged = 0; // as far as an answer has made up for it
	#heard = -Infinity; // ms: when the last answer's batch left
	#fenced = false;
	#folders = new Map(); // key -> Folder
	#kept = new Set(); // those that the server keeps open
	#byId = new Map();
	#files = new Map(); // identity -> Set of Entry with attributes
	#bytes = 0;
	#tries = new Map(); // where a folder was asked for -> Tries
	#underWay = 0; // lease calls whose results haven't come
	#recent = []; // breaks that what is under way may have to know
	/** What is known of files' contents. */
	contents;
	#siblings;
	#habits = new Habits();
	#next = new NextFolders();

	/** freshMs: how old a leased answer may be without nudges. */
	constructor(program, freshMs, nudges = null) {
		this.#program = program;
		this.#freshMs = freshMs;
		this.#nudges = nudges;
		this.contents = new Contents(program, this);
		this.#siblings = new Siblings(this.contents);
		program.pipeline.onbreak = frame => this.#broken(decodeBreaks(frame));
		program.pipeline.onanswered = flight => this.#answered(flight);
	}

	/* ---- freshness ---- */

	/** A batch leaves that will be answered. */
	leaving() {
		if (this.#nudges !== null)
			this.#program.pipeline.mark = Atomics.load(this.#nudges, 0);
	}

	#answered({ sent, mark }) {
		this.#heard = sent;
		this.#nudged = mark;
		this.#fenced = false;
		if (this.#underWay === 0 && this.#recent.length > 0)
			this.#recent.length = 0;
	}

	/** Something outside told the program, or may have: what it asks next is asked of the server. */
	fence() {
		this.#fenced = true;
	}

	/** Is what is known as new as has to be? */
	get isFresh() {
		if (this.#fenced)
			return false;
		if (this.#nudges !== null)
			return Atomics.load(this.#nudges, 0) === this.#nudged;
		return performance.now() - this.#heard < this.#freshMs;
	}

	/* ---- what is known ---- */

	/**
	 * Where a path leads: { folder, entry }; entry null: there is none of that name, or none on the way; folder alone: the path names it.
	 * null: the server has to be asked.
	 */
	#walk(descriptor, path) {
		if (this.#folders.size === 0 || !isPlain(descriptor) || !isWalkable(path) || !this.isFresh)
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
			if (folder !== undefined && folder.within !== null) {
				folder.within.used++;
				folder.within = null;
			}
		}
		return null;
	}

	/** Is it known that there's nothing of that name? */
	isAbsent(descriptor, path) {
		return this.#walk(descriptor, path)?.entry === null;
	}

	/** What path_filestat_get gives: 64 bytes; null: nothing is there; undefined: the server knows. */
	stat(descriptor, path) {
		const found = this.#walk(descriptor, path);
		if (found === null)
			return undefined;
		if (found.entry === null)
			return null;
		if (found.entry === undefined)
			return found.folder.stat ?? undefined;
		if (found.entry.key !== null)
			return this.#folders.get(found.entry.key)?.stat ?? undefined;
		return found.entry.stat ?? this.contents.stat(found.entry.identity) ?? undefined;
	}

	/** How large the file is that a path leads to, as far as it is known, however old; else 0. */
	sizeOf(descriptor, path) {
		const stat = this.#parentOf(descriptor, path)?.entry?.stat ?? null;
		return stat === null ? 0 : Number(new DataView(stat.buffer).getBigUint64(SIZE_AT, true));
	}

	/** The file type that a path leads to, links not followed; null: nothing is there; undefined: the server knows. */
	typeOf(descriptor, path) {
		const found = this.#walk(descriptor, path);
		if (found === null || found.entry === UNKNOWN)
			return undefined;
		return found.entry === undefined ? FILETYPE.DIRECTORY : found.entry?.type ?? null;
	}

	/** The whole listing of an open folder, in WASI's layout; null: the server knows. */
	listing(descriptor) {
		if (this.#folders.size === 0 || !isPlain(descriptor) || !descriptor.may(RIGHT.FD_READDIR) || !this.isFresh)
			return null;
		const folder = this.#folders.get(descriptor.identity);
		return folder !== undefined && folder.listed ? direntsOf(folder) : null;
	}

	/** The content of the file that a path leads to, if it is known and the program may open it to read; or null. */
	content(descriptor, path) {
		const entry = this.#walk(descriptor, path)?.entry;
		return entry?.identity ? this.contents.whole(entry.identity, descriptor.root) : null;
	}

	/** The program opens a file to read. waits: the answer has to be asked for, and what it will open next goes along. */
	opens(descriptor, path, waits) {
		const found = this.#parentOf(descriptor, path);
		if (found === null || found.folder.names.size < 2)
			return;
		this.#siblings.opens(found.folder, found.name);
		if (!waits)
			return;
		const { names, from } = this.#siblings.after(found.folder, found.name);
		if (names.length > 0)
			this.contents.want(descriptor, parentPath(path), names.map(bytesOf), { from });
	}

	/** The program opens a folder and waits for that: its files, if it reads folder after folder. After its lease was asked for. */
	opensFolder(descriptor, path) {
		const most = this.#siblings.withListing;
		if (most > 0 && isPlain(descriptor) && isWalkable(path))
			this.contents.want(descriptor, path, [], { most, largest: SENT_MAX });
	}

	/** The program was told of the file at this path: 64 bytes. */
	told(descriptor, path, filestat) {
		if (filestat[FILETYPE_AT] === FILETYPE.REGULAR_FILE)
			this.#habits.looksAt(descriptor, textOf(path));
	}

	/** The program waits for the attributes at this path: what it reads then goes along. After the leases of the folders that lead there. */
	asksOf(descriptor, path) {
		if (this.#habits.readsWhatItLooksAt && isPlain(descriptor) && isWalkable(path) && isName(textOf(path).split("/").at(-1)))
			this.contents.want(descriptor, parentPath(path), [path.subarray(path.lastIndexOf(SLASH) + 1)], { largest: SENT_MAX, from: this.#habits.files });
	}

	/** The program opens this path to read, whether it waits or not. */
	reads(descriptor, path) {
		this.#habits.reads(descriptor, textOf(path));
	}

	/** The program waits for the open of what may be a folder: one that it opens again is kept open for it. */
	reopens(descriptor, path) {
		const folder = isPlain(descriptor) && isWalkable(path) ? this.folderAt(descriptor, textOf(path)) : null;
		if (folder === null)
			return;
		this.#opensMet(folder);
		if (folder.tries === undefined)
			return;
		if (folder.tries.wasOpened)
			this.keep(descriptor, textOf(path));
		folder.tries.wasOpened = true;
	}

	#opensMet(folder) {
		if (folder.wasMet)
			this.#habits.lists();
		folder.wasMet = false;
		if (folder.next !== null)
			this.#next.used(folder.next);
		folder.next = null;
	}

	/** The folder that a path leads to, if it may be opened to list without asking: { key, opens }; or null. */
	openable(descriptor, path) {
		const found = this.#walk(descriptor, path);
		const folder = found === null || found.entry === null ? null : found.entry === undefined ? found.folder : this.#folders.get(found.entry.key) ?? null;
		if (folder === null || folder.opens === null || folder.opens.root !== descriptor.root)
			return null;
		this.#opensMet(folder);
		return folder;
	}

	/** The attributes of an open folder, or null. */
	statOf(descriptor) {
		if (this.#folders.size === 0 || !isPlain(descriptor) || !this.isFresh)
			return null;
		return this.#folders.get(descriptor.identity)?.stat ?? null;
	}

	/* ---- asking ---- */

	/** The program is expected to open this folder to list it: after its lease, in the same batch, the server is asked to keep it open. Gives how many
	 * calls that takes. */
	keep(descriptor, path) {
		if (!isPlain(descriptor) || !this.#program.roomToTell || this.folderAt(descriptor, path)?.opens)
			return 0;
		const { pipeline } = this.#program;
		pipeline.call(NUMBERS.lease_keep, 0, (errno, bytes) => {
			if (errno !== 0)
				return;
			const { lease, key, fdstat } = decodeKept(bytes);
			const folder = this.#folders.get(key);
			if (folder === undefined || folder.opens !== null)
				return this.contents.parts(lease);
			folder.opens = { id: lease, fdstat: fdstat.slice(), root: descriptor.root };
			this.#kept.add(folder);
			if (this.#kept.size > KEPT_MAX)
				this.#unkeep(this.#kept.values().next().value);
		});
		pipeline.writer.u32(descriptor.handle);
		pipeline.writer.string(bytesOf(path));
		return 1;
	}

	#unkeep(folder) {
		if (!this.#kept.delete(folder))
			return;
		this.contents.parts(folder.opens.id);
		folder.opens = null;
	}

	/** Something is asked of which a break may come before the answer. */
	asks() {
		this.#underWay++;
	}

	answered() {
		this.#underWay--;
	}

	/** Was this lease broken after `stamp`, though its news is only learned now? */
	isBroken(id, stamp) {
		return this.#recent.some(({ ordinal, lease }) => ordinal > stamp && (lease === id || lease === 0));
	}

	/** Is more known than may be? */
	get isOverfull() {
		return this.#bytes + this.contents.bytes > BYTES_MAX;
	}

	/**
	 * The program asks the server for a path: the leases of the folders that lead to it go along in the same batch, and that of the path itself
	 * if it is a folder (`itself`: it is to be opened as one).
	 */
	accompany(descriptor, path, itself = false) {
		if (!isPlain(descriptor) || !isWalkable(path))
			return;
		const names = textOf(path).split("/");
		if (!names.every(isName))
			return;
		let folder = this.#folders.get(descriptor.identity);
		let asked = 0;
		if (folder === undefined)
			asked += this.#ask(descriptor, ".");
		for (let i = 0; i < names.length && asked < ASK_MAX; i++) {
			const entry = folder?.names.get(names[i]);
			if (folder !== undefined && (entry === undefined || entry.type !== FILETYPE.DIRECTORY && entry !== UNKNOWN))
				return; // nothing is there, or nothing that can be leased
			folder = entry === undefined ? undefined : this.#folders.get(entry.key);
			const isLast = i === names.length - 1;
			if (folder === undefined && (!isLast || itself || entry?.type === FILETYPE.DIRECTORY))
				asked += this.#meet(descriptor, names.slice(0, i + 1), !isLast, itself);
		}
	}

	/* The program comes to this folder; looks: into it; opens: it, now. What it did with others goes along. */
	#meet(descriptor, names, looks, opens) {
		const path = names.join("/");
		const asked = this.#ask(descriptor, path, 0, { wasMet: looks });
		if (!looks) {
			if (asked > 0)
				this.#askNext(descriptor, names, opens);
			return asked;
		}
		this.#habits.looksInto(names.slice(0, -1).join("/"), names.at(-1));
		if (asked === 0)
			return 0;
		this.#habits.meets();
		if (this.#habits.listsWhatItMeets)
			this.keep(descriptor, path);
		for (const within of this.#habits.within)
			if (within.name !== names.at(-1) && this.#ask(descriptor, `${path}/${within.name}`, 0, { within }) > 0)
				within.asked++;
		return asked;
	}

	/* The program reads one folder after the other whole, and comes to this one; opens: it, now. Those that follow come too, all with their files. */
	#askNext(descriptor, names, opens) {
		const most = this.#siblings.foldersAhead, parent = this.folderAt(descriptor, names.slice(0, -1).join("/") || ".");
		if (most === 0 || parent === null)
			return;
		const following = this.#next.after(parent, names.at(-1), most - 1);
		const bytes = Math.floor(this.#siblings.withListing / (following.length + 1));
		const expect = path => {
			this.keep(descriptor, path);
			if (bytes > 0)
				this.contents.want(descriptor, bytesOf(path), [], { most: bytes, largest: SENT_MAX });
		};
		if (!opens)
			expect(names.join("/"));
		for (const name of following) {
			const path = [...names.slice(0, -1), name].join("/"), next = this.#next.place(parent, name);
			if (this.folderAt(descriptor, path) !== null || this.#ask(descriptor, path, 0, { next }) === 0)
				continue;
			this.#next.asked(next);
			expect(path);
		}
	}

	/**
	 * The program is expected to look into this folder (names with slashes between, or "."), whose listing took about `bytes`: its lease goes along
	 * with what is asked, unless we have it. Gives how many calls that takes.
	 */
	want(descriptor, path, bytes) {
		return isPlain(descriptor) && this.folderAt(descriptor, path) === null ? this.#ask(descriptor, path, bytes + (bytes >> 1) + SPARE_BYTES) : 0;
	}

	/** What is known of a folder below an open one, however old; null: nothing. */
	folderAt(descriptor, path) {
		let folder = this.#folders.get(descriptor.identity);
		for (const name of path === "." ? [] : path.split("/"))
			folder = this.#folders.get(folder?.names.get(name)?.key);
		return folder ?? null;
	}

	/* atLeast: bytes that the listing may take, however seldom it was asked for; marks: { within, wasMet } of the Folder. */
	#ask(descriptor, path, atLeast = 0, marks = null) {
		const where = `${descriptor.identity}/${path}`;
		let tries = this.#tries.get(where);
		if (tries === undefined && this.#tries.size >= TRIES_MAX)
			this.#tries.clear();
		if (tries === undefined)
			this.#tries.set(where, tries = new Tries());
		tries.questions++;
		if (tries.isGivenUp || !tries.isDue && atLeast === 0 || !this.#program.roomToTell)
			return 0;
		tries.questions = 0;
		const { pipeline, bounds } = this.#program;
		this.#underWay++;
		pipeline.call(NUMBERS.lease_folder, 0, (errno, bytes) => {
			this.#underWay--;
			const TOO_BIG = 1;
			if (errno === 0)
				return Object.assign(this.#learn(decodeLease(bytes), tries, bytes.length), marks);
			if (marks?.within && errno !== TOO_BIG) { // a guess: it may come to be
				this.#tries.delete(where);
				return undefined;
			}
			if (errno !== SKIPPED)
				tries.failed(errno === TOO_BIG);
			return undefined;
		});
		const { writer } = pipeline;
		writer.u32(descriptor.handle);
		writer.string(bytesOf(path));
		writer.u32(Math.min(Math.max(tries.bytes, atLeast), bounds.data));
		return 1;
	}

	/** The program asks the server for what a path names: in the same batch it is learned anew, if its folder is leased and it isn't known. */
	relearn(descriptor, path) {
		const found = this.#parentOf(descriptor, path);
		if (found !== null && (found.entry === UNKNOWN || found.entry?.stat === null && found.entry.type === FILETYPE.REGULAR_FILE))
			this.renew(descriptor, path);
	}

	/* The leased folder that a path's last name is in, and what it is known to be there; null: none. However old. */
	#parentOf(descriptor, path) {
		if (this.#folders.size === 0 || !isPlain(descriptor) || !isWalkable(path))
			return null;
		const names = textOf(path).split("/");
		let folder = this.#folders.get(descriptor.identity);
		for (const name of names.slice(0, -1))
			folder = this.#folders.get(folder?.names.get(name)?.key);
		const name = names.at(-1);
		return folder === undefined || !isName(name) ? null : { folder, name, entry: folder.names.get(name) };
	}

	/** A folder is read from its beginning: it is leased anew, if its names have changed. */
	relist(descriptor) {
		if (isPlain(descriptor) && this.#folders.get(descriptor.identity)?.listed !== true)
			this.#ask(descriptor, ".");
	}

	/** The program changes what this path names: in the same batch it is looked at anew, if its folder is leased. */
	renew(descriptor, path) {
		const { pipeline } = this.#program;
		const found = this.#parentOf(descriptor, path);
		if (found === null || !this.#program.roomToTell)
			return;
		this.#underWay++;
		pipeline.call(NUMBERS.lease_name, 0, (errno, bytes) => {
			this.#underWay--;
			if (errno === 0)
				this.#learnName(decodeLeasedName(bytes), found.name);
		});
		pipeline.writer.u32(descriptor.handle);
		pipeline.writer.string(path);
	}

	#learn(told, tries, listedBytes) {
		const key = identityOf(told.filestat);
		const old = this.#folders.get(key);
		if (old !== undefined)
			this.#forget(old);
		const folder = new Folder(key, told, listedBytes);
		folder.tries = tries;
		this.#folders.set(key, folder);
		this.#byId.set(folder.id, folder);
		this.#bytes += folder.bytes;
		for (const entry of folder.names.values())
			this.#keepFile(entry);
		this.#breakSince(folder, told.stamp);
		while (this.isOverfull && (this.contents.giveOne() || this.#folders.size > 0))
			if (this.isOverfull && this.contents.bytes === 0)
				this.#giveUp(this.#folders.values().next().value);
		return folder;
	}

	#learnName(told, name) {
		const folder = this.#byId.get(told.lease);
		if (folder === undefined)
			return;
		const { entry } = told;
		folder.stat = told.filestat.slice();
		const had = folder.names.get(name);
		this.#forgetFile(had);
		if (entry === null) {
			if (folder.names.delete(name))
				this.#account(folder, -ENTRY_BYTES - name.length);
		} else {
			const known = new Entry(entry);
			folder.names.set(name, known); // a listing's order is the file system's: one that grew is asked for anew
			this.#keepFile(known);
			if (had === undefined)
				this.#account(folder, ENTRY_BYTES + name.length);
		}
		this.#breakSince(folder, told.stamp);
	}

	#account(folder, bytes) {
		folder.bytes += bytes;
		this.#bytes += bytes;
	}

	/* ---- breaks ---- */

	#broken(breaks) {
		for (const broken of breaks) {
			if (this.#underWay > 0)
				this.#recent.push(broken);
			if (this.contents.broken(broken.lease) && broken.lease !== 0)
				continue;
			if (broken.lease === 0)
				this.#forgetAll();
			else if (this.#byId.has(broken.lease))
				this.#break(this.#byId.get(broken.lease), broken);
		}
		if (this.#recent.length > RECENT_MAX) // too many to compare: what is under way isn't believed
			this.#recent = [{ ...breaks.at(-1), ordinal: Infinity, lease: 0, what: BROKEN.ALL }];
	}

	/* What was learned now is older than some of the breaks that came before it. */
	#breakSince(folder, stamp) {
		for (const broken of this.#recent)
			if (broken.ordinal > stamp && (broken.lease === folder.id || broken.lease === 0))
				this.#break(folder, broken);
	}

	#break(folder, { what, name }) {
		const key = textOf(name);
		switch (what) {
		case BROKEN.NAME:
			this.#forgetFile(folder.names.get(key));
			folder.names.set(key, UNKNOWN);
			folder.stat = null;
			folder.listed = false;
			return;
		case BROKEN.ATTRIBUTES: {
			const entry = folder.names.get(key);
			this.#forgetFile(entry);
			return;
		}
		default:
			this.#forget(folder);
			folder.tries?.broke();
		}
	}

	/** The program writes to this file, quietly: what is known of it is old. An unknown file could be any. */
	wrote({ identity }) {
		this.contents.changed(identity);
		for (const entry of identity === null ? [...this.#files.values()].flatMap(entries => [...entries]) : [...this.#files.get(identity) ?? []])
			this.#forgetFile(entry);
	}

	#keepFile(entry) {
		if (entry.stat === null)
			return;
		const { identity } = entry;
		if (!this.#files.has(identity))
			this.#files.set(identity, new Set());
		this.#files.get(identity).add(entry);
	}

	#forgetFile(entry) {
		if (entry === undefined || entry.stat === null)
			return;
		const { identity } = entry;
		const entries = this.#files.get(identity);
		entries?.delete(entry);
		if (entries?.size === 0)
			this.#files.delete(identity);
		entry.stat = null;
	}

	#forget(folder) {
		for (const entry of folder.names.values())
			this.#forgetFile(entry);
		this.#unkeep(folder);
		this.#byId.delete(folder.id);
		if (this.#folders.get(folder.key) === folder)
			this.#folders.delete(folder.key);
		this.#bytes -= folder.bytes;
	}

	/** What is known may be older than what the program did. */
	startOver() {
		this.#forgetAll();
		this.contents.broken(0);
	}

	#forgetAll() {
		for (const folder of [...this.#folders.values()])
			this.#forget(folder);
	}

	/* Too much is known: the oldest goes. */
	#giveUp(folder) {
		this.#forget(folder);
		if (this.#program.roomToTell)
			this.#program.tell(NUMBERS.lease_drop).u32(folder.id);
	}
}

/* Names are bytes: one letter each. */
function textOf(name) {
	let text = "";
	for (let i = 0; i < name.length; i++)
		text += String.fromCharCode(name[i]);
	return text;
}

function bytesOf(text) {
	return Uint8Array.from(text, letter => letter.charCodeAt(0));
}

/* A folder of which the page knows which it is, and whose rights the program hasn't dropped: neither its own nor those of what it came from. */
function isPlain(descriptor) {
	return descriptor.identity !== null && descriptor.filetype === FILETYPE.DIRECTORY && !descriptor.narrowed && (descriptor.rights & FULL) === FULL;
}

const SLASH = 0x2F, DOT = 0x2E, PATH_MAX = 4096;

/* No slash at its ends, nothing that the server would refuse before it looks. */
function isWalkable(path) {
	return path.length > 0 && path.length < PATH_MAX && path[0] !== SLASH && path[path.length - 1] !== SLASH && !path.includes(0);
}

/* What leads to a path's last name. */
function parentPath(path) {
	const slash = path.lastIndexOf(SLASH);
	return slash < 0 ? Uint8Array.of(DOT) : path.subarray(0, slash);
}

function isName(text) {
	return text !== "" && text !== "." && text !== ".." && text.length <= 255;
}

const DIRENT = 24;
const FILETYPE_AT = 16, SIZE_AT = 32; // in a filestat

function direntsOf(folder) {
	const own = new DataView(folder.stat.buffer).getBigUint64(8, true);
	const all = [[".", { type: FILETYPE.DIRECTORY, ino: own }], ["..", { type: FILETYPE.DIRECTORY, ino: folder.parent }], ...folder.names];
	const bytes = new Uint8Array(all.reduce((sum, [name]) => sum + DIRENT + name.length, 0));
	const view = new DataView(bytes.buffer);
	let at = 0, next = 0n;
	for (const [name, { type, ino }] of all) {
		view.setBigUint64(at, ++next, true);
		view.setBigUint64(at + 8, ino, true);
		view.setUint32(at + 16, name.length, true);
		bytes[at + 20] = type;
		at += DIRENT;
		for (let i = 0; i < name.length; i++)
			bytes[at++] = name.charCodeAt(i);
	}
	return bytes;
}
