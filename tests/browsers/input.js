// Standard streams: input of every kind, known at the start or coming later; output in order.
import assert from "node:assert/strict";

import { test } from "../testing.js";

/** @param {() => import("./fixture.js").Fixture} fixture @param {{ wait: string, coherence: string }} way */
export function input(fixture, way) {
	const program = (...args) => ({ ...way, file: "guests/input.wasm", args: ["input", ...args], preopens: [] });
	const every = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));

	test("no input is its end", async () => {
		const result = await fixture().run(program("copy"));
		assert.equal(result.stdout, "", JSON.stringify(result));
		assert.equal(result.exitCode, 0);
	});

	for (const [what, stdin, expected] of [
		["a string", "grüße\nende", Buffer.from("grüße\nende").toString("latin1")],
		["bytes of every value", { bytes: every }, every],
		["a stream", { stream: ["one ", "two ", every, "end"] }, `one two ${every}end`],
		["a slow stream", { stream: ["a", "b", "c"], delay: 30 }, "abc"],
		["an async iterable", { iterable: ["x", every], delay: 5 }, `x${every}`],
		["more than may be unread (a MiB and a half)", { bytes: every.repeat(6000) }, every.repeat(6000)],
		["a stream of as much", { stream: Array(12).fill(every.repeat(500)) }, every.repeat(6000)],
	])
		test(`${what} of input is copied as it is`, async () => {
			const result = await fixture().run({ ...program("copy", "10000"), stdin });
			assert.equal(result.error?.stack, undefined);
			assert.equal(result.stdout.length, expected.length);
			assert.ok(result.stdout === expected);
		});

	for (const source of ["stream", "iterable"])
		test(`a${source === "stream" ? " stream" : "n iterable"} of input that fails ends the program, and run() rejects with its error`, async () => {
			const result = await fixture().run({ ...program("copy", "10000"), stdin: { [source]: ["one ", "two "], fails: "the cable was pulled" } });
			assert.deepEqual([result.error?.constructor, result.error?.message], ["RangeError", "the cable was pulled"], JSON.stringify(result));
		});

	test("a program that polls input and a clock gets whichever comes first", async () => {
		const id = await fixture().start({ ...program("wait"), stdin: { live: true } });
		await fixture().printed(id, "waiting\n");
		await fixture().ask((which) => window.suite.write(which, "first\n"), id);
		await fixture().printed(id, "got first\nwaiting\n");
		await fixture().ask((which) => window.suite.write(which, "second\n"), id);
		await fixture().printed(id, "got second\nwaiting\n");
		await fixture().ask((which) => window.suite.closeStdin(which), id);
		const result = await fixture().ended(id);
		assert.equal(result.stdout, "waiting\ngot first\nwaiting\ngot second\nwaiting\nend\n", JSON.stringify(result));
	});

	test("a conversation: each line is answered before the next is written", async () => {
		const id = await fixture().start({ ...program("lines"), stdin: { live: true } });
		for (let number = 1; number <= 5; number++) {
			await fixture().ask((which, text) => window.suite.write(which, text), id, `line ${number}\n`);
			await fixture().printed(id, `${number}: line ${number}\n`);
		}
		await fixture().ask((which) => window.suite.closeStdin(which), id);
		assert.equal((await fixture().ended(id)).exitCode, 0);
	});
}
