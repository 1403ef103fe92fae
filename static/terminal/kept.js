/* What the tab keeps of its terminal over a reload, a crash, and another page in between: the screen with older lines, and the lines that were typed. In
 * sessionStorage, so no other tab has it and it goes with the tab; bounded. Leaves to others: a program that goes on. */
import { isFramed, tabId } from "./tabs/which.js";

const KEY = `wvwasi.terminal.kept${tabId}`; // tabs of one page share the storage
const LETTERS_MAX = 1 << 20; // of the screen; storage has room for some five times as many
const LINES_MAX = 200;
const EVERY_MS = 3000;
const LEAVE_MS = 5000;

/**
 * @typedef {object} Content
 * @property {string} screen as written to a terminal that shows the same
 * @property {string[]} lines that were typed, the oldest first
 * @property {boolean} ran did the program still run?
 * @property {{ state: string, text: string }} ended what the bar said: of a program that had ended, how
 * @property {number} printed bytes of its output that are on the screen
 */

export class Kept {
	#words;
	#give;
	#changed = false;
	#leaves = false;

	/** @param {string} words which program it is, with its arguments: another's screen isn't shown @param {() => Content} give what there is now */
	constructor(words, give) {
		this.#words = words;
		this.#give = give;
		window.addEventListener("beforeunload", () => this.#leave());
		window.addEventListener("pagehide", () => this.#leaves || this.#keep());
		setInterval(() => this.#changed && !this.#leaves && this.#keep(), EVERY_MS); // a tab that crashes says nothing before
	}

	/* Firefox cuts the program's connection between this and the page's end: that it is lost is not what was there. The user may stay after all. */
	#leave() {
		this.#keep();
		this.#leaves = true;
		setTimeout(() => (this.#leaves = false), LEAVE_MS);
	}

	/** There is something new to be kept. */
	changed() {
		this.#changed = true;
	}

	#keep() {
		this.#changed = false;
		const { screen, lines, ran, ended, printed } = this.#give();
		const fits = screen.length <= LETTERS_MAX;
		const whole = { words: this.#words, ran, ended, printed: fits ? printed : 0, lines: lines.slice(-LINES_MAX), screen: fits ? screen : "" };
		try {
			sessionStorage.setItem(KEY, JSON.stringify(whole));
		} catch {
			sessionStorage.removeItem(KEY); // no room: nothing is better than something old
		}
	}

	/** @returns {Content | null} what was kept of this program before */
	read() {
		try {
			const kept = JSON.parse(sessionStorage.getItem(KEY));
			return kept?.words === this.#words && typeof kept.screen === "string" && Array.isArray(kept.lines) ? kept : null;
		} catch {
			return null;
		}
	}
}

/** Did the user reload the page, or come back to it, rather than open a link? Then nothing is run that they didn't ask for. */
export function isBack() {
	const { performance } = isFramed ? parent : window; // a frame is made anew each time
	return ["reload", "back_forward"].includes(performance.getEntriesByType("navigation")[0]?.type);
}
