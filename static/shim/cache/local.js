//# allFunctionsCalledOnLoad
/* What the page answers from its own means: the clocks and random bytes. */

const U32 = 0x100000000;

/* One clock of the server, told by performance.now() between its messages. In Numbers, relative to where it stood at the start: a BigInt
 * per look would cost more than the look. */
class Clock {
	#startLow;
	#startHigh;
	#start; // BigInt
	#base = 0; // ns since #start, at #anchor
	#anchor;
	#shown = 0; // never show less

	constructor(start, now) {
		this.#start = start;
		this.#startLow = Number(start & 0xFFFFFFFFn);
		this.#startHigh = Number(start >> 32n);
		this.#anchor = now;
	}

	/** ns since the start, as a Number (exact to 2^53, 104 days; beyond that to a few ns). */
	elapsed(now) {
		const ns = Math.floor(this.#base + (now - this.#anchor) * 1e6);
		if (ns > this.#shown)
			this.#shown = ns;
		return this.#shown;
	}

	/* An answer brings the server's time: it lies between our asking (`slack` ms ago at most) and now. Within that we stay where we are, so
	 * that the clock runs evenly; below it we are late, above it early. steps: a realtime clock that somebody set back is followed.
	 * Gives the answer's age in ms, as far as that can be told. */
	heard(serverNs, now, slack, steps) {
		const heard = Number(serverNs - this.#start);
		const here = this.#base + (now - this.#anchor) * 1e6;
		let base = here;
		if (here < heard)
			base = heard;
		else if (here > heard + slack * 1e6)
			base = heard + slack * 1e6;
		this.#base = base;
		this.#anchor = now;
		if (steps && this.#shown - base > 1e9)
			this.#shown = base;
		else if (heard > this.#shown)
			this.#shown = heard;
		return (base - heard) / 1e6;
	}

	write(memory, pointer, now) {
		const low = this.#startLow + this.elapsed(now);
		memory.setU64halves(pointer, low % U32, this.#startHigh + low / U32);
	}

	/** As BigInt. */
	read(now) {
		return this.#start + BigInt(this.elapsed(now));
	}
}

/** Realtime (0) and monotonic (1). CPU clocks aren't the page's to know: BADF, as wasmtime says. */
export class Clocks {
	#clocks;
	#now;
	#lastHeard;
	resolutions;

	/** now: () => ms, performance.now. */
	constructor(welcome, now = () => performance.now()) {
		this.#now = now;
		const at = now();
		this.#lastHeard = at;
		this.#clocks = [new Clock(welcome.realtime, at), new Clock(welcome.monotonic, at)];
		this.resolutions = [welcome.realtimeResolution, welcome.monotonicResolution];
	}

	has(id) {
		return id >>> 0 < 2;
	}

	/** Every answer brings both; `sent` is when the batch left (ms), if that is known. Gives when the server made it (ms, as now()). */
	heard(realtime, monotonic, sent = this.#lastHeard) {
		const at = this.#now();
		this.#clocks[0].heard(realtime, at, at - sent, true);
		const age = this.#clocks[1].heard(monotonic, at, at - sent, false);
		this.#lastHeard = at;
		return at - age;
	}

	/** Writes the time as u64 ns. */
	write(id, memory, pointer) {
		this.#clocks[id].write(memory, pointer, this.#now());
	}

	/** BigInt ns. */
	read(id) {
		return this.#clocks[id].read(this.#now());
	}
}

/** Random bytes from crypto.getRandomValues, which gives 65,536 at most and refuses shared memory: fetched in pieces, copied out. */
export class RandomPool {
	#pool = new Uint8Array(65536);
	#at = 65536;
	#source;

	constructor(source = pool => crypto.getRandomValues(pool)) {
		this.#source = source;
	}

	/** Fills target, a view on any memory. What was given is wiped here. */
	fill(target) {
		for (let done = 0; done < target.length;) {
			if (this.#at === this.#pool.length) {
				this.#source(this.#pool);
				this.#at = 0;
			}
			const part = this.#pool.subarray(this.#at, this.#at + target.length - done);
			target.set(part, done);
			part.fill(0);
			this.#at += part.length;
			done += part.length;
		}
	}
}
