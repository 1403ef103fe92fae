// The page of bench/overhead.js: runs the gateway's program for real, or with the answers of a run before (replay.js); and the bare WebSocket,
// in a worker.
import { spawn } from "/_wvwasi/shim/wvwasi.js"; // modules, as replay.js changes what they export

const HOW = { run: undefined, record: "/replay.js?how=record", replay: "/replay.js?how=replay" };
const channel = new BroadcastChannel("replay");
let tape = null, missed = null, told;
/* All runs share one module, and the code that the engine made of it: else a run would be charged with compiling what the next one finds. */
const compiled = WebAssembly.compileStreaming(fetch("/_wvwasi/program.wasm"));
channel.onmessage = ({ data }) => {
	if (data.wants)
		return channel.postMessage({ tape });
	tape = data.tape ?? tape;
	missed = data.missed ?? missed;
	return told();
};

/** { ms: from _start to exit, exitCode, stats, missed: names of calls that no answer was recorded for, stdout, stderr } */
async function run({ wait, args, preopens, stdin, how, url, coherence = "default" }) {
	let started;
	missed = null;
	const said = how === "run" ? null : new Promise((resolve) => (told = resolve));
	const child = await spawn(url ?? await compiled, {
		args, wait, coherence, preopens, stdin, stdout: "capture", stderr: "capture", imports: HOW[how],
		onProgress: ({ phase }) => {
			if (phase === "run")
				started ??= performance.now();
		},
	});
	const { exitCode, stats, stdout, stderr } = await child.exited;
	const ms = performance.now() - started;
	await said;
	const decoder = new TextDecoder();
	return { ms, exitCode, stats, missed, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

function bare(task) {
	const worker = new Worker("/bare-worker.js", { type: "module" });
	return new Promise((resolve, reject) => {
		worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.result));
		worker.onerror = (event) => reject(new Error(event.message));
		worker.postMessage(task);
	}).finally(() => worker.terminate());
}

window.measure = (task) => (task.kind === "bare" ? bare(task) : run(task)).catch((error) => {
	throw new Error(`${error.message}${missed?.length ? `; no answers to ${missed.join(" ")}` : ""}`); // a trap's class may not be what a driver expects
});
