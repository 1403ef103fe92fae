//# allFunctionsCalledOnLoad
/* Compares what the page asked for in advance with how much of it the program used, in bytes or in items. As much may be asked for in vain as was used, and a
 * little at first. Every guess has one. */
export class Credit {
	sent = 0;
	used = 0;

	/** free: how much may be asked for in vain before anything was used. */
	constructor(free = 0) {
		this.free = free;
	}

	/** Asked for in vain so far. */
	get lost() {
		return this.sent - this.used;
	}

	/** How much may be asked for now. */
	get room() {
		return Math.max(this.used, this.free) - this.lost;
	}

	/** Doubles what is free, up to `most`. */
	grow(most) {
		this.free = Math.min(most, 2 * this.free);
	}

	/** Notes that this much of it was used. */
	isUsed(share) {
		return this.used >= this.sent * share;
	}
}
