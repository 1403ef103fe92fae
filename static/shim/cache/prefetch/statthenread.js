//# allFunctionsCalledOnLoad
/* Will the program read the file that it looks at? One that did so with those before does: then the file comes with its attributes.
 * It earns: a first start of CPython waits 112 times, 123 without it. */
import { Credit } from "../../base/credit.js";

const SURE = 2; // that often in a row makes a habit
const SCORE_MAX = 8;
const NAUGHT_BYTES = 128 << 10; // that may be sent for naught

export class StatThenRead {
	#looked = null; // the regular file that was looked at last: "handle path"
	#reads = 0; // how surely it is read then
	/** Bytes of files that were sent because they were looked at, and those of them that were opened. */
	credit = new Credit(NAUGHT_BYTES);

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
		return this.#reads >= SURE && this.credit.room > 0;
	}
}
