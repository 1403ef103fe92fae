/* Makes text of programs, file names and pages safe to show: control characters, marks that change the writing direction, and invisible
 * characters become escapes. It does nothing about HTML: the page shows text as text only. */

const NAMED = new Map([["\n", "\\n"], ["\r", "\\r"], ["\t", "\\t"], ["\x1b", "\\e"], ["\0", "\\0"]]);
/* Controls, what forms or breaks lines, directions, joiners and fillers that have no ink, private use, halves of pairs. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u2800\u3164\ufe00-\ufe0f\uffa0]/gu;
const HIDDEN_BUT_LINES = new RegExp(`(?!\\n)(?:${HIDDEN.source})`, "gu");
/* More than three combining marks on one letter overlap the neighbouring rows. */
const CLIMBING = /(\p{M}{3})\p{M}+/gu;

function escape(character) {
	const code = character.codePointAt(0);
	return NAMED.get(character) ?? (code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`);
}

/** For one line: names, arguments, titles. */
export function printable(text) {
	return text.replace(HIDDEN, escape).replace(CLIMBING, "$1\u2026");
}

/** For more lines: output, stacks. Line ends stay. */
export function printableLines(text) {
	return text.replace(/\r\n/g, "\n").replace(HIDDEN_BUT_LINES, escape).replace(CLIMBING, "$1\u2026");
}
