// A program in Node, as a page's worker runs it: the shim's own code with the gateway at the other end. The thread blocks, and the test's thread carries its
// batches by POST, where a page has a synchronous XMLHttpRequest.
import { webcrypto } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import v8 from "node:v8";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

import { HELLO } from "./client.js";

const ROOM = 8 << 20, STATE = 0, STATUS = 1, LENGTH = 2, HEAD = 16;

/**
 * Runs a program to its end.
 * @param {import("./client.js").Session} session
 * @param {string | Uint8Array} program a file, or bytes, of a module or a component
 * @param {string[]} [args]
 * @param {object[]} [preopens] as a HELLO's; none: no folder
 * @returns {Promise<{ code: number, stdout: string, stats: object }>} rejects with what the program ended by
 */
export async function runProgram(session, program, args = [], preopens = []) {
	const guest = await session.connectByPost({ flags: HELLO.NEW | HELLO.CONTROL | HELLO.XHR | HELLO.STDIN_EOF | HELLO.PREOPENS,
		args: ["program", ...args].map((arg) => Buffer.from(arg)), preopens });
	const bytes = typeof program === "string" ? fs.readFileSync(program) : program;
	const shared = new SharedArrayBuffer(HEAD + ROOM), words = new Int32Array(shared, 0, 4);
	const worker = new Worker(new URL(import.meta.url), { workerData: { bytes, welcome: guest.welcome, shared, origin: session.origin } });
	let ended = null;
	worker.on("message", async (message) => {
		if (!(message instanceof Uint8Array))
			return void (ended = message);
		const { status, body } = await guest.post(Buffer.from(message)).catch(() => ({ status: 0, body: Buffer.alloc(0) }));
		new Uint8Array(shared, HEAD).set(body);
		words.set([1, status, body.length]);
		Atomics.notify(words, STATE);
	});
	await once(worker, "exit");
	await guest.control.close();
	if (ended?.error !== undefined)
		throw new Error(ended.error);
	return ended;
}

async function main({ bytes, welcome, shared, origin }) {
	const words = new Int32Array(shared, 0, 4);
	globalThis.crypto ??= webcrypto; // Node 18 has it behind a flag, and what componentize-qjs makes, too
	v8.setFlagsFromString("--experimental-wasm-extended-const");
	globalThis.location = new URL(origin);
	globalThis.XMLHttpRequest = class {
		open() {}
		setRequestHeader() {}
		getResponseHeader() {
			return this.status === 200 ? "application/octet-stream" : "text/plain";
		}
		send(body) {
			words[STATE] = 0;
			parentPort.postMessage(body.slice());
			Atomics.wait(words, STATE, 0);
			this.status = words[STATUS];
			this.response = new Uint8Array(shared, HEAD, words[LENGTH]).slice().buffer;
		}
	};
	const [{ Output }, { Program }, { Runner }, { checkImports, loadProgram }] = await Promise.all(["base/output", "program/program", "program/runner", "program/module"]
		.map((name) => import(`../../static/shim/${name}.js`)));
	const shown = [];
	const output = new Output((parts) => shown.push(...parts.map((part) => Buffer.from(part.bytes))));
	const program = new Program({ welcome, flags: HELLO.XHR, coherence: "strict", output, stdin: { bytes: new Uint8Array(0), eof: true }, wait: "xhr" });
	const runner = new Runner(program, "xhr", { connection: null, key: welcome.key });
	const { compiled: module } = await loadProgram(bytes);
	checkImports(module);
	const code = await runner.start(await runner.instantiate(module));
	parentPort.postMessage({ code, stdout: Buffer.concat(shown).toString(), stats: program.stats() });
}

if (!isMainThread)
	main(workerData).catch((error) => parentPort.postMessage({ error: String(error.stack) }));
