/* The tab's title: the program's name or what it asks for (OSC 0 and 2), whether it runs, and that its bell rang while nobody looked. */
const MOST = 100; // letters
const RUNG_MS = 300;

export class Title {
	#screen = document.getElementById("screen");
	#text = "";
	#runs = false;
	#rang = false;

	constructor() {
		document.addEventListener("visibilitychange", () => {
			this.#rang &&= document.hidden;
			this.#show();
		});
	}

	/** @param {string} name of the program @param {boolean} runs */
	begin(name, runs) {
		this.#text = runs || this.#text === "" ? name : this.#text;
		this.#runs = runs;
		this.#show();
	}

	/** @param {string} text the program's own title */
	set(text) {
		this.#text = text.replace(/\p{C}/gu, "").slice(0, MOST);
		this.#show();
	}

	/** The program's bell. */
	ring() {
		this.#rang = document.hidden;
		this.#show();
		this.#screen.classList.add("rung");
		setTimeout(() => this.#screen.classList.remove("rung"), RUNG_MS);
	}

	#show() {
		document.title = `${this.#rang ? "🔔 " : ""}${this.#runs ? "▶ " : ""}${this.#text}`;
	}
}
