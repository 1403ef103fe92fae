/* The lines that were typed before: steps through them, and searches them (Ctrl-R). Pure. */

const MOST = 1000;

export class History {
	#lines = [];
	#at = 0; // its length: the line being written
	#draft = "";

	/** Is the line being written shown, and not one of before? */
	get isNew() {
		return this.#at === this.#lines.length;
	}

	/** The oldest first. @type {string[]} */
	get lines() {
		return this.#lines;
	}

	set lines(lines) {
		this.#lines = lines.slice(-MOST);
		this.rewind();
	}

	/** @param {string} line that was handed over; a blank one, or the last one again, isn't kept */
	add(line) {
		if (line.trim() !== "" && line !== this.#lines.at(-1))
			this.#lines = [...this.#lines, line].slice(-MOST);
		this.rewind();
	}

	/** The next line is a new one. */
	rewind() {
		this.#at = this.#lines.length;
		this.#draft = "";
	}

	/** @param {-1 | 1} step @param {string} current what the line is now @returns {string | null} the line there; null: there is none */
	step(step, current) {
		const to = this.#at + step;
		if (to < 0 || to > this.#lines.length)
			return null;
		if (this.isNew)
			this.#draft = current;
		this.#at = to;
		return this.#lines[to] ?? this.#draft;
	}

	/** The newest line older than `before` that holds the text: { line, at, index }, where `at` is of the text in it; null: none. */
	find(text, before = this.#lines.length) {
		for (let index = before - 1; index >= 0; index--) {
			const at = this.#lines[index].lastIndexOf(text);
			if (at >= 0)
				return { line: this.#lines[index], at, index };
		}
		return null;
	}
}
