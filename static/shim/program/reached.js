//# allFunctionsCalledOnLoad
/* What a debugger with control reaches into: the memory of the stopped program, in parts of 64 KiB, and what goes wrong with its calls from now on
 * (docs/PROTOCOL.md, Debuggers). Both come as frames among the program's answers, also while it waits for one. Leaves to others: who may (the gateway). */
import { decodeInject, decodeLook, encodeMemory, indexOfBytes } from "../base/codec.js";
import { Injections } from "../imports/injections.js";
import { EXTENSIONS, IMPORTS, SOCKETS } from "../base/signatures.js";
import { SYSCALLS } from "../base/syscalls.js";

const PART_MAX = 64 << 10;
const SEARCH_MAX = 64 << 20; // bytes that one question looks through
const AROUND = 256; // bytes that are given of what was found
const NOWHERE = 0xFFFFFFFFFFFFFFFFn;

/** The answer to a LOOK, whole. @param {import("../base/memory.js").GuestMemory} memory */
export function lookAt(memory, frame) {
	const { request, find: finds, address, length, pattern } = decodeLook(frame);
	memory.refresh();
	const size = memory.bytes.length;
	if (!finds) {
		const from = Math.min(address, size);
		return encodeMemory({ request, size, address: BigInt(from), bytes: memory.bytes.slice(from, Math.min(size, from + Math.min(length, PART_MAX))) });
	}
	const at = pattern.length === 0 ? -1 : indexOfBytes(memory.bytes, pattern, Math.min(address, size), address + SEARCH_MAX);
	if (at < 0) // how far it was looked through
		return encodeMemory({ request, size, address: NOWHERE, bytes: new Uint8Array(0) });
	return encodeMemory({ request, size, address: BigInt(at), bytes: memory.bytes.slice(at, at + AROUND) });
}

/** Rules of a debugger's, for calls of a program that it controls. */
export class Faults {
	#injections;
	#begins = new Map(); // import -> begin with what happens to it

	constructor(program, frame) {
		const rules = decodeInject(frame);
		this.#injections = rules.length === 0 ? null : new Injections(program, rules);
	}

	/** begin of a row of SYSCALLS; socket: its key in SOCKETS, or null. */
	into(begin, row, socket) {
		if (this.#injections === null)
			return begin;
		const { name, number } = SYSCALLS[row];
		const key = socket ?? name;
		if (!this.#begins.has(key))
			this.#begins.set(key, this.#injections.into(begin, number, socket === null ? IMPORTS[name] ?? EXTENSIONS[name] : SOCKETS[socket], name === "proc_exit"));
		return this.#begins.get(key);
	}
}
