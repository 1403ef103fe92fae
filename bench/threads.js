// Where the processor's time of a whole run goes, by thread, from run() to its result, the program compiled and a worker ready, a first start:
// `node bench/threads.js [--rounds=N] [NAME-REGEX] [ENGINE-REGEX]` prints a row for each program and engine, medians in ms. Linux tells by /proc; a thread that
// ended within the run isn't seen.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { within } from "../tests/engines/deadline.js";
import { startEngine } from "../tests/engines/index.js";
import { linkTo, startGateway } from "../tests/gateway/gateway.js";
import { restore } from "./browser.js";
import { isReady } from "./place.js";
import { below } from "./process.js";
import { place, workloads } from "./workloads.js";

const words = process.argv.slice(2);
const ROUNDS = Number(words.find((word) => word.startsWith("--rounds="))?.slice(9) ?? 5);
const [name = "^(lua-files|sqlite-wr|py-copytree|py-warm|scan|list|lua-cat64|reads|writes)$", engineName = "chromium"] = words.filter((word) => !word.startsWith("--"));
const STEP_MS = 120_000, LEAST_MS = 0.5;
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const steady = { program: "steady.wasm", arg0: "steady", dirs: ["w::/w"], prints: /^\d/, imports: "/constant.js" };
const streams = [{ ...steady, name: "reads", args: ["reads", "/w/big.bin"] }, { ...steady, name: "writes", args: ["writes", "/w/big.out", String(64 << 20)] }];

/* What a thread of a process is called here; the first that fits. */
const KINDS = [
	["gateway", (command) => /wvwasi-gw/.test(command)],
	["worker", (command, thread) => /DedicatedWorker|DOM Worker|WebCore: Worker/.test(thread)],
	["pool", (command, thread) => /--type=renderer|WebKitWebProcess|isForBrowser|-contentproc/.test(command)
		&& /ThreadPool|JIT|Helper|Wasm|HeapHelper|WasmWorker|DFG|FTL|JSHelper/i.test(thread)],
	["network", (command, thread) => /NetworkService|WebKitNetworkProcess|network\.mojom|socket/i.test(command) || /Socket Thread/.test(thread)],
	["IPC", (command, thread) => /--type=renderer|WebKitWebProcess|-contentproc/.test(command) && /ChildIO|IPC|ReceiveQueue/i.test(thread)],
	["page", (command) => /--type=renderer|WebKitWebProcess|-contentproc/.test(command)],
	["browser", () => true],
];
const kindOf = (command, thread) => KINDS.find(([, fits]) => fits(command, thread))[0];

const root = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-threads-"));
process.on("exit", () => fs.rmSync(root, { recursive: true, force: true }));
fs.cpSync(fileURLToPath(new URL("page", import.meta.url)), root, { recursive: true });

console.log(`| | ${KINDS.map(([kind]) => kind).join(" | ")} | all | wall |\n|---|${"---:|".repeat(KINDS.length + 2)}`);
for (const workload of [...workloads, ...streams].filter((each) => new RegExp(name).test(each.name) && isReady(each)))
	for (const engine of ["chromium", "firefox", "webkit+shared"].filter((each) => new RegExp(engineName).test(each))) {
		const rounds = [];
		while (rounds.length < ROUNDS)
			rounds.push(await measure(workload, engine));
		const cell = (of) => median(rounds.map(of)).toFixed(0);
		console.log(`| ${[`${workload.name}, ${engine}`, ...KINDS.map(([kind]) => cell(({ ms }) => ms[kind] ?? 0)), cell(({ all }) => all),
			cell(({ wholeMs }) => wholeMs)].join(" | ")} |`);
		for (const [thread, ms] of Object.entries(rounds[0].threads).filter(([, its]) => its > LEAST_MS).sort((a, b) => b[1] - a[1]).slice(0, 12))
			console.error(`\t${ms.toFixed(1)}\t${thread}`);
	}

/* { "pid/tid": [command line, thread's name, ns] } of this process's browser and gateway. */
function look() {
	const all = {};
	for (const pid of below(process.pid))
		try {
			const command = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
			for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
				const at = `/proc/${pid}/task/${task}`;
				all[`${pid}/${task}`] = [command, fs.readFileSync(`${at}/comm`, "utf8").trim(), Number(fs.readFileSync(`${at}/schedstat`, "utf8").split(" ")[0])];
			}
		} catch {
			// it has ended
		}
	return all;
}

async function measure(workload, engineName) {
	await restore(workload);
	const preopens = Object.fromEntries(workload.dirs.map((dir) => dir.split("::")[1]).map((guest) => [guest, guest]));
	const stdin = workload.stdin === undefined ? "" : fs.readFileSync(path.join(place, workload.stdin), "utf8");
	const cache = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-threads-cache-")); // no hints of a start before
	const gateway = await startGateway(["--root", root, "--no-root-dir", ...workload.dirs.flatMap((dir) => ["--dir", path.join(place, dir)]),
		...Object.entries(workload.env ?? {}).flatMap(([variable, value]) => ["--env", `${variable}=${value}`]), "--", path.join(place, workload.program)],
	{ env: { ...process.env, XDG_CACHE_HOME: cache } });
	const engine = await startEngine(engineName);
	try {
		const page = await engine.open(linkTo(await gateway.link(), "/starts.html"));
		await page.waitFor(() => window.run !== undefined);
		await page.evaluate(() => window.ready());
		const before = look();
		const ended = await within(page.evaluate((task) => window.run(task), { args: [workload.arg0, ...workload.args], preopens, stdin,
			...(workload.imports ? { imports: workload.imports } : {}) }), STEP_MS, workload.name);
		const after = look();
		if (ended.exitCode !== 0 || !workload.prints.test(ended.stdout))
			throw new Error(`${workload.name} ended with ${ended.exitCode}: ${ended.stderr || ended.stdout}`);
		const ms = {}, threads = {};
		for (const [id, [command, thread, ns]] of Object.entries(after)) {
			const used = (ns - (before[id]?.[2] ?? 0)) / 1e6, kind = kindOf(command, thread);
			ms[kind] = (ms[kind] ?? 0) + used;
			threads[`${kind}: ${thread} ${command.slice(0, 30)}`] = (threads[`${kind}: ${thread} ${command.slice(0, 30)}`] ?? 0) + used;
		}
		return { ms, threads, all: Object.values(ms).reduce((sum, each) => sum + each, 0), wholeMs: ended.wholeMs };
	} finally {
		await Promise.allSettled([engine.close(), gateway.stop()]);
		fs.rmSync(cache, { recursive: true, force: true });
	}
}
