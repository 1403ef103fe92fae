/* Where the cursor of an xterm.js terminal is, counted from the beginning of its line, however often that was wrapped. */

/**
 * @param {import("@xterm/xterm").Terminal} terminal whose writes have all been parsed
 * @returns {import("./line.js").Place}
 */
export function placeOf({ buffer: { active }, cols, rows }) {
	let wrapped = 0;
	for (let y = active.baseY + active.cursorY; active.getLine(y)?.isWrapped; y--)
		wrapped++;
	return { offset: wrapped * cols + active.cursorX, columns: cols, rows };
}
