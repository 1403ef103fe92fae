// Web servers whose program runs in a page of Chromium, under load: one in C by POSIX sockets (tests/guests/http.c), with many connections at once; and
// CPython's own http.server, with one. WVWASI_LOAD_SECONDS: how long wrk loads it (make loaded: 30 s).
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { top } from "../gateway/gateway.js";
import { freePort } from "../gateway/net-peers.js";
import { after, test } from "../testing.js";

const SECONDS = Number(process.env.WVWASI_LOAD_SECONDS ?? 3);
const build = process.env.WVWASI_BUILD ?? path.join(top, "build");
const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-http-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** A program in a page. says: waits for what it or run-wasm says; the match. end: waits for its end: { code, said }. */
function start(args) {
	const child = spawn(path.join(top, "tests/run-wasm"), args, { stdio: ["ignore", "pipe", "pipe"] });
	const ended = once(child, "close");
	let said = "";
	for (const stream of [child.stdout, child.stderr])
		stream.setEncoding("utf8").on("data", (text) => (said += text));
	return {
		async says(pattern) {
			while (!pattern.test(said))
				if ((await Promise.race([ended, once(child.stdout, "data"), once(child.stderr, "data")])).length === 2)
					throw new Error(`it ended: ${said}`);
			return said.match(pattern);
		},
		async end() {
			const [code] = await ended;
			return { code, said };
		},
		kill: () => child.kill(),
	};
}

function get(url, agent = undefined) {
	return new Promise((resolve, reject) => {
		http.get(url, { agent }, (response) => {
			const chunks = [];
			response.on("data", (chunk) => chunks.push(chunk)).on("end",
				() => resolve({ status: response.statusCode, body: Buffer.concat(chunks) })).on("error", reject);
		}).on("error", reject);
	});
}

test(`a server in C keeps its connections, answers each request whole, and stands ${SECONDS} s of load`, { timeout: (60 + SECONDS) * 1000 }, async (t) => {
	const port = await freePort();
	const program = start(["--net", `listen:127.0.0.1:${port}`, path.join(build, "guests/http.wasm"), String(port)]);
	t.after(program.kill);
	await program.says(/^listening$/m);
	const at = `http://127.0.0.1:${port}`, agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
	const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => 97 + i % 26));
	for (const length of [0, 5, 2000, bytes.length]) {
		const { status, body } = await get(`${at}/${length}`, agent);
		assert.deepEqual([status, sha256(body)], [200, sha256(bytes.subarray(0, length))]);
	}
	assert.equal((await get(`${at}/none`, agent)).status, 404);
	agent.destroy();
	for (const [connections, length] of [[32, 5], [8, 100_000]]) {
		const { stdout } = await promisify(execFile)("wrk",
			["--threads", "1", "--connections", String(connections), "--duration", `${SECONDS}s`, "--timeout", "10s",
			`${at}/${length}`]);
		const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
		assert.ok(requests > SECONDS * 20, stdout);
		assert.ok(!/Non-2xx|Socket errors/.test(stdout), stdout);
		t.diagnostic(`${connections} connections, ${length} bytes: ${/Requests\/sec: +(\S+)/.exec(stdout)[1]} requests a second`);
	}
	await get(`${at}/end`);
	assert.deepEqual(await program.end(), { code: 0, said: "listening\nended\n" });
});

/* Its build has no bind(), and wasi-vfs within it knows no sockets: os.close() of one is EBADF there, and calls nothing of ours. So it has preview1's
 * listener, a connection that has been shut down stays, and load comes by one that lives long. Python's server serves one after the other. */
const PYTHON = `
import http.server, os, socket, socketserver, sys

class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass
    def do_GET(self):
        if self.path == "/end":
            server.ends = True
        super().do_GET()

class Server(socketserver.TCPServer):
    def __init__(self, fd):
        socketserver.BaseServer.__init__(self, ("127.0.0.1", 0), Handler)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fd)
        self.kept = []
        self.ends = False
    def get_request(self):
        fd, _ = self.socket._accept()
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fd), ("127.0.0.1", 0)
    def close_request(self, request):
        self.kept.append(request)

os.chdir("/work")
server = Server(int(sys.argv[1]))
print("serving", flush=True)
while not server.ends:
    server._handle_request_noblock()
os._exit(0)
`;

test(`CPython's http.server gives files as they are, stands ${SECONDS} s of load, and goes on behind it`, { timeout: (60 + SECONDS) * 1000 }, async (t) => {
	const file = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i * 7 & 255)), TIMES = 20, LISTENER = 4; // behind /work
	fs.writeFileSync(path.join(base, "file.bin"), file);
	fs.writeFileSync(path.join(base, "small.txt"), "x".repeat(2000));
	const program = start(["--tcplisten", "127.0.0.1:0:blocking", "--dir", `${base}::/work:ro`, path.join(build, "examples/python/python.wasm"), "-c", PYTHON,
		String(LISTENER)]);
	t.after(program.kill);
	const [, address] = await program.says(/listening on (\S+)/);
	await program.says(/^serving$/m);
	const getAll = async () => {
		for (let i = 0; i < TIMES; i++) {
			const { status, body } = await get(`http://${address}/file.bin`);
			assert.deepEqual([status, sha256(body)], [200, sha256(file)]);
		}
	};
	await getAll();
	const { stdout } = await promisify(execFile)("wrk",
		["--threads", "1", "--connections", "1", "--duration", `${SECONDS}s`, "--timeout", "10s", `http://${address}/small.txt`]);
	const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
	assert.ok(requests > SECONDS * 5, stdout);
	assert.ok(!/Non-2xx|Socket errors/.test(stdout), stdout);
	t.diagnostic(`${/Requests\/sec: +(\S+)/.exec(stdout)[1]} requests a second`);
	await getAll();
	assert.equal((await get(`http://${address}/end`)).status, 404);
	assert.equal((await program.end()).code, 0);
});
