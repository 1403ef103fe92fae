/* Resets the terminal's modes that a program may have changed, before the next run and before our own lines. What is on the screen stays. */

/* In this order; each is harmless if nothing was changed. */
const SEQUENCES = [
	"\x1b[?47l", // the normal screen
	"\x1b[!p", // most of it: colours, cursor, margins, character set, keys, wrapping, bracketed paste
	"\x1b[?9;1000;1002;1003;1005;1006;1015;1016l", // the mouse
	"\x1b[?45;2026;2048l\x1b[0 q", // wrapping backwards, drawing held back, notifications of the size, the cursor's shape
];

/** As bytes to be written, since they also end an incomplete character. */
export const RESET = new TextEncoder().encode(SEQUENCES.join(""));
