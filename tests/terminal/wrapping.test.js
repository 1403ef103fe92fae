// Our own lines among a program's output are broken between words.
import assert from "node:assert/strict";
import test from "node:test";

import { wrapped } from "../../static/terminal/wrapping.js";

for (const [text, columns, lines] of [
	["granted are /work and /tmp", 40, ["granted are /work and /tmp"]],
	["granted are /work and /tmp", 12, ["granted are", "/work and", "/tmp"]],
	["\x1b[33mone two\x1b[0m\r\nthree four", 7, ["\x1b[33mone two\x1b[0m", "three", "four"]],
	["a word-longer-than-a-line b", 10, ["a", "word-longer-than-a-line", "b"]],
	["日本 語", 5, ["日本", "語"]],
])
	test(`${JSON.stringify(text)} in ${columns} columns`, () => {
		assert.deepEqual(wrapped(text, columns, (codePoint) => (codePoint > 0x3000 ? 2 : 1)).split("\r\n"), lines);
	});
