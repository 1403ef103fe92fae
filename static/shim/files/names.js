//# allFunctionsCalledOnLoad
/* Names and paths of this room. A path is an absolute guest path, as text, without a slash at its end. */

const SWAP = /^\.wvwasi-[0-9a-f]{16}\.swap$/;

/** A name beside a file, for what is written before it replaces the file. */
export function swapName() {
	return `.wvwasi-${Array.from(crypto.getRandomValues(new Uint8Array(8)), byte => byte.toString(16).padStart(2, "0")).join("")}.swap`;
}

/** Is it such a name? Listings leave them out. @param {string} name */
export const isSwapName = name => SWAP.test(name);

/** An argument as a USVString that names one entry. @param {unknown} given @returns {string} */
export function checkedName(given) {
	const name = new TextDecoder().decode(new TextEncoder().encode(String(given))); // lone surrogates become U+FFFD
	if (name === "" || name === "." || name === ".." || /[/\0]/.test(name))
		throw new TypeError(`'${name}' can't be a name: it is empty, "." or "..", or has a "/" in it`);
	return name;
}

/** @param {string} folder @param {string} name */
export const childOf = (folder, name) => (folder === "/" ? `/${name}` : `${folder}/${name}`);

/** @param {string} path */
export const parentOf = path => path.slice(0, path.lastIndexOf("/")) || "/";

/** @param {string} path */
export const nameOf = path => path.slice(path.lastIndexOf("/") + 1);

/** Is the path below that folder, or the folder itself? @param {string} path @param {string} folder */
export const isWithin = (path, folder) => path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);

/** An app's path as this room has it. Rejects a relative one, and one with "..". @param {unknown} given */
export function checkedPath(given) {
	const path = String(given);
	if (!path.startsWith("/"))
		throw new TypeError(`'${path}' is no absolute path, such as "/work"`);
	return `/${path.split("/").filter(part => part !== "" && part !== ".").map(checkedName).join("/")}`;
}
