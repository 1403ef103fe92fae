/* Holds back an escape sequence or a character whose end hasn't come: nothing of ours is written into it, and xterm.js drops a character of which a piece that
 * ends with 0x80 comes alone ("\u2014" as E2 80, 94). */

const HELD_MAX = 64 << 10; // a sequence that is longer isn't one
const GROUND = 0, ESCAPE = 1, INTERMEDIATE = 2, CONTROL = 3, STRING = 4, COMMAND = 5; // COMMAND: a string that BEL ends too
const ESC = 0x1b, BEL = 0x07, CAN = 0x18, SUB = 0x1a, C1 = 0xc2;
const KIND = new Map([["[", CONTROL], ["]", COMMAND], ["P", STRING], ["X", STRING], ["^", STRING], ["_", STRING]]
	.map(([letter, state]) => [letter.charCodeAt(0), state]));

/* The state behind a byte. before: the byte before it, for those of C1 in UTF-8 */
function next(state, byte, before) {
	if (byte === ESC)
		return ESCAPE;
	if (byte === CAN || byte === SUB)
		return GROUND;
	switch (state) {
	case ESCAPE:
		return KIND.get(byte) ?? (byte >= 0x20 && byte < 0x30 ? INTERMEDIATE : GROUND);
	case INTERMEDIATE:
		return byte >= 0x30 ? GROUND : INTERMEDIATE;
	case CONTROL:
		return byte >= 0x40 && byte < 0x7f ? GROUND : CONTROL;
	case COMMAND:
		return byte === BEL ? GROUND : COMMAND;
	case STRING:
		return STRING;
	}
	return before === C1 ? KIND.get(byte - 0x40) ?? GROUND : GROUND;
}

/* How many of the last bytes begin a character of UTF-8 whose end hasn't come. */
function begun(bytes) {
	for (let back = 1; back <= Math.min(3, bytes.length); back++) {
		const byte = bytes[bytes.length - back];
		if (byte >= 0xc0)
			return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
		if (byte < 0x80)
			return 0;
	}
	return 0;
}

export class Sequences {
	#held = new Uint8Array(0);

	/** @param {Uint8Array} bytes what a program wrote @returns {Uint8Array} what may be written now, with what was held back before it */
	push(bytes) {
		const all = new Uint8Array(this.#held.length + bytes.length);
		all.set(this.#held);
		all.set(bytes, this.#held.length);
		let state = GROUND, whole = 0;
		for (let at = 0; at < all.length; at++) {
			state = next(state, all[at], all[at - 1]);
			if (state === GROUND)
				whole = at + 1;
		}
		if (all.length - whole > HELD_MAX)
			whole = all.length;
		whole -= begun(all.subarray(0, whole));
		this.#held = all.subarray(whole);
		return all.subarray(0, whole);
	}

	/** Nothing more comes. @returns {Uint8Array} what was held back */
	end() {
		const held = this.#held;
		this.#held = new Uint8Array(0);
		return held;
	}
}
