/* Where characters fall on a terminal's grid, as xterm.js wraps them: a wide one doesn't straddle the edge, a tab ends at it. */

const TAB = 8;

/**
 * @param {string} text without control characters but tabs
 * @param {{ start: number, columns: number, width: (codePoint: number) => number }} grid start: cells from the beginning of the first
 *        row, may be more than a row; width: the cells that a code point takes
 * @returns {{ cells: { shown: string, row: number }[], row: number, column: number }} per code point what is written for it and in which
 *          row; and the place behind the last, whose column is `columns` where the row is full and the terminal hasn't wrapped yet
 */
export function layOut(text, { start, columns, width }) {
	let row = Math.floor(start / columns);
	let column = start % columns;
	const cells = [];
	for (const character of text) {
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
