/* A program of this terminal that outlives its page, from when it first asks for input: the next page goes on with it (docs/KEEPING.md). ?keep=no in the page's
 * address: none does. Leaves to others: what was on the screen (kept.js). */
import { kept } from "/_wvwasi/wvwasi.js";
import { tabId } from "./tabs/which.js";

const LINE_MAX = 1024;
const NAME = `wvwasi.terminal${tabId}`;
const keep = new URLSearchParams((tabId ? parent : window).location.search).get("keep") !== "no";

/** What spawn() is told: the name to find it by. */
export const keeping = keep ? { keep: NAME, keepFrom: "input" } : {};

/** The program that the page before left, or null. */
export const left = () => (keep ? kept().filter(({ name }) => name === NAME).at(-1) ?? null : null);

/** Counts what a program printed, and leaves out what is on the screen from the page before. */
export class Printed {
	#left;
	#show;
	#received = 0;
	#line = ""; // the last one, as far as it isn't ended
	#decoder = new TextDecoder();
	/** bytes that are on the screen */
	bytes;

	/** @param {number} bytes that are on the screen already @param {(bytes: Uint8Array) => Promise | undefined} show */
	constructor(bytes, show) {
		this.bytes = this.#left = bytes;
		this.#show = show;
	}

	/** @param {Uint8Array} bytes of its output @returns {Promise | undefined} resolves when they are shown */
	take(bytes) {
		this.#received += bytes.length;
		const text = this.#decoder.decode(bytes.subarray(-LINE_MAX), { stream: true });
		this.#line = (this.#line + text).slice(-LINE_MAX).replace(/^.*\n/s, "");
		const seen = Math.min(this.#left, bytes.length);
		this.#left -= seen;
		return seen === bytes.length ? undefined : this.#count(bytes.subarray(seen));
	}

	/** An answer was read, which ends the prompt's line: how much there was up to it, and the prompt. @returns {{ bytes: number, line: string }} */
	mark() {
		const line = this.#line;
		this.#line = "";
		return { bytes: this.#received, line };
	}

	/** The program is back at this prompt. @param {string} line */
	standAt(line) {
		this.#line = line;
	}

	async #count(bytes) {
		await this.#show(bytes);
		this.bytes += bytes.length;
	}
}

/* A program asks with the same words as the first time: what follows on an answer to others (Python's "...") belongs to the one before. */
export class Prompts {
	#first = null;
	/** @type {{ bytes: number, line: string, back: number } | null} the last one of these; back: so many reads of input ago */
	last = null;

	/** @param {{ bytes: number, line: string }} mark of the prompt that was answered */
	answered({ bytes, line }) {
		this.#first ??= line.replace(/^(.+?)\1+$/s, "$1"); // those of the page before are in one line
		if (line === "" ? this.#first === "" : line.endsWith(this.#first))
			this.last = { bytes, line: this.#first, back: 1 };
		else if (this.last !== null)
			this.last.back++;
	}
}
