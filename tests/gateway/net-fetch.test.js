// w.fetch() and secure sockets in Node, through the real gateway, its dialer, libcurl and OpenSSL, against nginx.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";

import { after, test } from "../testing.js";
import { openFixture } from "./call-fixture.js";
import { callsOf, certificate, startNginx } from "./net-peers.js";

const peer = certificate("DNS:localhost,IP:127.0.0.1");
/** Gives a request's body back as it comes, and its digest for /digest. */
const server = http.createServer((request, response) => {
	if (request.url === "/echo")
		return void request.pipe(response);
	const hash = createHash("sha256");
	request.on("data", (bytes) => hash.update(bytes)).on("end", () => response.end(hash.digest("hex")));
});
await once(server.listen(0, "127.0.0.1"), "listening");
const { port } = server.address();
const nginx = await startNginx(peer, ({ secure }) => `
	location = /gone { return 410 gone; } location = /empty { return 204; }
	location = /moved { return 302 /small; } location = /away { return 302 http://127.0.0.1:1/; } location = /round { return 302 /round; }
	location = /see { return 303 /what; }
	location = /to { return 302 $arg_url; }
	location = /again { return 307 /what; } location = /secure { return 302 https://localhost:${secure}/small; }
	location = /what { return 200 "$request_method $http_x_mine $http_authorization $http_cookie"; }
	location /zipped { gzip on; gzip_min_length 1; gzip_types *; alias ${peer.folder}/www/; }
	location = /digest { proxy_pass http://127.0.0.1:${port}; proxy_request_buffering off; }
	add_header Set-Cookie a=b; add_header Set-Cookie c=d;`);
fs.writeFileSync(path.join(nginx.root, "small"), "hello\n");
const big = Buffer.alloc(100 << 20);
for (let i = 0; i < big.length; i += 4)
	big.writeUInt32LE(i * 2654435761 % 4294967296, i);
fs.writeFileSync(path.join(nginx.root, "big"), big);
const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");

const fixture = await openFixture(["--net", `https:localhost:${nginx.secure}`, "--net", `http:localhost:${nginx.plain}`, "--net",
	`http:localhost:${port}`, "--net", `http:127.0.0.1:${nginx.plain}`,
	"--net", `http:127.0.0.1:${port}`, "--net", `https:127.0.0.1:${nginx.secure}`, "--net", `tcp:localhost:${nginx.secure}`, "--net",
		`tcp:127.0.0.1:${nginx.secure}`, "--net", `tcp:127.0.0.1:${nginx.plain}`],
{ env: { SSL_CERT_FILE: peer.ca } });
const w = await callsOf(fixture);
after(async () => {
	w.close();
	await fixture.close();
	await nginx.stop();
	server.close();
	fs.rmSync(peer.folder, { recursive: true });
});
const plain = (name) => `http://localhost:${nginx.plain}${name}`, secure = (name) => `https://localhost:${nginx.secure}${name}`;

test("a hundred and forty requests at once: those beyond 128 wait for their turn, can be aborted there, and all are answered", async () => {
	const held = [], asked = new Set();
	const slow = http.createServer((request, response) => {
		asked.add(request.url);
		held.push(response);
	});
	await once(slow.listen(0, "127.0.0.1"), "listening");
	const its = await openFixture(["--net", `http:127.0.0.1:${slow.address().port}`]), calls = await callsOf(its);
	const abort = new AbortController(), url = (i) => `http://127.0.0.1:${slow.address().port}/${i}`;
	const texts = Array.from({ length: 140 }, async (_, i) => (await calls.fetch(url(i), i === 130 ? { signal: abort.signal } : {})).text());
	const aborted = assert.rejects(texts[130], /never mind/);
	while (held.length < 64) // so many go to one server
		await once(slow, "request");
	abort.abort(new Error("never mind"));
	await aborted;
	slow.on("request", () => held.splice(0).forEach((response) => response.end("x")));
	held.splice(0).forEach((response) => response.end("x"));
	const got = await Promise.all(texts.filter((_, i) => i !== 130));
	assert.equal(got.join(""), "x".repeat(139));
	assert.ok(!asked.has("/130"));
	calls.close();
	await its.close();
	slow.close();
});

