//# allFunctionsCalledOnLoad
/* What a program printed and its worker hasn't posted yet, in shared memory: the page shows it while the program computes without a call, and
 * after it was ended. Leaves to others: when output is gathered (output.js), showing it (spawn.js).
 *
 * One word of state says which side owns the text. The program's side may change it from any state but TAKING and STOPPED, the page
 * from any but BUSY.
 * POSTED counts the messages that the worker posted: the page takes the text only when it has got them all, so the order stays. */

const STATE = 0, LENGTH = 1, PARTS = 2, NEEDS = 3, POSTED = 4, ARMED = 5, WORDS = 6;
const EMPTY = 0;
const BUSY = 1; // the program's side changes it
const OFFERED = 2; // PARTS parts, LENGTH bytes with their heads; to be shown once batch NEEDS is done
const TAKING = 3; // the page copies it
const TAKEN = 4; // the page has it
const STOPPED = 5; // the program is being ended: it may print no more

const CAPACITY = 128 << 10;
const HEAD = 5; // of a part: its stream, u32 length
const STREAMS = ["stdout", "stderr"];

/** A SharedArrayBuffer for both sides, or null in a page that isn't cross-origin isolated. */
export function newSharedOutput() {
	return globalThis.crossOriginIsolated && typeof SharedArrayBuffer === "function" ? new SharedArrayBuffer(4 * WORDS + CAPACITY) : null;
}

class Side {
	constructor(buffer) {
		this.words = new Int32Array(buffer, 0, WORDS);
		this.bytes = new Uint8Array(buffer, 4 * WORDS);
		this.view = new DataView(buffer, 4 * WORDS);
	}
}

/** The program's side. */
export class SharedOutput extends Side {
	#tell;

	/** tell: () wakes the page, which looks some ms later. */
	constructor(buffer, tell) {
		super(buffer);
		this.#tell = tell;
	}

	/** Owns the text until offer(), clear() or release(). Gives how many parts of it the page has taken: those are shown. */
	hold() {
		const { words } = this;
		for (;;) {
			const state = Atomics.load(words, STATE);
			if (state === TAKING || state === STOPPED) {
				Atomics.wait(words, STATE, state);
			} else if (Atomics.compareExchange(words, STATE, state, BUSY) === state) {
				if (state !== TAKEN)
					return 0;
				const parts = Atomics.load(words, PARTS);
				this.#empty();
				return parts;
			}
		}
	}

	/** Adds a part to what was offered before. needs: the batch that must be done before the page shows it; 0: none. False: it doesn't fit. */
	offer(stream, bytes, needs) {
		const { words, view } = this;
		const at = Atomics.load(words, LENGTH);
		if (at + HEAD + bytes.length > CAPACITY) {
			this.release();
			return false;
		}
		view.setUint8(at, STREAMS.indexOf(stream));
		view.setUint32(at + 1, bytes.length, true);
		this.bytes.set(bytes, at + HEAD);
		Atomics.store(words, LENGTH, at + HEAD + bytes.length);
		Atomics.add(words, PARTS, 1);
		if (needs)
			Atomics.store(words, NEEDS, needs);
		Atomics.store(words, STATE, OFFERED);
		if (Atomics.exchange(words, ARMED, 1) === 0)
			this.#tell();
		return true;
	}

	/** Owns it no longer: the page may take what was offered before. */
	release() {
		Atomics.store(this.words, STATE, Atomics.load(this.words, LENGTH) > 0 ? OFFERED : EMPTY);
	}

	/** Drops it: it isn't shown, or not from here. */
	withdraw() {
		this.#empty();
		Atomics.store(this.words, STATE, EMPTY);
	}

	/** The worker has posted all of it in a message. */
	clear() {
		Atomics.add(this.words, POSTED, 1);
		this.withdraw();
	}

	#empty() {
		for (const word of [LENGTH, PARTS, NEEDS])
			Atomics.store(this.words, word, 0);
	}
}

/** The page's side: on a thread that may not wait. */
export class SharedOutputTaker extends Side {
	/** From now on the program's side calls tell() when it offers text. */
	disarm() {
		Atomics.store(this.words, ARMED, 0);
	}

	/** How many messages the worker has posted. */
	get posted() {
		return Atomics.load(this.words, POSTED);
	}

	/** Takes what is offered: [{ stream, bytes }]; empty: nothing is, or not yet. got: messages of the worker that came; done: the last batch
	 * that is known to be done. */
	take(got, done) {
		const { words } = this;
		if (Atomics.compareExchange(words, STATE, OFFERED, TAKING) !== OFFERED)
			return [];
		if (Atomics.load(words, POSTED) !== got || Atomics.load(words, NEEDS) > done) {
			this.#leave(OFFERED);
			return [];
		}
		const parts = this.#read();
		this.#leave(TAKEN);
		return parts;
	}

	/** Stops the program at its next output. Gives the parts that were offered, or null: it is printing just now, try again. To be shown after all
	 * `posted` messages. done: the last batch that is done; what needs a later one isn't given. */
	stop(done = Infinity) {
		const { words } = this;
		for (const state of [EMPTY, TAKEN])
			if (Atomics.compareExchange(words, STATE, state, STOPPED) === state)
				return [];
		if (Atomics.compareExchange(words, STATE, OFFERED, STOPPED) !== OFFERED)
			return null;
		return Atomics.load(words, NEEDS) > done ? [] : this.#read();
	}

	#leave(state) {
		Atomics.store(this.words, STATE, state);
		Atomics.notify(this.words, STATE);
	}

	#read() {
		const parts = [];
		for (let at = 0, end = Atomics.load(this.words, LENGTH); at < end;) {
			const from = at + HEAD, to = from + this.view.getUint32(at + 1, true);
			parts.push({ stream: STREAMS[this.view.getUint8(at)], bytes: this.bytes.slice(from, to) });
			at = to;
		}
		return parts;
	}
}
