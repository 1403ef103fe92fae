//# allFunctionsCalledOnLoad
/* Functions that a program is linked with before they are there: a small wasm module, each of whose exports calls what its table holds then. So a program can
 * be instantiated, which takes a large one 10 ms and more, while its guest is still being made. A call costs one more within wasm; one that comes too early
 * traps. */
import { ALL_SIGNATURES } from "./signatures.js";
import { I32, I64, OP, body, leb, section, signedLeb, text, vector } from "./trampoline.js";

const CALL_INDIRECT = 0x11, FUNCREF = 0x70, TABLE = 1;
const names = Object.keys(ALL_SIGNATURES);
/** @type {WebAssembly.Module | null} */
let compiled = null;

/** The bytes of the module, in their order. */
export function lateBytes() {
	const types = names.map(name => {
		const params = [...ALL_SIGNATURES[name]].map(letter => (letter === "I" ? I64 : I32));
		return [0x60, ...vector(params), ...vector(name === "proc_exit" ? [] : [I32])];
	});
	const codes = names.map((name, i) => body([], [
		...[...ALL_SIGNATURES[name]].flatMap((_, at) => [OP.localGet, at]), OP.i32Const, ...signedLeb(i), CALL_INDIRECT, ...leb(i), 0,
	]));
	return new Uint8Array([
		0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
		...section(1, types),
		...section(3, names.map((_, i) => leb(i))),
		...section(4, [[FUNCREF, 0, ...leb(names.length)]]),
		...section(7, [...names.map((name, i) => [...text(name), 0, ...leb(i)]), [...text(""), TABLE, 0]]),
		...section(10, codes),
	]);
}

/** Compiles it for the workers of a page, before one has a program, and off this thread. */
export function compileLate() {
	return WebAssembly.compile(lateBytes());
}

/** In a worker: what compileLate() made. */
export function takeLate(module) {
	compiled = module;
}

/**
 * The functions to link with, by name, and what fills them with those of makeTrampoline().
 * @returns {{ functions: WebAssembly.Exports, fill: (functions: WebAssembly.Exports) => void }}
 */
export function makeLate() {
	compiled ??= new WebAssembly.Module(lateBytes());
	const { "": exported, ...functions } = new WebAssembly.Instance(compiled).exports;
	const table = /** @type {WebAssembly.Table} */ (exported);
	return { functions, fill: its => names.forEach((name, i) => table.set(i, its[name])) };
}