for (const [what, url] of [["http", plain("/small")], ["https", secure("/small")], ["https by address", `https://127.0.0.1:${nginx.secure}/small`]])
	test(`a file by ${what}`, async () => {
		const response = await w.fetch(url);
		assert.deepEqual([response.status, response.ok, response.url, response.redirected, response.headers.get("content-length")],
			[200, true, url, false, "6"]);
		assert.equal(await response.text(), "hello\n");
	});

test("statuses, empty bodies, and every Set-Cookie", async () => {
	const gone = await w.fetch(plain("/gone"));
	assert.deepEqual([gone.status, gone.ok, await gone.text()], [410, false, "gone"]);
	const empty = await w.fetch(plain("/empty"));
	assert.deepEqual([empty.status, empty.body], [204, null]);
	const head = await w.fetch(plain("/small"), { method: "head" });
	assert.deepEqual([head.headers.get("content-length"), head.body], ["6", null]);
	assert.match((await w.fetch(plain("/what"))).headers.get("set-cookie"), /a=b.*c=d/);
});

test("a response may be compressed by gzip, and arrives uncompressed", async () => {
	fs.writeFileSync(path.join(nginx.root, "text"), "again and ".repeat(5000));
	const response = await w.fetch(plain("/zipped/text"));
	assert.equal(response.headers.get("content-encoding"), "gzip");
	assert.equal(await response.text(), "again and ".repeat(5000));
});

test("a hundred megabytes come by TLS, the same", async () => {
	const hash = createHash("sha256");
	for (const reader = (await w.fetch(secure("/big"))).body.getReader(); ;) {
		const { done, value } = await reader.read();
		if (done)
			break;
		hash.update(value);
	}
	assert.equal(hash.digest("hex"), digest(big));
});

test("a hundred megabytes go up by TLS, the same; a stream in pieces, too", async () => {
	assert.equal(await (await w.fetch(secure("/digest"), { method: "POST", body: big })).text(), digest(big));
	let at = 0;
	const body = new ReadableStream({ pull(controller) {
		const piece = big.subarray(at, at + 333_333);
		at += piece.length;
		if (piece.length)
			controller.enqueue(new Uint8Array(piece));
		else
			controller.close();
	} });
	assert.equal(await (await w.fetch(secure("/digest"), { method: "PUT", body, duplex: "half" })).text(), digest(big));
});

test("a body that is still sent when its answer was given up goes to nobody else", async () => {
	const open = (url) => {
		let controller;
		const body = new ReadableStream({ start: (it) => void (controller = it) });
		return { controller, response: w.fetch(url, { method: "PUT", body, duplex: "half" }) };
	};
	const first = open(plain("/what"));
	await (await first.response).body.cancel();
	const second = open(`http://localhost:${port}/echo`);
	second.controller.enqueue(Uint8Array.of(65));
	const response = await second.response; // the first one's descriptor has a new owner
	first.controller.enqueue(Uint8Array.of(66));
	await (await w.fetch(plain("/what"))).text(); // what was sent for it has arrived before this
	second.controller.close();
	assert.equal(await response.text(), "A");
});

for (const [what, body, type, says] of [["text", "h\u00e9", "text/plain;charset=UTF-8", "h\u00e9"], ["URLSearchParams",
	new URLSearchParams({ a: "b c" }), "application/x-www-form-urlencoded;charset=UTF-8", "a=b+c"],
	["bytes", Uint8Array.of(65), null, "A"], ["a Blob", new Blob(["blob"], { type: "x/y" }), "x/y", "blob"], ["nothing", "", "text/plain;charset=UTF-8", ""]])
	test(`a body: ${what}`, async () => assert.equal(await (await w.fetch(`http://localhost:${port}/echo`, { method: "POST", body })).text(), says));

