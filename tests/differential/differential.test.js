// The same calls on other hosts: node:wasi, where each difference must have its reason in rules.js, and ourselves by another way, where nothing may
// differ. WALKS and STEPS: how much; SEED: where to begin.
import assert from "node:assert/strict";

import { test } from "../testing.js";
import { here, hereWithOthers, prepare, there } from "./hosts.js";
import { change } from "./concurrent-changes.js";
import { explain } from "./rules.js";

const first = Number(process.env.SEED ?? 1), walks = Number(process.env.WALKS ?? 100), steps = Number(process.env.STEPS ?? 100);

prepare();
const ours = await here(first, walks, steps);

test("every step of every walk was made and said", () => {
	assert.equal(ours.steps.size, walks * steps);
	const good = [...ours.steps.values()].filter(({ errno }) => !errno).length;
	assert.ok(good > ours.steps.size / 5, `only ${good} of ${ours.steps.size} calls succeeded: that tells little`);
});

test("node:wasi says the same, but for reasons that are written down", { timeout: 300_000 }, async () => {
	const theirs = await there(first, walks, steps);
	const reasons = new Map(), found = [];
	let same = 0, parted = 0;
	for (let seed = first; seed < first + walks; seed++) {
		let together = !theirs.skipped.some((skipped) => seed >= skipped && seed < skipped + 10);
		for (let i = 0; together && i < steps; i++) {
			const a = ours.steps.get(`${seed}.${i}`), b = theirs.steps.get(`${seed}.${i}`);
			assert.ok(b, `node:wasi ended before ${seed}.${i}`);
			if (a.call === b.call && a.errno === b.errno && (a.errno || a.gave === b.gave)) {
				same++;
				continue;
			}
			const rule = a.call === b.call && explain(a.call, a.errno, b.errno);
			if (rule)
				reasons.set(rule.why, (reasons.get(rule.why) ?? 0) + 1);
			else
				found.push(`${seed}.${i}: ${a.call} = ${a.errno} ${a.gave} here; ${b.call} = ${b.errno} ${b.gave} there`);
			together = rule && !rule.parts;
		}
		if (!together)
			parted++;
		else if (ours.trees.get(seed) !== theirs.trees.get(seed))
			found.push(`walk ${seed} left ${ours.trees.get(seed)} here, ${theirs.trees.get(seed)} there`);
	}
	console.log(`# ${same} steps the same, ${parted} walks parted, ${theirs.skipped.length * 10} skipped`);
	for (const [why, count] of reasons)
		console.log(`# ${count} times: ${why}`);
	assert.deepEqual(found, []);
	assert.ok(same > walks * steps / 5, `only ${same} steps were compared`);
});

for (const how of [["--coherence", "strict"], ["--engine", "firefox", "--wait", "shared"], ["--coherence", "trap", "--wait", "xhr"]])
	test(`${how.filter((word) => !word.startsWith("--")).join(", ")}: the very same`, { timeout: 300_000 }, async () => {
		const part = Math.ceil(walks / (how.includes("xhr") ? 5 : 2));
		const other = await here(first, part, steps, how);
		for (const [key, step] of other.steps)
			assert.deepEqual(step, ours.steps.get(key));
		assert.equal(other.steps.size, part * steps);
		for (const [seed, tree] of other.trees)
			assert.equal(tree, ours.trees.get(seed), `what walk ${seed} left behind`);
	});

test("with somebody else who changes things too, leases or not: the very same", { timeout: 300_000 }, async () => {
	const part = Math.ceil(walks / 4);
	const ours = await hereWithOthers(first, part, steps, change);
	assert.equal(ours.steps.size, part * steps);
	assert.equal(ours.fences, part * Math.ceil(steps / 10));
	const strict = await hereWithOthers(first, part, steps, change, ["--coherence", "strict"]);
	for (const [key, step] of ours.steps)
		assert.deepEqual(step, strict.steps.get(key));
	assert.deepEqual([...ours.trees], [...strict.trees]);
});
