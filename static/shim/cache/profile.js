//# allFunctionsCalledOnLoad
/* What the program's last start asked for (docs/PROTOCOL.md, Hints): asked for again, leased, before it begins and as it goes on, so that it
 * waits less often; and what this start asks for, told to the gateway for the next one. Hints alone: what they name is asked for as anything
 * else is, so one that lies costs time and changes no answer. Leaves to others: what is known of folders (leases.js) and of files'
 * contents (contents.js); where the gateway keeps hints (server/program/profiles.h). */
import { FILETYPE } from "../base/fds.js";
import { NUMBERS } from "../base/syscalls.js";
import { AHEAD_MAX } from "./contents.js";
import { bytesOfPath, placeOf } from "./places.js";

const PATHS_MAX = 8192; // that are remembered of a start
const LINES_MAX = 4096, TEXT_MAX = 48 << 10; // as the gateway bounds them
const START_MS = 3000; // a program that is ended from outside has told by then what it asked for
/* Bytes that were asked for and not used yet: at first, doubled whenever the program used what came, and at most. */
const WINDOW_FIRST = 256 << 10, WINDOW_MAX = AHEAD_MAX;
const CALLS_MAX = 256; // in one batch
const FOLDER_BYTES = 256, FILE_BYTES = 256; // what each costs on the wire beside what it holds, about
const FILE_MAX = 128 << 10; // larger ones come as the program reads them
const NAMES_MAX = 64; // files of one folder in one question

/** The hints in a profile's text: [{ handle, path, bytes, name, listed }], name null for a folder, listed: it was opened to be listed; lines that aren't well-formed are left out. */
export function readHints(text) {
	const hints = [], folders = [];
	let folder = null;
	for (const line of text.split("\n")) {
		const [kind, first, second, third] = line.split(" ");
		if ((kind === "d" || kind === "l") && third !== undefined) {
			folders.push(folder = { handle: Number(first), path: unescaped(third), bytes: Number(second), name: null, listed: kind === "l" });
			hints.push(folder);
		} else if (kind === "@") {
			folder = folders[Number(first)] ?? null;
		} else if (kind === "f" && second !== undefined && folder !== null) {
			hints.push({ ...folder, bytes: Number(first), name: unescaped(second), listed: false });
		}
	}
	return hints.filter(({ handle, bytes }) => handle >= 0 && bytes >= 0);
}

/** The text of hints; those that are too many are left out. */
export function writeHints(hints) {
	const lines = [], folders = new Map();
	let folder = null, length = 0;
	const add = line => {
		const fits = lines.length < LINES_MAX && length + line.length + 1 <= TEXT_MAX;
		if (fits) {
			lines.push(`${line}\n`);
			length += line.length + 1;
		}
		return fits;
	};
	for (const { handle, path, bytes, name, listed } of hints) {
		const where = `${handle} ${path}`;
		if (name === null) {
			if (!folders.has(where) && add(`${listed ? "l" : "d"} ${handle} ${bytes} ${escaped(path)}`))
				folders.set(folder = where, folders.size);
			continue;
		}
		if (!folders.has(where) || folder !== where && !add(`@ ${folders.get(where)}`))
			continue;
		folder = where;
		add(`f ${bytes} ${escaped(name)}`);
	}
	return lines.join("");
}

