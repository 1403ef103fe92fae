/* The rows of the tree: only those that can be seen are elements, so that a folder with 10,000 entries costs no more than one with 50. Keys as trees have them;
 * several may be selected. Leaves to others: what is in the tree (tree.js), what is done with an entry (panel.js). */
import { setText } from "../elements.js";
import { bytes } from "../figures.js";
import { letterOf } from "../letter.js";
import { icon, make } from "./element.js";

/* The type under which dragged entries' paths travel, as JSON; the terminal page knows it. */
const PATHS = "application/x-wvwasi-paths";
const AROUND = 8; // rows above and below what is seen
const TYPED_MS = 700;
const OPEN = "M4 6l4 4 4-4", CLOSED = "M6 4l4 4-4 4", LOCK = "M4.5 7.5h7v5.5h-7zM6 7.5V5.5a2 2 0 0 1 4 0v2";
const FOLDER = "M2 4.5v8h12v-6.5H7.5L6 4.5z", FILE = "M4 2h5l3 3v9H4zM9 2v3h3";

export class Rows {
	/** role="tree"; it scrolls */
	element = make("div", { role: "tree", tabIndex: 0, className: "rows", "aria-label": "Granted folders", "aria-multiselectable": "true" });
	#space = make("div", { role: "none", className: "space" });
	#probe = make("div", { className: "row probe", role: "none", "aria-hidden": "true" });
	#tree;
	#on;
	/** @type {Map<import("./tree.js").Entry, HTMLElement>} */
	#shown = new Map();
	#selected = null; // the current one
	/** Others that are selected with it. @type {Set<import("./tree.js").Entry>} */
	#others = new Set();
	#anchor = null; // where a range begins
	#number = 0;
	#due = false;
	#typed = { text: "", ms: 0 };

