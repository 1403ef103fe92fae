// OSC 52: what a program may put on the clipboard, after a yes; what is there it doesn't learn.
import assert from "node:assert/strict";
import test from "node:test";

import { readCopy } from "../../static/terminal/clipboard.js";

for (const [data, text] of [["c;aGVsbG8=", "hello"], [";aGVsbG8=", "hello"], ["s0;w7w=", "ü"], ["c;?", null], ["c;", null], ["c;not base64", null], ["c;/w==", null],
	["x;aGVsbG8=", null], [`c;${"A".repeat((1 << 20) + 4)}`, null]])
	test(`${data.slice(0, 20)}: ${text ?? "nothing"}`, () => assert.equal(readCopy(data), text));
