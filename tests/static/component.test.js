// Components without a browser: what is read of their bytes, whatever they are, and what is said of those that can't run.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { top } from "../gateway/gateway.js";
import { INTERFACES, checkComponent, functionOf } from "../../static/shim/component/interfaces.js";
import { functionsOf } from "../../static/shim/component/link.js";
import { planOf } from "../../static/shim/component/plan.js";
import { signaturesOf } from "../components/signatures.js";
import { isStub } from "../../static/shim/component/stub.js";
import { checkImports } from "../../static/shim/program/module.js";

const build = process.env.WVWASI_BUILD ?? path.join(top, "build");
const HEAD = [0, 0x61, 0x73, 0x6d, 13, 0, 1, 0];
const name = (text) => [text.length, ...Buffer.from(text)];
const section = (id, ...bytes) => [id, bytes.length, ...bytes];
const component = (...sections) => new Uint8Array([...HEAD, ...sections.flat()]);

/** Imports an interface that has one function, and lowers it. */
const importing = (from, what) => component(
	section(7, 1, 0x42, 2, 1, 0x40, 0, 1, 0, 4, 0, ...name(what), 1, 0),
	section(10, 1, 0, ...name(from), 5, 0),
	section(6, 1, 1, 0, 0, ...name(what)),
	section(8, 1, 1, 0, 0, 0));

for (const [what, bytes, said] of [
	["an interface that isn't here", importing("wasi:keyvalue/store@0.2.0", "open"), /needs what nobody provides: wasi:keyvalue\/store@0\.2\.0$/],
	["WASI 0.3", importing("wasi:cli/stdin@0.3.0", "read-via-stream"), /nobody provides: wasi:cli\/stdin@0\.3\.0$/],
	["a draft of 0.2", importing("wasi:cli/stdin@0.2.0-rc-2023-12-05", "get-stdin"), /wasi:cli\/stdin@0\.2\.0-rc-2023-12-05$/],
	["a function that isn't there", importing("wasi:cli/exit@0.2.12", "later"), /wasi:cli\/exit@0\.2\.12 \(later\)$/],
	["a name that objects inherit", importing("wasi:cli/exit@0.2.12", "toString"), /\(toString\)$/],
	["nothing to start", component(), /exports neither wasi:cli\/run@0\.2 nor wasi:http\/incoming-handler@0\.2/],
])
	test(`${what} is named before the start`, async () => {
		const plan = await planOf(bytes);
		assert.throws(() => checkImports(plan), (error) => error instanceof WebAssembly.LinkError && said.test(error.message));
	});

for (const [what, bytes, said] of [
	["asynchronous functions", component(section(8, 1, 5, 0)), /the component has asynchronous functions \(WASI 0\.3\), which/],
	["those of an interface", component(section(7, 1, 0x42, 0), section(10, 1, 0, ...name("wasi:cli/stdin@0.3.0"), 5, 0), section(8, 1, 5, 0)),
		/needs wasi:cli\/stdin@0\.3\.0, and has asynchronous functions \(WASI 0\.3\), which this gateway can't run$/],
	["a start function", component(section(9, 0)), /start function/],
	["a section that isn't known", component(section(77, 0)), /malformed at byte/],
	["a section that ends later", new Uint8Array([...HEAD, 7, 100, 1]), /malformed at byte/],
	["an index of nothing", component(section(8, 1, 1, 0, 7, 0)), /has no func 7/],
	["a type within a type within a type …", component([7, 0xff, 0x03, 1, ...Array(510).fill([0x42, 1, 1]).flat().slice(0, 510)]), /malformed|ends/],
])
	test(`${what}: a CompileError says so`, async () => {
		await assert.rejects(planOf(bytes), (error) => error instanceof WebAssembly.CompileError && said.test(error.message));
	});

test("each function in the table of interfaces is there, and none is there without a row", () => {
	const there = Object.keys(functionsOf({ calls: {}, memory: null }));
	const rows = Object.entries(INTERFACES).flatMap(([from, functions]) => Object.keys(functions).map((its) => `${from}#${its}`));
	assert.deepEqual(there.sort(), [...rows, "[resource-drop]"].sort());
});

test("each row of it is as the WIT of 0.2.12 has it", async () => {
	const wit = await signaturesOf(path.join(build, `jco${process.env.JCO ?? ""}`));
	const used = Object.fromEntries(Object.entries(INTERFACES).filter(([from, functions]) => Object.hasOwn(wit, from) || Object.keys(functions).length > 0));
	assert.deepEqual(used, wit);
});

test("a stub only traps, and needs nothing", () => {
	const module = (imports, ...body) => new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section(1, 1, 0x60, 0, 0), ...imports,
		...section(3, 2, 0, 0), ...section(7, 2, ...name("empty"), 0, 0, ...name("stub"), 0, 1), ...section(10, 2, 2, 0, 0x0b, body.length, ...body)]);
	const stub = module([], 0, 0, 0x0b);
	assert.ok(WebAssembly.validate(stub));
	assert.deepEqual(["stub", "empty", "none"].map((its) => isStub(stub, its)), [true, false, false]);
	assert.equal(isStub(module([], 0, 1, 0, 0x0b), "stub"), false);
	assert.equal(isStub(module(section(2, 1, ...name("a"), ...name("b"), 0, 0), 0, 0, 0x0b), "stub"), false);
	assert.equal(isStub(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), "stub"), false);
	assert.throws(() => isStub(stub.subarray(0, -1), "stub"), WebAssembly.CompileError);
});

