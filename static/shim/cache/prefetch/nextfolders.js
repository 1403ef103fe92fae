//# allFunctionsCalledOnLoad
/* Which folders a program will read after this one, once it reads folder after folder whole: those that follow it in their parent. They are asked for
 * beside what it waits for anyway, one at first and twice as many each time all of them were opened. Leaves to others: asking, in which order a
 * folder's names are gone through (order.js), how many files may come along (nextfiles.js).
 * It earns, where walk.js sees no walk: a search through 2,000 files waits 129 times, 229 without it (bench/predictors.js: 21 and 64). */
import { Credit } from "../../base/credit.js";
import { FILETYPE } from "../../base/fds.js";
import { Fits, Order } from "./order.js";

const WINDOW_MAX = 64; // folders
const VAIN_MAX = 32; // asked for and not opened, if that's more than were opened

/** What was asked for below one folder. */
class Asked {
	last = null; // name of the one that the program came to
	credit = new Credit();

	constructor(parent) {
		this.order = new Order([...parent.names].filter(([, { type }]) => type === FILETYPE.DIRECTORY).map(([name]) => name));
	}
}

export class NextFolders {
	#fits = new Fits();
	#parents = new WeakMap(); // Folder -> Asked
	#window = 1;
	#credit = new Credit(VAIN_MAX);

	/** The program waits for the folder `name` of this one. Gives names that may be asked for too, most: at most so many. */
	after(parent, name, most) {
		const below = this.#below(parent);
		if (below.last !== null)
			this.#window = below.credit.lost > 0 ? Math.max(1, this.#window >> 1) : Math.min(WINDOW_MAX, this.#window * 2);
		this.#comes(below, name);
		if (this.#credit.room < 0)
			return [];
		const names = [];
		for (const next of below.order.after(name, this.#fits)) {
			if (names.length >= Math.min(this.#window, most))
				break;
			names.push(next);
		}
		return names;
	}

	/** One of those: for asked(), and for used() when the program comes to it. */
	place(parent, name) {
		return { below: this.#below(parent), name };
	}

	/** It was asked for. */
	asked({ below }) {
		below.credit.sent++;
		this.#credit.sent++;
	}

	/** The program came to one that was asked for. */
	used({ below, name }) {
		below.credit.used++;
		this.#credit.used++;
		this.#comes(below, name);
	}

	#comes(below, name) {
		this.#fits.learn(below.order, below.last, name);
		below.last = name;
	}

	#below(parent) {
		let below = this.#parents.get(parent);
		if (below === undefined)
			this.#parents.set(parent, below = new Asked(parent));
		return below;
	}
}
