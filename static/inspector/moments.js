/* A recorded run by its calls: what each is about, and where to go from one: the call before on this handle or path, the last write to this file. Pure, but for
 * its pauses. Leaves to others: reading the file (shim/recording/), showing it (recordingpanel.js). */
import { NUMBERS } from "../shim/base/syscalls.js";
import { shortRights } from "./arguments.js";
import { namedArguments } from "./preview1.js";
import { pathText } from "./rows.js";
import { worded } from "./words.js";

const SLICE = 4000; // calls between two pauses
const CHANGES = /^(fd_p?write|fd_allocate|fd_filestat_set_size|path_(rename|unlink_file|create_directory|link|symlink|remove_directory))$/;
const SHOWN = 64; // bytes of a buffer that are shown
const LISTED = 64; // buffers and subscriptions that are looked at
const SUBSCRIPTION = 48;
const APART = 16; // bytes between two changes that are told apart

const utf8 = new TextDecoder();
const NO_BYTES = new Uint8Array(0);

/* A path as the program means it: below the folder that it names. */
function below(folder, name) {
	const parts = [];
	for (const part of (name.startsWith("/") ? name : `${folder}/${name}`).split("/"))
		if (part === "..")
			parts.pop();
		else if (part !== "" && part !== ".")
			parts.push(part);
	return `/${parts.join("/")}`;
}

const viewOf = bytes => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const hex = number => `0x${(number >>> 0).toString(16)}`;

/* What the answer put there, in so many bytes; null: it put none there. */
function given({ writes }, pointer, size = 4) {
	const write = writes.find(one => one.pointer === (pointer >>> 0) && one.bytes.length >= size);
	return write === undefined ? null : size === 4 ? viewOf(write.bytes).getUint32(0, true) : viewOf(write.bytes).getBigUint64(0, true);
}

/** The calls of a run, each with its descriptor, its handle (a descriptor from where it is made to where it is closed) and its paths. */
export class Moments {
	#run;
	#fds; // of each call; -1: none
	#handles; // of each call, counted from 1; 0: none
	#made; // the handle that the call made
	#paths; // in #names
	#others; // the first of two paths: what is renamed or linked
	#changes; // does it change its file?
	#names = [""];
	#ids = new Map([["", 0]]);
	#open = new Map(); // fd -> { handle, path }, while reading
	#handleCount = 0;

	/** @param {import("../shim/recording/reader.js").Run} run @param {(share: number) => void} [onProgress] */
	static async read(run, onProgress = () => {}) {
		const its = new Moments(), { calls } = run;
		its.#run = run;
		its.#fds = new Int32Array(calls).fill(-1);
		[its.#handles, its.#made, its.#paths, its.#others] = [1, 2, 3, 4].map(() => new Uint32Array(calls));
		its.#changes = new Uint8Array(calls);
		for (let n = 0; n < calls; n++) {
			its.#take(n, run.call(n));
			if (n % SLICE === SLICE - 1) {
				onProgress(n / calls);
				await new Promise(resolve => setTimeout(resolve));
			}
		}
		return its;
	}

	#id(path) {
		let id = this.#ids.get(path);
		if (id === undefined)
			this.#ids.set(path, id = this.#names.push(path) - 1);
		return id;
	}

