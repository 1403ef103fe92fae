// The network from a page beside relays from a WebSocket: one TCP stream down and up, divided by the same through the barest one (bench/relay.c) and through
// Debian's websockify, in turns; from connect() to the first byte beside a native client; memory for each of 500 idle connections. `node bench/network.js
// [--quick] [ENGINE-REGEX]`. Leaves network.json and network.md in build/bench.
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { startEngine } from "../tests/engines/index.js";
import { linkTo, startGateway } from "../tests/gateway/gateway.js";
import { freePort, listening } from "../tests/gateway/net-peers.js";
import { look } from "./process.js";
import { place } from "./workloads.js";

const words = process.argv.slice(2);
const quick = words.includes("--quick");
const wanted = new RegExp(words.find((word) => !word.startsWith("--")) ?? (quick ? "chromium" : "."));
const TURNS = quick ? 9 : 25, BYTES = 64 << 20, TIMES = quick ? 51 : 201, IDLE = 500;
const engines = ["chromium", "firefox", "webkit"].filter((name) => wanted.test(name));
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

const root = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-network-"));
fs.cpSync(fileURLToPath(new URL("page", import.meta.url)), root, { recursive: true });
const peers = spawn(path.join(place, "relay"), { stdio: ["ignore", "pipe", "inherit"] });
const websockify = await freePort();
let python = null;
process.on("exit", () => {
	peers.kill();
	python?.kill();
	fs.rmSync(root, { recursive: true, force: true });
});
const [server, relay] = String((await once(peers.stdout, "data"))[0]).split(" ").map(Number);
python = spawn("websockify", [`127.0.0.1:${websockify}`, `127.0.0.1:${server}`], { stdio: "ignore" });
await listening(websockify, python);
const ports = { server, relay, websockify }, WAYS = ["socket", "relay", "websockify"];
/* Every order, so that each way comes after each other equally often: what one leaves behind costs the next. */
const ORDERS = WAYS.flatMap((first) => WAYS.filter((way) => way !== first)
	.map((second) => [first, second, WAYS.find((way) => way !== first && way !== second)]));
const SETTLE_MS = 50;

/** From connect() to the first byte, of Node's own sockets. */
async function firstNatively() {
	const times = [];
	for (let i = 0; i < TIMES; i++) {
		const began = performance.now();
		const socket = net.connect(server, "127.0.0.1").setNoDelay();
		socket.write("G\n");
		await once(socket, "data");
		times.push(performance.now() - began);
		socket.destroy();
	}
	return median(times);
}

const rows = {};
function row(what, measured, target, met) {
	rows[what] = { what, measured, target, met };
	console.log(`${what.padEnd(60)} ${measured.padStart(34)}   ${target}`);
}

for (const name of engines) {
	const gateway = await startGateway(["--root", root, "--net", `tcp:127.0.0.1:${server}`]);
	const engine = await startEngine(name);
	const page = await engine.open(linkTo(gateway.ready.link, "/network.html"));
	await page.waitFor(() => window.ready);
	for (const direction of ["down", "up"]) {
		const speeds = Object.fromEntries(WAYS.map((way) => [way, []])), ratios = { relay: [], websockify: [] };
		for (let turn = -1; turn < TURNS; turn++) { // the first one is warmth
			const ms = {};
			for (const way of ORDERS[(turn + 1) % ORDERS.length]) {
				ms[way] = await page.evaluate((task) => window.stream(task), { ports, way, direction, bytes: BYTES });
				await new Promise((resolve) => setTimeout(resolve, SETTLE_MS)); // a relay's process ends
			}
			if (turn < 0)
				continue;
			for (const way of WAYS) {
				speeds[way].push(BYTES / ms[way] / 1000);
				ratios[way]?.push(ms[way] / ms.socket);
			}
		}
		for (const way of WAYS.slice(1))
			row(`${name}: a TCP stream ${direction} ÷ through ${way === "relay" ? "a bare relay" : way}`,
				`${median(ratios[way]).toFixed(2)} (${median(speeds.socket).toFixed(0)} and ${median(speeds[way]).toFixed(0)} MB/s)`,
				">= 1.0", median(ratios[way]) >= 1);
	}
	const native = await firstNatively();
	const { first, wait } = await page.evaluate((task) => window.first(task), { ports, times: TIMES });
	row(`${name}: from connect() to the first byte`, `${first.toFixed(2)} ms, natively ${native.toFixed(2)}`,
		`<= ${(native + wait).toFixed(2)} ms: one wait more`, first <= native + wait);
	const processes = [gateway.ready.pid, ...fs.readFileSync(`/proc/${gateway.pid}/task/${gateway.pid}/children`, "utf8").trim().split(" ").map(Number)];
	const memory = () => [...new Set(processes)].reduce((sum, pid) => sum + look(pid).kib, 0);
	const before = memory();
	await page.evaluate((task) => window.idle(task), { ports, count: IDLE });
	row(`${name}: memory for each of ${IDLE} idle connections`, `${((memory() - before) / IDLE).toFixed(1)} KiB`, "", true);
	await engine.close();
	await gateway.stop();
}

fs.mkdirSync(place, { recursive: true });
fs.writeFileSync(path.join(place, "network.json"), JSON.stringify(rows, null, "\t"));
fs.writeFileSync(path.join(place, "network.md"), `# The network from a page

Medians of ${TURNS} turns of ${BYTES >> 20} MiB by each way, and of ${TIMES} connections. Memory is the gateway's and the dialer's.

| | measured | target | |
|---|---:|---:|---|
${Object.values(rows).map(({ what, measured, target, met }) => `| ${what} | ${measured} | ${target} | ${target === "" ? "" : met ? "ok" : "missed"} |`).join("\n")}
`);
console.log(path.join(place, "network.md"));
process.exit(0);
