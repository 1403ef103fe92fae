// What one call costs in each engine and way to wait, beside a bare WebSocket in the same worker: a call that waits, one that the page
// answers, and bytes in a row. `node bench/calls.js [--quick] [ENGINE-WAY-REGEX]`, with $WVWASI_GW and $WVWASI_BENCH/echo, calls.wasm.
// Prints rows and leaves calls.md. The machine is shared: ours and the bare one take turns, and ratios count.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { startEngine } from "../tests/engines/index.js";
import { linkTo, startGateway } from "../tests/gateway/gateway.js";
import { place } from "./workloads.js";

const words = process.argv.slice(2);
const quick = words.includes("--quick");
const wanted = new RegExp(words.find((word) => !word.startsWith("--")) ?? ".");
const only = (word) => !words.some((each) => each.startsWith("--only=")) || words.includes(`--only=${word}`);
const SIZE = 64 << 20;
const MESSAGE_BYTES = 64;
const ways = [["chromium", "jspi", 1.10], ["chromium", "shared", 1.25], ["firefox", "jspi", 1.10], ["firefox", "shared", 1.25],
	["webkit+shared", "shared", 1.05]];
const LOCAL_NS = { sizes: 100, fdstat: 100, tell: 100, seek: 100, clock: 300, random: 300, read: 300 };

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/** The value that so many of 1,000 resamplings of the pairs stay below: the bound of a statistic of them. */
function bound(pairs, statistic, share = 0.95) {
	const values = Array.from({ length: 1000 }, () => statistic(pairs.map(() => pairs[Math.floor(Math.random() * pairs.length)])));
	return values.sort((a, b) => a - b)[Math.floor(values.length * share)];
}

const rows = [];
function row(engine, wait, what, measured, target, met) {
	rows.push([`${engine} ${wait}`, what, measured, target, met ? "" : "over"]);
	console.log(`${`${engine} ${wait}`.padEnd(22)} ${what.padEnd(44)} ${measured.padStart(34)}   ${target}${met ? "" : "  OVER"}`);
}

