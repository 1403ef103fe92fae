/* A short word over the terminal's last row: what a key would do next. It goes by itself. */
const SHOWN_MS = 2000;

export class Hint {
	#box = document.getElementById("hint");
	#timer = null;

	/** @param {string} text @param {{ ms?: number, gone?: () => void }} [options] ms: how long it stays; gone: called when it has gone */
	show(text, { ms = SHOWN_MS, gone = () => {} } = {}) {
		clearTimeout(this.#timer);
		this.#box.textContent = text;
		this.#box.hidden = false;
		this.#timer = setTimeout(() => {
			this.hide();
			gone();
		}, ms);
	}

	hide() {
		clearTimeout(this.#timer);
		this.#box.hidden = true;
		this.#box.textContent = "";
	}
}
