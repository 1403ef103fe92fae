// --net listen:…, udp:…, look-ups and options: what programs do beside connecting, through the dialer.
import assert from "node:assert/strict";
import dgram from "node:dgram";
import { once } from "node:events";
import net from "node:net";

import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { call, handle } from "./client.js";
import { decodeEndpoint, endpoint } from "./net-endpoint.js";
import { after, test } from "../testing.js";

const ERRNO = { ACCES: 2, ADDRINUSE: 3, AFNOSUPPORT: 5, AGAIN: 6, CONNREFUSED: 14, DESTADDRREQ: 17, INVAL: 28, MFILE: 33, NOPROTOOPT: 50, NOTSUP: 58,
	NOTSOCK: 57 };
const STREAM = 1, DATAGRAM = 2, SOCKET = 0, TCP = 6;

/** A UDP server that echoes, with a "!" behind it. */
const udp = dgram.createSocket("udp4", (bytes, from) => udp.send(Buffer.concat([bytes, Buffer.from("!")]), from.port, from.address));
await once(udp.bind(0, "127.0.0.1"), "listening");
const udpPort = udp.address().port;
const fixture = await openFixture(["--net", "listen:127.0.0.1:0", "--net", "tcp:127.0.0.1:1-65535", "--net", `udp:localhost:${udpPort}`, "--limit",
	"connections=20"]);
after(async () => {
	await fixture.close();
	udp.close();
});
const connect = () => fixture.session.connect(ROOT_ONLY);
const S = handle(8, 0), PEER = handle(9, 0);
const errnos = (results) => results.map(({ errno }) => errno);
const opened = (at, type, family = 4) => call("sock_open", [family, type, at]);
/** One call after the other: each waits for the one before. */
async function inTurn(wire, ...calls) {
	const results = [];
	for (const one of calls)
		results.push((await wire.calls(one))[0]);
	return results;
}

test("a program listens, and accepts whoever connects", async () => {
	const wire = await connect();
	assert.deepEqual(errnos(await inTurn(wire, opened(S, STREAM), call("sock_bind", [S, endpoint("127.0.0.1", 0)]), call("sock_listen", [S, 10]))), [0, 0, 0]);
	const [own] = await wire.calls(call("sock_address", [S, 0]));
	const { port, host } = decodeEndpoint(own.gives[0]);
	assert.ok(host === "127.0.0.1" && port > 0);
	const peer = net.connect(port, "127.0.0.1").on("error", () => {});
	const [accepted] = await wire.calls(call("sock_accept", [S, 0, PEER]));
	assert.equal(accepted.errno, 0);
	peer.write("hello");
	const [got, who, noDelay] = await inTurn(wire, call("sock_recv", [PEER, 0, 100]), call("sock_address", [PEER, 1]), call("sock_get_option", [PEER, TCP, 1]));
	assert.equal(noDelay.gives[0], 1n);
	assert.equal(Buffer.from(got.gives[1]).toString(), "hello");
	assert.equal(decodeEndpoint(who.gives[0]).port, peer.localPort);
	peer.destroy();
	await wire.close();
});

test("options that are set before a socket is connected, or bound, hold then; what can't is refused", async () => {
	const KEEP_ALIVE = [SOCKET, 7], SEND_BUFFER = [SOCKET, 5], RECEIVE_BUFFER = [SOCKET, 6], NO_DELAY = [TCP, 1], IDLE = [TCP, 4], COUNT = [TCP, 6];
	const set = (at, option, value) => call("sock_set_option", [at, ...option, value]), get = (at, option) => call("sock_get_option", [at, ...option]);
	const wanted = [[KEEP_ALIVE, 1, 1], [SEND_BUFFER, 50_000, 100_000], [RECEIVE_BUFFER, 60_000, 120_000], [NO_DELAY, 0, 0], [IDLE, 33, 33], [COUNT, 4, 4]];
	const wire = await connect();
	const read = async (at) => (await wire.calls(...wanted.map(([option]) => get(at, option)))).map(({ gives }) => Number(gives[0]));
	assert.deepEqual(errnos(await inTurn(wire, opened(S, STREAM), opened(PEER, STREAM))), [0, 0]);
	for (const at of [S, PEER]) {
		assert.deepEqual(errnos(await wire.calls(...wanted.map(([option, value]) => set(at, option, BigInt(value))))), wanted.map(() => 0));
		assert.deepEqual(await read(at), wanted.map(([, , its]) => its), "before");
	}
	assert.deepEqual(errnos(await inTurn(wire, call("sock_bind", [S, endpoint("127.0.0.1", 0)]), call("sock_listen", [S, 10]))), [0, 0]);
	const [own] = await wire.calls(call("sock_address", [S, 0]));
	assert.deepEqual(errnos(await inTurn(wire, call("sock_connect", [PEER, endpoint("127.0.0.1", decodeEndpoint(own.gives[0]).port), 0]))), [0]);
	for (const at of [S, PEER])
		assert.deepEqual(await read(at), wanted.map(([, , its]) => its), "after");
	const third = handle(10), fourth = handle(11);
	assert.deepEqual(errnos(await inTurn(wire, opened(third, STREAM), set(third, IDLE, 0n), set(third, COUNT, 128n), set(third, [TCP, 99], 1n),
		opened(fourth, DATAGRAM), set(fourth, SEND_BUFFER, 9000n), set(fourth, NO_DELAY, 1n), set(fourth, RECEIVE_BUFFER, 9000n))),
	[0, ERRNO.INVAL, ERRNO.INVAL, ERRNO.NOPROTOOPT, 0, 0, ERRNO.NOPROTOOPT, ERRNO.NOPROTOOPT]);
	assert.equal((await inTurn(wire, call("sock_bind", [fourth, endpoint("127.0.0.1", 0)]), get(fourth, SEND_BUFFER)))[1].gives[0], 18_000n);
	await wire.close();
});

