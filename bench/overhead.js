// What is left when a program's own work, its waits, its bytes and the operating system's time are taken away: `node bench/overhead.js
// [--quick] [--rounds=N] [--strict] [--again] [NAME-REGEX] [ENGINE-WAY-REGEX]`. The same run is done for real and with its answers replayed from memory
// (page/replay.js), in turns, in the same browser; a bare WebSocket's round trip and rate are taken in between. Leaves overhead.json and
// overhead.md in build/bench; what is in overhead.json isn't measured again without --again, so that a run that was cut off goes on.
// The server's time in system calls is what its process used less what a bare echo server uses for as many messages.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { startEngine } from "../tests/engines/index.js";
import { linkTo, startGateway } from "../tests/gateway/gateway.js";
import { restore } from "./browser.js";
import { isReady } from "./place.js";
import { look, serving } from "./process.js";
import { place, workloads } from "./workloads.js";

const words = process.argv.slice(2);
const quick = words.includes("--quick");
const [name = ".", way = "."] = words.filter((word) => !word.startsWith("--"));
const ROUNDS = quick ? 1 : Number(words.find((word) => word.startsWith("--rounds="))?.slice(9) ?? 9);
const withStrict = words.includes("--strict"); // what is beyond in strict, beside it
const ECHOES = 500, RATE_BYTES = 64 << 20, MESSAGE_BYTES = 64;
const ways = (quick ? [["chromium", "jspi"]] : [["chromium", "jspi"], ["chromium", "shared"], ["chromium", "xhr"], ["firefox", "jspi"], ["firefox", "shared"],
	["firefox", "xhr"],
	["webkit+shared", "shared"], ["webkit", "xhr"]]).filter(([engine, wait]) => new RegExp(way).test(`${engine} ${wait}`));

const file = path.join(place, "overhead.json");
const results = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : {};
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-overhead-"));
fs.cpSync(path.join(here, "page"), root, { recursive: true });
const echo = spawn(path.join(place, "echo"), { stdio: ["ignore", "pipe", "inherit"] });
process.on("exit", () => {
	echo.kill("SIGKILL");
	fs.rmSync(root, { recursive: true, force: true });
});
const port = Number(String(await new Promise((resolve) => echo.stdout.once("data", resolve))));

for (const workload of workloads.filter((each) => new RegExp(name).test(each.name) && isReady(each)))
	for (const [engine, wait] of ways) {
		const key = `${workload.name} ${engine} ${wait}`;
		if (results[key] && !results[key].error && !words.includes("--again"))
			continue;
		try {
			results[key] = await measure(workload, engine, wait);
			console.log(line(key, results[key]));
		} catch (error) { // the others are measured all the same
			results[key] = { error: error.message.split("\n")[0] };
			console.log(`${key}: ${error.message}`);
		}
		fs.writeFileSync(file, JSON.stringify(results, null, "\t"));
	}

