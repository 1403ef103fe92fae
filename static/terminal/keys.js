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
	"\x03": "interrupt", "\x04": "mark", "\x0c": "clear", "\t": "\t",
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

/**
 * Cuts what was typed or pasted into keys and text.
 * @param {string} data one key's sequence, or text, in which a carriage return is Enter
 * @returns {({ key: string } | { text: string })[]} control characters that a line has no use for are left out, and so are whole
 *          sequences that it doesn't know, such as the terminal's answers to a program's questions
 */
export function readKeys(data) {
	const name = NAMES.get(data);
	if (name === "\t")
		return [{ text: "\t" }];
	if (name)
		return [{ key: name }];
	if (data.startsWith(ESC))
		return [];
	const found = [];
	for (const piece of data.replace(/\r\n/g, "\r").split(/([\r\n])/)) {
		if (piece === "\r" || piece === "\n")
			found.push({ key: "enter" });
		else if (piece !== "")
			found.push({ text: piece.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, "") });
	}
	return found;
}
