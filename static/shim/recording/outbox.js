//# allFunctionsCalledOnLoad
/* A recording's way from the program's worker to the page, whose control connection carries it on to the gateway. In shared memory the page finds it
 * even while the program computes; without, it is posted. Leaves to others: what is in it (recorder.js), the connection (sender.js). */
import { FRAME_HEAD } from "../base/frames.js";
import { OutputCredit } from "../base/output-credit.js";
import { HEAD, Ring, TAIL } from "../base/ring.js";

const ARMED = 2; // the page was told, and will look
const OVER = 3; // nothing more is wanted
const WORDS = 4;
const RING_BYTES = 4 << 20; // a browser sends few large messages with less work than many small ones
const POST_BYTES = 128 << 10, POST_MS = 200;
const ALIGNED = 8; // FRAME_HEAD is a multiple of it
const FEW = 32; // words for which a loop is cheaper than a view to copy through
const BEHIND_BYTES = 8 << 20;

/** Memory for both sides, or null in a page that isn't cross-origin isolated. */
export function newSharedOutbox() {
	return globalThis.crossOriginIsolated && typeof SharedArrayBuffer === "function" ? new SharedArrayBuffer(4 * WORDS + RING_BYTES) : null;
}

/** The program's side, by shared memory. */
export class SharedOutbox extends Ring {
	#post;
	#head = 0; // this side alone moves it
	#ring;

	/** post: (message) to the page */
	constructor(buffer, post) {
		super(buffer, WORDS);
		this.#ring = new Int32Array(buffer, 4 * WORDS);
		this.#post = post;
		this.finish = finishBy(post);
	}

	get isOver() {
		return Atomics.load(this.words, OVER) !== 0;
	}

	/** What is written next is to begin at such a word: engines copy into shared memory byte by byte where both places aren't aligned alike, to 8 bytes. */
	get phase() {
		return this.#head >> 2 & 1;
	}

	/** given[from, end), words; waits while the page and the gateway don't keep up. */
	write(given, from, end) {
		const { words } = this, ring = this.#ring;
		let head = this.#head, used = 0;
		while (from < end && !this.isOver) {
			const at = head % RING_BYTES >> 2;
			used = (head - Atomics.load(words, TAIL)) >>> 0;
			if (used === RING_BYTES) {
				this.#tell("full");
				Atomics.wait(words, TAIL, (head - RING_BYTES) | 0);
				continue;
			}
			const part = Math.min(end - from, RING_BYTES - used >> 2, ring.length - at);
			if (part > FEW)
				ring.set(given.subarray(from, from + part), at);
			else
				for (let i = 0; i < part; i++)
					ring[at + i] = given[from + i];
			head = (head + 4 * part) >>> 0;
			used += 4 * part;
			Atomics.store(words, HEAD, head | 0);
			from += part;
		}
		this.#head = head;
		const armed = Atomics.load(words, ARMED);
		if (armed === 0)
			this.#tell("some");
		else if (armed === 1 && used > RING_BYTES / 2)
			this.#tell("half");
	}

	/** The page is to send what there is. */
	hurry() {
		this.#tell("half");
	}

	#tell(how) {
		Atomics.store(this.words, ARMED, how === "some" ? 1 : 2);
		this.#post({ is: "recorded", soon: how !== "some" });
	}

	tick() {}
}

/** The page's side of it. */
export class OutboxTaker extends Ring {
	#taken = new Uint8Array(FRAME_HEAD + ALIGNED + RING_BYTES);

	constructor(buffer) {
		super(buffer, WORDS);
	}

	/** From now on the program's side tells when there is more. */
	disarm() {
		Atomics.store(this.words, ARMED, 0);
	}

	/** What there is, or a part of it: good until the next take(), with room for a frame's head before it. */
	take() {
		const tail = Atomics.load(this.words, TAIL) >>> 0, at = tail % RING_BYTES, length = Math.min(this.used, RING_BYTES - at);
		const from = FRAME_HEAD + at % ALIGNED;
		this.#taken.set(this.bytes.subarray(at, at + length), from);
		Atomics.store(this.words, TAIL, (tail + length) | 0);
		Atomics.notify(this.words, TAIL);
		return this.#taken.subarray(from, from + length);
	}

	/** Nothing more is wanted: the program runs on. */
	close() {
		Atomics.store(this.words, OVER, 1);
		while (this.take().length > 0);
	}
}

/** The program's side without shared memory: what it did just before it computes for long isn't posted before its next call. */
export class PostedOutbox {
	isOver = false;
	phase = 0;
	#post;
	#words = new Int32Array(POST_BYTES / 4);
	#at = 0;
	#posted = 0;
	#last = 0; // ms
	#credit = new OutputCredit();

	constructor(post) {
		this.#post = post;
		const finish = finishBy(post);
		this.finish = () => {
			this.#send();
			return finish();
		};
	}

	write(words, from, end) {
		while (from < end) {
			const part = Math.min(end - from, this.#words.length - this.#at);
			this.#words.set(words.subarray(from, from + part), this.#at);
			this.#at += part;
			from += part;
			if (this.#at === this.#words.length)
				this.#send();
		}
	}

	hurry() {
		this.#send();
	}

	/** ms: the time */
	tick(ms) {
		if (ms - this.#last < POST_MS)
			return;
		this.#last = ms;
		this.#send();
	}

	#send() {
		if (this.#at === 0)
			return;
		const bytes = new Uint8Array(this.#words.slice(0, this.#at).buffer);
		this.#posted += bytes.length;
		this.#post({ is: "recorded", bytes, mark: this.#credit.next(bytes.length) });
		this.#at = 0;
		while (this.#posted - this.#credit.taken() > BEHIND_BYTES); // the page is asked again and again: nothing else is possible here
	}
}

/** The recording of a program that is kept and goes to a file, too: the first way has no end, which the next page would take for one. */
export class BothWays {
	#kept;
	#file;
	#ends = false;

	/** kept: recording/keeping.js's; file: one of those above */
	constructor(kept, file) {
		this.#kept = kept;
		this.#file = file;
	}

	get isOver() {
		return this.#kept.isOver && this.#file.isOver;
	}

	get phase() {
		return this.#file.phase;
	}

	write(words, from, end) {
		if (!this.#kept.isOver && !this.#ends)
			this.#kept.write(words, from, end);
		if (!this.#file.isOver)
			this.#file.write(words, from, end);
	}

	tick(ms) {
		this.#file.tick(ms);
	}

	/** Only the end follows. */
	hurry() {
		this.#ends = true;
		this.#file.hurry();
	}

	finish() {
		return this.#file.finish();
	}
}

/* Tells the page that it is all, and waits for its answer: worker.js calls `arrived`. */
function finishBy(post) {
	return () => new Promise(resolve => {
		arrived = () => resolve(undefined);
		post({ is: "recorded", all: true });
	});
}

let arrived = () => {};

/** The page says that the gateway has all of it. */
export function recordingArrived() {
	arrived();
}
