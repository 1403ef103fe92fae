// w.net and /_wvwasi/sockets.js in Node, through the real gateway and its dialer: sockets in the shape of the WinterTC API.
import assert from "node:assert/strict";
import dgram from "node:dgram";
import { once } from "node:events";
import net from "node:net";

import WebSocket from "ws";

import { connect } from "../../static/shim/calls.js";
import { addressOf, endpointBytes, readEndpoint } from "../../static/shim/base/endpoint.js";
import { endpoint as expected } from "./net-endpoint.js";
import { callsOf } from "./net-peers.js";
import { after, test } from "../testing.js";
import { openFixture } from "./call-fixture.js";

/** Servers: one that echoes, one that says a line and ends, one that never reads. */
const servers = [net.createServer({ allowHalfOpen: true }, (socket) => socket.on("error", () => {}).pipe(socket)),
	net.createServer((socket) => socket.on("error", () => {}).end("hello\n")),
	net.createServer((socket) => socket.on("error", () => {}).pause())];
for (const server of servers)
	await once(server.listen(0, "127.0.0.1"), "listening");
const [echo, line, deaf] = servers.map((server) => server.address().port);
const nobody = await new Promise((resolve) => {
	const server = net.createServer().listen(0, "127.0.0.1", () => {
		const { port } = server.address();
		server.close(() => resolve(port));
	});
});

const fixture = await openFixture([echo, line, deaf, nobody].flatMap((port) => ["--net", `tcp:127.0.0.1:${port}`]));
const { origin } = fixture.session;
class FromTheApp extends WebSocket {
	constructor(url, protocols) {
		super(url, protocols, { origin, perMessageDeflate: false });
	}
}
async function calls() {
	const [ticket] = await fixture.session.tickets();
	return connect({ ticket: () => ticket, url: `${origin.replace(/^http/, "ws")}/_wvwasi/ws`, Socket: FromTheApp, preopens: {} });
}
const w = await calls();
after(async () => {
	w.close();
	await fixture.close();
	for (const server of servers)
		server.close();
});
const at = (port) => ({ hostname: "127.0.0.1", port });
const text = (bytes) => Buffer.from(bytes).toString();

async function all(readable) {
	const parts = [];
	for (const reader = readable.getReader(); ;) {
		const { done, value } = await reader.read();
		if (done)
			return Buffer.concat(parts);
		parts.push(value);
	}
}

for (const [host, port] of [["127.0.0.1", 80], ["::1", 443], ["2001:db8::5:6", 1], ["::ffff:1.2.3.4", 2], ["db.example.org", 5432]])
	test(`an endpoint on the wire: ${host}`, () => {
		assert.deepEqual([...endpointBytes(host, port)], [...expected(host, port)]);
		if (!host.includes("example"))
			assert.deepEqual(readEndpoint(endpointBytes(host, port)),
				{ hostname: new URL(`http://${host.includes(":") ? `[${host}]` : host}`).hostname.replace(/[[\]]/g, ""), port });
	});

for (const [what, host, port] of [["a port of 17 bits", "a.test", 65536], ["no number", "a.test", NaN], ["a part of a port", "a.test", 1.5],
		["part 256", "1.2.3.256", 1], ["an octal part", "1.2.3.010", 1],
	["no address", "1::2::3", 1], ["an empty name", "", 1], ["a space", "a b", 1], ["a slash", "a/b", 1], ["a user", "a@b", 1], ["a NUL", "a\0", 1],
	["a long name", "a".repeat(300), 1], ["no text", 5, 1]])
	test(`no endpoint: ${what}`, () => assert.throws(() => endpointBytes(host, port), { name: "TypeError", message: /^SocketError: / }));

test("an address as text or as an object", () => {
	assert.deepEqual(addressOf("a.test:80"), { hostname: "a.test", port: 80 });
	assert.deepEqual(addressOf("[::1]:80"), { hostname: "[::1]", port: 80 });
	assert.deepEqual(addressOf({ hostname: "a.test", port: 80 }), { hostname: "a.test", port: 80 });
	for (const bad of ["a.test", "a.test:x", "::1:80:", "a:b:80"])
		assert.throws(() => addressOf(bad), /SocketError/);
});

