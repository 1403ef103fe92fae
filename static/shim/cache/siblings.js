//# allFunctionsCalledOnLoad
/* Which files of a folder the program will open next: from the second one on the small ones that follow it, in a listing's order, by name, or by
 * the numbers in their names, whichever fits what it did so far. They are asked for beside what it waits for anyway (contents.js), and no more than
 * what came before was worth, in this folder and in all. Once it has read two folders whole, a folder's files come with its listing.
 * Leaves to others: what is known of folders (leases.js), next folders. */
import { FILETYPE } from "../fds.js";
import { AHEAD_MAX } from "./contents.js";

const SMALL_MAX = 64 << 10; // of a file
const FIRST_BYTES = 192 << 10; // that may be sent for naught, of a folder and in all; in all also
const SHARE = 2; // half of what the program reads
const SURE_BYTES = 256 << 10; // sent, three quarters of them used: then a folder has to prove nothing
const NAMES_MAX = 256; // in one question
const SORTED_MAX = 4096; // names of a folder that are put in order
const SIZE_AT = 32; // in a filestat
const GUESS_BYTES = 8 << 10; // of a file that the program wrote itself
const WHOLE = 0.75; // of a folder's files
const byNumber = new Intl.Collator("en", { numeric: true });

const NONE = { names: [], from: null };

/** What the program opened in one folder. */
class Opened {
	count = 0;
	last = null; // name
	sent = 0; // bytes of it that were sent ahead, and those that were opened then
	used = 0;
	isWhole = false;
	asked = new Set();
	constructor(folder) {
		const listed = [...folder.names].filter(([, { type }]) => type === FILETYPE.REGULAR_FILE).map(([name]) => name);
		this.orders = [listed];
		if (listed.length <= SORTED_MAX)
			this.orders.push([...listed].sort(), [...listed].sort(byNumber.compare));
		this.places = new Map(listed.map(name => [name, []]));
		for (const order of this.orders)
			for (const [i, name] of order.entries())
				this.places.get(name).push(i);
	}
}

export class Siblings {
	#contents;
	#fits = [0, 0, 0]; // how often the next one was the one that follows: as listed, by name, by number
	#folders = new WeakMap(); // Folder of leases.js -> Opened
	#through = 0; // folders in which more than one file was opened
	#whole = 0; // that were read whole, in a row
	#in = null; // the Opened of now

	constructor(contents) {
		this.#contents = contents;
	}

	/** The program opens this file of a leased folder. */
	opens(folder, name) {
		const opened = this.#opened(folder);
		const place = opened.places.get(name);
		const before = opened.places.get(opened.last);
		if (place !== undefined && before !== undefined && name !== opened.last)
			for (const way of place.keys())
				this.#fits[way] = Math.max(0, this.#fits[way] + (place[way] === before[way] + 1 ? 1 : -0.5));
		if (name !== opened.last)
			opened.count++;
		opened.last = name;
		if (opened.count === 2)
			this.#through++;
		if (this.#in !== opened && this.#in !== null && !this.#in.isWhole)
			this.#whole = 0;
		this.#in = opened;
		if (!opened.isWhole && opened.count >= WHOLE * opened.places.size) {
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

	/** Bytes that may be sent before they are asked for, now. */
	#room(opened) {
		const { sent, used, asked } = this.#contents;
		const all = Math.max(used, FIRST_BYTES + (asked + used) / SHARE) - (sent - used);
		const isSure = sent >= SURE_BYTES && used >= sent * 0.75;
		const here = isSure ? AHEAD_MAX : Math.max(opened.used, FIRST_BYTES) - (opened.sent - opened.used);
		return Math.min(all, here, AHEAD_MAX);
	}

	/** The program waits for the open of this file: the names to ask for with it, and for whom (contents.js, want). */
	after(folder, name) {
		const opened = this.#opened(folder);
		const place = opened.places.get(name);
		let room = this.#room(opened);
		if (place === undefined || opened.count < 2 && this.#through < 2)
			return NONE;
		const way = place.reduce((best, _, i) => (this.#fits[i] > this.#fits[best] ? i : best), 0);
		const order = opened.orders[way];
		const names = [];
		for (let i = 1; i < order.length && names.length < NAMES_MAX; i++) {
			const next = order[(place[way] + i) % order.length];
			const entry = folder.names.get(next);
			if (!entry?.identity || opened.asked.has(next) || this.#contents.has(entry.identity))
				continue;
			const size = entry.stat === null ? GUESS_BYTES : Number(new DataView(entry.stat.buffer).getBigUint64(SIZE_AT, true));
			if (size > SMALL_MAX)
				continue;
			room -= size;
			if (room < 0)
				break;
			opened.asked.add(next);
			names.push(next);
		}
		return { names, from: opened };
	}

	/** The program opens a folder that isn't known yet: how many bytes of its files should come with its listing? */
	get withListing() {
		const { sent, used } = this.#contents;
		return this.#whole >= 2 && used * 2 >= sent ? Math.max(0, Math.floor(this.#room({ sent: 0, used }))) : 0;
	}
}
