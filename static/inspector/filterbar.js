/* The input fields of the filter. */
import { byId, make, setText, show } from "./dom.js";
import { ERRNO } from "./errnos.js";
import { compileFilter } from "./filter.js";
import { printable } from "./printable.js";
import { CALL_NAMES } from "./rows.js";

const SOON_MS = 120; // after the last key
/* Fields of text; beside them there is the box for our own calls. */
const FIELDS = ["search", "call", "path", "handle", "errno", "slower", "where"];

export class FilterBar {
	#form = byId("filter");
	#program = null;
	#file = null; // { path, test }
	#onFilter;
	#timer = null;

	/** @param {(test: ((piece: object, at: number) => boolean) | null) => void} onFilter */
	constructor(onFilter) {
		this.#onFilter = onFilter;
		byId("call-names").append(...CALL_NAMES.map(([, value]) => make("option", { value })));
		byId("errno-names").append(make("option", { value: "any" }), make("option", { value: "none" }),
			...Object.keys(ERRNO).slice(1).map(name => make("option", { value: `E${name}` })));
		this.#form.addEventListener("input", () => {
			clearTimeout(this.#timer);
			this.#timer = setTimeout(() => this.apply(), SOON_MS);
		});
		this.#form.addEventListener("change", () => this.apply());
		this.#form.addEventListener("submit", event => {
			event.preventDefault();
			this.apply();
			byId("grid").focus();
		});
		this.#form.addEventListener("reset", () => setTimeout(() => {
			this.#file = null;
			this.apply();
		}));
		byId("filter-file").addEventListener("click", () => this.setFile(null));
	}

	/** Only calls of this file. @param {{ path: string, test: (row: object) => boolean } | null} file */
	setFile(file) {
		this.#file = file;
		this.apply();
	}

	/** @param {number | null} program only its rows */
	setProgram(program) {
		this.#program = program;
		this.apply();
	}

	/** Fills fields in, such as { handle: "4" }; the others stay. */
	set(wish) {
		for (const [field, text] of Object.entries(wish))
			this.#form.elements[field].value = text;
		this.apply();
	}

	/** Clears all fields. */
	clear() {
		this.#form.reset();
	}

	apply() {
		clearTimeout(this.#timer);
		const wish = Object.fromEntries(FIELDS.map(field => [field, this.#form.elements[field].value]));
		const file = this.#file
			&& ((piece, at) => this.#file.test({ program: piece.program[at], handle: piece.handle[at], path: piece.paths[piece.path[at]] }));
		const { test, wrong } = compileFilter({ ...wish, program: this.#program, file, own: this.#form.elements.own.checked ? "" : "hide" }, CALL_NAMES);
		show(byId("filter-file"), this.#file !== null);
		setText(byId("filter-file-path"), printable(this.#file?.path ?? ""));
		for (const field of FIELDS) {
			const input = this.#form.elements[field];
			if (wrong.includes(field))
				input.setAttribute("aria-invalid", "true");
			else
				input.removeAttribute("aria-invalid");
			input.parentElement.dataset.used = input.value.trim() !== "";
		}
		byId("filter-clear").disabled = this.#file === null && !this.#form.elements.own.checked && FIELDS.every(field => wish[field].trim() === "");
		this.#onFilter(test);
	}

	focus() {
		this.#form.elements.search.focus();
		this.#form.elements.search.select();
	}
}
