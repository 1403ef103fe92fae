// One run of a workload in a browser, by tests/run-wasm, which keeps the engine between runs.
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { place, workloads } from "./workloads.js";

const command = fileURLToPath(new URL("../tests/run-wasm", import.meta.url));
const RUN_MS = 300_000;
let runs = 0;

/**
 * @param {import("./workloads.js").Workload} workload its state is restored first
 * @param {{ engine?: string, wait?: string, coherence?: string, cache?: string }} way cache: the folder where the gateway keeps what it remembers of starts;
 *        without, each start is a first one
 * @returns {Promise<{ ms: number, wait: string, stats: object }>} ms: from _start to exit, the module compiled; stats: run-wasm's.
 *          Rejects if the program didn't do its work.
 */
export async function runInBrowser(workload, { engine = "chromium", wait = "auto", coherence = "default", cache = null } = {}) {
	const file = path.join(os.tmpdir(), `wvwasi-bench-${process.pid}-${runs++}.json`);
	const own = cache ?? fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-bench-cache-"));
	await restore(workload);
	try {
		const { code, stdout, stderr } = await execute([
			"--engine", engine, "--wait", wait, "--coherence", coherence, "--stats", file, "--arg0", workload.arg0,
			...workload.dirs.flatMap((dir) => ["--dir", path.join(place, dir)]),
			...Object.entries(workload.env ?? {}).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
			path.join(place, workload.program), ...workload.args,
		], workload, own);
		if (code !== 0 || !workload.prints.test(stdout))
			throw new Error(`${workload.name} in ${engine} ended with ${code}: ${stderr || stdout}`);
		const { stats, wait: used, runMs } = JSON.parse(fs.readFileSync(file, "utf8"));
		return { ms: runMs, wait: used, stats };
	} finally {
		fs.rmSync(file, { force: true });
		if (cache === null)
			fs.rmSync(own, { recursive: true, force: true });
	}
}

/** Puts the files into the state that every run of the workload begins with. */
export async function restore({ before, needs }) {
	before?.();
	if (needs !== undefined && !fs.existsSync(path.join(place, "w/x.db")))
		await runInBrowser(workloads.find(({ name }) => name === needs));
}

function execute(args, { stdin, timeoutMs = RUN_MS }, cache) {
	return new Promise((resolve) => {
		const child = execFile(command, args, { timeout: timeoutMs, maxBuffer: 16 << 20, env: { ...process.env, XDG_CACHE_HOME: cache } },
			(error, stdout, stderr) =>
			resolve({ code: error ? error.code ?? error.signal : 0, stdout, stderr }));
		child.stdin.on("error", () => {}); // a program needn't read it
		child.stdin.end(stdin === undefined ? "" : fs.readFileSync(path.join(place, stdin)));
	});
}
