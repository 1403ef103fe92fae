// run(…, { keep: true }): a program goes on in the page that comes after its own, and each of its calls is done once.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { openRecording } from "../../static/shim/recording/reader.js";
import { test } from "../testing.js";
import { Place, crash, reload, says, start, startSoon, type } from "./keeping.js";

const engines = process.env.WVWASI_ENGINE?.split(",") ?? ["chromium", "firefox", "webkit"];
const REPL = { args: ["python", "-i", "-q"], stdin: "pipe" };

for (const engine of engines)
	test(`${engine}: a Python prompt after a reload: its variables are there, its open file is written once, and its recording is one run`, async (t) => {
		const place = await Place.open(engine, ["--verbose"], { records: true });
		t.after(() => place.close());
		const page = await place.page();
		await start(page, "/python.wasm", REPL);
		await says(page, ">>> ");
		assert.equal(await page.evaluate("window.ended"), "");
		await type(page, "x = 41; file = open('/work/log', 'a'); _ = file.write('before\\n'); file.flush(); print('written')");
		await says(page, "written\n>>> ");
		for (let round = 1; round <= 3; round++) {
			await reload(page);
			await start(page, "/python.wasm", { ...REPL, wait: undefined });
			await says(page, "written\n>>> ");
			assert.deepEqual(await page.evaluate("[window.came, window.ended]"), ["test", ""]);
			await type(page, `x += 1; _ = file.write(f'{x}\\n'); file.flush(); print('x', 'is', x)`);
			await says(page, `x is ${41 + round}\n>>> `);
		}
		assert.equal(place.read("log"), "before\n42\n43\n44\n");
		assert.equal(await page.evaluate("window.unkept"), "");
		await type(page, "import sys; sys.exit(3)");
		await page.waitFor("window.ended !== ''");
		assert.equal(await page.evaluate("window.ended"), "exit 3");
		const { end, said } = await place.replayed();
		assert.equal(end.exit, 3);
		assert.equal(said, await page.evaluate("window.said"));
		await reload(page);
		assert.equal(await page.evaluate(() => import("/_wvwasi/wvwasi.js").then(({ kept }) => kept().length)), 0);
	});

/* Each of these calls fails, or leaves another file, if it is done twice or not at all. */
const COUNTS = `
import os
os.mkdir("/work/made")
with open("/work/log", "a") as log:
    for i in range(1, 100_000):
        log.write(f"{i}\\n")
        log.flush()
        with open(f"/work/made/{i}", "x") as one:
            one.write(str(i))
        os.rename(f"/work/made/{i}", f"/work/made/{i}.done")
        os.unlink(f"/work/made/{i}.done")
        if i % 20 == 0:
            print(i, "lines")
        if os.path.exists("/work/enough"):
            break
os.rmdir("/work/made")
print("in all", i)
`;
const ROUNDS = Number(process.env.WVWASI_ROUNDS ?? 2);
const WAYS = { chromium: ["jspi", "shared", "xhr"], firefox: ["shared", "xhr"], webkit: ["xhr"] };

for (const engine of engines)
	for (const wait of process.env.WVWASI_WAY?.split(",") ?? WAYS[engine])
		test(`${engine}, ${wait}: a page that is left at any moment: each call is done once, and recorded once (${ROUNDS} times)`, { timeout: 60_000 + ROUNDS * 60_000 }, async (t) => {
			const place = await Place.open(engine, ["--verbose"], { records: true });
			t.after(() => place.close());
			let page = await place.page();
			for (let round = 0; round < ROUNDS; round++) {
				await startSoon(page, "/python.wasm", { args: ["python", "-c", COUNTS], stdin: "", wait });
				await page.waitFor("window.child !== undefined || window.ended > ''");
				assert.equal(await page.evaluate("window.ended"), "", `round ${round}: ${place.gateway.stderr()}`);
				await new Promise((resolve) => setTimeout(resolve, 700 * Math.random()));
				assert.equal(await page.evaluate("window.ended"), "");
				if (round % 2)
					await reload(page);
				else
					page = await crash(place, page);
			}
			await start(page, "/python.wasm", { args: ["python", "-c", COUNTS], stdin: "", wait });
			fs.writeFileSync(path.join(place.work, "enough"), "");
			await page.waitFor("window.ended !== ''");
			const [ended, came, said] = await page.evaluate("[window.ended, window.came, window.said]");
			assert.equal(ended, "exit 0", said);
			assert.equal(await page.evaluate("window.unkept"), "");
			assert.equal(came, "test");
			const count = Number(/in all (\d+)\n$/.exec(said)[1]);
			assert.equal(place.read("log"), Array.from({ length: count }, (_, i) => `${i + 1}\n`).join(""));
			assert.equal(said, `${Array.from({ length: Math.floor(count / 20) }, (_, i) => `${20 * (i + 1)} lines\n`).join("")}in all ${count}\n`);
			assert.equal((await place.replayed()).said, said);
			t.diagnostic(`${count} lines`);
		});

