/* A row of keys that a phone's keyboard lacks, under the terminal; the keyboard doesn't cover it, nor the prompt. */
const LOWER = new Map([["@", "\0"], ["[", "\x1b"], ["\\", "\x1c"], ["]", "\x1d"], ["^", "\x1e"], ["_", "\x1f"], [" ", "\0"]]);

export class TouchKeys {
	#row = document.getElementById("keys");
	#control = document.getElementById("key-control");
	#isControl = false;

	/** @param {import("./screen.js").Screen} screen that the keys go to */
	constructor(screen) {
		this.#row.addEventListener("pointerdown", event => event.preventDefault()); // the keyboard stays
		this.#row.addEventListener("click", ({ target }) => {
			const { key } = target.closest("button")?.dataset ?? {};
			if (key === undefined)
				return;
			screen.focus();
			if (key === "control")
				this.#set(!this.#isControl);
			else
				screen.press(JSON.parse(`"${key}"`));
		});
		this.#fitKeyboard();
	}

	/** What a typed key is with the row's Ctrl, which holds for one. @param {string} data @returns {string} */
	changed(data) {
		if (!this.#isControl || data.length !== 1)
			return data;
		this.#set(false);
		const letter = data.toUpperCase();
		return letter >= "A" && letter <= "Z" ? String.fromCharCode(letter.charCodeAt(0) - 64) : LOWER.get(data) ?? data;
	}

	#set(on) {
		this.#isControl = on;
		this.#control.setAttribute("aria-pressed", on);
	}

	/* Some engines lay the keyboard over the page. */
	#fitKeyboard() {
		const { visualViewport: visible } = globalThis;
		visible?.addEventListener("resize", () => {
			if (visible.scale === 1)
				document.body.style.height = `${visible.height}px`;
		});
	}
}
