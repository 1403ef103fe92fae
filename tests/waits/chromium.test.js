// How often real programs wait for an answer: the one number that decides how fast they are. A change that adds a wait to a common path
// fails here.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

import { runInBrowser } from "../../bench/browser.js";
import { isReady, prepare } from "../../bench/place.js";
import { workloads } from "../../bench/workloads.js";

/* What was read ahead serves for 10 ms, so a machine that is busy with something else makes a program wait again: the best run counts. */
const RUNS = 4;

/* What is read, and a third and a MiB for what is guessed wrongly. */
const mostBytes = ({ readMB }) => 1.3 * readMB * 1e6 + (1 << 20);

prepare();
for (const workload of workloads)
	test(`${workload.name} (${workload.about}) waits ${workload.waits} times at most`, {
		timeout: 300_000,
		skip: isReady(workload) ? false : "its program isn't here: make bench-programs",
	}, async () => {
		if (workload.warm)
			await runInBrowser(workload, { wait: "jspi" });
		const waits = [];
		let stats, ms;
		for (let run = 0; run < RUNS && !(Math.min(...waits) <= workload.waits); run++) {
			({ stats, ms } = await runInBrowser(workload, { wait: "jspi" }));
			waits.push(stats.roundTrips);
		}
		assert.ok(waits.at(-1) <= workload.waits, `waited ${waits.join(", ")} times: ${JSON.stringify(stats.byName)}`);
		const { messages, roundTrips, bytesSent, bytesReceived } = stats;
		/* What is gathered leaves once a millisecond (writebehind.js's SEND_MS), or when it is 32 KiB. */
		assert.ok(messages <= roundTrips + (bytesSent + bytesReceived) / 32_768 + ms, `${messages} messages in ${ms} ms beside ${roundTrips} waits`);
		assert.ok(bytesReceived <= mostBytes(workload), `${bytesReceived} bytes came for ${workload.readMB} MB that were read`);
	});

for (const workload of workloads.filter(({ second }) => second !== undefined))
	test(`${workload.name}'s second start waits ${workload.second} times at most`, {
		timeout: 300_000,
		skip: isReady(workload) ? false : "its program isn't here: make bench-programs",
	}, async () => {
		const cache = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-waits-"));
		const waits = [];
		let bytesReceived;
		if (workload.warm)
			await runInBrowser(workload, { wait: "jspi" }); // of which no hints are kept
		await runInBrowser(workload, { wait: "jspi", cache });
		for (let run = 0; run < RUNS && !(Math.min(...waits) <= workload.second); run++) {
			const { stats } = await runInBrowser(workload, { wait: "jspi", cache });
			waits.push(stats.roundTrips);
			({ bytesReceived } = stats);
		}
		fs.rmSync(cache, { recursive: true });
		assert.ok(waits.at(-1) <= workload.second, `waited ${waits.join(", ")} times`);
		assert.ok(bytesReceived <= mostBytes(workload), `${bytesReceived} bytes came for ${workload.readMB} MB that were read`);
	});
