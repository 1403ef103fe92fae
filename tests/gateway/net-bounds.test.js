// What one program may take of the network, in number, time and memory, so that others have theirs: docs/SECURITY.md, "Programs that reach the network".
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import dgram from "node:dgram";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";

import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { Session, call, handle } from "./client.js";
import { decodeEndpoint, endpoint } from "./net-endpoint.js";
import { callsOf, certificate, freePort, startNginx } from "./net-peers.js";
import { dialerAndGateway } from "./processes.js";
import { after, test } from "../testing.js";

const ERRNO = { CONNREFUSED: 14, INPROGRESS: 26, INVAL: 28, MFILE: 33, NOBUFS: 42, TIMEDOUT: 73 };
const STREAM = 1, DATAGRAM = 2, SOCKET = 0, ERROR = 2;
const LOOKUPS = 64, THREADS = 4, REQUESTS = 512, IN_ALL = 16384, RELAYS = 4096;
/* A loopback address that nobody else has, nor another run of these tests. */
const DNS = `127.78.${1 + (process.pid >> 8) % 250}.${1 + process.pid % 250}`;
const canMount = process.getuid() === 0 && (() => {
	try {
		return execFileSync("unshare", ["--mount", "true"]).length === 0;
	} catch {
		return false;
	}
})();
const skip = canMount ? false : "root and a mount namespace are needed";
const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-bounds-"));
const ends = [() => fs.rmSync(base, { recursive: true, force: true })];
after(async () => {
	for (const end of ends.reverse())
		await end();
});
const errnos = (results) => results.map(({ errno }) => errno);
const opened = (at, type = STREAM, family = 4) => call("sock_open", [family, type, at]);
const dial = (at, port, flags = 0) => call("sock_connect", [at, endpoint("127.0.0.1", port), flags]);
const look = (name) => call("sock_resolve", [Buffer.from(name), 80, 4, 0, 1000]);
/** Bytes that a process has in memory. */
const resident = (pid) => Number(/VmRSS:\s*(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;

/** A name server that answers `quick…` with 8.8.8.8, and never those that begin with `slow`; `asked` are the names that it was asked for. */
async function nameServer() {
	const asked = [], socket = dgram.createSocket("udp4");
	socket.on("message", (query, from) => {
		const labels = [];
		let at = 12;
		for (; query[at]; at += 1 + query[at])
			labels.push(query.toString("latin1", at + 1, at + 1 + query[at]));
		if (query.readUInt16BE(at + 1) === 1)
			asked.push(labels.join("."));
		if (labels[0].startsWith("slow"))
			return;
		const isA = query.readUInt16BE(at + 1) === 1, question = query.subarray(12, at + 5);
		const head = Buffer.from([query[0], query[1], 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0]);
		const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 8, 8, 8, 8]);
		socket.send(Buffer.concat([head, question, ...isA ? [answer] : []]), from.port, from.address);
	});
	socket.bind(53, DNS);
	await once(socket, "listening");
	ends.push(() => socket.close());
	return asked;
}
async function openWithNames(options, args) {
	const resolv = path.join(base, `resolv-${options.replace(/\W/g, "")}`);
	fs.writeFileSync(resolv, `nameserver ${DNS}\noptions ${options}\n`);
	const fixture = await openFixture(args, { through: ["unshare", "--mount", "sh", "-ec", `mount --bind ${resolv} /etc/resolv.conf; exec "$@"`, "sh"] });
	ends.push(() => fixture.close());
	return fixture;
}
/** A port that takes connections in its queue alone, which is full: who connects there hears nothing. */
async function deafPort() {
	const child = spawn("python3", ["-uc", `import socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(0)
held = socket.create_connection(s.getsockname())
print(s.getsockname()[1])
sys.stdin.read()`], { stdio: ["pipe", "pipe", "inherit"] });
	const [line] = await once(readline.createInterface({ input: child.stdout }), "line");
	ends.push(() => void child.stdin.end());
	return Number(line);
}
const asked = canMount ? await nameServer() : [];
const deaf = await deafPort();

test("a session's slow names hold up no other's, and it has 64 of them", { skip }, async () => {
	const fixture = await openWithNames("timeout:5", ["--net", "tcp:*.test:80"]);
	const slow = await fixture.session.connect(ROOT_ONLY);
	const calls = Array.from({ length: LOOKUPS }, (_, i) => look(`slow${i}.test`));
	slow.batch(calls);
	assert.deepEqual(errnos(await slow.calls(look("slow64.test"))), [ERRNO.MFILE]);
	const other = await (await Session.enter(fixture.gateway)).connect(ROOT_ONLY);
	const [found] = await other.calls(look("quick.test"));
	assert.equal(found.errno, 0);
	assert.equal(decodeEndpoint(found.gives[0].subarray(1)).host, "8.8.8.8");
	assert.equal(new Set(asked.filter((name) => name.startsWith("slow"))).size, THREADS, "it has four threads of the dialer's");
	await slow.close();
	const again = await fixture.session.connect(ROOT_ONLY); // its threads are still held, as many as they are, and the names have gone
	assert.deepEqual(errnos(await other.calls(look("quick2.test"))), [0]);
	await again.close();
	await other.close();
});

