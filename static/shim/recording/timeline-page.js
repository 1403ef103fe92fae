//# allFunctionsCalledOnLoad
/* timeline.js for a page: the program runs in a worker, so that the page answers its user meanwhile. */
import { unpackError } from "../base/error-transfer.js";

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
 * @property {(n: number) => Promise<{ call: number, memory: Uint8Array<ArrayBuffer> }>} goTo as Timeline's; one after the other
 * @property {() => void} close what isn't answered yet is rejected
 */

/**
 * Timeline.open() in a worker of its own.
 * @param {import("./reader.js").Run} run
 * @param {WebAssembly.Module | ArrayBuffer | ArrayBufferView<ArrayBuffer>} module
 * @param {{ signal?: AbortSignal }} options signal: ends it, as close() does: a module that isn't the recording's may compute forever
 * @returns {Promise<PageTimeline>} rejects with a RecordingError
 */
export async function openTimeline(run, module, { signal } = {}) {
	const worker = startWorker();
	const asked = new Map(); // number -> { resolve, reject }
	let last = 0;
	worker.onmessage = ({ data: { number, result, error } }) => {
		const one = asked.get(number); // none: it was closed meanwhile
		asked.delete(number);
		error ? one?.reject(unpackError(error)) : one?.resolve(result);
	};
	const fail = message => {
		asked.forEach(({ reject }) => reject(new Error(message)));
		asked.clear();
	};
	const close = () => {
		worker.terminate();
		fail("the recording was closed");
	};
	worker.onerror = event => fail(event.message ?? "the worker of the recording could not be loaded");
	signal?.addEventListener("abort", close, { once: true });
	const ask = what => new Promise((resolve, reject) => {
		asked.set(++last, { resolve, reject });
		worker.postMessage({ number: last, ...what });
	});
	try {
		const opened = await ask({ open: { run: run.toPost(), module } });
		return { ...opened, goTo: n => ask({ goTo: n }), close };
	} catch (error) {
		close();
		throw error;
	}
}