test("it listens only where a rule lets it", async () => {
	const wire = await connect();
	assert.deepEqual(errnos(await inTurn(wire, opened(S, STREAM), call("sock_bind", [S, endpoint("127.0.0.2", 0)]), call("sock_bind", [S,
		endpoint("127.0.0.1", 8123)]),
		call("sock_bind", [S, endpoint("0.0.0.0", 8123)]), call("sock_listen", [S, 1]))), [0, ERRNO.ACCES, ERRNO.ACCES, ERRNO.ACCES, ERRNO.DESTADDRREQ]);
	assert.deepEqual(errnos(await inTurn(wire, call("sock_bind", [S, endpoint("0.0.0.0", 0)]), call("sock_listen", [S, 1]))), [0, ERRNO.ACCES],
		"bound anywhere it may be, to connect; not listening");
	assert.deepEqual(errnos(await inTurn(wire, opened(PEER, STREAM, 6), call("sock_bind", [PEER, endpoint("127.0.0.1", 0)]), call("sock_bind", [PEER,
		endpoint("::1", 0)]))),
		[0, ERRNO.AFNOSUPPORT, ERRNO.ACCES]);
	await wire.close();
});

test("datagrams go to whom a rule names, and come from whom was asked", async () => {
	const wire = await connect();
	const to = (host, port) => call("sock_send_to", [S, 0, endpoint(host, port), Buffer.from("ping")]);
	const [made, sent, got] = await inTurn(wire, opened(S, DATAGRAM), to("localhost", udpPort), call("sock_receive_from", [S, 0, 100]));
	assert.deepEqual([made.errno, sent.errno, sent.gives[0], got.errno], [0, 0, 4, 0]);
	const [length, bytes] = got.gives;
	assert.deepEqual(decodeEndpoint(bytes.subarray(0, length)), { family: 4, host: "127.0.0.1", port: udpPort });
	assert.equal(Buffer.from(bytes.subarray(length)).toString(), "ping!");
	assert.deepEqual(errnos(await inTurn(wire, to("127.0.0.1", udpPort + 1), to("localhost", 53), to("127.0.0.1", udpPort))), [ERRNO.ACCES, ERRNO.ACCES, 0],
		"by the address that the name led to, too");
	await wire.close();
});

test("a connected datagram socket sends and receives as a stream does", async () => {
	const wire = await connect();
	const [, connected, sent, got, peer] = await inTurn(wire, opened(S, DATAGRAM), call("sock_connect", [S, endpoint("localhost", udpPort), 0]),
		call("fd_write", [S, 0n, Buffer.from("x")]), call("sock_recv", [S, 0, 100]), call("sock_address", [S, 1]));
	assert.deepEqual([connected.errno, sent.errno, sent.gives[0], got.errno], [0, 0, 1, 0]);
	assert.equal(Buffer.from(got.gives[1]).toString(), "x!");
	assert.equal(decodeEndpoint(peer.gives[0]).port, udpPort);
	assert.deepEqual(errnos(await inTurn(wire, call("sock_listen", [S, 1]), opened(PEER, DATAGRAM), call("sock_send", [PEER, 0, Buffer.from("x")]))),
		[ERRNO.NOTSUP, 0, ERRNO.DESTADDRREQ]);
	await wire.close();
});

