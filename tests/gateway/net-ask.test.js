// --net ask: the keeper asks the user about targets that no rule names. And net of run(): a page narrows what its programs may reach.
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";

import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { HELLO, call, handle } from "./client.js";
import { endpoint } from "./net-endpoint.js";
import { callsOf, freePort } from "./net-peers.js";
import { after, test } from "../testing.js";

const ERRNO = { ACCES: 2 };
const servers = [];
for (let i = 0; i < 3; i++) {
	const server = net.createServer((socket) => socket.on("error", () => {}).once("data", () => socket.end()));
	await once(server.listen(0, "127.0.0.1"), "listening");
	servers.push(server);
}
const [first, second, third] = servers.map((server) => server.address().port);
const fixture = await openFixture(["--net", "ask", "--net", `tcp:localhost:${first}`]);
after(async () => {
	await fixture.close();
	for (const server of servers)
		server.close();
});
const free = await freePort();
const S = handle(8);
const connect = (net) => fixture.session.connect({ ...ROOT_ONLY, ...(net && { flags: ROOT_ONLY.flags | HELLO.NET, net }) });
const opened = (at) => call("sock_open", [0, 1, at]);
const dial = (at, port, host = "127.0.0.1") => call("sock_connect", [at, endpoint(host, port), 0]);
const errnos = (results) => results.map(({ errno }) => errno);
let asked = 0;
/** Waits for a question and answers it. @returns {Promise<string>} its text */
async function answer(yes, once = false) {
	const { question, text } = await fixture.gateway.next("question", ({ question: number }) => number > asked);
	asked = question;
	fixture.gateway.say({ do: "answer", question, yes, once });
	return text;
}

test("what no rule names waits for the user; a yes holds for that program", async () => {
	const wire = await connect();
	const calls = [opened(S), dial(S, second)];
	const waiting = wire.batch(calls);
	assert.match(await answer(true), new RegExp(`May '.*', a program in .*, reach tcp:127\\.0\\.0\\.1:${second}\\?`));
	assert.ok(asked > 1 << 30, "no number of the gateway's questions, which its answers are for");
	assert.deepEqual(errnos(await wire.answer(waiting, calls)), [0, 0]);
	assert.deepEqual(errnos(await wire.calls(opened(handle(9)), dial(handle(9), second))), [0, 0], "not asked again");
	await wire.close();
});

const questions = () => fixture.gateway.log.filter(({ event }) => event === "question").length;
/** Runs calls of which one is asked about. @returns {Promise<number[]>} their errnos */
async function askedAbout(wire, calls, yes, once) {
	const waiting = wire.batch(calls);
	await answer(yes, once);
	return errnos(await wire.answer(waiting, calls));
}

test("once is for one connection: the next one is asked about again, and a yes for the run ends that", async () => {
	const wire = await connect();
	assert.deepEqual(await askedAbout(wire, [opened(S), dial(S, second)], true, true), [0, 0]);
	assert.deepEqual(await askedAbout(wire, [opened(handle(9)), dial(handle(9), second)], true, true), [0, 0]);
	assert.deepEqual(await askedAbout(wire, [opened(handle(10)), dial(handle(10), second)], false), [0, ERRNO.ACCES]);
	await wire.close();
	const other = await connect();
	assert.deepEqual(await askedAbout(other, [opened(S), dial(S, second)], true), [0, 0]);
	const before = questions();
	assert.deepEqual(errnos(await other.calls(opened(handle(9)), dial(handle(9), second), opened(handle(10)), dial(handle(10), second))), [0, 0, 0, 0]);
	assert.equal(questions(), before, "not asked again");
	await other.close();
});