	/**
	 * @param {import("./tree.js").Tree} tree
	 * @param {{ selected: () => void, activate: (entry: import("./tree.js").Entry) => void, key: (event: KeyboardEvent) => void }} on key: one that isn't the tree's own
	 */
	constructor(tree, on) {
		this.#tree = tree;
		this.#on = on;
		this.element.append(this.#space, this.#probe);
		this.element.addEventListener("scroll", () => this.draw());
		this.element.addEventListener("keydown", event => this.#press(event));
		this.element.addEventListener("click", event => this.#click(event));
		this.element.addEventListener("dblclick", event => {
			const entry = this.entryAt(event);
			if (entry?.kind === "file")
				this.#on.activate(entry);
		});
		this.element.addEventListener("dragstart", event => {
			const entry = this.entryAt(event);
			if (entry === null)
				return;
			const paths = (this.#isChosen(entry) ? this.chosen : [entry]).map(({ path }) => path);
			event.dataTransfer.setData("text/plain", paths.join("\n"));
			event.dataTransfer.setData(PATHS, JSON.stringify(paths));
		});
		new ResizeObserver(() => this.draw()).observe(this.element);
	}

	/** The current one. @returns {import("./tree.js").Entry | null} */
	get selected() {
		return this.#selected;
	}

	/** All that are selected, from above to below. @returns {import("./tree.js").Entry[]} */
	get chosen() {
		return this.#others.size === 0 ? [this.#selected].filter(Boolean) : this.#tree.visible.filter(entry => this.#isChosen(entry));
	}

	#isChosen(entry) {
		return entry === this.#selected || this.#others.has(entry);
	}

	/**
	 * Makes it the current one, and brings it into sight.
	 * @param {import("./tree.js").Entry | null} entry @param {"alone" | "range" | "too"} [how] range: with all since the last that was chosen alone
	 */
	select(entry, how = "alone") {
		const { visible } = this.#tree;
		if (how === "range" && entry !== null) {
			const from = Math.max(0, visible.indexOf(this.#anchor)), to = visible.indexOf(entry);
			this.#others = new Set(visible.slice(Math.min(from, to), Math.max(from, to) + 1));
		} else if (how === "too" && this.#selected !== null)
			this.#others.add(this.#selected);
		else
			this.#others.clear();
		if (how !== "range")
			this.#anchor = entry;
		this.#selected = entry;
		this.#on.selected();
		const at = this.#tree.visible.indexOf(entry), height = this.#probe.offsetHeight;
		if (at >= 0) {
			this.#space.style.height = `${this.#tree.visible.length * height}px`; // else it couldn't scroll so far yet
			const { scrollTop, clientHeight } = this.element;
			if (at * height < scrollTop)
				this.element.scrollTop = at * height;
			else if ((at + 1) * height > scrollTop + clientHeight)
				this.element.scrollTop = (at + 1) * height - clientHeight;
		}
		this.draw();
	}

	/** At the next frame. */
	draw() {
		if (this.#due)
			return;
		this.#due = true;
		requestAnimationFrame(() => {
			this.#due = false;
			this.#draw();
		});
	}

	/** @param {Event} event @returns {import("./tree.js").Entry | null} whose row it is on */
	entryAt(event) {
		const row = event.composedPath().find(each => each instanceof Element && each.getAttribute("role") === "treeitem");
		for (const [entry, element] of this.#shown)
			if (element === row)
				return entry;
		return null;
	}

	/** @param {import("./tree.js").Entry | null} entry on which something would be dropped */
	target(entry) {
		for (const [each, element] of this.#shown)
			element.classList.toggle("target", each === entry);
	}

	#draw() {
		const { visible } = this.#tree, height = this.#probe.offsetHeight;
		if (height === 0)
			return; // hidden
		if (this.#others.size)
			this.#others = new Set(visible.filter(entry => this.#others.has(entry)));
		if (this.#selected && !visible.includes(this.#selected))
			this.select(this.#nearest());
		this.#space.style.height = `${visible.length * height}px`;
		const { scrollTop, clientHeight } = this.element;
		const first = Math.max(0, Math.floor(scrollTop / height) - AROUND), last = Math.ceil((scrollTop + clientHeight) / height) + AROUND;
		const wanted = new Map(visible.slice(first, last).map((entry, i) => [entry, first + i]));
		if (this.#selected)
			wanted.set(this.#selected, visible.indexOf(this.#selected)); // aria-activedescendant names it
		for (const [entry, row] of this.#shown)
			if (!wanted.has(entry)) {
				row.remove();
				this.#shown.delete(entry);
			}
		for (const [entry, at] of wanted) {
			const row = this.#shown.get(entry) ?? this.#add(entry);
			row.style.transform = `translateY(${at * height}px)`;
			row.classList.toggle("current", entry === this.#selected);
			fill(row, entry, this.#isChosen(entry));
			if (at >= first && at < last)
				this.#tree.look(entry);
		}
		this.element.setAttribute("aria-activedescendant", this.#shown.get(this.#selected)?.id ?? "");
	}

	/* Where the selection goes when its entry has: a sibling, or the folder. */
	#nearest() {
		for (let { parent } = this.#selected; parent; parent = parent.parent)
			if (this.#tree.visible.includes(parent))
				return parent;
		return this.#tree.roots.find(({ path }) => path === this.#selected.path) ?? this.#tree.roots[0] ?? null;
	}

	#add(entry) {
		const row = make("div", { role: "treeitem", className: `row ${entry.kind}`, id: `row${++this.#number}`, draggable: true, title: entry.path },
			make("span", { className: "twist" }), icon(entry.kind === "directory" ? FOLDER : FILE), make("span", { className: "name", textContent: entry.name }),
			make("span", { className: "mark" }), make("span", { className: "size" }));
		row.style.setProperty("--depth", entry.depth);
		row.setAttribute("aria-level", entry.depth);
		if (entry.readonly && entry.parent === null)
			row.querySelector(".name").after(make("span", { className: "tag" }, icon(LOCK), "read-only"));
		this.#space.append(row);
		this.#shown.set(entry, row);
		return row;
	}

	#click(event) {
		const entry = this.entryAt(event);
		if (entry === null)
			return;
		const { shiftKey, ctrlKey, metaKey } = event;
		if (ctrlKey || metaKey)
			return this.#toggleChosen(entry);
		this.select(entry, shiftKey ? "range" : "alone");
		if (entry.kind === "directory" && event.detail < 2 && !shiftKey)
			this.#toggle(entry);
	}

	#toggleChosen(entry) {
		if (!this.#isChosen(entry) || this.chosen.length === 1)
			return this.select(entry, "too");
		this.#others.delete(entry);
		if (entry === this.#selected) {
			this.#selected = this.#anchor = this.#others.values().next().value;
			this.#others.delete(this.#selected);
		}
		this.#on.selected();
		return this.draw();
	}

	/* Everything that is in the same folder. */
	#chooseAll() {
		this.#others = new Set(this.#tree.visible.filter(({ parent }) => parent === this.#selected?.parent));
		this.#on.selected();
		this.draw();
	}

	#toggle(entry) {
		if (entry.isOpen)
			this.#tree.collapse(entry);
		else
			this.#tree.expand(entry);
	}

	#press(event) {
		const { key, ctrlKey, shiftKey, altKey, metaKey } = event;
		const { visible } = this.#tree, entry = this.#selected, at = visible.indexOf(entry);
		const page = Math.max(1, Math.floor(this.element.clientHeight / this.#probe.offsetHeight) - 1);
		const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: visible.length - 1, PageDown: at + page, PageUp: at - page }[key];
		if ((ctrlKey || metaKey) && !altKey && !shiftKey && letterOf(event) === "a")
			this.#chooseAll();
		else if (ctrlKey || altKey || metaKey || key === "Tab")
			return this.#on.key(event);
		else if (to !== undefined)
			this.select(visible[Math.min(visible.length - 1, Math.max(0, to))] ?? null, shiftKey ? "range" : "alone");
		else if (key === "ArrowRight" && entry?.kind === "directory")
			entry.isOpen ? this.select(entry.children?.[0] ?? entry) : this.#tree.expand(entry);
		else if (key === "ArrowLeft" && entry)
			entry.isOpen ? this.#tree.collapse(entry) : this.select(entry.parent ?? entry);
		else if (key === "Enter" && entry)
			entry.kind === "directory" ? this.#toggle(entry) : this.#on.activate(entry);
		else if ([...key].length === 1 && (key !== " " || this.#typed.text))
			this.#find(key, event.timeStamp);
		else
			return this.#on.key(event);
		return event.preventDefault();
	}

	/* The next row whose name begins with what was typed just now. */
	#find(letter, ms) {
		const text = ms - this.#typed.ms < TYPED_MS ? this.#typed.text + letter.toLowerCase() : letter.toLowerCase();
		this.#typed = { text, ms };
		const { visible } = this.#tree, from = visible.indexOf(this.#selected) + (text.length === 1 ? 1 : 0);
		const found = [...visible.slice(from), ...visible.slice(0, from)].find(({ name }) => name.toLowerCase().startsWith(text));
		if (found)
			this.select(found);
	}
}

const MARKS = { new: "new", changed: "changed" };

/* What may be another than at the last time. */
function fill(row, entry, isSelected) {
	const [twist, , name] = row.children, mark = row.querySelector(".mark"), size = row.querySelector(".size");
	row.setAttribute("aria-selected", isSelected);
	row.classList.toggle("problem", entry.problem !== "");
	setText(name, entry.name);
	setText(mark, MARKS[entry.mark] ?? "");
	setText(size, sizeOf(entry));
	size.title = entry.problem;
	if (entry.modified)
		row.title = `${entry.path}\n${entry.modified.toLocaleString()}`;
	if (entry.kind !== "directory")
		return;
	if (row.getAttribute("aria-expanded") !== String(entry.isOpen)) {
		row.setAttribute("aria-expanded", entry.isOpen);
		twist.replaceChildren(icon(entry.isOpen ? OPEN : CLOSED));
	}
}

function sizeOf({ kind, size, isOpen, children, problem, isLive }) {
	if (kind === "file")
		return size >= 0 ? bytes(size) : "";
	if (problem)
		return "can't be listed";
	if (!isOpen)
		return "";
	return children === null ? "…" : `${children.length === 0 ? "empty" : children.length.toLocaleString("en")}${isLive ? "" : ", not live"}`;
}