	#opened(fd) {
		let it = this.#open.get(fd);
		if (it === undefined)
			this.#open.set(fd, it = { handle: ++this.#handleCount, path: 0 });
		return it;
	}

	#take(n, call) {
		const { name, args, shape, errno, paths } = call;
		const fds = shape.takes.filter(({ letter }) => letter === "f");
		if (fds.length > 0) {
			this.#fds[n] = args[fds[0].at];
			this.#handles[n] = this.#opened(this.#fds[n]).handle;
		}
		if (paths.length > 0)
			this.#takePaths(n, call, fds);
		else if (fds.length > 0)
			this.#paths[n] = this.#opened(this.#fds[n]).path;
		this.#changes[n] = errno === 0 && CHANGES.test(name) ? 1 : 0;
		if (errno === 0)
			this.#follow(n, call, shape.takes.find(({ letter }) => letter === "h"));
	}

	/* The last of its paths is below its last descriptor. */
	#takePaths(n, { name, args, paths }, fds) {
		const pathAt = (fd, bytes) => this.#id(below(fd === undefined ? "" : this.#names[this.#opened(args[fd.at]).path], pathText(bytes)));
		this.#paths[n] = pathAt(fds.at(-1), paths.at(-1));
		if (paths.length > 1 && name !== "path_symlink")
			this.#others[n] = pathAt(fds[0], paths[0]);
	}

	/* Which descriptors there are after it. */
	#follow(n, call, made) {
		const { name, args, writes } = call;
		const number = made === undefined ? null : given(call, args[made.at]);
		if (number !== null) {
			this.#made[n] = ++this.#handleCount;
			this.#open.set(number, { handle: this.#made[n], path: this.#paths[n] });
		}
		if (name === "fd_prestat_dir_name")
			this.#opened(args[0]).path = this.#id(below("", pathText(writes[0]?.bytes ?? NO_BYTES)));
		if (name === "fd_renumber") {
			this.#open.set(args[1], this.#opened(args[0]));
			this.#open.delete(args[0]);
		}
		if (name === "fd_close")
			this.#open.delete(args[0]);
	}

	get calls() {
		return this.#fds.length;
	}

	/** As the program means it, from its root on; "": the call has none. */
	pathOf(n) {
		return n < this.calls ? this.#names[this.#paths[n]] : "";
	}

	/** { fd, handle, makes } of a call: descriptor and handle that it is about (-1 and 0: none), and the handle that it makes (0: none). */
	handlesOf(n) {
		return { fd: this.#fds[n], handle: this.#handles[n], makes: this.#made[n] };
	}

	#before(n, fits) {
		for (let at = Math.min(n, this.calls) - 1; at >= 0; at--)
			if (fits(at))
				return at;
		return null;
	}

	/** The call before n on the same handle, the first being the one that made it; null: there is none, or n has no handle. */
	onHandle(n) {
		const handle = n < this.calls ? this.#handles[n] : 0;
		return handle === 0 ? null : this.#before(n, at => this.#handles[at] === handle || this.#made[at] === handle);
	}

	/** The call before n that is about the same path, by name or by a descriptor that was opened by it. */
	onPath(n) {
		const path = n < this.calls ? this.#paths[n] : 0;
		return path === 0 ? null : this.#before(n, at => this.#paths[at] === path || this.#others[at] === path);
	}

	/** Of these the last that changed it. */
	lastWrite(n) {
		const path = n < this.calls ? this.#paths[n] : 0;
		return path === 0 ? null : this.#before(n, at => this.#changes[at] === 1 && (this.#paths[at] === path || this.#others[at] === path));
	}

	/**
	 * A call by preview1's names, read from the memory where there is one: { named: [{ name, text }], buffers: [{ pointer, length, bytes }], gave: [text],
	 * call, text, moved, made }. bytes: the first of them; gave: descriptors and numbers; text: the arguments as the gateway writes them in a row; moved: the
	 * number that it gave last; made: the descriptor, or null.
	 * @param {number} n @param {Uint8Array | null} memory as it was when the program made the call
	 */
	arguments(n, memory) {
		const call = this.#run.call(n), { args, shape, paths } = call;
		let path = 0;
		const buffers = [];
		const texts = shape.takes.map(({ letter, at }) => {
			switch (letter) {
			case "p":
				return JSON.stringify(pathText(paths[path++] ?? NO_BYTES));
			case "q":
				return String(BigInt.asIntN(64, BigInt(args[at] >>> 0) | BigInt(args[at + 1]) << 32n));
			case "b": case "i":
				buffers.push(...buffersOf(memory, args[at] >>> 0, args[at + 1] >>> 0));
				return listText(memory === null ? null : buffers.map(({ length }) => length), args[at], args[at + 1]);
			case "s":
				return listText(memory === null ? null : subscriptionsOf(memory, args[at] >>> 0, args[at + 2] >>> 0), args[at], args[at + 2]);
			case "o":
				return "0"; // the page's own
			default:
				return "fwnk".includes(letter) ? String(args[at] >>> 0) : hex(args[at]);
			}
		});
		const named = namedArguments({ call: NUMBERS[call.name], text: texts.join(", ") })
			.map(({ name, text }) => ({ name, text: shortRights(worded(call.name, name, text)) }));
		const madeAt = shape.takes.findIndex(({ letter }) => letter === "h"), gave = gaveOf(call);
		const made = madeAt < 0 ? null : given(call, args[shape.takes[madeAt].at]);
		const text = texts.map((one, i) => (i === madeAt ? `new ${made ?? 0}` : one)).join(", ");
		return { named, buffers, gave, call, text, moved: Number(gave.at(-1)) || 0, made };
	}
}

