// --record and replays: programs recorded in each engine run again in each, with the same output, the same end and the same memory. `make recordings` does each 20 times,
// with clang if `make bench-programs` was made. (What the command line says about recordings: tests/gateway/recording.test.js.)
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import zlib from "node:zlib";
import { isDeepStrictEqual } from "node:util";

import { binary, startGateway } from "../gateway/gateway.js";
import { gatewayPid } from "../gateway/processes.js";
import { after, test } from "../testing.js";
import { openRecording } from "../../static/shim/recording/reader.js";
import { Timeline } from "../../static/shim/recording/timeline.js";
import { Recorders, openPlace, recordable, wholeRuns } from "./recordings.js";

const TIMES = Number(process.env.WVWASI_RUNS || 1);
const ways = [["chromium", "jspi", "shared"], ["firefox", "shared", "xhr"], ["webkit", "xhr", "xhr"]]; // an engine, how its programs wait when recorded and when replayed
const MINUTES = 60_000;

const shown = (result) => JSON.stringify(result).slice(0, 500);
const place = openPlace();
const recorders = new Recorders(place);
after(async () => {
	await recorders.close();
	place.close();
});

/* A replay compares the memory at its end with the recording's, and fails if it differs (worker.js). */
for (const [engine, wait] of ways)
	test(`${engine}, ${wait}: what is recorded is replayed in each engine`, { timeout: 3 * MINUTES * TIMES }, async () => {
		for (let i = 0; i < TIMES; i++) {
			const { file, results } = await recorders.record(engine, wait, recordable);
			await wholeRuns(file, recordable.length);
			for (const [other, , way] of ways)
				for (const [name, result] of Object.entries(await recorders.replay(other, way, { file }, recordable)))
					assert.ok(isDeepStrictEqual(result, results[name]), `${name}, ${engine}'s in ${other}: ${shown(result)} is not ${shown(results[name])}`);
		}
	});

test("xhr and jspi where there is shared memory, too", { timeout: MINUTES }, async () => {
	const { file, results } = await recorders.record("chromium", "xhr", ["python"]);
	assert.deepEqual(await recorders.replay("chromium", "jspi", { file }, ["python"]), results);
});

/* It makes a file, and computes without a call from then on. */
const COMPUTES = "open('/work/made', 'w').write('text')\nprint('made', flush=True)\nwhile True: pass";

for (const [what, kill] of [["the page", ({ page }) => page.puppeteer.goto("chrome://crash").catch(() => {})],
	["the gateway", ({ gateway }) => process.kill(gatewayPid(gateway.ready.pid), "SIGKILL")]])
	test(`${what} crashes: what the program did a second before is in the recording`, { timeout: MINUTES }, async () => {
		const { file, gateway, page } = await recorders.begin("chromium", "shared", { url: "/python.wasm", args: ["python", "-c", COMPUTES] }, "made");
		await setTimeout(1000);
		await kill({ gateway, page });
		await Promise.race([gateway.next("program-end"), gateway.ended]);
		const { runs: [run] } = await openRecording(fs.readFileSync(file));
		const calls = Array.from({ length: run.calls }, (_, n) => run.call(n));
		assert.ok(calls.some(({ name, path: its }) => name === "path_open" && Buffer.from(its).toString() === "made"), "it made a file");
		assert.equal(calls.at(-1).stream, "stdout");
		assert.deepEqual(run.end, { cut: "gone" });
		const timeline = await Timeline.open(run, fs.readFileSync(path.join(place.root, "python.wasm"))); // it doesn't compute forever once more
		assert.ok((await timeline.goTo(run.calls - 1)).memory.length > 0);
		await page.close().catch(() => {});
		await gateway.stop();
	});

test("a program that runs again isn't loaded again to know which it is", { timeout: MINUTES }, async () => {
	const gateway = await recorders.gateway(["--record", path.join(place.base, "twice")]);
	const page = await recorders.page("chromium", gateway);
	const loads = await page.evaluate(async () => {
		const { run } = await import("/_wvwasi/wvwasi.js"), counts = [];
		for (let i = 0; i < 3; i++) {
			await run("/prints.wasm", { args: ["prints", "1"], stdout: () => {} });
			counts.push(performance.getEntriesByName(new URL("/prints.wasm", location).href).filter(({ decodedBodySize }) => decodedBodySize > 0).length);
		}
		return counts;
	});
	await page.close();
	await gateway.stop();
	assert.deepEqual(loads, [2, 2, 2], "compiled, and hashed, once");
	const [first, ...others] = await wholeRuns(path.join(place.base, "twice"), 3);
	for (const { program } of others)
		assert.equal(program.sha256, first.program.sha256);
});

const MAGIC_BYTES = 19, BLOCK_HEAD = 12;

