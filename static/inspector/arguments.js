/* A call's arguments, which come as one text, as strace writes it. Pure. */

/* A set of rights may have thirty names: in a row only the first two are shown. */
const MANY_RIGHTS = /((?:FD|PATH|POLL|SOCK)_[A-Z_]+\|(?:FD|PATH|POLL|SOCK)_[A-Z_]+)((?:\|(?:FD|PATH|POLL|SOCK)_[A-Z_]+)+)/g;

/** `FD_READ|FD_SEEK|FD_TELL|FD_WRITE` is `FD_READ|FD_SEEK|+2`. */
export const shortRights = text => text.replace(MANY_RIGHTS, (_, two, more) => `${two}|+${more.split("|").length - 1}`);

/** Cuts what is between a call's brackets at the commas that aren't within quotes or brackets themselves. */
export function argumentsOf(text) {
	const found = [];
	let from = 0, depth = 0, quoted = false;
	for (let i = 0; i < text.length; i++) {
		const letter = text[i];
		if (quoted)
			quoted = letter === "\\" ? (i++, true) : letter !== "\"";
		else if (letter === "\"")
			quoted = true;
		else if (letter === "[" || letter === "{")
			depth++;
		else if (letter === "]" || letter === "}")
			depth--;
		else if (letter === "," && depth === 0) {
			found.push(text.slice(from, i));
			from = i + 2;
		}
	}
	return text === "" ? ["none"] : [...found, text.slice(from)];
}
