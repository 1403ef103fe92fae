// Real programs in every engine and way to wait, interleaved with node:wasi on the same machine:
// `node bench/run.js [--quick] [--pairs=N] [--again] [NAME-REGEX [ENGINE-WAY-REGEX]]`. Prints a table, and leaves results.md, results.json and results.svg in
// build/bench. Times wander by 20 % on shared machines: medians of pairs; waits are exact.
import fs from "node:fs";
import path from "node:path";

import { runInBrowser } from "./browser.js";
import { chart } from "./chart.js";
import { runInNode } from "./peer.js";
import { isReady } from "./place.js";
import { place, workloads } from "./workloads.js";

const words = process.argv.slice(2);
const quick = words.includes("--quick");
const [wanted, wantedWays] = [0, 1].map((i) => new RegExp(words.filter((word) => !word.startsWith("--"))[i] ?? "."));
const PAIRS = quick ? 1 : Number(words.find((word) => word.startsWith("--pairs="))?.slice(8) ?? 9);
const ways = (quick ? [["chromium", "jspi"]] : [["chromium", "jspi"], ["chromium", "shared"], ["chromium", "xhr"], ["firefox", "jspi"], ["firefox", "shared"],
	["firefox", "xhr"], ["webkit", "shared"], ["webkit", "xhr"]]).filter(([engine, wait]) => wantedWays.test(`${engine} ${wait}`));

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/* { "program engine way": result }: what is there isn't measured again, so that a run that was cut off goes on. */
const file = path.join(place, "results.json");
const kept = fs.existsSync(file) && !words.includes("--again") ? JSON.parse(fs.readFileSync(file, "utf8")) : {};
const keep = (key, result) => {
	kept[key] = result;
	fs.writeFileSync(file, JSON.stringify(kept, null, "\t"));
};

for (const workload of workloads.filter(({ name }) => wanted.test(name))) {
	const missing = ways.map(([engine, wait]) => ({ engine, wait, key: `${workload.name} ${engine} ${wait}`, runs: [] }))
		.filter(({ key }) => !kept[key] || kept[key].error);
	if (missing.length === 0)
		continue;
	if (!isReady(workload)) {
		missing.forEach(({ key }) => keep(key, { error: `${workload.program} isn't in ${place}: make bench-programs` }));
		continue;
	}
	if (workload.warm)
		await runInNode(workload);
	const peers = [];
	for (let pair = 0; pair < PAIRS; pair++) {
		peers.push(await runInNode(workload));
		for (const way of missing.filter(({ error }) => !error)) // one that fails doesn't keep the others from being measured
			await runInBrowser(workload, way).then((run) => way.runs.push(run), (error) => (way.error = error.message.split("\n")[0]));
	}
	for (const { engine, wait, key, runs, error } of missing) {
		if (error) {
			console.log(`${key}: ${error}`);
			keep(key, { error });
			continue;
		}
		const counts = (name) => median(runs.map(({ stats }) => stats[name]));
		keep(key, {
			name: workload.name, engine, wait, target: workload.waits, waits: counts("roundTrips"), messages: counts("messages"),
			calls: counts("syscalls"), bytes: counts("bytesSent") + counts("bytesReceived"), received: counts("bytesReceived"),
			ms: median(runs.map(({ ms }) => ms)), nodeMs: median(peers), ratio: median(runs.map(({ ms }, pair) => ms / peers[pair])),
		});
		console.log(line(kept[key]));
	}
}
const results = Object.values(kept).filter(({ error }) => !error);

function line({ name, engine, wait, target, waits, messages, calls, bytes, ms, nodeMs, ratio }) {
	return `| ${[name, `${engine} ${wait}`, `${waits} (${target})`, messages, calls, (bytes / 1048576).toFixed(2), ms.toFixed(0), nodeMs.toFixed(0),
		ratio.toFixed(2)].join(" | ")} |`;
}

fs.writeFileSync(path.join(place, "results.md"), `# Real programs, from _start to exit

Medians of ${PAIRS} interleaved pair${PAIRS > 1 ? "s" : ""}. Waits: how often the program waited for an answer (at most so often in Chromium).

| program | engine, way to wait | waits | messages | calls | MiB | ms | node:wasi ms | ratio |
|---|---|---|---|---|---|---|---|---|
${results.map(line).join("\n")}
${Object.entries(kept).filter(([, { error }]) => error).map(([key, { error }]) => `\n${key} was not measured: ${error}\n`).join("")}`);
fs.writeFileSync(path.join(place, "results.svg"), chart(results));
console.log(`${path.join(place, "results.md")} and results.svg`);
process.exit(Object.values(kept).some(({ error }) => error) ? 1 : 0);
