/* Sums over rows as they come. Per call: count, errors, durations (in a histogram whose bars are 9 % wide), and time in each part; over
 * time: how often the program waited, and bytes moved. Pure. Leaves to others: showing them. */
import { FLAG } from "./store.js";

const PER_OCTAVE = 8;
const LEAST_EXPONENT = -7; // a 128th of a microsecond
const OCTAVES = 44; // up to a day and a half
const BARS = PER_OCTAVE * OCTAVES + 1;

/** Durations, in bars of equal proportions. */
export class Histogram {
	#bars = new Uint32Array(BARS);
	total = 0;
	max = 0;

	add(us) {
		this.total++;
		if (us > this.max)
			this.max = us;
		this.#bars[barOf(us)]++;
	}

	/** Removes one that was added; the longest stays. */
	take(us) {
		this.total--;
		this.#bars[barOf(us)]--;
	}

	/**
	 * @param {number} share 0.5, 0.99
	 * @returns {number} microseconds, at most 5 % off; never above the longest. NaN: nothing was added
	 */
	percentile(share) {
		if (this.total === 0)
			return NaN;
		let rest = Math.max(1, Math.ceil(share * this.total));
		for (let bar = 0; bar < BARS; bar++) {
			rest -= this.#bars[bar];
			if (rest <= 0)
				return bar === 0 ? Math.min(this.max, 2 ** LEAST_EXPONENT / 2) : Math.min(this.max, 2 ** (LEAST_EXPONENT + (bar - 0.5) / PER_OCTAVE));
		}
		return this.max;
	}
}

function barOf(us) {
	if (!(us > 2 ** LEAST_EXPONENT))
		return 0;
	return Math.min(BARS - 1, 1 + Math.floor((Math.log2(us) - LEAST_EXPONENT) * PER_OCTAVE));
}

/** One call's sums. Times are microseconds. A call that the page sent later on its own (QUIET) isn't the program's: only its parts count. */
class CallSum {
	count = 0;
	errors = 0;
	local = 0;
	quiet = 0;
	bytes = 0;
	took = 0;
	parts = { page: 0, wire: 0, queue: 0, os: 0, waiting: 0 };
	durations = new Histogram();

	add(row) {
		const quiet = (row.flags & FLAG.QUIET) !== 0;
		this.errors += row.errno !== 0 && !(row.flags & FLAG.SKIPPED) ? 1 : 0;
		for (const part of ["page", "wire", "queue", "os", "waiting"])
			if (row[part] > 0)
				this.parts[part] += row[part];
		if (quiet) {
			this.quiet++;
			return;
		}
		this.count++;
		this.local += row.flags & FLAG.LOCAL ? 1 : 0;
		this.bytes += row.bytes;
		this.took += row.took;
		this.durations.add(row.took);
	}

	/** A row that was added turns out to be the page's own. */
	disown(row) {
		this.quiet++;
		this.count--;
		this.local -= row.flags & FLAG.LOCAL ? 1 : 0;
		this.bytes -= row.bytes;
		this.took -= row.took;
		this.durations.take(row.took);
	}

	/** Replaces the times of a row that was added with `before` by those that the page reported. */
	correct(before, { took, page, wire }) {
		this.durations.take(before);
		this.durations.add(took);
		this.took += took - before;
		this.parts.page += page;
		this.parts.wire += wire;
	}
}

const TICK_US = 250_000;
const TICKS = 2400; // ten minutes

/** What happened in each quarter of a second, for ten minutes. */
class Series {
	#ticks = new Float64Array(TICKS).fill(-1);
	#waits = new Float64Array(TICKS);
	#bytes = new Float64Array(TICKS);
	#calls = new Float64Array(TICKS);
	#lastBatch = new Map(); // program: batch that was counted
	last = null; // tick

	add(row) {
		const tick = Math.floor((row.time + row.took) / TICK_US);
		const at = tick % TICKS;
		if (this.#ticks[at] !== tick) {
			if (this.#ticks[at] > tick)
				return; // older than what is kept
			this.#ticks[at] = tick;
			this.#waits[at] = this.#bytes[at] = this.#calls[at] = 0;
		}
		if (row.flags & FLAG.QUIET)
			return;
		this.#calls[at]++;
		this.#bytes[at] += row.bytes;
		if (!(row.flags & FLAG.LOCAL) && this.#lastBatch.get(row.program) !== row.batch) {
			this.#waits[at]++; // a batch that the program waited for, however many calls it carried
			this.#lastBatch.set(row.program, row.batch);
		}
		if (this.last === null || tick > this.last)
			this.last = tick;
	}

	/**
	 * The last `seconds` before `end`, oldest first.
	 * @param {number} end microseconds since 1970
	 * @returns {{ waits: number[], bytes: number[], calls: number[], tickSeconds: number }} per quarter of a second
	 */
	window(seconds, end) {
		const length = Math.min(TICKS, Math.ceil(seconds * 1e6 / TICK_US));
		const to = Math.floor(end / TICK_US);
		const found = { waits: [], bytes: [], calls: [], tickSeconds: TICK_US / 1e6 };
		for (let tick = to - length + 1; tick <= to; tick++) {
			const at = ((tick % TICKS) + TICKS) % TICKS;
			const there = this.#ticks[at] === tick;
			found.waits.push(there ? this.#waits[at] : 0);
			found.bytes.push(there ? this.#bytes[at] : 0);
			found.calls.push(there ? this.#calls[at] : 0);
		}
		return found;
	}
}

/** All sums of one program, or of all together. */
export class Sums {
	/** @type {Map<number, CallSum>} by the call's number */
	calls = new Map();
	all = new CallSum();
	series = new Series();

	/** @param {import("./store.js").Row} row one that is done */
	add(row) {
		let sum = this.calls.get(row.call);
		if (sum === undefined)
			this.calls.set(row.call, sum = new CallSum());
		sum.add(row);
		this.all.add(row);
		this.series.add(row);
	}

	/** @see CallSum.disown */
	disown(row) {
		this.calls.get(row.call)?.disown(row);
		this.all.disown(row);
	}

	/** @see CallSum.correct */
	correct(call, before, times) {
		this.calls.get(call)?.correct(before, times);
		this.all.correct(before, times);
	}
}