test("what is written comes back; both addresses are known; text is UTF-8", async () => {
	const socket = w.net.connect(at(echo));
	const { remoteAddress, localAddress, alpn } = await socket.opened;
	assert.deepEqual([remoteAddress, alpn], [`127.0.0.1:${echo}`, null]);
	assert.match(localAddress, /^127\.0\.0\.1:\d+$/);
	const writer = socket.writable.getWriter(), reader = socket.readable.getReader();
	await writer.write("h\u00e9");
	await writer.write(Uint8Array.of(1, 2));
	let got = Buffer.alloc(0);
	while (got.length < 5)
		got = Buffer.concat([got, (await reader.read()).value]);
	assert.deepEqual([...got], [0x68, 0xc3, 0xa9, 1, 2]);
	await socket.close();
	assert.equal((await reader.read()).done, true);
	await assert.rejects(writer.write("x"), /closed/);
});

test("streams can be used before the socket is open", async () => {
	const socket = w.net.connect(`127.0.0.1:${echo}`);
	const writer = socket.writable.getWriter();
	const sent = writer.write("early");
	assert.equal(text((await socket.readable.getReader().read()).value), "early");
	await sent;
	await socket.close();
});

/* calls(), the lengths of what it sends, and how many messages came. */
async function counted() {
	const sent = [], came = { messages: 0 };
	class Counted extends FromTheApp {
		constructor(...args) {
			super(...args);
			this.on("message", () => came.messages++);
		}
		send(...args) {
			sent.push(args[0].length ?? args[0].byteLength);
			super.send(...args);
		}
	}
	const [ticket] = await fixture.session.tickets();
	const its = await connect({ ticket: () => ticket, url: `${origin.replace(/^http/, "ws")}/_wvwasi/ws`, Socket: Counted, preopens: {} });
	sent.length = came.messages = 0;
	return { its, sent, came };
}

test("six hundred connections at once are made by 128 at a time: more calls may not wait", async () => {
	const { its, sent } = await counted();
	await its.net.connect(at(echo)).opened;
	const [bytes] = sent.splice(0);
	const sockets = Array.from({ length: 600 }, () => its.net.connect(at(echo)));
	await new Promise(setImmediate);
	assert.deepEqual(sent, [128 * bytes], "in one message");
	const texts = await Promise.all(sockets.map(async (socket, i) => {
		const read = socket.readable.getReader().read();
		await socket.writable.getWriter().write(`I am ${i}`);
		return text((await read).value);
	}));
	assert.deepEqual(texts, texts.map((_, i) => `I am ${i}`));
	its.close();
});

test("connecting needs one wait", async () => {
	const { its, sent } = await counted();
	await its.net.connect(at(echo)).opened;
	assert.equal(sent.length, 1);
	its.close();
});

test("what is written before a socket is connected goes with the request to connect it: one wait to the first byte", async () => {
	const { its, sent, came } = await counted();
	const socket = its.net.connect(at(echo));
	const read = socket.readable.getReader().read(), write = socket.writable.getWriter().write("early");
	await new Promise(setImmediate);
	assert.equal(sent.length, 1, "in one message");
	assert.equal(text((await read).value), "early");
	await write;
	assert.equal(sent.length, 1, "nothing more was sent for it");
	assert.ok(came.messages <= 2, "that it is connected and all is sent is one message, if what came back isn't in it, too");
	its.close();
});

test("the peer's end closes a socket, unless it may be half open", async () => {
	const socket = w.net.connect(at(line));
	assert.equal(text(await all(socket.readable)), "hello\n");
	await socket.closed;
	await assert.rejects(socket.writable.getWriter().write("x"), /ended the connection/);
	const half = w.net.connect(at(line), { allowHalfOpen: true });
	assert.equal(text(await all(half.readable)), "hello\n");
	await half.writable.getWriter().close();
	await half.closed;
});

test("closing the writable ends sending, and what the peer still sends arrives", async () => {
	const socket = w.net.connect(at(echo), { allowHalfOpen: true });
	const writer = socket.writable.getWriter();
	await writer.write("last words");
	await writer.close();
	assert.equal(text(await all(socket.readable)), "last words");
	await socket.closed;
});

test("ten megabytes go there and come back, the same", async () => {
	const bytes = Buffer.alloc(10 << 20, 0).map((_, i) => (i * 31 + (i >> 13)) & 255);
	const socket = w.net.connect(at(echo), { allowHalfOpen: true });
	const writer = socket.writable.getWriter();
	const wrote = (async () => {
		for (let i = 0; i < bytes.length; i += 700_001)
			await writer.write(bytes.subarray(i, i + 700_001));
		await writer.close();
	})();
	const back = await all(socket.readable);
	await wrote;
	assert.equal(Buffer.compare(back, bytes), 0);
});

