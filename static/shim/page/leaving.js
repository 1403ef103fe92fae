//# allFunctionsCalledOnLoad
/* What can end a program against its will: the user leaves the page, or the browser freezes or discards it. While a program runs, the browser asks the user
 * before the page is left, a Web Lock keeps the browser from freezing it, and afterwards the page says what happened all the same. Leaves to others: showing it
 * (notice.js). */
import { tell } from "./notice.js";

const NAME = "wvwasi.running"; // of the lock, and of the note that outlives a page which was discarded
const page = typeof document === "undefined" ? null : document;
let running = 0, asking = 0;
/** @type {(() => void) | null} */
let unlock = null;
let frozenAt = 0, frozenMs = 0;

/** @param {BeforeUnloadEvent} event */
function ask(event) {
	event.preventDefault();
	event.returnValue = NAME; // for engines that ignore preventDefault(), and for our own window (webview/), which has words of its own for it
}

/* A page may be forbidden its storage, or have no locks. */
function note(isRunning) {
	try {
		if (isRunning)
			sessionStorage.setItem(NAME, "yes");
		else
			sessionStorage.removeItem(NAME);
	} catch {
		// then a discard isn't reported
	}
}

/** A program begins. Gives { ask, release }: from ask() on the browser asks before the page is left, release() is for the program's end. */
export function keepPage() {
	if (page === null)
		return { ask() {}, release() {} };
	if (running++ === 0) {
		note(true);
		const held = new Promise(resolve => (unlock = () => resolve(undefined)));
		navigator.locks?.request(NAME, { mode: "shared" }, () => held).catch(() => {}); // a page of an opaque origin may have none
	}
	let asks = false, over = false;
	return {
		ask() {
			if (over || asks)
				return;
			asks = true;
			if (asking++ === 0)
				addEventListener("beforeunload", ask);
		},
		release() {
			if (over)
				return;
			over = true;
			if (--running === 0) {
				note(false);
				unlock?.();
			}
			if (asks && --asking === 0)
				removeEventListener("beforeunload", ask);
		},
	};
}

/** For how long the page was frozen so far (ms). */
export function frozenTime() {
	return frozenMs + (frozenAt === 0 ? 0 : Date.now() - frozenAt);
}

/** Adds to a loss what the browser did since frozenTime() was `before`. */
export function explainLoss(error, before) {
	const seconds = Math.round((frozenTime() - before) / 1000);
	if (frozenTime() > before)
		error.message += `; the browser had frozen this page for ${seconds < 1 ? "less than a second" : `${seconds} s`}`;
	return error;
}

page?.addEventListener("freeze", () => (frozenAt = Date.now()));
page?.addEventListener("resume", () => {
	frozenMs = frozenTime();
	frozenAt = 0;
});
page?.defaultView?.addEventListener("pagehide", () => note(false));

/* A discarded page leaves only its note. The notice comes after the app's own scripts have run, so that one of them may handle it. */
try {
	if (/** @type {{ wasDiscarded?: boolean }} */ (page)?.wasDiscarded && sessionStorage.getItem(NAME) !== null) {
		note(false);
		setTimeout(tell, 0, "discarded",
			"The browser had discarded this page to save memory, and a program that ran in it was ended. What it had written is kept.");
	}
} catch {
	// no storage
}
