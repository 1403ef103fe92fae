// The results as a picture: a bar a program and way to wait, as long as its time beside node:wasi's.
const ROW = 18, LEFT = 210, WIDTH = 560, MOST = 8; // a ratio beyond that is written, not drawn
const COLOURS = { jspi: "#2d6cdf", shared: "#1f9d66", xhr: "#c9762b" };

const escaped = (text) => String(text).replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** @param {{ name: string, engine: string, wait: string, waits: number, ratio: number }[]} results @returns {string} SVG */
export function chart(results) {
	const height = 60 + results.length * ROW;
	const x = (ratio) => LEFT + (Math.min(ratio, MOST) / MOST) * WIDTH;
	const bars = results.map(({ name, engine, wait, waits, ratio }, i) => {
		const y = 44 + i * ROW;
		return `<text x="${LEFT - 8}" y="${y + 12}" text-anchor="end">${escaped(`${name}, ${engine} ${wait}`)}</text>`
			+ `<rect x="${LEFT}" y="${y + 2}" width="${(x(ratio) - LEFT).toFixed(1)}" height="${ROW - 5}" fill="${COLOURS[wait]}"/>`
			+ `<text x="${(x(ratio) + 6).toFixed(1)}" y="${y + 12}">${ratio.toFixed(2)} (${waits} waits)</text>`;
	});
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 130} ${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
<text x="12" y="22" font-size="14">Time beside node:wasi (1 = as fast), from _start to exit</text>
<line x1="${x(1)}" x2="${x(1)}" y1="36" y2="${height - 10}" stroke="#888" stroke-dasharray="3 3"/>
${bars.join("\n")}
</svg>
`;
}
