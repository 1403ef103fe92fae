//# allFunctionsCalledOnLoad
/* timeline.js for a page: the program runs in a worker, so that the page answers its user meanwhile. */
import { unpackError } from "../base/error-transfer.js";
import { Checkpoints, countOf } from "./checkpoints.js";
import { passOf } from "./timeline.js";

const workerUrl = new URL("./timeline-worker.js", import.meta.url).href;
let policy = null;

/* The inspector's policy lets one maker of URLs for scripts be: this one, of this URL. */
function startWorker() {
	policy ??= globalThis.trustedTypes?.createPolicy("wvwasi", { createScriptURL: () => workerUrl }) ?? null;
	return new Worker(/** @type {string} */ (policy === null ? workerUrl : policy.createScriptURL("")), { type: "module", name: "wvwasi recording" });
}

/**
 * @typedef {object} PageTimeline
 * @property {{ call: number, stream: "stdout" | "stderr", bytes: Uint8Array }[]} output
 * @property {number} passMs how long the first pass took
 * @property {(n: number) => Promise<{ call: number, memory: Uint8Array<ArrayBuffer>, ran: number }>} goTo as Timeline's; one after the other. ran: how many
 *	calls were made again for it
 * @property {number[]} checkpoints calls from which others are reached: in a page that is cross-origin isolated, of a program that takes more than 0.3 s
 * @property {() => Promise<void>} made resolves when all of them are there
 * @property {() => void} close what isn't answered yet is rejected
 */

/* One worker, which answers one question after the other. */
class Asked {
	#worker = startWorker();
	#asked = new Map(); // number -> { resolve, reject }
	#last = 0;

	constructor() {
		this.#worker.onmessage = ({ data: { number, result, error } }) => {
			const one = this.#asked.get(number); // none: it was closed meanwhile
			this.#asked.delete(number);
			error ? one?.reject(unpackError(error)) : one?.resolve(result);
		};
		this.#worker.onerror = event => this.#fail(event.message ?? "the worker of the recording could not be loaded");
	}

	ask(what) {
		return new Promise((resolve, reject) => {
			this.#asked.set(++this.#last, { resolve, reject });
			this.#worker.postMessage({ number: this.#last, ...what });
		});
	}

	#fail(message) {
		this.#asked.forEach(({ reject }) => reject(new Error(message)));
		this.#asked.clear();
	}

	close() {
		this.#worker.terminate();
		this.#fail("the recording was closed");
	}
}

/* What the workers of checkpoints share. */
function jobOf(run, module) {
	const { records, ...its } = passOf(run), bytes = new Uint8Array(new SharedArrayBuffer(records.bytes.length));
	bytes.set(records.bytes);
	return { ...its, records: { ...records, bytes }, module };
}

/**
 * Timeline.open() in a worker of its own, with checkpoints.
 * @param {import("./reader.js").Run} run
 * @param {WebAssembly.Module | ArrayBuffer | ArrayBufferView<ArrayBuffer>} source of the program
 * @param {{ signal?: AbortSignal, count?: number }} options signal: ends it, as close() does: a module that isn't the recording's may compute forever; count:
 *	of checkpoints
 * @returns {Promise<PageTimeline>} rejects with a RecordingError
 */
export async function openTimeline(run, source, { signal, count } = {}) {
	const module = source instanceof WebAssembly.Module ? source : await WebAssembly.compile(source);
	const asked = new Asked();
	const close = () => asked.close();
	signal?.addEventListener("abort", close, { once: true });
	try {
		signal?.throwIfAborted();
		const opened = await asked.ask({ open: { run: run.toPost(), module } }), { output, passMs, times, bytes } = opened;
		const wanted = count ?? countOf(passMs, bytes);
		if (wanted === 0 || !globalThis.crossOriginIsolated)
			return { output, passMs, goTo: async n => ({ ...await asked.ask({ goTo: n }), ran: n }), checkpoints: [], made: async () => {}, close };
		asked.close();
		const checkpoints = new Checkpoints(startWorker, jobOf(run, module), { times, count: wanted, bytes });
		signal?.addEventListener("abort", () => checkpoints.close(), { once: true });
		checkpoints.make().catch(() => {}); // it was closed
		return { output, passMs, checkpoints: checkpoints.places,
			goTo: n => checkpoints.goTo(n), made: () => checkpoints.make(), close: () => checkpoints.close() };
	} catch (error) {
		close();
		throw error;
	}
}
