// Components that export wasi:http/incoming-handler serve on --tcplisten: what a request says, what the wire says, many at once, those that trap, and
// load; WVWASI_LOAD_SECONDS: how long wrk loads it (make loaded: 30 s).
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { promisify } from "node:util";

import { top } from "../gateway/gateway.js";
import { test } from "../testing.js";

const SECONDS = Number(process.env.WVWASI_LOAD_SECONDS ?? 2);
const AT_ONCE = 10;
const build = process.env.WVWASI_BUILD ?? path.join(top, "build");

/** The component in a page: { port, ended: its exit code and what it said }. */
async function start(t, args, component) {
	const child = spawn(path.join(top, "tests/run-wasm"), [...args, "--tcplisten", "127.0.0.1:0", path.join(build, "components", component)],
		{ stdio: ["ignore", "pipe", "pipe"] });
	t.after(() => child.kill());
	let said = "";
	const ended = once(child, "close").then(([code]) => ({ code, said }));
	child.stdout.resume();
	for await (const text of child.stderr.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
		said += text;
		if (said.includes("\n"))
			break;
	}
	child.stderr.on("data", (text) => (said += text));
	return { port: Number(/^listening on \S+:(\d+)/m.exec(said)?.[1]), ended };
}

/** What a server gives for these bytes, until it closes the connection. */
async function raw(port, text) {
	const socket = net.connect(port, "127.0.0.1").setEncoding("latin1");
	let got = "";
	socket.on("data", (data) => (got += data)).on("error", () => {}).write(text);
	await once(socket, "close");
	return got;
}

async function ask(port, path, { agent = false, ...options } = {}, pieces = []) {
	const request = http.request({ port, host: "127.0.0.1", path, agent, ...options });
	const answered = once(request, "response");
	for (const piece of pieces)
		await new Promise((resolve) => request.write(piece, resolve));
	request.end();
	const [response] = await answered;
	return { status: response.statusCode, headers: response.headers, body: await textOf(response) };
}

async function textOf(response) {
	let text = "";
	for await (const piece of response.setEncoding("latin1"))
		text += piece;
	return text;
}

const get = "GET / HTTP/1.1\r\nHost: a\r\n";

