//# allFunctionsCalledOnLoad
/* Sleeps in the page, without the server: Atomics.wait on private memory, which is exact where setTimeout is clamped to 4 ms. */

/* performance.now() moves in steps, so a sleep takes one step longer: never too short. */
const STEP_MS = globalThis.crossOriginIsolated ? 0.02 : 0.1;
const LONGEST_MS = 0x7FFFFFFF;

/** An Int32Array to wait on, or null: no shared memory in this engine. */
function place() {
	try {
		if (globalThis.SharedArrayBuffer)
			return new Int32Array(new SharedArrayBuffer(4));
		return new Int32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer);
	} catch {
		return null;
	}
}

/** A function that blocks for `ms`, or null where this thread can't. */
export function blockingSleep() {
	const word = place();
	try {
		if (word === null || Atomics.wait(word, 0, 0, 0) !== "timed-out")
			return null;
	} catch {
		return null; // a thread that may not block
	}
	return ms => {
		const end = performance.now() + ms + STEP_MS;
		for (let left = ms + STEP_MS; left > 0; left = end - performance.now())
			Atomics.wait(word, 0, 0, Math.min(left, LONGEST_MS));
	};
}

/** A function that gives a promise for after `ms`, or null. */
export function suspendingSleep() {
	const word = place();
	if (word === null || typeof Atomics.waitAsync !== "function")
		return null;
	return async ms => {
		const end = performance.now() + ms + STEP_MS;
		for (let left = ms + STEP_MS; left > 0; left = end - performance.now())
			await Atomics.waitAsync(word, 0, 0, Math.min(left, LONGEST_MS)).value;
	};
}
