// What the terminal page gives the inspector: the last calls, in its address; nothing where it has none.
import assert from "node:assert/strict";
import test from "node:test";

import { readKept } from "../../static/inspector/kept.js";
import { inspect, keysAfter, mayInspect } from "../../static/terminal/inspect.js";

const call = { call: "path_open", args: ["3", "1", "x".repeat(600), "0", "2", "0", "0", null], path: `/work/${"x".repeat(600)}`, address: null, errno: 44, name: "NOENT",
	value: null, waited: true, time: 1_700_000_000_000 };
const outcome = { kind: "exit", exitCode: 1, lastCalls: [call] };
const program = { args: ["tool"], inspector: "http://127.0.0.2:8080/_wvwasi/inspector" };

test("the last calls are in the inspector's address, long names cut; another machine has none, nor has a program whose gateway is gone", () => {
	const opened = [];
	globalThis.window = { open: (...how) => opened.push(how) };
	for (const [its, what] of [[{ args: ["tool"] }, outcome], [program, null], [program, { ...outcome, lastCalls: [] }], [program, { ...outcome, kind: "lost" }]])
		assert.deepEqual([mayInspect(its, what), inspect(its, what), opened], [false, false, []]);
	assert.equal(inspect(program, outcome), true);
	const [[address, where, how]] = opened;
	assert.deepEqual([new URL(address).origin, where, how], ["http://127.0.0.2:8080", "_blank", "noopener"]);
	const { args, code, calls: [row] } = readKept(new URL(address).hash);
	assert.deepEqual([args, code, row.errno, row.path], [["tool"], 1, 44, `/work/${"x".repeat(494)}`]);
});

test("the end's line names the keys where a call failed or a reason is said, and not after a program that only ended with another code", () => {
	const keys = (its, failedCalls, why) => keysAfter(its, { ...outcome, failedCalls }, why).split("; ").slice(1).map((text) => text[0]).join("");
	assert.deepEqual([keys(program, [], null), keys(program, [], "why"), keys(program, [call], null), keys({ args: ["tool"] }, [call], "why")], ["", "i", "?i", "?"]);
});
