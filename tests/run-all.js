// Runs the parts of the test house one after the other and adds up: `node tests/run-all.js [PART…]`.
// A part is a file in tests/parts/, run in the order of their names: it exports `steps`, a function that gives
// [{ name, command, args, env?, minutes?, again? }]; again: when it fails it is tried once more, alone, where what failed both times
// counts, and what a sanitizer reported in either; so is one that ran beside others: a part may export `atOnce`, how many of its steps may
// do that, for those that mostly wait. Each step prints `N passed, N failed` near its end; a step that ends badly, or that counted nothing,
// is itself a failure. A new kind of test is a new file there.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { stopShared } from "./engines/pool.js";
import { waysOf } from "./engines/index.js";

const REASON_LINES = 8; // of a failure, said again at the end
const SANITIZER = /ERROR: \w+Sanitizer|: runtime error: /;
const here = path.dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const home = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-home-")); // so that what a person's own runs left is neither met nor changed
const homes = Object.fromEntries(["CACHE", "DATA", "STATE"].map((kind) => [`XDG_${kind}_HOME`, path.join(home, kind.toLowerCase())]));

/** Gives what a step counted. Its output is streamed, or, where it isn't alone, shown when it is done. */
async function runStep({ name, command, args, env, minutes = 10 }, alone) {
	const shown = [`\n== ${name}\n`];
	const show = (bytes) => (alone ? process.stdout.write(bytes) : shown.push(bytes));
	if (alone)
		process.stdout.write(shown.pop());
	const child = spawn(command, args, { cwd: path.dirname(here), env: { ...process.env, ...homes, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true });
	let tail = "", rest = "", late = false, reason = 0, reports = 0;
	const failures = [], tests = { passed: [], failed: [] };
	for (const stream of [child.stdout, child.stderr])
		stream.on("data", (bytes) => {
			show(bytes);
			tail = (tail + bytes).slice(-10_000);
			const lines = (rest + bytes).split("\n");
			rest = lines.pop();
			for (const line of lines) {
				const [, verdict, test] = line.match(/^(?:  )*(ok|not ok) (.*?)(?: \([\d.]+ s\))?$/i) ?? [];
				if (test !== undefined)
					tests[verdict === "ok" ? "passed" : "failed"].push(test);
				if (SANITIZER.test(line))
					reports++;
				if (SANITIZER.test(line) || /^\s*not ok /i.test(line))
					reason = REASON_LINES;
				else if (/^\s*(ok|skipped) |^\d+ passed/.test(line))
					reason = 0;
				if (reason-- > 0)
					failures.push(line);
			}
		});
	const timer = setTimeout(() => {
		late = true;
		process.kill(-child.pid, "SIGKILL");
	}, minutes * 60_000);
	const how = await new Promise((resolve) => {
		child.once("error", (error) => resolve(error.message));
		child.once("close", (code, signal) => resolve(signal ?? code));
	});
	clearTimeout(timer);
	const [, passed, failed, skipped] = (tail.match(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)?.at(-1) ?? "")
		.match(/(\d+) passed, (\d+) failed(?:, (\d+) skipped)?/) ?? [0, 0, 0, 0];
	const count = { passed: Number(passed), failed: Number(failed), skipped: Number(skipped ?? 0) };
	Object.defineProperties(count, { failures: { value: failures }, tests: { value: tests }, reports: { value: reports } });
	if (reports && !count.failed) {
		show(`${name}: a sanitizer's report, though no test failed\n`);
		count.failed++;
	}
	if (late || (how !== 0 && !count.failed) || count.passed + count.failed + count.skipped === 0) {
		show(`${name}: ${late ? `not done after ${minutes} minutes` : how === 0 ? "counted no test" : `ended with ${how}`}\n`);
		count.failed++;
	}
	for (const bytes of shown)
		process.stdout.write(bytes);
	return count;
}

/**
 * Who shares a busy machine may starve; what is broken is broken twice, but for memory and arithmetic: those reports are never by chance.
 * A test that failed in the second try alone has passed in the first. Suites are named too but not counted: they fail with what is in them.
 */
function twice(first, second) {
	if (first.reports + second.reports)
		return { ...second, failed: Math.max(first.failed, second.failed) };
	const broken = new Set(first.tests.failed);
	const chance = second.tests.failed.filter((test) => !broken.has(test) && first.tests.passed.includes(test)).length;
	return { ...second, passed: second.passed + chance, failed: second.failed - chance };
}

/** Remembers for the end what failed. */
function note(step, count, when = "") {
	if (count.failed)
		again.push(`${step.name}: ${count.failed} failed${when}`, ...count.failures);
	return count;
}

const total = { passed: 0, failed: 0, skipped: 0 };
const table = [], again = [];
for (const file of fs.readdirSync(path.join(here, "parts")).filter((file) => file.endsWith(".js")).sort()) {
	const part = path.basename(file, ".js").replace(/^\d+-/, "");
	if (wanted.length && !wanted.includes(part))
		continue;
	const started = Date.now();
	const sum = { passed: 0, failed: 0, skipped: 0 };
	const { steps, atOnce = 1 } = await import(pathToFileURL(path.join(here, "parts", file)));
	const add = (count) => {
		for (const key of Object.keys(sum))
			sum[key] += count[key];
	};
	const waiting = await steps(), failed = [];
	await Promise.all(Array.from({ length: atOnce }, async () => {
		for (let step; (step = waiting.shift());) {
			const count = await runStep(step, atOnce === 1);
			if (count.failed && (step.again || atOnce > 1))
				failed.push({ step, count });
			else
				add(note(step, count));
		}
	}));
	for (const { step, count } of failed) {
		process.stdout.write(`\n${step.name}: ${count.failed} failed; once more, alone, in a fresh engine\n`);
		await stopShared(Object.keys(waysOf));
		note(step, count, " the first time");
		const second = await runStep(step, true);
		note(step, second, " the second time");
		add(twice(count, second));
	}
	for (const key of Object.keys(sum))
		total[key] += sum[key];
	table.push([part, `${sum.passed} passed`, `${sum.failed} failed`, `${sum.skipped} skipped`, `${((Date.now() - started) / 1000).toFixed(0)} s`]);
}
await stopShared(Object.keys(waysOf));
fs.rmSync(home, { recursive: true, force: true });
process.stdout.write(`\n${table.map((row) => row.map((cell, i) => (i ? cell.padStart(12) : cell.padEnd(10))).join("")).join("\n")}\n`);
for (const line of again) // so that the end of a long log says what is broken
	process.stdout.write(`${line}\n`);
if (total.passed + total.failed === 0) {
	process.stdout.write(`no such part: ${wanted.join(" ")}\n`);
	total.failed = 1;
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ""}\n`);
process.exitCode = total.failed ? 1 : 0;
