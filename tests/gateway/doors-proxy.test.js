// --root http://…: what another web server of this machine gets of a request, and what a browser gets of its answer; that server down, slow, hostile.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";

import { Session } from "./client.js";
import { binary, startGateway } from "./gateway.js";
import { gatewayPid, measure } from "./processes.js";
import { openLan } from "./lan-fixture.js";
import { ask, get, post, Raw } from "./raw.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-proxy-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const MIB = 1 << 20;

/** A dev server and a gateway before it. @param {http.RequestListener} answer */
async function open(t, answer = (request, response) => response.end("ok"), flags = []) {
	const server = http.createServer(answer);
	await once(server.listen(0, "127.0.0.1"), "listening");
	const upstream = `127.0.0.1:${server.address().port}`;
	const gateway = await startGateway(["--root", `http://${upstream}`, ...flags]);
	t.after(async () => {
		await gateway.stop();
		server.close();
		server.closeAllConnections();
	});
	const { port, url: origin } = gateway.ready;
	return { server, upstream, gateway, port, origin, get: (where, headers, method) =>
		ask(port, get(origin, where, headers, method), { noBody: method === "HEAD" }) };
}

/** A server that says these bytes to whoever asks. @param {(socket: net.Socket) => void} say once a request's head is there */
async function openRaw(t, say, flags = []) {
	const sockets = new Set();
	const server = net.createServer((socket) => {
		sockets.add(socket);
		socket.on("error", () => {}).once("data", () => say(socket));
	});
	await once(server.listen(0, "127.0.0.1"), "listening");
	const gateway = await startGateway(["--root", `http://127.0.0.1:${server.address().port}`, ...flags]);
	t.after(async () => {
		await gateway.stop();
		server.close();
		sockets.forEach((socket) => socket.destroy());
	});
	const { port, url: origin } = gateway.ready;
	return { gateway, port, origin, get: (where) => ask(port, get(origin, where)) };
}

test("a request arrives with its method, address and body, without what is ours; its answer with status and fields, and our policy", async (t) => {
	let seen;
	const fixture = await open(t, (request, response) => {
		const chunks = [];
		request.on("data", (chunk) => chunks.push(chunk)).on("end", () => {
			seen = { method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks) };
			response.writeHead(201, { "X-Its": "own", "Access-Control-Allow-Origin": "*", "Cross-Origin-Opener-Policy": "unsafe-none",
				"Set-Cookie": ["a=b", "wv_1=stolen"], "Content-Type": "text/x-odd", "Content-Length": 6 });
			response.end("answer");
		});
	});
	const answer = await ask(fixture.port, post(fixture.origin, "/api?x=%20y", "b".repeat(300_000),
		{ Cookie: "mine=1; wv_4242=secret; other=2; wv_1=x", "Wvwasi-Secret": "s", Referer: "x", "X-App": "yes" }));
	assert.deepEqual([answer.status, answer.body.toString(), answer.headers["x-its"], answer.headers["content-type"]], [201, "answer", "own", "text/x-odd"]);
	assert.deepEqual([answer.headers["set-cookie"], answer.headers["access-control-allow-origin"]], ["a=b", undefined]);
	assert.deepEqual([answer.headers["cross-origin-opener-policy"], answer.headers["cross-origin-embedder-policy"], answer.headers["x-content-type-options"]],
		["same-origin", "require-corp", "nosniff"]);
	assert.deepEqual([seen.method, seen.url, seen.body.length], ["POST", "/api?x=%20y", 300_000]);
	const { host, origin, cookie, referer, "wvwasi-secret": secret, "x-app": app } = seen.headers;
	assert.deepEqual({ host, origin, cookie, referer, secret, app },
		{ host: fixture.upstream, origin: `http://${fixture.upstream}`, cookie: "mine=1; other=2", referer: undefined, secret: undefined, app: "yes" });
	assert.equal((await fixture.get("/x", { Cookie: "wv_4242=secret" })).status, 201);
	assert.equal(seen.headers.cookie, undefined);
	for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"]) {
		const { status } = await ask(fixture.port, post(fixture.origin, "/y", "body").replace("POST", method));
		assert.deepEqual([status, seen.method, seen.body.toString()], [201, method, "body"]);
	}
});