test("imports of the app's own are refused", async () => {
	const plan = await planOf(component());
	assert.throws(() => checkImports(plan, { env: {} }), /imports of the app's own/);
});

test("a component as jco makes it: everything that it needs is there", async () => {
	const plan = await planOf(new Uint8Array(fs.readFileSync(path.join(build, "components/files.wasm"))));
	checkComponent(plan);
	assert.equal(plan.version, "0.2.12");
	assert.equal(plan.steps.length, 4);
	assert.ok(plan.calls.length > 30, String(plan.calls.length));
	assert.deepEqual(plan.calls.filter((call) => functionOf(call) === null), []);
	assert.deepEqual(structuredClone(plan.calls), plan.calls);
});

test("components within are read so often as their bytes allow: eight of eight of eight … are refused at once", { timeout: 10_000 }, async () => {
	const long = (id, bytes) => [id, bytes.length & 0x7f | 0x80, bytes.length >> 7, ...bytes];
	let nested = component();
	for (let level = 0; level < 12; level++)
		nested = component(long(4, [...nested]), section(5, 8, ...Array(8).fill([0, 0, 0]).flat()));
	await assert.rejects(planOf(nested), { name: "CompileError", message: /has too many instances/ });
});

test("cut short, or with a byte changed, it is a plan or a CompileError", { timeout: 60_000 }, async () => {
	const bytes = new Uint8Array(fs.readFileSync(path.join(build, "components/prints.wasm")));
	const tell = async (changed) => {
		try {
			await planOf(changed);
		} catch (error) {
			assert.ok(error instanceof WebAssembly.CompileError, error.stack);
		}
	};
	const outside = []; // of the core modules: the engine judges those
	for (let at = 8; at < bytes.length;) {
		let size = 0, end = at + 1;
		for (let shift = 0; ; shift += 7) {
			size |= (bytes[end] & 0x7f) << shift;
			if (bytes[end++] < 0x80)
				break;
		}
		if (bytes[at] !== 1 && bytes[at] !== 0)
			outside.push(...Array.from({ length: end - at + size }, (_, i) => at + i));
		at = end + size;
	}
	// Without the modules' bytes that must be compiled: as many empty ones.
	const light = new Uint8Array([...HEAD, ...Array(4).fill([1, 8, 0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]).flat(), ...outside.map((at) => bytes[at])]);
	await planOf(light);
	for (let at = 0; at < light.length; at += 3) {
		await tell(light.subarray(0, at));
		for (const byte of [0xff, light[at] ^ 1]) {
			const changed = light.slice();
			changed[at] = byte;
			await tell(changed);
		}
	}
});
