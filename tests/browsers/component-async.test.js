// Components of WASI 0.3, in each engine and way to wait: async functions, streams and futures. Made of JavaScript by componentize-qjs.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { engineNames, waysOf } from "../engines/index.js";
import { top } from "../gateway/gateway.js";
import { after, describe, test } from "../testing.js";
import { Fixture } from "./fixture.js";

const build = process.env.WVWASI_BUILD ?? path.join(top, "build");
const only = process.env.WVWASI_WAY;
const OK = '{"tag":"ok"}';
/** What canon.c does wrong, and what is said of it. */
const BROKEN = { w: /waits for what can never come/, t: /read or written twice at once/, d: /dropped while it is read/, o: /outside of the component's memory/,
	k: /handle \d+ is no ReadEnd/, s: /a subtask is dropped that isn't over/, e: /a waitable set is dropped that isn't empty/,
	x: /function ended without a result/ };
const letters = (length) => Array.from({ length }, (_, i) => String.fromCharCode(33 + i % 90)).join("");

for (const engine of engineNames) {
	const fixture = await Fixture.open(engine);
	after(() => fixture.close());
	fs.cpSync(path.join(build, "components"), path.join(fixture.base, "root/components"), { recursive: true });

	for (const wait of waysOf[engine].filter((way) => only === undefined || way === only))
		describe(`${engine}, ${wait}`, () => {
			const run = (args, { file = "tasks", ...options } = {}) =>
				fixture.run({ wait, file: `components/${file}.wasm`, args: [file, ...args], preopens: [], ...options });

			/** What it prints, on both streams, and its exit code. */
			async function prints(args, stdout, { stderr = "", exitCode = 0, ...options } = {}) {
				const result = await run(args, options);
				assert.deepEqual([result.stdout, result.stderr, result.exitCode], [stdout, stderr, exitCode], JSON.stringify(result.error));
				assert.equal(result.wait, wait);
			}

			test("wasi:cli: what is written to a stream is printed, and its future says how it ended", () =>
				prints(["print", "to", "be"], "to be\n", { stderr: `${OK}\n` }));
			test("wasi:cli: environment", () => prints(["environment"], '[["DEFAULT","of the gateway"],["WORT","Gruss"]]\n', { env: { WORT: "Gruss" } }));
			test("wasi:cli: exit codes", async () => {
				await prints(["exit", "42"], "before\n", { exitCode: 42 });
				await prints(["fails"], "before\n", { exitCode: 1 });
				await prints(["throws"], "before\n", { exitCode: 1 });
			});
			test("wasi:cli: stdin comes in parts, and goes back in capitals", async () => {
				await prints(["capitals", "5"], "TO BE OR NOT TO BE", { stdin: { bytes: "to be or not to be" }, stderr: `[${OK},${OK}]` });
				const bytes = letters(300_000);
				await prints(["capitals", "70000"], bytes.toUpperCase(), { stdin: { bytes }, stderr: `[${OK},${OK}]` });
			});
			test("wasi:cli: a stream that is passed on goes through", async () => {
				const bytes = letters(1_000_000);
				await prints(["through"], bytes, { stdin: { bytes }, stderr: `[${OK},${OK}]` });
			});
			test("wasi:cli: a long stream, more than is kept anywhere", async () => {
				const { stdout, exitCode, error } = await run(["flood", "8000000"]);
				assert.equal(stdout.length, 8_000_000);
				assert.ok(stdout.slice(256 << 10).startsWith(letters(256 << 10)));
				assert.equal(exitCode, 0, error?.stack);
			});
			test("wasi:clocks: several waits at once", () => prints(["clocks"], "longest middle past shortest true true true\n"));
			test("wasi:clocks, wasi:cli: a wait for either, and an exit while one is waited for", () =>
				prints(["either", "3600000"], "typed\n", { stdin: { bytes: "typed" }, exitCode: 3 }));
			test("wasi:random", () => prints(["random"], "1000 true true true\n"));
			test("wasi:filesystem: files, folders and attributes, on real files", async () => {
				const folder = fixture.fresh();
				const result = await run([], { file: "files3", preopens: [["/", folder.guest]] });
				assert.deepEqual(result.stdout.split("\n").filter((line) => !line.startsWith("ok ")), [""], JSON.stringify(result.error));
				assert.ok(result.stdout.split("\n").length > 28, result.stdout);
				assert.equal(result.exitCode, 0);
				const text = letters(300_000), big = fs.readFileSync(path.join(folder.host, "big"), "latin1");
				assert.ok(big === `${text.slice(0, 10)}offset${text.slice(16)}the end` && fs.readFileSync(path.join(folder.host, "copy"), "latin1") === big);
				assert.equal(fs.statSync(path.join(folder.host, "attributes"), { bigint: true }).mtimeNs, 3_000_000_000_007n);
				assert.deepEqual(fs.readdirSync(path.join(folder.host, "sub")).sort(), ["also-b", "b", "link"]);
			});
			test("the canonical ABI's functions, called by hand", async () => {
				const result = await run([], { file: "canon" });
				assert.deepEqual(result.stdout.split("\n").filter((line) => !line.startsWith("ok ")), [""], JSON.stringify(result.error));
				assert.deepEqual([result.stdout.split("\n").length, result.exitCode], [22, 0]);
			});
			test("a function that isn't lifted as async, or that has no callback, waits on its stack", async () => {
				for (const file of ["lifted", "stackful"])
					assert.equal((await run([], { file })).exitCode, 1, file);
			});
			test("examples/component/javascript counts words by a stream", async () => {
				const folder = fixture.fresh();
				fs.writeFileSync(path.join(folder.host, "greeting.txt"), `${"to be or not to be ".repeat(9000)}\n`);
				const result = await run(["/greeting.txt"], { file: "words3", preopens: [["/", folder.guest]] });
				assert.equal(result.stdout, "54000 words in /greeting.txt\n", JSON.stringify(result));
				assert.equal(result.exitCode, 0);
			});
			test("a component that breaks its rules traps, and the error says which", async () => {
				for (const [rule, said] of Object.entries(BROKEN)) {
					const { error, exitCode } = await run([rule], { file: "canon" });
					assert.match(error?.message ?? String(exitCode), said);
				}
			});
			test("a stream within the component: a slow reader, and one that has left", async () => {
				await prints(["within"], "to be or not to be\n");
				await prints(["unread"], "0\n");
			});
		});
}
