//# allFunctionsCalledOnLoad
/* What the program's last start asked for (docs/PROTOCOL.md, Hints): asked for again, leased, before it begins and as it goes on, so that it
 * waits less often; and what this start asks for, told to the gateway for the next one. Hints alone: what they name is asked for as anything
 * else is, so one that lies costs time and changes no answer. Leaves to others: the text (hints.js), asking, where the gateway keeps hints.
 * It earns: a second start of CPython waits 4 times, 112 without it, clang's 5 and 20, a second search through 2,000 files 8 and 52. */
import { Credit } from "../../base/credit.js";
import { FILETYPE } from "../../base/fds.js";
import { bytesOf, joinedPath, placeOf, sizeOf } from "../../base/names.js";
import { NUMBERS } from "../../base/syscalls.js";
import { AHEAD_MAX } from "../facts/contents.js";
import { readHints, writeHints } from "./hints.js";

const SIZE_MAX = 0xFFFFFFFF; // of a file, as hints tell it
const PATHS_MAX = 8192; // that are remembered of a start
const START_MS = 3000; // a program that is ended from outside has told by then what it asked for
/* Bytes that were asked for and not used yet: at first, doubled whenever the program used what came, and at most. */
const WINDOW_FIRST = 256 << 10, WINDOW_MAX = AHEAD_MAX;
const CALLS_MAX = 256; // in one batch
const FOLDER_BYTES = 256, FILE_BYTES = 256; // what each costs on the wire beside what it holds, about
const FILE_MAX = 128 << 10; // larger ones come as the program reads them
const NAMES_MAX = 64; // files of one folder in one question

export class LastStart {
	#program;
	#asking;
	#hints;
	#next = 0; // of the hints, the first that wasn't asked for
	#ends; // after each hint: the bytes of all up to it
	#index = new Map(); // "handle path" -> its hint
	#usedTo = 0; // of the hints: the first after the last that was used
	#credit = new Credit(WINDOW_FIRST); // bytes of hints up to what was used; free: the window
	#preopens = new Map(); // handle -> Descriptor
	#asked = new Set(); // "handle path" of folders of which files were asked for
	#paths = new Map(); // "handle path" -> { handle, path, opened, listed: it was opened as a folder }
	#began = performance.now();
	#told = false; // for now
	#over = false; // for good

