import assert from "node:assert/strict";
import { test } from "node:test";
import { LineDiscipline } from "../../static/shim/tty.js";

function makeTty(mode = "line") {
	const seen = [];
	let echoed = "";
	const tty = { mode };
	const text = bytes => Buffer.from(bytes).toString();
	const discipline = new LineDiscipline(tty, {
		echo: bytes => void (echoed += text(bytes)),
		feed: async bytes => void seen.push(text(bytes)),
		mark: async () => void seen.push("MARK"),
		interrupt: () => void seen.push("INTERRUPT"),
	});
	return { tty, seen, echo: () => echoed, type: data => discipline.type(data) };
}

test("a line is echoed as typed and fed whole at Return", async () => {
	const { seen, echo, type } = makeTty();
	await type("h");
	await type("i");
	assert.deepEqual(seen, []);
	assert.equal(echo(), "hi");
	await type("\r");
	assert.deepEqual(seen, ["hi\n"]);
	assert.equal(echo(), "hi\r\n");
});

test("pasted lines are fed line by line", async () => {
	const { seen, type } = makeTty();
	await type("a\nb\nrest");
	assert.deepEqual(seen, ["a\n", "b\n"]);
});

test("Backspace takes a whole character, Ctrl-W a word, Ctrl-U the line", async () => {
	const { seen, type } = makeTty();
	await type("kä\x7f\x7fo\r");
	await type("one two\x17three\r");
	await type("gone\x15kept\r");
	assert.deepEqual(seen, ["o\n", "one three\n", "kept\n"]);
});

test("Ctrl-D sends what is there, and on an empty line marks the end once", async () => {
	const { seen, type } = makeTty();
	await type("ab\x04");
	await type("\x04");
	assert.deepEqual(seen, ["ab", "MARK"]);
});

test("Ctrl-C interrupts and forgets the line", async () => {
	const { seen, echo, type } = makeTty();
	await type("abc\x03");
	await type("d\r");
	assert.deepEqual(seen, ["INTERRUPT", "d\n"]);
	assert.match(echo(), /\^C/);
});

test("arrow keys don't leave letters in the line", async () => {
	const { seen, echo, type } = makeTty();
	await type("a\x1b[Ab\x1bOB\r");
	assert.deepEqual(seen, ["ab\n"]);
	assert.equal(echo(), "ab\r\n");
});

test("raw mode feeds every byte and echoes none", async () => {
	const { tty, seen, echo, type } = makeTty("raw");
	await type("\x03\x1b[A");
	assert.deepEqual(seen, ["\x03\x1b[A"]);
	assert.equal(echo(), "");
	tty.mode = "line";
	await type("x\r");
	assert.deepEqual(seen.at(-1), "x\n");
});
