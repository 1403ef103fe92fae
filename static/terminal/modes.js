/* What a program may have left behind in its terminal, put back: the next run, and our own lines, begin on one that nobody has changed.
 * What is on the screen stays. */

/* In this order; each harmless where nothing was changed. */
const SEQUENCES = [
	"\x1b[?47l", // the normal screen
	"\x1b[!p", // most of it: colours, cursor, margins, character set, keys, wrapping, bracketed paste
	"\x1b[?9;1000;1002;1003;1005;1006;1015;1016l", // the mouse
	"\x1b[?45;2026;2048l\x1b[0 q", // wrapping backwards, drawing held back, notifications of the size, the cursor's shape
];

/** To be written, as bytes: they also end a character that was begun. */
export const RESET = new TextEncoder().encode(SEQUENCES.join(""));
