//# allFunctionsCalledOnLoad
/* Breaks that came while something was asked: its answer may be older than they are, though it comes after them. */
import { BROKEN } from "../../base/codec.js";

const RECENT_MAX = 4096;

export class Breaks {
	#underWay = 0; // lease calls whose results haven't come
	#recent = [];

	/** Something is asked of which a break may come before the answer. */
	asks() {
		this.#underWay++;
	}

	answered() {
		this.#underWay--;
	}

	/** An answer came that the program waited for. */
	settle() {
		if (this.#underWay === 0 && this.#recent.length > 0)
			this.#recent.length = 0;
	}

	/** Remembers breaks: [{ ordinal, lease, what, name }]. */
	note(breaks) {
		if (this.#underWay > 0)
			this.#recent.push(...breaks);
		if (this.#recent.length > RECENT_MAX) // too many to compare: what is under way isn't believed
			this.#recent = [{ ...breaks.at(-1), ordinal: Infinity, lease: 0, what: BROKEN.ALL }];
	}

	/** Those of this lease after `stamp`, though their news is only learned now. */
	since(id, stamp) {
		return this.#recent.filter(({ ordinal, lease }) => ordinal > stamp && (lease === id || lease === 0));
	}
}
