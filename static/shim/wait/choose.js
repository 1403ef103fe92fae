//# allFunctionsCalledOnLoad
/* Chooses how a program waits for answers, by what the engine can do. */
import { jspiWorks } from "./jspi.js";
import { sharedWorks } from "./shared.js";

/** "jspi", "shared" or "xhr": the one that was asked for, or with "auto" the fastest. TypeError: this browser can't do what was
 * asked for. */
export function chooseWait(wait = "auto") {
	switch (wait) {
	case "auto":
		return jspiWorks() ? "jspi" : sharedWorks() ? "shared" : "xhr";
	case "jspi":
		if (!jspiWorks())
			throw new TypeError("wait: \"jspi\" needs JavaScript promise integration (WebAssembly.Suspending), which this browser hasn't");
		return wait;
	case "shared":
		if (!sharedWorks())
			throw new TypeError("wait: \"shared\" needs SharedArrayBuffer and a cross-origin isolated page, which this one isn't");
		return wait;
	case "xhr":
		return wait;
	}
	throw new TypeError(`wait "${wait}" is none of auto, jspi, shared, xhr`);
}
