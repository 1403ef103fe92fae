// node:test with a deadline for every test: one that hangs is a failure with a name, not a part that never ends.
// It also gives tests the global `crypto`, which the shim uses: every browser has it, Node 18 (Debian 12's) only behind a flag.
import { webcrypto } from "node:crypto";
import { after as nodeAfter, test as nodeTest } from "node:test";

globalThis.crypto ??= webcrypto;

export { after, beforeEach, describe } from "node:test";

const DEADLINE_MS = 60_000;
const LEFT_MS = 120_000;

/* A test that failed may leave a process or a connection behind, which would keep this one alive until its step's last minute. */
nodeAfter(() => {
	setTimeout(() => {
		console.error(`still there ${LEFT_MS / 1000} s after the last test: ${process.getActiveResourcesInfo().join(", ")}`);
		process.exit(1);
	}, LEFT_MS).unref();
});

/**
 * @param {string} name
 * @param {{ timeout?: number } | Function} options
 * @param {Function} [fn]
 */
export function test(name, options, fn) {
	return typeof options === "function" ? nodeTest(name, { timeout: DEADLINE_MS }, options) : nodeTest(name, { timeout: DEADLINE_MS, ...options }, fn);
}
