// --net tcp:…: programs connect, through the dialer, to targets that a rule names, and to no others.
import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";

import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { call, events, handle, open, subscription } from "./client.js";
import { debugLink } from "./debugger.js";
import { decodeEndpoint, endpoint } from "./net-endpoint.js";
import { startGateway } from "./gateway.js";
import { dialerAndGateway } from "./processes.js";
import { after, test } from "../testing.js";

const ERRNO = { ACCES: 2, AGAIN: 6, ALREADY: 7, BADF: 8, CONNREFUSED: 14, INPROGRESS: 26, INVAL: 28, ISCONN: 30, NOTCONN: 53, NETDOWN: 38 };
const STREAM = 1, WRITE = 2, HANGUP = 1;

/** A server that echoes, and ends when its peer ends. */
const echo = net.createServer({ allowHalfOpen: true }, (socket) => socket.on("error", () => {}).pipe(socket));
const silent = net.createServer({ allowHalfOpen: true }, (socket) => socket.on("error", () => {}));
for (const server of [echo, silent])
	await once(server.listen(0, "127.0.0.1"), "listening");
const port = echo.address().port;
/** A port at which nothing listens. */
const closed = await new Promise((resolve) => {
	const server = net.createServer().listen(0, "127.0.0.1", () => {
		const taken = server.address().port;
		server.close(() => resolve(taken));
	});
});

const fixture = await openFixture(["--net", `tcp:localhost:${port}`, "--net", `tcp:127.0.0.1:${closed}`, "--net", `tcp:127.0.0.1:${port}`, "--net",
	`tcp:*.localhost:${port}`]);
after(async () => {
	await fixture.close();
	echo.close();
	silent.close();
});
const connect = () => fixture.session.connect(ROOT_ONLY);
const openSocket = (at, family = 0) => call("sock_open", [family, STREAM, at]);
const dial = (at, host, to = port, flags = 0) => call("sock_connect", [at, endpoint(host, to), flags]);
const S = handle(8, 0);
const errnos = (results) => results.map(({ errno }) => errno);

test("a socket is opened, connected, written and read in one batch: one wait", async () => {
	const wire = await connect();
	const results = await wire.calls(openSocket(S), dial(S, "localhost"), call("sock_send", [S, 0, Buffer.from("hello")]), call("sock_recv", [S, 0, 100]));
	assert.deepEqual(errnos(results), [0, 0, 0, 0]);
	assert.equal(Buffer.from(results[3].gives[1]).toString(), "hello");
	await wire.close();
});

test("bytes go both ways, and one direction can be ended", async () => {
	const wire = await connect();
	assert.deepEqual(errnos(await wire.calls(openSocket(S), dial(S, "localhost"))), [0, 0]);
	const [sent, got, peer, own] = await wire.calls(call("sock_send", [S, 0, Buffer.from("hello")]), call("sock_recv", [S, 0, 100]),
		call("sock_address", [S, 1]), call("sock_address", [S, 0]));
	assert.deepEqual([sent.gives[0], Buffer.from(got.gives[1]).toString()], [5, "hello"]);
	assert.deepEqual(decodeEndpoint(peer.gives[0]), { family: 4, host: "127.0.0.1", port });
	assert.equal(decodeEndpoint(own.gives[0]).host, "127.0.0.1");
	const [ended, end] = await wire.calls(call("sock_shutdown", [S, 2]), call("fd_read", [S, 0n, 10]));
	assert.deepEqual([ended.errno, end.errno, end.gives[0].length], [0, 0, 0], "what it echoes has an end then");
	assert.deepEqual(errnos(await wire.calls(dial(S, "localhost"), call("fd_close", [S]))), [ERRNO.ISCONN, 0]);
	await wire.close();
});

test("what is written goes out at once: no write waits for an acknowledgement of the one before", async () => {
	const wire = await connect(), NO_DELAY = [6, 1];
	await wire.calls(openSocket(S), dial(S, "localhost"));
	const [option] = await wire.calls(call("sock_get_option", [S, ...NO_DELAY]));
	assert.equal(option.gives[0], 1n);
	await wire.close();
});

test("refused by the peer is CONNREFUSED, and the socket can try again", async () => {
	const wire = await connect();
	assert.deepEqual(errnos(await wire.calls(openSocket(S), dial(S, "127.0.0.1", closed))), [0, ERRNO.CONNREFUSED]);
	assert.deepEqual(errnos(await wire.calls(dial(S, "127.0.0.1"))), [0]);
	await wire.close();
});

