//# allFunctionsCalledOnLoad
/* A program's memory that notes where its host wrote, while it is recorded: so what an answer changed is known without a word about each call. */
import { GuestMemory } from "../base/memory.js";

export class NotedMemory extends GuestMemory {
	/** pointer, length, pointer, length …, so many of them since the last clear(); what follows on the one before is joined. */
	notes = [];
	noted = 0;

	clear() {
		this.noted = 0; // the list is kept: engines give its room away when its length is set to 0
	}

	#note(pointer, length) {
		const { notes, noted } = this;
		if (length === 0)
			return;
		pointer >>>= 0;
		if (noted > 0 && notes[noted - 2] + notes[noted - 1] === pointer) {
			notes[noted - 1] += length;
			return;
		}
		notes[noted] = pointer;
		notes[noted + 1] = length;
		this.noted = noted + 2;
	}

	setU16(pointer, value) {
		super.setU16(pointer, value);
		this.#note(pointer, 2);
	}

	setU32(pointer, value) {
		super.setU32(pointer, value);
		this.#note(pointer, 4);
	}

	setU64(pointer, value) {
		super.setU64(pointer, value);
		this.#note(pointer, 8);
	}

	setU64halves(pointer, low, high) {
		super.setU64halves(pointer, low, high);
		this.#note(pointer, 8);
	}

	write(pointer, bytes) {
		super.write(pointer, bytes);
		this.#note(pointer, bytes.length);
	}

	place(pointer, length) {
		this.#note(pointer, length);
		return super.place(pointer, length);
	}

	scatter(iovecs, count, bytes, skip = 0, from = 0, end = bytes.length) {
		const total = super.scatter(iovecs, count, bytes, skip, from, end);
		let left = total;
		for (let i = 0, vec = iovecs >>> 0; i < count >>> 0 && left > 0; i++, vec += 8) {
			const length = this.u32(vec + 4);
			if (skip >= length) {
				skip -= length;
				continue;
			}
			const part = Math.min(length - skip, left);
			this.#note(this.u32(vec) + skip, part);
			left -= part;
			skip = 0;
		}
		return total;
	}
}
