// The page of bench/bound.js: the gateway's program in a worker, with nothing of ours in the page.
async function heard(worker, is) {
	const data = await new Promise((resolve, reject) => {
		worker.onmessage = (event) => resolve(event.data);
		worker.onerror = (event) => reject(new Error(event.message));
	});
	if (data.is !== is)
		throw new Error(`the worker said ${data.is}`);
	return data;
}

/** { ms: from _start to exit, code, stdout, stderr }. given: args, env, stdin, index */
window.run = async (given) => {
	const bytes = new Uint8Array(await (await fetch("/files.bin")).arrayBuffer());
	const module = await WebAssembly.compileStreaming(fetch("/_wvwasi/program.wasm"));
	const worker = new Worker("/bound-worker.js", { type: "module" });
	worker.postMessage({ module, ...given, bytes }, [bytes.buffer]);
	await heard(worker, "running");
	const began = performance.now();
	const { code, stdout, stderr } = await heard(worker, "exit");
	const ms = performance.now() - began;
	worker.terminate();
	return { ms, code, stdout, stderr };
};
