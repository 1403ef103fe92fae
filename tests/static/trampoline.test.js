/* The wasm between guest and JavaScript. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_SIGNATURES as SIGNATURES } from "../../static/shim/base/signatures.js";
import { MISS, makeTrampoline, trampolineBytes } from "../../static/shim/base/trampoline.js";

const begins = begin => Object.fromEntries(Object.keys(SIGNATURES).map(name => [name, (...args) => begin(name, args)]));

test("every import reaches its begin with its arguments; i64 come as two halves", () => {
	const seen = {};
	const exports = makeTrampoline(begins((name, args) => {
		seen[name] = args;
		return 7;
	}), () => assert.fail("nothing missed"));
	for (const [name, letters] of Object.entries(SIGNATURES)) {
		const args = Array.from(letters, (letter, i) => (letter === "I" ? -(2n ** 40n) - BigInt(i) : i - 3));
		if (name === "proc_exit")
			assert.throws(() => exports[name](...args), WebAssembly.RuntimeError);
		else
			assert.equal(exports[name](...args), 7, name);
		const wanted = args.flatMap(arg => (typeof arg === "bigint"
			? [Number(BigInt.asIntN(32, arg)), Number(BigInt.asIntN(32, arg >> 32n))] : [arg]));
		assert.deepEqual(seen[name], wanted, name);
	}
});

test("a miss waits, and the wait's errno is the call's", () => {
	let waits = 0;
	const exports = makeTrampoline(begins(() => MISS), () => {
		waits++;
		return 44;
	});
	assert.equal(exports.fd_close(3), 44);
	assert.equal(exports.path_open(3, 0, 0, 0, 0, 0n, 0n, 0, 0), 44);
	assert.equal(waits, 2);
});

test("a wait that ends the program is a real trap, which a guest can't catch", () => {
	const exports = makeTrampoline(begins(() => MISS), () => -2);
	assert.throws(() => exports.fd_close(3), WebAssembly.RuntimeError);
});

test("proc_exit traps whether or not it has to wait", () => {
	let waits = 0;
	for (const result of [0, MISS]) {
		const exports = makeTrampoline(begins(() => result), () => (waits++, 0));
		assert.throws(() => exports.proc_exit(3), WebAssembly.RuntimeError);
	}
	assert.equal(waits, 1);
});

test("where wait throws, pinned answers", () => {
	for (const catches of ["exnref", "legacy"]) {
		if (!WebAssembly.validate(trampolineBytes(catches)))
			continue; // an engine that hasn't these has no Suspending imports either
		const module = new WebAssembly.Module(trampolineBytes(catches));
		const { exports } = new WebAssembly.Instance(module, { begin: begins(() => MISS), wait: {
			wait() {
				throw new Error("can't suspend");
			},
			pinned: () => 5,
		} });
		assert.equal(exports.fd_close(3), 5, catches);
	}
	assert.ok(WebAssembly.validate(trampolineBytes()), "without exceptions it runs in every engine");
});
