//# allFunctionsCalledOnLoad
/* What the program did with some folders and files it does with the next ones too: reads what it looked at, looks into a folder of the same name in
 * each folder, lists what it looked into. What it will ask for then goes along with what it waits for anyway. Hints alone: a wrong one costs a call in
 * a batch that leaves in any case, and each kind stops when it proves wrong. Leaves to others: asking, and what is known (leases.js, contents.js),
 * which file of a folder comes after which (siblings.js). */
const SURE = 2; // that often in a row makes a habit
const SCORE_MAX = 8;
const NAUGHT_BYTES = 128 << 10; // that may be sent for naught
const NAMES_MAX = 64; // of folders that are remembered
const VAIN_MAX = 4; // folders asked for and not looked into

/** A name of folders that the program looks into. */
class Within {
	constructor(name, parent) {
		this.name = name;
		this.parent = parent; // where it was seen last
		this.seen = 1; // in so many folders
		this.asked = 0;
		this.used = 0;
	}
}

export class Habits {
	#looked = null; // the regular file that was looked at last: "handle path"
	#reads = 0; // how surely it is read then
	#within = new Map(); // name -> Within
	#into = 0; // folders that were looked into
	#listed = 0; // those of them that were opened afterwards
	/** Bytes of files that were sent because they were looked at, and those of them that were opened (contents.js, want). */
	files = { sent: 0, used: 0 };

	/* ---- a file is looked at, then read ---- */

	/** The program was told of a regular file at this path (text). */
	looksAt({ handle }, path) {
		const key = `${handle} ${path}`;
		if (key === this.#looked)
			return;
		if (this.#looked !== null)
			this.#reads = Math.max(-SCORE_MAX, this.#reads - 1);
		this.#looked = key;
	}

	/** It opens this path to read. */
	reads({ handle }, path) {
		if (`${handle} ${path}` !== this.#looked)
			return;
		this.#looked = null;
		this.#reads = Math.min(SCORE_MAX, this.#reads + 1);
	}

	/** Will it read what it looks at now? */
	get readsWhatItLooksAt() {
		return this.#reads >= SURE && this.files.sent - this.files.used < NAUGHT_BYTES;
	}

	/* ---- a folder in every folder ---- */

	/** The program looks into the folder `name` of the folder at `parent` for the first time. */
	looksInto(parent, name) {
		const within = this.#within.get(name);
		if (within === undefined && this.#within.size < NAMES_MAX)
			this.#within.set(name, new Within(name, parent));
		if (within === undefined || within.parent === parent)
			return;
		within.parent = parent;
		within.seen++;
	}

	/** The folders that it will look into in a folder that it meets now: Withins, whose `asked` and `used` are the caller's to count. */
	get within() {
		return [...this.#within.values()].filter(({ seen, asked, used }) => seen >= SURE && asked - used < VAIN_MAX);
	}

	/* ---- a folder is looked into, then listed ---- */

	meets() {
		this.#into++;
	}

	/** It opens a folder that it has looked into. */
	lists() {
		this.#listed++;
	}

	/** Will it list what it looks into now? */
	get listsWhatItMeets() {
		return this.#listed >= SURE && this.#listed * 3 >= this.#into;
	}
}
