/* The bar that searches the terminal. */

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
		document.getElementById("find-older").addEventListener("click", () => screen.find(this.#text.value, "older"));
		this.#text.addEventListener("input", () => {
			this.#count.textContent = "";
			screen.find(this.#text.value, "here");
		});
		this.#bar.addEventListener("submit", event => {
			event.preventDefault();
			screen.find(this.#text.value, "newer");
		});
		this.#bar.addEventListener("keydown", event => {
			if (event.key === "Escape")
				this.close();
			else if (event.key === "Enter" && event.shiftKey && event.target === this.#text) {
				event.preventDefault();
				screen.find(this.#text.value, "older");
			}
		});
	}

	open() {
		this.#bar.hidden = false;
		this.#text.focus();
		this.#text.select();
		if (this.#text.value)
			this.#screen.find(this.#text.value, "here");
	}

	close() {
		this.#bar.hidden = true;
		this.#screen.endFind();
		this.#screen.focus();
	}

	/** The terminal has counted. index: -1 beyond what it counts. */
	show(index, count) {
		if (this.#text.value === "")
			this.#count.textContent = "";
		else if (count === 0)
			this.#count.textContent = "Nothing";
		else
			this.#count.textContent = index < 0 ? `${count}+` : `${index + 1} of ${count}`;
	}
}
