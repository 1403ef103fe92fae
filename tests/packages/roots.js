// What the tests of packages share: promises that are counted, bare roots with files and commands in them, and a gateway there.
// Prints `N passed, N failed` at the end of the process.
import fs from "node:fs";
import path from "node:path";

import { enter, run } from "../fresh/root.js";

const counts = { passed: 0, failed: 0 };

export function check(promise, holds, why = "") {
	counts[holds ? "passed" : "failed"]++;
	console.log(`${holds ? "ok" : "NOT OK"} ${promise}${holds ? "" : `\n    ${why}`}`);
}

process.once("exit", () => {
	console.log(`${counts.passed} passed, ${counts.failed} failed`);
	process.exitCode ||= counts.failed ? 1 : 0;
});

/** Runs it in the root as `user`; gives its output, or throws with it. */
export function inside(root, command, user) {
	const [program, ...args] = enter(root, command, user);
	try {
		return run(program, args, { stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
	} catch (error) {
		throw new Error(`${command}: ${error.stdout?.slice(-2000)}${error.stderr?.slice(-2000)}`);
	}
}

/** Into the home of the root's user. */
export function copyInto(root, ...files) {
	for (const file of files)
		fs.cpSync(file, path.join(root, "home/user", path.basename(file)), { recursive: true });
	run("chroot", [root, "chown", "-R", "user:user", "/home/user"]);
}

/** Does the work in a new folder below `folder`, and removes what is left of it. What it throws is `promise` not kept. */
export async function inRoots(folder, promise, work) {
	const base = fs.mkdtempSync(path.resolve(folder, "packages-"));
	try {
		await work(base);
	} catch (error) {
		check(promise, false, error.stack);
	} finally {
		fs.rmSync(base, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 });
	}
}
