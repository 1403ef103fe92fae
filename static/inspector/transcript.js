/* The text of a program's standard streams in order of arrival; beyond a bound the oldest is dropped. Pure. */

const KEPT = 1 << 19; // characters

export class Transcript {
	/** @type {{ stream: string, text: string, number: number }[]} pieces; number: never used twice */
	pieces = [];
	/** How many characters were dropped. */
	gone = 0;
	#length = 0;
	#number = 0;
	#decoders = new Map();

	/** @param {string} stream @param {Uint8Array} bytes */
	add(stream, bytes) {
		let decoder = this.#decoders.get(stream);
		if (decoder === undefined)
			this.#decoders.set(stream, decoder = new TextDecoder());
		const text = decoder.decode(bytes, { stream: true });
		if (text === "")
			return;
		this.pieces.push({ stream, text, number: this.#number++ });
		this.#length += text.length;
		while (this.#length > KEPT && this.pieces.length > 1) {
			const { length } = this.pieces.shift().text;
			this.#length -= length;
			this.gone += length;
		}
	}

	/** The number that the next piece gets. */
	get end() {
		return this.#number;
	}
}
