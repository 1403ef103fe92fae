/* The table of files: who opened, read and wrote each, how much, and how long that took. Sorted by a column. */
import { byId, make, setText, show } from "./dom.js";
import { bytes, count, programText, took } from "./numbers.js";
import { printable } from "./printable.js";

const SHOWN = 500; // rows
const COLUMNS = ["path", "who", "opened", "read", "written", "calls", "errors", "took"];

export class FilesPanel {
	#body = byId("files").tBodies[0];
	#sort = "took";
	#onFile;
	#shown = [];

	/** @param {(path: string) => void} onFile */
	constructor(onFile) {
		this.#onFile = onFile;
		this.#body.addEventListener("click", ({ target }) => {
			const button = target.closest("button");
			if (button)
				this.#onFile(this.#shown[Number(button.dataset.index)].path);
		});
		byId("files").tHead.addEventListener("click", ({ target }) => {
			const button = target.closest("button");
			if (button)
				this.#sort = button.dataset.sort;
			this.#mark();
		});
		this.#mark();
	}

	#mark() {
		for (const button of byId("files").tHead.querySelectorAll("button"))
			button.closest("th").setAttribute("aria-sort", button.dataset.sort === this.#sort ? (this.#sort === "path" ? "ascending" : "descending") : "none");
	}

	/** @param {object[]} programs whose files are shown */
	render(programs) {
		const all = new Map();
		for (const program of programs)
			for (const [path, use] of program.files.byPath()) {
				const sum = all.get(path) ?? { path, who: [], opened: 0, read: 0, written: 0, calls: 0, errors: 0, took: 0 };
				for (const field of COLUMNS.slice(2))
					sum[field] += use[field];
				sum.who.push(program.id);
				all.set(path, sum);
			}
		const by = this.#sort;
		this.#shown = [...all.values()].filter(({ calls, opened }) => calls > 0 || opened > 0)
			.sort((a, b) => (by === "path" ? 0 : b[by] - a[by]) || (a.path < b.path ? -1 : 1)).slice(0, SHOWN);
		show(byId("files"), this.#shown.length > 0);
		show(byId("no-files"), this.#shown.length === 0);
		this.#shown.forEach((use, i) => draw(this.#body.rows[i] ?? this.#body.appendChild(makeRow(i)), use));
		while (this.#body.rows.length > this.#shown.length)
			this.#body.lastChild.remove();
	}
}

function makeRow(index) {
	const button = make("button", { type: "button", className: "link", title: "Only calls of this file" });
	button.dataset.index = index;
	const cell = () => make("td", { className: "number" });
	return make("tr", {}, make("th", { scope: "row", className: "path", translate: false }, button), make("td"), cell(), cell(), cell(), cell(),
		make("td", { className: "number bad-text" }), cell());
}

function draw(row, use) {
	const [path, who, ...numbers] = row.cells;
	const name = printable(use.path);
	setText(path.firstChild, name);
	path.title = name;
	setText(who, use.who.map(programText).join(" "));
	const texts = [use.opened, use.read && bytes(use.read), use.written && bytes(use.written), use.calls, use.errors];
	texts.forEach((text, i) => setText(numbers[i], text ? (typeof text === "number" ? count(text) : text) : ""));
	setText(numbers[5], took(use.took));
}
