/* The notice above the terminal: the gateway has ended or its user removed us, why, how to start it again, and that it is back. Then the code that it prints
 * can be typed here; where the session still holds, nothing need be. */
import { readCode } from "../enter/link.js";

const LOOK_MS = 2000;
const REMOVED = 4401; // close code, docs/PROTOCOL.md
const secretName = "wvwasi.secret"; // of the enter page; another tab may have let this browser in again

export class Notice {
	#box = document.getElementById("notice");
	#title = document.getElementById("notice-title");
	#text = document.getElementById("notice-text");
	#how = document.getElementById("notice-how");
	#enter = document.getElementById("notice-enter");
	#form = document.getElementById("notice-form");
	#code = document.getElementById("notice-code");
	#wrong = document.getElementById("notice-wrong");
	#onReady;
	#timer = null;

	/** @param {() => void} onReady a program may be run again */
	constructor(onReady) {
		this.#onReady = onReady;
		this.#form.addEventListener("submit", event => {
			event.preventDefault();
			this.#claim();
		});
		/* Stands in for the shim's own notices. */
		window.addEventListener("wvwasi-notice", event => {
			event.preventDefault();
			if (event.detail.kind === "discarded")
				this.show("The browser discarded this page", event.detail.message, "Run the program again, or reload the page.");
		});
		window.addEventListener("storage", ({ key, newValue }) => {
			if (key === secretName && newValue && this.#timer !== null)
				this.#ready();
		});
	}

	/** Does it say that nothing can be run now? */
	get bars() {
		return this.#timer !== null;
	}

	/** Leads to what is to be typed here. False: nothing is. */
	focus() {
		this.#code.focus();
		return document.activeElement === this.#code;
	}

	#ready() {
		this.hide();
		this.#onReady();
	}

	/** @param {string} title @param {string} text @param {(string | Node)[]} how to go on */
	show(title, text, ...how) {
		this.#title.textContent = title;
		this.#text.textContent = sentence(text);
		this.#how.replaceChildren(...how);
		this.#enter.parentElement.hidden = this.#form.hidden = true;
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
		if (document.hidden || !this.#form.hidden)
			return;
		try {
			const { status, ok } = await post("ticket", { "Wvwasi-Secret": localStorage.getItem(secretName) ?? "" }, { count: 1 });
			if (this.#timer === null || !ok && status !== 401)
				return;
			if (ok)
				this.#ready();
			else
				this.#back();
		} catch {} // nobody is there yet
	}

	/* It is there again, and knows nothing of us. */
	#back() {
		const here = location.protocol !== "https:"; // from another machine the user there is asked, too: the enter page shows the words
		this.#title.textContent = "The gateway runs again";
		this.#how.textContent = here ? "Open the link that it printed, or type its code here; press Enter in its terminal for new ones." : "It shows a new QR code, and a code of eight letters, when p is pressed in its terminal.";
		this.#enter.parentElement.hidden = here;
		this.#form.hidden = !here;
	}

	async #claim() {
		const code = readCode(this.#code.value);
		this.#wrong.textContent = "";
		if (code === null) {
			this.#wrong.textContent = "A code has eight letters and digits.";
			return;
		}
		try {
			const { ok, secret, error } = await post("claim", {}, { code });
			if (ok) {
				localStorage.setItem(secretName, secret);
				this.#code.value = "";
				this.#ready();
			} else {
				this.#wrong.textContent = `The gateway says: ${error}.`;
			}
		} catch {
			this.#wrong.textContent = "The gateway doesn't answer.";
		}
	}

	hide() {
		clearInterval(this.#timer);
		this.#timer = null;
		this.#box.hidden = true;
	}
}

async function post(name, headers, body) {
	const response = await fetch(`/_wvwasi/${name}`, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });
	return { ok: response.ok, status: response.status, ...await response.json() };
}

function sentence(text) {
	return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

/** @param {string} text what is typed in a shell */
export function code(text) {
	return Object.assign(document.createElement("code"), { textContent: text });
}
