/* The rows of the store that pass the filter, in order. New rows are tested as they come; when the filter changes, all rows are tested again,
 * in slices. While held, its length doesn't change: rows that pass are counted and wait. Pure except for the clock. */

const STEP = 4096; // rows between two looks at the clock

/** A queue of growing row numbers: added at the end, dropped at the front. */
class Numbers {
	#numbers = new Float64Array(1024);
	#from = 0;
	#to = 0;

	get length() {
		return this.#to - this.#from;
	}

	at(index) {
		return this.#numbers[this.#from + index];
	}

	push(number) {
		if (this.#to === this.#numbers.length) {
			const next = this.#from > this.#to / 2 ? this.#numbers : new Float64Array(2 * this.#numbers.length);
			next.set(this.#numbers.subarray(this.#from, this.#to));
			this.#to -= this.#from;
			this.#from = 0;
			this.#numbers = next;
		}
		this.#numbers[this.#to++] = number;
	}

	/** Drops all row numbers below `number`. Returns how many. */
	dropBelow(number) {
		const index = this.find(number);
		this.#from += index;
		return index;
	}

	/** The index of the first row number that isn't below `number`. */
	find(number) {
		let low = this.#from, high = this.#to;
		while (low < high) {
			const middle = (low + high) >>> 1;
			if (this.#numbers[middle] < number)
				low = middle + 1;
			else
				high = middle;
		}
		return low - this.#from;
	}

	/** Drops this one, if it is there. */
	remove(number) {
		const index = this.#from + this.find(number);
		if (index < this.#to && this.#numbers[index] === number)
			this.#numbers.copyWithin(index, index + 1, this.#to--);
	}

	clear() {
		this.#from = this.#to = 0;
	}
}

export class Selection {
	#store;
	#test = null;
	#passed = new Numbers(); // unused while everything passes
	#looked = 0; // the first row that hasn't been tested yet
	#held = null; // while held: the end of what is shown

	/** @param {import("./store.js").Store} store */
	constructor(store) {
		this.#store = store;
	}

	/** @param {((piece: object, at: number) => boolean) | null} test null: everything passes */
	filter(test) {
		this.#test = test;
		this.#passed.clear();
		this.#looked = this.#store.first;
		if (this.#held !== null)
			this.#held = this.#store.end; // existing rows are shown through the new filter
	}

	/**
	 * Tests new rows, for at most `ms`.
	 * @returns {boolean} true: all have been looked at
	 */
	advance(ms = 8) {
		const { first, end } = this.#store;
		if (this.#test === null) {
			this.#looked = end;
			return true;
		}
		this.#passed.dropBelow(first);
		const late = performance.now() + ms;
		let number = Math.max(this.#looked, first);
		while (number < end) {
			const stop = Math.min(end, number + STEP);
			for (; number < stop; number++) {
				const { piece, at } = this.#store.place(number);
				if (this.#test(piece, at))
					this.#passed.push(number);
			}
			if (performance.now() >= late)
				break;
		}
		this.#looked = number;
		return number === end;
	}

	/** A row has changed: it is tested again. */
	again(number) {
		if (this.#test === null || number >= this.#looked || number < this.#store.first)
			return;
		const { piece, at } = this.#store.place(number);
		if (!this.#test(piece, at))
			this.#passed.remove(number);
	}

	/** The share of rows that have been tested, 0 to 1. */
	get progress() {
		const { first, end } = this.#store;
		return end === first ? 1 : (Math.max(this.#looked, first) - first) / (end - first);
	}

	/** All that passed, shown or held back. */
	get passed() {
		return this.#test === null ? this.#looked - Math.min(this.#store.first, this.#looked) : this.#passed.length;
	}

	/** How many rows are shown. */
	get length() {
		if (this.#held === null)
			return this.passed;
		return this.#test === null ? Math.max(0, this.#held - this.#store.first) : this.#passed.find(this.#held);
	}

	/** How many passed since it is held. */
	get waiting() {
		return this.passed - this.length;
	}

	/** The row number at an index below `length`. */
	at(index) {
		return this.#test === null ? this.#store.first + index : this.#passed.at(index);
	}

	/** The index of a row, or of the next that passed. */
	indexOf(number) {
		return this.#test === null ? Math.max(0, number - this.#store.first) : this.#passed.find(number);
	}

	get held() {
		return this.#held !== null;
	}

	hold() {
		this.#held ??= this.#store.end;
	}

	release() {
		this.#held = null;
	}
}
