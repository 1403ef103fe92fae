//# allFunctionsCalledOnLoad
/* A small wasm module between a component's modules and our JavaScript, as base/trampoline.js is for preview1:
 *
 *   f(a, b) = { r = begin.f(a, b); if (r < 0) { if (r < MISS) unreachable; r = wait(); if (r < 0) unreachable; } return r; }
 *
 * Only a call that misses waits, and only wasm is on the stack then. A function without a result drops r, and one of 64 bits ("I"), or of
 * 32 of which each may be a result ("w"), returns the global `wide`. */
import { I32, I64, MISS, OP, body, leb, section, text, vector } from "../base/trampoline.js";

/** What begin returns when the component has broken a rule, or when it is over: it traps. */
export const TRAP = -3;

const GLOBAL_GET = 0x23, LOCAL_SET = 0x21;
const TO_I32 = { w: "i" };

/* catches: as trampolineBytes() has it in base/trampoline.js. */
function bytesOf(functions, catches) {
	const types = [];
	const type = (params, results) => {
		const key = JSON.stringify([0x60, ...vector(params), ...vector(results)]);
		if (!types.includes(key))
			types.push(key);
		return leb(types.indexOf(key));
	};
	const letters = (signature, split) => [...signature].flatMap(letter => (letter === "i" ? [I32] : split ? [I32, I32] : [I64]));
	const call = index => [OP.call, ...leb(index)];
	const nothingToInt = type([], [I32]);

	const imports = functions.map(({ name, signature }) => [...text("begin"), ...text(name), 0, ...type(letters(signature.split(">")[0], true), [I32])]);
	const wait = imports.length, pinned = wait + 1, finish = wait + 2;
	imports.push([...text("wait"), ...text("wait"), 0, ...nothingToInt], [...text("wait"), ...text("pinned"), 0, ...nothingToInt]);
	imports.push([...text("wait"), ...text("wide"), 3, I64, 1]);

	const waiting = {
		legacy: [OP.try, I32, ...call(wait), OP.catchAll, ...call(pinned), OP.end],
		exnref: [OP.block, I32, OP.block, 0x40, OP.tryTable, I32, 1, 0x02, 0, ...call(wait), OP.end, 0x0c, 1, OP.end, ...call(pinned), OP.end],
	}[catches] ?? call(wait);
	/* traps if the local is less */
	const trapBelow = (local, least) => [OP.localTee, local, OP.i32Const, least & 0x7f, OP.i32LtS, OP.if, 0x40, OP.unreachable, OP.end];
	const declared = [nothingToInt];
	const codes = [body([I32], [...waiting, ...trapBelow(0, 0), OP.localGet, 0])];
	const exports = [];
	functions.forEach(({ name, signature }, i) => {
		const [params, result = ""] = signature.split(">");
		const own = params.length;
		exports.push([...text(name), 0, ...leb(finish + 1 + i)]);
		declared.push(type(letters(params), letters(TO_I32[result] ?? result)));
		codes.push(body([I32], [
			...[...params].flatMap((letter, at) => (letter === "i" ? [OP.localGet, at]
				: [OP.localGet, at, OP.i32WrapI64, OP.localGet, at, OP.i64Const, 32, OP.i64ShrU, OP.i32WrapI64])),
			...call(i), ...trapBelow(own, MISS), OP.localGet, own, OP.i32Const, 0, OP.i32LtS, OP.if, 0x40, ...call(finish), LOCAL_SET, own, OP.end,
			...{ i: [OP.localGet, own], I: [GLOBAL_GET, 0], w: [GLOBAL_GET, 0, OP.i32WrapI64], "": [] }[result],
		]));
	});
	return new Uint8Array([
		0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section(1, types.map(key => JSON.parse(key))), ...section(2, imports), ...section(3, declared),
		...section(7, exports), ...section(10, codes),
	]);
}

/**
 * The functions, by name. begin: { name: (...i32) => a result ≥ 0, MISS or TRAP }; wait, pinned: as makeTrampoline's; wide: the global for 64-bit results.
 * @param {{ name: string, signature: string }[]} functions
 */
export function makeComponentTrampoline(functions, begin, { wait, pinned, wide }) {
	const imports = { begin, wait: { wait, pinned: pinned ?? (() => TRAP), wide } };
	for (const catches of pinned === null ? [null] : ["exnref", "legacy", null]) {
		const bytes = bytesOf(functions, catches);
		if (WebAssembly.validate(bytes))
			return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports;
	}
	throw new Error("this engine refuses the trampoline");
}
