//# allFunctionsCalledOnLoad
/* Which paths the program will look at next: those that followed this one before (a database looks for its journals, an interpreter along its path). */
import { keyOf } from "../facts/answers.js";

const ALONG_MAX = 3; // stats that are asked for with one
const REMEMBERED_MAX = 512;

export class NextStats {
	#program;
	#followers = new Map(); // key of a stat -> { key, handle, lookup, name }: the stat that came next
	#last = null; // { key, epoch } of the last stat

	constructor(program) {
		this.#program = program;
	}

	/** A stat is asked for. Gives those that followed it before, and haven't been asked yet: [{ handle, lookup, name }]. */
	after(number, handle, lookup, name) {
		const key = keyOf(number, handle, lookup, name);
		if (this.#last !== null && this.#last.key !== key && this.#last.epoch === this.#program.pipeline.epoch) {
			if (this.#followers.size >= REMEMBERED_MAX)
				this.#followers.clear();
			this.#followers.set(this.#last.key, { key, handle, lookup, name: name.slice() });
		}
		const along = [];
		for (let next = this.#followers.get(key); next !== undefined && along.length < ALONG_MAX; next = this.#followers.get(next.key)) {
			if (next.key === key || along.includes(next) || !this.#program.fds.isOpen(next.handle))
				break;
			along.push(next);
		}
		return along;
	}

	/** The program was told about this one. */
	told(number, handle, lookup, name) {
		this.#last = { key: keyOf(number, handle, lookup, name), epoch: this.#program.pipeline.epoch };
	}
}
