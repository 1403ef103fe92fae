//# allFunctionsCalledOnLoad
/* Writes down a program's calls, at its imports' door: what each was given, what it gave, and what its host put into the program's memory meanwhile. It
 * sees what the program sees, whoever answers a call, injections included. Leaves to others: the way to the gateway (outbox.js), reading (reader.js). */
import { MISS } from "../base/trampoline.js";
import { END_MARK, FLAG, SHAPES, SHAPE_NUMBERS, inputAt, memoryHash, zigzag } from "./layout.js";

const VARINT_MAX = 5;
const ROOM = 256; // of a record without its paths and what was written
const LARGE = 4096; // so many bytes go from the memory straight to the outbox
const FEW = 48; // bytes for which a loop is cheaper than a view to copy through
const US = 1000; // in a ms
const OUTPUTS = { stdout: FLAG.STDOUT, stderr: FLAG.STDERR };

export class Recorder {
	#program;
	#outbox;
	#bytes = new Uint8Array(64 << 10);
	#at = 0;
	#last = SHAPES.map(({ i32 }) => new Int32Array(i32)); // arguments of the call before, by import
	#raw = new Int32Array(11);
	#began = 0; // µs: of the call that runs
	#ended = 0; // µs: of the last one
	#output = 0; // flag: the stream that the call that runs prints to
	#isOver = false;

	/** program: its memory is a NotedMemory; outbox: { write(bytes, from, end), tick(us), hurry(), finish(), isOver } */
	constructor(program, outbox) {
		this.#program = program;
		this.#outbox = outbox;
		this.#ended = now();
	}

	/** Goes on with a recording whose last arguments, by import, were these. */
	goOnFrom(last) {
		this.#last = last;
	}

	/** `begin` of an import, recorded. key: of IMPORTS, EXTENSIONS or SOCKETS. */
	into(key, begin) {
		const number = SHAPE_NUMBERS[key];
		const shape = SHAPES[number];
		if (key === "proc_exit" || key === "proc_raise")
			return signal => this.#leaves(number, signal, begin);
		const prints = key === "fd_write";
		return (a, b, c, d, e, f, g, h, i, j, k) => {
			if (this.#outbox.isOver || this.#isOver) {
				this.#program.memory.clear();
				return begin(a, b, c, d, e, f, g, h, i, j, k);
			}
			const raw = this.#raw;
			raw[0] = a; raw[1] = b; raw[2] = c; raw[3] = d; raw[4] = e; raw[5] = f; raw[6] = g; raw[7] = h; raw[8] = i; raw[9] = j; raw[10] = k;
			this.#begin(number, shape);
			this.#output = prints ? OUTPUTS[this.#program.fds.get(a)?.output] ?? 0 : 0;
			const result = begin(a, b, c, d, e, f, g, h, i, j, k);
			if (result === MISS)
				this.#follow();
			else
				this.#done(result, 0);
			return result;
		};
	}

	/* A call that ends the program. It is done once the stack was left and the recording is whole (program/runner.js); a raise of 0 does nothing. */
	#leaves(number, value, begin) {
		const isExit = SHAPES[number].key === "proc_exit";
		if (this.#outbox.isOver || this.#isOver || (!isExit && value === 0))
			return begin(value);
		this.#raw[0] = value;
		this.#output = 0;
		this.#begin(number, SHAPES[number]);
		this.#done(0, 0);
		this.#program.leaves = { ...(isExit ? { exit: value >>> 0 } : { signal: value >>> 0 }), begin: () => begin(value) };
		return MISS;
	}

