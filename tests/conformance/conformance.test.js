// Every trap and every security case is shown by a test, and docs/CONFORMANCE.md says what the tests say today.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { top } from "../gateway/gateway.js";
import { numbersOf, page } from "./conformance.js";

test("a test's name says which traps and cases it is about", () => {
	assert.deepEqual(numbersOf("trap_7_x").numbers, [7]);
	assert.deepEqual(numbersOf("traps_4_5_folders").numbers, [4, 5]);
	assert.deepEqual(numbersOf("cases_9_to_12_x").numbers, [9, 10, 11, 12]);
	assert.equal(numbersOf("no_path_leaves"), null);
});

test("every trap and case is shown, in a browser too, and the page about them is current", { timeout: 400_000 }, async () => {
	const { text, missing } = await page();
	assert.deepEqual(missing, []);
	assert.equal(fs.readFileSync(path.join(top, "docs/CONFORMANCE.md"), "utf8"), text, "make conformance writes it anew");
});
