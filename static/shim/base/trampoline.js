//# allFunctionsCalledOnLoad
/* A small wasm module between a guest and our JavaScript. Each of its exports has the signature of one import, of preview1 or of ours:
 *
 *   fd_read(a, b, c, d) = { r = begin.fd_read(a, b, c, d); if (r < 0) { r = wait(); if (r < 0) unreachable; } return r; }
 *
 * begin is a plain import and costs a few ns; only a MISS pays for wait, which may be a Suspending import. A guest's stack holds wasm frames alone up to wait,
 * so it can be suspended. i64 arguments arrive in JavaScript as two i32 (low, high): no BigInt is made. A negative result of wait, and proc_exit, end in
 * `unreachable`, a real trap: a JavaScript exception could be caught by a guest that was built with wasm exceptions. `pinned` is called in place of wait when
 * wait throws because a JavaScript frame on the stack can't be suspended. */
import { ALL_SIGNATURES } from "./signatures.js";

/** What begin returns when the answer has to be waited for. */
export const MISS = -1;

/** What wait gives when the program is over: the trampoline traps. */
export const OVER = -2;

/* The pieces of a module's bytes: types, opcodes, numbers, lists, names, sections. */
export const I32 = 0x7f, I64 = 0x7e;
export const OP = { unreachable: 0x00, if: 0x04, end: 0x0b, call: 0x10, drop: 0x1a, localGet: 0x20, localTee: 0x22, i32Const: 0x41,
	i32LtS: 0x48, i32WrapI64: 0xa7, i64ShrU: 0x88, i64Const: 0x42, try: 0x06, catchAll: 0x19, tryTable: 0x1f, block: 0x02, return: 0x0f };

export function leb(value) {
	const bytes = [];
	do {
		bytes.push(value & 0x7f | (value > 0x7f ? 0x80 : 0));
		value >>>= 7;
	} while (value);
	return bytes;
}
/** @param {number | bigint} value */
export function signedLeb(value) {
	const bytes = [];
	for (let rest = BigInt(value); ; rest >>= 7n) {
		const byte = Number(rest & 0x7Fn), sign = byte & 0x40 ? -1n : 0n;
		if (rest >> 7n === sign)
			return [...bytes, byte];
		bytes.push(byte | 0x80);
	}
}
export const vector = items => [...leb(items.length), ...items.flat()];
export const text = string => vector([...new TextEncoder().encode(string)]);
export const section = (id, items) => {
	const body = vector(items);
	return [id, ...leb(body.length), ...body];
};
export const body = (locals, code) => {
	const bytes = [...vector(locals.map(type => [1, type])), ...code, OP.end];
	return [...leb(bytes.length), ...bytes];
};

const call = index => [OP.call, ...leb(index)];

/** Code that waits and leaves its result. With `catches`, wait is tried and pinned called when it throws ("legacy" or "exnref": which
 * exceptions). */
function waitingCode(catches, wait, pinned) {
	if (catches === "legacy")
		return [OP.try, I32, ...call(wait), OP.catchAll, ...call(pinned), OP.end];
	if (catches === "exnref")
		return [OP.block, I32, OP.block, 0x40, OP.tryTable, I32, 1, 0x02, 0, ...call(wait), OP.end, 0x0c, 1, OP.end, ...call(pinned), OP.end];
	return call(wait);
}