test("without waiting: in progress, then poll_oneoff says that it can be written", async () => {
	const wire = await connect();
	assert.deepEqual(errnos(await wire.calls(openSocket(S), dial(S, "localhost", port, 1))), [0, ERRNO.INPROGRESS]);
	const [polled] = await wire.calls(call("poll_oneoff", [subscription({ userdata: 7, write: S })]));
	assert.deepEqual(events(polled.gives[0]).map(({ userdata, type, flags }) => [userdata, type, flags]), [[7, WRITE, 0]]);
	const [sent, got] = await wire.calls(call("sock_send", [S, 0, Buffer.from("x")]), call("sock_recv", [S, 0, 9]));
	assert.deepEqual([sent.errno, Buffer.from(got.gives[1]).toString()], [0, "x"]);
	assert.deepEqual(errnos(await wire.calls(openSocket(handle(9)), dial(handle(9), "127.0.0.1", closed, 1))), [0, ERRNO.INPROGRESS]);
	const [failed] = await wire.calls(call("poll_oneoff", [subscription({ userdata: 8, write: handle(9) })]));
	assert.deepEqual(events(failed.gives[0]).map(({ userdata, flags }) => [userdata, flags]), [[8, HANGUP]]);
	assert.deepEqual(errnos(await wire.calls(dial(handle(9), "127.0.0.1", closed))), [ERRNO.CONNREFUSED], "what became of it is told once");
	await wire.close();
});

test("poll_oneoff waits for sockets beside files and clocks: whichever is ready is told, and no other", async () => {
	const MONOTONIC = 1, MINUTE = 60_000_000_000n, file = handle(20);
	fs.writeFileSync(fixture.at("a.txt"), "contents");
	const wire = await connect();
	assert.deepEqual(errnos(await wire.calls(openSocket(S), dial(S, "localhost"), open("a.txt", file))), [0, 0, 0]);
	const poll = async (...all) => events((await wire.calls(call("poll_oneoff", [Buffer.concat(all)])))[0].gives[0])
		.map(({ userdata, errno, flags, nbytes }) => [userdata, errno, flags, Number(nbytes)]);
	const socket = subscription({ userdata: 1, read: S }), clock = (timeout) => subscription({ userdata: 3, clock: MONOTONIC, timeout });
	assert.deepEqual(await poll(socket, subscription({ userdata: 2, read: file }), clock(MINUTE)), [[2, 0, 0, 8]], "the file");
	assert.deepEqual(await poll(socket, clock(1_000_000n)), [[3, 0, 0, 0]], "the clock");
	await wire.calls(call("sock_send", [S, 0, Buffer.from("echo")]));
	assert.deepEqual(await poll(socket, clock(MINUTE)), [[1, 0, 0, 4]], "the socket");
	assert.deepEqual((await poll(socket, subscription({ userdata: 4, write: S }), clock(MINUTE))).map(([userdata]) => userdata), [1, 4], "either side");
	await wire.calls(call("sock_recv", [S, 0, 10]), call("sock_shutdown", [S, 2]));
	assert.deepEqual(await poll(socket, clock(MINUTE)), [[1, 0, HANGUP, 0]], "its peer has ended");
	await wire.close();
});

test("calls on a socket that isn't connected fail with NOTCONN", async () => {
	const wire = await connect();
	assert.deepEqual(errnos(await wire.calls(openSocket(S), call("sock_send", [S, 0, Buffer.from("x")]), call("sock_recv", [S, 0, 1]),
		call("fd_read", [S, 0n, 1]),
		call("fd_write", [S, 0n, Buffer.from("x")]), call("sock_shutdown", [S, 3]), call("sock_accept", [S, 0, handle(12)]), call("sock_address", [S, 1]))),
	[0, ERRNO.NOTCONN, ERRNO.NOTCONN, ERRNO.NOTCONN, ERRNO.NOTCONN, ERRNO.NOTCONN, ERRNO.INVAL, ERRNO.NOTCONN]);
	await wire.close();
});

test("closing a socket that is being connected ends the wait for it", async () => {
	const wire = await connect();
	assert.deepEqual(errnos(await wire.calls(openSocket(S, 4))), [0]);
	const waits = [call("sock_connect", [S, endpoint("127.0.0.1", port), 0])];
	const waiting = wire.batch(waits);
	const [closing] = await wire.calls(call("fd_close", [S]));
	const [result] = await wire.answer(waiting, waits);
	assert.equal(closing.errno, 0);
	assert.ok([0, ERRNO.BADF].includes(result.errno), `errno ${result.errno}`);
	await wire.close();
});

