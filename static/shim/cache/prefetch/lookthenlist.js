//# allFunctionsCalledOnLoad
/* Will the program list the folder that it looks into? One that did so with a third of those before does: then the folder is kept open for it.
 * It earns: a first start of CPython waits 112 times, 125 without it, with .pyc 84 and 97 (bench/predictors.js: 62 and 120). */
import { Credit } from "../../base/credit.js";

const SURE = 2; // folders
const SHARE = 1 / 3;

export class LookThenList {
	#credit = new Credit(); // folders that were looked into, and those of them that were opened afterwards

	/** It looks into a folder for the first time. */
	looks() {
		this.#credit.sent++;
	}

	/** It opens a folder that it has looked into. */
	lists() {
		this.#credit.used++;
	}

	get listsWhatItLooksInto() {
		return this.#credit.used >= SURE && this.#credit.isUsed(SHARE);
	}
}
