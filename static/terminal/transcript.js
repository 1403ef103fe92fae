/* What a program printed, byte for byte, for who wants to save it. Bounded: of very long outputs the beginning goes. */

const MOST = 64 << 20;

export class Transcript {
	#pieces = [];
	#length = 0;
	/** bytes that were printed, those that are gone included */
	total = 0;

	/** @param {Uint8Array} bytes kept */
	add(bytes) {
		this.#pieces.push(bytes);
		this.#length += bytes.length;
		this.total += bytes.length;
		while (this.#length > MOST && this.#pieces.length > 1)
			this.#length -= this.#pieces.shift().length;
	}

	/** @returns {Blob} */
	blob() {
		return new Blob(this.#pieces, { type: "text/plain;charset=utf-8" });
	}
}
