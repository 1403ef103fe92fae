/* Tells a program in raw mode the terminal's size, as other terminals do: an answer to CSI 18 t, and in-band resize notifications (mode 2048), which a program
 * asks for once and then reads among its keys. preview1 has no signal for it. */

const MODE = 2048;
const IS_SET = 1, IS_RESET = 2; // of DECRPM

export class SizeReports {
	#terminal;
	#feed;
	#notifies = false;

	/** @param {import("@xterm/xterm").Terminal} terminal @param {(text: string) => void} feed what the program reads */
	constructor(terminal, feed) {
		this.#terminal = terminal;
		this.#feed = feed;
		const { parser } = terminal;
		terminal.options.windowOptions = { getWinSizeChars: true }; // xterm.js itself answers CSI 18 t
		parser.registerCsiHandler({ prefix: "?", final: "h" }, modes => this.#set(modes, true));
		parser.registerCsiHandler({ prefix: "?", final: "l" }, modes => this.#set(modes, false));
		parser.registerCsiHandler({ prefix: "?", intermediates: "$", final: "p" }, ([mode]) =>
			mode === MODE && this.#answer(`\x1b[?${MODE};${this.#notifies ? IS_SET : IS_RESET}$y`));
	}

	#answer(text) {
		this.#feed(text);
		return true; // nobody else is to answer
	}

	/* The terminal's own handlers see the other modes of the sequence. */
	#set(modes, on) {
		if (!modes.includes(MODE))
			return false;
		this.#notifies = on;
		if (on)
			this.resized(); // the specification wants one at once
		return false;
	}

	/** The terminal has another size. */
	resized() {
		const { rows, cols, element } = this.#terminal;
		const { width, height } = element.querySelector(".xterm-screen").getBoundingClientRect();
		const pixels = length => Math.round(length * devicePixelRatio);
		if (this.#notifies)
			this.#feed(`\x1b[48;${rows};${cols};${pixels(height)};${pixels(width)}t`);
	}
}
