// Random walks over whole trees in real engines, by every way to wait: default coherence says what strict says, step by step, and leaves the same
// on the disk. Trees are made, moved, removed and made again all the time. One walk follows another for WALK_SECONDS, shared among the ways, each of
// WALK_OPERATIONS, by seeds that nobody chose: `make walks` is the long run, and with SEED=N WALK_SECONDS=0 one walk is repeated in each way.
import assert from "node:assert/strict";

import { waysOf } from "../engines/index.js";
import { test } from "../testing.js";
import { here, prepare, treesGuest } from "./hosts.js";
import { firstSeed, operations, seconds } from "./walks.js";

const LONGEST_MS = Math.max(300_000, operations * 100); // of one walk, on a busy machine
const KINDS = 12; // of 13
const WAYS = ["chromium", "firefox"].flatMap((engine) => waysOf[engine].map((wait) => ({ engine, wait })));

prepare();
const walk = (seed, how, env = {}) => here(seed, 1, operations, how, env, { guest: treesGuest, timeout: LONGEST_MS });
const stricts = new Map();
/** What the same walk gives in strict, with nobody looking on. */
const strict = (seed) => {
	if (!stricts.has(seed))
		stricts.set(seed, walk(seed, ["--coherence", "strict"], { WVWASI_TEST_DEBUGGER: "" }));
	return stricts.get(seed);
};

test("most kinds of steps are made, and succeed often enough to tell something", { timeout: LONGEST_MS }, async () => {
	const { steps } = await strict(firstSeed);
	const good = [...steps.values()].filter(({ errno }) => errno === 0).map(({ call }) => call.split(" '")[0]);
	assert.equal(steps.size, operations);
	assert.ok(new Set(good).size >= Math.min(KINDS, operations / 100), [...new Set(good)].join());
	assert.ok(good.length > steps.size / 10, `only ${good.length} of ${steps.size} succeeded`);
});

for (const { engine, wait } of WAYS)
	test(`${engine}, ${wait}: steps through trees are as in strict, and so is what they leave`, { timeout: seconds * 1000 + 2 * LONGEST_MS }, async () => {
		const started = Date.now(), share = seconds * 1000 / WAYS.length;
		let walks = 0;
		do {
			const seed = firstSeed + walks++;
			const want = await strict(seed), walked = await walk(seed, ["--engine", engine, "--wait", wait]);
			assert.equal(walked.steps.size, operations);
			for (const [key, step] of walked.steps)
				assert.deepEqual(step, want.steps.get(key), `SEED=${seed} WALK_OPERATIONS=${operations}, ${engine}, ${wait}: ${key}`);
			assert.deepEqual([...walked.trees], [...want.trees], `SEED=${seed} WALK_OPERATIONS=${operations}, ${engine}, ${wait}: what is left`);
		} while (Date.now() - started < share);
		console.log(`# ${engine}, ${wait}: ${walks * operations} operations: SEED=${firstSeed} to ${firstSeed + walks - 1}, WALK_OPERATIONS=${operations}`);
	});
