// Runs a program with its files in memory (memory.js): says when it begins and how it ended. What it is told before its module comes is ready by then.
import { memoryWasi } from "./memory.js";

let wasi = null;

onmessage = async ({ data: { module, ...given } }) => {
	wasi ??= memoryWasi(given);
	if (module === undefined)
		return postMessage({ is: "ready" });
	const imports = Object.fromEntries(WebAssembly.Module.imports(module).map((each) => [each.module, wasi.imports]));
	const { exports } = await WebAssembly.instantiate(module, imports);
	wasi.bind(exports.memory);
	postMessage({ is: "running" });
	let code = 0;
	try {
		exports._start();
	} catch (error) {
		if (error.code === undefined)
			wasi.output[2] += error.stack;
		code = error.code ?? 134;
	}
	postMessage({ is: "exit", code, stdout: wasi.output[1], stderr: wasi.output[2] });
};
