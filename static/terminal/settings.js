/* What the user sets for all terminals of this gateway: light or dark, the size of letters, reading aloud. Kept in the browser. */
const THEME = "wvwasi.terminal.theme", SIZE = "wvwasi.terminal.fontSize", READ_ALOUD = "wvwasi.terminal.readAloud";
const USUAL = 14, LEAST = 8, MOST = 32; // px

export class Settings {
	#dialog = document.getElementById("settings");
	#size = document.getElementById("font-size");
	#screen;

	/** @param {import("./screen.js").Screen} screen */
	constructor(screen) {
		this.#screen = screen;
		document.getElementById("settings-open").addEventListener("click", () => this.#dialog.showModal());
		this.#dialog.addEventListener("close", () => screen.focus());
		this.#dialog.addEventListener("click", event => event.target === this.#dialog && this.#dialog.close()); // its backdrop
		this.#theme();
		this.#letters();
		this.#reading();
	}

	#theme() {
		for (const choice of this.#dialog.querySelectorAll("[name=theme]")) {
			choice.checked = choice.value === (localStorage.getItem(THEME) ?? "system");
			choice.addEventListener("change", () => {
				localStorage.setItem(THEME, choice.value);
				useTheme();
			});
		}
	}

	#letters() {
		const kept = Number(localStorage.getItem(SIZE));
		this.#use(kept >= LEAST && kept <= MOST ? kept : USUAL);
		for (const [id, step] of [["font-smaller", -1], ["font-larger", 1]])
			document.getElementById(id).addEventListener("click", () => {
				const size = Math.min(MOST, Math.max(LEAST, Number(this.#size.value) + step));
				localStorage.setItem(SIZE, size);
				this.#use(size);
			});
	}

	#use(size) {
		this.#size.value = size;
		this.#screen.fontSize = size;
	}

	#reading() {
		const readAloud = document.getElementById("screen-reader");
		readAloud.checked = localStorage.getItem(READ_ALOUD) === "yes";
		readAloud.addEventListener("change", () => {
			localStorage.setItem(READ_ALOUD, readAloud.checked ? "yes" : "no");
			this.#screen.readAloud(readAloud.checked);
		});
		this.#screen.readAloud(readAloud.checked);
	}
}

/** Light or dark as the user chose; before anything is painted. */
export function useTheme() {
	const theme = localStorage.getItem(THEME);
	if (theme === "light" || theme === "dark")
		document.documentElement.dataset.theme = theme;
	else
		delete document.documentElement.dataset.theme;
}
