//# allFunctionsCalledOnLoad
/* The workers that programs run in. Once a page has run a program, or said that it will, one more stands ready with the shim in it: starting it is
 * most of what lies between run() and _start. A page that runs nothing has none. */
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

/** Has a worker stand ready. One that can't be started is forgotten, and the next program's own tells why. */
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