test("HEAD, 304, 204, redirects and several requests on one connection; chunks and streams as they come", async (t) => {
	let release;
	const fixture = await open(t, (request, response) => {
		if (request.url === "/redirect")
			response.writeHead(302, { Location: `http://localhost:${request.socket.localPort}/there?a` }).end();
		else if (request.url === "/same")
			response.writeHead(304, { ETag: '"x"' }).end();
		else if (request.url === "/none")
			response.writeHead(204).end();
		else if (request.url === "/stream") {
			response.write("first ");
			release = () => response.end("last");
		} else
			response.setHeader("Content-Length", 5).end("hello");
	});
	const raw = await Raw.open(fixture.port);
	for (const [where, method, status, body] of [["/", "GET", 200, "hello"], ["/", "HEAD", 200, ""], ["/same", "GET", 304, ""], ["/none", "GET", 204, ""],
			["/", "GET", 200, "hello"]]) {
		const answer = await raw.send(get(fixture.origin, where, {}, method)).answer({ noBody: body === "" });
		assert.deepEqual([answer.status, answer.body.toString()], [status, body], `${method} ${where}`);
	}
	raw.close();
	const redirect = await fixture.get("/redirect");
	assert.deepEqual([redirect.status, redirect.headers.location], [302, "/there?a"]);
	const response =
		await new Promise((resolve, reject) => http.get({ port: fixture.port, host: "127.0.0.1", path: "/stream",
		headers: { Host: new URL(fixture.origin).host } }, resolve).on("error", reject));
	const [first] = await once(response, "data");
	assert.equal(first.toString(), "first ", "before the answer is over");
	release();
	assert.equal((await once(response, "data"))[0].toString(), "last");
});

test("its WebSocket works; another origin's page, and a request that another site made, get nothing", async (t) => {
	let asked = 0;
	const fixture = await open(t, (request, response) => {
		asked++;
		response.end("secret");
	});
	const sockets = new WebSocketServer({ server: fixture.server });
	sockets.on("connection", (socket, request) => socket.on("message", (data) => socket.send(`${request.url} ${request.headers.cookie} ${data.length}`)));
	const client = new WebSocket(`ws://127.0.0.1:${fixture.port}/hmr?token=1`, "vite-hmr",
		{ headers: { Host: new URL(fixture.origin).host, Origin: fixture.origin, Cookie: "wv_1=x; c=d" } });
	await once(client, "open");
	assert.equal(client.protocol, "vite-hmr");
	for (const length of [1, 3 * MIB, 7]) {
		client.send(Buffer.alloc(length));
		assert.equal((await once(client, "message"))[0].toString(), `/hmr?token=1 c=d ${length}`);
	}
	client.close();
	await once(client, "close");
	const evil = { Origin: "http://evil.example", "Sec-Fetch-Site": "cross-site" };
	assert.equal((await fixture.get("/x", evil)).status, 403);
	const refused = new WebSocket(`ws://127.0.0.1:${fixture.port}/hmr`, { headers: { Host: new URL(fixture.origin).host, ...evil } });
	const [, { statusCode }] = await once(refused, "unexpected-response");
	assert.equal(statusCode, 403);
	refused.on("error", () => {}).terminate();
	assert.equal((await fixture.get("/x", { Host: "evil.example" })).status, 421);
	assert.equal(asked, 0);
});

