// Published programs do the same work beside a debugger: their exit codes, what they print. Those beside CPython come with `make bench-programs`.
import { runInBrowser } from "../../bench/browser.js";
import { isReady, prepare } from "../../bench/place.js";
import { workloads } from "../../bench/workloads.js";
import { waysOf } from "../engines/index.js";
import { test } from "../testing.js";

const all = process.env.WVWASI_TEST === "all";

prepare();
for (const wait of all ? waysOf.chromium : ["jspi"])
	for (const kind of all ? ["watch", "data", "control", "random"] : ["random"])
		for (const workload of workloads)
			test(`${workload.name} (${workload.about}) beside a debugger (${kind}), ${wait}`, {
				timeout: 300_000,
				skip: isReady(workload) ? false : "its program isn't here: make bench-programs",
			}, async () => {
				process.env.WVWASI_TEST_DEBUGGER = kind; // of the run's own gateway
				await runInBrowser(workload, { wait });
			});
