// How the gateway starts, what it says, how it ends: flags, exit codes, the kept port, signals, both processes.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { pause, within } from "../engines/deadline.js";
import { HELLO, Session } from "./client.js";
import { binary, startGateway } from "./gateway.js";
import { gatewayPid, isAlive, seesDescriptors } from "./processes.js";
import { Raw, ask, get } from "./raw.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-start-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const folder = (name) => {
	fs.mkdirSync(path.join(base, name), { recursive: true });
	return path.join(base, name);
};
const file = (name, text) => {
	fs.writeFileSync(path.join(base, name), text);
	return path.join(base, name);
};
const root = folder("root");
const state = { XDG_STATE_HOME: path.join(base, "state") };

/** Runs it to its end. */
function run(args, { env = state, cwd = base } = {}) {
	const child = spawn(binary, args, { env: { ...process.env, ...env }, cwd, stdio: ["ignore", "pipe", "pipe"] });
	let stdout = "", stderr = "";
	child.stdout.on("data", (data) => (stdout += data));
	child.stderr.on("data", (data) => (stderr += data));
	return within(new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }))), 10_000, "its end")
		.finally(() => child.kill("SIGKILL"));
}

async function fails(args, code, says, options) {
	const result = await run(args, options);
	assert.equal(result.code, code, result.stderr || result.stdout);
	assert.match(result.stderr, /^wvwasi-gw: [^\n]+\n$/, `not one sentence: ${result.stderr}`);
	for (const words of [says].flat())
		assert.ok(result.stderr.includes(words), result.stderr);
}

const ro = folder("root/inner");
const BAD = [
	["an unknown root", 1, "'/nonexistent/app'", ["--root", "/nonexistent/app"]],
	["a root that is a file", 1, "'app.txt'", ["--root", path.basename(file("app.txt", ""))]],
	["an unknown folder", 1, "'/nonexistent/data'", ["--root", root, "--dir", "/nonexistent/data::/data"]],
	["an unknown program", 1, "'nothing.wasm'", ["--", "nothing.wasm"]],
	["a word that is no file", 2, "'nothing.wasm': no such file", ["nothing.wasm", "--port", "0"]],
	["a folder in place of a program", 2, ["'root': a folder", "--root"], ["root"]],
	["nothing to serve", 2, "--root", []],
	["an unknown flag", 2, "'--rot'", ["--rot", root]],
	["a port that isn't one", 2, "'http'", ["--root", root, "--port", "http"]],
	["an address that isn't loopback", 2, "'192.0.2.1'", ["--root", root, "--port", "0", "--address", "192.0.2.1"]],
	["every address", 2, "'0.0.0.0'", ["--root", root, "--port", "0", "--address", "0.0.0.0"]],
	["a name as address", 2, "'example.org'", ["--root", root, "--port", "0", "--address", "example.org"]],
	["a listening address that isn't one", 2, "'example.org:80'", ["--root", root, "--port", "0", "--tcplisten", "example.org:80"]],
	["a listening address without a port", 2, "'127.0.0.1'", ["--root", root, "--port", "0", "--tcplisten", "127.0.0.1"]],
	["two folders for one name", 2, ["'/data'", ro, root], ["--root", root, "--dir", `${root}::/data`, "--dir", `${ro}::/data`]],
	["a read-only folder in one that may be written", 2, [ro, root], ["--root", ro, "--dir", root, "--dir", `${ro}::/data:ro`]],
	["the same folder read-only and not", 2, root, ["--root", ro, "--dir", root, "--dir", `${root}/.::/data:ro`]],
	["a config file that isn't there", 2, "'/nonexistent/config'", ["--config", "/nonexistent/config"]],
	["an unknown key in the config file", 2, ["'rot'", "bad.json"], ["--config", file("bad.json", '{"rot": "x"}')]],
	["a variable without a name", 2, "'=x'", ["--root", root, "--env", "=x"]],
];
for (const [name, code, says, args] of BAD)
	test(`${name}: exit ${code}, and one sentence that names it`, () => fails(args, code, says));

test("a link to a folder is the folder it leads to", async () => {
	fs.symlinkSync(root, path.join(base, "alias"));
	await fails(["--root", ro, "--dir", root, "--dir", `${base}/alias/inner::/data:ro`], 2, "alias/inner");
});

test("the app's own folder in one that may be written only warns", async () => {
	const gateway = await startGateway(["--root", ro, "--dir", `${root}::/data`]);
	await gateway.says(new RegExp(`'${ro}' lies in '${root}'`));
	await gateway.stop();
});

test("a busy port: exit 1 that names it, in either family", async () => {
	for (const host of ["127.0.0.1", "::1"]) {
		const other = net.createServer();
		await new Promise((resolve, reject) => other.listen(0, host, resolve).once("error", reject));
		const { port } = other.address();
		await fails(["--root", root, "--port", String(port)], 1, `'${port}'`);
		other.close();
	}
});

