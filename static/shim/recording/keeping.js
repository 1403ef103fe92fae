//# allFunctionsCalledOnLoad
/* A program that outlives its page. Before each batch goes a frame with what was recorded of the calls before it, so that what the gateway has done
 * of a program and what it has recorded of it never part: at most the call that the batch is of isn't in the recording, and the page that comes next
 * makes that one again, in batches of the same numbers, to which it gets the answers that there are. docs/KEEPING.md has the whole. Leaves to others:
 * recording a call (recorder.js), answering one from a recording (replay.js), finding the program (page/kept.js). */
import { encodeKept } from "../base/encode.js";
import { restoreFds, savedFds } from "../base/fds-state.js";
import { NUMBERS } from "../base/syscalls.js";
import { Replay } from "./replay.js";
import { SHAPES } from "./layout.js";

/* A program that asks the gateway for nothing has its records sent all the same. What goes with a batch fits a message (8 MiB) with it. */
const FLUSH_BYTES = 256 << 10, MOST_BYTES = 3 << 20;
/* These change the table of descriptors before they have their answer. */
const CHANGES = /^(?:path_open|fd_close|fd_renumber|sock_accept|sock_open|http_request)/;
const CLOSES_MAX = 512; // in one batch

export const NO_ROOM = "the gateway has no more room for it (--limit keep)";
const TOO_LONG = "it read more than 3 MiB at once";
const TOO_MUCH = "it read more than 3 MiB before it asked for input";

/** A Recorder's outbox, and a Pipeline's keeping. */
export class Keeping {
	hasNoEnd = true;
	isOver = false;
	phase = 0;
	/** Does the gateway keep it? */
	hasBegun;
	#program;
	#tell;
	#comeback = null;
	#bytes = new Uint8Array(64 << 10);
	#at = 0;
	#sent = 0; // bytes of the recording
	#before = null; // the descriptors before the call that runs, if that changes them at once
	#flushes = false;
	#begins = false; // with the next batch
	#onbegin;
	#cuts;
	#closes; // handles that a program which goes back had opened since

	/** tell: ({ why }) it isn't kept any more, or ({ why: null, prompt }) it reads its stdin next; comeback: { records, base, state } of the page before, where
	 * the program goes back with isCut, handles (of decodeKeptRun) and closes (handles), or null; onbegin: () it is kept from its first read of stdin on,
	 * and runs as any other up to there; null: from its start on, without a cache */
	constructor(program, tell, comeback, onbegin = null) {
		this.#program = program;
		this.#tell = tell;
		this.#onbegin = onbegin;
		this.hasBegun = onbegin === null;
		this.#cuts = this.#begins = comeback?.isCut === true;
		this.#closes = comeback?.closes ?? [];
		this.#sent = comeback?.records.length ?? 0;
		if (comeback !== null)
			this.#comeback = new Comeback(program, comeback);
		program.pipeline.keeping = this;
		program.pipeline.onunkept = () => this.#giveUp(NO_ROOM);
	}

