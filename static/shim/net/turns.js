//# allFunctionsCalledOnLoad
/* How many requests of one connect() are open at once: the gateway lets a session have 128, and those beyond wait here for their turn, as a browser's own
 * do. Leaves to others: the requests (fetch.js). */
const OPEN_MOST = 128; // server/dialer/http_wire.h

export class Turns {
	#open = 0;
	#waiting = []; // functions that begin one, in order

	/** Resolves when it is this request's turn; end() must follow. Rejects with the signal's reason. @param {AbortSignal | null} signal */
	async begin(signal) {
		if (this.#open < OPEN_MOST && this.#waiting.length === 0) {
			this.#open++;
			return;
		}
		await this.#wait(signal);
	}

	#wait(signal) {
		return new Promise((resolve, reject) => {
			const abort = () => {
				this.#waiting.splice(this.#waiting.indexOf(turn), 1);
				reject(signal.reason);
			};
			const turn = () => {
				signal?.removeEventListener("abort", abort);
				resolve();
			};
			this.#waiting.push(turn);
			signal?.addEventListener("abort", abort);
		});
	}

	/** This request is over: its turn is the next one's. */
	end() {
		const next = this.#waiting.shift();
		if (next === undefined)
			this.#open--;
		else
			next();
	}
}
