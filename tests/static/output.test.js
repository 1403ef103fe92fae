import assert from "node:assert/strict";
import { test } from "node:test";
import { Output } from "../../static/shim/base/output.js";
import { SharedOutput, SharedOutputTaker, newSharedOutput } from "../../static/shim/base/shared-output.js";

globalThis.crossOriginIsolated = true;

function makeOutput() {
	const messages = [];
	let now = 1000;
	const output = new Output(parts => messages.push(parts.map(({ stream, bytes }) => [stream, Buffer.from(bytes).toString()])), () => now);
	return { output, messages, write: (stream, text) => output.write(stream, Buffer.from(text)), pass: ms => void (now += ms) };
}

test("a few writes leave at once: the program may compute for long after them", () => {
	const { messages, write } = makeOutput();
	write("stdout", "one\n");
	write("stdout", "two\n");
	assert.deepEqual(messages, [[["stdout", "one\n"]], [["stdout", "two\n"]]]);
});

test("who prints without end is gathered, and nothing is lost or reordered", () => {
	const { output, messages, write, pass } = makeOutput();
	output.share(new SharedOutput(newSharedOutput(), () => {}));
	let all = "";
	for (let i = 0; i < 100_000; i++) {
		write(i % 7 ? "stdout" : "stderr", `line ${i}\n`);
		all += `line ${i}\n`;
		pass(0.001);
	}
	output.flush();
	assert.ok(messages.length < 200, `${messages.length} messages`);
	assert.equal(messages.flat().map(([, text]) => text).join(""), all);
	assert.equal(output.posted, all.length);
});

test("a pause makes writes leave at once again", () => {
	const { output, messages, write, pass } = makeOutput();
	output.share(new SharedOutput(newSharedOutput(), () => {}));
	for (let i = 0; i < 100; i++)
		write("stdout", "x");
	const before = messages.length;
	pass(50);
	write("stdout", "y");
	assert.equal(messages.length, before + 1);
	assert.match(messages.at(-1)[0][1], /y$/);
});

test("a program that is 4 MiB ahead of its page is overfull", () => {
	const { output, write } = makeOutput();
	let taken = 0;
	output.taken = () => taken;
	write("stdout", "x".repeat(5 << 20));
	assert.equal(output.overfull, true);
	taken = 5 << 20;
	assert.equal(output.overfull, false);
});

test("without shared memory nothing is kept but what waits for changes of files", () => {
	const { output, messages, write } = makeOutput();
	for (let i = 0; i < 100; i++)
		write("stdout", "x");
	assert.equal(messages.length, 100);
	output.mayLeave = () => false;
	for (let i = 0; i < 10; i++)
		write("stdout", "y");
	assert.equal(messages.length, 100);
	output.mayLeave = () => true;
	output.flush();
	assert.deepEqual(messages.at(-1), [["stdout", "y".repeat(10)]]);
});

test("what was printed before a change that will never be made stays where the page finds it, and nothing joins it", () => {
	const { output, write } = makeOutput(), shared = newSharedOutput();
	output.share(new SharedOutput(shared, () => {}));
	output.mayLeave = () => false;
	output.needs = () => 1;
	write("stdout", "before");
	output.forget(Infinity);
	write("stdout", "after");
	assert.deepEqual(new SharedOutputTaker(shared).stop().map(({ bytes }) => Buffer.from(bytes).toString()), ["before"]);
});
