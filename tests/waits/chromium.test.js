// How often real programs wait for an answer: the one number that decides how fast they are. A change that adds a wait to a common path
// fails here.
import assert from "node:assert/strict";
import { test } from "node:test";

import { runInBrowser } from "../../bench/browser.js";
import { isReady, prepare } from "../../bench/place.js";
import { workloads } from "../../bench/workloads.js";

/* What was read ahead serves for 10 ms, so a machine that is busy with something else makes a program wait again: the best run counts. */
const RUNS = 4;

prepare();
for (const workload of workloads)
	test(`${workload.name} (${workload.about}) waits ${workload.waits} times at most`, {
		timeout: 300_000,
		skip: isReady(workload) ? false : "its program isn't here: make bench-programs",
	}, async () => {
		if (workload.warm)
			await runInBrowser(workload, { wait: "jspi" });
		const waits = [];
		let stats;
		for (let run = 0; run < RUNS && !(Math.min(...waits) <= workload.waits); run++) {
			({ stats } = await runInBrowser(workload, { wait: "jspi" }));
			waits.push(stats.roundTrips);
		}
		assert.ok(waits.at(-1) <= workload.waits, `waited ${waits.join(", ")} times: ${JSON.stringify(stats.byName)}`);
		assert.ok(stats.messages <= stats.roundTrips + (stats.bytesSent + stats.bytesReceived) / 32_768 + 100, `${stats.messages} messages`);
	});