test("once: a datagram's peer of one socket, one listener, one request", async () => {
	const wire = await connect();
	const send = (at) => call("sock_send_to", [at, 0, endpoint("127.0.0.1", second), Buffer.from("x")]);
	assert.deepEqual(await askedAbout(wire, [call("sock_open", [4, 2, S]), send(S)], true, true), [0, 0]);
	assert.deepEqual(errnos(await wire.calls(send(S))), [0], "that socket may go on");
	assert.deepEqual(await askedAbout(wire, [call("sock_open", [4, 2, handle(9)]), send(handle(9))], false), [0, ERRNO.ACCES]);
	const bind = (at) => [call("sock_open", [4, 1, at]), call("sock_bind", [at, endpoint("127.0.0.1", free)])];
	assert.deepEqual(await askedAbout(wire, bind(handle(11)), true, true), [0, 0]);
	assert.deepEqual(errnos(await wire.calls(call("sock_listen", [handle(11), 1]))), [0]);
	assert.deepEqual(errnos(await wire.calls(call("fd_close", [handle(11)]))), [0]);
	assert.deepEqual(await askedAbout(wire, bind(handle(12)), false), [0, ERRNO.ACCES]);
	await wire.close();
	const w = await callsOf(fixture);
	for (const [yes, once] of [[true, true], [false, false]]) {
		const fetching = w.fetch(`http://127.0.0.1:${third}/`).then(() => "answered", (error) => error.message);
		await answer(yes, once);
		assert.match(await fetching, yes ? /empty reply|ended|Empty/i : /no --net rule|ACCES|user/i);
	}
	w.close();
});

test("two that wait for the same answer are asked about once", async () => {
	const wire = await connect(), before = questions();
	const calls = [opened(S), opened(handle(9)), dial(S, second), dial(handle(9), second)];
	assert.deepEqual(await askedAbout(wire, calls, true), [0, 0, 0, 0]);
	assert.equal(questions(), before + 1);
	await wire.close();
});

