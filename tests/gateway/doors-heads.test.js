// The head reader and its bounds, fed what no browser sends. (The rows of tests/unit/test_head.c are the parser's own.)
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, test } from "node:test";

import { pause } from "../engines/deadline.js";
import { encodeHello } from "../../static/shim/base/codec.js";
import { FRAME, HELLO, Wire, call } from "./client.js";
import { openDoors } from "./doors-fixture.js";
import { gatewayPid, measure } from "./processes.js";
import { Raw, ask, get, post, upgrade } from "./raw.js";

const fixture = await openDoors();
after(() => fixture.close());
const { origin, port } = fixture;
const host = `Host: localhost:${port}`;

const CORPUS = {
	"TLS": [Buffer.from("16030100010000", "hex"), 400],
	"NULs": [Buffer.alloc(100), 400],
	"another protocol": ["SSH-2.0-OpenSSH_9.2\r\n", 400],
	"HTTP/2's preface": ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
	"HTTP/1.0": [`GET / HTTP/1.0\r\n${host}\r\n\r\n`, 505],
	"HTTP/0.9": ["GET /\r\n\r\n", 400],
	"an absolute address": [`GET http://localhost:${port}/ HTTP/1.1\r\n${host}\r\n\r\n`, 400],
	"CONNECT": [`CONNECT localhost:${port} HTTP/1.1\r\n${host}\r\n\r\n`, 400],
	"CONNECT to a path": [`CONNECT / HTTP/1.1\r\n${host}\r\nOrigin: ${origin}\r\n\r\n`, 405],
	"OPTIONS": [`OPTIONS / HTTP/1.1\r\n${host}\r\nOrigin: ${origin}\r\n\r\n`, 405],
	"TRACE": [`TRACE / HTTP/1.1\r\n${host}\r\nOrigin: ${origin}\r\n\r\n`, 405],
	"PUT": [`PUT /x HTTP/1.1\r\n${host}\r\nOrigin: ${origin}\r\n\r\n`, 405],
	"a POST to a file": [post("http://x", "/index.html", "").replace(/Host: x\r\nOrigin: http:\/\/x/, `${host}\r\nOrigin: ${origin}`), 405],
	"a folded line": [`GET / HTTP/1.1\r\n${host}\r\n folded\r\n\r\n`, 400],
	"a bare newline": [`GET / HTTP/1.1\n${host}\n\n`, 400],
	"doubled Origin": [`GET / HTTP/1.1\r\n${host}\r\nOrigin: ${origin}\r\nOrigin: ${origin}\r\n\r\n`, 400],
	"doubled Upgrade": [`GET /_wvwasi/ws HTTP/1.1\r\n${host}\r\nUpgrade: a\r\nUpgrade: b\r\n\r\n`, 400],
	"chunks": [`POST /_wvwasi/claim HTTP/1.1\r\n${host}\r\nOrigin: ${origin}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 411],
	"length and chunks": [`POST /_wvwasi/claim HTTP/1.1\r\n${host}\r\nOrigin: ${origin}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
	400], "two lengths": [`POST /_wvwasi/claim HTTP/1.1\r\n${host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}`, 400],
	"no length": [`POST /_wvwasi/claim HTTP/1.1\r\n${host}\r\nOrigin: ${origin}\r\n\r\n`, 411],
	"a body on GET": [`GET / HTTP/1.1\r\n${host}\r\nContent-Length: 3\r\n\r\nabc`, 400],
	"20 KiB of one needed line": [`GET / HTTP/1.1\r\n${host}\r\nUser-Agent: ${"a".repeat(20 << 10)}\r\n\r\n`, 431],
	"20 KiB of names": [`GET / HTTP/1.1\r\n${host}\r\n${"a".repeat(20 << 10)}: b\r\n\r\n`, 431],
	"more than 1 MiB of cookies": [`GET / HTTP/1.1\r\n${host}\r\nCookie: ${"a".repeat(1 << 20)}\r\n\r\n`, 431],
	"a bare newline behind 20 KiB of cookies": [`GET / HTTP/1.1\r\n${host}\r\nCookie: ${"a".repeat(20 << 10)}\nX: y\r\n\r\n`, 400],
	"a folded line behind 20 KiB of cookies": [`GET / HTTP/1.1\r\n${host}\r\nCookie: ${"a".repeat(20 << 10)}\r\n folded\r\n\r\n`, 400],
	"two lengths behind 20 KiB of cookies": [`POST /_wvwasi/claim HTTP/1.1\r\n${host}\r\nCookie: ${"a".repeat(20 << 10)}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}`, 400],
	"200 lines and 20 KiB of cookies": [`GET / HTTP/1.1\r\n${host}\r\nCookie: ${"a".repeat(20 << 10)}\r\n${"X: y\r\n".repeat(200)}\r\n`, 431],
	"200 lines": [`GET / HTTP/1.1\r\n${host}\r\n${"X: y\r\n".repeat(200)}\r\n`, 431],
	"a long address": [`GET /${"a".repeat(9000)} HTTP/1.1\r\n${host}\r\n\r\n`, 414],
};

