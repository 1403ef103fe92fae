//# allFunctionsCalledOnLoad
/* A part of what comes from a stream socket, as the body of a response: an engine receives it with less work than messages. Leaves to others: when
 * (wire.js). */
import { bytesUrl } from "../base/urls.js";

const PART = 16 << 20; // bytes of one response: the gateway gives no more
const PAUSE_MS = 1000; // how long a reader may pause before the rest is read without it: a browser has six connections to a gateway, for all pages

/** Does this engine receive a response with less work than messages? Chromium does, Firefox and WebKit take longer
 * (docs/PERFORMANCE.md, The network). */
export const ARE_RESPONSES_FASTER = "userAgentData" in (globalThis.navigator ?? {});

export class Served {
	#reader;
	#ending;
	#pieces = []; // that were read without the reader
	#came = 0;
	#over = false;
	#error = null;
	#paused; // the reader's last call returned then (ms); Infinity: it waits
	#wake = null;
	#timer;

	constructor(body, ending) {
		this.#reader = body.getReader();
		this.#ending = ending;
		this.#paused = performance.now();
		this.#timer = setInterval(() => {
			if (performance.now() - this.#paused > PAUSE_MS)
				this.#readOn();
		}, PAUSE_MS);
	}

	/**
	 * Asks for what comes behind the first `at` bytes. Gives null if the gateway wants calls. Rejects where it isn't known whether bytes are lost.
	 * @param {{ key: string, handle: number }} wire Calls.wire()'s
	 * @param {number} at
	 * @param {AbortController} ending
	 */
	static async begin({ key, handle }, at, ending) {
		const ask = () => fetch(`${bytesUrl}?${handle}`, { headers: { "Wvwasi-Guest": key, "Range": `bytes=${at}-` }, cache: "no-store", signal: ending.signal });
		let isSure = true;
		const response = await ask().catch(() => {
			isSure = false;
			return ask();
		});
		if (response.status === 200)
			return new Served(response.body, ending);
		response.body?.cancel();
		if (!isSure)
			throw new TypeError("a response was lost, and what it took from the socket"); // the gateway knows of other bytes than we do
		return null;
	}

	/** Did it end because it was long enough? */
	get isFull() {
		return this.#came >= PART;
	}

	/** The next bytes; null at the response's end. Rejects if it broke off. @returns {Promise<Uint8Array | null>} */
	async next() {
		this.#paused = Infinity;
		try {
			while (this.#wake !== null && this.#pieces.length === 0 && !this.#over)
				await new Promise(resolve => (this.#wake = resolve));
			return this.#pieces.shift() ?? (this.#over ? this.#end() : await this.#read());
		} finally {
			this.#paused = performance.now();
		}
	}

	#end() {
		if (this.#error !== null)
			throw this.#error;
		return null;
	}

	async #read() {
		try {
			const { done, value } = await this.#reader.read();
			if (!done) {
				this.#came += value.length;
				return value;
			}
		} catch (error) {
			this.#error = error;
		}
		this.#over = true;
		clearInterval(this.#timer);
		return this.#end();
	}

	/* Up to PART bytes are kept then. */
	async #readOn() {
		if (this.#wake !== null || this.#over)
			return;
		this.#wake = () => {};
		for (let piece; (piece = await this.#read().catch(() => null)) !== null; this.#wake())
			this.#pieces.push(piece);
		this.#wake();
	}

	/** Nobody wants the rest. */
	end() {
		clearInterval(this.#timer);
		this.#ending.abort();
	}
}
