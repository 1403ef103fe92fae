/* The panel of folders beside the terminal, and files that are dropped on the terminal. It is loaded when the program has begun, or later, so that nothing
 * waits for it. */
import { dropped } from "../dropped.js";
import { letterOf } from "../letter.js";
import { Edge } from "./edge.js";
import { isFramed } from "./tabs/which.js";

const KEPT = "wvwasi.terminal.folders";
const PATHS = "application/x-wvwasi-paths"; // of entries that are dragged from the panel (static/folders/rows.js)

/** A path as one word at a prompt, for shells and for languages. Null: it can't be typed. @param {string} path */
export function typedPath(path) {
	if (/[\0-\x1f\x7f-\x9f]/.test(path))
		return null; // a line break would be Enter
	return /^[\p{L}\p{N}/._+@%,:=-]+$/u.test(path) ? path : path.includes("'") ? `"${path.replace(/(["\\$`])/g, "\\$1")}"` : `'${path}'`;
}

export class Folders {
	#aside = document.getElementById("folders");
	#button = document.getElementById("folders-open");
	#screen;
	#hint;
	#panel = null; // a promise, once it is asked for

	/** @param {import("./screen.js").Screen} screen @param {import("./hint.js").Hint} hint */
	constructor(screen, hint) {
		this.#screen = screen;
		this.#hint = hint;
		this.#button.addEventListener("click", () => this.toggle());
		document.addEventListener("keydown", event => {
			if (event.ctrlKey && event.shiftKey && !event.altKey && letterOf(event) === "e") {
				event.preventDefault();
				event.stopPropagation();
				this.toggle();
			}
		}, { capture: true });
		this.#aside.addEventListener("keydown", ({ key }) => key === "F6" && screen.focus());
		this.#aside.hidden = isFramed || localStorage.getItem(KEPT) !== "yes"; // its place, before anything is drawn; once beside several programs
		this.#button.setAttribute("aria-expanded", !this.#aside.hidden);
		new Edge(document.getElementById("folders-edge"), this.#aside);
		this.#takeDrops();
	}

	/** The program has begun: what is in plain sight may be filled. */
	begin() {
		if (!this.#aside.hidden)
			this.#load();
	}

	async toggle() {
		const opens = this.#aside.hidden;
		this.#aside.hidden = !opens;
		this.#button.setAttribute("aria-expanded", opens);
		if (!isFramed)
			localStorage.setItem(KEPT, opens ? "yes" : "no");
		if (!opens)
			return this.#screen.focus();
		return (await this.#load())?.focus();
	}

	/* The panel, or null: it couldn't be loaded, which is said. */
	#load() {
		this.#panel ??= import("/_wvwasi/folders.js").then(({ FoldersPanel }) => {
			const panel = new FoldersPanel({ insert: (...paths) => this.#insert(paths), close: () => this.toggle() });
			this.#aside.append(panel);
			return panel;
		}).catch(error => {
			this.#panel = null;
			this.#hint.show(`Folders can't be shown: ${error.message}`, { ms: 5000 });
			return null;
		});
		return this.#panel;
	}

	#insert(paths) {
		const words = paths.map(typedPath).filter(word => word !== null);
		if (words.length)
			this.#screen.insert(words.join(" "));
		else if (paths.length)
			this.#hint.show("That name can't be typed: it has control characters", { ms: 5000 });
	}

	#takeDrops() {
		const screen = document.getElementById("screen");
		const isOurs = ({ dataTransfer: { types } }) => types.includes("Files") || types.includes("text/plain");
		for (const type of ["dragenter", "dragover"])
			document.addEventListener(type, event => {
				if (!isOurs(event))
					return;
				event.preventDefault();
				const isHere = event.composedPath().includes(screen);
				event.dataTransfer.dropEffect = isHere ? "copy" : "none";
				screen.classList.toggle("target", isHere);
			});
		document.addEventListener("dragleave", event => event.relatedTarget === null && screen.classList.remove("target"));
		document.addEventListener("dragend", () => screen.classList.remove("target"));
		document.addEventListener("drop", event => {
			screen.classList.remove("target");
			if (!isOurs(event))
				return;
			event.preventDefault(); // else the browser would open it in place of the terminal
			if (event.composedPath().includes(screen))
				this.#drop(event.dataTransfer);
		});
	}

	#drop(dataTransfer) {
		if (dataTransfer.types.includes(PATHS))
			return this.#insert(JSON.parse(dataTransfer.getData(PATHS)));
		if (!dataTransfer.types.includes("Files"))
			return this.#screen.insert(dataTransfer.getData("text/plain"));
		const given = dropped(dataTransfer);
		if (this.#aside.hidden)
			this.#show();
		return this.#copy(given);
	}

	#show() {
		this.#aside.hidden = false;
		this.#button.setAttribute("aria-expanded", true);
	}

	async #copy(given) {
		const panel = await this.#load();
		if (panel === null)
			return;
		this.#insert(await panel.copy(given));
		this.#screen.focus();
	}
}
