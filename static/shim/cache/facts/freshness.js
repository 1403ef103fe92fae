//# allFunctionsCalledOnLoad
/* Is what the server promised to tell changes of as new as it has to be? An answer of the server begins with every break before it, so what is
 * known is as new as the last answer. Beyond that the control side's nudge tells that something is broken; where it can't, some ms are all that
 * a known answer may be older. */
export class Freshness {
	#pipeline;
	#freshMs;
	/** @type {Int32Array | null} on shared memory: grows when the server says that something is broken */
	#nudges;
	#nudged = 0; // as far as an answer has made up for it
	#heard = -Infinity; // ms: when the last answer's batch left
	#fenced = false;

	/** freshMs: how old an answer may be without nudges. */
	constructor(pipeline, freshMs, nudges) {
		this.#pipeline = pipeline;
		this.#freshMs = freshMs;
		this.#nudges = nudges;
	}

	/** A batch leaves that will be answered. */
	leaving() {
		if (this.#nudges !== null)
			this.#pipeline.mark = Atomics.load(this.#nudges, 0);
	}

	answered({ sent, mark }) {
		this.#heard = sent;
		this.#nudged = mark;
		this.#fenced = false;
	}

	/** Something outside told the program, or may have: what it asks next is asked of the server. */
	fence() {
		this.#fenced = true;
	}

	get isFresh() {
		if (this.#fenced)
			return false;
		if (this.#nudges !== null)
			return Atomics.load(this.#nudges, 0) === this.#nudged;
		return performance.now() - this.#heard < this.#freshMs;
	}
}
