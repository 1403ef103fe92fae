//# allFunctionsCalledOnLoad
/* What the program will ask for next, asked for beside what it waits for anyway. Guesses are hints alone: a wrong one costs a call in a batch that
 * leaves in any case, and each kind stops when it proves wrong. Leaves to others: what is known (facts/), how it is asked (asking.js). */
import { FILETYPE } from "../../base/fds.js";
import { SLASH, bytesOf, filetypeOf, isName, isPlain, isWalkable, joinedPath, parentPath, placeOf, sizeOf, textOf } from "../../base/names.js";
import { NUMBERS } from "../../base/syscalls.js";
import { UNKNOWN } from "../facts/folders.js";
import { ChangedFolders } from "./changedfolders.js";
import { LastStart } from "./laststart.js";
import { LookThenList } from "./lookthenlist.js";
import { NextBytes } from "./nextbytes.js";
import { NextFiles } from "./nextfiles.js";
import { Rereads } from "./rereads.js";
import { SameFolders } from "./samefolders.js";
import { StatThenRead } from "./statthenread.js";
import { Walk } from "./walk.js";

/** Each is switched off alone: a measurement gives an object like this with false in it. */
export const PREDICTORS = Object.freeze({
	changedFolders: true, lastStart: true, lookThenList: true, nextBytes: true, nextFiles: true, reopened: true, rereads: true, sameFolders: true,
	statThenRead: true, walk: true,
});
const ASK_MAX = 6; // folders that one question brings
const SENT_MAX = 64 << 10; // the largest file that comes with its folder
const FILE_HEAD = 160; // bytes of lease_files' answer before a file's own
const PROMISELESS_MAX = 4; // files with windows that are looked at with each batch

export class Prefetch {
	#program;
	#asking;
	#facts;
	#windows;
	#on;
	#nextFiles;
	#sameFolders = new SameFolders();
	#lookThenList = new LookThenList();
	#statThenRead = new StatThenRead();
	#changedFolders;
	#rereads;
	#walk;
	#preopens; // handle -> Descriptor
	#lastStart = null;
	/** Of an open file. */
	bytes;

