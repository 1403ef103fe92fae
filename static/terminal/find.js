/* The bar that searches the terminal, from the newest line upward. */

export class FindBar {
	#bar = document.getElementById("find");
	#text = document.getElementById("find-text");
	#count = document.getElementById("find-count");
	#screen = null;

	/** @param {import("./screen.js").Screen} screen */
	attach(screen) {
		this.#screen = screen;
		document.getElementById("find-open").addEventListener("click", () => this.open());
		document.getElementById("find-close").addEventListener("click", () => this.close());
		document.getElementById("find-newer").addEventListener("click", () => screen.find(this.#text.value, "newer"));
		this.#text.addEventListener("input", () => {
			this.#count.textContent = "";
			screen.find(this.#text.value, "newest");
		});
		this.#bar.addEventListener("submit", event => {
			event.preventDefault();
			screen.find(this.#text.value, "older");
		});
		this.#bar.addEventListener("keydown", event => {
			if (event.key === "Escape")
				this.close();
			else if (event.key === "Enter" && event.shiftKey && event.target === this.#text) {
				event.preventDefault();
				screen.find(this.#text.value, "newer");
			}
		});
	}

	open() {
		this.#bar.hidden = false;
		this.#text.focus();
		this.#text.select();
		if (this.#text.value)
			this.#screen.find(this.#text.value, "newest");
	}

	close() {
		this.#bar.hidden = true;
		this.#screen.endFind();
		this.#screen.focus();
	}

	/** The terminal has counted. index: of the one that is selected, from the oldest on; -1 where it isn't known. */
	show(index, count) {
		if (this.#text.value === "")
			this.#count.textContent = "";
		else if (count === 0)
			this.#count.textContent = "Nothing";
		else
			this.#count.textContent = index < 0 ? `${count.toLocaleString("en")} matches` : `${index + 1} of ${count}`;
	}
}