/** The stream of a recording of one run. */
function plainOf(file) {
	const parts = [];
	for (let at = MAGIC_BYTES; at < file.length; at += BLOCK_HEAD + file.readUInt32LE(at + 8))
		if (file.readUInt32LE(at) === 2)
			parts.push(zlib.inflateRawSync(file.subarray(at + BLOCK_HEAD, at + BLOCK_HEAD + file.readUInt32LE(at + 8))));
	return Buffer.concat(parts);
}

/** A recording with this stream. */
function fileOf(stream) {
	const data = zlib.deflateRawSync(stream, { level: 1 });
	const block = (kind, bytes) => Buffer.concat([Buffer.from(Uint32Array.of(kind, 0, bytes.length).buffer), bytes]);
	return Buffer.concat([Buffer.from("wvwasi recording 1\n"), block(1, Buffer.from("/prints.wasm")), block(2, data)]);
}

test("a recording that was cut or changed at any byte is read, or one sentence says what is wrong", { timeout: 3 * MINUTES }, async () => {
	const { file } = await recorders.record("chromium", "shared", ["prints"]);
	const whole = fs.readFileSync(file), module = await WebAssembly.compile(fs.readFileSync(path.join(place.root, "prints.wasm")));
	const outcomes = new Map();
	const judge = async (bytes) => {
		let outcome = "whole";
		try {
			const { runs: [run] } = await openRecording(bytes);
			outcome = run.end.cut ?? outcome;
			await Timeline.open(run, module);
		} catch (error) {
			assert.equal(error.name, "RecordingError", error.stack);
			assert.match(error.message, /^(the recording|this is|call \d+:|after \d+ calls)[^\n]*$/);
			outcome = error.message.replace(/\d+.*/, "N");
		}
		outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
	};
	for (let length = 0; length < whole.length; length++)
		await judge(whole.subarray(0, length));
	const stream = plainOf(whole);
	for (const [bytes, toFile] of [[whole, (changed) => changed], [stream, fileOf]])
		for (let at = 0; at < bytes.length; at++) {
			const changed = Buffer.from(bytes);
			changed[at] ^= 1 << at % 8;
			await judge(toFile(changed));
		}
	for (const outcome of ["gone", "damaged", "this is no recording of wvwasi-gw", "the recording is damaged: it can't be decompressed",
		"the recording is damaged: what it says of its program can't be read"])
		assert.ok(outcomes.get(outcome) > 0, `${outcome}: ${JSON.stringify([...outcomes])}`);
});

test("what another process did between is seen in the recording: a file that was empty for a moment", { timeout: MINUTES }, async () => {
	const total = path.join(place.work, "total"), file = path.join(place.base, "race");
	fs.writeFileSync(total, "41\n");
	const gateway = await recorders.gateway(["--record", file]);
	const page = await recorders.page("chromium", gateway);
	const say = () => page.evaluate(() => import("/_wvwasi/wvwasi.js").then(({ run }) => run("/tally.wasm", { stdout: "capture" }))
		.then(({ stdout }) => new TextDecoder().decode(stdout)));
	assert.equal(await say(), "total is 42\n");
	fs.truncateSync(total);
	assert.equal(await say(), "total is 1\n");
	await page.close();
	await gateway.stop();
	const [, run] = await wholeRuns(file, 2), read = Array.from({ length: run.calls }, (_, n) => run.call(n)).find(({ name }) => name === "fd_read");
	assert.deepEqual([read.errno, ...read.writes.map(({ bytes }) => [...bytes])], [0, [0, 0, 0, 0]], "it read, and got nothing");
	assert.ok((await Timeline.open(run, fs.readFileSync(path.join(place.root, "tally.wasm")))).output.some(({ bytes }) => Buffer.from(bytes).includes("total is 1")));
});

test("what was injected is replayed", { timeout: MINUTES }, async () => {
	const { file, results } = await recorders.record("chromium", "shared", ["sqlite"], ["--inject", "fd_*:short=100:probability=0.5:seed=9", "--inject", "fd_read:delay_exit=1ms"]);
	assert.deepEqual(await recorders.replay("chromium", "shared", { file }, ["sqlite"]), results);
});