test("a busy listening address: exit 1 that names it", async () => {
	const other = net.createServer();
	await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
	await fails(["--root", root, "--port", "0", "--tcplisten", `127.0.0.1:${other.address().port}`], 1, String(other.address().port));
	other.close();
});

test("the first line is the link, alone and for people; the code comes beside it", async () => {
	const child = spawn(binary, ["--root", root, "--port", "0"], { env: { ...process.env, ...state }, stdio: ["ignore", "pipe", "inherit"] });
	const line = await within(new Promise((resolve) => child.stdout.once("data", (data) => resolve(data.toString()))), 30_000, "a line");
	const [first, second, ...rest] = line.split("\n");
	assert.match(first, /^[^\n]*http:\/\/localhost:\d+\/_wvwasi\/enter#k=[A-Za-z0-9_-]{22}&to=\/$/);
	assert.match(second, /http:\/\/localhost:\d+ and type [0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4} /);
	assert.deepEqual(rest, [""]);
	child.kill("SIGTERM");
	assert.deepEqual(await new Promise((resolve) => child.once("close", (...how) => resolve(how))), [0, null]);
});

test("--json: ready says url, link, port, pid and what it listens on", async () => {
	const gateway = await startGateway(["--root", root, "--tcplisten", "127.0.0.1:0", "--tcplisten", "[::1]:0"]);
	const { url, link, port, pid, listen } = gateway.ready;
	assert.equal(url, `http://localhost:${port}`);
	assert.ok(link.startsWith(`${url}/_wvwasi/enter#k=`));
	assert.equal(pid, gateway.pid);
	assert.match(listen[0], /^127\.0\.0\.1:[1-9]\d*$/);
	assert.match(listen[1], /^\[::1\]:[1-9]\d*$/);
	assert.equal(gateway.log[0].event, "ready");
	await gateway.stop();
});

test("a root keeps its port; another root has its own; --port leaves it alone", async () => {
	const env = { XDG_STATE_HOME: path.join(base, "kept") };
	const start = async (args) => {
		const gateway = await startGateway(args, { env, port: [] });
		await gateway.stop();
		return gateway.ready.port;
	};
	const first = await start(["--root", root]);
	assert.ok(first >= 20000 && first <= 32767, String(first));
	assert.equal(await start(["--root", root]), first);
	assert.equal(await start(["--root", `${root}/../root/`]), first, "by its real path");
	assert.notEqual(await start(["--root", folder("second")]), first);
	const other = await startGateway(["--root", root], { env });
	assert.notEqual(other.ready.port, first);
	await other.stop();
	assert.equal(await start(["--root", root]), first);
	const kept = path.join(env.XDG_STATE_HOME, "wvwasi-gw");
	assert.equal(fs.statSync(kept).mode & 0o777, 0o700);
	for (const name of fs.readdirSync(kept).filter((each) => each.endsWith(".json")))
		assert.equal(fs.statSync(path.join(kept, name)).mode & 0o777, 0o600, name);
});

test("a kept port that somebody took: another for this time, and said so; the next start has its own again", async () => {
	const env = { XDG_STATE_HOME: path.join(base, "taken") };
	const gateway = await startGateway(["--root", root], { env, port: [] });
	await gateway.stop();
	const thief = net.createServer();
	await new Promise((resolve, reject) => thief.listen(gateway.ready.port, "::1", resolve).once("error", reject));
	const moved = await startGateway(["--root", root], { env, port: [] });
	assert.notEqual(moved.ready.port, gateway.ready.port);
	await moved.stop(); // all of stderr has come then
	const [, kept] = moved.stderr()
	.match(new RegExp(`port ${gateway.ready.port} is taken: this time .* port ${moved.ready.port}.*storage.*for good, .* remove '([^']+)'`));
	thief.close();
	const again = await startGateway(["--root", root], { env, port: [] });
	assert.equal(again.ready.port, gateway.ready.port);
	await again.stop();
	fs.unlinkSync(kept); // the user's yes
	const free = await startGateway(["--root", root], { env, port: [] });
	await free.stop();
	assert.notEqual(free.ready.port, gateway.ready.port);
});

test("where nothing can be kept it starts all the same, and says so", async () => {
	const gateway = await startGateway(["--root", root], { env: { XDG_STATE_HOME: file("no-folder", "") }, port: [] });
	assert.equal((await ask(gateway.ready.port, get(gateway.ready.url, "/_wvwasi/wvwasi.js"))).status, 200);
	await gateway.stop();
	await gateway.says(/^wvwasi-gw: [^\n]*no-folder[^\n]*storage[^\n]*\n$/);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
	test(`${signal} ends programs and connections properly, with 0`, async () => {
		const gateway = await startGateway(["--root", root]);
		const inner = gatewayPid(gateway.pid);
		const session = await Session.enter(gateway);
		const wire = await session.connect({ flags: HELLO.NEW | HELLO.STDIN_EOF });
		const silent = await session.dial();
		const idle = await Raw.open(gateway.ready.port);
		gateway.kill(signal);
		assert.deepEqual(await gateway.ended, { code: 0, signal: null });
		assert.equal((await wire.closed).code, 1001);
		assert.equal((await silent.closed).code, 1001);
		await idle.hungUp();
		assert.deepEqual(gateway.log.map(({ event }) => event).slice(-3), ["program-start", "program-end", "session-close"]);
		assert.ok(!isAlive(inner));
	});

test("either process ends when the other does", async () => {
	const lost = await startGateway(["--root", root]);
	process.kill(gatewayPid(lost.pid), "SIGKILL");
	assert.deepEqual(await lost.ended, { code: 1, signal: null });
	assert.match(lost.stderr(), /gateway process was ended by signal 9/);

	const orphan = await startGateway(["--root", root]);
	const inner = gatewayPid(orphan.pid);
	orphan.kill("SIGKILL");
	await orphan.ended;
	for (let waits = 0; isAlive(inner); waits++) {
		assert.ok(waits < 100, "the gateway process lives on");
		await pause(10);
	}
});

test("the gateway's process holds none of the standard streams", { skip: !seesDescriptors && "only root sees descriptors" }, async () => {
	const gateway = await startGateway(["--root", root]);
	const inner = gatewayPid(gateway.pid);
	for (const fd of [0, 1, 2])
		assert.equal(fs.readlinkSync(`/proc/${inner}/fd/${fd}`), "/dev/null");
	await gateway.stop();
});

test("PROGRAM is opened anew for each who asks, and its going away is told", async () => {
	const program = file("program.wasm", "\0asm\x01\0\0\0 one");
	const gateway = await startGateway(["--tty", "raw", program, "a", "--tty", "b c"]);
	const { port, url } = gateway.ready;
	const json = await ask(port, get(url, "/_wvwasi/program.json"));
	const { inspector, ...told } = JSON.parse(json.body);
	assert.deepEqual(told, { name: "program.wasm", args: ["program.wasm", "a", "--tty", "b c"], tty: "raw" });
	assert.match(inspector, /^http:\/\/127\.0\.0\.2:\d+\/_wvwasi\/inspector$/);
	const wasm = await ask(port, get(url, "/_wvwasi/program.wasm"));
	assert.deepEqual([wasm.status, wasm.headers["content-type"], wasm.body.toString()], [200, "application/wasm", "\0asm\x01\0\0\0 one"]);
	fs.renameSync(file("rebuilt", "\0asm two!"), program);
	assert.equal((await ask(port, get(url, "/_wvwasi/program.wasm"))).body.toString(), "\0asm two!");
	assert.equal((await ask(port, get(url, "/_wvwasi/program.wasm", { Range: "bytes=5-" }))).body.toString(), "two!");
	assert.equal((await ask(port, get(url, "/_wvwasi/program.wasm", { "If-None-Match": "*" }))).status, 304);
	const many = await Promise.all(Array.from({ length: 20 }, () => ask(port, get(url, "/_wvwasi/program.wasm"))));
	assert.ok(many.every(({ status }) => status === 200));
	fs.unlinkSync(program);
	const gone = await ask(port, get(url, "/_wvwasi/program.wasm"));
	assert.equal(gone.status, 404);
	assert.match(gone.body.toString(), /No such file.*'program\.wasm'/);
	fs.mkdirSync(program);
	assert.equal((await ask(port, get(url, "/_wvwasi/program.wasm"))).status, 404);
	await gateway.stop();
});

test("--program adds programs by name; one that is no program, a name that is none or taken, and one without a first are refused", async () => {
	const first = file("first.wasm", "\0asm\x01\0\0\0"), second = file("second.wasm", "\0asm\x01\0\0\0 two");
	const gateway = await startGateway(["--program", `two=${second}`, "--program", `a.b-c_9=${first}`, first]);
	const { port, url } = gateway.ready;
	assert.deepEqual(JSON.parse((await ask(port, get(url, "/_wvwasi/program.json"))).body).programs, ["two", "a.b-c_9"]);
	const wasm = await ask(port, get(url, "/_wvwasi/programs/two"));
	assert.deepEqual([wasm.status, wasm.headers["content-type"], wasm.body.toString()], [200, "application/wasm", "\0asm\x01\0\0\0 two"]);
	for (const name of ["", "tw", "two=", "twoo", "../two", "two.wasm"])
		assert.equal((await ask(port, get(url, `/_wvwasi/programs/${name}`))).status, 404, name);
	fs.unlinkSync(second);
	assert.match((await ask(port, get(url, "/_wvwasi/programs/two"))).body.toString(), /No such file.*'two=/);
	await gateway.stop();
	for (const [args, words] of [[["--program", "two", first], /not NAME=FILE/], [["--program", `a/b=${first}`, first], /not NAME=FILE/],
		[["--program", `a=${first}`, "--program", `a=${base}`, first], /'a' is there twice/], [["--root", root, "--program", `a=${first}`], /goes with a first program/],
		[["--program", `a=${base}/nothing`, first], /No such file.*cannot read program/], [["--program", `a=${file("text", "text")}`, first], /cannot run/]])
		await assert.rejects(startGateway(args), (error) => words.test(error.message) || assert.fail(error.message), args.join(" "));
});

test("--open starts the browser with a link that works", async () => {
	const seen = path.join(base, "seen");
	const browser = file("browser.sh", `#!/bin/sh\nprintf %s "$1" > ${seen}.new && mv ${seen}.new ${seen}\n`);
	fs.chmodSync(browser, 0o755);
	const gateway = await startGateway(["--root", root, "--open"], { env: { BROWSER: browser } });
	for (let waits = 0; !fs.existsSync(seen); waits++) {
		assert.ok(waits < 500, "no browser was started");
		await pause(10);
	}
	const link = fs.readFileSync(seen, "utf8");
	assert.notEqual(link, gateway.ready.link);
	assert.ok(link.startsWith(`${gateway.ready.url}/_wvwasi/enter#k=`));
	await Session.enter({ ready: gateway.ready, link: async () => link });
	await gateway.stop();
});

test("$BROWSER may have arguments, and a place for the link among them", async () => {
	const seen = path.join(base, "seen-arguments");
	const browser = file("browser-arguments.sh", `#!/bin/sh\nprintf '%s\\n' "$@" > ${seen}.new && mv ${seen}.new ${seen}\n`);
	fs.chmodSync(browser, 0o755);
	for (const [command, at, count] of [[`${browser} --new-window --profile x`, 3, 4], [`${browser} --app %s --x`, 1, 3]]) {
		fs.rmSync(seen, { force: true });
		const gateway = await startGateway(["--root", root, "--open"], { env: { BROWSER: command } });
		for (let waits = 0; !fs.existsSync(seen); waits++) {
			assert.ok(waits < 500, "no browser was started");
			await pause(10);
		}
		const words = fs.readFileSync(seen, "utf8").trim().split("\n");
		assert.equal(words.length, count);
		assert.ok(words[at].startsWith(`${gateway.ready.url}/_wvwasi/enter#k=`), words.join(" "));
		await gateway.stop();
	}
});

test("--open without a browser says so and goes on", async () => {
	const gateway = await startGateway(["--root", root, "--open"], { env: { BROWSER: "/nonexistent/browser" } });
	for (let waits = 0; !/no browser was found/.test(gateway.stderr()); waits++) {
		assert.ok(waits < 500, gateway.stderr());
		await pause(10);
	}
	await gateway.stop();
});

test("with --json the end of the program that drives it is the gateway's, and /dev/null's end isn't", async (t) => {
	const start = (stdin) => {
		const child = spawn(binary, ["--root", root, "--port", "0", "--json"], { stdio: [stdin, "pipe", "inherit"] });
		t.after(() => child.kill("SIGKILL"));
		return child;
	};
	const driven = start("pipe"), alone = start("ignore");
	await once(driven.stdout, "data");
	driven.stdin.end();
	const [code] = await once(driven, "exit");
	assert.equal(code, 0);
	const { url, port } = JSON.parse(String((await once(alone.stdout, "data"))[0]).split("\n")[0]);
	assert.equal((await ask(port, get(url, "/_wvwasi/theme.css"))).status, 200);
});

test("the config file is the flags' equal", async () => {
	const config = file("good.json", JSON.stringify({ root, port: 0, json: true, isolation: "off", tcplisten: ["127.0.0.1:0"] }));
	const gateway = await startGateway(["--config", config], { port: [] });
	assert.equal(gateway.ready.listen.length, 1);
	const { headers } = await ask(gateway.ready.port, get(gateway.ready.url, "/"));
	assert.equal(headers["cross-origin-opener-policy"], undefined);
	await gateway.stop();
});

test("it is ready soon, and both processes are small", async () => {
	const times = [];
	for (let i = 0; i < 5; i++) {
		const started = process.hrtime.bigint();
		const gateway = await startGateway(["--root", root]);
		times.push(Number(process.hrtime.bigint() - started) / 1e6);
		const rss = [gateway.pid, gatewayPid(gateway.pid)].map((pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]));
		assert.ok(rss[0] + rss[1] < 12 << 10, `${rss.join(" + ")} KiB`);
		await gateway.stop();
	}
	assert.ok(Math.min(...times) < 200, times.join(" "));
});
