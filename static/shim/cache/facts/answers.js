//# allFunctionsCalledOnLoad
/* What the server said of the attributes of paths, under read-ahead's limits of freshness: a program often asks the same twice in a row. */
import { textOf } from "../../base/names.js";

export class Answers {
	#pipeline;
	#fresh; // ms
	#epoch = -1; // of what is held
	#held = new Map(); // key -> { errno, bytes, since }

	constructor(pipeline, freshMs) {
		this.#pipeline = pipeline;
		this.#fresh = freshMs;
	}

	/** path_filestat_get's { errno, bytes }, or null. */
	find(handle, lookup, name) {
		if (this.#epoch !== this.#pipeline.epoch || this.#held.size === 0)
			return null;
		const found = this.#held.get(keyOf(handle, lookup, name));
		return found !== undefined && performance.now() - found.since < this.#fresh ? found : null;
	}

	keep(handle, lookup, name, { errno, bytes, since }) {
		const { epoch } = this.#pipeline;
		if (this.#epoch !== epoch) {
			this.#held.clear();
			this.#epoch = epoch;
		}
		this.#held.set(keyOf(handle, lookup, name), { errno, bytes: bytes.slice(), since });
	}

	/** The program changes a file: any path could be its. */
	clear() {
		this.#held.clear();
	}
}

function keyOf(handle, lookup, name) {
	return `${handle} ${lookup} ${textOf(name)}`;
}