test("writing to a peer that doesn't read waits", async () => {
	const socket = w.net.connect(at(deaf));
	const writer = socket.writable.getWriter();
	let written = 0;
	const piece = Buffer.alloc(1 << 20);
	const wrote = (async () => {
		for (; written < 64; written++)
			await writer.write(piece);
	})();
	wrote.catch(() => {});
	await socket.opened;
	let before;
	do {
		before = written;
		await new Promise((resolve) => setTimeout(resolve, 300)); // nothing tells that it stands still
	} while (written !== before);
	assert.ok(written < 64, `${written} MB`);
	await assert.rejects(socket.close(), /: \d+ written bytes weren't sent$/);
	await assert.rejects(wrote);
});

test("close() sends what was written", async () => {
	const slow = net.createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
	await once(slow, "listening");
	const own = await openFixture(["--net", `tcp:127.0.0.1:${slow.address().port}`]), its = await callsOf(own);
	const socket = its.net.connect(at(slow.address().port));
	const [peer] = await once(slow, "connection");
	const writer = socket.writable.getWriter();
	for (let i = 0; i < 16; i++)
		await writer.write(Buffer.alloc(250_000, i)); // more than the kernel holds
	const closed = socket.close();
	let got = 0;
	for await (const bytes of peer)
		got += bytes.length;
	await closed;
	assert.equal(got, 16 * 250_000);
	its.close();
	await own.close();
	slow.close();
});

test("what was written and couldn't be sent ends the socket: the next write fails, and closed rejects", async () => {
	const rude = net.createServer((socket) => socket.once("data", () => socket.resetAndDestroy())).listen(0, "127.0.0.1");
	await once(rude, "listening");
	const own = await openFixture(["--net", `tcp:127.0.0.1:${rude.address().port}`]), its = await callsOf(own);
	const socket = its.net.connect(at(rude.address().port)), writer = socket.writable.getWriter();
	const wrote = (async () => {
		for (;;)
			await writer.write(Buffer.alloc(300_000));
	})();
	await assert.rejects(wrote, (error) => ["CONNRESET", "PIPE"].includes(error.code));
	await assert.rejects(socket.closed, (error) => ["CONNRESET", "PIPE"].includes(error.code));
	its.close();
	await own.close();
	rude.close();
});

test("fifty sockets whose peers don't read hold up no other, and none of their writes fails", async () => {
	const its = await calls(), failed = [];
	const deafs = Array.from({ length: 50 }, () => its.net.connect(at(deaf)));
	for (const socket of deafs) {
		const writer = socket.writable.getWriter();
		(async () => {
			for (let i = 0; i < 20; i++)
				await writer.write(Buffer.alloc(1 << 20));
		})().catch((error) => failed.push(error.message));
	}
	await Promise.all(deafs.map((socket) => socket.opened));
	const socket = its.net.connect(at(echo)), reader = socket.readable.getReader(), writer = socket.writable.getWriter();
	for (let i = 0; i < 20; i++) {
		await writer.write(Buffer.alloc(100_000, i));
		for (let left = 100_000; left > 0;)
			left -= (await reader.read()).value.length;
	}
	assert.deepEqual(failed, []);
	its.close();
});

for (const [what, port, code, words] of [["nobody listens", nobody, "CONNREFUSED", /refused/], ["no rule names it", 1, "ACCES", /no --net rule/]])
	test(`${what}: everything of the socket says so`, async () => {
		const socket = w.net.connect(at(port));
		const read = socket.readable.getReader().read(), write = socket.writable.getWriter().write("x");
		for (const promise of [socket.opened, socket.closed, read, write])
			await assert.rejects(promise, (error) => error instanceof TypeError && error.name === "SocketError" && error.message.startsWith("SocketError: ")
				&& error.code === code && words.test(error.message));
	});

test("a socket that is closed before it is open says why", async () => {
	const socket = w.net.connect(at(echo));
	socket.close(new Error("never mind"));
	await assert.rejects(socket.opened, /never mind/);
	await assert.rejects(socket.readable.getReader().read(), /never mind/);
	await socket.closed;
});

for (const [what, address, options] of [["a mode that isn't one", at(1), { secureTransport: "maybe" }], ["alpn without TLS", at(1), { alpn: ["h2"] }],
		["port 0", at(0), {}], ["no port", "a.test", {}]])
	test(`connect() throws: ${what}`, () => assert.throws(() => w.net.connect(address, options), /SocketError/));

test("startTls() needs a socket that was made for it", async () => {
	const socket = w.net.connect(at(echo));
	assert.throws(() => socket.startTls(), /starttls/);
	assert.throws(() => new socket.constructor(), /Illegal constructor/);
	await socket.close();
});

test("a socket of a gateway that has gone fails", async () => {
	const its = await calls();
	const socket = its.net.connect(at(echo));
	await socket.opened;
	const read = socket.readable.getReader().read();
	its.close();
	await assert.rejects(read, /closed/);
	await assert.rejects(socket.closed, /closed/);
});

/* ---- listening, datagrams ---- */

const free = await new Promise((resolve) => {
	const server = net.createServer().listen(0, "127.0.0.1", () => {
		const { port } = server.address();
		server.close(() => resolve(port));
	});
});
const udp = dgram.createSocket("udp4");
udp.on("message", (bytes, { address, port }) => udp.send(Buffer.concat([Buffer.from("> "), bytes]), port, address));
await once(udp.bind(0, "127.0.0.1"), "listening");
const second = await openFixture(["--net", `listen:127.0.0.1:${free}`, "--net", `udp:127.0.0.1:${udp.address().port}`, "--net", "tcp:127.0.0.1:1-65535"]);
const its = await callsOf(second);
after(async () => {
	its.close();
	await second.close();
	udp.close();
});

test("accepted connections are sockets; a closed listener accepts no more", async () => {
	const listener = its.net.listen({ hostname: "127.0.0.1", port: free, allowHalfOpen: true });
	assert.deepEqual(await listener.opened, { localAddress: `127.0.0.1:${free}`, port: free });
	const served = (async () => {
		let count = 0;
		for await (const socket of listener) {
			await socket.readable.pipeTo(socket.writable);
			if (++count === 3)
				break;
		}
		return count;
	})();
	for (let i = 0; i < 3; i++) {
		const client = net.connect({ host: "127.0.0.1", port: free, allowHalfOpen: true });
		client.end(`hello ${i}`);
		const parts = [];
		for await (const bytes of client)
			parts.push(bytes);
		assert.equal(Buffer.concat(parts).toString(), `hello ${i}`);
	}
	assert.equal(await served, 3);
	await listener.closed;
	assert.equal(await listener.accept(), null);
	const late = net.connect(free, "127.0.0.1");
	const [error] = await once(late, "error");
	assert.equal(error.code, "ECONNREFUSED");
});

test("listening where no rule allows it fails with ACCES", async () => {
	const listener = w.net.listen({ hostname: "127.0.0.1", port: 0 });
	await assert.rejects(listener.opened, { code: "ACCES" });
	await assert.rejects(listener.accept(), { code: "ACCES" });
});

test("datagrams go and come with their addresses", async () => {
	const { port } = udp.address();
	const socket = its.net.udp({ remoteAddress: "127.0.0.1", remotePort: port });
	const writer = socket.writable.getWriter(), reader = socket.readable.getReader();
	await writer.write({ data: "one" });
	const { value } = await reader.read();
	assert.deepEqual([text(value.data), value.remoteAddress, value.remotePort], ["> one", "127.0.0.1", port]);
	await writer.write({ data: Uint8Array.of(50), remoteAddress: "127.0.0.1", remotePort: port });
	assert.equal(text((await reader.read()).value.data), "> 2");
	await socket.close();
	assert.equal((await reader.read()).done, true);
});

test("a socket that isn't bound hears only those to whom it has sent", async () => {
	const heard = once(udp, "message"), stranger = dgram.createSocket("udp4");
	const socket = its.net.udp({ remoteAddress: "127.0.0.1", remotePort: udp.address().port });
	const writer = socket.writable.getWriter(), reader = socket.readable.getReader();
	await writer.write({ data: "one" });
	const [, { port }] = await heard;
	assert.equal(text((await reader.read()).value.data), "> one");
	await new Promise((resolve) => stranger.send("from a stranger", port, "127.0.0.1", resolve));
	stranger.close();
	await writer.write({ data: "two" });
	assert.equal(text((await reader.read()).value.data), "> two");
	await socket.close();
});

test("a datagram to a target that no rule names is refused", async () => {
	const socket = its.net.udp();
	await assert.rejects(socket.writable.getWriter().write({ data: "x", remoteAddress: "127.0.0.1", remotePort: 9 }), { code: "ACCES" });
	await socket.close();
});
