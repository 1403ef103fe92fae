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

	/** The last of it as text, without escape sequences. @param {number} most bytes @returns {string} */
	end(most) {
		const parts = [];
		let length = 0;
		for (let i = this.#pieces.length - 1; i >= 0 && length < most; i--) {
			parts.unshift(this.#pieces[i].slice(-(most - length)));
			length += parts[0].length;
		}
		const decoder = new TextDecoder();
		return parts.map(part => decoder.decode(part, { stream: true })).join("").replace(/\x1b(?:\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)/g, "");
	}

	/** @returns {Blob} */
	blob() {
		return new Blob(this.#pieces, { type: "text/plain;charset=utf-8" });
	}
}

/** What a terminal has, as text; wrapped lines are whole. @param {import("@xterm/xterm").IBuffer} buffer @returns {string} */
export function textOf(buffer) {
	let text = "";
	for (let y = 0; y < buffer.length; y++) {
		const wraps = buffer.getLine(y + 1)?.isWrapped ?? false;
		text += buffer.getLine(y).translateToString(!wraps) + (wraps ? "" : "\n");
	}
	return `${text.trimEnd()}\n`;
}
