//# allFunctionsCalledOnLoad
/* Writes down a program's calls, at its imports' door: what each was given, what it gave, and what its host put into the program's memory meanwhile. It
 * sees what the program sees, whoever answers a call, injections included. Leaves to others: the way to the gateway (outbox.js), reading (reader.js). */
import { MISS } from "../base/trampoline.js";
import { Hashes } from "./hashes.js";
import { END_MARK, FLAG, SHAPES, SHAPE_NUMBERS, inputAt } from "./layout.js";

const STAGED = 16 << 10; // words
const ROOM = 32; // words of a record without its inputs and what was written
const LARGE = 64 << 10; // bytes: putting so many into the memory takes a time that is worth telling
const FEW = 48; // bytes for which a loop is cheaper than a view to copy through
const US = 1000; // in a ms
const OUTPUTS = { stdout: FLAG.STDOUT, stderr: FLAG.STDERR };

export class Recorder {
	#program;
	#outbox;
	#hashes;
	#words = new Int32Array(STAGED + ROOM);
	#bytes = new Uint8Array(this.#words.buffer);
	#from = 0; // words: what the outbox hasn't got yet begins here
	#at = 0; // words: and ends here
	#raw = new Int32Array(11); // arguments of the call that runs, if it has inputs
	#began = 0; // ms: of the call that runs
	#ended = 0; // ms: of the last one
	#output = 0; // flag: the stream that the call that runs prints to
	#isOver = false;

	/** program: its memory is a NotedMemory; outbox: { write(words, from, end), phase, tick(ms), hurry(), finish(), isOver } */
	constructor(program, outbox) {
		this.#program = program;
		this.#outbox = outbox;
		this.#hashes = new Hashes(program.memory);
		this.#ended = performance.now();
	}

	/** `begin` of an import, recorded. key: of IMPORTS, EXTENSIONS or SOCKETS. */
	into(key, begin) {
		const number = SHAPE_NUMBERS[key];
		const shape = SHAPES[number];
		if (key === "proc_exit" || key === "proc_raise")
			return signal => this.#leaves(number, signal, begin);
		const prints = key === "fd_write", hasInputs = shape.inputs.length > 0, words = this.#words, { memory } = this.#program;
		return (a, b, c, d, e, f, g, h, i, j, k) => {
			if (this.#outbox.isOver || this.#isOver) {
				memory.clear();
				return begin(a, b, c, d, e, f, g, h, i, j, k);
			}
			const at = this.#begin(number, shape.i32);
			words[at] = a; words[at + 1] = b; words[at + 2] = c; words[at + 3] = d; words[at + 4] = e; words[at + 5] = f; // more than it has: written over
			words[at + 6] = g; words[at + 7] = h; words[at + 8] = i; words[at + 9] = j; words[at + 10] = k;
			if (hasInputs)
				this.#inputs(shape, at);
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
		this.#words[this.#begin(number, 1)] = value;
		this.#output = 0;
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

	/* A record begins. Gives where its arguments are to be. */
	#begin(number, i32) {
		const at = this.#from = this.#outbox.phase;
		this.#program.memory.clear();
		this.#began = performance.now();
		this.#words[at] = number;
		this.#at = at + 1 + i32;
		return at + 1;
	}

	#inputs({ inputs, i32 }, from) {
		const { memory } = this.#program, words = this.#words, raw = this.#raw;
		for (let i = 0; i < i32; i++)
			raw[i] = words[from + i];
		memory.refresh();
		for (let i = 0; i < inputs.length; i++) {
			const input = inputs[i];
			if (input.letter !== "p") {
				words[this.#at++] = inputAt(memory, this.#hashes, input, raw);
				continue;
			}
			const pointer = raw[input.at] >>> 0, length = memory.holds(pointer, raw[input.at + 1] >>> 0) ? raw[input.at + 1] >>> 0 : 0;
			words[this.#at++] = length;
			this.#copy(memory.bytes, pointer, length);
		}
	}

	#done(errno, flags) {
		const { memory } = this.#program, words = this.#words, { noted } = memory;
		const ended = flags !== 0 || noted > 0 && memory.notes[1] > LARGE ? performance.now() : this.#began;
		flags |= (errno === 0 ? this.#output : FLAG.ERRNO) | (noted > 0 ? FLAG.WRITES : 0);
		let at = this.#at;
		words[at++] = flags;
		if (errno !== 0)
			words[at++] = errno;
		words[at++] = microseconds(this.#began - this.#ended);
		words[at++] = microseconds(ended - this.#began);
		this.#ended = ended;
		this.#at = at;
		if (noted > 0)
			this.#writes(memory);
		this.#outbox.write(words, this.#from, this.#at);
		this.#outbox.tick(ended);
	}

	#writes({ notes, noted, bytes, view }) {
		const words = this.#words;
		words[this.#at++] = noted / 2;
		for (let i = 0; i < noted; i += 2) {
			const pointer = notes[i], length = notes[i + 1];
			if (this.#at > STAGED)
				this.#give();
			words[this.#at++] = pointer;
			words[this.#at++] = length;
			if (length === 4)
				words[this.#at++] = view.getInt32(pointer, true);
			else
				this.#copy(bytes, pointer, length);
		}
	}

	/* Zeros follow, up to a whole word. */
	#copy(source, from, length) {
		const end = from + length;
		while (from < end) {
			if (this.#at >= STAGED)
				this.#give();
			const to = this.#bytes, part = Math.min(end - from, 4 * (STAGED - this.#at));
			let at = 4 * this.#at;
			this.#at += part + 3 >> 2;
			this.#words[this.#at - 1] = 0;
			if (part > FEW)
				to.set(source.subarray(from, from + part), at);
			else
				for (let i = from; i < from + part; i++)
					to[at++] = source[i];
			from += part;
		}
	}

	/* The outbox takes what there is of the record. */
	#give() {
		this.#outbox.write(this.#words, this.#from, this.#at);
		this.#from = this.#at = this.#outbox.phase;
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
		const said = new TextEncoder().encode(JSON.stringify({ ...end, bytes: memory.bytes.length, hash: this.#hashes.whole() }));
		this.#at = this.#from = this.#outbox.phase;
		this.#words[this.#at++] = END_MARK;
		this.#words[this.#at++] = said.length;
		this.#copy(said, 0, said.length);
		this.#give();
		await this.#outbox.finish();
	}
}

const microseconds = ms => Math.min(Math.round(ms * US), 0xFFFFFFFF);

/** SHA-256 in hexadecimal; null where the browser has none (a page without TLS that isn't this machine's). */
export async function digestOf(bytes) {
	if (globalThis.crypto?.subtle === undefined)
		return null;
	const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
	return Array.from(digest, byte => byte.toString(16).padStart(2, "0")).join("");
}
