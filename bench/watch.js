// What watching costs a program that only makes calls: `node bench/watch.js GATEWAY GATEWAY-WITHOUT-TAP [--quick]` (make bench-watch). One call a wait,
// from a native client, whose wait is a quarter of a browser's: the harshest case. Rounds are interleaved; medians of rounds. Beside the
// clock, what the gateway's process computed a call, which others on the machine disturb less.
import fs from "node:fs";
import { once } from "node:events";
import { Worker } from "node:worker_threads";

import { ROOT_ONLY } from "../tests/gateway/call-fixture.js";
import { Session } from "../tests/gateway/client.js";
import { gatewayPid } from "../tests/gateway/processes.js";
import { debugLink } from "../tests/gateway/debugger.js";
import { startGateway, top } from "../tests/gateway/gateway.js";

const [gatewayPath, withoutTap] = process.argv.slice(2);
const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 9 : 25, CALLS = quick ? 1500 : 4000;

async function fixture(binary) {
	const gateway = await startGateway(["--root", top, "--no-root-dir", "--dir", "/tmp::/"], { executable: binary });
	return { gateway, session: await Session.enter(gateway) };
}

/** ns that the gateway's threads were on a processor. */
function computed(gateway) {
	const tasks = `/proc/${gatewayPid(gateway.pid)}/task`;
	return fs.readdirSync(tasks).reduce((sum, task) => sum + Number(fs.readFileSync(`${tasks}/${task}/schedstat`, "utf8").split(" ")[0]), 0);
}

/** Microseconds a call: { us, own }. */
async function round({ gateway, session }) {
	const program = await session.connect(ROOT_ONLY);
	const before = computed(gateway);
	const started = process.hrtime.bigint();
	for (let i = 0; i < CALLS; i++)
		await program.call("path_filestat_get", [3, 0, "."]);
	const us = Number(process.hrtime.bigint() - started) / 1000 / CALLS;
	const own = (computed(gateway) - before) / 1000 / CALLS;
	await program.close();
	return { us, own };
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const fixtures = { bare: await fixture(withoutTap), own: await fixture(gatewayPath) };
const results = { "tap compiled out": [], "nobody watches": [], "a native debugger watches": [] };
await round(fixtures.bare);
await round(fixtures.own);
for (let i = 0; i < ROUNDS; i++) {
	results["tap compiled out"].push(await round(fixtures.bare));
	results["nobody watches"].push(await round(fixtures.own));
	const child = await watcher(fixtures.own.gateway);
	results["a native debugger watches"].push(await round(fixtures.own));
	await child();
}
const base = results["nobody watches"];
for (const [name, list] of Object.entries(results))
	console.log(`${name}: ${median(list.map(({ us }) => us)).toFixed(1)} us a call (${median(list.map(({ us }, i) => us / base[i].us)).toFixed(3)} of nobody watching), `
		+ `${median(list.map(({ own }) => own)).toFixed(1)} us of it computed by the gateway (${median(list.map(({ own }, i) => own / base[i].own)).toFixed(3)})`);
for (const { gateway } of Object.values(fixtures))
	await gateway.stop();

/** A debugger that reads everything; in a thread of its own, as another browser would be. */
async function watcher(gateway) {
	const child = new Worker(new URL("./watcher.js", import.meta.url), { workerData: await debugLink(gateway) });
	await once(child, "message");
	return () => child.terminate();
}
