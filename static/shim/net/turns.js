//# allFunctionsCalledOnLoad
/* How many requests of one connect() are open at once: the gateway lets a session have 128, and those beyond wait here for their turn, as a browser's own
 * do. Leaves to others: the requests (fetch.js). */
const OPEN_MOST = 128; // server/dialer/http_wire.h
const PATIENCE_MS = 60_000;

export class Turns {
	#most;
	#patienceMs;
	#open = 0;
	#waiting = []; // functions that begin one, in order
	#ended = 0; // ms: when the last one ended

	/** most: how many may be open; patienceMs: how long one waits while none ends. */
	constructor(most = OPEN_MOST, patienceMs = PATIENCE_MS) {
		this.#most = most;
		this.#patienceMs = patienceMs;
	}

	/** Resolves when it is this request's turn; end() must follow. Rejects with the signal's reason, or with a TypeError if none of the open ones ends.
	 * @param {AbortSignal | null} signal */
	async begin(signal) {
		if (this.#open < this.#most)
			this.#open++;
		else
			await this.#wait(signal);
	}

	#wait(signal) {
		return new Promise((resolve, reject) => {
			const since = performance.now();
			let timer;
			const leave = () => {
				clearTimeout(timer);
				signal?.removeEventListener("abort", abort);
			};
			const turn = () => {
				leave();
				resolve();
			};
			const fail = error => {
				leave();
				this.#waiting.splice(this.#waiting.indexOf(turn), 1);
				reject(error);
			};
			const abort = () => fail(signal.reason);
			const look = () => {
				const left = Math.max(since, this.#ended) + this.#patienceMs - performance.now();
				if (left > 0)
					timer = setTimeout(look, left);
				else
					fail(new TypeError(`${this.#most} requests are open, and none has ended for ${this.#patienceMs / 1000} s: read or cancel their bodies`));
			};
			this.#waiting.push(turn);
			signal?.addEventListener("abort", abort);
			look();
		});
	}

	/** This request is over: its turn is the next one's. */
	end() {
		this.#ended = performance.now();
		const next = this.#waiting.shift();
		if (next === undefined)
			this.#open--;
		else
			next();
	}
}
