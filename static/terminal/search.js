/* Ctrl-R: what is typed is looked for in the lines of before, from the newest on, and what was found stands in the line's place. Pure. */

/**
 * @typedef {object} Sides of a line: before the cursor, and behind it
 * @property {string} left
 * @property {string} right
 */

export class Search {
	#history;
	#before; // Sides
	#pattern = "";
	#found = null; // of History.find
	#nothing = false;

	/** @param {import("./history.js").History} history @param {Sides} before the line that it begins in */
	constructor(history, before) {
		this.#history = history;
		this.#before = before;
	}

	/** What stands in the line meanwhile. @returns {Sides} */
	get shown() {
		const { left, right } = this.found;
		return { left: `(history '${this.#pattern}'${this.#nothing ? ": nothing" : ""}) ${left}`, right };
	}

	/** The line if it is taken now. @returns {Sides} */
	get found() {
		if (this.#found === null)
			return this.#before;
		const { line, at } = this.#found;
		return { left: line.slice(0, at), right: line.slice(at) };
	}

	/** The line as it was. @returns {Sides} */
	get before() {
		return this.#before;
	}

	/** @param {{ key?: string, text?: string }} typed @returns {boolean} is it the search's? Else it is done to what was found */
	take({ key, text }) {
		if (text !== undefined) {
			this.#pattern += text;
			this.#look(this.#found === null ? undefined : this.#found.index + 1);
		} else if (key === "search") {
			this.#look(this.#found?.index);
		} else if (key === "erase") {
			this.#pattern = [...this.#pattern].slice(0, -1).join("");
			this.#found = null;
			this.#look();
		} else {
			return false;
		}
		return true;
	}

	#look(before) {
		this.#nothing = false;
		if (this.#pattern === "")
			return;
		const found = this.#history.find(this.#pattern, before);
		this.#nothing = found === null;
		this.#found = found ?? this.#found;
	}
}
