// What a page pays that has nothing to do with us: each workload in a worker of a bare page, with its files in memory (page/memory.js), in turns
// with node:wasi: `node bench/bound.js [--quick] [--rounds=N] [--again] [NAME-REGEX] [ENGINE-REGEX]`. No gateway can let a program be faster there than that.
// Leaves bound.json and bound.md in build/bench; what is in bound.json isn't measured again without --again.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { startEngine } from "../tests/engines/index.js";
import { linkTo, startGateway } from "../tests/gateway/gateway.js";
import { restore } from "./browser.js";
import { pack } from "./pack.js";
import { runInNode } from "./peer.js";
import { isReady } from "./place.js";
import { place, workloads } from "./workloads.js";

const words = process.argv.slice(2);
const [name = ".", engineName = "."] = words.filter((word) => !word.startsWith("--"));
const quick = words.includes("--quick");
const ROUNDS = quick ? 1 : Number(words.find((word) => word.startsWith("--rounds="))?.slice(9) ?? 5);
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

const file = path.join(place, "bound.json");
const results = fs.existsSync(file) && !words.includes("--again") ? JSON.parse(fs.readFileSync(file, "utf8")) : {};
const root = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-bound-"));
process.on("exit", () => fs.rmSync(root, { recursive: true, force: true }));
fs.cpSync(fileURLToPath(new URL("page", import.meta.url)), root, { recursive: true });

for (const workload of workloads.filter((each) => new RegExp(name).test(each.name) && isReady(each)))
	for (const engine of (quick ? ["chromium"] : ["chromium", "firefox", "webkit+shared"]).filter((each) => new RegExp(engineName).test(each))) {
		const key = `${workload.name} ${engine}`;
		if (results[key])
			continue;
		results[key] = await measure(workload, engine);
		fs.writeFileSync(file, JSON.stringify(results, null, "\t"));
		console.log(line(key, results[key]));
	}

async function measure(workload, engineName) {
	const gateway = await startGateway(["--root", root, "--no-root-dir", "--", path.join(place, workload.program)]);
	const engine = await startEngine(engineName);
	const given = { args: [workload.arg0, ...workload.args], env: workload.env ?? {},
		stdin: workload.stdin === undefined ? "" : fs.readFileSync(path.join(place, workload.stdin), "utf8") };
	const bounds = [], peers = [];
	try {
		if (workload.warm)
			await runInNode(workload);
		for (let round = 0; round < ROUNDS; round++) {
			peers.push(await runInNode(workload));
			await restore(workload);
			const index = pack(workload, path.join(root, "files.bin"));
			const page = await engine.open(linkTo(await gateway.link(), "/bound.html"));
			await page.waitFor(() => window.run !== undefined);
			const { ms, code, stdout, stderr } = await page.evaluate((task) => window.run(task), { ...given, index });
			await page.close();
			if (code !== 0 || !workload.prints.test(stdout))
				throw new Error(`${workload.name} ended with ${code} and '${stdout}' ${stderr}`);
			bounds.push(ms);
		}
	} finally {
		await Promise.allSettled([engine.close(), gateway.stop()]);
	}
	return { ms: median(bounds), nodeMs: median(peers), ratio: median(bounds.map((ms, i) => ms / peers[i])) };
}

function line(key, { ms, nodeMs, ratio }) {
	return `| ${[key, ms.toFixed(0), nodeMs.toFixed(0), ratio.toFixed(2)].join(" | ")} |`;
}

fs.writeFileSync(path.join(place, "bound.md"), `# In a page without us

From _start to exit with all files in the worker's memory, medians of ${ROUNDS} pairs.

| program, engine | ms | node:wasi ms | ratio |
|---|---:|---:|---:|
${Object.entries(results).map(([key, result]) => line(key, result)).join("\n")}
`);
console.log(path.join(place, "bound.md"));
