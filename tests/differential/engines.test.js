// Random walks over whole trees in real engines, by every way to wait: default coherence says what strict says, step by step, and leaves the same
// on the disk. Trees are made, moved, removed and made again all the time. WALK_OPERATIONS: of each walk; WALKS: how many; SEED: where to begin.
// `make walks` is the long run.
import assert from "node:assert/strict";

import { waysOf } from "../engines/index.js";
import { test } from "../testing.js";
import { here, prepare, treesGuest } from "./hosts.js";

const first = Number(process.env.SEED ?? 1), walks = Number(process.env.WALKS ?? 1), steps = Number(process.env.WALK_OPERATIONS ?? 700);
const timeout = Math.max(240_000, walks * steps * 100);

const KINDS = 12; // of 13

prepare();
const walk = (how) => here(first, walks, steps, how, {}, { guest: treesGuest, timeout });
const strict = await walk(["--coherence", "strict"]);

test("most kinds of steps were made, and succeeded often enough to tell something", () => {
	const good = [...strict.steps.values()].filter(({ errno }) => errno === 0).map(({ call }) => call.split(" '")[0]);
	assert.equal(strict.steps.size, walks * steps);
	assert.ok(new Set(good).size >= KINDS, [...new Set(good)].join());
	assert.ok(good.length > strict.steps.size / 5, `only ${good.length} of ${strict.steps.size} succeeded`);
});

for (const engine of ["chromium", "firefox"])
	for (const wait of waysOf[engine])
		test(`${engine}, ${wait}: ${walks * steps} steps through trees are as in strict, and so is what they leave`, { timeout }, async () => {
			const walked = await walk(["--engine", engine, "--wait", wait]);
			assert.equal(walked.steps.size, strict.steps.size);
			for (const [key, step] of walked.steps)
				assert.deepEqual(step, strict.steps.get(key));
			assert.deepEqual([...walked.trees], [...strict.trees]);
		});
