//# allFunctionsCalledOnLoad
/* Answers a program's imports from a recording: it runs as it ran then, without files, clocks or sockets. What it asks is held against the recording, so that
 * the first call that differs is named. Leaves to others: running it (program/runner.js, timeline.js), and what its output is for. */
import { RecordingError, errnoName } from "../base/errors.js";
import { shownText } from "../base/bytes.js";
import { ALL_SIGNATURES, SOCKETS } from "../base/signatures.js";
import { MISS } from "../base/trampoline.js";
import { Hashes } from "./hashes.js";
import { FLAG, SHAPES, SHAPE_NUMBERS, inputAt, pathAt } from "./layout.js";
import { CallRecord, Cursor } from "./reader.js";

export class Replay {
	#memory;
	#hashes;
	#shapes;
	#numbers; // of our table -> of the recording
	#cursor;
	#record;
	#raw = new Int32Array(11);
	#show;
	#stop;
	#goesOn;
	/** How many calls were answered. */
	calls = 0;
	/** Holds its end against the recording's, and throws a RecordingError, before the end is told: that takes a slow machine long. */
	finish = () => {};
	/** It stops before this call. */
	stopsAt = -1;

	/**
	 * records: a Run's; memory: the program's GuestMemory; show: (stream, bytes) of its output; stop: (why) when it goes no further, why being
	 * { exit }, { signal }, { error }, { cut: true } (the recording has no more) or { at: n }: the import traps; goesOn: () => boolean, called at stopsAt,
	 * which may be set anew then: does it go on?
	 */
	constructor({ bytes, imports }, memory, { show, stop, goesOn = () => false }) {
		this.#memory = memory;
		this.#hashes = new Hashes(memory);
		this.#shapes = imports.map(key => SHAPES[SHAPE_NUMBERS[key]]);
		this.#numbers = SHAPES.map(({ key }) => imports.indexOf(key));
		this.#cursor = new Cursor(bytes);
		this.#record = new CallRecord(this.#shapes);
		this.#show = show;
		this.#stop = stop;
		this.#goesOn = goesOn;
	}

	/** For makeTrampoline. */
	imports() {
		return this.#begins(Object.keys(ALL_SIGNATURES));
	}

	/** The same of SOCKETS. */
	socketImports() {
		return this.#begins(Object.keys(SOCKETS));
	}

	#begins(keys) {
		return Object.fromEntries(keys.map(key => {
			const shape = SHAPES[SHAPE_NUMBERS[key]], number = this.#numbers[SHAPE_NUMBERS[key]];
			return [key, (a, b, c, d, e, f, g, h, i, j, k) => {
				const raw = this.#raw;
				raw[0] = a; raw[1] = b; raw[2] = c; raw[3] = d; raw[4] = e; raw[5] = f; raw[6] = g; raw[7] = h; raw[8] = i; raw[9] = j; raw[10] = k;
				return this.#answer(shape, number);
			}];
		}));
	}

	#stops(why) {
		this.#stop(why);
		return MISS;
	}

	#answer(shape, number) {
		const record = this.#record, memory = this.#memory;
		memory.refresh();
		if (this.calls === this.stopsAt && !this.#goesOn())
			return this.#stops({ at: this.calls });
		try {
			if (!record.read(this.#cursor))
				return this.#stops({ cut: true });
		} catch (error) {
			if (!(error instanceof RangeError || error instanceof RecordingError))
				throw error;
			return this.#stops({ cut: true });
		}
		const wrong = record.number === number ? this.#difference(record) : `${shape.name} where the recording has ${record.shape.name}`;
		if (wrong !== null)
			return this.#stops({ error: new RecordingError(`call ${this.calls}: ${wrong}`) });
		this.calls++;
		return this.#given(record);
	}

	/* What the program asks otherwise than in the recording, in words. */
	#difference({ shape, args, paths, inputs }) {
		const raw = this.#raw, memory = this.#memory;
		for (let i = 0; i < shape.i32; i++)
			if (raw[i] !== args[i])
				return `${shape.name} with ${raw[i]} as its argument ${i} where the recording has ${args[i]}`;
		let path = 0, input = 0;
		for (const part of shape.inputs) {
			if (part.letter === "p") {
				const own = pathAt(memory, raw[part.at], raw[part.at + 1]), recorded = paths[path++];
				if (own.length !== recorded.length || own.some((byte, i) => byte !== recorded[i]))
					return `${shape.name} of '${shownText(own)}' where the recording has '${shownText(recorded)}'`;
			} else if (inputAt(memory, this.#hashes, part, raw) !== inputs[input++]) {
				return `${shape.name} with other bytes than in the recording`;
			}
		}
		return null;
	}

	#given(record) {
		const { shape, flags, errno } = record, memory = this.#memory;
		if (shape.key === "proc_exit")
			return this.#stops({ exit: this.#raw[0] >>> 0 });
		if (shape.key === "proc_raise")
			return this.#stops({ signal: this.#raw[0] >>> 0 });
		let outside = false;
		record.eachWrite((pointer, bytes) => {
			outside ||= !memory.holds(pointer, bytes.length);
			if (!outside)
				memory.write(pointer, bytes);
		});
		if (outside)
			return this.#damaged(shape, errno);
		return flags & (FLAG.STDOUT | FLAG.STDERR) ? this.#printed(record) : errno;
	}

	/* What it printed lies in the program's memory. */
	#printed({ shape, flags, errno }) {
		const memory = this.#memory, [, iovecs, count, written] = this.#raw;
		const length = memory.holds(written, 4) ? memory.u32(written) : -1;
		if (length < 0 || length > memory.iovecsLength(iovecs, count))
			return this.#damaged(shape, errno);
		const bytes = new Uint8Array(length);
		memory.gather(iovecs, count, bytes);
		return this.#show(flags & FLAG.STDOUT ? "stdout" : "stderr", bytes) ?? 0;
	}

	#damaged({ name }, errno) {
		const what = `${name} (${errnoName(errno)})`;
		return this.#stops({ error: new RecordingError(`the recording is damaged: call ${this.calls - 1}, ${what}, lies outside of the memory`) });
	}
}
