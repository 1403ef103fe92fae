/* Does the gateway answer? Asked while a program runs and somebody looks. That it is gone is told by the program's own connection; that it is there but
 * doesn't answer, by nothing else. */

const ASK_MS = 2000;
const LATE_MS = 5000;

export class Pulse {
	#askedAt = null; // ms, while an answer is awaited
	#timer = null;

	/** @param {boolean} wanted */
	watch(wanted) {
		clearInterval(this.#timer);
		this.#timer = wanted ? setInterval(() => this.#ask(), ASK_MS) : null;
	}

	async #ask() {
		if (this.#askedAt !== null || document.hidden)
			return;
		this.#askedAt = performance.now();
		await fetch("/_wvwasi/program.json", { cache: "no-store" }).catch(() => {});
		this.#askedAt = null;
	}

	/** Seconds that it hasn't answered; 0: it does. */
	get late() {
		const ms = this.#askedAt === null ? 0 : performance.now() - this.#askedAt;
		return ms < LATE_MS ? 0 : Math.floor(ms / 1000);
	}
}
