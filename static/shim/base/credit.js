//# allFunctionsCalledOnLoad
/* What was sent before it was asked for against what of it was used: in bytes, or in how many. As much may be sent for naught as was of use,
 * and a few at first. Every guess has one. */
export class Credit {
	sent = 0;
	used = 0;

	/** free: what may be for naught before anything was used. */
	constructor(free = 0) {
		this.free = free;
	}

	/** Sent for naught so far. */
	get lost() {
		return this.sent - this.used;
	}

	/** What may be sent now. */
	get room() {
		return Math.max(this.used, this.free) - this.lost;
	}

	/** More is free from now on: twice as much, `most` at most. */
	grow(most) {
		this.free = Math.min(most, 2 * this.free);
	}

	/** Was this part of what was sent used? */
	isUsed(share) {
		return this.used >= this.sent * share;
	}
}
