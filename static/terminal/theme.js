/* The page's colours (theme.css) as xterm.js wants them, in the light and in the dark. */

const ANSI = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
	"brightBlack", "brightRed", "brightGreen", "brightYellow", "brightBlue", "brightMagenta", "brightCyan", "brightWhite"];

/* As the engine computes it: what is written depends on light and dark. */
function colour(name) {
	const probe = document.createElement("i");
	probe.style.color = `var(--${name})`;
	document.body.append(probe);
	const { color } = getComputedStyle(probe);
	probe.remove();
	return hex(color);
}

/* xterm.js's search takes no other form. @param {string} color "rgb(18, 20, 22)" */
function hex(color) {
	return `#${color.match(/\d+/g).slice(0, 3).map(part => Number(part).toString(16).padStart(2, "0")).join("")}`;
}

/** @returns {import("@xterm/xterm").ITheme} */
export function readTheme() {
	return {
		background: colour("screen"),
		foreground: colour("screen-ink"),
		cursor: colour("accent"),
		cursorAccent: colour("screen"),
		selectionBackground: colour("screen-selection"),
		...Object.fromEntries(ANSI.map((name, i) => [name, colour(`ansi-${i}`)])),
	};
}

/** Says when the system, or the user here (settings.js), changes between light and dark. */
export function watchTheme(use) {
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => use(readTheme()));
	new MutationObserver(() => use(readTheme())).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

/** How matches of a search look. */
export function matchColours() {
	return {
		matchBackground: colour("match"),
		matchOverviewRuler: colour("match"),
		activeMatchBackground: colour("match-active"),
		activeMatchColorOverviewRuler: colour("match-active"),
	};
}
