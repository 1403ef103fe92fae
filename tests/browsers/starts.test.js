// From run() to _start, in each engine: what a page has kept of the programs before isn't fetched, compiled or started again; and what changed is.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";

import { engineNames, startEngine, waysOf } from "../engines/index.js";
import { startGateway } from "../gateway/gateway.js";
import { test } from "../testing.js";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-starts-"));
after(() => fs.rmSync(root, { recursive: true, force: true }));
/* Counts the workers that are made, until a program runs too, and those that were ready, keeps the page's own WebSockets and lets the test ask for what was
 * fetched. */
fs.writeFileSync(path.join(root, "index.html"), `<!doctype html><title>starts</title><script type="module">
	window.workers = window.ready = window.guesses = 0;
	window.Worker = class extends Worker {
		constructor(...how) {
			super(...how);
			window.workers++;
			this.addEventListener("message", ({ data }) => {
				window.ready += Number(data.is === "ready");
				if (data.is === "running")
					window.before = window.workers;
			});
		}

		postMessage(message, ...more) {
			window.guesses += Number(message.isGuess === true);
			super.postMessage(message, ...more);
		}
	};
	window.sockets = [];
	window.WebSocket = class extends WebSocket {
		constructor(...how) {
			super(...how);
			window.sockets.push(this);
		}

		send(bytes) {
			this.said = true;
			super.send(bytes);
		}
	};
	window.standing = () => window.sockets.filter(({ readyState, said }) => readyState === WebSocket.OPEN && !said).length;
	/* A program that comes piece by piece. */
	window.begin = () => {
		window.came = new ReadableStream({ start: controller => void (window.pieces = controller) });
		window.ending = window.w.run(new Response(window.came, { headers: { "Content-Type": "application/wasm" } }), { args: ["pieces"] })
			.then(({ exitCode }) => exitCode, String);
	};
	window.w = await import("/_wvwasi/wvwasi.js");
	window.programs = await import("/_wvwasi/shim/page/programs.js");
	window.fetched = name => performance.getEntriesByType("resource").filter(entry => entry.name.endsWith("/" + name))
		.map(entry => entry.encodedBodySize > 0 ? "GET" : "HEAD");
</script>`);

const INVAL = 28;
const text = (letters) => [letters.length, ...Buffer.from(letters)];
const section = (number, bytes) => [number, bytes.length, ...bytes];

/** The smallest program that ends with this exit code, and `padding` bytes (below 128) that mean nothing. */
function program(exitCode, padding = 1) {
	return Buffer.from([
		0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
		...section(1, [2, 0x60, 0, 0, 0x60, 1, 0x7f, 0]), // () => (), (i32) => ()
		...section(2, [1, ...text("wasi_snapshot_preview1"), ...text("proc_exit"), 0, 1]),
		...section(3, [1, 0]),
		...section(5, [1, 0, 1]),
		...section(7, [2, ...text("memory"), 2, 0, ...text("_start"), 0, 1]),
		...section(10, [1, 6, 0, 0x41, exitCode, 0x10, 0, 0x0b]),
		...section(0, [...text("x"), ...new Array(padding).fill(0)]),
	]);
}

/** One whose start function makes a call that is waited for, before its memory is known and its connection need be open; it exits with what that gave. */
const early = Buffer.from([
	0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
	...section(1, [3, 0x60, 0, 0, 0x60, 1, 0x7f, 0, 0x60, 1, 0x7f, 1, 0x7f]), // () => (), (i32) => (), (i32) => i32
	...section(2, [2, ...text("wasi_snapshot_preview1"), ...text("proc_exit"), 0, 1, ...text("wasi_snapshot_preview1"), ...text("fd_sync"), 0, 2]),
	...section(3, [2, 0, 0]),
	...section(5, [1, 0, 1]),
	...section(6, [1, 0x7f, 1, 0x41, 0, 0x0b]),
	...section(7, [2, ...text("memory"), 2, 0, ...text("_start"), 0, 3]),
	...section(8, [2]),
	...section(10, [2, 8, 0, 0x41, 1, 0x10, 1, 0x24, 0, 0x0b, 6, 0, 0x23, 0, 0x10, 0, 0x0b]),
]);

