// Runs one step of a test run: a command that prints `N passed, N failed` near its end. Reads from its output which tests passed, why others
// didn't, and whether a sanitizer reported something.
import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const REASON_LINES = 8; // kept of each failure
const TAIL = 10_000; // characters of the output, in which the last count is looked for
const SANITIZER = /ERROR: \w+Sanitizer|: runtime error: /;
const top = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const running = new Set();

/**
 * @typedef {{ name: string, command: string, args: string[], env?: object, minutes?: number, again?: boolean, waits?: boolean }} Step
 * minutes: after which it is killed (10). again: a failure is tried once more. waits: most of its time it waits, for a clock or for the network.
 * @typedef {{ passed: number, failed: number, skipped: number, seconds: number, reports: number, reasons: string[],
 * 	tests: { passed: string[], failed: string[] } }} Outcome
 * reports: lines that a sanitizer printed. reasons: the first lines of each failure.
 */

/** Notes what a step's output says, line by line. */
class Reader {
	#rest = "";
	#tail = "";
	#reasonLines = 0; // still to be kept of the failure being read
	reports = 0;
	reasons = [];
	tests = { passed: [], failed: [] };

	push(bytes) {
		this.#tail = (this.#tail + bytes).slice(-TAIL);
		const lines = (this.#rest + bytes).split("\n");
		this.#rest = lines.pop();
		lines.forEach((line) => this.#line(line));
	}

	#line(line) {
		const [, verdict, test] = line.match(/^(?:  )*(ok|not ok) (.*?)(?: \([\d.]+ s\))?$/i) ?? [];
		if (test !== undefined)
			this.tests[verdict === "ok" ? "passed" : "failed"].push(test);
		if (SANITIZER.test(line))
			this.reports++;
		if (SANITIZER.test(line) || /^\s*not ok /i.test(line))
			this.#reasonLines = REASON_LINES;
		else if (/^\s*(ok|skipped) |^\d+ passed/.test(line))
			this.#reasonLines = 0;
		if (this.#reasonLines-- > 0)
			this.reasons.push(line);
	}

	/** The last `N passed, N failed` of the output. */
	get count() {
		const last = this.#tail.match(/^\d+ passed, \d+ failed(?:, \d+ skipped)?$/gm)?.at(-1) ?? "";
		const [passed = 0, failed = 0, skipped = 0] = (last.match(/\d+/g) ?? []).map(Number);
		return { passed, failed, skipped };
	}
}

/**
 * Runs a step to its end. A step that ends badly, late or without having counted a test has failed.
 * @param {Step} step
 * @param {object} env
 * @param {(text: string | Buffer) => void} show its output as it comes, and what we have to say about it
 * @returns {Promise<Outcome>}
 */
export async function runStep({ name, command, args, env: own, minutes = 10 }, env, show) {
	const started = Date.now();
	show(`\n== ${name}\n`);
	const child = spawn(command, args, { cwd: top, env: { ...env, ...own }, stdio: ["ignore", "pipe", "pipe"], detached: true });
	running.add(child);
	const reader = new Reader();
	for (const stream of [child.stdout, child.stderr])
		stream.on("data", (bytes) => {
			show(bytes);
			reader.push(bytes);
		});
	let late = false;
	const timer = setTimeout(() => {
		late = true;
		killGroup(child);
	}, minutes * 60_000);
	const end = await new Promise((resolve) => {
		child.once("error", (error) => resolve(error.message));
		child.once("close", (code, signal) => resolve(signal ?? code));
	});
	clearTimeout(timer);
	running.delete(child);

	const outcome = { ...reader.count, seconds: (Date.now() - started) / 1000, reports: reader.reports, reasons: reader.reasons, tests: reader.tests };
	const fail = (reason) => {
		show(`${name}: ${reason}\n`);
		outcome.reasons.push(reason);
		outcome.failed++;
	};
	if (reader.reports && !outcome.failed)
		fail("a sanitizer's report, though no test failed");
	if (late)
		fail(`not done after ${minutes} minutes`);
	else if (end !== 0 && !outcome.failed)
		fail(`ended with ${end}`);
	else if (outcome.passed + outcome.failed + outcome.skipped === 0)
		fail("counted no test");
	return outcome;
}

function killGroup(child) {
	try {
		process.kill(-child.pid, "SIGKILL");
	} catch {
		// it has ended
	}
}

/** Ends the steps that are running, and their children: each is a process group of its own, which Ctrl-C doesn't reach. */
export function killRunning() {
	running.forEach(killGroup);
}

/**
 * A step that failed was run again: what counts. A test fails if it failed in both runs: a busy machine can make it fail once. A sanitizer's
 * report counts from either run, since memory isn't overwritten by a busy machine.
 * @param {Outcome} first
 * @param {Outcome} second
 */
export function ofBoth(first, second) {
	if (first.reports + second.reports)
		return { ...second, failed: Math.max(first.failed, second.failed) };
	const broken = new Set(first.tests.failed);
	const chance = second.tests.failed.filter((test) => !broken.has(test) && first.tests.passed.includes(test)).length;
	return { ...second, passed: second.passed + chance, failed: second.failed - chance };
}
