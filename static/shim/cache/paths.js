//# allFunctionsCalledOnLoad
/* What paths were said to be: attributes and links, under read-ahead's limits of freshness. A program often asks the same twice in a row, and
 * compilers ask each component of what they opened whether it is a link: those questions then leave with the open; what was asked after a
 * stat before leaves with it when it is asked again (a database looks for its journals, an interpreter along its path). Leaves to others: asking
 * (imports/path.js). */

const ALONG_MAX = 3; // stats that are asked for with one
const REMEMBERED_MAX = 512;
const COMPONENTS_MAX = 16; // of a path whose links are asked for
const SLASH = 0x2F, DOT = 0x2E;

export class PathAnswers {
	#program;
	#fresh; // ms
	#epoch = -1; // of what is held
	#held = new Map(); // key -> { errno, bytes, since }
	#opened = null; // { handle, text } of the last open
	#asksLinks = false;
	#followers = new Map(); // key of a stat -> { key, handle, lookup, name }: the stat that came next
	#last = null; // { key, epoch } of the last stat

	constructor(program, freshMs) {
		this.#program = program;
		this.#fresh = freshMs;
	}

	/** { errno, bytes } of a call on a path, or null. */
	find(number, handle, lookup, name) {
		if (this.#epoch !== this.#program.pipeline.epoch || this.#held.size === 0)
			return null;
		const found = this.#held.get(keyOf(number, handle, lookup, name));
		return found !== undefined && performance.now() - found.since < this.#fresh ? found : null;
	}

	keep(number, handle, lookup, name, errno, bytes, since) {
		const { epoch } = this.#program.pipeline;
		if (this.#epoch !== epoch) {
			this.#held.clear();
			this.#epoch = epoch;
		}
		this.#held.set(keyOf(number, handle, lookup, name), { errno, bytes: bytes.slice(), since });
	}

	/** A stat is asked for. Gives those that followed it before, and haven't been asked yet: [{ handle, lookup, name }]. */
	stats(number, handle, lookup, name) {
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

	/** The program changes a file: any path could be its. */
	clear() {
		this.#held.clear();
	}

	/** The program asks whether this is a link. Does it do so for what it opens? */
	asked(handle, name) {
		if (this.#asksLinks || this.#opened === null || this.#opened.handle !== handle)
			return;
		const { text } = this.#opened;
		const asked = textOf(name);
		this.#asksLinks = asked === "." || text === asked || text.startsWith(`${asked}/`);
	}

	/** The paths whose links the program will ask for after this open: the folder, then each component. */
	linksOf(handle, name) {
		this.#opened = { handle, text: textOf(name) };
		if (!this.#asksLinks)
			return [];
		const parts = [Uint8Array.of(DOT)];
		for (let end = 1; end <= name.length; end++)
			if ((end === name.length || name[end] === SLASH) && name[end - 1] !== SLASH)
				parts.push(name.subarray(0, end));
		return parts.length > COMPONENTS_MAX ? [] : parts;
	}
}

/* Names are bytes: one letter each. */
function textOf(name) {
	return String.fromCharCode(...name);
}

function keyOf(number, handle, lookup, name) {
	return `${number} ${handle} ${lookup} ${textOf(name)}`;
}
