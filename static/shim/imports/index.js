//# allFunctionsCalledOnLoad
/* The 46 imports of wasi_snapshot_preview1 and ours of wvwasi, for all ways to wait: each begins a call and returns an errno, or MISS after it has written the
 * call into the outgoing batch; the trampoline then waits. Pointers are checked (FAULT) before anything has an effect; i64 arguments arrive as two i32, low
 * half first. The calls themselves are in imports/, by kind, as in wasi/sys_*.c: one long function a kind, whose calls have the program's memory and
 * descriptors as variables, which costs nothing at each call. */
import { ALL_SIGNATURES, EXTENSIONS, IMPORTS, SOCKETS } from "../base/signatures.js";
import { SYSCALLS } from "../base/syscalls.js";
import { MISS } from "../base/trampoline.js";
import { directoryImports } from "./directory.js";
import { fileImports } from "./file.js";
import { Injections } from "./injections.js";
import { lockImports } from "./lock.js";
import { networkImports } from "./network.js";
import { pathImports } from "./path.js";
import { pollImports } from "./poll.js";
import { processImports } from "./process.js";
import { socketImports } from "./socket.js";
import { streamImports } from "./stream.js";

/** { name: (...i32) => errno or MISS } for makeTrampoline. */
export function makeImports(program) {
	if (program.replay !== null)
		return program.replay.imports();
	const begins = {
		...processImports(program), ...streamImports(program), ...fileImports(program), ...directoryImports(program),
		...pathImports(program), ...pollImports(program), ...socketImports(program), ...lockImports(program),
	};
	const counted = {};
	for (const name of Object.keys(ALL_SIGNATURES)) {
		const row = SYSCALLS.findIndex(({ name: its }) => its === name);
		const begin = program.failed.noting(name, injected(program, begins[name], row, IMPORTS[name] ?? EXTENSIONS[name]));
		counted[name] = kept(program, name, recorded(program, name, heardCall(program, countedCall(program, row, begin))));
	}
	return counted;
}

/** The same of SOCKETS, for a trampoline of their own. */
export function makeSocketImports(program) {
	if (program.replay !== null)
		return program.replay.socketImports();
	const begins = networkImports(program, socketImports(program));
	const counted = {};
	for (const [key, its] of Object.entries(SOCKETS)) {
		const row = SYSCALLS.findIndex(({ name }) => name === its.call);
		const begin = program.failed.noting(key, injected(program, begins[key], row, its));
		counted[key] = kept(program, key, recorded(program, key, heardCall(program, countedCall(program, row, begin, key))));
	}
	return counted;
}

const kept = (program, key, call) => (program.keeping === null ? call : program.keeping.into(key, call));
const recorded = (program, key, call) => (program.recorder === null ? call : program.recorder.into(key, call));

function injected(program, begin, row, its) {
	const { injections } = program;
	return injections === null ? begin : injections.into(begin, SYSCALLS[row].number, its, SYSCALLS[row].name === "proc_exit");
}

/* Rest arguments cost; no import has more than eleven i32. What a call doesn't take arrives as undefined and isn't looked at. */
function countedCall(program, row, begin, socket = null) {
	const { counts, memory, pipeline, watching } = program;
	const { writer } = pipeline;
	const key = socket ?? SYSCALLS[row].name, { last, shape } = program.failed.plainOf(key);
	return (a, b, c, d, e, f, g, h, i, j, k) => {
		counts[row]++;
		memory.refresh();
		if (writer.count !== 0)
			program.cache.tick();
		const serial = shape === null ? 0 : last.beginPlain(shape, a);
		const result = watching[0] === 0 ? begin(a, b, c, d, e, f, g, h, i, j, k)
			: program.watched(row, begin, [a, b, c, d, e, f, g, h, i, j, k], socket);
		if (result !== MISS)
			pipeline.release();
		else if (program.sleepNs < 0)
			program.waited++;
		if (shape !== null)
			if (result === 0)
				last.end(serial, shape, d);
			else
				program.failed.plainEnded(key, a, result, serial, d);
		return result;
	};
}

/* A program without shared memory learns of a debugger by answers alone. If it has asked for nothing for half a second, its next call asks;
 * but not if it is kept, since the page that comes next has to ask the same. */
const LOOK_CALLS = 0x3FFF;
const LOOK_MS = 500;

function heardCall(program, call) {
	if (typeof SharedArrayBuffer === "function" && program.watching.buffer instanceof SharedArrayBuffer)
		return call;
	const { pipeline } = program;
	return (a, b, c, d, e, f, g, h, i, j, k) => {
		if ((++program.unheard & LOOK_CALLS) === 0 && performance.now() - pipeline.left > LOOK_MS && !program.ending && !program.keeping?.hasBegun)
			return program.settle(() => call(a, b, c, d, e, f, g, h, i, j, k));
		return call(a, b, c, d, e, f, g, h, i, j, k);
	};
}
