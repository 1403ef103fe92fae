/* Images that a program draws in the terminal, by Sixel or iTerm's protocol. The addon is loaded when one comes, or when a program asks what the terminal
 * can do (DA1); other programs don't pay for it. */

const PIXELS_MAX = 4 << 20; // of one image
const STORAGE_MB = 32; // of all; the oldest go
const TURNS_MAX = 100, TURN_MS = 10; // for its decoder
const ESC = 0x1b;
const ITERM = "]1337;";

export class Images {
	#terminal;
	#isLoaded = false;

	/** @param {import("@xterm/xterm").Terminal} terminal */
	constructor(terminal) {
		this.#terminal = terminal;
	}

	/** Resolves when what a program wrote can be shown. @param {Uint8Array} bytes as they go to the terminal */
	async before(bytes) {
		if (this.#isLoaded || !isOfImages(bytes))
			return;
		this.#isLoaded = true;
		const { ImageAddon } = await import("./xterm/addon-image.mjs");
		const addon = new ImageAddon({ pixelLimit: PIXELS_MAX, storageLimit: STORAGE_MB });
		this.#terminal.loadAddon(addon);
		/* It drops images until its decoder is compiled, and tells nobody when that is. */
		for (let turn = 0; turn < TURNS_MAX && !addon._handlers?.get("sixel")?._dec; turn++)
			await new Promise(resolve => setTimeout(resolve, TURN_MS));
	}
}

/* Is there a DCS, a DA1, or an OSC of iTerm's among it? */
function isOfImages(bytes) {
	for (let at = bytes.indexOf(ESC); at >= 0; at = bytes.indexOf(ESC, at + 1)) {
		const text = String.fromCharCode(...bytes.subarray(at + 1, at + 1 + ITERM.length));
		if (text[0] === "P" || /^\[0?c/.test(text) || text === ITERM)
			return true;
	}
	return false;
}
