//# allFunctionsCalledOnLoad
/* Where a path leads, seen from a preopened folder: what can be said of it without looking, and so again at another start. A link on the way makes
 * it a place where nothing is found; nobody relies on it. */

const SLASH = 0x2F, PATH_MAX = 4096;

/** { handle, path } of a path below an open folder: the preopen's handle and names with slashes between, "." for itself; null where that can't be said. */
export function placeOf(descriptor, name) {
	const base = descriptor.place;
	if (base === null || name.length === 0 || name.length + base.path.length >= PATH_MAX || name.includes(0) || name[name.length - 1] === SLASH)
		return null;
	const text = textOfPath(name);
	if (text === ".")
		return base;
	if (!text.split("/").every(part => part !== "" && part !== "." && part !== ".." && part.length <= 255))
		return null;
	return { handle: base.handle, path: base.path === "." ? text : `${base.path}/${text}` };
}

/** Names are bytes: one letter each. */
export function textOfPath(name) {
	let text = "";
	for (let i = 0; i < name.length; i++)
		text += String.fromCharCode(name[i]);
	return text;
}

export function bytesOfPath(text) {
	return Uint8Array.from(text, letter => letter.charCodeAt(0));
}
