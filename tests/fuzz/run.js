// Runs fuzzers for $FUZZ_SECONDS each, as many at once as there are processors, and says what they did: `node tests/fuzz/run.js DIR NAME…`,
// where DIR holds the programs. One line for each, then `N passed, N failed`. A fuzzer fails when it found something, or met hardly anything.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { seeds } from "./seeds.js";
import { top } from "./top.js";

const [folder, ...names] = process.argv.slice(2);
const seconds = Number(process.env.FUZZ_SECONDS ?? 60);
/** Fewer and something is in its way: it would pass for having done nothing. */
const EXECUTIONS_MIN = 100;
/** Edges that the seeds alone reach, about half of them: with fewer it is stopped at the door, such as a HELLO that is refused. */
const EDGES_MIN = { calls: 600, dispatch: 800, http: 400, keeping: 400, path: 300 };

/** Trees are made and removed for every input: in memory that is six times faster. */
const memory = fs.existsSync("/dev/shm") ? "/dev/shm" : "/tmp";

/** Writes the seeds and what once broke something, to begin with. */
function begin(name) {
	const corpus = path.join(folder, "corpus", name), kept = path.join(top, "tests/fuzz/corpus", name);
	fs.mkdirSync(corpus, { recursive: true });
	for (const [what, bytes] of seeds[name]())
		fs.writeFileSync(path.join(corpus, `seed-${what.replaceAll(/[^a-z0-9-]/gi, "_")}`), bytes);
	if (fs.existsSync(kept))
		for (const file of fs.readdirSync(kept))
			fs.copyFileSync(path.join(kept, file), path.join(corpus, `kept-${file}`));
	return corpus;
}

async function fuzz(name) {
	const corpus = begin(name), found = path.join(folder, `found-${name}-`);
	const words = path.join(top, `tests/fuzz/${name}.dict`);
	const child = spawn(path.join(folder, `fuzz_${name}`), [corpus, ...(fs.existsSync(words) ? [`-dict=${words}`] : []), `-max_total_time=${seconds}`,
		"-timeout=10", "-rss_limit_mb=1500", "-max_len=4096", "-print_final_stats=1", `-artifact_prefix=${found}`, "-reload=0"], {
		stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, TMPDIR: process.env.TMPDIR ?? memory },
	});
	let tail = "";
	child.stderr.setEncoding("utf8").on("data", (text) => (tail = (tail + text).slice(-30_000)));
	const how = await new Promise((resolve) => child.once("close", (code, signal) => resolve(signal ?? code)));
	const executions = Number(/number_of_executed_units: (\d+)/.exec(tail)?.[1] ?? 0);
	const [, edges, features] = [...tail.matchAll(/cov: (\d+) ft: (\d+)/g)].at(-1) ?? [0, 0, 0];
	const good = how === 0 && executions >= EXECUTIONS_MIN && Number(edges) >= (EDGES_MIN[name] ?? 1);
	if (!good)
		process.stdout.write(tail.replace(/^/gm, "# ") + "\n");
	process.stdout.write(`${good ? "ok" : "not ok"} fuzz ${name}: ${executions} executions, ${edges} edges, ${features} features, ` +
		`${fs.readdirSync(corpus).length} inputs, ${seconds} s${good ? "" : ` (ended with ${how})`}\n`);
	return good;
}

let passed = 0, failed = 0;
await Promise.all(Array.from({ length: os.cpus().length }, async () => {
	for (let name; (name = names.shift());)
		if (await fuzz(name))
			passed++;
		else
			failed++;
}));
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed ? 1 : 0;
