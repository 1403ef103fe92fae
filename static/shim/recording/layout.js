//# allFunctionsCalledOnLoad
/* What a recording holds of one run: docs/RECORDING.md. The numbers and the small codes that recorder, reader and replay share. Knows nothing of files,
 * gateways or pages. */
import { addressAt } from "../base/addresses.js";
import { ALL_SIGNATURES, EXTENSIONS, IMPORTS, SOCKETS } from "../base/signatures.js";

export const LAYOUT_VERSION = 3;
/** In place of an import's number: the run has ended, JSON follows. */
export const END_MARK = 0xFF;
/** Of a record's flags. */
export const FLAG = Object.freeze({ ERRNO: 1, STDOUT: 2, STDERR: 4, WRITES: 8, WAITED: 16 });

const SUBSCRIPTION = 48;

/* Of an import: its name as the recording has it, how many i32 it takes, where its inputs are. */
function shapeOf(key, { signature, takes, gives }) {
	const i32 = [...signature].reduce((sum, letter) => sum + (letter === "I" ? 2 : 1), 0);
	return Object.freeze({ key, name: SOCKETS[key]?.call ?? key, i32, takes, gives, inputs: takes.filter(({ letter }) => "pbsav".includes(letter)) });
}

/** All imports, preview1's and ours first, then the sockets', by the name that the recording has of them. */
export const SHAPES = Object.freeze([
	...Object.keys(ALL_SIGNATURES).map(key => shapeOf(key, IMPORTS[key] ?? EXTENSIONS[key])),
	...Object.keys(SOCKETS).map(key => shapeOf(key, SOCKETS[key])),
]);
export const SHAPE_NUMBERS = Object.freeze(Object.fromEntries(SHAPES.map(({ key }, number) => [key, number])));

const NO_BYTES = new Uint8Array(0);

/** The path that an import is given: a copy; empty where it isn't inside the memory. */
export function pathAt(memory, pointer, length) {
	return memory.holds(pointer, length >>> 0) ? memory.read(pointer, length >>> 0) : NO_BYTES;
}

/** Of an input that isn't a path: a number that stands for it. hashes: recording/hashes.js's, of that memory */
export function inputAt(memory, hashes, { letter, at }, raw) {
	switch (letter) {
	case "b":
		return hashes.buffers(raw[at], raw[at + 1]);
	case "s":
		return hashes.bytes(raw[at], (raw[at + 2] >>> 0) * SUBSCRIPTION);
	case "a": {
		const endpoint = addressAt(memory, raw[at], raw[at + 1]);
		return typeof endpoint === "number" ? endpoint : endpoint.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 1) >>> 0;
	}
	}
	return memory.holds(raw[at], 4) ? memory.u32(raw[at]) : 0; // v
}
