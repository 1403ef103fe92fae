// The same random walk (walk.c) on our host and on node:wasi; what each said of each call.
import { execFile, execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { binary, top } from "../gateway/gateway.js";

const run = promisify(execFile);
const build = path.dirname(binary);
const program = path.join(build, "guests/walk.wasm");
/** Walks over whole trees: trees.c. */
export const treesGuest = path.join(build, "guests/trees.wasm");
const many = { maxBuffer: 1 << 28 };

/** "12.3 open 'a' … = 0 7" -> seed 12, step 3, its call, errno and what it gave. A step whose names have newlines is several lines. */
function read(text) {
	const steps = new Map();
	for (const [, seed, step, call, errno, gave] of text.matchAll(/^(\d+)\.(\d+) ([^]*?) = (\d+) ([^]*?)\n(?=\d+\.\d+ |$(?![^]))/gm))
		steps.set(`${seed}.${step}`, { seed: Number(seed), step: Number(step), call, errno: Number(errno), gave });
	return steps;
}

/** A fresh folder that is removed when the callback is done. */
async function inFolder(callback) {
	const folder = fs.mkdtempSync(path.join(fs.existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir(), "wvwasi-differential-"));
	try {
		return await callback(folder);
	} finally {
		fs.rmSync(folder, { recursive: true, force: true });
	}
}

/** What is there, by seed: names, types, bytes, targets. */
function trees(folder) {
	const list = (at) => fs.readdirSync(at).sort().map((name) => {
		const below = path.join(at, name), stat = fs.lstatSync(below);
		if (stat.isDirectory())
			return [name, list(below)];
		return [name, stat.nlink, stat.isSymbolicLink() ? fs.readlinkSync(below) : fs.readFileSync(below, "latin1")];
	});
	return new Map(fs.readdirSync(folder).map((name) => [Number(name.slice("seed".length)), JSON.stringify(list(path.join(folder, name)))]));
}

/** @typedef {{ steps: Map<string, { seed: number, step: number, call: string, errno: number, gave: string }>, trees: Map<number, string> }} Walked */

/**
 * @param {string[]} how options of run-wasm @param {Record<string, string>} env for it, beside ours
 * @param {{ guest?: string, timeout?: number }} options guest: another program that takes the same arguments and says as much
 * @returns {Promise<Walked>}
 */
export function here(first, count, steps, how = [], env = {}, { guest = program, timeout = 300_000 } = {}) {
	return inFolder(async (folder) => {
		const { stdout } = await run(path.join(top, "tests/run-wasm"), [...how, "--dir", `${folder}::/`, guest, String(first), String(count), String(steps)],
			{ ...many, timeout, env: { ...process.env, ...env } });
		return { steps: read(stdout), trees: trees(folder) };
	});
}

/**
 * As `here`, with somebody else who changes things in the walk's folder before every tenth step: `change(folder, seed, step)`, while the walk waits.
 * @returns {Promise<Walked & { fences: number }>}
 */
export function hereWithOthers(first, count, steps, change, how = []) {
	return inFolder(async (folder) => {
		const child = spawn(path.join(top, "tests/run-wasm"), [...how, "--dir", `${folder}::/`, program, String(first), String(count), String(steps), "10"]);
		const ended = new Promise((resolve) => child.once("close", resolve));
		let stdout = "", stderr = "", fences = 0;
		child.stdout.setEncoding("latin1").on("data", (text) => (stdout += text));
		for await (const text of child.stderr.setEncoding("latin1")) {
			const lines = (stderr + text).split("\n");
			stderr = lines.pop();
			for (const line of lines) {
				const [, seed, step] = /^fence (\d+)\.(\d+)$/.exec(line) ?? [];
				if (seed === undefined)
					throw new Error(line);
				change(path.join(folder, `seed${seed}`), Number(seed), Number(step));
				fences++;
				child.stdin.write("\n");
			}
		}
		if (await ended !== 0)
			throw new Error(`the walk ended with ${child.exitCode ?? child.signalCode}: ${stderr}`);
		return { steps: read(Buffer.from(stdout, "latin1").toString()), trees: trees(folder), fences };
	});
}

/** By tens, each with a deadline: node:wasi has hung before. @returns {Promise<Walked & { skipped: number[] }>} */
export function there(first, count, steps) {
	return inFolder(async (folder) => {
		const all = { steps: new Map(), trees: new Map(), skipped: [] };
		for (let seed = first; seed < first + count; seed += 10) {
			const { stdout, killed } = await run(process.execPath,
				["--no-warnings", path.join(top, "tests/differential/node-wasi.js"), program, folder, String(seed),
				String(Math.min(10, first + count - seed)), String(steps)], { ...many, timeout: 20_000 }).catch((error) => error);
			if (killed)
				all.skipped.push(seed);
			else
				read(stdout).forEach((step, key) => all.steps.set(key, step));
		}
		all.trees = trees(folder);
		return all;
	});
}

/** Builds the walk, if it isn't. */
export function prepare() {
	execFileSync("make", ["-s", `BUILD=${path.relative(top, build) || "build"}`, "differential-guest"], { cwd: top, stdio: "inherit" });
}