test("/_wvwasi/ stays ours, calls work, programs get no folder of that server's", async (t) => {
	let asked = 0;
	const work = fs.mkdtempSync(path.join(base, "work-"));
	const fixture = await open(t, (request, response) => {
		asked++;
		response.end("theirs");
	}, ["--dir", `${work}::/work`]);
	assert.match((await fixture.get("/_wvwasi/wvwasi.js")).body.toString(), /wasi_snapshot_preview1/);
	assert.equal((await fixture.get("/_wvwasi/nothing")).status, 404);
	assert.equal(asked, 0);
	assert.equal((await fixture.get("/_wvwasi")).body.toString(), "theirs");
	assert.ok(await Session.enter(fixture.gateway));
	const ready = fixture.gateway.log.find(({ event }) => event === "ready");
	assert.ok(ready.url.startsWith("http://localhost:"));
});

test("other machines are let in first, and then have it by TLS: several requests on one connection, and its WebSocket", async (t) => {
	const seen = [];
	const server = http.createServer((request, response) => {
		seen.push(`${request.headers.host} ${request.headers.cookie}`);
		response.setHeader("Content-Length", 5).end("theirs".slice(0, 5));
	});
	new WebSocketServer({ server }).on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
	await once(server.listen(0, "127.0.0.1"), "listening");
	const upstream = `127.0.0.1:${server.address().port}`;
	const { lan, close } = await openLan(undefined, ["--root", `http://${upstream}`]);
	t.after(async () => {
		await close();
		server.close();
		server.closeAllConnections();
	});
	assert.equal((await lan.get("/x")).status, 401);
	assert.deepEqual(seen, []);
	const session = await lan.enter();
	const raw = await lan.open();
	for (const where of ["/", "/x", "/y?z"]) {
		const { status, body } = await raw.send(get(lan.origin, where, { Cookie: session.cookie })).answer();
		assert.deepEqual([status, body.toString()], [200, "their"], where);
	}
	raw.close();
	assert.deepEqual(seen, Array(3).fill(`${upstream} undefined`));
	const { host, port } = new URL(lan.origin);
	const client = new WebSocket(`wss://127.0.0.1:${port}/hmr`, { ca: lan.ca, headers: { Host: host, Origin: lan.origin, Cookie: session.cookie } });
	await once(client, "open");
	client.send(Buffer.alloc(MIB, "x"));
	assert.equal((await once(client, "message"))[0].length, MIB);
	client.close();
	await once(client, "close");
});

test("a server that isn't there is told in words, one that comes back serves again", async (t) => {
	const server = http.createServer((request, response) => response.end("back"));
	await once(server.listen(0, "127.0.0.1"), "listening");
	const { port } = server.address();
	server.close();
	await once(server, "close");
	const gateway = await startGateway(["--root", `http://127.0.0.1:${port}`]);
	t.after(() => gateway.stop());
	const down = await ask(gateway.ready.port, get(gateway.ready.url, "/"));
	assert.equal(down.status, 502);
	assert.equal(down.body.toString(), "the web server behind --root can't be reached: Connection refused (is it running?)\n");
	await once(server.listen(port, "127.0.0.1"), "listening");
	t.after(() => server.close());
	assert.equal((await ask(gateway.ready.port, get(gateway.ready.url, "/"))).body.toString(), "back");
});

test("localhost is 127.0.0.1 or ::1, whichever answers", { skip: !os.networkInterfaces().lo?.some(({ family }) => family === "IPv6" || family === 6)
	&& "no ::1" }, async (t) => {
	const server = http.createServer((request, response) => response.end("six"));
	await once(server.listen(0, "::1"), "listening");
	t.after(() => server.close());
	const gateway = await startGateway(["--root", `http://localhost:${server.address().port}/`]);
	t.after(() => gateway.stop());
	assert.equal((await ask(gateway.ready.port, get(gateway.ready.url, "/"))).body.toString(), "six");
});

