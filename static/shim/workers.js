//# allFunctionsCalledOnLoad
/* The workers that programs run in. Once a page has run or announced a program, two spare workers with the shim in them stand ready: starting one takes most
 * of the time between run() and _start, and one alone wouldn't be ready for a program that follows a short one at once. They are started one after the
 * other, and not while a program begins. A page that runs nothing has none. */
const SPARES = 2;
/* Starting one takes 40 ms of a core that a short program could use: so long it runs before. Where none is left for the program that comes next, one is started
 * as soon as this one runs. */
const RUNS_MS = 400;
/* The page does nothing for so long before a second one is started: the next program may begin meanwhile. */
const REST_MS = 100;
/** @type {Worker[]} that start or are ready, the one that was started first in front */
const spares = [];
let timer = 0;
let begins = false; // does a program begin?
let tookSpare = false; // did the last one get a spare worker?

function newWorker() {
	return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "wvwasi program" });
}

/** A worker for one program, which begins: the spare one that was started first, if there is one. */
export function takeWorker() {
	clearTimeout(timer);
	begins = true;
	tookSpare = spares.length > 0;
	return spares.shift() ?? newWorker();
}

/** The program runs. */
export function workerRuns() {
	startIn(tookSpare && spares.length === 0 ? 0 : RUNS_MS);
}

/** A program that ran has ended. */
export function workerEnded() {
	startIn(spares.length === 0 ? 0 : REST_MS);
}

/** Has spare workers stand ready. */
export function keepSpares() {
	startIn(0);
}

function startIn(ms) {
	begins = false;
	clearTimeout(timer);
	if (ms === 0)
		startSpare();
	else
		timer = setTimeout(startSpare, ms);
}

/* If it can't be started it is forgotten; the next program's worker reports why. */
function startSpare() {
	if (spares.length >= SPARES)
		return;
	const worker = newWorker();
	spares.push(worker);
	worker.onmessage = () => begins || startIn(REST_MS); // it is ready
	worker.onerror = event => {
		event.preventDefault();
		if (spares.includes(worker))
			spares.splice(spares.indexOf(worker), 1);
	};
}
