// The network as the user sees it: questions at the terminal and at another one, and who is connected with whom.
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";

import { ROOT_ONLY, openFixture } from "./call-fixture.js";
import { HELLO, Session, call, handle } from "./client.js";
import { endpoint } from "./net-endpoint.js";
import { callsOf, freePort } from "./net-peers.js";
import { terminals } from "./plain.js";
import { after, test } from "../testing.js";

const ACCES = 2;
const echo = net.createServer({ allowHalfOpen: true }, (socket) => socket.on("error", () => {}).pipe(socket));
await once(echo.listen(0, "127.0.0.1"), "listening");
const { port } = echo.address();
after(() => echo.close());
const opened = (at) => call("sock_open", [0, 1, at]);
const dial = (at, to = port) => call("sock_connect", [at, endpoint("127.0.0.1", to), 0]);
const errnos = (results) => results.map(({ errno }) => errno);

/** A program of a page that the user let in, and one that another link lets in. */
async function enter(gateway, from = 0) {
	const [link] = await gateway.hear(/http:\/\/localhost:\d+\/_wvwasi\/enter#k=[\w-]{22}&to=\/\S*/, from);
	const url = new URL(link);
	return Session.enter({ ready: { url: url.origin, port: Number(url.port) }, link: async () => link });
}

test("at the terminal: o is once, y while the program runs, n no; sessions and l say who is connected", async () => {
	const { startPlain, startOther } = terminals("net-terminal");
	const gateway = startPlain(["--port", "0", "--net", "ask", "--net", `tcp:127.0.0.1:${port + 1 > 65535 ? 1 : port + 1}`], { tty: true });
	const wire = await (await enter(gateway)).connect({ ...ROOT_ONLY, preopens: [], flags: HELLO.NEW | HELLO.STDIN_EOF, args: ["tool"] });
	for (const [at, key, errno] of [[8, "o", 0], [9, "o", 0], [10, "y", 0]]) {
		const from = gateway.at(), calls = [opened(handle(at)), dial(handle(at))], waiting = wire.batch(calls);
		await gateway.hear(/May 'tool', a program in .*, reach tcp:127\.0\.0\.1:\d+\? {2}\(y: yes, while it runs; o: once; n: no\)/, from);
		gateway.type(`${key}\n`);
		assert.deepEqual(errnos(await wire.answer(waiting, calls)), [0, errno]);
	}
	assert.deepEqual(errnos(await wire.calls(opened(handle(11)), dial(handle(11)))), [0, 0], "not asked again");
	const from = gateway.at(), calls = [opened(handle(12)), dial(handle(12), 9)], waiting = wire.batch(calls);
	await gateway.hear(/reach tcp:127\.0\.0\.1:9\?/, from);
	gateway.type("?");
	await gateway.hear(/q: quit[^]*reach tcp:127\.0\.0\.1:9\?/, from); // again, since that was no answer
	gateway.type("n\n");
	assert.deepEqual(errnos(await wire.answer(waiting, calls)), [0, ACCES]);

	const listed = gateway.at();
	gateway.type("l\n");
	await gateway.hear(/--net allows: ask, tcp:127\.0\.0\.1:\d+\r?\n/, listed);
	await gateway.hear(new RegExp(`\\[1\\] tool {2}you allowed tcp:127\\.0\\.0\\.1:${port}\\r?\\n {4}tcp `), listed);
	const other = startOther("sessions");
	await other.hear(new RegExp(`tcp 127\\.0\\.0\\.1:${port} {2}connected {2}received 0 B {2}sent 0 B\\n`));
	await wire.close();
	gateway.stop();
	await gateway.ended;
});

test("wvwasi-gw answer: o once, y while it runs, anything else no", async () => {
	const { startPlain, startOther } = terminals("net-answer");
	const gateway = startPlain(["--port", "0", "--net", "ask"], { tty: false });
	const wire = await (await enter(gateway)).connect({ ...ROOT_ONLY, preopens: [], flags: HELLO.NEW | HELLO.STDIN_EOF, args: ["to\u001b[31mol"] });
	for (const [at, key, errno] of [[8, "o", 0], [9, "y", 0]]) {
		const answer = startOther("answer");
		await answer.hear(/No question is open/);
		const calls = [opened(handle(at)), dial(handle(at))], waiting = wire.batch(calls);
		await answer.hear(/reach tcp:127\.0\.0\.1:\d+\? \[y: while it runs, o: once, N\]/);
		answer.type(`${key}\n`);
		assert.deepEqual(errnos(await wire.answer(waiting, calls)), [0, errno], key);
		assert.equal(await answer.ended, 0);
	}
	assert.deepEqual(errnos(await wire.calls(opened(handle(10)), dial(handle(10)))), [0, 0], "not asked again");
	await startOther("sessions").hear(/\[1\] to\\e\[31mol {2}you allowed/);
	await wire.close();
	gateway.stop();
	await gateway.ended;
});

const fixture = await openFixture(["--net", `tcp:localhost:${port}`, "--net", "listen:127.0.0.1:0", "--net", `http:localhost:${port}`]);
after(() => fixture.close());
/** What `wvwasi-gw sessions --json` prints. */
async function listed() {
	const next = new Promise((resolve) => fixture.gateway.events.once("sessions", resolve));
	fixture.gateway.say({ do: "sessions" });
	return next;
}

test("sessions: what is allowed, each socket with peer, state and bytes, and what has been", async () => {
	const wire = await fixture.session.connect({ ...ROOT_ONLY, flags: ROOT_ONLY.flags | HELLO.NET, args: ["to\u001b[31mol"],
		net: [`tcp:localhost:${port}`, "listen:127.0.0.1:0"] });
	const [A, B, L] = [handle(8), handle(9), handle(10)];
	await wire.calls(opened(A), call("sock_connect", [A, endpoint("localhost", port), 0]), call("sock_send", [A, 0, Buffer.from("hello")]),
		call("sock_recv", [A, 0, 100]));
	await wire.calls(call("sock_shutdown", [A, 2]), call("fd_read", [A, 0n, 10]), opened(B));
	for (const one of [call("sock_open", [4, 1, L]), call("sock_bind", [L, endpoint("127.0.0.1", 0)]), call("sock_listen", [L, 1])])
		assert.deepEqual(errnos(await wire.calls(one)), [0]);
	const event = await listed();
	assert.deepEqual(event.net, [`tcp:localhost:${port}`, "listen:127.0.0.1:0", `http:localhost:${port}`]);
	const { network } = event.sessions[0], [program] = network.programs;
	assert.deepEqual([network.sockets, network.received, network.sent], [3, 5, 5]);
	assert.deepEqual(program.keeps, [`tcp:localhost:${port}`, "listen:127.0.0.1:0"]);
	const by = Object.fromEntries(program.sockets.map((socket) => [socket.handle, socket]));
	const { own, ...a } = by[8];
	assert.match(own, /^127\.0\.0\.1:\d+$/);
	assert.deepEqual(a, { handle: 8, kind: "tcp", state: "ended", name: `localhost:${port}`, peer: `127.0.0.1:${port}`, received: 5, sent: 5 });
	assert.deepEqual(by[9], { handle: 9, kind: "tcp", state: "open", received: 0, sent: 0 });
	assert.deepEqual([by[10].state, by[10].own.replace(/\d+$/, "")], ["listening", "127.0.0.1:"]);
	await wire.calls(call("fd_close", [A]), call("fd_close", [B]));
	assert.deepEqual((await listed()).sessions[0].network.programs[0].sockets.map(({ handle: at }) => at), [10], "what is closed is gone");
	await wire.close();
	for (let after_; ;) { // once the program has ended, its bytes stay with its session
		after_ = (await listed()).sessions[0].network;
		if (!after_.programs.length) {
			assert.deepEqual([after_.sockets, after_.received, after_.sent], [3, 5, 5]);
			break;
		}
	}
});

test("sessions: a connection that failed, one that was accepted, and a page's own sockets and requests", async () => {
	const w = await callsOf(fixture);
	const socket = w.net.connect({ hostname: "localhost", port });
	await socket.opened;
	const refused = w.net.connect({ hostname: "localhost", port: 1 });
	await assert.rejects(refused.opened);
	const listener = w.net.listen({ hostname: "127.0.0.1", port: 0 });
	const { port: own } = await listener.opened;
	const peer = net.connect(own, "127.0.0.1");
	const accepted = await listener.accept();
	await accepted.opened;
	const fetching = w.fetch(`http://localhost:${port}/`).catch(() => {});
	let all;
	do
		all = (await listed()).sessions[0].network.programs[0].sockets;
	while (!all.some(({ kind }) => kind === "request"));
	const shown = all.map(({ kind, state, name, peer: its }) => [kind, state, name ?? its]);
	assert.ok(shown.some(([kind, state, name]) => kind === "tcp" && state === "connected" && name === `localhost:${port}`), JSON.stringify(shown));
	assert.ok(shown.some(([, state, name]) => state === "connected" && name === `127.0.0.1:${peer.localPort}`), JSON.stringify(shown));
	assert.ok(shown.some(([kind, , name]) => kind === "request" && name === `http://localhost:${port}`), JSON.stringify(shown));
	peer.destroy();
	w.close();
	await fetching;
});

test("sessions: more than has room is counted, and the answer stays whole", async () => {
	const nobody = await freePort(), own = await openFixture(["--net", `tcp:*.${"a".repeat(60)}.localhost:${nobody}`]);
	const wire = await own.session.connect(ROOT_ONLY);
	for (let at = 20; at < 420; at += 100)
		await wire.calls(...Array.from({ length: 100 }, (_, i) => [opened(handle(at + i)),
			call("sock_connect", [handle(at + i), endpoint(`${"b".repeat(60)}.${"a".repeat(60)}.localhost`, nobody), 0])]).flat());
	const next = new Promise((resolve) => own.gateway.events.once("sessions", resolve));
	own.gateway.say({ do: "sessions" });
	const event = await next, { sockets } = event.sessions[0].network.programs[0];
	assert.ok(sockets.length > 50 && sockets.length < 400, `${sockets.length}`);
	assert.equal(sockets.length + event.left_out, 400);
	await wire.close();
	await own.close();
});
