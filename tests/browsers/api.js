// The other doors of the shim: several programs at once, sockets, WASI.connect in an app's own worker, calls without wasm.
import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";

import { assertPassed } from "./guests.js";
import { test } from "../testing.js";

/** @param {() => import("./fixture.js").Fixture} fixture @param {{ wait: string, coherence: string }} way */
export function api(fixture, way) {
	test("three programs at once don't wait for each other", async () => {
		const ids = [];
		for (let i = 0; i < 3; i++)
			ids.push(await fixture().start({ ...way, file: "guests/input.wasm", args: ["input", "lines"], preopens: [], stdin: { live: true } }));
		for (const [i, id] of [...ids.entries()].reverse()) {
			await fixture().ask((which, text) => window.suite.write(which, text), id, `for ${i}\n`);
			await fixture().printed(id, `1: for ${i}\n`);
		}
		for (const id of ids)
			await fixture().ask((which) => window.suite.closeStdin(which), id);
		for (const id of ids)
			assert.equal((await fixture().ended(id)).exitCode, 0);
	});

	test("a program that sleeps doesn't stop another of the same page", async () => {
		const sleeping = await fixture().start({ ...way, file: "guests/input.wasm", args: ["input", "wait"], preopens: [], stdin: { live: true } });
		await fixture().printed(sleeping, "waiting");
		const folder = fixture().fresh();
		assertPassed(await fixture().run({ ...way, file: "guests/times.wasm", preopens: [["/", folder.guest]] }), 20);
		await fixture().ask((which) => window.suite.closeStdin(which), sleeping);
		assert.equal((await fixture().ended(sleeping)).exitCode, 0);
	});

	test("a program serves connections on a socket that it was given", async () => {
		const gateway = await fixture().startGateway(["--tcplisten", "127.0.0.1:0"]);
		const page = await fixture().openPage(gateway);
		try {
			const id = await page.evaluate(async (options) => {
				const started = await window.suite.start(options);
				await window.suite.printed(started, "listening\n");
				return started;
			}, { ...way, file: "guests/server.wasm", args: ["server", "3"], preopens: [] });
			const [host, port] = gateway.ready.listen[0].split(":");
			const [first, second] = await talk(host, Number(port));
			assert.equal(first.subarray(0, 14).toString(), "you said hello");
			assert.equal(first.length, 14 + 1_000_000);
			assert.ok(first.subarray(14).every((byte, i) => byte === i % 251));
			assert.equal(second.toString(), "bye");
			assertPassed(fixture().note(await page.evaluate((which) => window.suite.ended(which), id)), 20);
		} finally {
			await page.close();
			await gateway.stop();
		}
	});

	test("WASI.connect runs a program in an app's own worker", async () => {
		const folder = fixture().fresh();
		const result = await fixture().ask(runWorker, { wait: way.wait, coherence: way.coherence, file: "guests/times.wasm", args: ["times"],
			preopens: { "/": folder.guest } });
		assert.equal(result.exitCode, 0);
		assertPassed({ ...result, stdout: result.output, stderr: "" }, 20);
	});

	test("a reactor's exports are promises; proc_exit in one says so", async () => {
		const folder = fixture().fresh();
		const result = await fixture().ask(runWorker, { wait: way.wait, coherence: way.coherence, file: "guests/reactor.wasm", reactor: true,
			args: ["reactor"], preopens: { "/": folder.guest } });
		assert.deepEqual(result.sums, [5, 1, 2, 3]);
		assert.equal(result.output, "said 7\n");
		assert.deepEqual(result.left, ["ProcessExit", 9]);
		assert.deepEqual([...fs.readFileSync(path.join(folder.host, "appended"))], [1, 2, 3]);
	});
}

/* Firefox (153) blocks a worker for ever, once in some thirty, while it makes a worker of its own: such a one is made anew, as an app would. */
async function runWorker(task) {
	const { serveTickets } = await import("/app-worker-tickets.js");
	const LATE_MS = 15_000;
	for (let tries = 1; ; tries++) {
		const worker = new Worker("/app-worker.js", { type: "module" });
		const late = new Promise((resolve) => setTimeout(resolve, LATE_MS, null));
		try {
			const result = await Promise.race([serveTickets(worker, window.suite.wvwasi.getTicket, task), late]);
			if (result !== null)
				return result;
			if (tries === 3 || !/Firefox/.test(navigator.userAgent))
				throw new Error(`nothing was heard of the app's worker within ${LATE_MS / 1000} s`);
		} finally {
			worker.terminate();
		}
	}
}