/* Names are bytes, one letter each. */
function escaped(text) {
	return text.replace(/[^!-$&-~]/g, letter => `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}

function unescaped(text) {
	return text.replace(/%([0-9A-F]{2})/g, (_, digits) => String.fromCharCode(parseInt(digits, 16)));
}

export class StartProfile {
	#program;
	#hints;
	#next = 0; // of the hints, the first that wasn't asked for
	#askedBytes = 0; // of those before
	#ends; // after each hint: the bytes of all up to it
	#index = new Map(); // file -> its hint
	#folders = new Map(); // folder that was listed -> its hint
	#usedTo = 0; // of the hints: the first after the last that was used
	#window = WINDOW_FIRST;
	#preopens = new Map(); // handle -> Descriptor
	#paths = new Map(); // "handle path" -> { handle, path, opened }
	#listed = new Set(); // the same of folders that were opened to be listed
	#began = performance.now();
	#told = false; // for now
	#over = false; // for good

	/** text: of the WELCOME. */
	constructor(program, text) {
		this.#program = program;
		for (const [, descriptor] of program.fds.entries())
			if (descriptor.preopen !== null)
				this.#preopens.set(descriptor.handle, descriptor);
		this.#hints = readHints(text).filter(({ handle }) => this.#preopens.has(handle));
		let bytes = 0;
		this.#ends = this.#hints.map(hint => (bytes += costOf(hint)));
		for (const [i, { handle, path, name }] of this.#hints.entries())
			if (name !== null)
				this.#index.set(`${handle} ${joined(path, name)}`, i);
			else
				this.#folders.set(`${handle} ${path}`, i);
	}

	/* ---- what the last start asked for ---- */

	/** Before the program begins: asks for the first of it. False: nothing is to be asked for. */
	begin() {
		return this.#askOn() > 0;
	}

	/** Before a batch leaves that is waited for. */
	accompany() {
		if (this.#program.leases === null) // somebody has control
			return;
		if (this.#next < this.#hints.length)
			this.#askOn();
		if (!this.#told && performance.now() - this.#began > START_MS)
			this.tell();
	}

	/* Asks for what is next, as far as the window reaches; gives how many calls that took. */
	#askOn() {
		const before = this.#usedTo > 0 ? this.#ends[this.#usedTo - 1] : 0;
		let calls = 0, files = null;
		const askFiles = () => {
			if (files !== null) {
				calls += this.#program.leases.contents.want(this.#preopens.get(files.handle), bytesOfPath(files.path), files.names.map(bytesOfPath), { largest: FILE_MAX });
			}
			files = null;
		};
		for (; this.#next < this.#hints.length && calls < CALLS_MAX && this.#program.roomToTell; this.#next++) {
			const hint = this.#hints[this.#next];
			if (this.#ends[this.#next] - before > this.#window && this.#next > this.#usedTo)
				break;
			if (!this.#program.fds.isOpen(hint.handle))
				continue;
			if (hint.name === null || files !== null && (files.handle !== hint.handle || files.path !== hint.path || files.names.length >= NAMES_MAX))
				askFiles();
			if (hint.name === null)
				calls += this.#askFolder(hint);
			else if (hint.bytes <= FILE_MAX)
				(files ??= { handle: hint.handle, path: hint.path, names: [] }).names.push(hint.name);
		}
		askFiles();
		return calls;
	}

	#askFolder({ handle, path, bytes, listed }) {
		const { leases } = this.#program;
		const preopen = this.#preopens.get(handle);
		return leases.want(preopen, path, bytes) + (listed ? leases.keep(preopen, path) : 0);
	}

	/* ---- what this start asks for ---- */

	/** The program asks about a path of an open folder; opens: it opens it to read. */
	asks(descriptor, name, opens) {
		const place = this.#over ? null : placeOf(descriptor, name);
		if (place === null)
			return;
		const key = `${place.handle} ${place.path}`;
		const asked = this.#paths.get(key);
		if (asked !== undefined)
			asked.opened ||= opens;
		else if (this.#paths.size < PATHS_MAX)
			this.#paths.set(key, { ...place, opened: opens });
		if (opens)
			this.#use(this.#index.get(key));
	}

	#use(index) {
		if (index === undefined || index < this.#usedTo)
			return;
		this.#usedTo = index + 1;
		this.#window = Math.min(WINDOW_MAX, this.#window * 2);
	}

	/** The program opens the folder at `name` to list it. */
	lists(descriptor, name) {
		const place = this.#over ? null : placeOf(descriptor, name);
		if (place === null || this.#listed.size >= PATHS_MAX)
			return;
		const key = `${place.handle} ${place.path}`;
		this.#listed.add(key);
		this.#use(this.#folders.get(key));
	}

	/** Tells the gateway, in the outgoing batch; atEnd: for the last time. */
	tell(atEnd = false) {
		if (this.#over || this.#program.leases === null || !this.#program.roomToTell)
			return;
		this.#told = true;
		this.#over = atEnd;
		const text = writeHints(this.#seen());
		if (text !== "")
			this.#program.tell(NUMBERS.start_hints).string(text);
	}

	/* Folders that lead to what was asked for, and files that were opened, as far as leases know them now: what they are, then, is certain. */
	* #seen() {
		const { leases } = this.#program;
		const folders = new Set();
		for (const { handle, path, opened } of this.#paths.values()) {
			const preopen = this.#preopens.get(handle);
			if (preopen === undefined)
				continue;
			const parts = path === "." ? [] : path.split("/");
			for (let depth = 0; depth <= parts.length; depth++) {
				const at = depth === 0 ? "." : parts.slice(0, depth).join("/");
				const folder = leases.folderAt(preopen, at);
				if (folder === null)
					break;
				if (!folders.has(`${handle} ${at}`)) {
					folders.add(`${handle} ${at}`);
					yield { handle, path: at, bytes: folder.listedBytes, name: null, listed: this.#listed.has(`${handle} ${at}`) };
				}
				if (depth === parts.length - 1 && opened) {
					const entry = folder.names.get(parts[depth]);
					if (entry?.type === FILETYPE.REGULAR_FILE)
						yield { handle, path: at, bytes: entry.stat === null ? 0 : sizeOf(entry.stat), name: parts[depth] };
				}
			}
		}
	}
}

function sizeOf(filestat) {
	const SIZE_AT = 32;
	return Math.min(Number(new DataView(filestat.buffer, filestat.byteOffset).getBigUint64(SIZE_AT, true)), 0xFFFFFFFF);
}

function costOf({ bytes, name }) {
	return name === null ? FOLDER_BYTES + bytes : FILE_BYTES + (bytes <= FILE_MAX ? bytes : 0);
}

function joined(path, name) {
	return path === "." ? name : `${path}/${name}`;
}
