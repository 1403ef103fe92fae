//# allFunctionsCalledOnLoad
/* A recording's way from the program's worker to the page, whose control connection carries it on to the gateway. In shared memory the page finds it
 * even while the program computes; without, it is posted. Leaves to others: what is in it (recorder.js), the connection (sender.js). */
import { OutputCredit } from "../base/output-credit.js";
import { HEAD, Ring, TAIL } from "../base/ring.js";

const ARMED = 2; // the page was told, and will look
const OVER = 3; // nothing more is wanted
const WORDS = 4;
const RING_BYTES = 1 << 20;
const POST_BYTES = 128 << 10, POST_US = 200_000;
const FEW = 48; // bytes for which a loop is cheaper than a view to copy through
const BEHIND_BYTES = 8 << 20;

/** Memory for both sides, or null in a page that isn't cross-origin isolated. */
export function newSharedOutbox() {
	return globalThis.crossOriginIsolated && typeof SharedArrayBuffer === "function" ? new SharedArrayBuffer(4 * WORDS + RING_BYTES) : null;
}

/** The program's side, by shared memory. */
export class SharedOutbox extends Ring {
	#post;
	#head = 0; // this side alone moves it

	/** post: (message) to the page */
	constructor(buffer, post) {
		super(buffer, WORDS);
		this.#post = post;
		this.finish = finishBy(post);
	}

	get isOver() {
		return Atomics.load(this.words, OVER) !== 0;
	}

	/** bytes[from, end); waits while the page and the gateway don't keep up. */
	write(bytes, from, end) {
		const { words } = this;
		let head = this.#head, used = 0;
		while (from < end && !this.isOver) {
			const at = head % RING_BYTES;
			used = (head - Atomics.load(words, TAIL)) >>> 0;
			if (used === RING_BYTES) {
				this.#tell("full");
				Atomics.wait(words, TAIL, (head - RING_BYTES) | 0);
				continue;
			}
			const part = Math.min(end - from, RING_BYTES - used, RING_BYTES - at);
			if (part > FEW)
				this.bytes.set(bytes.subarray(from, from + part), at);
			else
				for (let i = 0; i < part; i++)
					this.bytes[at + i] = bytes[from + i];
			head = (head + part) >>> 0;
			used += part;
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
	constructor(buffer) {
		super(buffer, WORDS);
	}

	/** From now on the program's side tells when there is more. */
	disarm() {
		Atomics.store(this.words, ARMED, 0);
	}

	/** All there is: a copy. */
	take() {
		const tail = Atomics.load(this.words, TAIL) >>> 0, length = this.used;
		const bytes = new Uint8Array(length), at = tail % RING_BYTES;
		bytes.set(this.bytes.subarray(at, at + Math.min(length, RING_BYTES - at)));
		if (length > RING_BYTES - at)
			bytes.set(this.bytes.subarray(0, length - (RING_BYTES - at)), RING_BYTES - at);
		Atomics.store(this.words, TAIL, (tail + length) | 0);
		Atomics.notify(this.words, TAIL);
		return bytes;
	}

	/** Nothing more is wanted: the program runs on. */
	close() {
		Atomics.store(this.words, OVER, 1);
		this.take();
	}
}

/** The program's side without shared memory: what it did just before it computes for long isn't posted before its next call. */
export class PostedOutbox {
	isOver = false;
	#post;
	#bytes = new Uint8Array(POST_BYTES);
	#at = 0;
	#posted = 0;
	#last = 0; // µs
	#credit = new OutputCredit();

	constructor(post) {
		this.#post = post;
		const finish = finishBy(post);
		this.finish = () => {
			this.#send();
			return finish();
		};
	}

	write(bytes, from, end) {
		while (from < end) {
			const part = Math.min(end - from, POST_BYTES - this.#at);
			this.#bytes.set(bytes.subarray(from, from + part), this.#at);
			this.#at += part;
			from += part;
			if (this.#at === POST_BYTES)
				this.#send();
		}
	}

	hurry() {
		this.#send();
	}

	/** us: the time */
	tick(us) {
		if (us - this.#last < POST_US)
			return;
		this.#last = us;
		this.#send();
	}

	#send() {
		if (this.#at === 0)
			return;
		this.#posted += this.#at;
		this.#post({ is: "recorded", bytes: this.#bytes.slice(0, this.#at), mark: this.#credit.next(this.#at) });
		this.#at = 0;
		while (this.#posted - this.#credit.taken() > BEHIND_BYTES); // the page is asked again and again: nothing else is possible here
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
