//# allFunctionsCalledOnLoad
/* What getFile() gives. A file of up to WHOLE_MAX bytes is read at once and becomes a File of the engine's own. A larger one is read when its bytes are asked
 * for: an object with all of File's functions, which `instanceof File` accepts. The engine's functions (URL.createObjectURL, FormData, fetch's body,
 * postMessage, new Blob([…])) can't read it and throw: give them file.stream() or await file.slice(…).arrayBuffer(). */
import { KEY, brand, checkKey } from "./brand.js";
import { typeOf } from "./mime.js";
import { nameOf } from "./names.js";
import { lookAndRead, readRange, streamOf } from "./reading.js";

export const WHOLE_MAX = 16 << 20;
const SOON = 256 << 10; // comes with the look itself

const unreadable = () => {
	throw new TypeError("this file is larger than 16 MiB and is read piece by piece, which the browser's own functions can't: give them its stream() or slice()s");
};

/** Blob's functions over a range of a file. @param {string} native */
const lazy = native => class extends brand(native) {
	#path;
	#looked;
	#start;
	#end;
	#type;

	constructor(key, { path, looked, start, end, type }) {
		checkKey(key);
		super();
		[this.#path, this.#looked, this.#start, this.#end, this.#type] = [path, looked, start, end, type];
		// A clone of it would be an empty object: with a function in it there is none, but an error.
		Object.defineProperty(this, "toString", { value: unreadable, enumerable: true });
	}

	get size() {
		return this.#end - this.#start;
	}

	get type() {
		return this.#type;
	}

	slice(start = 0, end = this.size, type = "") {
		const within = at => (at < 0 ? Math.max(0, this.size + at) : Math.min(at, this.size));
		const from = within(Math.trunc(Number(start)) || 0), to = Math.max(from, within(Math.trunc(Number(end)) || 0));
		const plain = /^[\x20-\x7e]*$/.test(type) ? String(type).toLowerCase() : "";
		return new LazyBlob(KEY, { path: this.#path, looked: this.#looked, start: this.#start + from, end: this.#start + to, type: plain });
	}

	stream() {
		return streamOf(this.#path, this.#looked, this.#start, this.#end);
	}

	async bytes() {
		return readRange(this.#path, this.#looked, this.#start, this.#end);
	}

	async arrayBuffer() {
		return (await this.bytes()).buffer;
	}

	async text() {
		return new TextDecoder().decode(await this.bytes());
	}

	[Symbol.toPrimitive]() {
		unreadable();
	}

	get [Symbol.toStringTag]() {
		return native;
	}
};

class LazyBlob extends lazy("Blob") {}

class LazyFile extends lazy("File") {
	#name;
	#lastModified;

	constructor(key, range, name, lastModified) {
		super(key, range);
		this.#name = name;
		this.#lastModified = lastModified;
	}

	get name() {
		return this.#name;
	}

	get lastModified() {
		return this.#lastModified;
	}

	get webkitRelativePath() {
		return "";
	}
}

/** The File of a path, as it is now. Rejects with NotFoundError, TypeMismatchError, NotAllowedError, NotReadableError. @param {string} path */
export async function fileOf(path) {
	const { filestat: looked, bytes } = await lookAndRead(path, WHOLE_MAX, SOON);
	const name = nameOf(path), type = typeOf(name), lastModified = Number(looked.mtim / 1_000_000n);
	if (bytes !== null)
		return new File([bytes], name, { type, lastModified });
	return new LazyFile(KEY, { path, looked, start: 0, end: Number(looked.size), type }, name, lastModified);
}
