//# allFunctionsCalledOnLoad
/* The one door to what the page knows of files, guesses and gathers: the imports ask here before they ask the server, and tell what came. Behind it
 * stand facts/ (what is known), prefetch/ (what is guessed), asking.js (what is asked beside), writebehind.js and sends.js (what is gathered), put
 * together in cache.js; programs in "strict" and "trap" have none of it (none.js).
 *
 * No fault of what is known or guessed reaches the program: an error takes all of that away, the outgoing batch is as it was before the call,
 * and from there on the program runs as in "strict". What was gathered is sent and reported all the same. */
import { Cache } from "./cache.js";
import { NoCache } from "./none.js";
import { GatheredSends } from "./sends.js";
import { WriteBehind } from "./writebehind.js";

/* Those that write into the outgoing batch. */
const WRITES = new Set(["begin", "end", "leaves", "asksStat", "changes", "open", "asksOpen", "asksListing", "asksRead", "came", "take", "writeOr", "sendOr"]);

/**
 * A program's door. options: freshMs: how old an answer may be where the server promised nothing; wakeups: shared memory that grows when leases are
 * broken, or null; hints: of the last start, or null; predictors: see prefetch/index.js.
 */
export function openCache(program, options) {
	if (!program.policy.caches)
		return new NoCache();
	const behind = new WriteBehind(program);
	const sends = new GatheredSends(program, behind);
	const guard = new Guard(program, new NoCache(behind, sends));
	const door = guard.over(new Cache(program, { behind, sends }, options, handler => guard.handler(handler)));
	program.pipeline.onbreak = door.broken;
	program.pipeline.onanswered = door.answered;
	return door;
}

/** Lets no error out: the door is the one where nothing is known, after the first. */
class Guard {
	#program;
	#none;
	#inside = null;

	constructor(program, none) {
		this.#program = program;
		this.#none = none;
	}

	/** The door over `inside`. */
	over(inside) {
		this.#inside = inside;
		const door = { without: () => this.#none, rest: () => void (this.#inside = this.#none) };
		Object.defineProperty(door, "isOn", { get: () => this.#inside !== this.#none });
		for (const name of Object.getOwnPropertyNames(NoCache.prototype))
			if (!(name in door) && name !== "constructor")
				door[name] = WRITES.has(name) ? this.#writing(name) : this.#method(name);
		return door;
	}

	/* Functions are looked up once, and rest arguments cost: this runs with most calls that the page answers. No method has more than seven. */
	#method(name) {
		const none = this.#none, inside = this.#inside;
		const known = inside[name], unknown = none[name];
		return (a, b, c, d, e, f, g) => {
			if (this.#inside === inside)
				try {
					return known.call(inside, a, b, c, d, e, f, g);
				} catch (error) {
					this.#fall(error);
				}
			return unknown.call(none, a, b, c, d, e, f, g);
		};
	}

	/* One that writes into the outgoing batch: that is taken back. */
	#writing(name) {
		const none = this.#none, inside = this.#inside;
		const known = inside[name], unknown = none[name];
		const { pipeline } = this.#program;
		return (a, b, c, d, e, f, g) => {
			if (this.#inside === inside) {
				const mark = pipeline.position();
				try {
					return known.call(inside, a, b, c, d, e, f, g);
				} catch (error) {
					this.#fall(error);
					if (!pipeline.backTo(mark) && (name === "writeOr" || name === "sendOr"))
						throw error; // it has left, and can't be done again
				}
			}
			return unknown.call(none, a, b, c, d, e, f, g);
		};
	}

	/** Of what comes with an answer. */
	handler(handle) {
		return (...args) => {
			if (this.#inside === this.#none)
				return undefined;
			try {
				return handle(...args);
			} catch (error) {
				return this.#fall(error);
			}
		};
	}

	#fall(error) {
		this.#inside = this.#none;
		this.#program.faulted(error);
	}
}