test("a look-up is given up after 15 s, a connection after 30 s", { skip }, async () => {
	const fixture = await openWithNames("timeout:30", ["--net", "tcp:*.test:80", "--net", `tcp:127.0.0.1:${deaf}`]);
	const wire = await fixture.session.connect(ROOT_ONLY), began = Date.now();
	const names = [look("slow.late.test")], dials = [opened(handle(8)), dial(handle(8), deaf)];
	const waits = [[names, wire.batch(names)], [dials, wire.batch(dials)]];
	const took = await Promise.all(waits.map(async ([calls, sequence]) => {
		assert.equal((await wire.answer(sequence, calls, 60_000)).at(-1).errno, ERRNO.TIMEDOUT);
		return (Date.now() - began) / 1000;
	}));
	assert.ok(took[0] > 14 && took[1] > 29 && took[0] < took[1], `${took}`);
	await wire.close();
});

test("a session has 512 requests under way; another has its own", async () => {
	const fixture = await openFixture(["--net", `tcp:127.0.0.1:${deaf}`]);
	ends.push(() => fixture.close());
	const wire = await fixture.session.connect(ROOT_ONLY), other = await (await Session.enter(fixture.gateway)).connect(ROOT_ONLY);
	const dials = Array.from({ length: REQUESTS }, (_, i) => [opened(handle(20 + i)), dial(handle(20 + i), deaf, 1)]).flat();
	assert.ok((await wire.calls(...dials)).every(({ errno }, i) => errno === (i % 2 ? ERRNO.INPROGRESS : 0)));
	const last = handle(20 + REQUESTS);
	assert.deepEqual(errnos(await wire.calls(opened(last), dial(last, deaf))), [0, ERRNO.MFILE]);
	const [, , option] = await other.calls(opened(handle(9)), dial(handle(9), deaf, 1), call("sock_get_option", [handle(9), SOCKET, ERROR]));
	assert.deepEqual([option.errno, Number(option.gives[0])], [0, 0], "it isn't refused");
	assert.deepEqual(errnos(await wire.calls(call("fd_close", [handle(20)]), dial(last, deaf, 1))), [0, ERRNO.INPROGRESS], "one that ends makes room");
	await wire.close();
	await other.close();
});

test("all sessions together have 16,384 sockets", async () => {
	const nobody = await freePort();
	const fixture = await openFixture(["--net", `tcp:127.0.0.1:${nobody}`, "--limit", `connections=${IN_ALL}`, "--limit", "handles=20000"]);
	ends.push(() => fixture.close());
	const wire = await fixture.session.connect(ROOT_ONLY), other = await (await Session.enter(fixture.gateway)).connect(ROOT_ONLY);
	for (let at = 0; at < IN_ALL; at += 256) { // fewer than may be under way
		const results = await wire.calls(...Array.from({ length: 256 }, (_, i) => [opened(handle(20 + at + i)), dial(handle(20 + at + i), nobody)]).flat());
		assert.ok(results.every(({ errno }, i) => errno === (i % 2 ? ERRNO.CONNREFUSED : 0)), `${at}`);
	}
	assert.deepEqual(errnos(await other.calls(opened(handle(9)), dial(handle(9), nobody))), [0, ERRNO.MFILE]);
	await wire.calls(call("fd_close", [handle(20)]));
	assert.deepEqual(errnos(await other.calls(dial(handle(9), nobody))), [ERRNO.CONNREFUSED]);
	await wire.close();
	await other.close();
});

test("the dialer relays 4,096 UDP sockets; one that is closed makes room", async () => {
	const fixture = await openFixture(["--net", "listen:127.0.0.1:0", "--limit", `connections=${RELAYS + 1}`, "--limit", "handles=20000"]);
	ends.push(() => fixture.close());
	const wire = await fixture.session.connect(ROOT_ONLY), bound = (at) => [opened(handle(at), DATAGRAM), call("sock_bind", [handle(at), endpoint("127.0.0.1", 0)])];
	for (let at = 0; at < RELAYS; at += 256)
		assert.ok(errnos(await wire.calls(...Array.from({ length: 256 }, (_, i) => bound(20 + at + i)).flat())).every((errno) => errno === 0), `${at}`);
	assert.deepEqual(errnos(await wire.calls(...bound(20 + RELAYS))), [0, ERRNO.MFILE]);
	await wire.calls(call("fd_close", [handle(20)]));
	let errno; // the dialer learns of the end on its own
	do
		[errno] = errnos(await wire.calls(bound(20 + RELAYS)[1]));
	while (errno === ERRNO.MFILE);
	assert.equal(errno, 0);
	await wire.close();
});