const refusals = [
	["another port of the name", "a.localhost", 1],
	["another name", "example.org", port],
	["a name below it, which isn't it", "localhost.example.org", port],
	["all addresses, which reach this machine", "0.0.0.0", port],
	["::", "::", port],
	["an IPv4 address in an IPv6 one", "::ffff:127.0.0.1", port],
	["an IPv4-compatible one", "::127.0.0.1", port],
	["NAT64's form of it", "64:ff9b::7f00:1", port],
	["6to4's form of it", "2002:7f00:1::", port],
	["another loopback address", "127.0.0.2", port],
	["broadcast", "255.255.255.255", port],
	["another machine", "192.0.2.1", port],
	["an IPv6 address with a scope", "fe80::1", port, 1],
	["a loopback one with a scope", "::1", port, 1],
];
for (const [what, host, to, scope] of refusals)
	test(`refused, and said once: ${what}`, async () => {
		const wire = await connect(), said = () => fixture.gateway.stderr().match(/refused/g)?.length ?? 0, before = said();

		assert.deepEqual(errnos(await wire.calls(openSocket(S))), [0]);
		for (let time = 0; time < 2; time++)
			assert.deepEqual(errnos(await wire.calls(call("sock_connect", [S, endpoint(host, to, scope), 0]))), [ERRNO.ACCES]);
		await fixture.gateway.says(new RegExp(`(refused[^]*){${before + 1}}`));
		assert.equal(said(), before + 1);
		await wire.close();
	});

for (const [what, name] of [["a number", "2130706433"], ["octal", "0177.0.0.1"], ["hexadecimal", "0x7f.0.0.1"], ["hexadecimal whole", "0x7f000001"],
		["short", "127.1"],
	["with a scope", "fe80::1%lo"], ["empty", ""], ["a dot", "."], ["two dots at its end", "localhost.."], ["a space", "local host"], ["a NUL", "localhost\0"], ["an address and a NUL", "127.0.0.1\0.example.org"]])
	test(`no name: ${what}`, async () => {
		const wire = await connect();
		assert.deepEqual(errnos(await wire.calls(openSocket(S), call("sock_connect",
			[S, Uint8Array.from([110, port & 255, port >> 8, ...Buffer.from(name)]), 0]))), [0, ERRNO.INVAL]);
		await wire.close();
	});

test("a name is the same with a dot at its end, and in capitals", async () => {
	for (const name of ["localhost.", "LocalHost", "a.localhost"]) {
		const wire = await connect();
		assert.deepEqual(errnos(await wire.calls(openSocket(S), dial(S, name))), [0, 0], name);
		await wire.close();
	}
});

