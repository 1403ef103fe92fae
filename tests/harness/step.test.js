// What counts as a failure of a step, and what a second try may forgive.
import assert from "node:assert/strict";

import { ofBoth, runStep } from "../step.js";
import { test } from "../testing.js";

const step = (script, options) => runStep({ name: "a step", command: "sh", args: ["-c", script], ...options }, process.env, () => {});
const outcome = (passed, failed, reports = 0) => ({ passed: passed.length, failed: failed.length, skipped: 0, reports, tests: { passed, failed } });

for (const [what, script, counts, reason] of [
	["that counts and ends well has its counts", "echo 'ok one'; echo '3 passed, 0 failed, 2 skipped'", [3, 0, 2]],
	["that counts nothing has failed", "echo hello", [0, 1, 0], "counted no test"],
	["that ends badly though nothing failed has failed", "echo '3 passed, 0 failed'; exit 7", [3, 1, 0], "ended with 7"],
	["whose last count is another's keeps the last", "echo '9 passed, 9 failed'; echo '3 passed, 0 failed'", [3, 0, 0]],
	["of which a sanitizer reported something has failed", "echo 'a.c:1:2: runtime error: shift' >&2; echo '1 passed, 0 failed'", [1, 1, 0],
		"a.c:1:2: runtime error: shift"],
	["that can't be started has failed", null, [0, 1, 0], "ended with spawn /nowhere ENOENT"],
])
	test(`a step ${what}`, async () => {
		const { passed, failed, skipped, reasons } = await step(script, script === null ? { command: "/nowhere" } : {});
		assert.deepEqual([passed, failed, skipped], counts);
		assert.equal(reasons[0], reason);
	});

test("a step that isn't done in time is ended, with its children, and has failed", async () => {
	const { failed, reasons } = await step("sleep 1000 & sleep 1000", { minutes: 0.002 });
	assert.deepEqual([failed, reasons], [1, ["not done after 0.002 minutes"]]);
});

test("why a test failed is kept: its line and the next, to the next test", async () => {
	const { reasons, tests } = await step("printf 'ok one\\nNOT OK two (1.2 s)\\n    Error: why\\nok three\\n2 passed, 1 failed\\n'; exit 1");
	assert.deepEqual(reasons, ["NOT OK two (1.2 s)", "    Error: why"]);
	assert.deepEqual(tests, { passed: ["one", "three"], failed: ["two"] });
});

test("a test that passes the second time has passed, one that fails twice has failed", () => {
	assert.equal(ofBoth(outcome(["a"], ["b"]), outcome(["a", "b"], [])).failed, 0);
	assert.equal(ofBoth(outcome(["a"], ["b"]), outcome(["a"], ["b"])).failed, 1);
});

test("a test that passed the first time and failed the second has passed, if another was the reason to try again", () => {
	assert.deepEqual(ofBoth(outcome(["a"], ["b"]), outcome(["b"], ["a"])), { ...outcome(["b"], ["a"]), passed: 2, failed: 0 });
});

test("a suite is no test: it doesn't count, nor does one that is forgiven", async () => {
	const suite = (first, second) => step(`printf '  ${first} a\\n  ${second} b\\nsuite all (2.0 s)\\n1 passed, 1 failed\\n'; exit 1`);
	const first = await suite("NOT OK", "ok"), second = await suite("ok", "NOT OK");
	assert.deepEqual(first.tests, { passed: ["b"], failed: ["a"] });
	const { passed, failed } = ofBoth(first, second);
	assert.deepEqual([passed, failed], [2, 0]);
});

test("a sanitizer's report isn't forgiven", () => {
	assert.equal(ofBoth(outcome(["a"], ["b"], 1), outcome(["a", "b"], [])).failed, 1);
});