const listText = (list, at, count) => (list === null ? `[${count >>> 0} at ${hex(at)}]` : `[${list.join(", ")}]`);

function gaveOf(call) {
	const { args, shape } = call;
	const made = shape.takes.filter(({ letter }) => letter === "h").map(({ at }) => given(call, args[at])).filter(fd => fd !== null).map(fd => `fd ${fd}`);
	const numbers = shape.gives.filter(({ letter }) => "wqe".includes(letter)).map(({ letter, at }) => given(call, args[at], letter === "q" ? 8 : 4));
	return [...made, ...numbers.filter(number => number !== null).map(String)];
}

/* A list of buffers, as far as the memory has them. */
function buffersOf(memory, at, count) {
	const found = [];
	for (let i = 0; memory !== null && i < Math.min(count, LISTED) && at + 8 * i + 8 <= memory.length; i++) {
		const pointer = viewOf(memory).getUint32(at + 8 * i, true), length = viewOf(memory).getUint32(at + 8 * i + 4, true);
		found.push({ pointer, length, bytes: memory.subarray(pointer, pointer + Math.min(length, SHOWN)) });
	}
	return found;
}

/* What poll_oneoff waits for. */
function subscriptionsOf(memory, at, count) {
	const found = [], view = viewOf(memory);
	for (let i = 0; i < Math.min(count, LISTED) && at + SUBSCRIPTION * (i + 1) <= memory.length; i++) {
		const from = at + SUBSCRIPTION * i, kind = view.getUint8(from + 8), which = view.getUint32(from + 16, true);
		found.push(kind === 0 ? `clock ${which} ${view.getUint16(from + 40, true) & 1 ? "at" : "in"} ${view.getBigUint64(from + 24, true)} ns` :
			`${kind === 1 ? "read" : "write"} fd ${which}`);
	}
	return found;
}

/** Bytes as text, for a line. */
export const textOf = bytes => utf8.decode(bytes);

/**
 * Where two memories differ: [{ from, to }], at most `most` ranges; those less than sixteen bytes apart are one. Where only one has bytes, those count that
 * aren't zero.
 * @param {Uint8Array} one @param {Uint8Array} other both as goTo() gives them: they begin at a multiple of four
 */
export function changesBetween(one, other, most = 1000) {
	const ranges = [];
	const add = at => {
		const last = ranges.at(-1);
		if (last !== undefined && at - last.to < APART)
			last.to = at + 1;
		else
			ranges.push({ from: at, to: at + 1 });
	};
	const words = Math.min(one.length, other.length) >> 2;
	const a = new Int32Array(one.buffer, one.byteOffset, words), b = new Int32Array(other.buffer, other.byteOffset, words);
	for (let i = 0; i < words && ranges.length <= most; i++)
		if (a[i] !== b[i])
			for (let at = 4 * i; at < 4 * i + 4; at++)
				if (one[at] !== other[at])
					add(at);
	const longer = one.length > other.length ? one : other;
	for (let at = words << 2; at < longer.length && ranges.length <= most; at++)
		if ((one[at] ?? 0) !== (other[at] ?? 0))
			add(at);
	return ranges.slice(0, most);
}
