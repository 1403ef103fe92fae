// How often each workload waits, against what it may: `node bench/waits.js [NAME-REGEX] [ENGINE] [WAIT] [COHERENCE]`. Also what was called. Each is a first
// start, unless $WVWASI_CACHE names a folder where starts are remembered.
import { runInBrowser } from "./browser.js";
import { workloads } from "./workloads.js";

const [, , wanted = ".", engine = "chromium", wait = "jspi", coherence = "default"] = process.argv;
const cache = process.env.WVWASI_CACHE ?? null;
for (const workload of workloads.filter(({ name }) => new RegExp(wanted).test(name))) {
	if (workload.warm)
		await runInBrowser(workload, { engine, wait, coherence, cache });
	const { ms, stats } = await runInBrowser(workload, { engine, wait, coherence, cache });
	const { roundTrips, messages, syscalls, bytesSent, bytesReceived } = stats;
	console.log(`${workload.name.padEnd(10)} ${roundTrips > workload.waits ? "OVER" : "ok  "} waits ${String(roundTrips).padStart(6)} of ${String(workload.waits).padStart(5)}`
		+ `  messages ${messages}  calls ${syscalls}  sent ${bytesSent}  received ${bytesReceived}  ${ms.toFixed(0)} ms`);
	if (process.env.WVWASI_CALLS)
		console.log(`           ${Object.entries(stats.byName).sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${count}`).join(", ")}`);
}
