// Real programs in every engine and way to wait, interleaved with node:wasi on the same machine: `node bench/run.js [--quick] [NAME-REGEX]`.
// Prints a table, and leaves results.md and results.svg in build/bench. Times wander by 20 % on shared machines: medians of pairs; waits
// are exact.
import fs from "node:fs";
import path from "node:path";

import { runInBrowser } from "./browser.js";
import { chart } from "./chart.js";
import { runInNode } from "./peer.js";
import { isReady } from "./place.js";
import { place, workloads } from "./workloads.js";

const words = process.argv.slice(2);
const quick = words.includes("--quick");
const wanted = new RegExp(words.find((word) => !word.startsWith("--")) ?? ".");
const PAIRS = quick ? 1 : 9;
const ways = quick ? [["chromium", "jspi"]] : [["chromium", "jspi"], ["chromium", "shared"], ["chromium", "xhr"], ["firefox", "jspi"], ["firefox", "shared"],
	["firefox", "xhr"], ["webkit", "shared"], ["webkit", "xhr"]];

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

const results = [];
for (const workload of workloads.filter(({ name }) => wanted.test(name))) {
	if (!isReady(workload))
		throw new Error(`${workload.name}: ${workload.program} isn't in ${place}: make bench-programs`);
	if (workload.warm)
		await runInNode(workload);
	const peers = [], runs = ways.map(() => []);
	for (let pair = 0; pair < PAIRS; pair++) {
		peers.push(await runInNode(workload));
		for (const [i, [engine, wait]] of ways.entries())
			runs[i].push(await runInBrowser(workload, { engine, wait }));
	}
	for (const [i, [engine, wait]] of ways.entries()) {
		const counts = (key) => median(runs[i].map(({ stats }) => stats[key]));
		const result = {
			name: workload.name, engine, wait, target: workload.waits, waits: counts("roundTrips"), messages: counts("messages"),
			calls: counts("syscalls"), bytes: counts("bytesSent") + counts("bytesReceived"),
			ms: median(runs[i].map(({ ms }) => ms)), nodeMs: median(peers), ratio: median(runs[i].map(({ ms }, pair) => ms / peers[pair])),
		};
		results.push(result);
		console.log(line(result));
	}
}

function line({ name, engine, wait, target, waits, messages, calls, bytes, ms, nodeMs, ratio }) {
	return `| ${[name, `${engine} ${wait}`, `${waits} (${target})`, messages, calls, (bytes / 1048576).toFixed(2), ms.toFixed(0), nodeMs.toFixed(0),
		ratio.toFixed(2)].join(" | ")} |`;
}

fs.writeFileSync(path.join(place, "results.md"), `# Real programs, from _start to exit

Medians of ${PAIRS} interleaved pair${PAIRS > 1 ? "s" : ""}. Waits: how often the program waited for an answer (at most so often in Chromium).

| program | engine, way to wait | waits | messages | calls | MiB | ms | node:wasi ms | ratio |
|---|---|---|---|---|---|---|---|---|
${results.map(line).join("\n")}
`);
fs.writeFileSync(path.join(place, "results.svg"), chart(results));
console.log(`${path.join(place, "results.md")} and results.svg`);