const here = fileURLToPath(new URL(".", import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-calls-"));
const root = path.join(folder, "root"), files = path.join(folder, "w");
fs.cpSync(path.join(here, "page"), root, { recursive: true });
fs.mkdirSync(files);
for (const program of ["calls.wasm", "steady.wasm"])
	fs.copyFileSync(path.join(place, program), path.join(root, program));
fs.writeFileSync(path.join(files, "small"), Buffer.alloc(4096, "x"));
const big = Buffer.from(Uint8Array.from({ length: 1 << 20 }, (_, i) => i * 31));
for (const where of [root, files])
	fs.writeFileSync(path.join(where, "big.bin"), Buffer.concat(Array.from({ length: SIZE / big.length }, () => big)));
const echo = spawn(path.join(place, "echo"), { stdio: ["ignore", "pipe", "inherit"] });
process.on("exit", () => {
	echo.kill("SIGKILL");
	fs.rmSync(folder, { recursive: true, force: true });
});
const port = Number(String(await new Promise((resolve) => echo.stdout.once("data", resolve))));
const gateway = await startGateway(["--root", root, "--no-root-dir", "--dir", `${files}::/`]);

let failed = 0;
for (const [engineName, wait, most] of ways.filter(([engine, way]) => wanted.test(`${engine} ${way}`))) {
	const engine = await startEngine(engineName);
	try {
		const page = await engine.open(linkTo(await gateway.link(), "/calls.html"));
		await page.waitFor(() => window.measure !== undefined);
		const measure = (task) => page.evaluate((given) => window.measure(given), { wait, port, ...task });

		if (only("waits")) {
			const pairs = await measure({ kind: "waits", pairs: quick ? 5 : 15, block: 500, bytes: MESSAGE_BYTES });
			const ratioOf = (some) => median(some.flatMap(([ours]) => ours)) / median(some.flatMap(([, bare]) => bare));
			const least = bound(pairs, ratioOf, 0.05); // it is surely above the target, if even this is
			const [p50, bareP50] = [0, 1].map((of) => (median(pairs.flatMap((pair) => pair[of])) * 1000).toFixed(0));
			row(engineName, wait, "one waiting call / a bare echo, p50 us",
				`${p50} / ${bareP50} = ${ratioOf(pairs).toFixed(2)} (${least.toFixed(2)}-${bound(pairs, ratioOf).toFixed(2)})`,
				`${most.toFixed(2)}`, least <= most);
		}

		if (words.includes("--only=transport")) { // DECISIONS.md: would `shared` be faster so?
			const pairs = await measure({ kind: "transport", pairs: quick ? 5 : 15, block: 500, bytes: MESSAGE_BYTES });
			const [ours, theirs] = [0, 1].map((i) => median(pairs.flatMap((pair) => pair[i])));
			const ratioOf = (some) => median(some.flatMap(([a]) => a)) / median(some.flatMap(([, b]) => b));
			row(engineName, wait, "split duplex / a transport worker's echo, p50 us", `${(ours * 1000).toFixed(0)} / ${(theirs * 1000).toFixed(0)} = ${
				(ours / theirs).toFixed(2)} (${bound(pairs, ratioOf, 0.05).toFixed(2)}-${bound(pairs, ratioOf).toFixed(2)})`, "", true);
		}

		const steady = (...args) => page.evaluate((given) => window.steady(given), { wait, args });
		if (only("local")) {
			const { out } = await steady("local", "/small", "100000", quick ? "3" : "9");
			const local = Object.fromEntries(Object.keys(LOCAL_NS).map((name) => [name, []]));
			for (const [, name, ns] of out.matchAll(/^(\w+) (\S+)$/gm))
				local[name].push(Number(ns));
			for (const [name, ns] of Object.entries(local))
				row(engineName, wait, `${name}, ns above a constant`, median(ns).toFixed(0), String(LOCAL_NS[name]), median(ns) <= LOCAL_NS[name]);
		}

		if (only("rates")) {
			const rates = { reads: [], down: [], fetched: [], writes: [], up: [] }, waits = { reads: [], writes: [] };
			for (let round = -1; round < (quick ? 3 : 9); round++) {
				const took = {};
				for (const [what, ...more] of [["reads", "/big.bin"], ["writes", "/copy.bin", String(SIZE)]]) {
					const { out, stats } = await steady(what, ...more);
					took[what] = SIZE / 1000 / Number(out);
					waits[what].push(stats.roundTrips);
				}
				Object.assign(took, await measure({ kind: "rates", size: SIZE }));
				if (round >= 0)
					Object.entries(took).forEach(([name, mbS]) => rates[name].push(mbS));
			}
			const [reads, down, fetched, writes, up] = Object.values(rates).map(median);
			row(engineName, wait, "4 KiB reads / bare WebSocket, MB/s", `${reads.toFixed(0)} / ${down.toFixed(0)} = ${(reads / down).toFixed(2)}`, "0.80",
				reads >= 0.8 * down);
			row(engineName, wait, "the same / streaming fetch and copy", `${reads.toFixed(0)} / ${fetched.toFixed(0)} = ${(reads / fetched).toFixed(2)}`,
				"0.70", fetched <= down || reads >= 0.7 * fetched);
			row(engineName, wait, "4 KiB writes / bare WebSocket, MB/s", `${writes.toFixed(0)} / ${up.toFixed(0)} = ${(writes / up).toFixed(2)}`, "0.80",
				writes >= 0.8 * up);
			row(engineName, wait, "waits for 64 MiB read, and written", `${median(waits.reads)}, ${median(waits.writes)}`, "", true);
		}
	} catch (error) { // the other engines are measured all the same
		failed = 1;
		console.log(`${engineName} ${wait}: ${error.message}`);
	} finally {
		await engine.close();
	}
}

fs.writeFileSync(path.join(place, "calls.md"), `# What a call costs

| engine, way to wait | | measured | target | |
|---|---|---|---|---|
${rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}
`);
console.log(path.join(place, "calls.md"));
const file = path.join(place, "calls.json"); // ways that aren't measured this time stay as they were
const kept = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : {};
for (const [way, what, measured, target, verdict] of rows)
	kept[`${way}: ${what}`] = { what: `${way}: ${what}`, measured, target, met: verdict === "" };
fs.writeFileSync(file, JSON.stringify(kept, null, "\t"));
await gateway.stop();
process.exit(failed);