for (const [name, [bytes, status]] of Object.entries(CORPUS))
	test(`${name}: refused in words with ${status}, and the connection ends`, async () => {
		const raw = await Raw.open(port);
		const answer = await raw.send(bytes).answer();
		assert.equal(answer.status, status, answer.body.toString());
		assert.ok(answer.body.length > 10);
		await raw.hungUp();
		raw.close();
		assert.ok(await fixture.isWell());
	});

test("12 KiB of cookies, which other ports of localhost may have set, are no trouble", async () => {
	assert.equal((await ask(port, get(origin, "/_wvwasi/wvwasi.js", { Cookie: "a".repeat(12 << 10) }))).status, 200);
});

// What Chromium and Firefox send at the most: 180 cookies of 4 KiB for a host.
const FAT = Array.from({ length: 180 }, (_, i) => `${i % 2 ? "wv_" : "c"}${i}=${"v".repeat(4090)}`).join("; ");

test("180 cookies of 4 KiB are no trouble: files, posts, kept connections, in pieces, with our own cookie among them", async () => {
	const page = get(origin, "/_wvwasi/wvwasi.js", { Cookie: FAT });
	const raw = await Raw.open(port);
	for (const bytes of [page, get(origin, "/_wvwasi/wvwasi.js"), page + page]) {
		raw.send(bytes);
		for (let i = 0; i < bytes.split("GET /").length - 1; i++)
			assert.equal((await raw.answer()).status, 200);
	}
	for (let at = 0; at < page.length; at += 7001) {
		raw.send(page.slice(at, at + 7001));
		await new Promise((resolve) => setImmediate(resolve));
	}
	assert.equal((await raw.answer()).status, 200);
	raw.close();
	const claim = await ask(port, post(origin, "/_wvwasi/claim", JSON.stringify({ token: "A".repeat(26) }), { Cookie: FAT }));
	assert.notEqual(claim.status, 431, claim.body.toString());
});

test("with 180 cookies of 4 KiB a link lets in, and a WebSocket is upgraded and used", async () => {
	const session = await fixture.enter();
	const ticket = async () => (await session.tickets())[0];
	const wire = await Wire.open(origin, await ticket(), { headers: { Cookie: FAT } });
	wire.send(encodeHello({ flags: HELLO.NEW | HELLO.STDIN_EOF }));
	await wire.next(FRAME.WELCOME);
	assert.equal((await wire.calls(call("sched_yield")))[0].errno, 0);
	await wire.close();
	const raw = await Raw.open(port);
	assert.equal((await raw.send(upgrade(origin, "B".repeat(22), { Cookie: FAT })).answer()).status, 401, "a wrong ticket is still one");
	raw.close();
	assert.ok(await fixture.isWell());
});

test("a connection is kept for more requests, also when they are sent at once", async () => {
	const raw = await Raw.open(port);
	raw.send(get(origin, "/_wvwasi/wvwasi.js") + get(origin, "/nothing") + get(origin, "/_wvwasi/wvwasi.js", {}, "HEAD") + get(origin, "/_wvwasi/enter"));
	assert.equal((await raw.answer()).status, 200);
	assert.equal((await raw.answer()).status, 404);
	assert.equal((await raw.answer({ noBody: true })).status, 200);
	assert.equal((await raw.answer()).status, 200);
	raw.send(post(origin, "/_wvwasi/claim", '{"token":"x"}') + get(origin, "/_wvwasi/enter", { Connection: "close" }));
	assert.equal((await raw.answer()).status, 410);
	assert.equal((await raw.answer()).headers.connection, "close");
	await raw.hungUp();
	raw.close();
});

