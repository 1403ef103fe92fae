/**
 * Waits for a promise, but not for ever: an engine that hangs must fail a test with a sentence, not stop the run.
 * @template T
 * @param {Promise<T>} promise
 * @param {number} ms
 * @param {string} what what took too long, for the message
 * @returns {Promise<T>}
 */
export async function within(promise, ms, what) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`${what}: no answer within ${ms / 1000} s`)), ms);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
