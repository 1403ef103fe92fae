//# allFunctionsCalledOnLoad
/* Which folders will the program look into in a folder that it meets now? Those of a name that it looked into in folders before.
 * It earns: a first start of CPython waits 112 times, 129 without it, with .pyc 84 and 103. */
import { Credit } from "../../base/credit.js";

const SURE = 2; // folders in which it did so
const NAMES_MAX = 64; // that are remembered
const VAIN_MAX = 4; // folders asked for and not looked into

/** A name of folders that the program looks into. */
class Within {
	seen = 1; // in so many folders
	credit = new Credit(VAIN_MAX); // how many were asked for, and looked into then

	constructor(name, parent) {
		this.name = name;
		this.parent = parent; // where it was seen last
	}
}

export class SameFolders {
	#within = new Map(); // name -> Within

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

	/** The folders that it will look into in a folder that it meets now: [{ name, credit }]; the credit is the caller's to count. */
	get expected() {
		return [...this.#within.values()].filter(({ seen, credit }) => seen >= SURE && credit.room > 0);
	}
}
