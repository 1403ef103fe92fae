// The page of bench/starts.js: runs the gateway's program as an app's page would, by its URL.
import { spawn } from "/_wvwasi/wvwasi.js";

const PROGRAM = "/_wvwasi/program.wasm";
let kept = null;

/** keep: the app keeps the Module itself. Gives ms from spawn() to _start, and to the result. */
window.run = async ({ keep = false, ...options }) => {
	if (keep)
		kept ??= await WebAssembly.compileStreaming(fetch(PROGRAM));
	const began = performance.now();
	const child = await spawn(keep ? kept : PROGRAM, { ...options, stdout: "capture", stderr: "capture" });
	const startMs = performance.now() - began;
	const { exitCode, stdout, stderr } = await child.exited;
	const decoder = new TextDecoder();
	return { startMs, wholeMs: performance.now() - began, exitCode, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
};

/** What downloading and compiling it costs a page without us: ms. */
window.bare = async () => {
	const began = performance.now();
	await WebAssembly.compileStreaming(fetch(PROGRAM));
	return performance.now() - began;
};
