// files.js beside Chromium's own file system (OPFS), in turns, on the same disk: a listing of 10,000 entries, 1,000 small files read one after the other, 1 GiB
// streamed through getFile().stream(). `node bench/files.js [MiB] [PART…]`. Leaves files.md in build/bench.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { startEngine } from "../tests/engines/index.js";
import { linkTo, startGateway } from "../tests/gateway/gateway.js";
import { place } from "./workloads.js";

const words = process.argv.slice(2), parts = words.filter((word) => !/^\d+$/.test(word));
const isWanted = (part) => parts.length === 0 || parts.includes(part);
const AMOUNTS = { entries: isWanted("list") ? 10_000 : 0, files: isWanted("read") ? 1000 : 0,
	bytes: isWanted("stream") ? Number(words.find((word) => /^\d+$/.test(word)) ?? 1024) * 2 ** 20 : 0 };
const RUNS = { list: 9, read: 9, stream: 5, fetch: 5 };
const TARGET = 2; // times the browser's own
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-bench-files-"));
process.on("exit", () => fs.rmSync(base, { recursive: true, force: true }));
const root = path.join(base, "root");
fs.mkdirSync(path.join(base, "work"));
fs.cpSync(fileURLToPath(new URL("page", import.meta.url)), root, { recursive: true });

const gateway = await startGateway(["--root", root, "--dir", `${base}/work::/work`]);
const engine = await startEngine("chromium");
const page = await engine.open(linkTo(gateway.ready.link, "/files.html"));
await page.waitFor(() => window.ready);
for (const native of [false, true])
	await page.evaluate((which, amounts) => window.prepare(which, amounts), native, AMOUNTS);

/* What is possible: the large file as the gateway serves any file of the app's, by fetch() alone. */
if (AMOUNTS.bytes)
	fs.linkSync(path.join(base, "work/large"), path.join(root, "large"));
const lines = ["| | files.js, ms | OPFS, ms | times |", "|---|---:|---:|---:|"];
for (const [what, runs] of Object.entries(RUNS).filter(([part]) => isWanted(part === "fetch" ? "stream" : part))) {
	const times = { false: [], true: [] };
	for (let run = 0; run < runs; run++)
		for (const native of [false, true]) {
			const { ms } = await page.evaluate((which, name) => window.measure(which, name), native, what);
			times[native].push(ms);
		}
	const ours = median(times.false), theirs = median(times.true);
	lines.push(`| ${what} | ${ours.toFixed(0)} | ${theirs.toFixed(0)} | ${(ours / theirs).toFixed(2)}${ours > TARGET * theirs ? " (over)" : ""} |`);
	console.log(lines.at(-1));
}
fs.mkdirSync(place, { recursive: true });
fs.writeFileSync(path.join(place, "files.md"), `${lines.join("\n")}\n`);
await engine.close();
await gateway.stop();
process.exit(0);
