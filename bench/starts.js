// What a user waits for: from run() to _start, and to the result, in a page that was just opened, again and again in the same page, and in a second
// visit; beside a page without us that does the same with the program's files in memory, and node:wasi's whole process, in turns:
// `node bench/starts.js [--quick] [--rounds=N] [--again] [--parts] [NAME-REGEX] [ENGINE-REGEX]`.
// Leaves starts.json and starts.md in build/bench; a round that is in starts.json isn't measured again without --again, so one that was interrupted goes on.
// --parts: only prints when each part of a start was over, in ms after run(), for each run of one round.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { within } from "../tests/engines/deadline.js";
import { startEngine } from "../tests/engines/index.js";
import { linkTo, startGateway } from "../tests/gateway/gateway.js";
import { restore } from "./browser.js";
import { pack } from "./pack.js";
import { runInNode } from "./peer.js";
import { isReady } from "./place.js";
import { place, workloads, wrapped } from "./workloads.js";

const words = process.argv.slice(2);
const quick = words.includes("--quick"), asksParts = words.includes("--parts");
const [name = "^(py-embed|clang-c|bzip2|sqlite-one.*)$", engineName = "."] = words.filter((word) => !word.startsWith("--"));
const ROUNDS = quick ? 1 : Number(words.find((word) => word.startsWith("--rounds="))?.slice(9) ?? 5);
const engines = (quick ? ["chromium"] : ["chromium", "firefox", "webkit+shared"]).filter((each) => new RegExp(engineName).test(each));
const STEP_MS = 120_000; // a column that takes longer hangs
const COLUMNS = ["first", "second", "third", "rested", "visit", "keep"];
const BARE = ["compiled", "first", "third", "rested"];
const UNUSED = /^(tree|copytree|big\..*)$/; // of the folders, for the page without us

const file = path.join(place, "starts.json");
const results = fs.existsSync(file) && !words.includes("--again") ? JSON.parse(fs.readFileSync(file, "utf8")) : {};
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

const root = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-starts-"));
process.on("exit", () => fs.rmSync(root, { recursive: true, force: true }));
fs.cpSync(fileURLToPath(new URL("page", import.meta.url)), root, { recursive: true });

for (const workload of [...workloads, ...wrapped].filter((each) => new RegExp(name).test(each.name) && isReady(each)))
	for (const engine of engines) {
		if (asksParts) {
			await measure(workload, engine);
			continue;
		}
		const key = `${workload.name} ${engine}`;
		const rounds = results[key]?.rounds ?? [];
		while (rounds.length < ROUNDS) {
			const round = await measure(workload, engine).catch((error) => console.error(`${key}: ${error.message}`));
			if (!round) {
				process.exitCode = 1; // the others are measured all the same
				break;
			}
			rounds.push(round);
			results[key] = { rounds, ...Object.fromEntries(Object.keys(rounds[0]).map((each) => [each, median(rounds.map((measured) => measured[each]))])) };
			fs.writeFileSync(file, JSON.stringify(results, null, "\t"));
		}
		if (results[key])
			console.log(line(key, results[key]));
	}

