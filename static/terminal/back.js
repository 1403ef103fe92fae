/* A program of this terminal that outlives its page, with ?keep in the page's address: the next page goes on with it (docs/KEEPING.md). Leaves to others: what
 * was on the screen (kept.js). */
import { kept } from "/_wvwasi/wvwasi.js";

const NAME = "wvwasi.terminal";

/** What spawn() is told: the name to find it by, or false. */
export const keep = new URLSearchParams(location.search).has("keep") && NAME;

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
