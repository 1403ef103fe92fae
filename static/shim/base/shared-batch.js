//# allFunctionsCalledOnLoad
/* The calls that a program has gathered, kept in shared memory between its calls. If the program computes for long, is ended, or its
 * worker dies, the control side sends them in its place. Sequence numbers keep the order, so either side may send the next batch.
 * Leaves to others: what is gathered (the cache), the batches' order (pipeline.js), sending (program.js and control.js).
 *
 * One word of state says which side owns the batch. The program's side may change it from any state but TAKING and CARRIED, the
 * control side from any but BUSY. */
import { BATCH_HEAD, FRAME } from "./codec.js";

const STATE = 0, SEQUENCE = 1, SEEN = 2, COUNT = 3, LENGTH = 4, ARMED = 5, WORDS = 6;
const IDLE = 0; // nothing is gathered
const BUSY = 1; // the program's side is in a call
const OFFERED = 2; // COUNT calls, LENGTH bytes
const TAKING = 3; // the control side copies them
const TAKEN = 4; // the control side has sent them, as batch SEQUENCE
const CLOSED = 5; // the program is being ended: nothing more may be sent
const CARRIED = 6; // LENGTH bytes are a whole batch, numbered by the program's side, which the control side sends

/* Room for a MiB of gathered bytes, and for the calls themselves. */
const BYTES = (1 << 20) + (256 << 10);

/** A SharedArrayBuffer for both sides, or null in a page that isn't cross-origin isolated. */
export function newSharedBatch() {
	return globalThis.crossOriginIsolated && typeof SharedArrayBuffer === "function" ? new SharedArrayBuffer(4 * WORDS + BYTES) : null;
}

class Side {
	constructor(buffer) {
		this.words = new Int32Array(buffer, 0, WORDS);
		this.bytes = new Uint8Array(buffer, 4 * WORDS);
	}
}

/** The program's side. */
export class SharedBatch extends Side {
	#onarmed;
	#oncarried;
	#copied = 0; // of the batch's bytes
	/** Does the program's side own the batch? */
	held = false;
	/** (sequence): the control side sent the batch; (): the program is being ended */
	ontaken = null;
	onclosed = null;

	/** tell: ("gathered" | "carried") wakes the control side, which looks after 2 ms, or at once. */
	constructor(buffer, tell) {
		super(buffer);
		this.#onarmed = () => tell("gathered");
		this.#oncarried = () => tell("carried");
	}

	/** Takes the batch; to be called before it is changed. */
	hold() {
		const { words } = this;
		while (!this.held) {
			const state = Atomics.load(words, STATE);
			if (state === TAKING || state === CARRIED) {
				Atomics.wait(words, STATE, state);
			} else if (state === CLOSED) {
				this.held = true;
				this.onclosed();
			} else if (Atomics.compareExchange(words, STATE, state, BUSY) === state) {
				this.held = true;
				if (state === TAKEN) {
					this.#copied = 0;
					this.ontaken(Atomics.load(words, SEQUENCE));
				}
			}
		}
	}

	/** The batch ends here, since a call was taken back. */
	shortened(at) {
		this.#copied = Math.min(this.#copied, at);
	}

	/** Gives the batch back after a call: the control side may send what is in the writer. urgent: it is to, soon. */
	release(writer, urgent = true) {
		const { words } = this;
		if (!this.held || Atomics.load(words, STATE) === CLOSED || writer.at > this.bytes.length)
			return;
		this.held = false;
		if (writer.count === 0)
			return void Atomics.store(words, STATE, IDLE);
		this.#copied = writer.copyTo(this.bytes, this.#copied);
		Atomics.store(words, COUNT, writer.count);
		Atomics.store(words, LENGTH, writer.at);
		Atomics.store(words, STATE, OFFERED);
		if (urgent && Atomics.compareExchange(words, ARMED, 0, 1) === 0)
			this.#onarmed();
	}

	/** Notes that the program's side has sent the batch. */
	sent(sequence, seen) {
		this.#copied = 0;
		const { words } = this;
		Atomics.store(words, SEQUENCE, sequence);
		Atomics.store(words, SEEN, seen);
		if (Atomics.compareExchange(words, STATE, BUSY, IDLE) === BUSY)
			this.held = false;
	}

	/** Has the control side send a sealed batch. False: it can't. */
	carry(bytes) {
		const { words } = this;
		if (bytes.length > this.bytes.length || Atomics.load(words, STATE) !== IDLE)
			return false;
		this.bytes.set(bytes);
		Atomics.store(words, LENGTH, bytes.length);
		if (Atomics.compareExchange(words, STATE, IDLE, CARRIED) !== IDLE)
			return false;
		this.#oncarried();
		return true;
	}
}

/** The control side: on a thread that may not wait. */
export class SharedBatchTaker extends Side {
	/** The number of the last batch that left, whoever sent it. */
	get sequence() {
		return Atomics.load(this.words, SEQUENCE);
	}

	/** Is there a batch to take? */
	get offered() {
		return Atomics.load(this.words, STATE) === OFFERED;
	}

	/** Asks the program's side to call tell() when it gathers something. */
	disarm() {
		Atomics.store(this.words, ARMED, 0);
	}

	/** Takes the gathered batch, to be sent; null: there is none. */
	take(after = TAKEN) {
		const { words } = this;
		if (Atomics.compareExchange(words, STATE, OFFERED, TAKING) !== OFFERED)
			return null;
		const frame = this.bytes.slice(0, Atomics.load(words, LENGTH));
		const sequence = Atomics.add(words, SEQUENCE, 1) + 1;
		const view = new DataView(frame.buffer);
		view.setUint32(0, frame.length, true);
		view.setUint8(4, FRAME.BATCH);
		view.setUint8(5, 0);
		view.setUint16(6, Atomics.load(words, COUNT), true);
		view.setUint32(8, sequence, true);
		view.setUint32(BATCH_HEAD - 4, Atomics.load(words, SEEN), true);
		Atomics.store(words, STATE, after);
		Atomics.notify(words, STATE);
		return frame;
	}

	/** Takes the sealed batch of carry(), or null. */
	takeCarried() {
		const { words } = this;
		if (Atomics.load(words, STATE) !== CARRIED)
			return null;
		const batch = this.bytes.slice(0, Atomics.load(words, LENGTH));
		Atomics.store(words, STATE, IDLE);
		Atomics.notify(words, STATE);
		return batch;
	}

	/** Closes the batch: the program's side sends nothing more. Gives { batch }: the last one, to be sent now, or null; or gives
	 * null: the program is in a call, try again. */
	close() {
		const batch = this.take(CLOSED);
		if (batch !== null)
			return { batch };
		for (const state of [IDLE, TAKEN])
			if (Atomics.compareExchange(this.words, STATE, state, CLOSED) === state)
				return { batch: null };
		return Atomics.load(this.words, STATE) === CLOSED ? { batch: null } : null;
	}
}
