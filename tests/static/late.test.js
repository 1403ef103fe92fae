// Functions that a program is linked with before they are there.
import assert from "node:assert/strict";
import test from "node:test";

import { lateBytes, makeLate } from "../../static/shim/base/late.js";
import { ALL_SIGNATURES } from "../../static/shim/base/signatures.js";
import { makeTrampoline } from "../../static/shim/base/trampoline.js";
import { instantiateEarly } from "../../static/shim/program/instance.js";

test("each reaches its own, with its arguments and its result", () => {
	assert.ok(WebAssembly.validate(lateBytes()));
	const { functions, fill } = makeLate();
	const names = Object.keys(ALL_SIGNATURES), heard = [];
	fill(makeTrampoline(Object.fromEntries(names.map((name, i) => [name, (...args) => (heard.push([name, ...args]), i)])), () => -2));
	for (const [i, name] of names.entries()) {
		const args = [...ALL_SIGNATURES[name]].map((letter, at) => (letter === "I" ? BigInt(at + 1) << 32n | 7n : at + 1));
		const call = () => functions[name](...args);
		if (name === "proc_exit")
			assert.throws(call, WebAssembly.RuntimeError);
		else
			assert.equal(call(), i, name);
		assert.deepEqual(heard.pop(), [name, ...args.flatMap((arg) => (typeof arg === "bigint" ? [7, Number(arg >> 32n)] : [arg]))], name);
	}
});

test("a call that comes too early traps, and each program has functions of its own", () => {
	const first = makeLate(), second = makeLate();
	first.fill(makeTrampoline(Object.fromEntries(Object.keys(ALL_SIGNATURES).map((name) => [name, () => 5])), () => -2));
	assert.equal(first.functions.sched_yield(), 5);
	assert.throws(() => second.functions.sched_yield(), WebAssembly.RuntimeError);
});

const text = (letters) => [letters.length, ...Buffer.from(letters)];
const section = (number, bytes) => [number, bytes.length, ...bytes];

/* Imports a function () => i32; its start function calls it, if `calls`, and it exports that function as go. */
const program = (module, name, calls) => new WebAssembly.Module(new Uint8Array([
	0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
	...section(1, [2, 0x60, 0, 0, 0x60, 0, 1, 0x7f]),
	...section(2, [1, ...text(module), ...text(name), 0, 1]),
	...section(3, [1, 0]),
	...section(7, [1, ...text("go"), 0, 0]),
	...calls ? section(8, [1]) : [],
	...section(10, [1, 5, 0, 0x10, 0, 0x1a, 0x0b]),
]));

test("a program is instantiated before its functions are there, unless it calls one then or imports others", async () => {
	const early = await instantiateEarly(program("wasi_snapshot_preview1", "sched_yield", false));
	let calls = 0;
	assert.throws(() => early.instance.exports.go(), WebAssembly.RuntimeError);
	early.fill(makeTrampoline(Object.fromEntries(Object.keys(ALL_SIGNATURES).map((name) => [name, () => (calls++, 3)])), () => -2));
	assert.equal(early.instance.exports.go(), 3);
	assert.equal(calls, 1);
	for (const [module, name, does] of [["wasi_snapshot_preview1", "sched_yield", true], ["wasi_snapshot_preview1", "sock_open", false], ["env", "f", false],
		["wvwasi", "sched_yield", false], ["wasi_snapshot_preview1", "fd_close", false]])
		assert.equal(await instantiateEarly(program(module, name, does)), null, `${module}.${name}`);
});
