// The page of bench/starts.js: runs the gateway's program as an app's page would, by its URL.
import { prepare, spawn } from "/_wvwasi/wvwasi.js";

const PROGRAM = "/_wvwasi/program.wasm";
const REST_MS = 1000;
let kept = null;

/** keep: the app keeps the Module itself; rests: the page does nothing for a second before. Gives ms from spawn() to _start, and to the result, and
 * where page/parts.js is in the page, when each part of the start was over. */
window.run = async ({ keep = false, rests = false, ...options }) => {
	if (rests)
		await new Promise((resolve) => setTimeout(resolve, REST_MS));
	if (keep)
		kept ??= await WebAssembly.compileStreaming(fetch(PROGRAM));
	const began = performance.now();
	window.parts?.begin();
	const child = await spawn(keep ? kept : PROGRAM, { ...options, stdout: "capture", stderr: "capture" });
	const startMs = performance.now() - began;
	const { exitCode, stdout, stderr } = await child.exited;
	const decoder = new TextDecoder();
	const wholeMs = performance.now() - began;
	return { parts: window.parts?.list(), startMs, wholeMs, exitCode, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
};

/** The program is compiled, workers stand ready, and the page has rested. */
window.ready = async () => {
	await prepare(PROGRAM);
	await new Promise((resolve) => setTimeout(resolve, 2 * REST_MS));
};

/* The program in a worker of its own, its files in memory: ms from now to _start. */
async function runBare(worker, module) {
	const began = performance.now();
	worker.postMessage({ module });
	await said(worker, "running");
	const ms = performance.now() - began;
	const { code, stderr } = await said(worker, "exit");
	worker.terminate();
	if (code !== 0)
		throw new Error(`it ended with ${code} ${stderr}`);
	return ms;
}

async function said(worker, is) {
	const data = await new Promise((resolve, reject) => {
		worker.onmessage = (event) => resolve(event.data);
		worker.onerror = (event) => reject(new Error(event.message));
	});
	if (data.is !== is)
		throw new Error(`the worker said ${data.is}`);
	return data;
}

async function bareWorker(given, bytes) {
	const worker = new Worker("/bound-worker.js", { type: "module" });
	worker.postMessage({ ...given, bytes }); // a copy
	await said(worker, "ready");
	return worker;
}

/**
 * A page without us. given: args, env, stdin, index of files.bin. ms: compiled: download and compilation; first: the same, and on to _start in a worker;
 * third: to _start of the third run, one after the other; rested: of a fourth, a second later. The workers stand ready with their files.
 */
window.bare = async (given) => {
	const bytes = new Uint8Array(await (await fetch("/files.bin")).arrayBuffer());
	const workers = [];
	while (workers.length < 4)
		workers.push(await bareWorker(given, bytes));
	const began = performance.now();
	const module = await WebAssembly.compileStreaming(fetch(PROGRAM));
	const compiled = performance.now() - began;
	const runs = [];
	for (const worker of workers) {
		if (runs.length === 3)
			await new Promise((resolve) => setTimeout(resolve, REST_MS));
		runs.push(await runBare(worker, module));
	}
	return { compiled, first: compiled + runs[0], third: runs[2], rested: runs[3] };
};
