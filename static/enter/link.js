/* Parses a link: #k=TOKEN&to=/path. Leaves to others: claiming it (enter.js). */

/** @typedef {{ token: string | null, to: string }} Entry */

/**
 * A path on this gateway, never another host: one slash at the beginning, followed by neither `/` nor `\`, which browsers take for a host's.
 * @param {string | null} to
 */
export const isHere = to => typeof to === "string" && /^\/(?![/\\])[^\u0000-\u001f\u007f]*$/.test(to);

/**
 * @param {string} hash with or without its `#`
 * @returns {Entry}
 */
export function readHash(hash) {
	const params = new URLSearchParams(hash.replace(/^#/, ""));
	const token = params.get("k");
	const to = params.get("to");
	return { token: token && /^[A-Za-z0-9_-]{22}$/.test(token) ? token : null, to: isHere(to) ? to : "/" };
}

/**
 * The token of a pasted link, or of a pasted token.
 * @param {string} text
 * @returns {string | null}
 */
export function readPasted(text) {
	const [, inLink] = /#(?:.*&)?k=([A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])/.exec(text) ?? [];
	const [, alone] = /^\s*([A-Za-z0-9_-]{22})\s*$/.exec(text) ?? [];
	return inLink ?? alone ?? null;
}

/**
 * The code beside a link, as a user types it: eight letters and digits, with or without the dash. The gateway forgives o for 0 and i or l for 1.
 * @param {string} text
 * @returns {string | null}
 */
export function readCode(text) {
	const code = text.replace(/[\s-]/g, "").toUpperCase();
	return /^[0-9A-TV-Z]{8}$/.test(code) ? code : null;
}
