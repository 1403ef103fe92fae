// Components without a browser: what is read of their bytes, whatever they are, and what is said of those that can't run.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { top } from "../gateway/gateway.js";
import { INTERFACES, checkComponent, functionOf } from "../../static/shim/component/interfaces.js";
import { BUILTINS, INTERFACES_3, loweredSignature, storedParams } from "../../static/shim/component/interfaces-3.js";
import { builtins } from "../../static/shim/component/async-builtins.js";
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
	["a draft of 0.3", importing("wasi:cli/stdin@0.3.0-rc-2025-09-16", "read-via-stream"), /nobody provides: wasi:cli\/stdin@0\.3\.0-rc-2025-09-16$/],
	["what is newer than WASI 0.3", importing("wasi:cli/stdin@0.4.0", "read-via-stream"), /nobody provides: wasi:cli\/stdin@0\.4\.0$/],
	["a function of 0.2 that 0.3 hasn't", importing("wasi:cli/stdin@0.3.0", "get-stdin"), /wasi:cli\/stdin@0\.3\.0 \(get-stdin\)$/],
	["a draft of 0.2", importing("wasi:cli/stdin@0.2.0-rc-2023-12-05", "get-stdin"), /wasi:cli\/stdin@0\.2\.0-rc-2023-12-05$/],
	["a function that isn't there", importing("wasi:cli/exit@0.2.12", "later"), /wasi:cli\/exit@0\.2\.12 \(later\)$/],
	["a name that objects inherit", importing("wasi:cli/exit@0.2.12", "toString"), /\(toString\)$/],
	["nothing to start", component(), /exports neither wasi:cli\/run \(of 0\.2 or 0\.3\) nor wasi:http\/incoming-handler@0\.2/],
])
	test(`${what} is named before the start`, async () => {
		const plan = await planOf(bytes);
		assert.throws(() => checkImports(plan), (error) => error instanceof WebAssembly.LinkError && said.test(error.message));
	});

for (const [what, bytes, said] of [
	["threads", component(section(8, 1, 0x26)), /the component has threads, or what is newer than WASI 0\.3\.0, which/],
	["error contexts", component(section(8, 1, 0x1e)), /the component has error contexts, which/],
	["what is newer, of an interface that is newer", component(section(7, 1, 0x42, 0), section(10, 1, 0, ...name("wasi:cli/stdin@0.4.0"), 5, 0),
		section(8, 1, 0x77)), /needs wasi:cli\/stdin@0\.4\.0, and has threads, or what is newer than WASI 0\.3\.0, which this gateway can't run$/],
	["a stream of a type that isn't there", component(section(8, 1, 0x0e, 3)), /has no type 3/],
	["a start function", component(section(9, 0)), /start function/],
	["a section that isn't known", component(section(77, 0)), /malformed at byte/],
	["a section that ends later", new Uint8Array([...HEAD, 7, 100, 1]), /malformed at byte/],
	["an index of nothing", component(section(8, 1, 1, 0, 7, 0)), /has no func 7/],
	["a type within a type within a type …", component([7, 0xff, 0x03, 1, ...Array(510).fill([0x42, 1, 1]).flat().slice(0, 510)]), /malformed|ends/],
])
	test(`${what}: a CompileError says so`, async () => {
		await assert.rejects(planOf(bytes), (error) => error instanceof WebAssembly.CompileError && said.test(error.message));
	});

test("each function in the tables of interfaces is there, and none is there without a row", () => {
	const host = { calls: {}, memory: null };
	const keys = (table, version) => Object.entries(table).flatMap(([from, functions]) => Object.keys(functions).map((its) => `${from}${version}#${its}`));
	assert.deepEqual(Object.keys(functionsOf(host)).sort(), [...keys(INTERFACES, ""), ...keys(INTERFACES_3, "@0.3"), "[resource-drop]"].sort());
	assert.deepEqual(Object.keys(builtins(host)).sort(), Object.keys(BUILTINS).sort());
});

test("each row of it is as the WIT of 0.2.12 has it", async () => {
	const wit = await signaturesOf(path.join(build, `jco${process.env.JCO ?? ""}`));
	const used = Object.fromEntries(Object.entries(INTERFACES).filter(([from, functions]) => Object.hasOwn(wit, from) || Object.keys(functions).length > 0));
	assert.deepEqual(used, wit);
});

test("and as the WIT of 0.3.0 has it", async () => {
	const wit = await signaturesOf(path.join(build, `jco${process.env.JCO ?? ""}`), "0.3.0", ["wasi:cli/imports", "wasi:http/service"]);
	for (const [from, functions] of Object.entries(INTERFACES_3))
		assert.deepEqual(Object.fromEntries(Object.entries(functions).map(([its, row]) => [its, loweredSignature(row, false)])), wit[from] ?? {}, from);
});

test("an async func lowered with async: more than four flat parameters come in memory, and a result goes there", () => {
	for (const [row, signature] of [["async I", "I>i"], ["async ii>b", "iii>i"], ["async ibs>p", "iiiii>i"], ["async iss>p", "ii>i"], ["async ia>p", "ii>i"]])
		assert.equal(loweredSignature(row, true), signature, row);
	const view = new DataView(new ArrayBuffer(64));
	const { size, align, load } = storedParams("async ibstt>p");
	assert.deepEqual({ size, align }, { size: 64, align: 8 });
	for (const [at, bytes, value] of [[0, 4, 7], [4, 1, 1], [8, 4, 1000], [12, 4, 5], [16, 1, 1], [40, 1, 2], [48, 4, 3], [52, 4, -1], [56, 4, 9]])
		view[`setInt${8 * bytes}`](at, value, true);
	assert.deepEqual(load(view, 0), [7, 1, 1000, 5, 1, 0, 0, 0, 2, 3, -1, 9]);
	const other = new DataView(new ArrayBuffer(64)); // option<ip-socket-address>: IPv4
	for (const [at, value] of [[0, 1], [4, 0], [10, 127], [13, 1]])
		other.setUint8(at, value);
	other.setUint16(8, 8080, true);
	assert.deepEqual(storedParams("async oI>p").load(other, 0).slice(0, 13), [1, 0, 8080, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
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

for (const [program, of] of [["prints", "0.2"], ["canon", "0.3"]])
	test(`cut short, or with a byte changed, one of WASI ${of} is a plan or a CompileError`, { timeout: 60_000 }, async () => {
		const bytes = new Uint8Array(fs.readFileSync(path.join(build, `components/${program}.wasm`)));
		const tell = async (changed) => {
			try {
				await planOf(changed);
			} catch (error) {
				assert.ok(error instanceof WebAssembly.CompileError, error.stack);
			}
		};
		const outside = []; // of the core modules: the engine judges those
		let modules = 0;
		for (let at = 8; at < bytes.length;) {
			let size = 0, end = at + 1;
			for (let shift = 0; ; shift += 7) {
				size |= (bytes[end] & 0x7f) << shift;
				if (bytes[end++] < 0x80)
					break;
			}
			modules += bytes[at] === 1 ? 1 : 0;
			if (bytes[at] !== 1 && bytes[at] !== 0)
				outside.push(...Array.from({ length: end - at + size }, (_, i) => at + i));
			at = end + size;
		}
		// Without the modules' bytes that must be compiled: as many empty ones.
		const light = new Uint8Array([...HEAD, ...Array(modules).fill([1, 8, 0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]).flat(), ...outside.map((at) => bytes[at])]);
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
