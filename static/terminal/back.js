/* A program of this terminal that outlives its page, from when it first asks for input: the next page goes on with it (docs/KEEPING.md). ?keep=no in the page's
 * address: none does. Leaves to others: what was on the screen (kept.js). */
import { kept } from "/_wvwasi/wvwasi.js";
import { tabId } from "./tabs/which.js";

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
	/** bytes that are on the screen */
	bytes;

	/** @param {number} bytes that are on the screen already @param {(bytes: Uint8Array) => Promise | undefined} show */
	constructor(bytes, show) {
		this.bytes = this.#left = bytes;
		this.#show = show;
	}

	/** @param {Uint8Array} bytes of its output @returns {Promise | undefined} resolves when they are shown */
	take(bytes) {
		const seen = Math.min(this.#left, bytes.length);
		this.#left -= seen;
		return seen === bytes.length ? undefined : this.#count(bytes.subarray(seen));
	}

	async #count(bytes) {
		await this.#show(bytes);
		this.bytes += bytes.length;
	}
}
