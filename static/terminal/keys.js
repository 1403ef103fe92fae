/* From what xterm.js sends for a key to what a line does with it. */

const ESC = "\x1b";

const NAMES = new Map(Object.entries({
	"\r": "enter", "\n": "enter",
	"\x7f": "erase", "\b": "erase-word", // Ctrl-Backspace; a browser keeps Ctrl-W for itself
	"\x17": "erase-blank-word", [`${ESC}\x7f`]: "erase-word", [`${ESC}\b`]: "erase-word",
	[`${ESC}[3~`]: "delete", [`${ESC}[3;5~`]: "delete-word", [`${ESC}d`]: "delete-word",
	"\x15": "erase-to-start", "\x0b": "delete-to-end", "\x19": "yank",
	"\x01": "home", "\x05": "end", "\x02": "left", "\x06": "right",
	[`${ESC}b`]: "left-word", [`${ESC}f`]: "right-word",
	"\x10": "older", "\x0e": "newer",
	"\x12": "search", "\x07": "cancel", [ESC]: "cancel", "\x1f": "undo", "\x1a": "undo", // no program is stopped by Ctrl-Z here
	"\x03": "interrupt", "\x04": "mark", "\x0c": "clear", "\t": "complete",
}));
for (const [letter, name] of Object.entries({ A: "older", B: "newer", C: "right", D: "left", H: "home", F: "end" })) {
	for (const start of ["[", "O"])
		NAMES.set(`${ESC}${start}${letter}`, name);
	for (const modifier of [3, 5]) // Alt, Ctrl
		NAMES.set(`${ESC}[1;${modifier}${letter}`, name === "left" || name === "right" ? `${name}-word` : name);
}
for (const number of [1, 7])
	NAMES.set(`${ESC}[${number}~`, "home");
for (const number of [4, 8])
	NAMES.set(`${ESC}[${number}~`, "end");

/* One key, or one answer of the terminal: a control character alone, or a whole escape sequence. */
const ONE_KEY = /^(?:[\0-\x1f\x7f-\x9f]|\x1b(?:\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|O.|[^[O\]P]|[\]P][^\x07\x1b]*(?:\x07|\x1b\\)))$/;
/* What a terminal puts around pasted text if the program asked for that. */
const BRACKETED = /^\x1b\[200~([^]*)\x1b\[201~$/;

/**
 * Cuts what was typed into keys and text.
 * @param {string} data one key's sequence, or text, in which a carriage return is Enter
 * @returns {({ key: string } | { text: string })[]} a key that a line has no use for is left out, and so is a sequence that it doesn't
 *          know, such as the terminal's answer to a program's question
 */
export function readKeys(data) {
	const name = NAMES.get(data);
	if (name)
		return [{ key: name }];
	return ONE_KEY.test(data) ? [] : readText(data);
}

/**
 * Text that was pasted: every character of it is the line's.
 * @param {string} text
 * @returns {({ key: string } | { text: string })[]}
 */
export function readText(text) {
	const lines = text.replace(BRACKETED, "$1").split(/\r\n|\r|\n/);
	return lines.flatMap((line, i) => [...(i ? [{ key: "enter" }] : []), ...(line ? [{ text: line }] : [])]);
}
