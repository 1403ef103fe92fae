/* A program that puts text on the clipboard (OSC 52): it says what, the user says yes. It can't read what is there. */
const MOST = 1 << 20; // letters of base64
const SHOWN = 60;

/**
 * @param {string} data behind "52;": where to (c, p, …), a semicolon, and base64
 * @returns {string | null} the text; null: it asks what is there, or it is none
 */
export function readCopy(data) {
	const [, encoded] = /^[cpqs0-7]*;([A-Za-z0-9+/]*={0,2})$/.exec(data) ?? [];
	if (!encoded || encoded.length > MOST)
		return null;
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(atob(encoded), letter => letter.charCodeAt(0)));
	} catch {
		return null;
	}
}

/** Asks, and copies. @param {string} text @param {import("./offer.js").Offer} offer @param {(said: string) => void} announce */
export function offerCopy(text, offer, announce) {
	const line = text.replace(/[\p{C}\s]+/gu, " ").trim();
	const shown = line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
	offer.show(`The program wants to put ${text.length} letters on the clipboard: ${shown}`, "Copy",
		() => navigator.clipboard.writeText(text).then(() => announce("Copied"), () => announce("The browser didn't allow it")));
}
