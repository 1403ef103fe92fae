/* The page's colours (theme.css) as xterm.js wants them, in the light and in the dark. */
import { colourReader } from "../colours.js";

const ANSI = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
	"brightBlack", "brightRed", "brightGreen", "brightYellow", "brightBlue", "brightMagenta", "brightCyan", "brightWhite"];

/** @returns {import("@xterm/xterm").ITheme} */
export function readTheme() {
	const colour = colourReader();
	return {
		background: colour("--screen"),
		foreground: colour("--screen-ink"),
		cursor: colour("--accent"),
		cursorAccent: colour("--screen"),
		selectionBackground: colour("--screen-selection"),
		...Object.fromEntries(ANSI.map((name, i) => [name, colour(`--ansi-${i}`)])),
	};
}

/** Says when the system, or the user here (settings.js), changes between light and dark. */
export function watchTheme(use) {
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => use(readTheme()));
	new MutationObserver(() => use(readTheme())).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

/** How matches of a search look. */
export function matchColours() {
	const colour = colourReader();
	return {
		matchBackground: colour("--match"),
		matchOverviewRuler: colour("--match"),
		activeMatchBackground: colour("--match-active"),
		activeMatchColorOverviewRuler: colour("--match-active"),
	};
}
