// What a program printed reaches the page in order, once, whichever side moves it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Output } from "../../static/shim/base/output.js";
import { SharedOutput, SharedOutputTaker, newSharedOutput } from "../../static/shim/base/shared-output.js";

globalThis.crossOriginIsolated = true;

function pair() {
	const buffer = newSharedOutput();
	const shown = [], told = [], posted = [];
	let now = 1000, needs = 0;
	const page = new SharedOutputTaker(buffer);
	const output = new Output(parts => void posted.push(parts), () => now);
	output.share(new SharedOutput(buffer, () => told.push(now)));
	output.mayLeave = () => needs === 0;
	output.needs = () => needs;
	let got = 0;
	const show = parts => shown.push(...parts.map(({ stream, bytes }) => [stream, Buffer.from(bytes).toString()]));
	return {
		output, page, told, posted,
		write: (text, stream = "stdout") => output.write(stream, Buffer.from(text)),
		needs: sequence => void (needs = sequence),
		pass: ms => void (now += ms),
		arrive() { // of the worker's messages, one
			got++;
			show(posted[got - 1]);
		},
		take: (done = 0) => show(page.take(got, done)),
		get shown() {
			return shown.map(([, text]) => text).join("");
		},
	};
}

test("sixty lines, and no call after them: the page takes what wasn't posted", () => {
	const p = pair();
	for (let i = 0; i < 60; i++)
		p.write(`${i}\n`);
	assert.ok(p.posted.length < 60);
	assert.equal(p.told.length, 1);
	while (p.posted.length > p.shown.split("\n").length - 1)
		p.arrive();
	p.take();
	assert.equal(p.shown, Array.from({ length: 60 }, (_, i) => `${i}\n`).join(""));
	p.output.flush();
	assert.equal(p.output.pending, false);
});

test("the page waits for messages that are on their way", () => {
	const p = pair();
	for (let i = 0; i < 20; i++)
		p.write(`${i},`);
	p.take();
	assert.equal(p.shown, "");
	p.posted.forEach(() => p.arrive());
	p.take();
	assert.equal(p.shown, Array.from({ length: 20 }, (_, i) => `${i},`).join(""));
});

test("what depends on a batch is shown when that is done, not before", () => {
	const p = pair();
	p.needs(7);
	assert.equal(p.write("saved\n"), true, "the program needn't wait: the page takes it in time");
	p.take(6);
	assert.equal(p.shown, "");
	p.take(7);
	assert.equal(p.shown, "saved\n");
	p.needs(0);
	assert.equal(p.output.flush(), true);
	p.write("more\n");
	p.posted.forEach(() => p.arrive());
	assert.equal(p.shown, "saved\nmore\n");
});

test("what was printed after a change that is lost isn't shown, and what was printed before is", () => {
	const p = pair();
	p.needs(6);
	p.write("before\n");
	p.needs(7);
	p.write("after\n");
	p.output.forget(7);
	p.needs(0);
	p.take(Infinity);
	assert.equal(p.shown, "", "not from shared memory");
	assert.equal(p.output.flush(), true);
	p.posted.forEach(() => p.arrive());
	assert.equal(p.shown, "before\n");
});

test("after the page took some, the rest is posted once", () => {
	const p = pair();
	let all = "";
	for (let i = 0; i < 2000; i++) {
		p.write(`${i} `, i % 3 ? "stdout" : "stderr");
		all += `${i} `;
		if (i % 7 === 0)
			p.pass(0.4);
		if (i % 50 === 0) {
			for (let k = p.posted.length; k > (p.arrived ?? 0); k--) {
				p.arrive();
				p.arrived = (p.arrived ?? 0) + 1;
			}
			p.take();
		}
	}
	p.output.flush();
	while ((p.arrived ?? 0) < p.posted.length) {
		p.arrive();
		p.arrived++;
	}
	assert.equal(p.shown, all);
	assert.equal(p.output.posted, all.length);
});

test("a program that is stopped loses nothing, and nothing is shown twice", () => {
	const p = pair(), all = Array.from({ length: 17 }, (_, i) => `${i},`).join("");
	for (let i = 0; i < 17; i++)
		p.write(`${i},`);
	Atomics.store(p.page.words, 0, 1);
	assert.equal(p.page.stop(), null, "it is printing");
	Atomics.store(p.page.words, 0, 2);
	p.posted.forEach(() => p.arrive());
	assert.equal(p.shown + p.page.stop().map(({ bytes }) => Buffer.from(bytes).toString()).join(""), all);
	const q = pair();
	for (let i = 0; i < 17; i++)
		q.write(`${i},`);
	q.posted.forEach(() => q.arrive());
	q.take();
	assert.deepEqual([q.shown, q.page.stop()], [all, []]);
});

test("more than fits is posted", () => {
	const p = pair();
	let all = "";
	for (let i = 0; i < 40_000; i++) {
		p.write("x");
		all += "x";
	}
	p.output.flush();
	p.posted.forEach(() => p.arrive());
	p.take();
	assert.equal(p.shown, all);
});
