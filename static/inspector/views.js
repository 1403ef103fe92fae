/* A panel that shows one of several views: a row of buttons, one of which is pressed. */
import { byId, show } from "./dom.js";

export class Views {
	#views;
	#onShow;
	/** The name of the one that is shown. */
	current;

	/** @param {Record<string, string[]>} views ids of what each shows, by the id of its button; the first is shown @param {(name: string) => void} [onShow] */
	constructor(views, onShow = () => {}) {
		this.#views = Object.entries(views);
		this.#onShow = onShow;
		[[this.current]] = this.#views;
		for (const [name] of this.#views)
			byId(name).addEventListener("click", () => this.show(name));
		this.#apply();
	}

	show(name) {
		this.current = name;
		this.#apply();
		this.#onShow(name);
	}

	#apply() {
		for (const [name, ids] of this.#views) {
			byId(name).setAttribute("aria-pressed", String(name === this.current));
			for (const id of ids)
				show(byId(id), name === this.current);
		}
	}
}
