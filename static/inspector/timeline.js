/* Calls over time: a lane for each handle, and above them a flame: each call, and below it where its time went. Draws the last rows that the trace shows, on a
 * canvas. Where within a call each part lay isn't known: page, wire, queue, operating system and waiting are drawn one after the other. */
import { colourReader } from "../colours.js";
import { byId, setText } from "./dom.js";
import { PARTS } from "./details.js";
import { callName } from "./rows.js";
import { handleText } from "./codec.js";
import { timeOfDay, took } from "./numbers.js";
import { printable } from "./printable.js";
import { argumentsText } from "./preview1.js";
import { FLAG, NO_HANDLE } from "./store.js";

const ROWS = 20_000; // at most so many are looked at
const LANES = 200;
const LANE = 20, TOP = 20, LABEL = 132; // px
const LEAST_US = 5, LONGEST_US = 3600e6; // what the width may mean
const FIRST_US = 1e6;
const STEP = 0.2; // of the width
const COLOURS = { page: "--ansi-5", wire: "--ansi-4", queue: "--ansi-11", os: "--ansi-2", waiting: "--line-strong" };

export class Timeline {
	#model;
	#selection;
	#onRow;
	#canvas = byId("timeline-canvas");
	#width = FIRST_US; // microseconds
	#end = null; // microseconds; null: follows the newest
	#boxes = []; // what is drawn: { x, y, w, row }
	#drag = null;

	/** @param {{ model: import("./model.js").Model, selection: import("./selection.js").Selection, onRow: (number: number) => void }} on */
	constructor({ model, selection, onRow }) {
		this.#model = model;
		this.#selection = selection;
		this.#onRow = onRow;
		byId("timeline-in").addEventListener("click", () => this.zoom(0.5));
		byId("timeline-out").addEventListener("click", () => this.zoom(2));
		byId("timeline-back").addEventListener("click", () => this.move(-1));
		byId("timeline-on").addEventListener("click", () => this.move(1));
		byId("timeline-all").addEventListener("click", () => this.fit());
		this.#canvas.addEventListener("keydown", event => this.#key(event));
		this.#canvas.addEventListener("wheel", event => this.#wheel(event), { passive: false });
		this.#canvas.addEventListener("pointerdown", event => (this.#drag = { x: event.offsetX, end: this.#end ?? this.#newest, moved: false }));
		this.#canvas.addEventListener("pointermove", event => this.#pointed(event));
		this.#canvas.addEventListener("pointerup", event => this.#released(event));
		this.#canvas.addEventListener("pointerleave", () => (this.#drag = null));
		new ResizeObserver(() => this.render()).observe(byId("timeline-body"));
	}

