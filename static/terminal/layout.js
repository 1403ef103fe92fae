/* Where characters fall on a terminal's grid, as xterm.js wraps them: a wide one doesn't straddle the edge, a tab ends at it, and a control
 * character is shown as a terminal's driver does (^[ for ESC). */

const TAB = 8;

/* The characters that stand for one that can't be shown. */
function shownControl(character) {
	const code = character.codePointAt(0);
	if (code < 0x20 || code === 0x7f)
		return `^${String.fromCharCode(code ^ 0x40)}`;
	return code >= 0x80 && code < 0xa0 ? `\\x${code.toString(16)}` : null;
}

/**
 * @param {string} text
 * @param {{ start: number, columns: number, width: (codePoint: number) => number }} grid start: cells from the beginning of the first
 *        row, may be more than a row; width: the cells that a code point takes
 * @returns {{ cells: { shown: string, row: number }[], row: number, column: number }} what is written for each code point and in which
 *          row; and the place behind the last, whose column is `columns` where the row is full and the terminal hasn't wrapped yet
 */
export function layOut(text, { start, columns, width }) {
	let row = Math.floor(start / columns);
	let column = start % columns;
	const cells = [];
	const characters = Array.from(text, character => (character === "\t" ? character : shownControl(character) ?? character));
	for (const character of characters.flatMap(shown => [...shown])) {
		let shown = character, wide;
		if (character === "\t") {
			if (column === columns) {
				row++;
				column = 0;
			}
			wide = Math.min(TAB - column % TAB, columns - column);
			shown = " ".repeat(wide);
		} else {
			wide = width(character.codePointAt(0));
		}
		if (column + wide > columns) {
			row++;
			column = 0;
		}
		cells.push({ shown, row });
		column += wide;
	}
	return { cells, row, column };
}