test("a head that comes byte by byte is a head, and costs no spinning", async () => {
	const raw = await Raw.open(port);
	const pid = gatewayPid(fixture.gateway.ready.pid);
	const before = process.hrtime.bigint();
	const cpu = cpuTicks(pid);
	for (const byte of get(origin, "/_wvwasi/wvwasi.js")) {
		raw.send(byte);
		await pause(10);
	}
	assert.equal((await raw.answer()).status, 200);
	const busy = (cpuTicks(pid) - cpu) * 10; // ms
	const wall = Number(process.hrtime.bigint() - before) / 1e6;
	assert.ok(busy < wall / 4, `${busy} ms of ${wall} ms`);
	raw.close();
});

function cpuTicks(pid) {
	const [utime, stime] = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ").slice(11, 13).map(Number);
	return utime + stime;
}

test("who says nothing, or never ends a head or a body, is hung up on after ten seconds; 16 admitted WebSockets of a session stand on", async () => {
	const started = Date.now();
	const session = await fixture.enter();
	const standing = [];
	while (standing.length < 18)
		standing.push(await session.dial());
	const raws = await Promise.all(["", "GET / HT", post(origin, "/_wvwasi/claim", "{}").slice(0, -1)]
		.map(async (bytes) => (await Raw.open(port)).send(bytes)));
	const drip = await Raw.open(port);
	const dripping = setInterval(() => drip.send("a"), 500);
	drip.send("GET /");
	await Promise.all([...raws, drip].map((raw) => raw.hungUp(40_000)));
	clearInterval(dripping);
	assert.ok(Date.now() - started > 8000, "not at once");
	for (const { code } of await Promise.all(standing.slice(0, 2).map(({ closed }) => closed)))
		assert.equal(code, 4400, "the oldest are too many");
	for (const wire of standing.slice(2)) {
		wire.send(encodeHello({ flags: HELLO.NEW | HELLO.STDIN_EOF }));
		await wire.next(FRAME.WELCOME);
		await wire.close();
	}
	for (const raw of [...raws, drip])
		raw.close();
});

test("two hundred connections that say nothing don't keep the user out", { timeout: 30_000 }, async () => {
	const idle = await Promise.all(Array.from({ length: 200 }, () => Raw.open(port)));
	const session = await fixture.enter();
	assert.equal((await session.tickets()).length, 1);
	const { descriptors } = measure(gatewayPid(fixture.gateway.ready.pid));
	assert.ok(descriptors < 64 + 60, `${descriptors} open`);
	for (const raw of idle)
		raw.close();
});

test("bodies are bounded by what is announced", async () => {
	const session = await fixture.enter();
	const announce = (path, length, headers) => ask(port, post(origin, path, "", { ...headers, "Content-Length": length }));
	assert.equal((await announce("/_wvwasi/claim", 4097)).status, 413);
	assert.equal((await announce("/_wvwasi/ticket", 1e9, { "Wvwasi-Secret": session.secret })).status, 413);
	const [ticket] = await session.tickets();
	assert.equal((await announce("/_wvwasi/call", (8 << 20) + 1, { "Wvwasi-Ticket": ticket })).status, 413);
	assert.equal((await announce("/_wvwasi/call", 5000, { "Wvwasi-Guest": "A".repeat(22) })).status, 413, "a stranger's");
	assert.equal((await announce("/_wvwasi/call", 999_999_999_999_999)).status, 401);
});

test("Expect: 100-continue is answered", async () => {
	const raw = await Raw.open(port);
	const [head, body] = post(origin, "/_wvwasi/claim", '{"token":"x"}', { Expect: "100-continue" }).split("\r\n\r\n");
	assert.equal((await raw.send(`${head}\r\n\r\n`).answer()).status, 100);
	assert.equal((await raw.send(body).answer()).status, 410);
	raw.close();
});

test("an Upgrade to anything else is no upgrade, also on a kept connection", async () => {
	const raw = await Raw.open(port);
	for (const what of ["h2c", "foo", "TLS/1.0", "websocket2"]) {
		const answer = await raw.send(get(origin, "/_wvwasi/wvwasi.js", { Upgrade: what, Connection: "Upgrade", Origin: origin })).answer();
		assert.equal(answer.status, 200, what);
	}
	const answer = await raw.send(upgrade(origin, "A".repeat(22), { Upgrade: "h2c" })).answer();
	assert.equal(answer.status, 426);
	await raw.hungUp();
	raw.close();
	assert.ok(await fixture.isWell());
});