const BAD = {
	"nothing": "", "not HTTP": "hello\r\n\r\n", "another version": "HTTP/2 200 OK\r\n\r\n", "no status": "HTTP/1.1 abc\r\n\r\n",
	"two lengths": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
	"length and chunks": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
	"a length that is none": "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
	"an encoding that we don't know": "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "a bare newline": "HTTP/1.1 200 OK\nA: b\n\n",
	"a folded line": "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
	"a control byte": "HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n", "half a head": "HTTP/1.1 200 OK\r\nA: b",
	"an upgrade that nobody asked for": "HTTP/1.1 101 Switching Protocols\r\n\r\n",
	"a head without end": `HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(100)}${`B: ${"x".repeat(1000)}\r\n`.repeat(40)}`,
	"too many lines": `HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(300)}\r\n`,
};
test("answers that are none are a 502 that says why", async (t) => {
	let say = "";
	const fixture = await openRaw(t, (socket) => socket.end(Buffer.from(say, "latin1")));
	for (const [name, bytes] of Object.entries(BAD)) {
		say = bytes;
		const { status, body } = await fixture.get("/");
		assert.deepEqual([status, /^the web server behind --root .+\n$/.test(body.toString())], [502, true], `${name}: ${body}`);
	}
	say = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 Fine\r\n\r\nuntil the end";
	const raw = await Raw.open(fixture.port);
	raw.send(get(fixture.origin, "/"));
	await raw.hungUp();
	say = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nonemore";
	const kept = await Raw.open(fixture.port);
	for (let i = 0; i < 3; i++) {
		const { status, body } = await kept.send(get(fixture.origin, "/")).answer();
		assert.deepEqual([status, body.toString()], [200, "one"], "what is more than announced is nobody's, and no next answer");
	}
	kept.close();
	say = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nless";
	await assert.rejects(fixture.get("/"), /hung up/);
});

test("a server that never answers, drips or pours holds up nobody and takes no memory; so many at a time and no more", async (t) => {
	const poured = Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\n\r\n"), Buffer.alloc(MIB)]);
	const endless = (socket) => {
		const more = () => socket.destroyed || socket.write(Buffer.alloc(MIB), more);
		socket.write(poured, more);
	};
	let kind = "silent";
	const fixture = await openRaw(t, (socket) => kind === "pours" ? endless(socket) : kind === "drips" ? socket.write("HTTP/1.1 103 x\r\n\r\n".repeat(100))
		: undefined);
	const before = measure(gatewayPid(fixture.gateway.pid)).rss;
	const raws = [];
	for (kind of ["silent", "drips", "pours"])
		for (let i = 0; i < 40; i++) {
			const raw = await Raw.open(fixture.port);
			raw.socket.pause(); // takes nothing of what comes
			raws.push(raw.send(get(fixture.origin, "/")));
		}
	assert.equal((await fixture.get("/_wvwasi/wvwasi.js")).status, 200, "it serves the others");
	const now = measure(gatewayPid(fixture.gateway.pid)).rss;
	assert.ok(now - before < 24 * MIB, `grew by ${now - before} bytes`);
	kind = "silent";
	while (raws.length < 256)
		raws.push((await Raw.open(fixture.port)).send(get(fixture.origin, "/")));
	assert.equal((await fixture.get("/_wvwasi/wvwasi.js")).status, 200);
	assert.equal((await fixture.get("/")).status, 503);
	raws.forEach((raw) => raw.close());
});

const REFUSED = { "https://127.0.0.1:5173": /only http/, "http://192.0.2.1:80": /this machine/, "http://example.org:80": /this machine/,
	"http://127.0.0.1": /http:\/\/127\.0\.0\.1:PORT/,
	"http://127.0.0.1:0": /PORT/, "http://127.0.0.1:70000": /PORT/, "http://127.0.0.1:80/path": /PORT/, "http://user@127.0.0.1:80": /this machine/,
	"http://127.0.0.1.evil:80": /this machine/ };
test("only a server of this machine can be named, and what is about files isn't for it", () => {
	const says = (...args) => spawnSync(binary, args, { encoding: "utf8", timeout: 10_000 });
	for (const [root, words] of Object.entries(REFUSED)) {
		const { status, stderr } = says("--root", root);
		assert.deepEqual([status, words.test(stderr)], [2, true], `${root}: ${stderr}`);
	}
	for (const flag of ["--spa", "--reload"])
		assert.match(says("--root", "http://127.0.0.1:80", flag).stderr, /need a folder as --root/);
});
