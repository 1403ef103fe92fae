//# allFunctionsCalledOnLoad
/* A ring buffer in shared memory, from a writer that never blocks (the control side) to a reader that does (the program's
 * worker). The writer queues what doesn't fit until the reader signals that there is room. */

export const HEAD = 0; // bytes written, modulo 2^32
export const TAIL = 1; // bytes read, modulo 2^32
const STARVED = 2; // the writer's queue isn't empty: the reader must signal when it has read
const LOST = 3; // the connection is gone
const SIGNAL = 4; // grows with every change that the reader may wait for
const WORDS = 5;
const RING_BYTES = 1 << 20;

/** Memory for a ring, to be given to both sides. */
export function newRing(capacity = RING_BYTES) {
	return new SharedArrayBuffer(4 * WORDS + capacity);
}

/** What both sides of a ring have. */
export class Ring {
	/** buffer: shared; words: of which so many come first, HEAD and TAIL before the others. */
	constructor(buffer, words = WORDS) {
		this.words = new Int32Array(buffer, 0, words);
		this.bytes = new Uint8Array(buffer, 4 * words);
	}

	/* head - tail, both of which wrap */
	get used() {
		return (Atomics.load(this.words, HEAD) - Atomics.load(this.words, TAIL)) >>> 0;
	}
}

export class RingWriter extends Ring {
	#queue = [];
	#isLost = false;

	/** Writes the bytes; takes the Uint8Array. */
	write(bytes) {
		this.#queue.push(bytes);
		this.drain();
	}

	/** Are bytes queued for lack of room? */
	get waiting() {
		return this.#queue.length > 0;
	}

	/** Moves as much of the queue into the ring as fits; to be called again when the reader signals room. */
	drain() {
		while (this.#queue.length) {
			let room = this.bytes.length - this.used;
			if (room === 0) {
				Atomics.store(this.words, STARVED, 1);
				room = this.bytes.length - this.used; // the reader may have emptied it before it could see that the writer waits
				if (room === 0)
					return;
				Atomics.store(this.words, STARVED, 0);
			}
			const bytes = this.#queue[0];
			const part = bytes.subarray(0, room);
			const head = Atomics.load(this.words, HEAD) >>> 0;
			const at = head % this.bytes.length;
			const first = part.subarray(0, this.bytes.length - at);
			this.bytes.set(first, at);
			this.bytes.set(part.subarray(first.length), 0);
			if (part.length === bytes.length)
				this.#queue.shift();
			else
				this.#queue[0] = bytes.subarray(part.length);
			Atomics.store(this.words, HEAD, head + part.length | 0);
			this.#wake();
		}
		Atomics.store(this.words, STARVED, 0);
		if (this.#isLost) {
			Atomics.store(this.words, LOST, 1);
			this.#wake();
		}
	}

	#wake() {
		Atomics.add(this.words, SIGNAL, 1);
		Atomics.notify(this.words, SIGNAL);
	}

	/** The connection is gone: after what was written the reader reads nothing more. */
	lose() {
		this.#isLost = true;
		this.drain();
	}
}

export class RingReader extends Ring {
	/** onroom: called when the writer waits for room and there is some. */
	constructor(buffer, onroom) {
		super(buffer);
		this.onroom = onroom;
	}

	get lost() {
		return Atomics.load(this.words, LOST) === 1;
	}

	/** Blocks until there are bytes or the writer is lost; gives a copy of all there are (none: lost). */
	read() {
		for (;;) {
			const signal = Atomics.load(this.words, SIGNAL);
			const { lost } = this; // read before the bytes: the last ones may come between the two reads
			const { used } = this;
			if (used > 0)
				return this.#take(used);
			if (lost)
				return new Uint8Array(0);
			Atomics.wait(this.words, SIGNAL, signal);
		}
	}

	/** The bytes that are there, without waiting. */
	peek() {
		return this.#take(this.used);
	}

	#take(used) {
		const tail = Atomics.load(this.words, TAIL) >>> 0;
		const at = tail % this.bytes.length;
		const bytes = new Uint8Array(used);
		const first = Math.min(used, this.bytes.length - at);
		bytes.set(this.bytes.subarray(at, at + first));
		bytes.set(this.bytes.subarray(0, used - first), first);
		Atomics.store(this.words, TAIL, tail + used | 0);
		if (used && Atomics.load(this.words, STARVED) === 1)
			this.onroom();
		return bytes;
	}
}
