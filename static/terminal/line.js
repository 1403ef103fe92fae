/* A terminal's line mode: shows and edits what the user types, and hands it over line by line, as a kernel and readline do together. Pure: takes keys and
 * places, gives what to write on the terminal and what to do. Leaves to others: the terminal (screen.js), the program. */
import { readKeys, readText } from "./keys.js";
import { layOut } from "./layout.js";

const HISTORY = 1000;
const CSI = "\x1b[";
const WORD = "\\p{L}\\p{N}\\p{M}_";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * @typedef {object} Place where the terminal's cursor is, when the line isn't shown
 * @property {number} offset cells from the beginning of its line, rows above that were wrapped included
 * @property {number} columns
 * @property {number} rows
 *
 * @typedef {{ feed: string } | "mark" | "interrupt" | "clear"} Act feed: for stdin. mark: one read gives nothing (Ctrl-D). interrupt:
 *          Ctrl-C on an empty line. clear: the screen (Ctrl-L)
 */

export class LineEditor {
	#width;
	#left = ""; // before the cursor
	#right = "";
	#killed = "";
	#history = [];
	#at = 0; // in the history; its length: the line being written
	#draft = "";
	#place = null; // of the line's start, while it is shown
	#cursor = null; // { row, column } as last drawn, rows from the beginning of the terminal's line
	#bottom = 0; // last row drawn

	/** @param {{ width: (codePoint: number) => number }} options the cells that the terminal gives a code point */
	constructor({ width }) {
		this.#width = width;
	}

	/** Is any of the line on the screen? */
	get shown() {
		return this.#place !== null;
	}

	get text() {
		return this.#left + this.#right;
	}

	/** What is before the cursor, and what behind it. */
	get left() {
		return this.#left;
	}

	get right() {
		return this.#right;
	}

	/**
	 * @param {string} data as xterm.js gives it: one key, or text
	 * @param {Place} place looked at when the line isn't shown
	 * @returns {{ draw: string, acts: Act[] }}
	 */
	type(data, place) {
		return this.#take(readKeys(data), place);
	}

	/** The same for pasted text. */
	paste(text, place) {
		return this.#take(readText(text), place);
	}

	#take(typed, place) {
		const acts = [];
		let draw = "";
		for (const { key, text } of typed) {
			if (!this.shown)
				draw += this.#begin(place);
			if (text !== undefined)
				this.#left += text;
			else
				draw += this.#key(key, acts);
			if (!this.shown) // a line has ended, and the next begins at the left
				place = { ...place, offset: 0 };
		}
		if (this.shown)
			draw += this.#redraw();
		if (this.shown && this.text === "" && this.#at === this.#history.length)
			this.#place = null; // whatever is written now comes here
		return { draw, acts };
	}

	/** Removes the line from the terminal, so that output can be written or the terminal resized. */
	hide() {
		if (!this.shown)
			return "";
		const start = this.#startOf(this.#top());
		const draw = this.#move(this.#cursor, start) + eraseBehind(start);
		this.#place = null;
		return draw;
	}

	/**
	 * Puts the line back, after what was written meanwhile.
	 * @param {Place} place
	 */
	show(place) {
		if (this.shown || this.text === "")
			return "";
		return this.#begin(place) + this.#redraw();
	}

	/** Forgets the line, not the history: another program begins. */
	reset() {
		this.#left = this.#right = this.#draft = "";
		this.#at = this.#history.length;
		this.#place = null;
	}

	/* ---- keys ---- */