for (const [what, name, init, status, text, redirected] of [
	["is followed", "/moved", {}, 200, "hello\n", true], ["to https is judged and followed", "/secure", {}, 200, "hello\n", true],
		["isn't followed by wish", "/moved", { redirect: "manual" }, 302, null, false],
	["303 becomes a GET", "/see", { method: "POST", body: "x", headers: { "x-mine": "1" } }, 200, "GET 1  ", true], ["307 keeps method and body",
		"/again", { method: "PUT", body: "x", headers: { "x-mine": "1" } }, 200, "PUT 1  ", true],
	["keeps credentials at the same origin", "/again", { headers: { authorization: "secret", cookie: "e=f" } }, 200, "GET  secret e=f", true],
])
	test(`a redirect ${what}`, async () => {
		const response = await w.fetch(plain(name), init);
		assert.deepEqual([response.status, response.redirected], [status, redirected]);
		if (text !== null)
			assert.equal(await response.text(), text);
	});

for (const [what, url, init, message] of [
	["a host that no rule names", "http://localhost:1/", {}, /no --net rule/], ["a redirect to one", plain("/away"), {}, /no --net rule/],
		["another scheme", "ftp://localhost/", {}, /neither http/],
	...["http://127.0.0.2/", "http://[::1]/", "http://10.0.0.1/", "http://169.254.169.254/latest/", "http://0.0.0.0/", "http://[::ffff:127.0.0.1]/",
		"http://2130706433/",
		"http://0x7f.1/", "http://192.168.1.1/", `https://127.0.0.1:${nginx.plain}/`].map((to) => [`a redirect to ${to}`, plain(`/to?url=${to}`), {},
			/no --net rule/]),
	["a redirect to a file", plain("/to?url=file:///etc/passwd"), {}, /neither http/], ["a header with a line's end", plain("/small"),
		{ headers: { a: "b\r\nc: d" } }, /./],
	["a redirect, by wish", plain("/moved"), { redirect: "error" }, /redirected/], ["a circle", plain("/round"), {}, /too many/],
		["a header of the gateway's", plain("/small"), { headers: { Host: "b.test" } }, /own/],
	["a body by GET", plain("/small"), { body: "x" }, /can't have a body/], ["credentials in the URL", "http://a:b@localhost/", {}, /name or password/],
		["CONNECT", plain("/"), { method: "CONNECT" }, /INVAL|CONNECT/],
	["http where TLS is", `http://127.0.0.1:${nginx.secure}/`, {}, /no --net rule/],
])
	test(`fails as fetch() does: ${what}`, () => assert.rejects(w.fetch(url, init), (error) => error instanceof TypeError && message.test(error.message)));

test("an abort ends it, before the answer and within the body", async () => {
	await assert.rejects(w.fetch(plain("/small"), { signal: AbortSignal.abort(new Error("no more")) }), /no more/);
	const abort = new AbortController();
	const response = await w.fetch(secure("/big"), { signal: abort.signal });
	const reader = response.body.getReader();
	await reader.read();
	abort.abort(new Error("enough"));
	await assert.rejects(async () => {
		while (!(await reader.read()).done)
			;
	}, /enough/);
});

test("an abort ends it where the server says nothing, and where it reads nothing", async () => {
	const silent = net.createServer((socket) => socket.on("error", () => {}).pause());
	await once(silent.listen(0, "127.0.0.1"), "listening");
	const own = await openFixture(["--net", `http:127.0.0.1:${silent.address().port}`]), its = await callsOf(own);
	for (const init of [{}, { method: "PUT", body: big.subarray(0, 32 << 20) }, { method: "PUT", body: new ReadableStream({}), duplex: "half" }]) {
		const abort = new AbortController(), came = once(silent, "connection");
		const fetching = its.fetch(`http://127.0.0.1:${silent.address().port}/`, { ...init, signal: abort.signal });
		const [socket] = await came;
		setTimeout(() => abort.abort(new Error("enough")), 100); // until then buffers fill; whenever it comes it must be heard
		await assert.rejects(fetching, /enough/);
		socket.resume();
		if (!socket.closed)
			await once(socket, "close"); // the dialer has let it go
	}
	its.close();
	await own.close();
	silent.close();
});

test("a hundred requests at once", async () => {
	const texts = await Promise.all(Array.from({ length: 100 }, () => w.fetch(secure("/small")).then((response) => response.text())));
	assert.deepEqual([...new Set(texts)], ["hello\n"]);
});

/* ---- secure sockets ---- */

async function all(readable) {
	const parts = [];
	for (const reader = readable.getReader(); ;) {
		const { done, value } = await reader.read();
		if (done)
			return Buffer.concat(parts).toString();
		parts.push(value);
	}
}
const GET = "GET /small HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

test("a secure socket, with ALPN", async () => {
	const socket = w.net.connect({ hostname: "localhost", port: nginx.secure }, { secureTransport: "on", alpn: ["http/1.1"] });
	const { alpn, remoteAddress } = await socket.opened;
	assert.deepEqual([alpn, remoteAddress], ["http/1.1", `127.0.0.1:${nginx.secure}`]);
	await socket.writable.getWriter().write(GET);
	assert.match(await all(socket.readable), /^HTTP\/1\.1 200 OK[^]*\r\n\r\nhello\n$/);
});

test("a socket goes on by TLS", async () => {
	const first = w.net.connect({ hostname: "127.0.0.1", port: nginx.secure }, { secureTransport: "starttls" });
	await first.opened;
	const socket = first.startTls({ sni: "localhost" });
	assert.throws(() => first.startTls(), /before/);
	await socket.opened;
	assert.equal(first.upgraded, true);
	await first.closed;
	await socket.writable.getWriter().write(GET);
	assert.match(await all(socket.readable), /hello\n$/);
});

test("a read that waits when a socket goes on by TLS has ended, and takes none of TLS's bytes", async () => {
	const first = w.net.connect({ hostname: "127.0.0.1", port: nginx.secure }, { secureTransport: "starttls" });
	await first.opened;
	const waiting = first.readable.getReader().read();
	await w.net.connect({ hostname: "127.0.0.1", port: nginx.plain }).opened; // asked behind that read
	const socket = first.startTls({ sni: "localhost" });
	await socket.opened;
	assert.deepEqual(await waiting, { value: undefined, done: true });
	await socket.writable.getWriter().write(GET);
	assert.match(await all(socket.readable), /hello\n$/);
});

for (const [what, at, options] of [["another name", nginx.secure, { sni: "other.test" }], ["no TLS", nginx.plain, {}]])
	test(`a server without a valid certificate ends the socket: ${what}`, async () => {
		const socket = w.net.connect({ hostname: "127.0.0.1", port: at }, { secureTransport: "on", ...options });
		await assert.rejects(socket.opened, { name: "SocketError" });
		await assert.rejects(socket.closed, { name: "SocketError" });
	});

test("without libcurl the terminal says so at the start, with the package's name, and a request fails with that; sockets go on", async () => {
	const folder = fs.mkdtempSync(path.join(peer.folder, "without-"));
	for (const name of ["libcurl.so.4", "libcurl-gnutls.so.4"])
		fs.writeFileSync(path.join(folder, name), "");
	const without = await openFixture(["--net", `http:localhost:${nginx.plain}`, "--net", `tcp:localhost:${nginx.plain}`],
		{ env: { LD_LIBRARY_PATH: folder } });
	try {
		assert.match(without.gateway.stderr(),
			/^wvwasi-gw: --net: requests need libcurl \(on Debian: sudo apt-get install libcurl4\), which can't be loaded: \S+libcurl\.so\.4: .+$/m);
		const other = await callsOf(without);
		await assert.rejects(other.fetch(plain("/small")),
			{ name: "TypeError", message: `cannot fetch '${plain("/small")}': the gateway couldn't load libcurl, as its terminal says` });
		const socket = other.net.connect({ hostname: "localhost", port: nginx.plain });
		await socket.writable.getWriter().write(GET);
		assert.match(await all(socket.readable), /hello\n$/);
		other.close();
	} finally {
		await without.close();
	}
});
