/* Lines of our own among a program's output, broken between words, as a terminal itself doesn't. Pure. */

/**
 * @param {string} text may hold colours (SGR), which take no cell
 * @param {number} columns
 * @param {(codePoint: number) => number} width the cells that a code point takes
 * @returns {string} a word longer than a line is left to the terminal
 */
export function wrapped(text, columns, width) {
	const cellsOf = part => [...part.replace(/\x1b\[[\d;]*m/g, "")].reduce((sum, letter) => sum + width(letter.codePointAt(0)), 0);
	let at = 0;
	return text.replace(/( *)([^ \r\n]+)|\r\n/g, (whole, blanks = "", word) => {
		if (word === undefined) {
			at = 0;
			return whole;
		}
		const cells = cellsOf(word);
		if (at > 0 && at + blanks.length + cells > columns) {
			at = cells;
			return `\r\n${word}`;
		}
		at += blanks.length + cells;
		return whole;
	});
}