/** The bytes of the module, in their order. */
export function trampolineBytes(catches = null, signatures = ALL_SIGNATURES) {
	const names = Object.keys(signatures);
	const types = []; // as strings, each once
	const type = (params, results) => {
		const key = JSON.stringify([0x60, ...vector(params), ...vector(results)]);
		if (!types.includes(key))
			types.push(key);
		return types.indexOf(key);
	};
	const outer = name => [...signatures[name]].map(letter => (letter === "I" ? I64 : I32));
	const inner = name => [...signatures[name]].flatMap(letter => (letter === "I" ? [I32, I32] : [I32]));
	const nothingToInt = type([], [I32]);

	const imports = [];
	for (const name of names)
		imports.push([...text("begin"), ...text(name), 0, ...leb(type(inner(name), [I32]))]);
	const wait = imports.length;
	imports.push([...text("wait"), ...text("wait"), 0, nothingToInt]);
	const pinned = imports.length;
	imports.push([...text("wait"), ...text("pinned"), 0, nothingToInt]);

	/* finish() -> errno: waits; traps if there is nothing left to return to */
	const finish = imports.length;
	const functions = [[nothingToInt]];
	const codes = [body([I32], [
		...waitingCode(catches, wait, pinned), OP.localTee, 0, OP.i32Const, 0, OP.i32LtS, OP.if, 0x40, OP.unreachable, OP.end, OP.localGet, 0,
	])];
	const exports = [];
	for (const name of names) {
		const params = outer(name);
		const result = params.length; // the one local behind the parameters
		const begin = params.flatMap((kind, i) => (kind === I64
			? [OP.localGet, i, OP.i32WrapI64, OP.localGet, i, OP.i64Const, 32, OP.i64ShrU, OP.i32WrapI64]
			: [OP.localGet, i]));
		begin.push(...call(names.indexOf(name)));
		exports.push([...text(name), 0, ...leb(finish + functions.length)]);
		if (name === "proc_exit") {
			functions.push([...leb(type(params, []))]);
			codes.push(body([], [...begin, OP.i32Const, 0, OP.i32LtS, OP.if, 0x40, ...call(finish), OP.drop, OP.end, OP.unreachable]));
		} else {
			functions.push([...leb(type(params, [I32]))]);
			codes.push(body([I32], [
				...begin, OP.localTee, result, OP.i32Const, 0, OP.i32LtS,
				OP.if, I32, ...call(finish), 0x05, OP.localGet, result, OP.end,
			]));
		}
	}
	return new Uint8Array([
		0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
		...section(1, types.map(key => JSON.parse(key))),
		...section(2, imports),
		...section(3, functions),
		...section(7, exports),
		...section(10, codes),
	]);
}

const compiled = new Map(); // signatures -> which exceptions it catches -> WebAssembly.Module, or null: the engine refuses it

function moduleOf(catches, signatures) {
	if (!compiled.has(signatures))
		compiled.set(signatures, new Map());
	const forms = compiled.get(signatures);
	if (!forms.has(catches)) {
		const bytes = trampolineBytes(catches, signatures);
		forms.set(catches, WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null);
	}
	return forms.get(catches);
}

const formsOf = pins => (pins ? ["exnref", "legacy", null] : [null]);

/**
 * Compiles it for the workers of a page, before one has a program, and off this thread. pins: will there be a `pinned`?
 * @returns {Promise<[string | null, WebAssembly.Module]>}
 */
export async function compileTrampoline(pins) {
	const form = formsOf(pins).slice(0, -1).find(catches => WebAssembly.validate(trampolineBytes(catches, ALL_SIGNATURES))) ?? null;
	return [form, await WebAssembly.compile(trampolineBytes(form, ALL_SIGNATURES))];
}

/** In a worker: what compileTrampoline() made. */
export function takeTrampoline([catches, module]) {
	compiled.set(ALL_SIGNATURES, new Map([[catches, module]]));
}

/**
 * The functions to give a guest, by name.
 * begin: { name: (...i32) => errno or MISS }; wait: () => errno (plain or Suspending), negative to end the program; pinned: () => errno;
 * signatures: of which functions.
 */
export function makeTrampoline(begin, wait, pinned = null, signatures = ALL_SIGNATURES) {
	const imports = { begin, wait: { wait, pinned: pinned ?? (() => MISS) } };
	for (const catches of formsOf(pinned !== null)) {
		const module = moduleOf(catches, signatures);
		if (module !== null)
			return new WebAssembly.Instance(module, imports).exports;
	}
	throw new Error("this engine refuses the trampoline");
}