/** What a client says to server.c; gives what it heard on its two connections. */
async function talk(host, port) {
	const read = (socket) => new Promise((resolve, reject) => {
		const chunks = [];
		socket.on("data", (chunk) => chunks.push(chunk)).on("end", () => resolve(Buffer.concat(chunks))).on("error", reject);
	});
	const first = net.connect({ host, port, allowHalfOpen: true });
	const heard = read(first);
	await new Promise((resolve) => first.write("hello", resolve));
	await new Promise((resolve) => first.once("readable", resolve).once("data", resolve)); // its answer, before more is said
	first.end(Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => i % 251)));
	const one = await heard;
	const second = net.connect({ host, port });
	const bye = read(second);
	second.write("ok");
	const two = await bye;
	second.destroy();
	return [one, two];
}

/** Calls without wasm: once per engine, since no program waits. @param {() => import("./fixture.js").Fixture} fixture */
export function calls(fixture) {
	test("connect(): calls as promises, files as in node:fs/promises", async () => {
		const folder = fixture().fresh();
		fs.writeFileSync(path.join(folder.host, "given"), "outside");
		const said = await fixture().ask(async (preopens) => {
			const { wvwasi } = window.suite;
			const w = await wvwasi.connect({ preopens });
			const text = new TextDecoder();
			const said = { preopens: w.preopens.map(({ path }) => path), rootFd: w.rootFd, same: w.wasiSnapshotPreview1 === w };
			said.given = text.decode(await w.fs.readFile("/given"));
			await w.fs.mkdir("/folder");
			await w.fs.writeFile("/folder/file", "written by the page");
			await w.fs.rename("/folder/file", "/folder/renamed");
			said.names = (await w.fs.readdir("/folder")).map((entry) => entry.name ?? entry);
			said.size = Number((await w.fs.stat("/folder/renamed")).size);
			const rights = (1n << 1n) | (1n << 6n) | (1n << 2n) | (1n << 5n);
			const fd = await w.path_open(w.rootFd, 0, "calls", 1, rights, rights, 0);
			said.wrote = Number(await w.fd_write(fd, new TextEncoder().encode("0123456789")));
			await w.fd_seek(fd, 2n, 0);
			said.read = text.decode(await w.fd_read(fd, 3));
			await w.fd_close(fd);
			said.error = await w.path_unlink_file(w.rootFd, "missing").catch((error) => window.suite.describeError(error));
			said.outside = await w.path_open(w.rootFd, 0, "../secret", 0, 2n, 0n, 0).catch((error) => error.name);
			const [event] = await w.poll_oneoff([{ type: "clock", userdata: 5n, id: 1, timeout: 1_000_000n }]).catch(async () => []);
			said.event = event ? Number(event.userdata) : null;
			await w.fs.rm("/given");
			w.close();
			return JSON.parse(JSON.stringify(said, (_, value) => (typeof value === "bigint" ? Number(value) : value)));
		}, { "/": folder.guest });
		assert.deepEqual(said.preopens, ["/"]);
		assert.equal(said.same, true);
		assert.equal(said.given, "outside");
		assert.deepEqual(said.names, ["renamed"]);
		assert.equal(said.size, 19);
		assert.equal(said.wrote, 10);
		assert.equal(said.read, "234");
		assert.equal(said.error.kind, "WasiError");
		assert.equal(said.error.name, "NOENT");
		assert.equal(said.error.errno, 44);
		assert.equal(said.error.call, "path_unlink_file");
		assert.equal(said.outside, "PERM");
		assert.equal(said.event, 5);
		assert.equal(fs.readFileSync(path.join(folder.host, "folder/renamed"), "utf8"), "written by the page");
		assert.equal(fs.readFileSync(path.join(folder.host, "calls"), "utf8"), "0123456789");
		assert.deepEqual(fs.readdirSync(folder.host).sort(), ["calls", "folder"]);
	});

	test("connect() in a worker, with a ticket from the page", async () => {
		assert.deepEqual(Object.keys(await fixture().ask(runWorker, { calls: true })).sort(), ["names", "preopens"]);
	});
}
