// The peer: node's own WASI, in a process of its own. `node peer.js NAME` runs one workload and writes { ms } from _start to exit, the
// module compiled, to descriptor 3.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { restore } from "./browser.js";
import { place, workloads } from "./workloads.js";

const self = fileURLToPath(import.meta.url);

/** @returns {Promise<number>} ms; rejects if the program didn't do its work */
export async function runInNode(workload) {
	await restore(workload);
	const child = spawn(process.execPath, ["--no-warnings", self, workload.name], { stdio: ["pipe", "pipe", "inherit", "pipe"] });
	const heard = { 1: "", 3: "" };
	for (const fd of [1, 3])
		child.stdio[fd].setEncoding("utf8").on("data", (text) => (heard[fd] += text));
	child.stdin.on("error", () => {});
	child.stdin.end(workload.stdin === undefined ? "" : fs.readFileSync(path.join(place, workload.stdin)));
	await new Promise((resolve) => child.once("close", resolve));
	if (!workload.prints.test(heard[1]))
		throw new Error(`${workload.name} in node printed '${heard[1]}'`);
	return JSON.parse(heard[3]).ms;
}

if (process.argv[1] === self) {
	const { WASI } = await import("node:wasi");
	const { arg0, args, env = {}, dirs, program } = workloads.find(({ name }) => name === process.argv[2]);
	const preopens = Object.fromEntries(dirs.map((dir) => dir.split("::")).map(([host, guest]) => [guest, path.join(place, host)]));
	const wasi = new WASI({ version: "preview1", args: [arg0, ...args], env, preopens, returnOnExit: true });
	const module = await WebAssembly.compile(fs.readFileSync(path.join(place, program)));
	const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
	const began = performance.now();
	wasi.start(instance);
	fs.writeSync(3, JSON.stringify({ ms: performance.now() - began }));
}