	/** text: of the WELCOME. */
	constructor(program, asking, text) {
		this.#program = program;
		this.#asking = asking;
		for (const [, descriptor] of program.fds.entries())
			if (descriptor.preopen !== null)
				this.#preopens.set(descriptor.handle, descriptor);
		this.#hints = readHints(text).filter(({ handle }) => this.#preopens.has(handle));
		let bytes = 0;
		this.#ends = this.#hints.map(hint => (bytes += costOf(hint)));
		for (const [i, { handle, path, name }] of this.#hints.entries())
			this.#index.set(`${handle} ${name === null ? path : joinedPath(path, name)}`, i);
	}

	/* ---- what the last start asked for ---- */

	/** Before the program begins: asks for the first of it. False: nothing is to be asked for. */
	begin() {
		return this.#askOn() > 0;
	}

	/** Before a batch leaves that is waited for. */
	piggyback() {
		if (this.#next < this.#hints.length)
			this.#askOn();
		if (!this.#told && performance.now() - this.#began > START_MS)
			this.tell();
	}

	/* Asks for what is next, as far as the window reaches; gives how many calls that took. */
	#askOn() {
		const { used, free } = this.#credit;
		let calls = 0, files = null;
		const askFiles = () => {
			if (files !== null) {
				this.#asked.add(`${files.handle} ${files.path}`);
				calls += this.#asking.files(this.#preopens.get(files.handle), bytesOf(files.path), files.names.map(bytesOf), { largest: FILE_MAX });
			}
			files = null;
		};
		for (; this.#next < this.#hints.length && calls < CALLS_MAX && this.#asking.room; this.#next++) {
			const hint = this.#hints[this.#next];
			if (this.#ends[this.#next] - used > free && this.#next > this.#usedTo)
				break;
			if (!this.#program.fds.isOpen(hint.handle))
				continue;
			if (hint.name === null || files !== null && (files.handle !== hint.handle || files.path !== hint.path || files.names.length >= NAMES_MAX))
				askFiles();
			if (hint.name === null)
				calls += this.#askFolder(hint);
			else if (hint.bytes <= FILE_MAX && !this.#hasCome(hint))
				(files ??= { handle: hint.handle, path: hint.path, names: [] }).names.push(hint.name);
		}
		askFiles();
		return calls;
	}

	/* Is it a file of a folder whose files were asked for all together? */
	#hasCome({ handle, path }) {
		return this.#asking.facts.folders.folderAt(this.#preopens.get(handle), path)?.filesCame === true;
	}

	/** Were files of this folder asked for here? */
	hasAsked(handle, path) {
		return this.#asked.has(`${handle} ${path}`);
	}

	#askFolder({ handle, path, bytes, listed }) {
		const preopen = this.#preopens.get(handle);
		return this.#asking.folderOf(preopen, path, bytes) + (listed ? this.#asking.pin(preopen, path) : 0);
	}

	/* ---- what this start asks for ---- */

	/** The program asks about a path of an open folder; opens: to read it; lists: as a folder. */
	asks(descriptor, name, opens, lists) {
		const place = this.#over ? null : placeOf(descriptor, name);
		if (place === null)
			return;
		const key = `${place.handle} ${place.path}`;
		let asked = this.#paths.get(key);
		if (asked === undefined) {
			asked = { handle: place.handle, path: place.path, opened: false, listed: false };
			if (this.#paths.size < PATHS_MAX)
				this.#paths.set(key, asked);
		}
		asked.opened ||= opens;
		asked.listed ||= lists;
		if (opens || lists)
			this.#use(this.#index.get(key));
	}

	#use(index) {
		if (index === undefined || index < this.#usedTo)
			return;
		this.#usedTo = index + 1;
		this.#credit.used = this.#ends[index];
		this.#credit.grow(WINDOW_MAX);
	}

	/** Tells the gateway, in the outgoing batch; atEnd: for the last time. */
	tell(atEnd = false) {
		if (this.#over || !this.#asking.room)
			return;
		this.#told = true;
		this.#over = atEnd;
		const text = writeHints(this.#seen());
		if (text !== "")
			this.#program.tell(NUMBERS.start_hints).string(text);
	}

	/* Folders that lead to what was asked for, and files that were opened, as far as leases know them now: what they are, then, is certain. Most paths are in
	 * the folder of the one before. */
	* #seen() {
		const folders = new Map(); // "handle path" -> Folder, or null: nothing is known of it
		let place = { handle: -1, path: "", folder: null };
		for (const { handle, path, opened } of this.#paths.values()) {
			if (!this.#preopens.has(handle))
				continue;
			const slash = path.lastIndexOf("/"), parent = slash < 0 ? "." : path.slice(0, slash);
			if (place.handle !== handle || place.path !== parent)
				place = { handle, path: parent, folder: yield* this.#leadingTo(handle, parent, folders) };
			const name = path.slice(slash + 1), entry = place.folder?.names.get(name);
			if (opened && entry?.type === FILETYPE.REGULAR_FILE)
				yield { handle, path: parent, bytes: entry.stat === null ? 0 : Math.min(sizeOf(entry.stat), SIZE_MAX), name };
			else if (entry?.key)
				yield* this.#leadingTo(handle, path, folders);
		}
	}

	/* The folders on the way to this one and itself, those that weren't in `folders` yet; gives what is known of it, or null. */
	* #leadingTo(handle, path, folders) {
		const key = `${handle} ${path}`;
		if (folders.has(key))
			return folders.get(key);
		const slash = path.lastIndexOf("/");
		if (path !== "." && (yield* this.#leadingTo(handle, slash < 0 ? "." : path.slice(0, slash), folders)) === null) {
			folders.set(key, null);
			return null;
		}
		const folder = this.#asking.facts.folders.folderAt(this.#preopens.get(handle), path);
		folders.set(key, folder);
		if (folder !== null)
			yield { handle, path, bytes: folder.listedBytes, name: null, listed: this.#paths.get(key)?.listed ?? false };
		return folder;
	}
}

function costOf({ bytes, name }) {
	return name === null ? FOLDER_BYTES + bytes : FILE_BYTES + (bytes <= FILE_MAX ? bytes : 0);
}