test("another program, and one that differs, are named", { timeout: MINUTES }, async () => {
	const { file } = await recorders.record("chromium", "shared", ["prints"]);
	const { error } = (await recorders.replay("chromium", "shared", { file }, ["python"])).python;
	assert.match(error, /^RecordingError: the recording is of another program: of 'prints' with the SHA-256 [0-9a-f]{12}…, and this one has [0-9a-f]{12}…$/);

	/* its own program, with another memory at the end */
	const other = path.join(place.base, "other-end");
	fs.writeFileSync(other, fileOf(Buffer.from(plainOf(fs.readFileSync(file)).toString("latin1").replace(/"hash":"./, (text) => `${text.slice(0, -1)}x`), "latin1")));
	assert.match((await recorders.replay("chromium", "shared", { file: other }, ["prints"])).prints.error,
		/^RecordingError: after \d+ calls the program's memory isn't that of the recording$/);

	/* the same, where nobody knows which program it is: its first call differs */
	const { runs: [run] } = await openRecording(fs.readFileSync(file));
	await assert.rejects(Timeline.open(run, fs.readFileSync(path.join(place.root, "query.wasm"))),
		{ name: "RecordingError", message: /^call \d+: \w+ (where the recording has \w+|with -?\d+ as its argument \d where the recording has -?\d+)$/ });
});

test("time: the memory at each call, and what its answer changes", { timeout: MINUTES }, async () => {
	const { file } = await recorders.record("chromium", "jspi", ["python"]);
	const { runs: [run] } = await openRecording(fs.readFileSync(file));
	const timeline = await Timeline.open(run, fs.readFileSync(path.join(place.root, "python.wasm")));
	assert.match(timeline.output.map(({ bytes }) => Buffer.from(bytes).toString()).join(""), /^120 0\.\d+/);
	const read = Array.from({ length: run.calls }, (_, n) => n).find((n) => run.call(n).name === "fd_read" && run.call(n).writes.length > 1);
	const { memory: before } = await timeline.goTo(read), { writes } = run.call(read);
	for (const { pointer, bytes } of writes)
		before.set(bytes, pointer);
	assert.ok(before.indexOf("hay needle".charCodeAt(0)) >= 0);
	const { memory: after } = await timeline.goTo(read + 1);
	for (const { pointer, bytes } of writes) // the program has gone on, but what it read is mostly there
		assert.ok(after.length >= pointer + bytes.length);
	assert.equal((await timeline.goTo(run.calls)).memory.length, run.end.bytes);
	await assert.rejects(timeline.goTo(run.calls + 1), RangeError);
});

/* 100,000 calls, and what each is answered changes a number in memory. */
const ASKS = "import time\nfor i in range(100_000): time.monotonic_ns()";

for (const engine of TIMES > 1 ? ["chromium", "firefox"] : ["chromium"])
	test(`${engine}: a moment is made from the checkpoint before it, those just before are there, and their memory is right`, { timeout: 2 * MINUTES }, async () => {
		const { file, gateway, page } = await recorders.begin(engine, "shared", { url: "/python.wasm", args: ["python", "-c", `${ASKS}\nprint('asked')`] }, "asked");
		await page.waitFor(() => window.ended);
		fs.copyFileSync(file, path.join(place.root, "asks"));
		const { runs: [run] } = await openRecording(fs.readFileSync(file)), plain = await Timeline.open(run, fs.readFileSync(path.join(place.root, "python.wasm")));
		const { moments, checkpoints } = await page.evaluate(async () => {
			const from = "/_wvwasi/shim/recording/";
			const [{ openRecording: open }, { openTimeline }, { digestOf }] = await Promise.all(["reader", "timeline-page", "recorder"].map((name) => import(`${from}${name}.js`)));
			const { runs: [its] } = await open(await fetch("/asks")), timeline = await openTimeline(its, await (await fetch("/python.wasm")).arrayBuffer(), { count: 3 });
			const found = [];
			for (const share of [0.99, 0.5, 1]) {
				await timeline.made();
				const n = Math.floor(share * its.calls);
				for (const call of [n, n - 2]) {
					const { memory, ran } = await timeline.goTo(call);
					found.push({ call, ran, hash: await digestOf(memory) });
				}
			}
			timeline.close();
			return { moments: found, checkpoints: timeline.checkpoints };
		});
		await page.close();
		await gateway.stop();
		assert.equal(checkpoints.length, 3);
		for (const [i, { call, ran, hash: its }] of moments.entries()) {
			assert.equal(its, createHash("sha256").update((await plain.goTo(call)).memory).digest("hex"), `call ${call}`);
			assert.ok(i % 2 > 0 ? ran === 0 : ran <= call - Math.max(0, ...checkpoints.filter((each) => each <= call)), `call ${call}: ${ran} were made again, from ${checkpoints}`);
		}
	});

test("wvwasi-gw replay: the terminal page and --once, with no folder, clock or socket of the program's, as strace shows", { timeout: MINUTES }, async () => {
	const { file } = await recorders.record("chromium", "shared", ["python"]);
	const calls = path.join(place.base, "strace"), program = path.join(place.root, "python.wasm");
	const gateway = await startGateway(["--once", file, program], { executable: "replay",
		through: ["strace", "-f", "-qq", "-o", calls, "-e", "trace=openat,open,openat2,connect,socket,unlinkat,mkdirat", binary] });
	const page = await recorders.open("chromium", gateway.ready.link);
	assert.equal((await gateway.ended).code, 7);
	await page.close();
	const all = fs.readFileSync(calls, "utf8"), since = all.slice(all.indexOf(".sock\"")); // it serves from there on
	const opened = [...since.matchAll(/open(?:at)?\(.*?"([^"]*)"/g)].map(([, name]) => name);
	assert.deepEqual([...new Set(opened)].sort(), [program, file].sort());
	assert.doesNotMatch(since, /connect\(|openat2\(/);
});
