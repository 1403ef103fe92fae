// One worker, in which a program's calls and a bare WebSocket take turns: what differs is ours.
import { WASI } from "/_wvwasi/wvwasi.js";
import { SIGNATURES } from "/_wvwasi/shim/signatures.js";
import { makeTrampoline } from "/_wvwasi/shim/trampoline.js";

import { dial, down, echo, up } from "./bare.js";

let answerTicket = null;
const getTicket = () => new Promise((resolve) => {
	answerTicket = resolve;
	postMessage({ wants: "ticket" });
});
const bench = { now: () => performance.now() };
const compiled = fetch("/calls.wasm").then((response) => WebAssembly.compileStreaming(response));

/** The program, ready: its exports as promises. */
async function start(wait, coherence) {
	const wasi = await WASI.connect({ wait, coherence, ticket: getTicket, args: ["calls"], stdin: "", preopens: { "/": "/" } });
	const instance = await WebAssembly.instantiate(await compiled, { ...wasi.imports, bench });
	return { wasi, exports: await wasi.initialize(instance), memory: instance.exports.memory };
}

async function opened(exports, which, write = 0) {
	const fd = await exports.file(which, write);
	if (fd < 0)
		throw new Error(`cannot open file ${which}: errno ${-fd}`);
	return fd;
}

const kinds = {
	/** [[ms of each call], [ms of each echo]] for each pair of blocks. */
	async waits({ wait, port, pairs, block, bytes }) {
		const { wasi, exports, memory } = await start(wait, "strict");
		const [fd, socket] = [await opened(exports, 0), await dial(port)];
		const results = [];
		for (let pair = 0; pair < pairs; pair++) {
			if (await exports.waits(fd, block) !== 0)
				throw new Error("a read failed");
			const ours = [...new Float64Array(memory.buffer, await exports.times(), block)];
			results.push([ours, await echo(socket, bytes, block)]);
		}
		socket.close();
		wasi.close();
		return results;
	},

	/** { kind: [ns of ours above a trampoline hit that returns a constant] }, one a round */
	async local({ wait, rounds, count }) {
		const { wasi, exports } = await start(wait, "default");
		const fd = await opened(exports, 0);
		const constant = makeTrampoline(Object.fromEntries(Object.keys(SIGNATURES).map((name) => [name, () => 0])), () => 0);
		const plain = (await WebAssembly.instantiate(await compiled, { wasi_snapshot_preview1: constant, bench })).exports;
		const results = {};
		for (const [kind, name] of ["sizes", "fdstat", "tell", "seek", "clock", "random", "read"].entries()) {
			const times = name === "read" ? count / 10 : count; // a window grows old
			results[name] = [];
			for (let round = -1; round < rounds; round++) {
				const ours = await timed(() => exports.local(kind, fd, times));
				const bare = await timed(() => plain.local(kind, fd, count));
				if (round >= 0)
					results[name].push((ours / times - bare / count) * 1e6);
			}
		}
		wasi.close();
		return results;
	},

	/** MB/s, one a round: { reads, down, fetched, writes, up } */
	async rates({ wait, port, rounds, size }) {
		const { wasi, exports } = await start(wait, "default");
		const results = { reads: [], down: [], fetched: [], writes: [], up: [] };
		const target = new Uint8Array(1 << 20);
		const socket = await dial(port);
		const ways = {
			async reads() {
				const fd = await opened(exports, 1);
				if (await exports.reads(fd) !== size)
					throw new Error("the file isn't as long as it should be");
				await exports.end(fd);
			},
			down: () => down(socket, size, target),
			async fetched() {
				const reader = (await fetch("/big.bin", { cache: "no-store" })).body.getReader();
				for (let part = await reader.read(); !part.done; part = await reader.read())
					for (let at = 0; at < part.value.length; at += target.length)
						target.set(part.value.subarray(at, at + target.length));
			},
			async writes() {
				const fd = await opened(exports, 2, 1);
				if (await exports.writes(fd, size) !== 0 || await exports.end(fd) !== 0)
					throw new Error("a write failed");
			},
			up: () => up(socket, size),
		};
		for (let round = -1; round < rounds; round++)
			for (const [name, run] of Object.entries(ways)) {
				const ms = await timed(run);
				if (round >= 0)
					results[name].push(size / 1000 / ms);
			}
		results.waits = wasi.stats().roundTrips;
		socket.close();
		wasi.close();
		return results;
	},
};

async function timed(run) {
	const began = performance.now();
	await run();
	return performance.now() - began;
}

onmessage = async ({ data }) => {
	if (data.ticket)
		return answerTicket(data.ticket);
	try {
		postMessage({ result: await kinds[data.kind](data) });
	} catch (error) {
		postMessage({ error: `${error.message}\n${error.stack}` });
	}
};
