/* A terminal's line mode: shows and edits what the user types, and hands it over line by line, as a kernel and readline do together. Pure: takes keys and
 * places, gives what to write on the terminal and what to do. Leaves to others: the terminal (screen.js), the program. */
import { History } from "./history.js";
import { readKeys, readText } from "./keys.js";
import { layOut } from "./layout.js";
import { Search } from "./search.js";

const UNDONE_MAX = 1000;
const CSI = "\x1b[";
const WORD = "\\p{L}\\p{N}\\p{M}_";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * @typedef {object} Place where the terminal's cursor is, when the line isn't shown
 * @property {number} offset cells from the beginning of its line, rows above that were wrapped included
 * @property {number} columns
 * @property {number} rows
 *
 * @typedef {{ feed: string } | { complete: string } | "mark" | "dropped" | "interrupt" | "clear"} Act feed: for stdin. complete: Tab behind these
 *          letters, which may be a path's. mark: one read gives nothing (Ctrl-D). dropped: Ctrl-C discarded a line that was begun. interrupt: Ctrl-C on an
 *          empty line. clear: the screen (Ctrl-L)
 */

export class LineEditor {
	#width;
	#left = ""; // before the cursor
	#right = "";
	#killed = "";
	#history = new History();
	#search = null; // while Ctrl-R searches
	#undone = []; // Sides of the line, the newest last
	#typing = false; // the last change added a letter to a word
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

	/** The lines that were typed before, the oldest first. @type {string[]} */
	get lines() {
		return this.#history.lines;
	}

	set lines(lines) {
		this.#history.lines = lines;
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
		for (const item of typed) {
			if (!this.shown)
				draw += this.#begin(place);
			if (!this.#searches(item))
				draw += this.#change(item, acts);
			if (!this.shown) // a line has ended, and the next begins at the left
				place = { ...place, offset: 0 };
		}
		if (this.shown)
			draw += this.#redraw();
		if (this.shown && this.#isEmpty && this.#history.isNew)
			this.#place = null; // whatever is written now comes here
		return { draw, acts };
	}

	/** Tab found how the letters before the cursor go on. @param {string} begun what was asked for; a line that has changed since stays as it is
	 * @param {string} rest @param {Place} place @returns {string} to be written */
	complete(begun, rest, place) {
		if (this.#search !== null || !this.#left.endsWith(begun))
			return "";
		return this.#take([{ text: rest }], place).draw;
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
		if (this.shown || this.#isEmpty)
			return "";
		return this.#begin(place) + this.#redraw();
	}

	/** Forgets the line, not the history: another program begins. */
	reset() {
		this.#left = this.#right = "";
		this.#history.rewind();
		this.#search = null;
		this.#undone = [];
		this.#place = null;
	}

	get #isEmpty() {
		return this.text === "" && this.#search === null;
	}

	#set({ left, right }) {
		this.#left = left;
		this.#right = right;
	}

	/* ---- searching, undoing ---- */

	/* Is it the search's? */
	#searches(item) {
		if (this.#search === null)
			return false;
		if (this.#search.take(item))
			return true;
		const ends = item.key === "cancel" || item.key === "interrupt";
		this.#set(ends ? this.#search.before : this.#search.found);
		this.#search = null;
		return ends;
	}

	#change({ key, text }, acts) {
		const before = { left: this.#left, right: this.#right };
		let draw = "";
		if (text === undefined)
			draw = this.#key(key, acts);
		else
			this.#left += text;
		const isTyping = text?.length === 1 && /\S/.test(text);
		if (key !== "undo" && this.shown && this.text !== before.left + before.right && !(isTyping && this.#typing))
			this.#undone = [...this.#undone, before].slice(-UNDONE_MAX);
		this.#typing = isTyping;
		return draw;
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
			this.#recall(-1);
			return "";
		case "newer":
			this.#recall(1);
			return "";
		case "search":
			this.#search = new Search(this.#history, { left: this.#left, right: this.#right });
			return "";
		case "yank":
			this.#left += this.#killed;
			return "";
		case "undo":
			this.#set(this.#undone.pop() ?? { left: this.#left, right: this.#right });
			return "";
		case "complete":
			this.#tab(acts);
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

	#recall(step) {
		const line = this.#history.step(step, this.text);
		if (line !== null)
			this.#set({ left: line, right: "" });
	}

	/* A path is completed: letters with a slash, or behind a quotation mark. Elsewhere a tab is a tab. */
	#tab(acts) {
		const [, quote, word] = this.#left.match(/(["'`]?)([^\s"'`()[\]{}<>=,;:|&]*)$/);
		if (quote !== "" && word !== "" || word.includes("/"))
			acts.push({ complete: word });
		else
			this.#left += "\t";
	}

	#commit(acts) {
		const line = this.text;
		this.#history.add(line);
		acts.push({ feed: `${line}\n` });
		return this.#leave("\r\n");
	}

	/* Discards the typed line, which Ctrl-Y brings back. */
	#interrupt(acts) {
		acts.push(this.text === "" ? "interrupt" : "dropped");
		if (this.text !== "")
			this.#killed = this.text;
		this.#left = this.#right = "";
		this.#history.rewind();
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
		const { left, right } = this.#search?.shown ?? { left: this.#left, right: this.#right };
		const whole = this.#lay(left + right);
		const end = this.#ahead(whole);
		const cursor = right === "" ? end : this.#ahead(this.#lay(left));
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
