// What --record costs a program: `node bench/recording.js [--rounds=N] [--way=jspi] [--pause=MS] [NAME-REGEX]`. The same run with and without it, in
// turns, in one Chromium, each behind a pause, since a run leaves work to both processors (its worker's end, the next one's beginning). Prints the ratio
// of each pair, of the time from _start to the end and of the processor's time of browser and gateway, which says more on a machine that is busy.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { startEngine } from "../tests/engines/index.js";
import { linkTo, startGateway } from "../tests/gateway/gateway.js";
import { restore } from "./browser.js";
import { isReady, prepare } from "./place.js";
import { below, usedMs } from "./process.js";
import { place, workloads } from "./workloads.js";

const words = process.argv.slice(2), valueOf = (name) => words.find((word) => word.startsWith(`--${name}=`))?.split("=")[1];
const rounds = Number(valueOf("rounds") ?? 9), wait = valueOf("way") ?? "jspi", pauseMs = Number(valueOf("pause") ?? 500);
const chosen = new RegExp(words.find((word) => !word.startsWith("--")) ?? "^(py-grep|sqlite-wr)$");
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

prepare();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-recording-cost-"));
fs.cpSync(fileURLToPath(new URL("page", import.meta.url)), folder, { recursive: true });
const engine = await startEngine("chromium");
const parts = { "wvwasi-gw": "gateway", renderer: "page" };
/** ms of processor of gateway, page, and the rest of the browser. */
function usedByPart() {
	const used = { page: 0, gateway: 0, browser: 0 };
	for (const pid of below(process.pid)) {
		const type = /--type=(\S+)/.exec(fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "))?.[1];
		used[parts[type ?? fs.readFileSync(`/proc/${pid}/comm`, "utf8").trim()] ?? "browser"] += usedMs(pid);
	}
	return used;
}

/** A gateway that records, or not, and a page in front of it. */
async function open(workload, flags) {
	const gateway = await startGateway(["--root", folder, "--no-root-dir", ...flags, ...workload.dirs.flatMap((dir) => ["--dir", path.join(place, dir)]),
		...Object.entries(workload.env ?? {}).flatMap(([variable, value]) => ["--env", `${variable}=${value}`]), "--", path.join(place, workload.program)]);
	const page = await engine.open(linkTo(await gateway.link(), "/programs.html"));
	await page.waitFor(() => window.measure !== undefined);
	const preopens = Object.fromEntries(workload.dirs.map((dir) => dir.split("::")[1]).map((guest) => [guest, guest]));
	const stdin = workload.stdin === undefined ? "" : fs.readFileSync(path.join(place, workload.stdin), "utf8");
	const run = async () => {
		await restore(workload);
		await setTimeout(pauseMs);
		const before = usedByPart();
		const { ms, exitCode, stdout, stderr } = await page.evaluate((given) => window.measure(given),
			{ kind: "run", how: "run", url: "/_wvwasi/program.wasm", wait, args: [workload.arg0, ...workload.args], preopens, stdin });
		if (exitCode !== 0 || !workload.prints.test(stdout))
			throw new Error(`it ended with ${exitCode}: ${stderr || stdout}`);
		const after = usedByPart(), [inPage, inGateway, inBrowser] = Object.keys(after).map((part) => after[part] - before[part]);
		return { ms, page: inPage, gateway: inGateway, browser: inBrowser, used: inPage + inGateway + inBrowser };
	};
	return { run, close: () => Promise.allSettled([page.close(), gateway.stop()]) };
}

async function measure(workload) {
	const file = path.join(folder, "run.wvr"), plain = await open(workload, []), recorded = await open(workload, ["--record", file]);
	const pairs = [];
	await plain.run(); // what the gateway learns of a start is known from here on
	await recorded.run();
	const before = fs.statSync(file).size;
	for (let round = 0; round < rounds; round++) {
		const first = round % 2 ? await recorded.run() : await plain.run(), second = round % 2 ? await plain.run() : await recorded.run();
		pairs.push(round % 2 ? [second, first] : [first, second]);
	}
	const bytes = (fs.statSync(file).size - before) / rounds;
	await Promise.all([plain.close(), recorded.close()]);
	fs.rmSync(file);
	const both = (which) => [0, 1].map((i) => median(pairs.map((pair) => pair[i][which])).toFixed(0)).join(" \u2192 ");
	const percent = (which) => Math.round((median(pairs.map(([without, withIt]) => withIt[which] / without[which])) - 1) * 100);
	console.log(`${workload.name}: processor ${both("used")} ms, ${percent("used")} % more (page ${both("page")}, gateway ${both("gateway")}, rest of the browser ${
		both("browser")}); from start to end ${both("ms")} ms, ${percent("ms")} %; ${(bytes / 1000).toFixed(0)} kB a run`);
}

try {
	for (const workload of workloads.filter((each) => chosen.test(each.name) && isReady(each)))
		await measure(workload);
} finally {
	await engine.close();
	fs.rmSync(folder, { recursive: true, force: true });
}