	#key(key, acts) {
		switch (key) {
		case "enter":
			return this.#commit(acts);
		case "interrupt":
			return this.#interrupt(acts);
		case "mark":
			return this.#mark(acts);
		case "clear":
			acts.push("clear");
			return "";
		case "older":
			this.#recall(this.#at - 1);
			return "";
		case "newer":
			this.#recall(this.#at + 1);
			return "";
		case "yank":
			this.#left += this.#killed;
			return "";
		}
		this.#edit(key);
		return "";
	}

	#edit(key) {
		const [verb, ...rest] = key.split("-");
		const reach = rest.join("-");
		switch (verb) {
		case "left":
		case "home": {
			const length = verb === "home" ? 0 : this.#reachLeft(reach);
			this.#right = this.#left.slice(length) + this.#right;
			this.#left = this.#left.slice(0, length);
			break;
		}
		case "right":
		case "end": {
			const length = verb === "end" ? this.#right.length : this.#reachRight(reach);
			this.#left += this.#right.slice(0, length);
			this.#right = this.#right.slice(length);
			break;
		}
		case "erase": {
			const length = this.#reachLeft(reach);
			this.#kill(reach, this.#left.slice(length));
			this.#left = this.#left.slice(0, length);
			break;
		}
		case "delete": {
			const length = this.#reachRight(reach);
			this.#kill(reach, this.#right.slice(0, length));
			this.#right = this.#right.slice(length);
			break;
		}
		}
	}

	/* Keeps text that was removed by more than a character, for Ctrl-Y. */
	#kill(reach, text) {
		if (reach !== "" && text !== "")
			this.#killed = text;
	}

	/* How long the left part is without what lies within reach of the cursor. */
	#reachLeft(reach) {
		switch (reach) {
		case "to-start":
			return 0;
		case "word":
			return this.#left.replace(new RegExp(`[${WORD}]*[^${WORD}]*$`, "u"), "").length;
		case "blank-word":
			return this.#left.replace(/\S*\s*$/, "").length;
		default:
			return this.#left.length - (lastCharacter(this.#left)?.length ?? 0);
		}
	}

	#reachRight(reach) {
		switch (reach) {
		case "to-end":
			return this.#right.length;
		case "word":
			return this.#right.match(new RegExp(`^[^${WORD}]*[${WORD}]*`, "u"))[0].length;
		default:
			return segmenter.segment(this.#right)[Symbol.iterator]().next().value?.segment.length ?? 0;
		}
	}

	#recall(index) {
		if (index < 0 || index > this.#history.length)
			return;
		if (this.#at === this.#history.length)
			this.#draft = this.text;
		this.#at = index;
		this.#left = this.#history[index] ?? this.#draft;
		this.#right = "";
	}

	#commit(acts) {
		const line = this.text;
		if (line.trim() !== "" && line !== this.#history.at(-1))
			this.#history = [...this.#history, line].slice(-HISTORY);
		acts.push({ feed: `${line}\n` });
		return this.#leave("\r\n");
	}

	/* Discards the typed line, which Ctrl-Y brings back; on an empty line it ends the program. */
	#interrupt(acts) {
		if (this.text === "") {
			acts.push("interrupt");
			return this.#leave("^C\r\n");
		}
		this.#killed = this.text;
		this.#left = this.#right = this.#draft = "";
		this.#at = this.#history.length;
		return "";
	}

	/* On an empty line: end of file, once. At a line's end: sends it without a newline, as a kernel does. Within a line: deletes, as readline does. */
	#mark(acts) {
		if (this.text === "") {
			acts.push("mark");
		} else if (this.#right === "") {
			acts.push({ feed: this.text });
			return this.#leave("");
		} else {
			this.#edit("delete");
		}
		return "";
	}

	/* Shows the whole line a last time, and what comes behind it. */
	#leave(behind) {
		const draw = this.#redraw();
		const end = this.#ahead(this.#lay(this.text));
		const leave = this.#move(this.#cursor, end) + behind;
		this.reset();
		return draw + leave;
	}

	/* ---- drawing ---- */

	#begin({ offset, columns, rows }) {
		this.#place = { start: offset, columns, rows };
		const full = offset > 0 && offset % columns === 0;
		this.#cursor = { row: Math.floor(offset / columns), column: offset % columns };
		this.#bottom = this.#cursor.row;
		return full ? " \r" : ""; // the terminal hasn't wrapped yet
	}

	#lay(text) {
		return layOut(text, { ...this.#place, width: this.#width });
	}

	/* Where the cursor stands: never behind a row's last cell. */
	#ahead({ row, column }) {
		return column >= this.#place.columns ? { row: row + 1, column: 0 } : { row, column };
	}

	/* The first row of the line that is still on the screen; what scrolled away can't be drawn again. */
	#top() {
		const { start, columns, rows } = this.#place;
		return Math.max(Math.floor(start / columns), this.#bottom - rows + 1);
	}

	#startOf(row) {
		const { start, columns } = this.#place;
		return { row, column: row === Math.floor(start / columns) ? start % columns : 0 };
	}

	#redraw() {
		const top = this.#top();
		const whole = this.#lay(this.text);
		const end = this.#ahead(whole);
		const cursor = this.#right === "" ? end : this.#ahead(this.#lay(this.#left));
		const draw = this.#move(this.#cursor, this.#startOf(top))
			+ whole.cells.filter(({ row }) => row >= top).map(({ shown }) => shown).join("")
			+ eraseBehind(end)
			+ this.#move(end, cursor);
		this.#cursor = cursor;
		this.#bottom = end.row;
		return draw;
	}

	#move(from, to) {
		const rows = to.row - from.row;
		return (rows < 0 ? `${CSI}${-rows}A` : rows > 0 ? `${CSI}${rows}B` : "") + `${CSI}${to.column + 1}G`;
	}
}

/* At a row's first cell, the row before being full: the blank makes the terminal wrap, and is not erased, for erasing a whole row makes it
 * forget that it belongs to the one before. */
function eraseBehind({ row, column }) {
	return column === 0 && row > 0 ? ` ${CSI}J\r` : `${CSI}J`;
}

/* Its last grapheme. A line is short, but a pasted one needn't be: only its tail is looked at. */
function lastCharacter(text) {
	let last;
	for (const { segment } of segmenter.segment(text.slice(-64)))
		last = segment;
	return last;
}
