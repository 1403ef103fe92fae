/* The trace's table: one row a call. Knows which rows are shown and chosen, and whether it follows or is held. Leaves to others: the filter's fields, a row's
 * details, files. */
import { byId, make, setText, show } from "./dom.js";
import { errnoName } from "./errnos.js";
import { Grid } from "./grid.js";
import { bytes, count, programText, timeOfDay, took } from "./numbers.js";
import { argumentsText, isOwn, resultText } from "./preview1.js";
import { printable } from "./printable.js";
import { NOTE, callName, withinOf } from "./rows.js";
import { Selection } from "./selection.js";
import { FLAG } from "./store.js";

const LONGEST = 400; // characters of arguments in a row; the details have all
const FAMILIES = new Map([["path", "path"], ["fd", "fd"], ["sock", "sock"], ["poll", "poll"]]);
const SLOW_US = 10_000;
const NOTES = new Map([[NOTE.GAP, "gap"], [NOTE.SINCE, "since"], [NOTE.STOP, "stop"]]);

export class Trace {
	#model;
	#selection;
	#grid;
	#view = byId("view");
	#first; // of the store, when drawn last
	#chosen = null; // row number
	#held = null; // "key": until the key is pressed again; "scroll": until the end is scrolled to
	#onChoose;
	#complete = true;

