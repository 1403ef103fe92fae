//# allFunctionsCalledOnLoad
/* Absolute guest paths of w.fs, and the preopened folder that each is below. A path is text or bytes (names need not be UTF-8);
 * within this room it is a string of bytes, one letter each. Leaves to others: what is done at the path. */
import { toBytes } from "../base/bytes.js";
import { ERRNO, WasiError } from "../base/errors.js";
import { FILETYPE } from "../base/fds.js";

/** A path as a string of bytes. TypeError: it is neither text nor a Uint8Array, or it holds a NUL. */
export function pathText(path) {
	if (typeof path !== "string" && !(path instanceof Uint8Array))
		throw new TypeError(`a path is a string or a Uint8Array, not ${path === null ? "null" : typeof path}`);
	const text = Array.from(toBytes(path), byte => String.fromCharCode(byte)).join("");
	if (text.includes("\0"))
		throw new TypeError("a path can't hold a NUL");
	return text;
}

/** The bytes of a string of bytes. */
export function pathBytes(text) {
	return Uint8Array.from(text, letter => letter.charCodeAt(0));
}

/** The path of a name in a folder; either may be bytes. */
export function joined(folder, name) {
	return pathBytes(`${pathText(folder)}/${pathText(name)}`);
}

/** Finds where paths lead, over connect()'s calls. */
export class Paths {
	#calls;
	#roots; // [{ name: "" for "/", or "/work", fd }]

	constructor(calls) {
		this.#calls = calls;
		this.#roots = calls.preopens.map(({ path, fd }) => ({ name: partsOf(pathText(path)).map(part => `/${part}`).join(""), fd }));
	}

	/**
	 * { fd, path }: the preopened folder that serves a guest path, and the path from there (bytes). The longest preopen serves. A ".." after a
	 * link leads where the kernel would go: to the parent of what the link names. NOTCAPABLE: no folder that holds the path is granted.
	 */
	async locate(path, call) {
		const text = pathText(path);
		const parts = [];
		let rest = null; // what only the server can follow
		for (const part of partsOf(text))
			if (rest !== null)
				rest.push(part);
			else if (part !== "..")
				parts.push(part);
			else if (await this.#isLink(parts, call))
				rest = [part];
			else
				parts.pop();
		const { fd, path: relative } = this.#below(parts, text, call);
		const whole = [...relative, ...rest ?? []].join("/") || ".";
		return { fd, path: pathBytes(text.endsWith("/") && whole !== "." ? `${whole}/` : whole) };
	}

	#below(parts, text, call) {
		const absolute = parts.map(part => `/${part}`).join("");
		let best = null;
		for (const root of this.#roots)
			if ((absolute === root.name || absolute.startsWith(`${root.name}/`)) && (best === null || root.name.length > best.name.length))
				best = root;
		if (best === null)
			throw new WasiError(ERRNO.NOTCAPABLE, call, `'${text}' is in no granted folder`);
		return { fd: best.fd, path: parts.slice(best.name.split("/").length - 1) };
	}

	/* Is the last part a link? What isn't there, or is no folder, has no parent: NOENT, NOTDIR. Folders that were granted, and
	 * those above them, are none. */
	async #isLink(parts, call) {
		const absolute = parts.map(part => `/${part}`).join("");
		if (absolute === "" || this.#roots.some(({ name }) => name === absolute || name.startsWith(`${absolute}/`)))
			return false;
		const { fd, path } = this.#below(parts, absolute, call);
		const { filetype } = await this.#calls.path_filestat_get(fd, 0, pathBytes(path.join("/")));
		if (filetype !== FILETYPE.DIRECTORY && filetype !== FILETYPE.SYMBOLIC_LINK)
			throw new WasiError(ERRNO.NOTDIR, call);
		return filetype === FILETYPE.SYMBOLIC_LINK;
	}
}

function partsOf(text) {
	return text.split("/").filter(part => part !== "" && part !== ".");
}