async function measure(workload, engineName, wait) {
	const gateway = await startGateway(["--root", root, "--no-root-dir",
		...workload.dirs.flatMap((dir) => ["--dir", path.join(place, dir)]),
		...Object.entries(workload.env ?? {}).flatMap(([variable, value]) => ["--env", `${variable}=${value}`]),
		"--", path.join(place, workload.program)]);
	const engine = await startEngine(engineName);
	try {
		const page = await engine.open(linkTo(await gateway.link(), "/programs.html"));
		await page.waitFor(() => window.measure !== undefined);
		const ask = (task) => page.evaluate((given) => window.measure(given), task);
		const preopens = Object.fromEntries(workload.dirs.map((dir) => dir.split("::")[1]).map((guest) => [guest, guest]));
		const stdin = workload.stdin === undefined ? "" : fs.readFileSync(path.join(place, workload.stdin), "utf8");
		const run = async (how, coherence) => {
			await restore(workload);
			const ended = await ask({ kind: "run", how, wait, coherence, args: [workload.arg0, ...workload.args], preopens, stdin }).catch((error) => {
				throw new Error(`${how}: ${error.message}`);
			});
			if (ended.exitCode !== 0 || !workload.prints.test(ended.stdout))
				throw new Error(`${how}: ended with ${ended.exitCode}, no answers to ${ended.missed}: ${ended.stderr || ended.stdout}`);
			return ended;
		};
		const server = serving(gateway.pid);
		const runs = [], replays = [], bares = [], serverMs = [], strict = [];
		await run("run"); // what it learns of this program's start is known from here on
		await recorded(run);
		for (let round = 0; round < ROUNDS; round++) {
			const echoBefore = look(echo.pid).cpuUs;
			bares.push(await ask({ kind: "bare", port, bytes: MESSAGE_BYTES, times: ECHOES, size: RATE_BYTES }));
			const echoUs = (look(echo.pid).cpuUs - echoBefore) / ECHOES; // with the bytes: as much as ours has to do, if not more
			const before = look(server).cpuUs;
			runs.push(await run("run"));
			serverMs.push(Math.max(0, look(server).cpuUs - before - runs.at(-1).stats.messages * Math.min(echoUs, 60)) / 1000);
			replays.push(await run("replay"));
			if (withStrict)
				strict.push((await run("run", "strict")).ms - replays.at(-1).ms);
		}
		const stat = (which) => median(runs.map(({ stats }) => stats[which]));
		const bytes = stat("bytesSent") + stat("bytesReceived");
		const result = {
			ms: median(runs.map(({ ms }) => ms)), replayMs: median(replays.map(({ ms }) => ms)),
			missed: Math.max(...replays.map(({ missed }) => missed.length)),
			waits: stat("roundTrips"), messages: stat("messages"), calls: stat("syscalls"), bytes,
			echoMs: median(bares.map(({ echoMs }) => echoMs)), mbS: median(bares.map(({ downMbS }) => downMbS)), serverMs: median(serverMs),
		};
		result.overheadMs = median(runs.map(({ ms }, i) => ms - replays[i].ms));
		result.mostMs = 1.15 * (result.waits * result.echoMs + bytes / 1000 / result.mbS + result.serverMs) + 0.0003 * result.calls;
		if (withStrict)
			result.strictMs = median(strict);
		return result;
	} finally {
		await Promise.allSettled([engine.close(), gateway.stop()]);
	}
}

/* What a start profile sends ahead changes from start to start, and so does what is asked: until a recorded run can be done again. */
async function recorded(run) {
	for (let tries = 4; ; tries--) {
		await run("record");
		try {
			return await run("replay");
		} catch (error) {
			if (tries === 1)
				throw error;
		}
	}
}

function line(key, { ms, replayMs, overheadMs, mostMs, waits, echoMs, bytes, mbS, serverMs, calls, missed, error }) {
	if (error)
		return `| ${key} | ${error} | | | | | | | |`;
	return `| ${[key, ms.toFixed(0), replayMs.toFixed(0), overheadMs.toFixed(0), mostMs.toFixed(0), overheadMs <= mostMs ? "ok" : "over",
		`${waits} x ${(echoMs * 1000).toFixed(0)} us`, `${(bytes / 1e6).toFixed(1)} MB at ${mbS.toFixed(0)}`, `${serverMs.toFixed(0)} ms`,
		`${calls}${missed ? ` (${missed} missed)` : ""}`].join(" | ")} |`;
}

fs.writeFileSync(path.join(place, "overhead.md"), `# Overhead

Time beyond that of the same run with its answers from memory; at most 1.15 x (waits x echo + bytes / rate + server) + 0.3 us x calls.

| program, engine, way to wait | ms | replayed | beyond | at most | | waits | bytes | server | calls |
|---|---|---|---|---|---|---|---|---|---|
${Object.entries(results).map(([key, result]) => line(key, result)).join("\n")}
`);
console.log(path.join(place, "overhead.md"));
if (withStrict)
	for (const way of new Set(Object.keys(results).map((key) => key.split(" ").slice(1).join(" ")))) {
		const ratios = Object.entries(results).filter(([key, { strictMs }]) => key.endsWith(` ${way}`) && strictMs !== undefined)
			.map(([, { overheadMs, strictMs }]) => strictMs / Math.max(overheadMs, 1));
		if (ratios.length)
			console.log(`${way}: in strict ${(Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length)).toFixed(1)} times as much is beyond`
				+ ` (geometric mean of ${ratios.length}: ${ratios.map((ratio) => ratio.toFixed(1)).join(", ")})`);
	}
process.exit(Object.values(results).some(({ error }) => error) ? 1 : 0);
