// The page of bench/calls.js: a worker of its own measures; the page hands it tickets and stays idle.
import { getTicket, spawn } from "/_wvwasi/wvwasi.js";

window.measure = (task) => new Promise((resolve, reject) => {
	const worker = new Worker("/calls-worker.js", { type: "module" });
	worker.onmessage = async ({ data }) => {
		if (data.wants)
			return worker.postMessage({ ticket: await getTicket() });
		worker.terminate();
		return data.error ? reject(new Error(data.error)) : resolve(data.result);
	};
	worker.onerror = (event) => reject(new Error(event.message));
	worker.postMessage(task);
});

/** Runs guest/steady.c as programs are run: { out: what it printed, stats } */
window.steady = async ({ wait, args }) => {
	const child = await spawn("/steady.wasm", { wait, args: ["steady", ...args], preopens: { "/": "/" }, stdin: "", stdout: "capture", stderr: "capture",
		imports: "/constant.js" });
	const { exitCode, stats, stdout, stderr } = await child.exited;
	const text = (bytes) => new TextDecoder().decode(bytes);
	if (exitCode !== 0)
		throw new Error(`steady ${args.join(" ")} ended with ${exitCode}: ${text(stderr)}`);
	return { out: text(stdout), stats };
};
