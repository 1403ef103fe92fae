// What a debugger reaches into a program's page for, in every way to wait: the memory of the stopped program, and what goes wrong with its calls.
import assert from "node:assert/strict";

import { Fixture } from "../browsers/fixture.js";
import { waysOf } from "../engines/index.js";
import { ASK, Debugger, GO, STATE, TO_DEBUGGER } from "../gateway/debugger.js";
import * as wire from "../../static/inspector/codec.js";
import { after, test } from "../testing.js";

/** Asks, and says yes at the terminal. */
async function askFor(gateway, debug, what) {
	const asked = new Promise((resolve) => gateway.events.once("question", resolve));
	const before = debug.frames.filter(({ type }) => type === TO_DEBUGGER.SCOPE).length;
	debug.send(wire.encodeAsk(what));
	gateway.say({ do: "answer", question: (await asked).question, yes: true });
	await debug.when((frames) => (frames.filter(({ type }) => type === TO_DEBUGGER.SCOPE).length > before ? true : undefined), "the yes");
}

/** @param {string} engine */
export async function reaching(engine) {
	const fixture = await Fixture.open(engine);
	after(() => fixture.close());

	for (const wait of waysOf[engine])
		test(`${engine}, ${wait}: a stopped program's memory is read and searched, and its calls fail as a debugger with control wants`, async () => {
			const debug = await Debugger.attach(fixture.gateway);
			await askFor(fixture.gateway, debug, ASK.CONTROL);
			const id = await fixture.start({ wait, file: "guests/watched.wasm", stdin: { live: true }, preopens: [["/data", "/data"]] });
			await fixture.printed(id, "ready");
			const { program } = await debug.when((frames) => frames.filter(({ type }) => type === TO_DEBUGGER.PROGRAM).at(-1));
			let request = 0;
			const memory = async (wish) => {
				debug.send(wire.encodeMemory(program, { request: ++request, ...wish }));
				return debug.next(TO_DEBUGGER.MEMORY_IS, (answer) => answer.request === request);
			};
			const write = (text) => fixture.ask((which, what) => window.suite.write(which, what), id, text);
			assert.equal((await memory({ address: 0, length: 16 })).error, 2, "without the yes for contents");
			await askFor(fixture.gateway, debug, ASK.DATA);
			debug.send(wire.encodeAttach(program, true));
			assert.equal((await memory({ address: 0, length: 16 })).error, 1, "while it runs");

			debug.send(wire.encodeBreak([{ id: 1, call: "path_filestat_get", path: "*needle-in-memory" }]));
			const { guest } = fixture.fresh();
			await write(`stat ${guest}/needle-in-memory\n`);
			await debug.next(TO_DEBUGGER.STATE, ({ state }) => state >= STATE.BEFORE);
			const found = await memory({ address: 0, find: "needle-in-memory" });
			assert.equal(found.error, 0);
			assert.equal(Buffer.from(found.bytes).subarray(0, 16).toString(), "needle-in-memory");
			assert.equal(found.size % 65536, 0);
			const at = Number(found.address);
			for (let time = 0; time < 4; time++) { // more than one thread may send that doesn't return to its loop
				const part = await memory({ address: Math.min(at, found.size - 65536), length: 65536 });
				assert.equal(part.bytes.length, 65536);
				assert.ok(Buffer.from(part.bytes).includes("needle-in-memory"));
			}
			assert.equal((await memory({ address: 0, find: "\x01never\x02in any memory\x03" })).address, wire.NONE64);
			assert.equal((await memory({ address: 2 ** 40, length: 16 })).bytes.length, 0);

			debug.send(wire.encodeInject(program, ["path_*:error=NOSUCH"]));
			assert.notEqual((await debug.next(TO_DEBUGGER.INJECTED)).wrong, "");
			const rules = ["path_filestat_get:error=EIO:path=*/needle2"];
			debug.send(wire.encodeInject(program, rules));
			assert.deepEqual((await debug.next(TO_DEBUGGER.INJECTED, ({ wrong }) => wrong === "")).rules, rules);
			debug.send(wire.encodeBreak([]));
			debug.send(wire.encodeGo(program, GO.RESUME));
			await write(`stat ${guest}/needle2\n`);
			await debug.call(/needle2/, ({ errno }) => errno === 29);
			debug.send(wire.encodeInject(program, []));
			await debug.next(TO_DEBUGGER.INJECTED, ({ rules: left, wrong }) => wrong === "" && left.length === 0);
			await write(`stat ${guest}/needle2\nexit\n`);
			await debug.call(/needle2/, ({ errno }) => errno === 44);
			await fixture.ended(id);
			await debug.close();
		});
}
