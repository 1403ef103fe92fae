/* How many cells a character takes: the same for the terminal and for the line editor. */
import { Unicode11Addon } from "./xterm/addon-unicode11.mjs";

/**
 * Gives the terminal the widths of Unicode 11. The addon gives its provider to whoever it is activated on.
 * @param {import("@xterm/xterm").Terminal} terminal
 * @returns {(codePoint: number) => number}
 */
export function useUnicode11({ unicode }) {
	let provider;
	new Unicode11Addon().activate({ unicode: { register: its => (provider = its) } });
	unicode.register(provider);
	unicode.activeVersion = provider.version;
	return codePoint => provider.wcwidth(codePoint);
}