test("a bound datagram socket hears everybody, and may answer", async () => {
	const wire = await connect();
	const [, bound, own] = await inTurn(wire, opened(S, DATAGRAM), call("sock_bind", [S, endpoint("127.0.0.1", 0)]), call("sock_address", [S, 0]));
	assert.equal(bound.errno, 0);
	const peer = dgram.createSocket("udp4");
	peer.send("who", decodeEndpoint(own.gives[0]).port, "127.0.0.1");
	const [got] = await wire.calls(call("sock_receive_from", [S, 0, 100]));
	const [length, bytes] = got.gives, heard = once(peer, "message");
	assert.equal(Buffer.from(bytes.subarray(length)).toString(), "who");
	assert.deepEqual(errnos(await inTurn(wire, call("sock_send_to", [S, 0, bytes.subarray(0, length), Buffer.from("me")]))), [0]);
	assert.equal((await heard)[0].toString(), "me");
	peer.close();
	await wire.close();
});

test("names that a rule could allow are looked up, others are not asked for", async () => {
	const wire = await connect();
	const look = (name, port = 0, family = 0) => call("sock_resolve", [Buffer.from(name), port, family, 0, 1000]);
	const [local, other, wrong, four, address] = await inTurn(wire, look("localhost", udpPort), look("example.org"), look("a b"), look("localhost",
		udpPort, 4), look("192.0.2.7", 5));
	const all = (bytes) => {
		const found = [];
		for (let at = 0; at < bytes.length; at += 1 + bytes[at])
			found.push(decodeEndpoint(bytes.subarray(at + 1, at + 1 + bytes[at])));
		return found;
	};
	assert.deepEqual(all(local.gives[0]).map(({ host }) => host), ["127.0.0.1", "::1"]);
	assert.deepEqual([other.errno, wrong.errno], [ERRNO.ACCES, ERRNO.INVAL]);
	assert.deepEqual(all(four.gives[0]), [{ family: 4, host: "127.0.0.1", port: udpPort }]);
	assert.deepEqual(all(address.gives[0]), [{ family: 4, host: "192.0.2.7", port: 5 }]);
	await wire.close();
});

test("harmless options can be set, and no others", async () => {
	const wire = await connect();
	const get = (level, name) => call("sock_get_option", [S, level, name]), set = (level, name, value) => call("sock_set_option", [S, level, name, value]);
	await inTurn(wire, opened(S, STREAM), call("sock_bind", [S, endpoint("127.0.0.1", 0)]));
	assert.deepEqual(errnos(await inTurn(wire, set(SOCKET, 7, 1n), set(TCP, 1, 1n), set(SOCKET, 6, 65536n), set(SOCKET, 14, 1n), set(TCP, 9, 1n),
		get(SOCKET, 14))),
		[0, 0, 0, ERRNO.NOPROTOOPT, ERRNO.NOPROTOOPT, ERRNO.NOPROTOOPT]);
	const values = (await inTurn(wire, get(SOCKET, 7), get(TCP, 1), get(SOCKET, 1), get(SOCKET, 2), get(SOCKET, 13))).map(({ gives }) => Number(gives[0]));
	assert.deepEqual(values, [1, 1, 2, 0, 0]);
	assert.deepEqual(errnos(await inTurn(wire, call("sock_get_option", [3, 0, 1]), call("sock_bind", [3, endpoint("127.0.0.1", 0)]),
		call("sock_send_to", [3, 0, endpoint("127.0.0.1", 1), Buffer.from("x")]))),
		[ERRNO.NOTSOCK, ERRNO.NOTSOCK, ERRNO.NOTSOCK]);
	await wire.close();
});

test("a session has as many sockets as --limit connections= says, and gets them back", async () => {
	const own = await openFixture(["--net", "listen:127.0.0.1:0", "--limit", "connections=20"]); // nothing of other programs is still there
	const wire = await own.session.connect(ROOT_ONLY);
	const bind = (at) => [opened(handle(at), STREAM), call("sock_bind", [handle(at), endpoint("127.0.0.1", 0)])];
	for (let at = 20; at < 40; at++)
		assert.deepEqual(errnos(await inTurn(wire, ...bind(at))), [0, 0]);
	assert.deepEqual(errnos(await inTurn(wire, ...bind(40))), [0, ERRNO.MFILE]);
	assert.deepEqual(errnos(await inTurn(wire, call("fd_close", [handle(20)]), call("sock_bind", [handle(40), endpoint("127.0.0.1", 0)]))), [0, 0]);
	await wire.close();
	const next = await own.session.connect(ROOT_ONLY);
	for (let tries = 0; ; tries++) { // the one before is gone once its program has ended
		const [, bound] = await inTurn(next, opened(handle(20 + tries), STREAM), call("sock_bind", [handle(20 + tries), endpoint("127.0.0.1", 0)]));
		if (!bound.errno)
			break;
		assert.ok(tries < 200);
	}
	await next.close();
	await own.close();
});
