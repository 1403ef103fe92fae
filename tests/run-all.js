// Runs the parts of the tests and adds up: `node tests/run-all.js [PART…]`.
// A part is a file in tests/parts/, run in the order of their names. It exports `steps`, a function that gives a list of steps (step.js); and,
// where its steps may run beside others, `atOnce`, how many of them at a time, and `batch`, a name: neighbouring parts of one name share
// their `atOnce`. One that says `waits` may run beside those, as one more (lanes.js). A step that fails is run once more, alone, if it says
// `again` or ran beside others. The end of the output, and build/test-report.json, name each step that needed its second try, and why. A new
// kind of test is a new file in tests/parts/.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { waysOf } from "./engines/index.js";
import { stopShared } from "./engines/pool.js";
import { runBeside } from "./lanes.js";
import { killRunning, ofBoth, runStep } from "./step.js";

const here = path.dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const print = (text) => process.stdout.write(text);
const COUNTS = ["passed", "failed", "skipped"];
const sum = (outcomes) => Object.fromEntries(COUNTS.map((key) => [key, outcomes.reduce((total, outcome) => total + outcome[key], 0)]));

const home = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-home-")); // so that what the user's own runs left is neither met nor changed
const env = { ...process.env };
for (const kind of ["CACHE", "DATA", "STATE"])
	env[`XDG_${kind}_HOME`] = path.join(home, kind.toLowerCase());
process.once("exit", () => fs.rmSync(home, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
	process.once(signal, () => {
		killRunning();
		process.exit(1);
	});

/** The parts that are wanted, in batches: lists of parts whose steps share `atOnce`. */
async function batchesOf(folder) {
	const batches = [];
	for (const file of fs.readdirSync(folder).filter((name) => name.endsWith(".js")).sort()) {
		const name = path.basename(file, ".js").replace(/^\d+-/, "");
		if (wanted.length && !wanted.includes(name))
			continue;
		const part = { atOnce: 1, ...await import(pathToFileURL(path.join(folder, file))), name };
		const last = batches.at(-1);
		if (part.batch !== undefined && last?.[0].batch === part.batch)
			last.push(part);
		else
			batches.push([part]);
	}
	return batches;
}

/** Runs the steps of one batch, those that failed a second time; gives [{ part, step, tries, outcome }]. */
async function runBatch(parts) {
	const waiting = [], done = [];
	for (const part of parts)
		for (const step of await part.steps())
			waiting.push({ part: part.name, step, waits: step.waits, tries: [] });
	const { atOnce } = parts[0];
	await runBeside(waiting, atOnce, async (run) => {
		const shown = []; // outputs of steps that run beside each other aren't mixed
		run.tries.push(run.outcome = await runStep(run.step, env, atOnce === 1 ? print : (bytes) => shown.push(bytes)));
		shown.forEach(print);
		done.push(run);
	});
	for (const run of done.filter(({ outcome, step }) => outcome.failed && (step.again || atOnce > 1))) {
		print(`\n${run.step.name}: ${run.outcome.failed} failed; once more, alone, in a fresh engine\n`);
		await stopShared(Object.keys(waysOf));
		run.tries.push(await runStep(run.step, env, print));
		run.outcome = ofBoth(...run.tries);
	}
	return done;
}

const started = Date.now();
const runs = [];
const batches = await batchesOf(path.join(here, "parts"));
for (const batch of batches)
	runs.push(...await runBatch(batch));
await stopShared(Object.keys(waysOf));

const parts = batches.flat().map(({ name }) => {
	const own = runs.filter(({ part }) => part === name);
	const seconds = own.flatMap(({ tries }) => tries).reduce((total, outcome) => total + outcome.seconds, 0);
	return { name, ...sum(own.map(({ outcome }) => outcome)), seconds };
});
const total = sum(runs.map(({ outcome }) => outcome));
const report = {
	node: process.version, cores: os.cpus().length, started: new Date(started).toISOString(), seconds: (Date.now() - started) / 1000, ...total, parts,
	steps: runs.map(({ part, step, tries }) => ({
		part, name: step.name, tries: tries.map(({ tests, reports, ...outcome }) => ({ ...outcome, sanitizerReports: reports, failedTests: tests.failed })),
	})),
	secondTries: runs.filter(({ tries }) => tries.length > 1).map(({ step, tries, outcome }) => ({
		name: step.name, passed: outcome.failed === 0, reasons: tries[0].reasons,
	})),
};
fs.mkdirSync(path.join(here, "../build"), { recursive: true });
fs.writeFileSync(path.join(here, "../build/test-report.json"), `${JSON.stringify(report, null, "\t")}\n`);

print("\n");
for (const { name, seconds, ...counts } of parts)
	print(`${name.padEnd(14)}${COUNTS.map((key) => `${counts[key]} ${key}`.padStart(14)).join("")}${`${seconds.toFixed(0)} s`.padStart(10)}\n`);
for (const { name, passed, reasons } of report.secondTries)
	print(`needed a second try${passed ? "" : ", and failed again"}: ${name}\n${reasons.map((line) => `    ${line}\n`).join("")}`);
for (const { step, outcome } of runs.filter((run) => run.outcome.failed))
	print(`failed: ${step.name}: ${outcome.failed}\n${outcome.reasons.map((line) => `    ${line}\n`).join("")}`);
if (runs.length === 0) {
	print(`no such part: ${wanted.join(" ")}\n`);
	total.failed = 1;
}
print(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ""}\n`);
process.exitCode = total.failed ? 1 : 0;