	/** Of a Recorder: words[from, end) of records. */
	write(words, from, end) {
		const length = 4 * (end - from);
		this.#before = null;
		if (this.#at + length > MOST_BYTES)
			return this.#giveUp(this.hasBegun ? TOO_LONG : TOO_MUCH);
		if (this.#at + length > this.#bytes.length) {
			const grown = new Uint8Array(Math.max(this.#at + length, 2 * this.#bytes.length));
			grown.set(this.#bytes.subarray(0, this.#at));
			this.#bytes = grown;
		}
		this.#bytes.set(new Uint8Array(words.buffer, 4 * from, length), this.#at);
		this.#at += length;
	}

	tick() {}

	#giveUp(why) {
		if (this.isOver)
			return;
		this.isOver = true;
		this.#at = 0;
		this.#tell({ why });
	}

	/** An import of a program that is kept: first as it was answered in the page before. */
	into(key, call) {
		const program = this.#program, comeback = this.#comeback;
		const changes = CHANGES.test(key), reads = key === "fd_read", ends = key === "proc_exit" || key === "proc_raise";
		const begin = (a, b, c, d, e, f, g, h, i, j, k) => {
			if (changes && this.hasBegun && !this.isOver)
				this.#before = savedFds(program.fds);
			if (reads && this.hasBegun && !this.isOver && program.fds.get(a)?.isInput)
				this.#tell({ why: null, prompt: { batch: program.pipeline.sequence + 1, at: this.#sent + this.#at, state: savedFds(program.fds),
					handles: Array.from(program.fds.entries(), ([, { handle }]) => handle) } });
			return call(a, b, c, d, e, f, g, h, i, j, k);
		};
		const live = (a, b, c, d, e, f, g, h, i, j, k) => {
			if (!this.hasBegun && reads && !this.isOver && program.fds.get(a)?.isInput)
				return program.settle(() => program.cache.afterAllSends(() => this.#begin(() => begin(a, b, c, d, e, f, g, h, i, j, k))));
			if (this.#closes.length > 0) { // in a batch that no call of the program is of
				for (const handle of this.#closes.splice(0, CLOSES_MAX))
					program.tell(NUMBERS.fd_close).u32(handle);
				this.#flushes = true;
				return program.settle(() => live(a, b, c, d, e, f, g, h, i, j, k));
			}
			if (this.#at < FLUSH_BYTES || ends || !this.hasBegun)
				return begin(a, b, c, d, e, f, g, h, i, j, k);
			this.#flushes = true;
			return program.settle(() => begin(a, b, c, d, e, f, g, h, i, j, k));
		};
		if (comeback === null)
			return live;
		const answer = comeback.begins[key];
		return (a, b, c, d, e, f, g, h, i, j, k) => {
			if (!comeback.isOver) {
				const result = answer(a, b, c, d, e, f, g, h, i, j, k);
				if (!comeback.isOver)
					return result;
			}
			return live(a, b, c, d, e, f, g, h, i, j, k);
		};
	}

	/* What the program did is done. What the cache wrote beside leaves before the call's batch, which has nothing but what follows from the program. The
	 * recording goes with it. */
	#begin(call) {
		const { cache, pipeline } = this.#program;
		cache.rest();
		if (!pipeline.settled)
			return this.#program.settle(() => this.#begin(call));
		this.hasBegun = this.#begins = true;
		this.#onbegin();
		return call();
	}

	/** Of a Pipeline: what goes before its next batch, or null. sequence: of the batch before. */
	take(sequence) {
		const flushes = this.#flushes, begins = this.#begins, cuts = this.#cuts;
		this.#flushes = this.#begins = this.#cuts = false;
		if (this.isOver || !this.hasBegun || this.#at === 0 && !begins && !flushes)
			return null;
		const state = this.#before ?? savedFds(this.#program.fds);
		const records = this.#bytes.subarray(0, this.#at), at = this.#sent;
		this.#sent += this.#at;
		this.#at = 0;
		return encodeKept({ base: flushes ? sequence + 1 : sequence, at, state, records, cuts }); // a flush is of no call
	}
}

/* Runs the program up to where the page before stood, and then has it go on. */
class Comeback {
	#program;
	#kept;
	#replay;
	isOver = false;
	/** By import: (...i32) => errno or MISS. */
	begins;

	constructor(program, kept) {
		this.#program = program;
		this.#kept = kept;
		this.#replay = new Replay({ bytes: kept.records, imports: SHAPES.map(({ key }) => key) }, program.memory, {
			show(stream, bytes) {
				program.output.write(stream, bytes);
				return program.afterPage();
			},
			stop: why => this.#stops(why),
		});
		this.begins = { ...this.#replay.imports(), ...this.#replay.socketImports() };
	}

	#stops(why) {
		if (why.error) {
			this.#program.leaves = why;
			return;
		}
		this.#goesOn();
		if (!why.cut) // it was about to end
			this.#program.leaves = why;
		else
			this.isOver = true;
	}

	#goesOn() {
		const { fds, pipeline } = this.#program;
		const { state, base, isCut, handles } = this.#kept;
		pipeline.goOnFrom(base);
		if (state.length > 0)
			restoreFds(fds, state, isCut ? handles : []);
		this.#kept = null;
	}
}