	/* The call goes on when its answer comes, perhaps to ask more. */
	#follow() {
		const { pipeline } = this.#program;
		const { finish } = pipeline;
		pipeline.finish = () => {
			const result = finish();
			if (result === MISS)
				this.#follow();
			else
				this.#done(result, FLAG.WAITED);
			return result;
		};
	}

	#reserve(length) {
		if (this.#at + length <= this.#bytes.length)
			return;
		const grown = new Uint8Array(Math.max(this.#at + length, 2 * this.#bytes.length));
		grown.set(this.#bytes.subarray(0, this.#at));
		this.#bytes = grown;
	}

	#varint(value) {
		const bytes = this.#bytes;
		let at = this.#at;
		for (; value > 0x7F; value >>>= 7)
			bytes[at++] = value & 0x7F | 0x80;
		bytes[at++] = value;
		this.#at = at;
	}

	/* Room for them is reserved. */
	#copy(source, from, length) {
		const to = this.#bytes, at = this.#at;
		if (length > FEW)
			to.set(source.subarray(from, from + length), at);
		else
			for (let i = 0; i < length; i++)
				to[at + i] = source[from + i];
		this.#at = at + length;
	}

	#begin(number, { i32, inputs }) {
		const { memory } = this.#program;
		const raw = this.#raw, last = this.#last[number];
		memory.refresh();
		memory.clear();
		this.#began = now();
		this.#at = 0;
		this.#bytes[this.#at++] = number;
		for (let i = 0; i < i32; i++) {
			this.#varint(zigzag(raw[i] - last[i] | 0));
			last[i] = raw[i];
		}
		for (const input of inputs) {
			if (input.letter !== "p") {
				this.#varint(inputAt(memory, input, raw));
				continue;
			}
			const from = raw[input.at] >>> 0, length = memory.holds(from, raw[input.at + 1] >>> 0) ? raw[input.at + 1] >>> 0 : 0;
			this.#reserve(length + ROOM);
			this.#varint(length);
			this.#copy(memory.bytes, from, length);
		}
	}

	#done(errno, flags) {
		const { memory } = this.#program;
		const ended = now();
		flags |= (errno === 0 ? this.#output : FLAG.ERRNO) | (memory.noted > 0 ? FLAG.WRITES : 0);
		this.#reserve(ROOM);
		this.#bytes[this.#at++] = flags;
		if (errno !== 0)
			this.#varint(errno);
		this.#varint(Math.min(Math.max(0, this.#began - this.#ended), 0x7FFFFFFF));
		this.#varint(Math.min(Math.max(0, ended - this.#began), 0x7FFFFFFF));
		this.#ended = ended;
		if (memory.noted > 0)
			this.#writes(memory);
		this.#outbox.write(this.#bytes, 0, this.#at);
		this.#outbox.tick(ended);
	}

	#writes(memory) {
		const { notes, noted } = memory;
		this.#varint(noted / 2);
		for (let i = 0, before = 0; i < noted; i += 2) {
			const pointer = notes[i], length = notes[i + 1];
			this.#reserve(2 * VARINT_MAX + (length > LARGE ? 0 : length));
			this.#varint(zigzag(pointer - before | 0));
			this.#varint(length);
			before = pointer + length;
			if (length > LARGE) {
				this.#outbox.write(this.#bytes, 0, this.#at);
				this.#at = 0;
				this.#outbox.write(memory.bytes, pointer, pointer + length);
				continue;
			}
			this.#copy(memory.bytes, pointer, length);
		}
	}

	/** The program is over: { exit }, { signal }, { trap: text } or { lost: text }. Resolves when the gateway has written all of it, or can't. */
	async finish(end) {
		if (this.#isOver)
			return;
		this.#isOver = true;
		if (this.#outbox.isOver || this.#outbox.hasNoEnd)
			return;
		const { memory } = this.#program;
		memory.refresh();
		this.#outbox.hurry(); // it travels while the memory is hashed
		const said = new TextEncoder().encode(JSON.stringify({ ...end, bytes: memory.bytes.length, hash: memoryHash(memory.bytes) }));
		this.#at = 0;
		this.#reserve(said.length + ROOM);
		this.#bytes[this.#at++] = END_MARK;
		this.#varint(said.length);
		this.#bytes.set(said, this.#at);
		this.#outbox.write(this.#bytes, 0, this.#at + said.length);
		await this.#outbox.finish();
	}
}

const now = () => Math.round(performance.now() * US);

/** SHA-256 in hexadecimal; null where the browser has none (a page without TLS that isn't this machine's). */
export async function digestOf(bytes) {
	if (globalThis.crypto?.subtle === undefined)
		return null;
	const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
	return Array.from(digest, byte => byte.toString(16).padStart(2, "0")).join("");
}
