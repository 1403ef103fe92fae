/* The notice above the terminal: the gateway has ended or its user removed us, why, how to start it again, and that it is back. */

const LOOK_MS = 2000;
const REMOVED = 4401; // close code, docs/PROTOCOL.md
const secretName = "wvwasi.secret"; // of the enter page; another tab may have let this browser in again

export class Notice {
	#box = document.getElementById("notice");
	#title = document.getElementById("notice-title");
	#text = document.getElementById("notice-text");
	#how = document.getElementById("notice-how");
	#enter = document.getElementById("notice-enter");
	#timer = null;

	/** @param {(ready: boolean) => void} onReady may a program be run again? */
	constructor(onReady) {
		/* Stands in for the shim's own notices. */
		window.addEventListener("wvwasi-notice", event => {
			event.preventDefault();
			if (event.detail.kind === "discarded")
				this.show("The browser discarded this page", event.detail.message, "Run the program again, or reload the page.");
		});
		window.addEventListener("storage", ({ key, newValue }) => {
			if (key !== secretName || !newValue || this.#timer === null)
				return;
			this.hide();
			onReady();
		});
	}

	/** @param {string} title @param {string} text @param {(string | Node)[]} how to go on */
	show(title, text, ...how) {
		this.#title.textContent = title;
		this.#text.textContent = sentence(text);
		this.#how.replaceChildren(...how);
		this.#enter.parentElement.hidden = true;
		this.#box.hidden = false;
	}

	/** @param {Error} error @param {string} program its name */
	gone(error, program) {
		if (error.code === REMOVED) {
			this.show("You were removed at the terminal", "the user of the gateway ended this browser's session", "Ask there for a new link (Enter prints one).");
			return;
		}
		this.show("The gateway is gone", error.message, "Start it again where it ran, with the command that you used (",
			code(`wvwasi-gw … -- ${program}`), "), and open the link that it prints.");
		clearInterval(this.#timer);
		this.#timer = setInterval(() => this.#look(), LOOK_MS);
	}

	async #look() {
		if (document.hidden)
			return;
		try {
			const { ok } = await fetch("/_wvwasi/program.json", { cache: "no-store" });
			if (!ok || this.#timer === null)
				return;
		} catch {
			return;
		}
		clearInterval(this.#timer);
		this.#title.textContent = "The gateway runs again";
		this.#how.textContent = "Open the link that it printed, or press Enter in its terminal for a new one.";
		this.#enter.parentElement.hidden = false;
	}

	hide() {
		clearInterval(this.#timer);
		this.#timer = null;
		this.#box.hidden = true;
	}
}

function sentence(text) {
	return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

/** @param {string} text what is typed in a shell */
export function code(text) {
	return Object.assign(document.createElement("code"), { textContent: text });
}
