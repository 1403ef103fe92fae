// How programs end: by themselves, by a trap, from the page, by the gateway's death.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { startAfter } from "./fixture.js";
import { test } from "../testing.js";

/** @param {() => import("./fixture.js").Fixture} fixture @param {{ wait: string, coherence: string }} way */
export function ends(fixture, way) {
	const run = (file, ...args) => fixture().run({ ...way, file: `guests/${file}.wasm`, args: [file, ...args], preopens: [] });

	for (const [how, number, exitCode] of [["return", 0, 0], ["return", 7, 7], ["exit", 0, 0], ["exit", 33, 33], ["exit", 255, 255], ["exit", 1000, 1000]])
		test(`${how} ${number} gives exit code ${exitCode}, from any depth`, async () => {
			const result = await run("ends", how, String(number));
			assert.equal(result.exitCode, exitCode, JSON.stringify(result));
			assert.equal(result.stdout, "before\n");
		});

	test("proc_raise gives 128 and the signal's number", async () => {
		const result = await run("ends", "raise", "15");
		assert.equal(result.exitCode, 128 + 15, JSON.stringify(result));
		assert.equal(result.stdout, "before\n");
	});

	for (const how of ["trap", "outside", "abort", "overflow"])
		test(`a trap (${how}) rejects with the program's stack, and what it printed before is there`, async () => {
			const { error, stdout, exitCode } = await run("ends", how);
			assert.equal(exitCode, undefined);
			assert.ok(error, "it should have rejected");
			assert.notEqual(error.kind, "GatewayLost");
			assert.match(error.stack, /wasm/);
			if (how === "trap")
				// WebKit now and then gives its stacks before it has read the names.
				assert.match(error.stack, /trap_inside_here|@<\?>:wasm-function\[\d/, `a function of the program is named in: ${error.stack}`);
			assert.equal(stdout, "before\n");
		});

	test("proc_exit isn't caught by a program built with wasm exceptions", async () => {
		const result = await run("exceptions", "exit");
		assert.equal(result.exitCode, 33, JSON.stringify(result));
		assert.equal(result.stdout, "");
	});

	test("a program's own wasm exceptions work", async () => {
		const result = await run("exceptions", "throw");
		assert.equal(result.exitCode, 5, JSON.stringify(result));
		// WebKitGTK 2.50 leaves out the innermost frame's cleanup, with any imports.
		assert.match(result.stdout, /^throwing\n(unwound\n){2,3}caught\n$/);
	});

	/* WebKit doesn't end a worker in mid-wasm: a loop without calls runs on until its page goes. So such programs get a page of their own. */
	const inOwnPage = async (use) => {
		const page = await fixture().openPage(fixture().gateway);
		try {
			return await use(page);
		} finally {
			await page.close();
		}
	};

	for (const [what, file, args, ready] of [["waits for input", "input", ["wait"], "waiting"], ["computes", "ends", ["spin"], "before"]])
		test(`kill() ends a program that ${what}`, () => inOwnPage(async (page) => {
			const result = await page.evaluate(async (options, text) => {
				const { start, printed, kill, ended } = window.suite;
				const id = await start(options);
				await printed(id, text);
				kill(id);
				return ended(id, 10_000);
			}, { ...way, file: `guests/${file}.wasm`, args: [file, ...args], preopens: [], stdin: { live: true } }, ready);
			assert.ok(!result.timeout && !result.error, JSON.stringify(result));
			assert.equal(result.exitCode, null);
		}));

	const lines = (count) => Array.from({ length: count }, (_, i) => `line ${i}\n`).join("");

	for (const [what, how] of [["", "chatter"], [", once the changes before it are done", "save"]])
		test(`what a program printed is on the page while it computes${what}, and is there after kill()`, () => inOwnPage(async (page) => {
			const folder = fixture().fresh();
			const [seen, result] = await page.evaluate(async (options, last) => {
				const { start, printed, kill, ended } = window.suite;
				const id = await start(options);
				const shown = await printed(id, last);
				kill(id);
				return [shown, await ended(id, 10_000)];
			}, { ...way, file: "guests/ends.wasm", args: ["ends", how, "60"], preopens: [["/", folder.guest]] }, "line 59\n");
			assert.equal(seen, `before\n${lines(60)}`);
			assert.equal(result.stdout, seen);
			if (how === "save")
				assert.equal(fs.readFileSync(path.join(folder.host, "log"), "utf8"), lines(60).replaceAll("line ", ""));
		}));

	test("a program that is ended while it prints loses nothing of what came before what is lost", () => inOwnPage(async (page) => {
		const result = await page.evaluate(async (options) => {
			const { start, printed, kill, ended } = window.suite;
			const id = await start(options);
			await printed(id, "line 100\n");
			kill(id);
			return ended(id, 10_000);
		}, { ...way, file: "guests/ends.wasm", args: ["ends", "chatter", "30000"], preopens: [] });
		assert.ok(`before\n${lines(30000)}`.startsWith(result.stdout), result.stdout.slice(-200));
	}));

	test("an AbortSignal ends a program, with its reason", () => inOwnPage(async (page) => {
		const reason = await page.evaluate(async (options) => {
			const abort = new AbortController();
			const running = window.suite.wvwasi.run("/guests/ends.wasm", { ...options, signal: abort.signal,
				stdout: () => abort.abort(new DOMException("enough", "AbortError")) });
			return running.then(() => "went on", (error) => [error.name, error.message]);
		}, { ...way, args: ["ends", "spin"], preopens: {} });
		assert.deepEqual(reason, ["AbortError", "enough"]);
	}));

	test("what was written before proc_exit is on disk when the page hears of the end", async () => {
		const folder = fixture().fresh();
		const result = await fixture().run({ ...way, file: "guests/longjmp.wasm", preopens: [["/", folder.guest]] });
		assert.equal(result.exitCode, 0);
		assert.equal(fs.readFileSync(path.join(folder.host, "after"), "utf8"), "still here");
	});

	test("the gateway killed while programs run: they hear GatewayLost", async () => {
		const gateway = await fixture().startGateway();
		const page = await fixture().openPage(gateway);
		try {
			const ids = await page.evaluate(async (options) => {
				const { start, printed } = window.suite;
				const waiting = await start({ ...options, file: "guests/input.wasm", args: ["input", "wait"], stdin: { live: true } });
				await printed(waiting, "waiting");
				const computing = await start({ ...options, file: "guests/ends.wasm", args: ["ends", "spin"] });
				await printed(computing, "before");
				return [waiting, computing];
			}, { ...way, preopens: [] });
			gateway.kill("SIGKILL");
			for (const id of ids) {
				const { error } = await page.evaluate((which) => window.suite.ended(which, 10_000), id);
				assert.equal(error?.kind, "GatewayLost", `program ${id}: ${JSON.stringify(error)}`);
			}
		} finally {
			await page.close();
		}
	});

	test("a page that goes ends its program, not the gateway", async () => {
		const page = await fixture().openPage(fixture().gateway);
		const folder = fixture().fresh(), before = fixture().gateway.log.length;
		await page.evaluate(async (options) => {
			const id = await window.suite.start(options);
			await window.suite.printed(id, "waiting");
		}, { ...way, file: "guests/input.wasm", args: ["input", "wait"], preopens: [["/", folder.guest]], stdin: { live: true } });
		const { guest: its } = await startAfter(fixture().gateway, before);
		await page.close();
		const end = await fixture().gateway.next("program-end", ({ guest }) => guest === its);
		assert.equal(end.reason, "gone");
		assert.equal(end.exitCode ?? null, null);
		assert.equal((await run("ends", "return", "3")).exitCode, 3, "the gateway goes on");
	});
}
