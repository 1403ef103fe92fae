// What watching costs a program in a page that only makes calls: `node bench/watch-page.js` (make bench-watch), with $WVWASI_GW and
// $WVWASI_BENCH/echo, calls.wasm. Each round is against a bare WebSocket's echoes in the same worker, with and without a watcher in turn.
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

import { startEngine } from "../tests/engines/index.js";
import { debugLink } from "../tests/gateway/debugger.js";
import { linkTo, startGateway } from "../tests/gateway/gateway.js";
import { place } from "./workloads.js";

const ROUNDS = process.argv.includes("--quick") ? 5 : 15;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-watch-"));
const root = path.join(folder, "root"), files = path.join(folder, "w");
fs.cpSync(fileURLToPath(new URL("./page", import.meta.url)), root, { recursive: true });
fs.mkdirSync(files);
fs.copyFileSync(path.join(place, "calls.wasm"), path.join(root, "calls.wasm"));
fs.writeFileSync(path.join(files, "small"), Buffer.alloc(4096, "x"));
const echo = spawn(path.join(place, "echo"), { stdio: ["ignore", "pipe", "inherit"] });
process.on("exit", () => {
	echo.kill("SIGKILL");
	fs.rmSync(folder, { recursive: true, force: true });
});
const port = Number(String(await new Promise((resolve) => echo.stdout.once("data", resolve))));
const gateway = await startGateway(["--root", root, "--no-root-dir", "--dir", `${files}::/`]);
const engine = await startEngine("chromium");

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

for (const wait of ["jspi", "shared"]) {
	const page = await engine.open(linkTo(await gateway.link(), "/calls.html"));
	await page.waitFor(() => window.measure !== undefined);
	const round = async () => {
		const pairs = await page.evaluate((task) => window.measure(task), { wait, port, kind: "waits", pairs: 2, block: 500, bytes: 64 });
		const [us, bare] = [0, 1].map((which) => median(pairs.flatMap((pair) => pair[which])) * 1000);
		return { us, overEcho: us / bare };
	};
	const alone = [], watched = [];
	await round();
	for (let i = 0; i < ROUNDS; i++) {
		alone.push(await round());
		const watcher = new Worker(new URL("./watcher.js", import.meta.url), { workerData: await debugLink(gateway) });
		await once(watcher, "message");
		watched.push(await round());
		await watcher.terminate();
	}
	const of = (list, what) => median(list.map((each) => each[what]));
	console.log(`chromium ${wait}: ${of(alone, "us").toFixed(0)} us a call, ${of(watched, "us").toFixed(0)} watched (${
		median(watched.map(({ us }, i) => us / alone[i].us)).toFixed(3)}); over a bare echo ${of(alone, "overEcho").toFixed(3)}, ${
		of(watched, "overEcho").toFixed(3)} watched (${median(watched.map(({ overEcho }, i) => overEcho / alone[i].overEcho)).toFixed(3)})`);
}
await engine.close();
await gateway.stop();
process.exit(0);