for (const name of engineNames) {
	const started = startEngine(name);
	after(async () => (await started).close());

	async function openPage(t) {
		return (await openBoth(t)).page;
	}

	async function openBoth(t) {
		const gateway = await startGateway(["--root", root]);
		t.after(() => gateway.stop());
		const page = await (await started).open(gateway.ready.link);
		t.after(() => page.close());
		await page.waitFor(() => window.fetched !== undefined);
		return { gateway, page };
	}

	test(`${name}: a start function may make calls`, async (t) => {
		fs.writeFileSync(path.join(root, "early.wasm"), early);
		const page = await openPage(t);
		for (const wait of waysOf[name])
			for (let run = 0; run < 3; run++) // later ones begin sooner
				assert.equal(await page.evaluate(async (how) => (await window.w.run("early.wasm", how)).exitCode, { wait }), INVAL, wait);
	});

	test(`${name}: a program's guest is made while it is downloaded and compiled, and ends with what can't be`, async (t) => {
		const { gateway, page } = await openBoth(t), whole = [...program(11)], HEAD = 8;
		const send = (bytes) => page.evaluate((its) => window.pieces.enqueue(Uint8Array.from(its)), bytes);
		const ends = (guest) => gateway.next("program-end", (event) => event.guest === guest);

		await page.evaluate(() => window.begin());
		await send(whole.slice(0, HEAD));
		const { guest } = await gateway.next("program-start");
		await send(whole.slice(HEAD));
		await page.evaluate(() => window.pieces.close());
		assert.equal(await page.evaluate(() => window.ending), 11);
		assert.equal((await ends(guest)).exitCode, 11);

		await page.evaluate(() => window.begin());
		await send(whole.slice(0, HEAD));
		const broken = await gateway.next("program-start", (event) => event.guest !== guest);
		await page.evaluate(() => window.pieces.error(new Error("cut")));
		assert.match(await page.evaluate(() => window.ending), /cannot load the response/);
		const { reason, message, exitCode } = await ends(broken.guest);
		assert.deepEqual([reason, exitCode], ["killed", null]);
		assert.match(message, /cannot load the response/);

		await page.evaluate(() => window.begin()); // the next one's worker had one before
		await send(whole);
		await page.evaluate(() => window.pieces.close());
		assert.equal(await page.evaluate(() => window.ending), 11);
	});

	test(`${name}: a page that runs nothing has no worker; after a program two stand ready for those that follow`, async (t) => {
		fs.writeFileSync(path.join(root, "once.wasm"), program(3));
		const page = await openPage(t);
		assert.equal(await page.evaluate(() => window.workers), 0);
		assert.equal(await page.evaluate(async () => (await window.w.run("once.wasm")).exitCode), 3);
		await page.waitFor(() => window.ready === 3);
		assert.equal(await page.evaluate(() => window.workers), 3, "its own, and two");
		assert.deepEqual(await page.evaluate(async () => {
			const runs = [];
			for (let used = 1; used < 3; used++)
				runs.push([window.ready > used, (await window.w.run("once.wasm")).exitCode]);
			return runs;
		}), [[true, 3], [true, 3]]);
		await page.waitFor(() => window.ready === 5);
		assert.equal(await page.evaluate(() => window.workers), 5);
		assert.deepEqual(await page.evaluate(() => window.fetched("once.wasm")), ["GET", "HEAD", "HEAD"]);
	});

	test(`${name}: connections stand ready with the workers, and are made anew where they are lost`, async (t) => {
		fs.writeFileSync(path.join(root, "stands.wasm"), program(7));
		const page = await openPage(t);
		const run = (lose) => page.evaluate(async (loses) => {
			const tickets = window.fetched("ticket").length, all = window.sockets.length;
			if (loses)
				await Promise.all(window.sockets.filter(({ readyState }) => readyState !== WebSocket.CLOSED).map(socket => new Promise(resolve => {
					socket.addEventListener("close", resolve);
					socket.close();
				})));
			const child = await window.w.spawn("stands.wasm");
			const made = [window.fetched("ticket").length - tickets, window.sockets.length - all];
			return [...made, (await child.exited).exitCode];
		}, lose);
		assert.deepEqual(await run(false), [1, 1, 7]);
		const stands = waysOf[name][0] !== "xhr";
		await page.evaluate((count) => (window.wanted = count), stands ? 2 : 0);
		await page.waitFor(() => window.ready === 3 && window.standing() === window.wanted);
		assert.deepEqual(await run(false), stands ? [0, 0, 7] : [1, 1, 7]);
		await page.waitFor(() => window.ready === 4 && window.standing() === window.wanted);
		assert.deepEqual(await run(true), [1, 1, 7]);
	});

	test(`${name}: what ran last is instantiated in advance, and whatever else comes runs all the same`, async (t) => {
		fs.writeFileSync(path.join(root, "one.wasm"), program(8));
		fs.writeFileSync(path.join(root, "other.wasm"), program(9));
		const page = await openPage(t), instantiates = waysOf[name][0] !== "xhr";
		const run = (file) => page.evaluate(async (url) => (await window.w.run(url)).exitCode, file);
		assert.equal(await run("one.wasm"), 8);
		if (instantiates)
			await page.waitFor(() => window.guesses === 1);
		assert.equal(await run("other.wasm"), 9);
		if (instantiates)
			await page.waitFor(() => window.guesses === 2);
		fs.writeFileSync(path.join(root, "other.new"), program(10));
		fs.renameSync(path.join(root, "other.new"), path.join(root, "other.wasm"));
		assert.equal(await run("other.wasm"), 10);
		assert.equal(await run("one.wasm"), 8);
	});

	test(`${name}: prepare() has the first program begin as a later one would`, async (t) => {
		fs.writeFileSync(path.join(root, "prepared.wasm"), program(4));
		const page = await openPage(t);
		const said = await page.evaluate(async () => {
			await window.w.prepare("prepared.wasm");
			const before = window.workers;
			const child = await window.w.spawn("prepared.wasm");
			return [before, window.before - before, (await child.exited).exitCode];
		});
		assert.ok(said[0] > 0);
		assert.deepEqual(said.slice(1), [0, 4], "none is made while it begins");
		assert.deepEqual(await page.evaluate(() => window.fetched("prepared.wasm")), ["GET", "HEAD"]);
		assert.match(await page.evaluate(() => window.w.prepare("missing.wasm").then(() => "prepared", String)), /cannot load .*missing\.wasm: status 404/);
	});

	test(`${name}: a program that was built anew runs at the next start`, async (t) => {
		fs.writeFileSync(path.join(root, "rebuilt.wasm"), program(5));
		const page = await openPage(t);
		const run = () => page.evaluate(async () => (await window.w.run("rebuilt.wasm")).exitCode);
		assert.deepEqual([await run(), await run()], [5, 5]);
		fs.writeFileSync(path.join(root, "rebuilt.new"), program(6));
		fs.renameSync(path.join(root, "rebuilt.new"), path.join(root, "rebuilt.wasm"));
		assert.deepEqual([await run(), await run()], [6, 6]);
		fs.rmSync(path.join(root, "rebuilt.wasm"));
		assert.match(await page.evaluate(() => window.w.run("rebuilt.wasm").then(() => "ran", String)), /cannot load .*rebuilt\.wasm: status 404/);
	});

	test(`${name}: what a page keeps is bounded, and what wasn't used for longest goes first`, async (t) => {
		for (const file of ["a", "b", "c"])
			fs.writeFileSync(path.join(root, `${file}.wasm`), program(0, 100));
		fs.writeFileSync(path.join(root, "large.wasm"), Buffer.concat([program(0, 100), program(0, 100).subarray(-104), program(0, 100).subarray(-104)]));
		const page = await openPage(t);
		const ways = await page.evaluate(async (bytes) => {
			const kept = new window.programs.Programs(bytes);
			for (const file of ["a", "b", "a", "c", "a", "b", "large", "large"])
				await kept.load(`${file}.wasm`);
			return ["a", "b", "c", "large"].map(file => window.fetched(`${file}.wasm`));
		}, 2 * program(0, 100).length);
		assert.deepEqual(ways, [["GET", "HEAD", "HEAD"], ["GET", "GET"], ["GET"], ["GET", "GET"]]);
	});
}
