//# allFunctionsCalledOnLoad
/* The workers that programs run in. Once a page has run or announced a program, a spare worker with the shim in it stands ready: starting one takes most of the
 * time between run() and _start. A page that runs nothing has none. */
let spare = null;

function newWorker() {
	return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "wvwasi program" });
}

/** A worker for one program: the one that stands ready, if there is one. */
export function takeWorker() {
	const worker = spare ?? newWorker();
	spare = null;
	return worker;
}

/** Starts a spare worker. If it can't be started it is forgotten; the next program's worker reports why. */
export function keepSpare() {
	if (spare !== null)
		return;
	const worker = spare = newWorker();
	worker.onerror = event => {
		event.preventDefault();
		if (spare === worker)
			spare = null;
	};
}
