//# allFunctionsCalledOnLoad
/* The compiled programs of this page: a program that runs again needs neither a download nor a compiler, as long as its file is the same.
 * Leaves to others: compiling (program/module.js). */
import { loadProgram, versionAt } from "../program/module.js";

const KEPT_BYTES = 128 << 20; // of WebAssembly, not of the code that engines make of it
const here = globalThis.document?.baseURI ?? location.href; // what an app's URLs are relative to

export class Programs {
	#kept = new Map(); // URL -> Loaded, the least recently used one first
	#bytes = 0;
	#max;

	constructor(max = KEPT_BYTES) {
		this.#max = max;
	}

	/**
	 * The program, compiled. For a URL that was loaded before, it only asks whether the file changed.
	 * @param {URL | string | Response | Promise<Response> | ArrayBuffer | ArrayBufferView<ArrayBuffer> | WebAssembly.Module} source
	 * @param {Parameters<typeof loadProgram>[1]} [options] loadProgram()'s
	 * @returns {Promise<import("../program/module.js").Loaded>}
	 */
	async load(source, options) {
		const given = await source;
		if (given instanceof Response || given instanceof ArrayBuffer || ArrayBuffer.isView(given) || given instanceof WebAssembly.Module)
			return loadProgram(given, options);
		if (!(given instanceof URL) && typeof given !== "string")
			throw new TypeError("the program is a URL, a Response, an ArrayBuffer or a WebAssembly.Module");
		const url = new URL(given, here).href;
		const kept = this.#kept.get(url);
		if (kept !== undefined && await versionAt(url, options) === kept.version) {
			this.#keep(url, kept);
			return kept;
		}
		this.#drop(url);
		const loaded = await loadProgram(url, options);
		this.#keep(url, loaded);
		return loaded;
	}

	/** What is kept of the program at this URL, compiled, so that only whether it changed will be asked; or null. */
	kept(source) {
		return source instanceof URL || typeof source === "string" ? this.#kept.get(new URL(source, here).href)?.compiled ?? null : null;
	}

	#keep(url, loaded) {
		this.#drop(url);
		if (loaded.version === null || loaded.bytes === 0 || loaded.bytes > this.#max)
			return;
		this.#kept.set(url, loaded);
		this.#bytes += loaded.bytes;
		for (const [oldest] of this.#kept) {
			if (this.#bytes <= this.#max)
				break;
			this.#drop(oldest);
		}
	}

	#drop(url) {
		this.#bytes -= this.#kept.get(url)?.bytes ?? 0;
		this.#kept.delete(url);
	}
}
