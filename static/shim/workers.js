//# allFunctionsCalledOnLoad
/* The workers that programs run in. Once a page has run or announced a program, two spare workers with the shim in them stand ready, and each has its
 * connections to the gateway: making these takes most of the time between run() and _start, and one alone wouldn't be ready for a program that follows a short
 * one at once. They are started one after the other, and not while a program begins. A page that runs nothing has none. */
import { GatewayLost } from "./base/errors.js";
import { compileLate } from "./base/late.js";
import { compileTrampoline } from "./base/trampoline.js";
import { socketUrl } from "./base/urls.js";
import { Dialler } from "./gateway/dialler.js";
import { admittedBy, standingTickets } from "./gateway/tickets.js";
import { jspiWorks } from "./wait/jspi.js";

const SPARES = 2;
/* Starting one takes 40 ms of a core that a short program could use: so long it runs before. Where none is left for the program that comes next, one is started
 * as soon as this one runs. WebKit, which has no JSPI, keeps two cores at work for long while a program runs: there one spare has to do until it ends, and in a
 * page's first run one without an instance. */
const isSlow = !jspiWorks(), RUNS_MS = isSlow ? 400 : 200;
/* While no program runs the page does nothing for so long before a second one is started: the next program may begin meanwhile. */
const REST_MS = 100;

/** @typedef {{ worker: Worker, isReady: boolean, dialler: Dialler, holds: WebAssembly.Module | null, secret: string | null }} Spare
 * holds: of which program it has an instance; secret: by which the page was admitted when its connections were opened */
/** @type {Spare[]} that start or are ready, the one that was started first in front */
const spares = [];
let timer = 0;
let begins = false; // does a program begin?
let tookSpare = false; // did the last one get a spare worker?
let running = 0; // programs
let stands = false; // do connections stand ready? Not for programs without them (xhr), with tickets of the app's own, or over a network that may fail unheard
let listens = false; // for the page's end
/** @type {WebAssembly.Module | null} the program that ran last: it may well be the next one, too */
let last = null;

/** @type {Promise<{ late: WebAssembly.Module, trampoline: [string | null, WebAssembly.Module] }> | null} the shim's own modules, once for all workers */
let ours = null;

function newWorker() {
	const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "wvwasi program" });
	ours ??= Promise.all([compileLate(), compileTrampoline(jspiWorks())]).then(([late, trampoline]) => ({ late, trampoline }));
	ours.then(its => worker.postMessage({ do: "begin", ...its }), () => {}); // else the program's start reports why
	return worker;
}

const diallerOf = (worker, tickets) => new Dialler(tickets, ticket => worker.postMessage({ do: "dial", ticket }));

/**
 * A worker for one program, which begins, and what opens its connections, if they aren't open: the spare one that was started first, if there is one.
 * @param {{ wait: string, ticket?: unknown, tickets: () => Promise<string[]>, hear: (message: any) => void, fail: (error: Error) => void }} how
 *        ticket: the app's own way to get one; tickets: gives two; hear: what the worker says; fail: it can't go on
 * @returns {{ worker: Worker, dialler: Dialler, holds: WebAssembly.Module | null }} holds: of which program the worker has an instance already
 */
export function takeWorker({ wait, ticket, tickets, hear, fail }) {
	clearTimeout(timer);
	begins = true;
	tookSpare = spares.length > 0;
	stands = wait !== "xhr" && ticket === undefined;
	const { worker, dialler = null, holds = null, secret = null } = spares.shift() ?? { worker: newWorker() };
	listen(worker, hear, fail);
	if (stands && dialler?.isDialled && secret === admittedBy()) // else the page was let out meanwhile, or let in anew
		return { worker, dialler: dialler.use(tickets), holds };
	dialler?.fail(new Error("it isn't for this program"));
	return { worker, dialler: wait === "xhr" ? new Dialler(tickets, () => {}) : diallerOf(worker, tickets), holds };
}

function listen(worker, hear, fail) {
	worker.onmessage = ({ data }) => hear(data);
	worker.onerror = event => {
		event.preventDefault(); // the promise rejects with it, and Firefox reports one for every terminated worker
		fail(event.message === undefined ? new GatewayLost("the gateway can't be reached: the program's worker could not be loaded")
			: new Error(`the program's worker failed: ${event.message}`));
	};
	worker.onmessageerror = () => fail(new Error("the program's worker sent what can't be read"));
}

/** The program runs. module: if its next run needs the same instance. */
export function workerRuns(module) {
	last = module;
	running++;
	startIn(tookSpare && spares.length === 0 ? 0 : RUNS_MS);
}

/** A program that ran has ended. */
export function workerEnded() {
	running--;
	startIn(spares.length === 0 ? 0 : REST_MS);
}

/** Has spare workers stand ready, for programs that wait so. */
export function keepSpares(wait) {
	stands = wait !== "xhr";
	startIn(0);
}

function startIn(ms) {
	begins = false;
	for (const spare of spares)
		connect(spare);
	clearTimeout(timer);
	if (ms === 0)
		tend();
	else
		timer = setTimeout(tend, ms);
}

/* There is time: for an instance of what will most likely run next, in the worker that will run it, then in the other one, for a run that follows at once. It
 * costs memory. */
function tend() {
	const isBusy = isSlow && running > 0;
	const next = spares.find(({ holds }) => holds !== last);
	if ((!isBusy || tookSpare && next === spares[0]) && last !== null && next?.isReady && next.dialler.isDialled) {
		next.holds = last;
		next.worker.postMessage({ do: "load", module: last, imports: null, isGuess: true });
	}
	if (!isBusy || spares.length === 0)
		startSpare();
}

/* If that fails, the next program's own connections report why. */
function connect(spare) {
	if (!spare.isReady || !stands || spare.dialler.isDialled || !socketUrl().startsWith("ws:"))
		return;
	spare.secret = admittedBy();
	spare.dialler.stand();
}

/* If it can't be started it is forgotten; the next program's worker reports why. */
function startSpare() {
	if (spares.length >= SPARES)
		return;
	const worker = newWorker();
	/** @type {Spare} */
	const spare = { worker, isReady: false, dialler: diallerOf(worker, standingTickets), holds: null, secret: null };
	spares.push(spare);
	worker.onmessage = ({ data }) => {
		if (data.is === "undialled") {
			spare.dialler.lose();
			spare.holds = null;
		}
		if (data.is !== "ready")
			return;
		spare.isReady = true;
		if (!begins)
			startIn(running === 0 ? REST_MS : 0);
	};
	worker.onerror = event => {
		event.preventDefault();
		if (spares.includes(spare))
			spares.splice(spares.indexOf(spare), 1);
	};
	if (!listens)
		globalThis.addEventListener?.("pagehide", dropSpares);
	listens = true;
}

/* The browser may keep a page that was left, but not one with open connections. */
function dropSpares() {
	clearTimeout(timer);
	for (const { worker, dialler } of spares.splice(0)) {
		dialler.fail(new Error("the page was left"));
		worker.terminate();
	}
}
