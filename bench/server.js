// What the gateway itself costs, beside a bare WebSocket echo of the same library: CPU per call, calls in a batch, start, memory, guests.
// A raw client in Node measures; browsers are bench/run.js. `node bench/server.js`, with $WVWASI_GW and $WVWASI_BENCH/echo.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import WebSocket from "ws";

import { FRAME, Session, call, handle, open } from "../tests/gateway/client.js";
import { binary, startGateway } from "../tests/gateway/gateway.js";
import * as codec from "../static/shim/base/codec.js";
import { look, serving } from "./process.js";
import { place } from "./workloads.js";

const ROUNDS = 9; // odd; pairs, interleaved
const CALLS = 2000; // of a round
const BATCHES = 60; // of a round
const GUESTS = 1000;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-bench-"));
fs.writeFileSync(path.join(folder, "f"), Buffer.alloc(1 << 20, "x"));
const rows = [];
const row = (what, measured, target, met) => {
	rows.push([what, measured, target, met ? "" : "over"]);
	console.log(`${what.padEnd(64)} ${measured.padStart(22)}   ${target}`);
};

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

async function exchange(socket, bytes, times) {
	for (let i = 0; i < times; i++)
		await new Promise((resolve) => {
			socket.once("message", resolve);
			socket.send(bytes);
		});
}

/** Runs `calls` one after the other, each in a batch of its own, without decoding what comes: the client's cost is the echo client's. */
async function callOneByOne(wire, name, args, times) {
	for (let i = 0; i < times; i++) {
		wire.send(batchOf(wire, [call(name, args)]));
		await wire.next(FRAME.ANSWER);
	}
}

function batchOf(wire, calls) {
	const writer = new codec.BatchWriter();
	const rowsByName = new Map(ROWS.map((its) => [its.name, its]));
	for (const { name, args, flags } of calls)
		writer.encode(rowsByName.get(name), args, flags);
	return writer.seal(++wire.sequence, wire.seen, codec.BATCH.WAIT);
}
const { SYSCALLS: ROWS } = await import("../static/shim/base/syscalls.js");

// ---- start and memory ----

const starts = [];
for (let i = 0; i < ROUNDS; i++) {
	const before = performance.now();
	const one = await startGateway(["--root", folder, "--dir", `${folder}::/`]);
	starts.push(performance.now() - before);
	await one.stop();
}
row("ready after being started (with node's spawn)", `${median(starts).toFixed(1)} ms`, "20 ms", median(starts) <= 20);

const gateway = await startGateway(["--root", folder, "--dir", `${folder}::/`, "--max-connections", String(GUESTS + 64)]);
const server = serving(gateway.pid);
const idle = [look(gateway.pid).kib, server === gateway.pid ? 0 : look(server).kib];
row("resident when idle: keeper + server", `${idle.join(" + ")} KiB`, "10240 KiB", idle[0] + idle[1] < 10240);

// ---- CPU per call ----

const session = await Session.enter(gateway);
const wire = await session.connect();
const echo = spawn(path.join(place, "echo"), { stdio: ["ignore", "pipe", "inherit"] });
process.on("exit", () => echo.kill("SIGKILL"));
const port = Number(String(await new Promise((resolve) => echo.stdout.once("data", resolve))));
const bare = new WebSocket(`ws://127.0.0.1:${port}/`, "echo", { perMessageDeflate: false });
await new Promise((resolve) => bare.once("open", resolve));

const file = handle(20);
const opened = batchOf(wire, [open("f", file)]);
wire.send(opened);
await wire.next(FRAME.ANSWER);
const message = batchOf(wire, [call("fd_pread", [file, 0n, 64])]);
wire.send(message);
await wire.next(FRAME.ANSWER);

const perEcho = [], perCall = [], perBatched = [];
for (let round = 0; round < ROUNDS; round++) {
	const [echoBefore, serverBefore] = [look(echo.pid), look(server)];
	await exchange(bare, message, CALLS);
	const echoAfter = look(echo.pid);
	await callOneByOne(wire, "fd_pread", [file, 0n, 64], CALLS);
	const serverAfter = look(server);
	perEcho.push((echoAfter.cpuUs - echoBefore.cpuUs) / CALLS);
	perCall.push((serverAfter.cpuUs - serverBefore.cpuUs) / CALLS);
	const preads = Array.from({ length: 512 }, (_, i) => call("fd_pread", [file, BigInt(i * 48), 48]));
	const before = look(server);
	for (let i = 0; i < BATCHES; i++) {
		wire.send(batchOf(wire, preads));
		await wire.next(FRAME.ANSWER);
	}
	perBatched.push((look(server).cpuUs - before.cpuUs) / BATCHES / 512);
}
const ratio = median(perCall.map((value, i) => value / perEcho[i]));
row("server CPU of one 64-byte pread in a message / of a bare echo", `${median(perCall).toFixed(1)} / ${median(perEcho).toFixed(1)} us = ${ratio.toFixed(2)}`,
	"1.30", ratio <= 1.3);
row("server CPU of a 48-byte pread in a batch of 512, sandbox on", `${median(perBatched).toFixed(2)} us`, "0.8 us", median(perBatched) <= 0.8);

// ---- guests ----

const kibBefore = look(server).kib;
const guests = [];
for (let i = 0; i < GUESTS; i++)
	guests.push(await session.connect());
const MOVED = 16 << 10;
const firstTimes = await Promise.all(guests.map(async (guest) => {
	guest.send(batchOf(guest, [open("f", file)]));
	await guest.next(FRAME.ANSWER);
	const began = performance.now();
	for (let at = 0; at < 1 << 20; at += MOVED) {
		guest.send(batchOf(guest, [call("fd_pread", [file, BigInt(at), MOVED])]));
		await guest.next(FRAME.ANSWER);
	}
	return performance.now() - began;
}));
const each = (look(server).kib - kibBefore) / GUESTS;
row(`KiB for each of ${GUESTS} guests that moved 1 MiB`, each.toFixed(1), "64", each < 64);
firstTimes.sort((a, b) => a - b);
const slowest = firstTimes.at(-1) / firstTimes[GUESTS >> 1];
row(`${GUESTS} guests at once, 64 reads each: slowest / median`, slowest.toFixed(2), "3", slowest <= 3);

fs.writeFileSync(path.join(place, "server.md"), `# What the gateway costs (${path.basename(binary)})\n\n| | measured | target | |\n|---|---|---|---|\n${
	rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`);
fs.writeFileSync(path.join(place, "server.json"),
	JSON.stringify(rows.map(([what, measured, target, verdict]) => ({ what, measured, target, met: verdict === "" })), null, "\t"));
await gateway.stop();
fs.rmSync(folder, { recursive: true });
process.exit(0);
