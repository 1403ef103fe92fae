// A walk through many files, in one folder and in many, waits a few dozen times: pinned here in real engines. And it sees what strict sees.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { engineNames } from "../engines/index.js";
import { top } from "../gateway/gateway.js";
import { after, test } from "../testing.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-walks-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const guest = path.join(process.env.WVWASI_BUILD ?? path.join(top, "build"), "guests/growth.wasm");
const BYTES = 100;
const TRIES = 3; // on a machine that is busy with something else what was sent ahead may come late
/** waits: at most; more than the server keeps open at once */
const SHAPES = {
	"3,000 files in a folder": { waits: 40, files: 3000, place: (n) => `f${n}` },
	"1,000 files, ten in each folder, ten folders in each": { waits: 60, files: 1000,
	place: (n) => `${[...String(Math.floor(n / 10))].map((digit) => `d${digit}/`).join("")}f${n % 10}` },
};

async function walk(tree, { engine, coherence = "default" }) {
	const stats = path.join(base, "stats.json"), cache = fs.mkdtempSync(path.join(base, "cache-"));
	const { code, stdout, stderr } = await new Promise((resolve) => execFile(path.join(top, "tests/run-wasm"),
		["--engine", engine, "--coherence", coherence, "--stats", stats, "--dir", `${tree}::/t`, guest, "/t"],
		{ env: { ...process.env, XDG_CACHE_HOME: cache } }, (error, out, err) => resolve({ code: error?.code ?? 0, stdout: out, stderr: err })));
	assert.equal(code, 0, stderr);
	return { stdout, waits: JSON.parse(fs.readFileSync(stats, "utf8")).stats.roundTrips };
}

for (const [what, { waits, files, place }] of Object.entries(SHAPES)) {
	const tree = path.join(base, String(files));
	for (let n = 0; n < files; n++) {
		const at = path.join(tree, place(n));
		fs.mkdirSync(path.dirname(at), { recursive: true });
		fs.writeFileSync(at, "x".repeat(BYTES));
	}
	for (const engine of engineNames)
		test(`${engine}: ${what}: ${waits} waits at most`, { timeout: 90_000 }, async () => {
			const took = [];
			while (took.length < TRIES && !(Math.min(...took) <= waits)) {
				const walked = await walk(tree, { engine });
				assert.match(walked.stdout, new RegExp(`, ${files} files, ${files * BYTES} bytes`));
				took.push(walked.waits);
			}
			assert.ok(took.at(-1) <= waits, `waited ${took.join(", ")} times`);
			if (engine === "chromium")
				assert.match((await walk(tree, { engine, coherence: "strict" })).stdout, new RegExp(`, ${files} files, ${files * BYTES} bytes`));
		});
}
