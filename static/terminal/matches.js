/* Counts what the search doesn't mark any more: it marks a thousand. */

/**
 * @param {import("@xterm/xterm").IBuffer} buffer
 * @param {string} text
 * @returns {number} how often it is there, in any case, in lines and across the rows that a line was wrapped into
 */
export function countMatches(buffer, text) {
	const wanted = text.toLowerCase();
	let count = 0;
	for (let y = 0; y < buffer.length;) {
		let line = "";
		do
			line += buffer.getLine(y++).translateToString(!buffer.getLine(y)?.isWrapped);
		while (y < buffer.length && buffer.getLine(y).isWrapped);
		line = line.toLowerCase();
		for (let at = line.indexOf(wanted); at >= 0; at = line.indexOf(wanted, at + wanted.length))
			count++;
	}
	return count;
}