test("of what the dialer doesn't read the gateway keeps 8 MiB; more is refused with NOBUFS, and what it kept is answered", async () => {
	const fixture = await openFixture(["--net", "http:localhost:1"]), { dialer, gateway } = dialerAndGateway(fixture.gateway.pid), HEAD = 60_000, EACH = 64, MIB = 8 << 20;
	ends.push(() => fixture.close());
	const wires = await Promise.all(Array.from({ length: 4 }, () => fixture.session.connect(ROOT_ONLY)));
	const before = resident(gateway);
	process.kill(dialer, "SIGSTOP");
	const asked = wires.map((wire) => {
		const calls = Array.from({ length: EACH }, (_, i) => call("http_request", [Buffer.alloc(HEAD), handle(20 + i)]));
		return calls.map((one) => [one, wire.batch([one]), wire]);
	}).flat();
	const results = asked.map(async ([one, sequence, wire]) => (await wire.answer(sequence, [one], 60_000))[0].errno);
	assert.deepEqual(errnos(await wires[3].calls(call("sock_resolve", [Buffer.from("localhost"), 1, 0, 0, 100]))), [ERRNO.NOBUFS], "behind all of them");
	assert.ok(resident(gateway) - before < 4 * MIB, "queued once, and once with the calls that wait");
	process.kill(dialer, "SIGCONT");
	const count = (errno) => got.filter((its) => its === errno).length, got = await Promise.all(results);
	const kept = count(ERRNO.INVAL); // no head of a request
	assert.equal(kept + count(ERRNO.NOBUFS), wires.length * EACH);
	assert.ok(kept * HEAD >= MIB && kept * HEAD < MIB + (2 << 20), `${kept} of ${wires.length * EACH}`);
	await Promise.all(wires.map((wire) => wire.close()));
});

/* 20 connections, each with 64 MB to come; a megabyte or two of each is what kernel, dialer and page may hold. */
const MANY = 20, BODY = 64 << 20, HELD = 48 << 20;
const peer = certificate("DNS:localhost");
const nginx = await startNginx(peer, () => "");
ends.push(() => fs.rmSync(peer.folder, { recursive: true }), () => nginx.stop());
fs.writeFileSync(path.join(nginx.root, "big"), Buffer.alloc(BODY));
const fixture = await openFixture([nginx.plain, nginx.secure].flatMap((port) => ["--net", `tcp:localhost:${port}`]).concat(["--net",
	`https:localhost:${nginx.secure}`, "--net", `http:localhost:${nginx.plain}`, "--net", "listen:127.0.0.1:0"]), { env: { SSL_CERT_FILE: peer.ca } });
ends.push(() => fixture.close());

/** How much gateway and dialer have grown, once they stand still. */
async function grownBy(before) {
	const { dialer, gateway } = dialerAndGateway(fixture.gateway.pid), all = () => resident(gateway) + resident(dialer);
	let last, now = all();
	do {
		last = now;
		await new Promise((resolve) => setTimeout(resolve, 500)); // nothing tells that it stands still
		now = all();
	} while (Math.abs(now - last) > 1 << 20);
	return before === undefined ? now : now - before;
}
const request = "GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n";
async function sockets(w, options, port) {
	const all = Array.from({ length: MANY }, () => w.net.connect({ hostname: "localhost", port }, options));
	for (const socket of all) {
		await socket.opened;
		await socket.writable.getWriter().write(request);
	}
	return () => Promise.all(all.map((socket) => socket.close()));
}
async function requests(w, url) {
	const all = await Promise.all(Array.from({ length: MANY }, () => w.fetch(url)));
	return () => Promise.all(all.map(({ body }) => body.cancel()));
}
for (const [what, begin] of [["TCP", (w) => sockets(w, {}, nginx.plain)], ["TLS", (w) => sockets(w, { secureTransport: "on" }, nginx.secure)],
	["HTTP/1.1", (w) => requests(w, `http://localhost:${nginx.plain}/big`)], ["HTTPS", (w) => requests(w, `https://localhost:${nginx.secure}/big`)]])
	test(`what nobody reads waits at its server: ${what}`, async () => {
		const w = await callsOf(fixture);
		await (await w.fetch(`https://localhost:${nginx.secure}/`)).text(); // loaded, whatever it needs
		const before = await grownBy();
		const end = await begin(w);
		const grown = await grownBy(before);
		assert.ok(grown < HELD, `${(grown / 1e6).toFixed(1)} MB for ${MANY} connections`);
		await end();
		w.close();
	});

test("datagrams that nobody reads are lost, and none is kept", async () => {
	const wire = await fixture.session.connect(ROOT_ONLY), S = handle(8);
	assert.deepEqual(errnos(await wire.calls(opened(S, DATAGRAM), call("sock_bind", [S, endpoint("127.0.0.1", 0)]))), [0, 0]);
	const [own] = await wire.calls(call("sock_address", [S, 0]));
	const before = await grownBy(), { port } = decodeEndpoint(own.gives[0]), sender = dgram.createSocket("udp4");
	for (let i = 0; i < 4000; i++)
		await new Promise((resolve) => sender.send(Buffer.alloc(32 << 10), port, "127.0.0.1", resolve));
	const grown = await grownBy(before);
	assert.ok(grown < HELD / 4, `${(grown / 1e6).toFixed(1)} MB of 131`);
	assert.equal((await wire.calls(call("sock_receive_from", [S, 0, 65535])))[0].errno, 0, "the first ones are there");
	sender.close();
	await wire.close();
});
