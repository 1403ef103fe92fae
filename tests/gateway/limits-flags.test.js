// --limit: past each bound a program gets the errno that POSIX would give, and goes on; so does the gateway.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { CLOSE, ERRNO, FRAME, OPEN, RIGHTS, Session, call, encodeBatch, handle, open, subscription } from "./client.js";
import { binary, startGateway } from "./gateway.js";
import { gatewayPid, isAlive, measure } from "./processes.js";
import { ask, get } from "./raw.js";

const NOMEM = 48, NOSPC = 51;
const TMP = 4;
const WITH_TMP = { flags: 1 | 16 | 32, preopens: [{ name: "/", grant: "/", readOnly: false }, { name: "/tmp", grant: "/tmp", readOnly: false }] };
const fixture = await openFixture(["--limit", "handles=32", "--limit", "subscriptions=8", "--limit", "scratch=64K", "--limit", "bytes=8K", "--limit",
	"programs=6"]);
after(() => fixture.close());
const create = { oflags: OPEN.create, rights: RIGHTS.both };
const errnos = (results) => results.map(({ errno }) => errno);

test("the hello's answer names the bounds", async () => {
	const wire = await fixture.session.connect(ROOT_ONLY);
	const { handles, data, subscriptions } = wire.welcome.bounds;
	assert.deepEqual([handles, data, subscriptions], [32, 8192, 8]);
	await wire.close();
});

test("handles: MFILE past the bound, and room again after a close", async () => {
	const wire = await fixture.session.connect(ROOT_ONLY);
	const files = Array.from({ length: 40 }, (_, i) => handle(4 + i, 1));
	const results = errnos(await wire.calls(...files.map((file) => open("a", file, create))));
	const opened = results.filter((errno) => errno === 0).length;
	assert.equal(opened, 32 - 4, "0 to 2 and the folder are handles too");
	assert.ok(results.slice(opened).every((errno) => errno === ERRNO.MFILE));
	assert.deepEqual(errnos(await wire.calls(call("fd_close", [files[0]]), open("a", handle(4, 2)))), [0, 0]);
	await wire.close();
});

test("subscriptions: NOMEM past the bound", async () => {
	const wire = await fixture.session.connect(ROOT_ONLY);
	const clocks = (count) =>
		call("poll_oneoff", [Buffer.concat(Array.from({ length: count }, (_, i) => subscription({ userdata: i, clock: 1, timeout: 0 })))]);
	assert.deepEqual(errnos(await wire.calls(clocks(8), clocks(9))), [0, NOMEM]);
	await wire.close();
});

test("bytes: a longer read is short, a longer write is too", async () => {
	const wire = await fixture.session.connect(ROOT_ONLY);
	const file = handle(9, 1);
	fs.writeFileSync(fixture.at("long"), Buffer.alloc(20_000, "x"));
	const [, read, write] = await wire.calls(open("long", file, { rights: RIGHTS.both }), call("fd_pread", [file, 0n, 20_000]),
		call("fd_pwrite", [file, 0n, Buffer.alloc(20_000, "y")]));
	assert.equal(read.gives[0].length, 8192);
	assert.equal(write.gives[0], 8192);
	assert.ok(!fs.readFileSync(fixture.at("long")).subarray(8192).includes("y"));
	assert.equal((await wire.calls(call("random_get", [100_000])))[0].gives[0].length, 8192);
	await wire.close();
});

test("scratch space: NOSPC past the bound by write, append and truncate, and back when files go", async () => {
	const wire = await fixture.session.connect(WITH_TMP);
	const [one, two, log] = [handle(9, 1), handle(10, 1), handle(11, 1)];
	const chunk = Buffer.alloc(8000, "z");
	const results = await wire.calls(open("one", one, { ...create, dir: TMP }),
		...Array.from({ length: 9 }, (_, i) => call("fd_pwrite", [one, BigInt(i * 8000), chunk])),
		open("two", two, { ...create, dir: TMP }), call("fd_pwrite", [two, 0n, chunk]), call("fd_filestat_set_size", [two, 100_000n]),
		open("log", log, { ...create, dir: TMP, fdflags: 1 }), call("fd_write", [log, 0n, chunk]), call("fd_filestat_get", [one]));
	assert.deepEqual(errnos(results.slice(1, 9)), [0, 0, 0, 0, 0, 0, 0, 0], "eight times 8,000 bytes fit");
	assert.equal(results[9].gives[0], 65_536 - 64_000, "the last one as far as it fits");
	assert.deepEqual([results[11].errno, results[12].errno, results[14].errno], [NOSPC, NOSPC, NOSPC]);
	const size = new DataView(results[15].bytes.buffer, results[15].bytes.byteOffset).getBigUint64(32, true);
	assert.equal(size, 65_536n);
	assert.deepEqual(errnos(await wire.calls(call("fd_filestat_set_size", [one, 0n]), call("fd_pwrite", [two, 0n, chunk]))), [0, 0]);
	// Unlinked but open still counts; closed no more.
	const held = await wire.calls(call("fd_filestat_set_size", [one, 56_000n]), call("path_unlink_file", [TMP, "one"]), call("fd_pwrite", [two, 8000n, chunk]),
		call("fd_close", [one]), call("fd_pwrite", [two, 8000n, chunk]));
	assert.deepEqual(errnos(held), [0, 0, 0, 0, 0]);
	assert.ok(held[2].gives[0] < 8000 && held[4].gives[0] === 8000, "freed by the close, not by the unlink");
	await wire.close();
});