/* One round: a browser that was never here, two visits. Gives ms by column, "first start" and "first whole". */
async function measure(workload, engineName) {
	const columns = COLUMNS.filter((column) => !workload.isComponent || column !== "keep"); // no engine compiles one
	const measured = wrapped.includes(workload) || asksParts ? {} : { node: await wholeInNode(workload) };
	const gateway = await startGateway(["--root", root, "--no-root-dir",
		...workload.dirs.flatMap((dir) => ["--dir", path.join(place, dir)]),
		...Object.entries(workload.env ?? {}).flatMap(([variable, value]) => ["--env", `${variable}=${value}`]),
		"--", path.join(place, workload.program)]);
	const [engine, other] = [await startEngine(engineName), await startEngine(engineName)]; // the other one's caches are its own
	const visit = async (to) => {
		const page = await to.open(linkTo(await gateway.link(), asksParts ? "/starts.html?parts" : "/starts.html"));
		await page.waitFor(() => window.run !== undefined);
		return page;
	};
	try {
		if (!workload.isComponent && !asksParts)
			Object.assign(measured, await bare(workload, await visit(other), engineName));
		let page = await visit(engine);
		for (const column of columns) {
			if (column === "visit") {
				await page.close();
				page = await visit(engine);
			}
			const { startMs, wholeMs, parts } = await within(run(workload, page, column), STEP_MS, `${engineName}, ${column}`);
			if (asksParts)
				console.log(`${workload.name} ${engineName}, ${column}: ${startMs.toFixed(1)}\n${parts.map(([what, ms]) => `\t${ms.toFixed(1)}\t${what}`).join("\n")}`);
			measured[`${column} start`] = startMs;
			measured[`${column} whole`] = wholeMs;
		}
		return measured;
	} finally {
		await Promise.allSettled([engine.close(), other.close(), gateway.stop()]);
	}
}

/* The page without us: "bare compiled" and so on. */
async function bare(workload, page, engineName) {
	await restore(workload);
	const index = pack(workload, path.join(root, "files.bin"), UNUSED);
	const task = { index, args: [workload.arg0, ...workload.args], env: workload.env ?? {}, stdin: stdinOf(workload) };
	const ms = await within(page.evaluate((given) => window.bare(given), task), STEP_MS, `${engineName}, bare`);
	await page.close();
	return Object.fromEntries(BARE.map((each) => [`bare ${each}`, ms[each]]));
}

function stdinOf({ stdin }) {
	return stdin === undefined ? "" : fs.readFileSync(path.join(place, stdin), "utf8");
}

async function run(workload, page, column) {
	await restore(workload);
	const preopens = Object.fromEntries(workload.dirs.map((dir) => dir.split("::")[1]).map((guest) => [guest, guest]));
	const how = { keep: column === "keep", rests: column === "rested" };
	const ended = await page.evaluate((task) => window.run(task), { ...how, args: [workload.arg0, ...workload.args], preopens, stdin: stdinOf(workload) });
	if (ended.exitCode !== 0 || !workload.prints.test(ended.stdout))
		throw new Error(`${workload.name} ended with ${ended.exitCode}: ${ended.stderr || ended.stdout}`);
	return ended;
}

/* The whole process, as somebody who types its name waits for it. */
async function wholeInNode(workload) {
	await restore(workload);
	const began = performance.now();
	await runInNode(workload);
	return performance.now() - began;
}

function line(key, measured) {
	const ms = (value) => value?.toFixed(0) ?? "";
	const cell = (column) => (measured[`${column} start`] === undefined ? "" : `${ms(measured[`${column} start`])} / ${ms(measured[`${column} whole`])}`);
	return `| ${[key, ...BARE.map((each) => ms(measured[`bare ${each}`])), ...COLUMNS.map(cell), ms(measured.node),
		measured.node === undefined ? "" : (measured["second whole"] / measured.node).toFixed(2)].join(" | ")} |`;
}

fs.writeFileSync(path.join(place, "starts.md"), `# From the click to the result

Medians of ${ROUNDS} rounds, ms from run() to _start / to the result.
Bare: a page without us, whose workers stand ready with the program's files in memory: download and compile /
the same and on to _start / to _start of the third run / of one after a second's rest. Kept: the app keeps the Module. node:wasi: its whole process.
Ratio: of the second run in a page, to its result. sqlite-one.component: the same program as a component of WASI 0.2.

| program, engine | bare: compiled | first | third | rested | first | second | third | rested | second visit | kept | node:wasi | ratio |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
${Object.entries(results).map(([key, measured]) => line(key, measured)).join("\n")}
`);
if (!asksParts)
	console.log(path.join(place, "starts.md"));
