//# allFunctionsCalledOnLoad
/* What the page may answer, delay or ask for in advance, by `coherence`. The one place that knows:
 *   "default"  local answers, read-ahead, write-behind, compound opens, quiet closes, leases
 *   "strict"   local answers only; every other call waits for its own answer
 *   "trap"     everything goes to the server, with the page's state; the server's answer counts */
import { COHERENCE } from "../base/codec.js";

export class Policy {
	constructor(coherence = "default") {
		if (!Object.hasOwn(COHERENCE, coherence))
			throw new TypeError(`coherence "${coherence}" is none of ${Object.keys(COHERENCE).join(", ")}`);
		this.coherence = coherence;
		/** Calls that need nobody are answered here. */
		this.local = coherence !== "trap";
		/** What the page knows, guesses and gathers stands behind program.cache. */
		this.caches = coherence === "default";
	}
}