	/** @param {import("./model.js").Model} model @param {(row: number | null) => void} onChoose */
	constructor(model, onChoose) {
		this.#model = model;
		this.#onChoose = onChoose;
		this.#selection = new Selection(model.store);
		this.#first = 0;
		this.#grid = new Grid(this.#view, {
			make: () => makeLine(),
			draw: (line, index) => this.#draw(line, index),
			onScroll: atEnd => this.#scrolled(atEnd),
		});
		this.#view.addEventListener("click", ({ target }) => {
			const line = target.closest(".line");
			if (line)
				this.choose(Number(line.dataset.row));
		});
		byId("grid").addEventListener("keydown", event => this.#key(event));
		byId("follow").addEventListener("click", () => this.toggleFollow());
	}

	get selection() {
		return this.#selection;
	}

	get chosen() {
		return this.#chosen;
	}

	/** Only rows that pass are shown. test: compileFilter's. */
	filter(test) {
		this.#selection.filter(test);
		this.render(true);
		if (this.#held === null)
			this.#grid.toEnd();
		else if (this.#chosen !== null)
			this.#grid.reveal(this.#selection.indexOf(this.#chosen));
		this.#grid.render();
	}

	/** Tests and draws new rows. force: draws even without new rows. @returns {boolean} true: there are more to test */
	render(force = false) {
		const { store } = this.#model;
		for (const number of this.#model.disowned.splice(0))
			this.#selection.again(number);
		const before = this.#selection.length, firstBefore = this.#selection.length ? this.#selection.at(0) : 0;
		this.#complete = this.#selection.advance();
		const { length } = this.#selection;
		// rows were dropped in front: the visible ones stay in place
		const gone = this.#held !== null && store.first > this.#first ? Math.max(0, before - length) : 0;
		this.#grid.setLength(length, gone);
		this.#first = store.first;
		if (this.#held === null)
			this.#grid.toEnd();
		if (force || length !== before || this.#model.changed.has("rows") || firstBefore < store.first)
			this.#grid.render();
		this.#tell();
		return !this.#complete;
	}

	#tell() {
		const { length, waiting } = this.#selection;
		const { store } = this.#model;
		const all = store.end - store.first;
		let text = this.#selection.passed === all ? `${count(all)} ${all === 1 ? "row" : "rows"}` : `${count(this.#selection.passed)} of ${count(all)} rows`;
		if (!this.#complete)
			text += `, ${Math.floor(this.#selection.progress * 100)} % searched`;
		if (store.first > 0)
			text += `, the oldest ${count(store.first)} dropped`;
		setText(byId("trace-count"), text);
		const follow = byId("follow");
		follow.setAttribute("aria-pressed", String(this.#held === null));
		setText(byId("follow-text"), this.#held === null ? "Following" : waiting > 0 ? `Held, ${count(waiting)} new` : "Held");
		show(byId("no-rows"), length === 0);
		setText(byId("no-rows"), all === 0 ? "No calls yet." : "No call passes the filter.");
		byId("grid").setAttribute("aria-rowcount", String(length + 1));
	}

	/* ---- following and holding ---- */

	toggleFollow() {
		if (this.#held === null)
			this.hold("key");
		else
			this.follow();
	}

	/** @param {"key" | "scroll"} how */
	hold(how) {
		this.#held = how;
		this.#selection.hold();
		this.#tell();
	}

	follow() {
		this.#held = null;
		this.#selection.release();
		this.render(true);
	}

	#scrolled(atEnd) {
		if (!atEnd && this.#held === null)
			this.hold("scroll");
		else if (atEnd && this.#held === "scroll")
			this.follow();
	}

	/* ---- choosing ---- */

	/** @param {number | null} row its number */
	choose(row) {
		this.#chosen = row;
		if (row !== null && this.#held === null)
			this.hold("scroll");
		if (row !== null)
			this.#grid.reveal(this.#selection.indexOf(row));
		this.#grid.render();
		const line = byId(`row-${row}`);
		if (line && !line.hidden)
			byId("grid").setAttribute("aria-activedescendant", line.id);
		else
			byId("grid").removeAttribute("aria-activedescendant");
		this.#onChoose(row);
	}

	/** Moves the choice by rows; without a choice it begins at the end. */
	move(by) {
		const { length } = this.#selection;
		if (length === 0)
			return;
		const index = this.#chosen === null ? (by < 0 ? length : -1) + (by < 0 ? by : length) : this.#selection.indexOf(this.#chosen) + by;
		this.choose(this.#selection.at(Math.min(length - 1, Math.max(0, index))));
	}

	get page() {
		return this.#grid.page;
	}

	#key(event) {
		if (event.ctrlKey || event.altKey || event.metaKey)
			return;
		const move = { ArrowDown: 1, ArrowUp: -1, PageDown: this.page, PageUp: -this.page, Home: -Infinity }[event.key];
		if (move !== undefined)
			this.move(move);
		else if (event.key === "End")
			this.toNewest();
		else
			return;
		event.preventDefault();
	}

	toOldest() {
		this.move(-Infinity);
	}

	toNewest() {
		if (this.#chosen !== null)
			this.choose(null);
		this.follow();
	}

	/* ---- rows ---- */

	#draw(line, index) {
		const number = this.#selection.at(index);
		const row = this.#model.store.row(number);
		if (row === null) {
			line.hidden = true;
			return;
		}
		const { cells } = line;
		line.id = `row-${number}`;
		line.dataset.row = number;
		line.setAttribute("aria-rowindex", String(index + 2));
		line.setAttribute("aria-selected", String(number === this.#chosen));
		if (row.flags & FLAG.NOTE)
			return drawNote(line, row);
		delete line.dataset.note;
		const name = callName(row.call);
		const failed = row.errno !== 0 && !(row.flags & FLAG.SKIPPED);
		line.dataset.own = isOwn(row.call, row.flags);
		line.dataset.before = (row.flags & FLAG.BEFORE) !== 0;
		line.dataset.by = row.flags & FLAG.LOCAL ? "page" : row.flags & FLAG.QUIET ? "later" : "server";
		line.dataset.failed = failed;
		line.dataset.family = FAMILIES.get(name.slice(0, name.indexOf("_"))) ?? "other";
		setText(cells.time, timeOfDay(row.time));
		setText(cells.program, programText(row.program));
		cells.program.dataset.program = row.program % 6;
		setText(cells.call, name);
		setText(cells.text, printable(cut(argumentsText(row))) + (withinOf(row) && ` \u2190 ${withinOf(row)}`));
		setText(cells.result, failed ? errnoName(row.errno) : printable(resultText(row)));
		setText(cells.bytes, row.bytes ? bytes(row.bytes) : "");
		setText(cells.took.lastChild, took(row.took));
		cells.took.firstChild.style.transform = `scaleX(${share(row.took)})`;
		cells.took.dataset.slow = row.took >= SLOW_US;
		setText(cells.by, row.flags & FLAG.ASKED ? "page, asked" : row.flags & FLAG.LOCAL ? "page" : row.batch === 0 ? "gateway" : `#${row.batch}${row.flags & FLAG.QUIET ? " later" : ""}`);
	}
}

function drawNote(line, row) {
	const { cells } = line;
	line.dataset.note = NOTES.get(row.errno) ?? "gap";
	for (const name of ["by", "own", "before", "failed", "family"])
		delete line.dataset[name];
	for (const cell of [cells.call, cells.result, cells.bytes, cells.by, cells.took.lastChild])
		setText(cell, "");
	cells.took.firstChild.style.transform = "scaleX(0)";
	setText(cells.time, timeOfDay(row.time));
	setText(cells.program, row.program ? programText(row.program) : "");
	setText(cells.text, row.text);
}

const cut = text => text.length > LONGEST ? `${text.slice(0, LONGEST)}\u2026` : text;

/* From a microsecond, nothing, to a second, everything. */
function share(us) {
	return us > 1 ? Math.min(1, Math.log10(us) / 6).toFixed(3) : 0;
}

function makeLine() {
	const cell = (className, ...children) => make("span", { className, role: "gridcell", translate: false }, ...children);
	const cells = {
		time: cell("time"), program: cell("program"), call: cell("call"), text: cell("text"), result: cell("result"), bytes: cell("bytes number"),
		took: cell("took number", make("span", { className: "fill", "aria-hidden": "true" }), make("span")), by: cell("by"),
	};
	const line = make("div", { className: "line", role: "row" }, ...Object.values(cells));
	line.cells = cells;
	return line;
}
