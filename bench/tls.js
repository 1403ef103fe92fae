// make bench-tls: what other machines' door costs against loopback's, in one run on one machine, by turns: a large file by curl, small calls and
// large writes over a WebSocket of Node's. Prints a table; the middle of the rounds counts.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { RIGHTS, call, handle, open } from "../tests/gateway/client.js";
import { openLan } from "../tests/gateway/lan-fixture.js";

const FILE_MIB = 256, ROUNDS = 5, CALLS = 2000, WRITES = 64;
const middle = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

const fixture = await openLan((root) => fs.writeFileSync(path.join(root, "file"), Buffer.alloc(FILE_MIB << 20, "bytes ")));
const { lan } = fixture, remote = await lan.enter(), local = await fixture.enter();
const ca = path.join(lan.certs, "authority.pem");

/** Bytes a second, as curl counts them. */
const download = (origin, ...more) =>
	Number(execFileSync("curl", ["-sS", "-o", "/dev/null", "-w", "%{speed_download}", ...more, `${origin}/file`], { encoding: "utf8" })) / (1 << 20);

async function calls(session) {
	const wire = await session.connect(), times = [];
	await wire.calls(open("file", handle(8), { dir: 4, oflags: 1, rights: RIGHTS.both }));
	for (let i = 0; i < CALLS; i++) {
		const began = performance.now();
		await wire.calls(call("fd_filestat_get", [handle(8)]));
		times.push((performance.now() - began) * 1000);
	}
	const bytes = Buffer.alloc(1 << 20), began = performance.now();
	for (let i = 0; i < WRITES; i += 4)
		await Promise.all([0, 1, 2, 3].map((k) => wire.calls(call("fd_pwrite", [handle(8), BigInt(i + k << 20), bytes]))));
	const written = WRITES / ((performance.now() - began) / 1000);
	wire.socket.terminate();
	return { call: middle(times), written };
}

const rows = { plain: [], tls: [] };
for (let round = 0; round < ROUNDS; round++) {
	rows.plain.push({ download: download(fixture.origin), ...await calls(local) });
	rows.tls.push({ download: download(lan.origin, "--cacert", ca, "-H", `Cookie: ${remote.cookie}`), ...await calls(remote) });
}
const of = (door, what) => middle(rows[door].map((row) => row[what]));
console.log("| | plain, loopback | TLS | |\n|---|---|---|---|");
for (const [what, words, unit, digits] of [["download", `a file of ${FILE_MIB} MiB, by curl`, "MiB/s", 0],
		["written", `${WRITES} MiB written in batches of 1 MiB`, "MiB/s", 0],
	["call", "one small call, there and back", "µs", 0]])
	console.log(`| ${words} | ${of("plain", what).toFixed(digits)} ${unit} | ${of("tls", what).toFixed(digits)} ${unit} | ${(of("tls", what) / of("plain", what)).toFixed(2)}× |`);
await fixture.close();
