//# allFunctionsCalledOnLoad
/* Which files of a folder the program will open next: from the second one on the small ones that follow it, in a listing's order, by name, or by
 * the numbers in their names, whichever fits what it did so far. No more are sent than what came before was worth, in this folder and in all.
 * Once it has read two folders whole, a folder's files come with its listing. Leaves to others: asking, next folders (walk.js).
 * It earns: a search through 2,000 files waits 52 times, 2,040 without it, a first start of CPython 112 and 156, 200 files of Lua's 17 and 208. */
import { Credit } from "../../base/credit.js";
import { FILETYPE } from "../../base/fds.js";
import { sizeOf } from "../../base/names.js";
import { AHEAD_MAX } from "../facts/contents.js";
import { Fits, Order } from "./order.js";

const SMALL_MAX = 64 << 10; // of a file
const FIRST_BYTES = 192 << 10; // that may be sent for naught, of a folder and in all; in all also
const SHARE = 2; // half of what the program reads
const SURE_BYTES = 256 << 10; // sent, three quarters of them used: then a folder has to prove nothing
const NAMES_MAX = 256; // in one question
const GUESS_BYTES = 8 << 10; // of a file that the program wrote itself
const WHOLE = 0.75; // of a folder's files

const NONE = { names: [], credit: null };

/** What the program opened in one folder. */
class Opened {
	count = 0;
	last = null; // name
	credit = new Credit(FIRST_BYTES); // bytes of it that were sent ahead, and those that were opened then
	isWhole = false;
	asked = new Set();
	constructor(folder) {
		this.sort(folder);
	}

	/** Puts the names that are in the folder now in order. */
	sort(folder) {
		this.order = new Order([...folder.names].filter(([, { type }]) => type === FILETYPE.REGULAR_FILE).map(([name]) => name));
	}

	get size() {
		return this.order.places.size;
	}
}

export class NextFiles {
	#contents;
	#fits = new Fits();
	#folders = new WeakMap(); // Folder -> Opened
	#through = 0; // folders in which more than one file was opened
	#whole = 0; // that were read whole, in a row
	#in = null; // the Opened of now

	constructor(contents) {
		this.#contents = contents;
	}

	/** The program opens this file of a leased folder. */
	opens(folder, name) {
		const opened = this.#opened(folder);
		this.#fits.learn(opened.order, opened.last, name);
		if (name !== opened.last)
			opened.count++;
		opened.last = name;
		if (opened.count === 2)
			this.#through++;
		if (this.#in !== opened && this.#in !== null && !this.#in.isWhole)
			this.#whole = 0;
		this.#in = opened;
		if (!opened.isWhole && opened.count >= WHOLE * opened.size) {
			opened.isWhole = true;
			this.#whole++;
		}
	}

	#opened(folder) {
		let opened = this.#folders.get(folder);
		if (opened === undefined)
			this.#folders.set(folder, opened = new Opened(folder));
		return opened;
	}

	/* Bytes that may be sent before they are asked for, now; here: what the folder itself allows. */
	#room(here) {
		const { credit, asked } = this.#contents;
		const all = Math.max(credit.used, FIRST_BYTES + (asked + credit.used) / SHARE) - credit.lost;
		const isSure = credit.sent >= SURE_BYTES && credit.isUsed(0.75);
		return Math.min(all, isSure ? AHEAD_MAX : here, AHEAD_MAX);
	}

	/** The program waits for the open of this file: the names to ask for with it, and whose credit that is. */
	after(folder, name) {
		const opened = this.#opened(folder);
		if (!opened.order.places.has(name))
			opened.sort(folder); // it was made since
		let room = this.#room(opened.credit.room);
		if (opened.count < 2 && this.#through < 2)
			return NONE;
		const most = Math.min(NAMES_MAX, this.#contents.placesAhead);
		const names = [];
		for (const next of opened.order.after(name, this.#fits)) {
			if (names.length >= most)
				break;
			const entry = folder.names.get(next);
			if (!entry?.identity || opened.asked.has(next) || this.#contents.has(entry.identity))
				continue;
			const size = entry.stat === null ? GUESS_BYTES : sizeOf(entry.stat);
			if (size > SMALL_MAX)
				continue;
			room -= size;
			if (room < 0)
				break;
			opened.asked.add(next);
			names.push(next);
		}
		return { names, credit: opened.credit };
	}

	/** The program opens a folder that isn't known yet: how many bytes of its files should come with its listing? */
	get withListing() {
		const { credit } = this.#contents;
		return this.#whole >= 2 && credit.isUsed(0.5) ? Math.max(0, Math.floor(this.#room(Math.max(credit.used, FIRST_BYTES) + credit.used))) : 0;
	}
}