const FILES = `
for i in range(20): open(f"/work/{i}", "w").write("x")
print(sum(len(open(f"/work/{i}").read()) for i in range(20)))
`;

if (engines.includes("chromium"))
	test("chromium: with keepFrom \"input\" a program that asks for nothing waits no more often than one that isn't kept", async (t) => {
		const place = await Place.open("chromium");
		t.after(() => place.close());
		const page = await place.page();
		const waits = (options) => page.evaluate(([args, its]) => import("/_wvwasi/wvwasi.js").then(({ run }) => run("/python.wasm", { args, ...its }))
			.then(({ exitCode, stats }) => (exitCode === 0 ? stats.roundTrips : -1)), [["python", "-c", FILES], options]);
		await waits({}); // the first start has no hints yet
		const plain = await waits({}), kept = await waits({ keep: true, keepFrom: "input" }), strict = await waits({ keep: true });
		assert.ok(plain > 0 && kept > 0 && kept <= plain + 1, `${plain} waits without, ${kept} with`);
		assert.ok(strict > 2 * plain, `${strict} waits where it is kept from its start on: the comparison says something`);
	});

/* spawn()'s options, and the sentence with which it rejects. */
const REFUSED = [
	[{ imports: { env: {} } }, /^TypeError: a component, and a program with imports of its own, can't be kept: what they did isn't recorded$/],
	[{ stdin: "text" }, /^TypeError: a program is kept only if its stdin is "pipe" or nothing:/], [{ stdout: "inherit" }, /^TypeError: a program whose output is the gateway's can't be kept/],
	[{ inject: ["fd_sync:error=EIO"] }, /^TypeError: a replay, and a program whose calls are made to fail, can't be kept$/],
	[{ coherence: "trap" }, /^TypeError: coherence "trap" and keep exclude each other$/],
];
const reads = (bytes, times) => ({ args: ["python", "-c", `file = open("/work/big", "rb", 0)\nfor i in range(${times}): _ = file.seek(0), file.read(${bytes})\nprint("done")`] });

if (engines.includes("chromium"))
	test("chromium: what can't be kept is said in a sentence, and runs on where it has begun", async (t) => {
		const place = await Place.open("chromium", ["--limit", "keep=5M"], { records: true });
		t.after(() => place.close());
		fs.writeFileSync(path.join(place.work, "big"), Buffer.alloc(4 << 20, "x"));
		const page = await place.page();
		const said = async (options, url = "/python.wasm") => {
			await start(page, url, options);
			await page.waitFor("window.ended !== ''");
			return page.evaluate("[window.ended, window.unkept, window.said]");
		};
		for (const [options, sentence] of REFUSED)
			assert.match((await page.evaluate(([its]) => import("/_wvwasi/wvwasi.js").then(({ spawn }) => spawn("/prints.wasm", { keep: true, ...its }))
				.then(() => "it runs", (error) => `${error.name}: ${error.message}`), [options])), sentence);
		assert.match(await page.evaluate(() => Promise.all([import("/_wvwasi/wvwasi.js"), WebAssembly.compileStreaming(fetch("/prints.wasm"))])
			.then(([{ spawn }, module]) => spawn(module, { keep: true })).then(() => "it runs", (error) => error.message)),
		/^a program is kept only if it is given by its URL/);
		assert.deepEqual(await said({ ...reads(3.5 * 1024 * 1024, 1) }), ["exit 0", "the program ends with its page: it read more than 3 MiB at once", "done\n"]);
		for (const wait of ["jspi", "shared"])
			assert.deepEqual(await said({ ...reads(1 << 20, 8), wait }), ["exit 0", "the program ends with its page: the gateway has no more room for it (--limit keep)", "done\n"]);
		const { runs } = await openRecording(fs.readFileSync(place.recording)); // all the same
		assert.deepEqual(runs.map(({ end }) => end.exit), [0, 0, 0]);
		assert.deepEqual(await said({ args: ["prints", "1"], imports: { env: {} }, keepFrom: "input" }, "/prints.wasm").then(([ended, why]) => [ended, why]),
			["exit 0", "the program ends with its page: a component, and a program with imports of its own, can't be kept: what they did isn't recorded"]);
	});
