/* The keyboard's commands. Letters work while no field has the focus; ? lists the same table. */
import { byId, make } from "./dom.js";
import { letterOf } from "../letter.js";

/**
 * @typedef {{ what: string, acts: Record<string, () => void> }} Key acts: by KeyboardEvent's key
 */

const FIELDS = "input:not([type=range]), select, textarea"; // a slider has no use for letters

export class Keys {
	#dialog = byId("keys");
	#byKey = new Map();

	/** @param {Key[]} table @param {() => void} onEscape */
	constructor(table, onEscape) {
		for (const { acts } of table)
			for (const [key, act] of Object.entries(acts))
				this.#byKey.set(key, act);
		this.#byKey.set("?", () => this.open());
		byId("keys-list").append(...table.map(({ what, acts }) => entry(Object.keys(acts), what)),
			entry(["\u2191", "\u2193", "Page Up", "Page Down"], "Choose rows, with the trace focused"), entry(["Escape"], "Close the details; leave a field"),
			entry(["?"], "This list"));
		byId("keys-open").addEventListener("click", () => this.open());
		byId("keys-close").addEventListener("click", () => this.#dialog.close());
		document.addEventListener("keydown", event => {
			if (event.ctrlKey || event.altKey || event.metaKey || this.#dialog.open)
				return;
			if (event.key === "Escape") {
				if (event.target.matches(FIELDS)) {
					event.target.blur(); // another view than the grid may be shown
					byId("grid").focus();
				} else {
					onEscape();
				}
				return;
			}
			if (event.target.matches(FIELDS) || (event.key === " " && event.target.matches("button")))
				return;
			const letter = letterOf(event);
			const act = this.#byKey.get(event.key) ?? this.#byKey.get(event.shiftKey ? letter.toUpperCase() : letter);
			if (act) {
				event.preventDefault();
				act();
			}
		});
	}

	open() {
		this.#dialog.showModal();
	}
}

function entry(keys, what) {
	const names = keys.flatMap((key, i) => [...(i ? [" "] : []), make("kbd", { textContent: key === " " ? "Space" : key })]);
	return make("div", {}, make("dt", {}, ...names), make("dd", { textContent: what }));
}