test("programs: one more is refused by name, and may come when another has ended", async () => {
	await fixture.gateway.next("program-end");
	const wires = [];
	for (let i = 0; i < 6; i++)
		wires.push(await connectWhenThereIsRoom());
	const one = await fixture.session.dial();
	await assert.rejects(fixture.session.connect(ROOT_ONLY), { code: CLOSE.BOUND });
	one.close();
	wires.pop().close();
	wires.push(await connectWhenThereIsRoom());
	await Promise.all(wires.map((wire) => wire.close()));
});

/** The programs of tests before are still being ended. */
async function connectWhenThereIsRoom() {
	for (let tries = 0; ; tries++)
		try {
			return await fixture.session.connect(ROOT_ONLY);
		} catch (error) {
			if (error.code !== CLOSE.BOUND || tries > 100)
				throw error;
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
}

for (const [what, value] of [["a name that isn't there", "horses=3"], ["too little", "handles=1"], ["too much", "handles=70000"], ["no number", "scratch=much"],
	["no value", "scratch"], ["an unknown unit", "scratch=1KB"], ["a number past 64 bits", "scratch=99999999999G"]])
	test(`--limit with ${what} is exit 2, and says so`, () => {
		const { status, stderr } = spawnSync(binary, ["--root", os.tmpdir(), "--limit", value], { encoding: "utf8" });
		assert.equal(status, 2);
		assert.match(stderr, new RegExp(`--limit '${value}'`));
	});

test("the config file takes them as a list", async () => {
	const file = path.join(fixture.base, "config.json");
	fs.writeFileSync(file, JSON.stringify({ limit: ["handles=20"] }));
	const gateway = await startGateway(["--root", fixture.folder, "--config", file]);
	const wire = await (await Session.enter(gateway)).connect();
	assert.equal(wire.welcome.bounds.handles, 20);
	await wire.close();
	await gateway.stop();
});

test("bytes in flight: a page that reads no answers is no longer read from, and the gateway stays small", async () => {
	const other = await openFixture();
	const wire = await other.session.connect(ROOT_ONLY);
	const pid = gatewayPid(other.gateway.pid);
	fs.writeFileSync(other.at("big"), Buffer.alloc(1 << 20, "x"));
	await wire.calls(open("big", handle(9, 1)));
	const before = measure(pid).rss;
	wire.socket._socket.pause(); // the kernel's buffers fill, then the gateway's
	const batch = () => encodeBatch([call("fd_pread", [handle(9, 1), 0n, 1 << 20])], ++wire.sequence, 0, 1);
	for (let i = 0; i < 500; i++)
		wire.send(batch());
	const lively = await other.session.connect(ROOT_ONLY);
	for (let i = 0; i < 20; i++)
		assert.equal((await lively.calls(call("path_filestat_get", [3, 0, "big"])))[0].errno, 0, "others don't wait for it");
	const grown = measure(pid).rss - before;
	assert.ok(grown < 16 << 20, `${grown} bytes for 500 MiB that nobody reads`);
	wire.socket._socket.resume();
	await wire.next(FRAME.ANSWER, ({ body }) => new DataView(body.buffer, body.byteOffset).getUint32(0, true) === wire.sequence, 60_000);
	wire.socket.terminate();
	await lively.close();
	await other.close();
});

test("a hundred small batches while a slow one runs are no error", async () => {
	const wire = await fixture.session.connect(ROOT_ONLY);
	await wire.calls(open("slow", handle(9, 1), create));
	const calls = [call("fd_write", [handle(9, 1), 0n, Buffer.alloc(8000)]), ...Array(200).fill(call("fd_sync", [handle(9, 1)]))];
	wire.batch(calls); // on a worker
	let last;
	for (let i = 0; i < 1000; i++)
		last = wire.batch([call("sched_yield")]);
	assert.equal((await wire.answer(last, [call("sched_yield")], 60_000))[0].errno, 0);
	await wire.close();
});

test("one message with more answers than anybody reads makes them one after the other", async () => {
	const other = await openFixture();
	const wire = await other.session.connect(ROOT_ONLY);
	const pid = gatewayPid(other.gateway.pid);
	fs.writeFileSync(other.at("big"), Buffer.alloc(4 << 20, "x"));
	await wire.calls(open("big", handle(9, 1)));
	const before = measure(pid).rss;
	wire.socket._socket.pause();
	const read = call("fd_pread", [handle(9, 1), 0n, 4 << 20]);
	wire.send(Buffer.concat(Array.from({ length: 60 }, () => encodeBatch([read, read, read], ++wire.sequence, 0, 1))));
	const lively = await other.session.connect(ROOT_ONLY);
	for (let i = 0; i < 50; i++)
		await lively.calls(call("path_filestat_get", [3, 0, "big"]));
	const grown = measure(pid).rss - before;
	assert.ok(grown < 48 << 20, `${grown} bytes for 720 MiB that nobody reads`);
	wire.socket.terminate();
	await lively.close();
	await other.close();
});

test("parked calls: NOMEM past a thousand, and the program goes on", async () => {
	const wire = await fixture.session.connect({ ...ROOT_ONLY, flags: 1 | 16 });
	const polls = Array.from({ length: 1100 }, (_, i) => call("poll_oneoff", [subscription({ userdata: i, clock: 1, timeout: 3e11 })]));
	const first = wire.batch(polls.slice(0, 1000));
	const more = wire.batch(polls.slice(0, 30));
	const [result] = await wire.calls(polls[0]);
	assert.equal(result.errno, NOMEM);
	assert.equal((await wire.calls(call("path_filestat_get", [3, 0, "."])))[0].errno, 0);
	assert.ok(first && more);
	await wire.close();
});

test("connections that say nothing, two hundred of them, keep nobody out", async () => {
	const silent = Array.from({ length: 200 }, () => net.connect(fixture.gateway.ready.port, "127.0.0.1").on("error", () => {}));
	await Promise.all(silent.map((socket) => new Promise((resolve) => socket.once("connect", resolve).once("error", resolve))));
	const wire = await connectWhenThereIsRoom();
	assert.equal((await wire.calls(call("sched_yield")))[0].errno, 0);
	for (const socket of silent)
		socket.destroy();
	await wire.close();
});

test("the scratch folder of a killed gateway is removed by the next one, and nobody else's", async () => {
	const tmp = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-scratch-"));
	const first = await startGateway(["--root", fixture.folder], { env: { TMPDIR: tmp } });
	const wire = await (await Session.enter(first)).connect();
	const { handle: scratch } = wire.welcome.preopens.find(({ name }) => name === "/tmp" || Buffer.from(name).toString() === "/tmp");
	await wire.calls(call("path_create_directory", [scratch, "deep"]), call("path_create_directory", [scratch, "deep/er"]),
		open("deep/er/file", handle(9, 1), { ...create, dir: scratch }), call("fd_write", [handle(9, 1), 0n, Buffer.from("left behind")]),
		call("path_symlink", ["../../..", scratch, "deep/up"]));
	const [parent] = fs.readdirSync(tmp);
	const guests = () => fs.readdirSync(path.join(tmp, parent));
	assert.equal(guests().length, 1);
	fs.mkdirSync(path.join(tmp, parent, "somebody-elses"));
	const pid = gatewayPid(first.pid);
	process.kill(pid, "SIGKILL");
	await first.ended;
	assert.ok(!isAlive(pid));
	assert.equal(guests().length, 2, "nobody cleaned up");

	const second = await startGateway(["--root", fixture.folder], { env: { TMPDIR: tmp } });
	const other = await (await Session.enter(second)).connect();
	const third = await startGateway(["--root", fixture.folder], { env: { TMPDIR: tmp } });
	const names = guests();
	assert.equal(names.length, 2, `a living guest's stays: ${names}`);
	assert.ok(names.includes("somebody-elses"));
	assert.equal(execFileSync("find", [tmp, "-name", "file"], { encoding: "utf8" }), "");
	await other.close();
	await second.stop();
	await third.stop();
	assert.deepEqual(guests(), ["somebody-elses"]);
	fs.rmSync(tmp, { recursive: true });
});

test("a granted folder that was removed and made again is named at the terminal when the next program starts", async () => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-gone-"));
	const gateway = await startGateway(["--root", fixture.folder, "--dir", `${folder}::/work`]);
	const session = await Session.enter(gateway);
	await (await session.connect()).close();
	assert.doesNotMatch(gateway.stderr(), /removed/);
	fs.rmdirSync(folder);
	fs.mkdirSync(folder);
	await (await session.connect()).close();
	await gateway.says(/the folder that programs see as '\/work' was removed/);
	await gateway.stop();
	fs.rmdirSync(folder);
});

test("a served folder that was removed and made again: the page and the terminal say what to do", async () => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-gone-"));
	const gateway = await startGateway(["--root", folder]);
	const session = await Session.enter(gateway);
	const page = async () => {
		const { status, body } = await ask(gateway.ready.port, get(session.origin, "/index.html"));
		return { status, text: body.toString() };
	};
	fs.writeFileSync(path.join(folder, "index.html"), "one");
	assert.deepEqual(await page(), { status: 200, text: "one" });
	fs.rmSync(path.join(folder, "index.html"));
	assert.equal((await page()).text, "no such file\n");
	fs.rmdirSync(folder);
	fs.mkdirSync(folder);
	fs.writeFileSync(path.join(folder, "index.html"), "two");
	const { status, text } = await page();
	assert.equal(status, 404);
	assert.match(text, /served folder was removed: start wvwasi-gw again/);
	await gateway.says(/the served folder was removed: start wvwasi-gw again to serve the one that has its path now/);
	await gateway.stop();
	fs.rmSync(folder, { recursive: true });
});
