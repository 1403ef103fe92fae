//# allFunctionsCalledOnLoad
/* What a recording holds of one run: docs/RECORDING.md. The numbers and the small codes that recorder, reader and replay share. Knows nothing of files,
 * gateways or pages. */
import { addressAt } from "../base/addresses.js";
import { ALL_SIGNATURES, EXTENSIONS, IMPORTS, SOCKETS } from "../base/signatures.js";

export const LAYOUT_VERSION = 2;
/** In place of an import's number: the run has ended, JSON follows. */
export const END_MARK = 0xFF;
/** Of a record's flags. */
export const FLAG = Object.freeze({ ERRNO: 1, STDOUT: 2, STDERR: 4, WRITES: 8, WAITED: 16 });

const SUBSCRIPTION = 48;
const WORDS_MIN = 256; // bytes from which a view of their words is worth making
const HASHED_MAX = 64 << 10; // of longer buffers the first and the last half of it

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

/* A number that tells inputs apart; not against anybody's will. Nearly all are written from an address that 4 divides, and a typed array is read several times
 * as fast as a DataView before the engine has compiled this. */
function hashOf(hash, { bytes, view }, from, length) {
	if (length > HASHED_MAX) {
		hash = hashOf(hash, { bytes, view }, from, HASHED_MAX / 2);
		return hashOf(hash ^ length, { bytes, view }, from + length - HASHED_MAX / 2, HASHED_MAX / 2);
	}
	const end = from + length;
	if (from % 4 === 0 && length >= WORDS_MIN) {
		const words = new Int32Array(bytes.buffer, from, length >> 2);
		for (let i = 0; i < words.length; i++)
			hash = Math.imul(hash ^ words[i], 0x9E3779B1) ^ hash >>> 15;
		from += 4 * words.length;
	}
	for (; from + 4 <= end; from += 4)
		hash = Math.imul(hash ^ view.getUint32(from, true), 0x9E3779B1) ^ hash >>> 15;
	for (; from < end; from++)
		hash = Math.imul(hash ^ bytes[from], 0x01000193);
	return hash;
}

function hashOfBuffers(memory, iovecs, count) {
	let hash = 0x811C9DC5;
	if (memory.iovecsLength(iovecs, count) < 0)
		return 0;
	for (let at = iovecs >>> 0, end = at + (count >>> 0) * 8; at < end; at += 8)
		hash = hashOf(hash, memory, memory.u32(at), memory.u32(at + 4));
	return hash >>> 0;
}

const NO_BYTES = new Uint8Array(0);

/** The path that an import is given: a copy; empty where it isn't inside the memory. */
export function pathAt(memory, pointer, length) {
	return memory.holds(pointer, length >>> 0) ? memory.read(pointer, length >>> 0) : NO_BYTES;
}

/** Of an input that isn't a path: a number that stands for it. */
export function inputAt(memory, { letter, at }, raw) {
	switch (letter) {
	case "b":
		return hashOfBuffers(memory, raw[at], raw[at + 1]);
	case "s": {
		const length = (raw[at + 2] >>> 0) * SUBSCRIPTION;
		return memory.holds(raw[at], length) ? hashOf(1, memory, raw[at] >>> 0, length) >>> 0 : 0;
	}
	case "a": {
		const endpoint = addressAt(memory, raw[at], raw[at + 1]);
		return typeof endpoint === "number" ? endpoint : endpoint.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 1) >>> 0;
	}
	}
	return memory.holds(raw[at], 4) ? memory.u32(raw[at]) : 0; // v
}

/** 128 bits that tell memories apart, in hexadecimal; not against anybody's will. SHA-256 takes several times as long, at each end of a program. */
export function memoryHash(bytes) {
	const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
	let a = 1, b = 2, c = 3, d = 4; // of every fourth word, a quarter of 64 KiB being whole
	for (let i = 0; i < words.length; i += 4) {
		a = Math.imul(a ^ words[i], 0x9E3779B1);
		a ^= a >>> 15;
		b = Math.imul(b ^ words[i + 1], 0x85EBCA77);
		b ^= b >>> 13;
		c = Math.imul(c ^ words[i + 2], 0xC2B2AE3D);
		c ^= c >>> 16;
		d = Math.imul(d ^ words[i + 3], 0x27D4EB2F);
		d ^= d >>> 14;
	}
	return [a, b, c, d].map(lane => (lane >>> 0).toString(16).padStart(8, "0")).join("");
}
