// Helper processes (Xvfb, WebKitWebDriver): each leads a process group of its own, is ended by that number alone, and
// doesn't outlive us even when we die by an uncaught error.
import { spawn } from "node:child_process";

const living = new Set();

process.on("exit", () => {
	for (const child of living)
		signal(child, "SIGKILL");
});

function signal(child, name) {
	try {
		process.kill(-child.pid, name);
	} catch {
		// it has gone already
	}
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 * @returns {import("node:child_process").ChildProcess & { stop(): Promise<void> }}
 */
export function startChild(command, args, options) {
	const child = spawn(command, args, { ...options, detached: true });
	living.add(child);
	const gone = new Promise((resolve) => {
		child.once("error", resolve);
		child.once("exit", resolve);
	}).then(() => living.delete(child));
	child.stop = async () => {
		signal(child, "SIGTERM");
		const timer = setTimeout(() => signal(child, "SIGKILL"), 2000);
		await gone;
		clearTimeout(timer);
		signal(child, "SIGKILL"); // what it left behind in its group
	};
	return child;
}