	get #visible() {
		return !byId("timeline").hidden && byId("timeline").checkVisibility();
	}

	/* The end of the newest row. */
	get #newest() {
		const { length } = this.#selection;
		const row = length ? this.#model.store.row(this.#selection.at(length - 1)) : null;
		return row === null ? this.#model.now : row.time + (row.took || 0);
	}

	zoom(by, at = 0.5) {
		const end = this.#end ?? this.#newest, width = Math.min(LONGEST_US, Math.max(LEAST_US, this.#width * by));
		this.#end = end - (1 - at) * this.#width + (1 - at) * width;
		this.#width = width;
		this.render();
	}

	/** Moves by a part of the width; beyond the newest it follows again. */
	move(steps) {
		const end = (this.#end ?? this.#newest) + steps * STEP * this.#width;
		this.#end = end >= this.#newest + STEP * this.#width ? null : end;
		this.render();
	}

	/** All rows that the trace shows, as far as they are drawn. */
	fit() {
		const rows = this.#rows(-Infinity, Infinity);
		if (rows.length === 0)
			return;
		const from = Math.min(...rows.map(({ time }) => time));
		this.#end = null;
		this.#width = Math.min(LONGEST_US, Math.max(LEAST_US, (this.#newest - from) * 1.02));
		this.render();
	}

	#key(event) {
		const act = { ArrowLeft: () => this.move(-1), ArrowRight: () => this.move(1), "+": () => this.zoom(0.5), "-": () => this.zoom(2),
			Home: () => this.fit(), End: () => this.move(Infinity) }[event.key];
		if (!act || event.ctrlKey || event.altKey || event.metaKey)
			return;
		event.preventDefault();
		event.stopPropagation();
		act();
	}

	#wheel(event) {
		if (!event.ctrlKey && !event.shiftKey)
			return; // scrolls the lanes
		event.preventDefault();
		if (event.ctrlKey)
			this.zoom(event.deltaY > 0 ? 1.25 : 0.8, Math.max(0, (event.offsetX - LABEL) / (this.#canvas.clientWidth - LABEL)));
		else
			this.move(Math.sign(event.deltaY || event.deltaX));
	}

	#pointed(event) {
		const drag = this.#drag;
		if (drag !== null && Math.abs(event.offsetX - drag.x) > 3)
			drag.moved = true;
		if (drag?.moved) {
			this.#end = drag.end - (event.offsetX - drag.x) / (this.#canvas.clientWidth - LABEL) * this.#width;
			return this.render();
		}
		const box = this.#at(event);
		const { row } = box ?? {};
		this.#canvas.title = row ? `${callName(row.call)}(${printable(argumentsText(row)).slice(0, 120)})\n${took(row.took)}: ${partsText(row)}` : "";
		return undefined;
	}

	#released(event) {
		const box = this.#drag?.moved ? null : this.#at(event);
		this.#drag = null;
		if (box)
			this.#onRow(box.row.number);
	}

	#at({ offsetX: x, offsetY: y }) {
		return this.#boxes.findLast(box => x >= box.x - 1 && x <= box.x + box.w + 1 && y >= box.y && y < box.y + LANE) ?? null;
	}

	/* Rows within this time, oldest first, those that took none at its ends too. */
	#rows(from, to) {
		const rows = [];
		const { length } = this.#selection;
		for (let i = length - 1; i >= Math.max(0, length - ROWS); i--) {
			const row = this.#model.store.row(this.#selection.at(i));
			if (row !== null && !(row.flags & FLAG.NOTE) && row.time <= to && row.time + (row.took || 0) >= from)
				rows.push(row);
		}
		return rows.reverse();
	}

	render() {
		if (!this.#visible)
			return;
		const end = this.#end ?? this.#newest, from = end - this.#width;
		const rows = this.#rows(from, end);
		const lanes = lanesOf(rows, this.#model);
		const width = byId("timeline-body").clientWidth, height = TOP + 2 * LANE + lanes.size * LANE + 4;
		const ratio = devicePixelRatio || 1;
		Object.assign(this.#canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
		this.#canvas.style.height = `${height}px`;
		const pen = this.#canvas.getContext("2d");
		pen.scale(ratio, ratio);
		const colour = colourReader();
		const scale = (width - LABEL) / this.#width;
		this.#boxes = [];
		pen.font = `11px ${getComputedStyle(document.body).fontFamily}`;
		pen.textBaseline = "middle";
		drawAxis(pen, { from, end, width, height, colour });
		for (const row of rows) {
			const x = Math.max(LABEL, LABEL + (row.time - from) * scale), right = Math.min(width, LABEL + (row.time + (row.took || 0) - from) * scale);
			const box = { x, y: TOP, w: Math.max(1, right - x), row };
			const lane = { ...box, y: TOP + 2 * LANE + lanes.get(laneOf(row)).at * LANE };
			if (!(row.flags & FLAG.QUIET)) {
				this.#boxes.push(box, { ...box, y: TOP + LANE });
				drawCall(pen, box, callName(row.call), row.errno ? colour("--bad") : colour("--accent"), colour("--paper"));
				drawParts(pen, { ...box, y: TOP + LANE }, row, colour);
			}
			this.#boxes.push(lane);
			drawCall(pen, lane, callName(row.call), row.errno ? colour("--bad") : colour("--accent"), colour("--paper"));
		}
		drawLabels(pen, lanes, { colour, width });
		const text = `${rows.length} calls on ${lanes.size} lanes from ${timeOfDay(from)} to ${timeOfDay(end)}`;
		this.#canvas.setAttribute("aria-label", text);
		setText(byId("timeline-scope"), `${took(this.#width)}${this.#end === null ? ", the newest" : ""}`);
	}
}

export const partsText = row => PARTS.filter(([part]) => row[part] > 0).map(([part, name]) => `${name} ${took(row[part])}`).join(", ");

const laneOf = row => (row.handle === NO_HANDLE ? `${row.program}` : `${row.program}/${row.handle}`);

/* Lanes in the order of programs and handles. @returns {Map<string, { at: number, text: string }>} */
function lanesOf(rows, model) {
	const seen = new Map();
	for (const row of rows)
		seen.set(laneOf(row), row);
	const sorted = [...seen].sort(([, a], [, b]) => a.program - b.program || (a.handle === NO_HANDLE ? -1 : b.handle === NO_HANDLE ? 1 : a.handle - b.handle));
	const many = new Set(sorted.map(([, { program }]) => program)).size > 1;
	return new Map(sorted.map(([key, { program, handle }], i) => {
		const path = model.programs.get(program)?.files.pathOf(handle) ?? "";
		const name = handle === NO_HANDLE ? "no handle" : `${handleText(handle)} ${path.split("/").pop() || path}`;
		return [key, { at: Math.min(i, LANES), text: printable(many ? `${program}: ${name}` : name) }];
	}));
}

function drawCall(pen, { x, y, w }, name, fill, ink) {
	pen.fillStyle = fill;
	pen.fillRect(x, y + 2, w, LANE - 4);
	if (w > 40) {
		pen.fillStyle = ink;
		pen.save();
		pen.beginPath();
		pen.rect(x, y, w - 2, LANE);
		pen.clip();
		pen.fillText(name, x + 3, y + LANE / 2);
		pen.restore();
	}
}

function drawParts(pen, { x, y, w }, row, colour) {
	const whole = PARTS.reduce((sum, [part]) => sum + (row[part] || 0), 0);
	let at = x;
	for (const [part] of PARTS) {
		const wide = whole > 0 ? w * (row[part] || 0) / whole : 0;
		pen.fillStyle = colour(COLOURS[part]);
		pen.fillRect(at, y + 2, wide, LANE - 4);
		at += wide;
	}
}

function drawAxis(pen, { from, end, width, height, colour }) {
	const span = end - from, power = 10 ** Math.floor(Math.log10(span / 4));
	const step = [1, 2, 5, 10].map(times => times * power).find(one => span / one <= 6) ?? 10 * power;
	pen.fillStyle = colour("--ink-soft");
	pen.strokeStyle = colour("--line");
	pen.textAlign = "left";
	for (let at = Math.ceil(from / step) * step; at < end; at += step) {
		const x = Math.round(LABEL + (at - from) / span * (width - LABEL)) + 0.5;
		pen.beginPath();
		pen.moveTo(x, TOP);
		pen.lineTo(x, height);
		pen.stroke();
		if (x < width - 90)
			pen.fillText(timeOfDay(at).slice(step >= 1e6 ? 0 : 3, step >= 1e6 ? 8 : step >= 1000 ? 12 : 15), x + 3, TOP / 2);
	}
}

function drawLabels(pen, lanes, { colour, width }) {
	pen.fillStyle = colour("--screen");
	pen.fillRect(0, TOP, LABEL - 4, TOP + (lanes.size + 2) * LANE);
	pen.strokeStyle = colour("--line");
	pen.fillStyle = colour("--ink");
	for (const [y, text] of [[TOP, "calls"], [TOP + LANE, "their parts"], ...[...lanes.values()].map(({ at, text: its }) => [TOP + 2 * LANE + at * LANE, its])]) {
		pen.save();
		pen.beginPath();
		pen.rect(0, y, LABEL - 6, LANE);
		pen.clip();
		pen.fillText(text, 8, y + LANE / 2);
		pen.restore();
		pen.beginPath();
		pen.moveTo(0, y + LANE - 0.5);
		pen.lineTo(width, y + LANE - 0.5);
		pen.stroke();
	}
}
