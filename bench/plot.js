// What grows with something, as a picture: two panels, waits and time, both scales logarithmic, a line each for shape and coherence.
const PANEL = 300, HEIGHT = 260, LEFT = 60, TOP = 50, GAP = 80;
const LINES = { "flat default": "#2d6cdf", "deep default": "#1f9d66", "flat strict": "#c9762b", "deep strict": "#a33c5f" };

/** @param {{ shape: string, coherence: string, files: number, waits: number, ms: number }[]} rows @returns {string} SVG */
export function plot(rows) {
	const panels = [["waits", ({ waits }) => waits], ["ms", ({ ms }) => ms]].map(([title, of], i) => panel(rows, title, of, LEFT + i * (PANEL + GAP)));
	const keys = Object.entries(LINES).map(([name, colour], i) => `<rect x="${LEFT + i * 120}" y="22" width="12" height="4" fill="${colour}"/>`
		+ `<text x="${LEFT + i * 120 + 18}" y="28">${name}</text>`);
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + 2 * PANEL + GAP + 30} ${TOP + HEIGHT + 50}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
${keys.join("\n")}
${panels.join("\n")}
</svg>
`;
}

function panel(rows, title, of, left) {
	const log = (value) => Math.log10(Math.max(value, 1));
	const most = Math.ceil(Math.max(...rows.map((row) => log(of(row))))), from = log(Math.min(...rows.map(({ files }) => files)));
	const to = Math.max(from + 1, log(Math.max(...rows.map(({ files }) => files))));
	const x = (files) => left + (log(files) - from) / (to - from) * PANEL, y = (value) => TOP + HEIGHT - log(value) / most * HEIGHT;
	const ticks = (first, last) => Array.from({ length: Math.floor(last - first) + 1 }, (_, i) => 10 ** (first + i));
	const said = (value) => value.toLocaleString("en");
	return [
		...ticks(0, most).map((value) => `<line x1="${left}" x2="${left + PANEL}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/>`
			+ `<text x="${left - 6}" y="${y(value) + 4}" text-anchor="end">${said(value)}</text>`),
		...ticks(from, to).map((files) => `<line x1="${x(files)}" x2="${x(files)}" y1="${TOP}" y2="${TOP + HEIGHT}" stroke="#eee"/>`
			+ `<text x="${x(files)}" y="${TOP + HEIGHT + 16}" text-anchor="middle">${said(files)}</text>`),
		`<text x="${left + PANEL / 2}" y="${TOP + HEIGHT + 34}" text-anchor="middle">files</text>`,
		`<text x="${left + 4}" y="${TOP - 6}">${title}</text>`,
		...Object.entries(LINES).map(([name, colour]) => {
			const points = rows.filter(({ shape, coherence }) => `${shape} ${coherence}` === name)
				.map((row) => [x(row.files).toFixed(1), y(of(row)).toFixed(1)]);
			return `<polyline points="${points.map((point) => point.join(",")).join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`
				+ points.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`).join("");
		}),
	].join("\n");
}
