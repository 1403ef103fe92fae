//# allFunctionsCalledOnLoad
/* May facts of leases still be used? Every answer begins with the breaks before it, so facts are as new as the last answer. After that the
 * control side counts each BROKEN in `wakeups`; without that count facts may be used for some ms only. */
export class Freshness {
	#pipeline;
	#freshMs;
	/** @type {Int32Array | null} on shared memory: grows when the server says that something is broken */
	#wakeups;
	#answered = 0; // up to this count an answer has brought the BREAKs
	#heard = -Infinity; // ms: when the last answer's batch left
	#fenced = false;

	/** freshMs: how old an answer may be without wakeups. */
	constructor(pipeline, freshMs, wakeups) {
		this.#pipeline = pipeline;
		this.#freshMs = freshMs;
		this.#wakeups = wakeups;
	}

	/** A batch leaves that will be answered. */
	leaving() {
		if (this.#wakeups !== null)
			this.#pipeline.mark = Atomics.load(this.#wakeups, 0);
	}

	answered({ sent, mark }) {
		this.#heard = sent;
		this.#answered = mark;
		this.#fenced = false;
	}

	/** Something outside told the program, or may have: what it asks next is asked of the server. */
	fence() {
		this.#fenced = true;
	}

	get isFresh() {
		if (this.#fenced)
			return false;
		if (this.#wakeups !== null)
			return Atomics.load(this.#wakeups, 0) === this.#answered;
		return performance.now() - this.#heard < this.#freshMs;
	}
}
