//# allFunctionsCalledOnLoad
/* Numbers that tell bytes of a program's memory apart; not against anybody's will. A small wasm module that is linked with that memory computes them: engines
 * compile it before its first call, and JavaScript after more calls than most programs make. docs/RECORDING.md has what is computed. */
import { I32, I64, OP, body, leb, section, signedLeb, text, vector } from "../base/trampoline.js";

const SEED = 0xCBF29CE484222325n, ODD = 0x9E3779B97F4A7C15n;
const SHIFT = 29n;
const WHOLE_MAX = 64 << 10; // of longer buffers the first and the last half of it
const PAGES_MAX = 65536;

const VOID = 0x40;
const CODE = {
	loop: 0x03, else: 0x05, br: 0x0c, brIf: 0x0d, localSet: 0x21, i32Load: 0x28, i64Load: 0x29, i64Load8U: 0x31, memorySize: 0x3f,
	i32Eqz: 0x45, i32GtU: 0x4b, i32Add: 0x6a, i32Sub: 0x6b, i32And: 0x71, i32Xor: 0x73, i32Shl: 0x74, i32ShrU: 0x76, i64Mul: 0x7e, i64Xor: 0x85, i64ExtendI32U: 0xad,
};
const FUNCTIONS = ["part", "sum", "bytes", "buffers", "memory"];
const EXPORTED = ["bytes", "buffers", "memory"];

const type = (params, results) => [0x60, ...vector(params), ...vector(results)];
const get = local => [OP.localGet, local];
const set = (local, ...value) => [...value.flat(), CODE.localSet, local];
const i32 = number => [OP.i32Const, ...signedLeb(number)];
const i64 = number => [OP.i64Const, ...signedLeb(BigInt.asIntN(64, number))];
const load = (code, address, offset = 0) => [...address, code, 0, ...leb(offset)];
const add = (local, number) => set(local, get(local), i32(number), CODE.i32Add);
const call = (name, ...args) => [...args.flat(), OP.call, FUNCTIONS.indexOf(name)];
/* counts the local down to 0 */
const times = (local, ...code) => [
	OP.block, VOID, CODE.loop, VOID, ...get(local), CODE.i32Eqz, CODE.brIf, 1, ...code.flat(), ...add(local, -1), CODE.br, 0, OP.end, OP.end,
];
/* hash = (hash ^ word) * ODD; hash ^= hash >> SHIFT */
const mix = (hash, word) => [
	...set(hash, get(hash), word, CODE.i64Xor, i64(ODD), CODE.i64Mul), ...set(hash, get(hash), get(hash), i64(SHIFT), OP.i64ShrU, CODE.i64Xor),
];
const halves = hash => [...get(hash), OP.i32WrapI64, ...get(hash), ...i64(32n), OP.i64ShrU, OP.i32WrapI64, CODE.i32Xor];

/* (hash, at, length) -> hash: each u64, then each byte that is left */
const part = (hash, at, length, words) => body([I32], [
	...set(words, get(length), i32(3), CODE.i32ShrU),
	...times(words, mix(hash, load(CODE.i64Load, get(at))), add(at, 8)),
	...set(length, get(length), i32(7), CODE.i32And),
	...times(length, mix(hash, load(CODE.i64Load8U, get(at))), add(at, 1)),
	...get(hash),
]);

/* (hash, at, length) -> hash: of a buffer, and its length */
const sum = (hash, at, length) => body([], [
	...set(hash, get(hash), get(length), CODE.i64ExtendI32U, CODE.i64Xor),
	...get(length), ...i32(WHOLE_MAX), CODE.i32GtU, OP.if, I64,
	...call("part", call("part", get(hash), get(at), i32(WHOLE_MAX / 2)),
		[...get(at), ...get(length), CODE.i32Add, ...i32(WHOLE_MAX / 2), CODE.i32Sub], i32(WHOLE_MAX / 2)),
	CODE.else, ...call("part", get(hash), get(at), get(length)), OP.end,
]);

/* (at, length) -> u32 */
const bytes = (at, length, hash) => body([I64], [...set(hash, call("sum", i64(SEED), get(at), get(length))), ...halves(hash)]);

/* (iovecs, count) -> u32 */
const buffers = (iovecs, count, hash) => body([I64], [
	...set(hash, i64(SEED)),
	...times(count, set(hash, call("sum", get(hash), load(CODE.i32Load, get(iovecs)), load(CODE.i32Load, get(iovecs), 4))), add(iovecs, 8)),
	...halves(hash),
]);

/* () -> two u64: of the first of each 16 bytes' halves, and of the second */
const whole = (at, left, first, second) => body([I32, I32, I64, I64], [
	...set(left, [CODE.memorySize, 0], i32(12), CODE.i32Shl), ...set(first, i64(SEED)), ...set(second, i64(ODD)),
	...times(left, mix(first, load(CODE.i64Load, get(at))), mix(second, load(CODE.i64Load, get(at), 8)), add(at, 16)),
	...get(first), ...get(second),
]);

/** The bytes of the module, in their order. */
export function hashesBytes(isShared) {
	const limits = isShared ? [3, 0, ...leb(PAGES_MAX)] : [0, 0];
	return new Uint8Array([
		0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
		...section(1, [type([I64, I32, I32], [I64]), type([I32, I32], [I32]), type([], [I64, I64])]),
		...section(2, [[...text("program"), ...text("memory"), 2, ...limits]]),
		...section(3, [[0], [0], [1], [1], [2]]),
		...section(7, EXPORTED.map(name => [...text(name), 0, FUNCTIONS.indexOf(name)])),
		...section(10, [part(0, 1, 2, 3), sum(0, 1, 2), bytes(0, 1, 2), buffers(0, 1, 2), whole(0, 1, 2, 3)]),
	]);
}

/** @type {WebAssembly.Module | null} for memory that isn't shared */
let compiled = null;

export class Hashes {
	#memory;
	#functions = null;

	/** memory: the program's GuestMemory, which may be bound later */
	constructor(memory) {
		this.#memory = memory;
		compiled ??= new WebAssembly.Module(hashesBytes(false)); // before the program runs: WebKit compiles all of a process in one queue
	}

	#of() {
		if (this.#functions === null) {
			const { memory } = this.#memory, isShared = !(memory.buffer instanceof ArrayBuffer);
			const module = isShared ? new WebAssembly.Module(hashesBytes(true)) : compiled;
			this.#functions = new WebAssembly.Instance(module, { program: { memory } }).exports;
		}
		return this.#functions;
	}

	/** A u32 of memory[at, at + length); 0 if that isn't inside of it. */
	bytes(at, length) {
		return length > 0 && this.#memory.holds(at, length) ? this.#of().bytes(at, length) >>> 0 : 0;
	}

	/** A u32 of the buffers of a list; 0 if they aren't inside of the memory. */
	buffers(iovecs, count) {
		return this.#memory.iovecsLength(iovecs, count) > 0 ? this.#of().buffers(iovecs, count) >>> 0 : 0;
	}

	/** Of all of it: 128 bits, in hexadecimal. */
	whole() {
		return this.#of().memory().map(half => BigInt.asUintN(64, half).toString(16).padStart(16, "0")).join("");
	}
}
