// One worker, in which a program's calls and a bare WebSocket take turns: what differs is ours.
import { WASI } from "/_wvwasi/wvwasi.js";

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

	/** The same pairs for shared's waiting calls and an echo by a transport worker, this thread blocked in both. */
	async transport({ port, pairs, block, bytes }) {
		const { wasi, exports, memory } = await start("shared", "strict");
		const fd = await opened(exports, 0);
		const shared = new SharedArrayBuffer(8 + bytes), words = new Int32Array(shared, 0, 2);
		const worker = new Worker("/transport-worker.js", { type: "module" });
		await new Promise((resolve) => {
			worker.onmessage = resolve;
			worker.postMessage({ port, shared, length: bytes });
		});
		const results = [];
		for (let pair = 0; pair < pairs; pair++) {
			if (await exports.waits(fd, block) !== 0)
				throw new Error("a read failed");
			const ours = [...new Float64Array(memory.buffer, await exports.times(), block)], theirs = [];
			for (let i = 0; i < block; i++) {
				const began = performance.now();
				const answered = Atomics.load(words, 1);
				Atomics.add(words, 0, 1);
				Atomics.notify(words, 0);
				Atomics.wait(words, 1, answered);
				theirs.push(performance.now() - began);
			}
			results.push([ours, theirs]);
		}
		worker.terminate();
		wasi.close();
		return results;
	},

	/** MB/s: { down, fetched, up } */
	async rates({ port, size }) {
		const results = {};
		const target = new Uint8Array(1 << 20);
		const socket = await dial(port);
		const ways = {
			down: () => down(socket, size, target),
			async fetched() {
				const reader = (await fetch("/big.bin", { cache: "no-store" })).body.getReader();
				for (let part = await reader.read(); !part.done; part = await reader.read())
					for (let at = 0; at < part.value.length; at += target.length)
						target.set(part.value.subarray(at, at + target.length));
			},
			up: () => up(socket, size),
		};
		for (const [name, run] of Object.entries(ways))
			results[name] = size / 1000 / await timed(run);
		socket.close();
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
