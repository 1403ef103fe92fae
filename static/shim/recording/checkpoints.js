//# allFunctionsCalledOnLoad
/* Checkpoints of a recorded run. No engine can store a wasm stack, but one can wait: so the program runs in several workers, each of which has stopped before
 * another call and blocks there. To a later call the nearest of them goes on; one that has left its place is made again meanwhile. Of the calls just before
 * where one went, the memory is kept. For timeline-page.js; needs shared memory. */
import { unpackError } from "../base/error-transfer.js";

const APART_MS = 300, MOST = 8, BYTES_MAX = 512 << 20; // of all their memories
const KEPT_MOST = 16, KEPT_BYTES = 128 << 20;
const WORDS = { order: 0, from: 1, to: 2 };

/**
 * At which calls.
 * @param {{ call: number, ms: number }[]} times when the first pass came to each
 * @param {number} count @returns {number[]} calls that divide it into parts of about the same time
 */
function placesOf(times, count) {
	const all = times.at(-1)?.ms ?? 0;
	return Array.from({ length: count }, (_, i) => times.find(({ ms }) => ms >= all * (i + 1) / (count + 1)).call);
}

/** How many are worth it, of a pass that takes so long, with so much memory. */
export const countOf = (passMs, bytes) => Math.max(0, Math.min(MOST, Math.floor(passMs / APART_MS), Math.floor(BYTES_MAX / bytes) - 1));

/** One run of the program, which goes forward alone. */
class Walker {
	at = 0;
	isIdle = true;
	#worker;
	#job;
	#words = new Int32Array(new SharedArrayBuffer(12));
	#take = (call, memory) => {};
	#settle = null; // { resolve, reject } of goTo()

	constructor(worker, job) {
		this.#worker = worker;
		this.#job = { ...job, orders: this.#words.buffer };
		worker.onmessage = ({ data: { call, memory, error } }) => {
			if (error)
				return this.#settle.reject(unpackError(error));
			if (memory)
				this.#take(call, memory);
			if (call === this.at)
				this.#settle.resolve(undefined);
			return undefined;
		};
		worker.onerror = event => this.#settle.reject(new Error(event.message ?? "the worker of the recording could not be loaded"));
	}

	/** Goes to call n; take(call, memory) for each call from `from` to n. */
	async goTo(n, from, take) {
		const words = this.#words, job = this.#job;
		this.#take = take;
		this.at = n;
		this.isIdle = false;
		const there = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
		Atomics.store(words, WORDS.from, from);
		Atomics.store(words, WORDS.to, n);
		Atomics.add(words, WORDS.order, 1);
		Atomics.notify(words, WORDS.order);
		this.#job = null;
		if (job !== null)
			this.#worker.postMessage({ walk: job });
		await there;
		this.isIdle = true;
	}

	close() {
		this.#worker.terminate();
		this.#settle?.reject(new Error("the recording was closed"));
	}
}

export class Checkpoints {
	/** The calls at which they stand. */
	places;
	#start;
	#job;
	#standing = new Map(); // place -> Walker
	#other = null; // the Walker that was asked last
	#kept = new Map(); // call -> memory
	#keeps;
	#making = null; // a promise
	#isClosed = false;

	/** start: () => Worker of timeline-worker.js; job: { records, calls, traps, module }; times: of the first pass; bytes: of its memory */
	constructor(start, job, { times, count, bytes }) {
		this.#start = start;
		this.#job = job;
		this.places = placesOf(times, count);
		this.#keeps = Math.max(1, Math.min(KEPT_MOST, Math.floor(KEPT_BYTES / bytes)));
	}

	/** Resolves when each stands in its place. */
	make() {
		const atOnce = Math.max(1, navigator.hardwareConcurrency >> 1);
		return (this.#making ??= Promise.all(Array.from({ length: atOnce }, () => this.#make())).then(() => void (this.#making = null)));
	}

	async #make() {
		for (let place; (place = this.places.findLast(one => !this.#standing.has(one))) !== undefined && !this.#isClosed;) {
			const walker = new Walker(this.#start(), this.#job);
			this.#standing.set(place, walker);
			await walker.goTo(place, place + 1, () => {});
		}
	}

	/** @param {number} n @returns {Promise<{ call: number, memory: Uint8Array<ArrayBuffer>, ran: number }>} ran: calls that were made again for it */
	async goTo(n) {
		const had = this.#kept.get(n);
		if (had)
			return { call: n, memory: had.slice(), ran: 0 };
		const walker = this.#nearest(n), ran = n - walker.at;
		this.#kept.clear();
		await walker.goTo(n, Math.max(0, n + 1 - this.#keeps), (call, memory) => this.#kept.set(call, memory));
		this.make().catch(() => {}); // this place's, if it was a checkpoint's
		return { call: n, memory: this.#kept.get(n).slice(), ran };
	}

	#nearest(n) {
		const [place, walker] = [[-1, this.#other], ...this.#standing].filter(([, one]) => one?.isIdle && one.at <= n)
			.sort(([, one], [, other]) => other.at - one.at)[0] ?? [-1, new Walker(this.#start(), this.#job)];
		if (walker !== this.#other)
			this.#other?.close();
		this.#standing.delete(place);
		this.#other = walker;
		return walker;
	}

	close() {
		this.#isClosed = true;
		for (const walker of [this.#other, ...this.#standing.values()])
			walker?.close();
	}
}