test("a program's name can't write a question of its own", async () => {
	const wire = await fixture.session.connect({ ...ROOT_ONLY,
		args: [`x\x1b[2J\n\x9b\u202eMay 'y', a program, reach tcp:good.test:1?  (y)\u00e9${"\u00e9".repeat(100)}`] });
	const calls = [opened(S), dial(S, second)];
	const waiting = wire.batch(calls), text = await answer(true);
	assert.match(text, /^May 'x\\e\[2J [^']*May `y`, a program, [^']*', a program in [^']*, reach tcp:127\.0\.0\.1:\d+\?/);
	assert.ok(!/[\p{Cc}\u202e\ufffd]/u.test(text), text);
	assert.deepEqual(errnos(await wire.answer(waiting, calls)), [0, 0]);
	await wire.close();
});

test("a request that is aborted while the user thinks fails at once, and its question is withdrawn", async () => {
	const w = await callsOf(fixture), abort = new AbortController();
	const fetching = w.fetch(`http://127.0.0.1:${third}/`, { signal: abort.signal });
	const { question } = await fixture.gateway.next("question", ({ question: number }) => number > asked);
	abort.abort(new Error("enough"));
	await assert.rejects(fetching, /enough/);
	asked = question;
	fixture.gateway.say({ do: "answer", question, yes: true });
	w.close();
});

test("after ten noes in a row the user isn't asked about that session's programs any more", async () => {
	const own = await openFixture(["--net", "ask"]);
	const wire = await own.session.connect(ROOT_ONLY), other = await own.session.connect(ROOT_ONLY);
	const dials = Array.from({ length: 40 }, (_, i) => [opened(handle(20 + i)), call("sock_connect", [handle(20 + i), endpoint("127.0.0.1", 20000 + i),
		1])]).flat();
	await wire.calls(...dials);
	await own.gateway.says(/refused tcp:127\.0\.0\.1:20039 .*too many questions/);
	assert.ok(!/refused tcp:127\.0\.0\.1:20020 /.test(own.gateway.stderr()));
	let last = 0;
	for (let no = 0; no < 10; no++) {
		const { question } = await own.gateway.next("question", ({ question: number }) => number > last);
		last = question;
		own.gateway.say({ do: "answer", question, yes: false });
	}
	await own.gateway.says(/refused tcp:127\.0\.0\.1:20009 .*the user said no$/m);
	assert.deepEqual(errnos(await other.calls(opened(S), dial(S, 30000))), [0, ERRNO.ACCES], "nor about another program of that page");
	await own.gateway.says(/refused tcp:127\.0\.0\.1:30000 .*no to ten others/);
	await wire.close();
	await other.close();
	await own.close();
});

test("who asks and goes before the answer has had a no: ten such programs are the last that the user is asked about", async () => {
	const own = await openFixture(["--net", "ask"]);
	let last = 0;
	for (let no = 0; no < 10; no++) {
		const wire = await own.session.connect(ROOT_ONLY), most = no === 0 ? 12 : 1; // all that one takes back when it ends are one no
		wire.batch(Array.from({ length: most }, (_, i) => [opened(handle(20 + i)), dial(handle(20 + i), 20_000 + i)]).flat());
		last = (await own.gateway.next("question", ({ question }) => question > last)).question;
		await wire.close();
	}
	const wire = await own.session.connect(ROOT_ONLY);
	assert.deepEqual(errnos(await wire.calls(opened(S), dial(S, 30_000))), [0, ERRNO.ACCES]);
	await own.gateway.says(/refused tcp:127\.0\.0\.1:30000 .*no to ten others/);
	await wire.close();
	await own.close();
});

test("the user isn't asked about what a rule names", async () => {
	const wire = await connect(), questions = fixture.gateway.log.filter(({ event }) => event === "question").length;
	assert.deepEqual(errnos(await wire.calls(opened(S), dial(S, first))), [0, 0]);
	assert.equal(fixture.gateway.log.filter(({ event }) => event === "question").length, questions);
	await wire.close();
});

test("a no is a refusal, printed at the terminal, and holds for that program; about another one the user is asked again", async () => {
	for (let program = 0; program < 2; program++) {
		const wire = await connect();
		const calls = [opened(S), dial(S, third)];
		const waiting = wire.batch(calls);
		await answer(false);
		assert.deepEqual(errnos(await wire.answer(waiting, calls)), [0, ERRNO.ACCES]);
		assert.deepEqual(errnos(await wire.calls(dial(S, third))), [ERRNO.ACCES]);
		await wire.close();
	}
	await fixture.gateway.says(new RegExp(`refused tcp:127\\.0\\.0\\.1:${third} .*the user said no`));
});

test("the user isn't asked about what no rule could allow", async () => {
	const wire = await connect(), questions = fixture.gateway.log.filter(({ event }) => event === "question").length;
	for (const [at, [host, port]] of [["0.0.0.0", second], ["::ffff:127.0.0.1", second], ["127.0.0.1", fixture.gateway.ready.port]].entries())
		assert.deepEqual(errnos(await wire.calls(opened(handle(20 + at)), dial(handle(20 + at), port, host))), [0, ERRNO.ACCES], host);
	assert.equal(fixture.gateway.log.filter(({ event }) => event === "question").length, questions);
	await wire.close();
});

test("a program that closes the socket or ends withdraws its question", async () => {
	const wire = await connect();
	const calls = [opened(S), dial(S, third)];
	wire.batch(calls);
	const { question } = await fixture.gateway.next("question", ({ question: number }) => number > asked);
	asked = question;
	await wire.close();
	const next = await connect();
	const more = [opened(S), dial(S, second)], waiting = next.batch(more);
	assert.match(await answer(true), new RegExp(`:${second}\\?`), "the next one's question");
	assert.deepEqual(errnos(await next.answer(waiting, more)), [0, 0]);
	await next.close();
});

test("a page's rules narrow what its program may reach, and never widen it", async () => {
	const less = await connect([`tcp:localhost:${second}`]), questions = fixture.gateway.log.filter(({ event }) => event === "question").length;
	assert.deepEqual(errnos(await less.calls(opened(S), dial(S, first))), [0, ERRNO.ACCES], "though the user allows it");
	assert.equal(fixture.gateway.log.filter(({ event }) => event === "question").length, questions, "and isn't asked");
	await less.close();
	const same = await connect([`tcp:localhost:${first}`, "tcp:127.0.0.0/8:1-65535"]);
	assert.deepEqual(errnos(await same.calls(opened(S), dial(S, first))), [0, 0]);
	await same.close();
	const none = await connect([]);
	assert.deepEqual(errnos(await none.calls(opened(S))), [ERRNO.ACCES]);
	await none.close();
	for (const bad of ["ask", "tcp:a", "x"])
		await assert.rejects(connect([bad]));
});

test("a page's own rules alone allow nothing", async () => {
	const own = await openFixture(["--net", `tcp:localhost:${first}`]);
	const wire = await own.session.connect({ ...ROOT_ONLY, flags: ROOT_ONLY.flags | HELLO.NET, net: ["tcp:127.0.0.1:1-65535"] });
	assert.deepEqual(errnos(await wire.calls(opened(S), dial(S, second))), [0, ERRNO.ACCES]);
	await wire.close();
	await own.close();
});
