/* Ctrl-C in line mode. A program that computes ends. One that waits for input has variables that nobody wants to lose by a key: it ends by a second press,
 * which the page announces. */

export class Interrupt {
	#hint;
	#end;
	#announced = false;
	/** Does the program wait for input? */
	waits = false;

	/** @param {import("./hint.js").Hint} hint @param {(waits: boolean) => void} end ends the program; waits: it waits for input */
	constructor(hint, end) {
		this.#hint = hint;
		this.#end = end;
	}

	/** Ctrl-C on an empty line. @returns {boolean} does the program end? */
	press() {
		if (this.waits && !this.#announced) {
			this.announce();
			return false;
		}
		this.reset();
		this.#end(this.waits);
		return true;
	}

	/** For a moment, Ctrl-C ends a program that waits, too; says so. */
	announce() {
		this.#announced = true;
		this.#hint.show("Ctrl-C again ends the program", { gone: () => (this.#announced = false) });
	}

	/** Another key came, or another program. */
	reset() {
		if (this.#announced)
			this.#hint.hide();
		this.#announced = false;
	}
}