for (const [engine, wait] of [["chromium", "jspi"], ["chromium", "shared"], ["firefox", "jspi"], ["webkit", "xhr"]])
	test(`${engine}, ${wait}: a component answers requests`, { timeout: 60_000 }, async (t) => {
		const { port, ended } = await start(t, ["--engine", engine, "--wait", wait], "serves.wasm");
		const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
		t.after(() => agent.destroy());

		const asked = { agent, method: "PUT", headers: { "X-Mine": "1", "Upgrade-Insecure-Requests": "1" } };
		const { status, headers, body } = await ask(port, "/a?b=%20", asked, ["one ", "two"]);
		assert.deepEqual([status, headers["x-kind"], headers["transfer-encoding"]], [201, "said", "chunked"]);
		assert.equal(body, `method 3\n/a?b=%20\n127.0.0.1:${port}\nscheme 0\nx-mine: 1\nupgrade-insecure-requests: 1\n\none two`);
		assert.equal((await ask(port, "/file/300000", { agent })).body, "x".repeat(300_000));
		assert.deepEqual(await ask(port, "/file/7", { agent, method: "HEAD" }).then((its) => [its.headers["content-length"], its.body]), ["7", ""]);

		const held = Array.from({ length: AT_ONCE }, () => http.request({ port, host: "127.0.0.1", path: "/", method: "POST", agent: false }));
		const answers = held.map((request) => once(request, "response"));
		for (const request of held)
			await new Promise((resolve) => request.write("half", resolve));
		assert.equal((await ask(port, "/wait")).body, "xxxx");
		for (const request of held.reverse())
			request.end("whole");
		for (const [response] of await Promise.all(answers))
			assert.match(await textOf(response), /\n\nhalfwhole$/);

		assert.equal((await ask(port, "/nothing")).status, 500);
		assert.equal((await ask(port, "/error")).status, 502);
		assert.equal((await ask(port, "/trap", { agent })).status, 500);
		assert.match(await raw(port, get.replace("/", "/trap-later") + "\r\n"), /^HTTP\/1\.1 200 [^]*\r\n\r\n4\r\nhalf\r\n$/);
		assert.match(await raw(port, get.replace("/", "/short") + "\r\n"), /content-length: 10\r\n\r\nxxxx$/);

		for (const [request, want] of [
			["GET / HTTP/1.1\r\n\r\n", 400], ["GET /\r\n\r\n", 400], [`${get}Host: b\r\n\r\n`, 400], [`${get} folded\r\n\r\n`, 400], [`${get}A\n: b\r\n\r\n`, 400],
			[`${get}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, 400], [`${get}Content-Length: +1\r\n\r\n`, 400],
			[`${get}Transfer-Encoding: gzip, chunked\r\n\r\n`, 501], [`${get}A: ${"b".repeat(70_000)}`, 431],
		])
			assert.equal(Number(/^HTTP\/1\.1 (\d+)/.exec(await raw(port, request))?.[1]), want, request.slice(0, 80));
		const two = await raw(port, `${get}Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nT: 1\r\n\r\n${get}Connection: close\r\n\r\n`);
		assert.match(two, /^HTTP\/1\.1 201 [^]*\r\n3\r\nabc\r\n0\r\n\r\nHTTP\/1\.1 201 [^]*\n\r\n0\r\n\r\n$/);
		assert.match(await raw(port, `${get}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`), /\(cut\)/);
		assert.match(await raw(port, "GET / HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 201 [^]*connection: close\r\n\r\nmethod 0\n/);

		await raw(port, get.replace("/", "/exit") + "\r\n");
		const { code, said } = await ended;
		assert.equal(code, 0, said);
		assert.equal(said.match(/^wvwasi: the component trapped in its answer to a request: /gm)?.length, 2, said);
	});

for (const [engine, wait] of [["chromium", "jspi"], ["chromium", "shared"], ["firefox", "jspi"], ["webkit", "xhr"]])
	test(`${engine}, ${wait}: a component of WASI 0.3 answers requests`, { timeout: 60_000 }, async (t) => {
		const { port } = await start(t, ["--engine", engine, "--wait", wait], "serves3.wasm");
		const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
		t.after(() => agent.destroy());
		const { status, headers, body } = await ask(port, "/a?b=%20", { agent, method: "PUT", headers: { "X-Mine": "1" } }, ["one ", "two"]);
		assert.deepEqual([status, headers["x-kind"], headers["transfer-encoding"]], [201, "said", "chunked"]);
		assert.equal(body, `put\n/a?b=%20\n127.0.0.1:${port}\nHTTP\nx-mine: 1\n\none two`);
		assert.equal((await ask(port, "/file/300000", { agent })).body, "x".repeat(300_000));
		assert.deepEqual(await ask(port, "/file/7", { agent, method: "HEAD" }).then((its) => [its.headers["content-length"], its.body]), ["7", ""]);
		const large = "0123456789".repeat(30_000);
		assert.equal((await ask(port, "/through", { method: "POST" }, [large, large])).body, large + large);

		const held = http.request({ port, host: "127.0.0.1", path: "/", method: "POST", agent: false }), answer = once(held, "response");
		await new Promise((resolve) => held.write("half", resolve));
		assert.equal((await ask(port, "/wait")).body, "xxxx", "while another one waits for its client");
		held.end("whole");
		assert.match(await textOf((await answer)[0]), /\n\nhalfwhole$/);
		assert.deepEqual([(await ask(port, "/nothing")).status, (await ask(port, "/error")).status, (await ask(port, "/trap", { agent })).status], [204, 502, 500]);
		assert.equal((await ask(port, "/file/3")).body, "xxx", "after a trap");
	});

test("without --tcplisten a sentence says so", { timeout: 60_000 }, async () => {
	const failed = await promisify(execFile)(path.join(top, "tests/run-wasm"), [path.join(build, "components/serves.wasm")]).catch((error) => error);
	assert.deepEqual([failed.code, failed.stderr], [1, "wvwasi: the component answers HTTP requests and has no socket for them: "
		+ "start the gateway with --tcplisten 127.0.0.1:8080\n"]);
});

test(`it stands ${SECONDS} s of load, and answers as before`, { timeout: (60 + SECONDS) * 1000 }, async (t) => {
	const { port } = await start(t, [], "serves.wasm");
	for (const connections of [1, 64]) {
		const { stdout } = await promisify(execFile)("wrk", ["--threads", "1", "--connections", String(connections), "--duration", `${SECONDS}s`, "--timeout", "10s",
			`http://127.0.0.1:${port}/load`]);
		assert.ok(Number(/(\d+) requests in/.exec(stdout)?.[1]) > SECONDS * 20, stdout);
		assert.ok(!/Non-2xx|Socket errors/.test(stdout), stdout);
		t.diagnostic(`${connections} connections: ${/Requests\/sec: +(\S+)/.exec(stdout)[1]} requests a second`);
	}
	assert.match((await ask(port, "/x", { method: "POST" }, ["to be"])).body, /\n\nto be$/);
});