test("no program reaches the gateway's own port, whatever the rules say", async () => {
	const own = await openFixture(["--net", "tcp:127.0.0.0/8:1-65535", "--net", "tcp:[::1]:1-65535"]);
	const wire = await own.session.connect(ROOT_ONLY);
	for (const [at, host] of ["127.0.0.1", "::1", "localhost", "127.9.9.9"].entries())
		assert.deepEqual(errnos(await wire.calls(openSocket(handle(20 + at)), dial(handle(20 + at), host, own.gateway.ready.port))), [0, ERRNO.ACCES]);
	await own.gateway.says(/refused tcp:127\.0\.0\.1:\d+ .*gateway's own port/);
	const scoped = handle(30); // its address is one that a rule names
	assert.deepEqual(errnos(await wire.calls(openSocket(scoped), call("sock_connect", [scoped, endpoint("::1", port, 1), 0]))), [0, ERRNO.ACCES]);
	await own.gateway.says(/refused tcp:\[::1\S*:\d+ .*no host has this address/);
	await wire.close();
	await own.close();
});

test("nor the debugger's, if it has another one, and no program listens at either", async () => {
	const taken = net.createServer().listen(0, "127.0.0.2");
	await once(taken, "listening");
	const at = taken.address().port;
	const own = await openFixture(["--port", String(at), "--net", "tcp:127.0.0.0/8:1-65535", "--net", "udp:127.0.0.0/8:1-65535", "--net",
		"listen:127.0.0.0/8:1-65535"]);
	const debuggers = Number(new URL(await debugLink(own.gateway)).port);
	assert.notEqual(debuggers, at);
	const wire = await own.session.connect(ROOT_ONLY);
	for (const [i, host] of ["127.0.0.2", "127.0.0.1"].entries())
		assert.deepEqual(errnos(await wire.calls(openSocket(handle(20 + i)), dial(handle(20 + i), host, debuggers))), [0, ERRNO.ACCES]);
	await own.gateway.says(new RegExp(`refused tcp:127\\.0\\.0\\.2:${debuggers} .*gateway's own port`));
	assert.deepEqual(errnos(await wire.calls(call("sock_open", [0, 2, handle(30)]), call("sock_send_to", [handle(30), 0, endpoint("127.0.0.2",
		debuggers), Buffer.from("x")]))),
		[0, ERRNO.ACCES]);
	for (const [i, its] of [at, debuggers].entries())
		assert.deepEqual(errnos(await wire.calls(openSocket(handle(40 + i)), call("sock_bind", [handle(40 + i), endpoint("127.0.0.3", its)]))),
			[0, ERRNO.ACCES]);
	await wire.close();
	await own.close();
	taken.close();
});

test("without --net every call of a socket fails with ACCES, and there is no dialer", async () => {
	const plain = await openFixture();
	const wire = await plain.session.connect(ROOT_ONLY);
	assert.deepEqual(errnos(await wire.calls(openSocket(S), call("sock_resolve", [Buffer.from("localhost"), 0, 0, 0, 100]), call("http_request",
		[Buffer.from("x"), handle(9)]))),
		[ERRNO.ACCES, ERRNO.ACCES, ERRNO.ACCES]);
	const children = fs.readFileSync(`/proc/${plain.gateway.pid}/task/${plain.gateway.pid}/children`, "utf8").trim().split(" ");
	assert.equal(children.length, 1);
	await wire.close();
	await plain.close();
});

test("when the dialer dies, connections stay open, and new ones fail with NETDOWN", async () => {
	const own = await openFixture(["--net", `tcp:localhost:${port}`]);
	const wire = await own.session.connect(ROOT_ONLY);
	assert.deepEqual(errnos(await wire.calls(openSocket(S), dial(S, "localhost"))), [0, 0]);
	const { dialer } = dialerAndGateway(own.gateway.pid);
	process.kill(dialer, "SIGKILL");
	await own.gateway.says(/the dialer process has ended/);
	const [sent, got] = await wire.calls(call("sock_send", [S, 0, Buffer.from("still")]), call("sock_recv", [S, 0, 9]));
	assert.deepEqual([sent.errno, Buffer.from(got.gives[1]).toString()], [0, "still"]);
	assert.deepEqual(errnos(await wire.calls(openSocket(handle(9)), dial(handle(9), "localhost"))), [0, ERRNO.NETDOWN]);
	await wire.close();
	await own.close();
});

test("rules of the config file hold as those of the command line, and a bad one ends it, quoted", async () => {
	const config = path.join(fixture.base, "net.json");
	fs.writeFileSync(config, JSON.stringify({ net: [`tcp:127.0.0.1:${port}`, "udp:*.example.org:53"] }));
	const own = await openFixture(["--config", config]);
	const wire = await own.session.connect(ROOT_ONLY);
	assert.deepEqual(errnos(await wire.calls(openSocket(S), dial(S, "127.0.0.1"), openSocket(handle(9)), dial(handle(9), "127.0.0.2"))),
		[0, 0, 0, ERRNO.ACCES]);
	await wire.close();
	await own.close();
	for (const net of [["tcp:a"], "tcp:a", [80]]) {
		fs.writeFileSync(config, JSON.stringify({ net }));
		const error = await startGateway(["--root", fixture.folder, "--config", config]).then(() => assert.fail("it started"), (failed) => failed);
		assert.equal(error.code, 2);
		assert.match(error.message, Array.isArray(net) && typeof net[0] === "string" ? /no port.*--net 'tcp:a'/ : /net/);
	}
});

for (const [rule, why] of [["tcp:a", "no port"], ["tcp:a:0", "port 0"], ["tcp:a:9-8", "ends before it begins"], ["tcp:a:65536", "not a port"],
		["ftp:a:1", "not tcp:HOST:PORT"],
	["tcp:127.1:80", "neither a host name nor an address"], ["tcp:[::1:80", "no port"], ["tcp:::1:80", "stands in brackets"],
	["tcp:10.0.0.1/8:80", "bits set behind its prefix"],
	["tcp:10.0.0.0/33:80", "not a number of bits"], ["tcp:*:80", "neither a host name nor an address"], ["tcp:a=public:80", "only =private"],
	["listen:example.org:80", "not an address"],
	["tcp:0.0.0.0:80", "no host has"], ["tcp:[::ffff:127.0.0.1]:80", "no host has"], ["", "not tcp"], ["tcp:a:1-", "not a range of ports"],
	["tcp::80", "no host"], ["tcp:x/8:80", "not an address before the /"], ["tcp:[1.2.3.4]:80", "not an IPv6 address in the brackets"],
	["udp:a=:80", "only =private"], ["http:a:0", "port 0"], ["https:1.2.3:443", "neither a host name nor an address"],
	["listen:127.0.0.1:1:2", "stands in brackets"]])
	test(`a bad rule ends it at once, with the rule quoted: '${rule}'`, async () => {
		const error = await startGateway(["--root", fixture.folder, "--net", rule]).then(() => assert.fail("it started"), (failed) => failed);
		assert.equal(error.code, 2);
		assert.match(error.message, new RegExp(why));
		assert.ok(error.message.includes(`--net '${rule}'`), error.message);
	});
