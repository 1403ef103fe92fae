// node:test with a deadline for every test: one that hangs is a failure with a name, not a part that never ends.
import { test as nodeTest } from "node:test";

export { after, describe } from "node:test";

const DEADLINE_MS = 60_000;

/**
 * @param {string} name
 * @param {{ timeout?: number } | Function} options
 * @param {Function} [fn]
 */
export function test(name, options, fn) {
	return typeof options === "function" ? nodeTest(name, { timeout: DEADLINE_MS }, options) : nodeTest(name, { timeout: DEADLINE_MS, ...options }, fn);
}