	/** hints: of the last start, or null; on: see PREDICTORS. */
	constructor(program, { asking, facts, windows, hints, on }) {
		this.#program = program;
		this.#asking = asking;
		this.#facts = facts;
		this.#windows = windows;
		this.#on = { ...PREDICTORS, ...on };
		this.#nextFiles = new NextFiles(facts.contents);
		this.bytes = new NextBytes(program, asking, windows, this.#on.nextBytes);
		this.#rereads = new Rereads(asking, windows);
		this.#changedFolders = new ChangedFolders(facts.folders);
		this.#preopens = new Map([...program.fds.entries()].filter(([, { preopen }]) => preopen !== null)
			.map(([, descriptor]) => [descriptor.handle, descriptor]));
		this.#walk = new Walk(({ handle, path }) => facts.folders.folderAt(this.#preopens.get(handle), path));
		if (this.#on.rereads)
			windows.onwrote = descriptor => this.#rereads.wrote(descriptor);
		if (hints !== null && this.#on.lastStart)
			this.#lastStart = new LastStart(program, asking, hints);
	}

	/* ---- the whole program ---- */

	/** Before it begins: asks for what the last start asked for. False: nothing is to be asked for. */
	begin() {
		return this.#lastStart?.begin() ?? false;
	}

	/** It ends: what this start asked for is told for the next one. */
	end() {
		this.#lastStart?.tell(true);
	}

	/** Before a batch leaves that is waited for: asks what becomes of the windows without a promise, and for what comes next. */
	piggyback() {
		this.#rereads.piggyback();
		for (const descriptor of this.#windows.unpromised.slice(-PROMISELESS_MAX)) {
			if (!this.#asking.room)
				break;
			this.#asking.beside(NUMBERS.fd_filestat_get, (errno, bytes, since) => this.#windows.looked(descriptor, errno, bytes, since)).u32(descriptor.handle);
		}
		this.#lastStart?.piggyback();
	}

	/* ---- what it does, whether it waits or not ---- */

	/** It asks about a path; how: it opens it so, or null. */
	asks(descriptor, path, how) {
		this.#lastStart?.asks(descriptor, path, how !== null && how.reads, how !== null && how.wantsFolder);
	}

	/** It opens this path to read. */
	reads(descriptor, path) {
		this.#statThenRead.reads(descriptor, textOf(path));
	}

	/** It opens this path to list it. */
	lists(descriptor, path) {
		const place = this.#placeOf(descriptor, path);
		if (place !== null)
			this.#walk.lists(place);
	}

	#placeOf(descriptor, path) {
		const place = this.#on.walk && isPlain(descriptor) ? placeOf(descriptor, path) : null;
		return place !== null && this.#preopens.has(place.handle) ? place : null;
	}

	/** It was told the attributes of what is at this path: 64 bytes, or null. */
	told(descriptor, path, filestat) {
		if (filestat !== null && filetypeOf(filestat) === FILETYPE.REGULAR_FILE)
			this.#statThenRead.looksAt(descriptor, textOf(path));
	}

	/** It opens a file of which everything is known. */
	opensKnown(descriptor, path) {
		const found = this.#inFolder(descriptor, path);
		if (found !== null)
			this.#nextFiles.opens(found.folder, found.name);
	}

	/* The leased folder in which a file is opened, if there is more in it. */
	#inFolder(descriptor, path) {
		const found = this.#facts.folders.parentOf(descriptor, path);
		return found === null || found.folder.names.size < 2 ? null : found;
	}

	/** It has to ask for what it reads (at this offset) or looks at (null). */
	misses(descriptor, offset) {
		this.#rereads.missed(descriptor, offset);
	}

	closes(descriptor) {
		this.#rereads.forget(descriptor);
	}

	/* ---- what it waits for, and what goes along ---- */

	/** The attributes at this path: what it reads then. After the leases of the folders that lead there. */
	fileAt(descriptor, path) {
		if (!this.#on.statThenRead || !this.#statThenRead.readsWhatItLooksAt || !isPlain(descriptor) || !isWalkable(path))
			return;
		const name = path.subarray(path.lastIndexOf(SLASH) + 1);
		if (isName(textOf(name)))
			this.#asking.files(descriptor, parentPath(path), [name], { largest: SENT_MAX, credit: this.#statThenRead.credit });
	}

	/** The attributes at this path: those of folders beside it, if it is one that the program has changed, as they. */
	changedBeside(descriptor, path) {
		const found = this.#on.changedFolders ? this.#facts.folders.parentOf(descriptor, path) : null;
		if (found === null || found.entry === undefined)
			return;
		const parent = textOf(parentPath(path));
		for (const name of this.#changedFolders.looksAt(found.folder, found.entry))
			this.#asking.folder(descriptor, joinedPath(parent, name));
	}

	/** The open of a file to read: those that it will open then. */
	filesAfter(descriptor, path) {
		const found = this.#inFolder(descriptor, path);
		if (found === null)
			return;
		this.#nextFiles.opens(found.folder, found.name);
		if (!this.#on.nextFiles)
			return;
		const place = this.#placeOf(descriptor, parentPath(path));
		if (place !== null && this.#walk.isWalkingAt(place))
			this.#walkOn(place);
		const { names, credit } = this.#nextFiles.after(found.folder, found.name);
		if (names.length > 0)
			this.#asking.files(descriptor, parentPath(path), names.map(bytesOf), { credit });
	}

	/** The open of a folder: its files, if it reads folder after folder. After its lease was asked for. */
	filesIn(descriptor, path) {
		const most = this.#on.nextFiles ? this.#nextFiles.withListing : 0;
		if (most > 0 && isPlain(descriptor) && isWalkable(path))
			this.#asking.files(descriptor, path, [], { most, largest: SENT_MAX });
	}

	/** The open of what may be a folder: one that it opens again is kept open for it. It earns: SQLite, which opens a folder to sync it, waits 64 times
	 * while it writes 10,000 rows, 116 without it. */
	reopens(descriptor, path) {
		const folder = isPlain(descriptor) && isWalkable(path) ? this.#facts.folders.folderAt(descriptor, textOf(path)) : null;
		if (folder === null)
			return;
		folder.wasOpened();
		if (folder.tries.wasOpened && this.#on.reopened)
			this.#asking.pin(descriptor, textOf(path));
		folder.tries.wasOpened = true;
	}

	/** Anything at this path: the leases of the folders that lead to it, and that of the path itself if it is a folder (opens: it is to be opened as one). */
	foldersTo(descriptor, path, opens = false) {
		if (!isPlain(descriptor) || !isWalkable(path))
			return;
		const names = textOf(path).split("/");
		if (!names.every(isName))
			return;
		let folder = this.#facts.folders.of(descriptor);
		let asked = 0;
		if (folder === undefined)
			asked += this.#asking.folder(descriptor, ".");
		for (let i = 0; i < names.length && asked < ASK_MAX; i++) {
			const entry = folder?.names.get(names[i]);
			if (folder !== undefined && (entry === undefined || entry.type !== FILETYPE.DIRECTORY && entry !== UNKNOWN))
				return; // nothing is there, or nothing that can be leased
			folder = entry === undefined ? undefined : this.#facts.folders.at(entry.key);
			const isLast = i === names.length - 1;
			if (folder !== undefined && !(isLast && opens && isFilled(folder)) || isLast && !opens && entry?.type !== FILETYPE.DIRECTORY)
				continue;
			asked += isLast ? this.#comesTo(descriptor, names, opens) : this.#looksInto(descriptor, names.slice(0, i + 1));
		}
	}

	/* The program comes to this folder; opens: now. Reading one folder after the other whole, it has those that follow come too, all with their files. */
	#comesTo(descriptor, names, opens) {
		const path = names.join("/"), asked = this.#asking.folder(descriptor, path);
		const place = asked > 0 ? this.#placeOf(descriptor, bytesOf(path)) : null;
		if (place !== null && !opens && this.#walk.isNext(place))
			this.#asking.pin(descriptor, path);
		if (place !== null && this.#walk.isWalkingAt(place))
			this.#walkOn(place);
		return asked;
	}

	/* It walks through a tree and is here: what follows is asked for, files as far as it reads folders whole. */
	#walkOn(place) {
		const preopen = this.#preopens.get(place.handle);
		if (!isPlain(preopen) || !this.#program.fds.isOpen(place.handle))
			return;
		const whole = this.#nextFiles.withListing;
		let { placesAhead } = this.#facts.contents, bytes = whole;
		for (const { path, folder } of this.#walk.after(place)) {
			if (!this.#asking.room || this.#walk.room <= 0 && bytes <= 0)
				return;
			if (folder === null || isFilled(folder)) {
				if (this.#walk.room > 0 && this.#asking.folder(preopen, path, { onopened: () => this.#walk.cameTo() }) > 0) {
					this.#walk.asked();
					this.#asking.pin(preopen, path);
				}
			} else if (bytes > 0 && placesAhead > 0 && !folder.filesCame && !this.#lastStart?.hasAsked(place.handle, path)) {
				const files = smallFiles(folder);
				if (files.bytes > bytes && bytes < whole)
					return; // comes whole the next time
				folder.filesCame = true;
				if (files.count > 0)
					this.#asking.files(preopen, bytesOf(path), [], { most: Math.min(bytes, files.bytes), largest: SENT_MAX });
				bytes -= files.bytes;
				placesAhead -= files.count;
			}
		}
	}

	/* It looks into this folder. What it did with others goes along. */
	#looksInto(descriptor, names) {
		const path = names.join("/"), last = names.at(-1);
		const asked = this.#asking.folder(descriptor, path, { onopened: () => this.#lookThenList.lists() });
		this.#sameFolders.looksInto(names.slice(0, -1).join("/"), last);
		if (asked === 0)
			return 0;
		this.#lookThenList.looks();
		if (this.#on.lookThenList && this.#lookThenList.listsWhatItLooksInto)
			this.#asking.pin(descriptor, path);
		if (!this.#on.sameFolders)
			return asked;
		for (const { name, credit } of this.#sameFolders.expected)
			if (name !== last && this.#asking.folder(descriptor, `${path}/${name}`, { unsure: true, onlooked: () => void credit.used++ }) > 0)
				credit.sent++;
		return asked;
	}
}

/* A folder that the program made and filled: known, but for the order in which it is listed, and the server doesn't keep it open. */
function isFilled(folder) {
	return folder.made && folder.opens === null && folder.names.size > 0;
}

/* The files of a leased folder that come with a walk: how many, and how many bytes they take on the wire. */
function smallFiles(folder) {
	let count = 0, bytes = 0;
	for (const { stat } of folder.names.values())
		if (stat !== null && sizeOf(stat) <= SENT_MAX) {
			count++;
			bytes += FILE_HEAD + sizeOf(stat);
		}
	return { count, bytes };
}
