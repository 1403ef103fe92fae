// How many steps are under way at a time.
import assert from "node:assert/strict";

import { runBeside } from "../lanes.js";
import { test } from "../testing.js";

/** Runs steps, one a letter, a capital one waits; the one that is under way for longest ends first. Gives which were under way together each time. */
async function underWay(letters, atOnce) {
	const running = new Map(), seen = [];
	const all = runBeside([...letters].map((name) => ({ name, waits: name !== name.toLowerCase() })), atOnce,
		({ name }) => new Promise((resolve) => running.set(name, resolve)));
	for (;;) {
		await new Promise((resolve) => setImmediate(resolve));
		if (running.size === 0)
			break;
		seen.push([...running.keys()].join(""));
		const [[name, end]] = running;
		running.delete(name);
		end();
	}
	await all;
	return seen;
}

for (const [what, letters, atOnce, together] of [
	["one at a time, in their order, also those that wait", "aBc", 1, ["a", "B", "c"]],
	["two at a time", "abc", 2, ["ab", "bc", "c"]],
	["one that waits beside two others", "aDbc", 2, ["abD", "bDc", "Dc", "c"]],
	["those that wait one after the other while others are left", "abcdeXYZ", 2, ["abX", "bXc", "Xcd", "cdY", "dYe", "YeZ", "eZ", "Z"]],
	["those that wait beside each other when they are the last", "XYZ", 2, ["XYZ", "YZ", "Z"]],
])
	test(`steps run ${what}`, async () => assert.deepEqual(await underWay(letters, atOnce), together));
