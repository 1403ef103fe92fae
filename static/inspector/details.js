/* All fields of one row. */
import { byId, icon, make, makeSvg, show } from "./dom.js";
import { errnoMeaning, errnoName } from "./errnos.js";
import { callName } from "./model.js";
import { handleText } from "./codec.js";
import { bytes, count, programText, timeOfDay, took } from "./numbers.js";
import { isOwn, namedArguments, resultText } from "./preview1.js";
import { printable, printableLines } from "./printable.js";
import { withinOf } from "./rows.js";
import { FLAG, NO_HANDLE } from "./store.js";

/** Where a call's time went, in the order in which it goes there. */
export const PARTS = [["page", "Page"], ["wire", "Wire"], ["queue", "Queue"], ["os", "OS"], ["waiting", "Waiting"]];
/** Those that somebody works in: waiting for input, a peer or a clock isn't one. */
export const WORK = PARTS.slice(0, -1);

/** A bar in the proportions of { page, wire, queue, os }. */
export function splitBar(parts, label) {
	const drawn = (parts.waiting || 0) > 0 && !WORK.some(([part]) => parts[part] > 0) ? PARTS : WORK;
	const whole = drawn.reduce((sum, [part]) => sum + (parts[part] || 0), 0);
	const svg = makeSvg("svg", { class: "split", viewBox: "0 0 100 1", preserveAspectRatio: "none", role: "img", "aria-label": label });
	let x = 0;
	for (const [part] of drawn) {
		const width = whole > 0 ? 100 * (parts[part] || 0) / whole : 0;
		if (width > 0)
			svg.append(makeSvg("rect", { class: part, x: x.toFixed(2), y: 0, width: width.toFixed(2), height: 1 }));
		x += width;
	}
	return svg;
}

export class Details {
	#panel = byId("details");
	#on;

	/** @param {{ close: () => void, filter: (wish: object) => void, breakAt: (wish: object) => void, failAt: (rule: string) => void }} on */
	constructor(on) {
		this.#on = on;
	}

	get open() {
		return !this.#panel.hidden;
	}

	close() {
		show(this.#panel, false);
	}

	/** @param {import("./store.js").Row | null} row */
	show(row) {
		show(this.#panel, row !== null);
		if (row === null)
			return;
		const name = callName(row.call);
		const list = make("dl");
		const add = (term, ...content) => list.append(make("div", {}, make("dt", { textContent: term }), make("dd", { translate: false }, ...content)));
		if (row.flags & FLAG.NOTE) {
			add("Note", row.text);
			add("Time", timeOfDay(row.time));
			return this.#fill("Note", list);
		}
		const named = namedArguments(row);
		add("Arguments", ...named.length === 0 ? ["none"] : named.flatMap(({ name: its, text }, i) => [...(i ? [make("br")] : []),
			...(its === "" ? [] : [make("span", { className: "soft", textContent: `${its} ` })]), printable(text)]));
		if (row.flags & FLAG.SKIPPED)
			add("Result", "skipped: one before it in its chain failed");
		else if (row.errno)
			add("Result", make("strong", { className: "bad-text", textContent: errnoName(row.errno) }), ` ${row.errno}: ${errnoMeaning(row.errno)}`);
		else
			add("Result", printable(resultText(row)));
		if (withinOf(row) !== "")
			add("Interface", printable(withinOf(row)));
		for (const path of row.path === "" ? [] : row.path.split("\0"))
			add("Path", this.#link(printable(path), { path: path.replace(/[*?[\\]/g, "\\$&") }, "Only this path"));
		for (const handle of [row.handle, row.handle2].filter(one => one !== NO_HANDLE))
			add("Handle", this.#link(handleText(handle), { handle: handleText(handle) }, "Only this handle"),
				handle === row.handle && !Number.isNaN(row.offset) ? `, then at ${count(row.offset)}` : "");
		if (row.bytes)
			add("Bytes", `${count(row.bytes)}${row.bytes > 999 ? ` (${bytes(row.bytes)})` : ""}`);
		if (row.flags & FLAG.HASH)
			add("Hash", row.hash.toString(16).padStart(16, "0"));
		add("Answered", row.flags & FLAG.ASKED ? "in the page, after it had asked the server for more" : row.flags & FLAG.LOCAL ? "in the page" : row.flags & FLAG.QUIET
			? `by the server; batch ${row.batch}, which the program didn\u2019t wait for`
			: row.batch === 0 ? "by the gateway" : `by the server, batch ${row.batch}${row.flags & FLAG.WAITED ? ", after it had waited" : ""}`);
		add("Began", timeOfDay(row.time));
		add("Took", took(row.took), splitBar(row, PARTS.map(([part, label]) => `${label} ${took(row[part])}`).join(", ")),
			make("span", { className: "parts" }, ...PARTS.filter(([part]) => !Number.isNaN(row[part]))
				.map(([part, label]) => make("span", { className: `part ${part}` }, `${label} ${took(row[part])}`))));
		if (isOwn(row.call, row.flags))
			add("Whose", "the page\u2019s own: the program didn\u2019t make this call");
		add("Program", row.flags & FLAG.BEFORE ? `${programText(row.program)}, before it was watched` : `${programText(row.program)}, its call ${count(row.serial)}`);
		if (row.data !== null)
			list.append(make("div", { className: "wide" }, make("dt",
				{ textContent: row.flags & FLAG.CUT ? `Contents, the first ${bytes(row.data.length)}` : "Contents" }), make("dd", {}, contents(row.data))));
		this.#fill(name, list, make("p", { className: "buttons" }, this.#button("Only this call", () => this.#on.filter({ call: name })),
			this.#button("Make it fail", () => this.#on.failAt(`${name}:error=EIO`)),
			this.#button("Break here", () => this.#on.breakAt({ call: name, path: row.path.split("\0")[0].replace(/[*?[\\]/g, "\\$&") }))));
	}

	#fill(title, ...content) {
		const close = make("button", { type: "button", className: "quiet", "aria-label": "Close the details", title: "Close (Escape)" }, icon("close"));
		close.addEventListener("click", () => this.#on.close());
		this.#panel.replaceChildren(
			make("div", { className: "bar" }, make("h3", { id: "details-title", textContent: title, translate: false }), close), ...content);
	}

	#button(text, act) {
		const button = make("button", { type: "button", textContent: text });
		button.addEventListener("click", act);
		return button;
	}

	#link(text, wish, title) {
		const button = make("button", { type: "button", className: "link", textContent: text, title });
		button.addEventListener("click", () => this.#on.filter(wish));
		return button;
	}
}

/* Text where it is text, else as bytes. */
function contents(data) {
	let text;
	try {
		text = new TextDecoder("utf-8", { fatal: true }).decode(data);
	} catch {
		text = null;
	}
	if (text !== null && !/[\0-\x08\x0e-\x1a]/.test(text))
		return make("pre", { textContent: printableLines(text), tabIndex: 0 });
	const lines = [];
	for (let at = 0; at < data.length && at < 4096; at += 16) {
		const row = data.subarray(at, at + 16);
		const hex = Array.from(row, byte => byte.toString(16).padStart(2, "0")).join(" ");
		lines.push(`${at.toString(16).padStart(4, "0")}  ${hex.padEnd(47)}  ${Array.from(row, byte => byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".").join("")}`);
	}
	return make("pre", { textContent: lines.join("\n"), tabIndex: 0 });
}
