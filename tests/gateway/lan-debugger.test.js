// The debugger from another machine: at a port of its own, in by a pairing of its own, and no further than the user said. Its port is another
// origin of the same site as the app, so what the app could try from there is tried here; a browser's own part is tests/debugger/lan.test.js.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";

import WebSocket from "ws";

import * as codec from "../../static/inspector/codec.js";
import { call, handle, open } from "./client.js";
import { ASK, Debugger, GO, MODE, STATE, TO_DEBUGGER, ask, post } from "./debugger.js";
import { tokenOf } from "./doors-fixture.js";
import { WORDS, openLan } from "./lan-fixture.js";
import { gatewayPid, listens } from "./processes.js";

const LOOPBACK = "0100007F"; // 127.0.0.1, as the kernel writes it

let fixture, lan, gateway, trust, origin, app;
before(async () => {
	fixture = await openLan(undefined, ["--dir", "/tmp::/data"]);
	({ lan, gateway } = fixture);
	trust = { ca: lan.ca };
	app = lan.origin;
});
after(() => fixture.close());

const get = (path, headers) => ask(origin, "GET", path, headers, undefined, trust);
const claim = (what, headers, to = origin) => post(to, "claim", { words: WORDS, ...what }, headers, trust);

/** In, as a browser of another machine. */
async function enter() {
	const { link } = await lan.pair(false, "debug"), answered = lan.answerPairing(true);
	const debug = await Debugger.claimRemote(new URL(link).origin, { token: tokenOf(link), words: WORDS }, trust);
	return Object.assign(debug, { request: await answered });
}

/** The status of an upgrade; 101 of one that was let in. */
function upgrade(to, path, protocol, ticket, from = to) {
	const socket = new WebSocket(`${to.replace(/^http/, "ws")}${path}`, [protocol, `t.${ticket}`], { ...trust, origin: from });
	return new Promise((resolve) => {
		socket.on("unexpected-response", (request, { statusCode }) => resolve(statusCode));
		socket.on("open", () => resolve(101) ?? socket.close());
		socket.on("error", (error) => resolve(error.message));
	});
}

/** The user's answer to the debugger's next question. */
async function answerQuestion(yes) {
	const question = await new Promise((resolve) => gateway.events.once("question", resolve));
	gateway.say({ do: "answer", question: question.question, yes });
	return question.text;
}

test("before the user asks for it, nobody is heard at the debugger's port", async () => {
	const its = listens([gatewayPid(gateway.pid)]).filter(({ address }) => address === LOOPBACK).map(({ port }) => port);
	const port = its.find((each) => each !== lan.port && each !== fixture.port) ?? lan.port + 1; // the next, where it is free
	const tcp = await lan.tcp({ port });
	tcp.send("\x16\x03\x01");
	await tcp.hungUp();
	const { url, link, code } = await lan.pair(false, "debug");
	origin = url;
	assert.equal(new URL(origin).hostname, "127.0.0.1");
	assert.equal(Number(new URL(origin).port), port);
	assert.match(link, new RegExp(`^${origin}/_wvwasi/enter#k=[\\w-]{22}&to=/_wvwasi/inspector$`));
	assert.match(code, /^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
	assert.equal((await get("/_wvwasi/inspector")).status, 200);
});

test("it has the inspector, the enter page and nothing of the app's; the app's port has no inspector", async () => {
	for (const path of ["/index.html", "/_wvwasi/terminal", "/_wvwasi/shim/wvwasi.js", "/_wvwasi/program.json", "/_wvwasi/ca.crt", "/_wvwasi/nothing"])
		assert.equal((await get(path)).status, 404, path);
	for (const path of ["/_wvwasi/inspector/codec.js", "/_wvwasi/theme.css", "/_wvwasi/shim/base/codec.js", "/_wvwasi/enter", "/_wvwasi/enter/enter.js",
			"/_wvwasi/enter/words.js",
		"/_wvwasi/shim/gateway/tickets.js", "/_wvwasi/shim/base/urls.js"])
		assert.equal((await get(path)).status, 200, path);
	assert.equal((await get("/")).headers.location, "/_wvwasi/enter#to=/_wvwasi/inspector");
	assert.equal((await lan.get("/_wvwasi/inspector")).status, 404);
});

test("nobody frames it, opens it or makes a script of its text, and browsers keep it in a process of its own", async () => {
	for (const path of ["/_wvwasi/inspector", "/_wvwasi/inspector/codec.js", "/_wvwasi/enter"]) {
		const { headers } = await get(path), parts = headers["content-security-policy"].split("; ");
		for (const part of ["default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", `connect-src 'self' wss://${new URL(origin).host}`, "frame-ancestors 'none'",
			"form-action 'none'", "require-trusted-types-for 'script'", "trusted-types wvwasi"])
			assert.ok(parts.includes(part), `${path} ${part}`);
		assert.equal(headers["cross-origin-opener-policy"], "same-origin");
		assert.equal(headers["cross-origin-resource-policy"], "same-origin");
		assert.equal(headers["origin-agent-cluster"], "?1");
		assert.equal(headers["x-frame-options"], "DENY");
		assert.equal(headers["access-control-allow-origin"], undefined);
	}
});

test("another Host, the app's Origin and same-site requests are refused", async () => {
	const { link } = await lan.pair(false, "debug"), token = tokenOf(link), { port } = new URL(origin);
	for (const [headers, status] of [[{ Origin: app }, 403], [{ Origin: fixture.origin }, 403], [{ Origin: `http://127.0.0.1:${port}` }, 403],
			[{ Origin: "null" }, 403],
		[{ "Sec-Fetch-Site": "same-site" }, 403], [{ "Sec-Fetch-Site": "cross-site" }, 403], [{ Host: new URL(app).host }, 421], [{ Host: "127.0.0.1" }, 421]])
		assert.equal((await claim({ token }, headers)).status, status, JSON.stringify(headers));
	for (const headers of [{ Origin: origin }, { "Sec-Fetch-Site": "same-site" }])
		assert.equal((await ask(app, "GET", "/_wvwasi/theme.css", headers, undefined, trust)).status, 403, "nor the other way round");
	const answered = lan.answerPairing(true);
	assert.equal((await claim({ token })).status, 200, "and the link is still good");
	await answered;
});

test("a pairing for the app is none here, nor one for the debugger there; by code as by link", async () => {
	const forApp = await lan.pair();
	assert.equal((await claim({ token: tokenOf(forApp.link) })).status, 410);
	assert.equal((await claim({ code: forApp.code })).status, 410);
	const forDebugger = await lan.pair(false, "debug");
	assert.equal((await claim({ token: tokenOf(forDebugger.link) }, {}, app)).status, 410);
	assert.equal((await claim({ code: forDebugger.code }, {}, app)).status, 410);
	assert.equal((await claim({ code: "0000-0000" })).status, 403);
	const answered = lan.answerPairing(false);
	assert.equal((await claim({ code: forDebugger.code })).status, 403, "the user says no");
	assert.deepEqual(await answered.then(({ scope, words, address }) => ({ scope, words, address })), { scope: "watch", words: WORDS, address: "127.0.0.1" });
	const local = new Promise((resolve) => gateway.events.once("debug", resolve));
	gateway.say({ do: "debug" });
	assert.equal((await claim({ token: new URL((await local).link).hash.slice(3) })).status, 410, "a link of this machine's");
});

test("secrets and tickets of the app, of this machine's debugger and of this one are nothing at each other's door; cookies there are none", async () => {
	const debug = await enter(), session = await lan.enter(), local = await Debugger.claim(gateway);
	assert.equal(debug.cookies, undefined);
	const ticket = (to, secret, headers) => post(to, "ticket", { count: 1 }, { ...(secret && { "Wvwasi-Secret": secret }), ...headers },
		to.startsWith("https") ? trust : {});
	for (const [to, secret] of [[origin, session.secret], [origin, local.secret], [app, debug.secret], [local.origin, debug.secret]])
		assert.equal((await ticket(to, secret)).status, 401, to);
	assert.equal((await ticket(origin, undefined, { Cookie: session.cookie })).status, 401);
	assert.equal(await upgrade(origin, "/_wvwasi/watch", codec.SUBPROTOCOL, (await session.tickets())[0]), 401);
	assert.equal(await upgrade(app, "/_wvwasi/ws", "wvwasi.1", await debug.ticket()), 401);
	assert.equal(await upgrade(origin, "/_wvwasi/watch", codec.SUBPROTOCOL, await debug.ticket(), app), 403);
	assert.equal(await upgrade(origin, "/_wvwasi/watch", codec.SUBPROTOCOL, await debug.ticket()), 101);
});

test("it watches a program, and controls it after another yes at the terminal", async () => {
	const debug = await (await enter()).hello(), session = await lan.enter();
	assert.deepEqual([debug.welcome.scope, debug.welcome.data], [1, false]);
	const program = await session.connect();
	await program.calls(open("nothing at all", handle(9)));
	const seen = await debug.call(/^path_open\(.*"nothing at all"/);
	assert.equal(seen.program, program.welcome.guest);
	const answers = (frames) => frames.filter(({ type }) => type === TO_DEBUGGER.SCOPE), state = (match) => debug.next(TO_DEBUGGER.STATE, match);
	for (const [yes, scope] of [[false, 1], [true, 2]]) {
		const question = answerQuestion(yes);
		debug.send(codec.encodeAsk(ASK.CONTROL));
		assert.match(await question, /May the debugger in a client at 127\.0\.0\.1 \(session \d+\) stop programs/);
		assert.equal((await debug.when((frames) => answers(frames)[scope - 1])).scope, scope);
	}
	debug.send(codec.encodeAttach(seen.program, true));
	await state(({ mode }) => mode === MODE.CONTROLLED);
	debug.send(codec.encodeGo(seen.program, GO.STOP));
	await state(({ state: its }) => its === STATE.STOPPING);
	const answer = program.calls(call("sched_yield"));
	await state(({ state: its }) => its === STATE.BEFORE);
	debug.send(codec.encodeGo(seen.program, GO.RESUME));
	assert.equal((await answer)[0].errno, 0);
	await program.close();
	await debug.close();
});

test("one that may only watch is closed when it would control, and one that is thrown out watches no more", async () => {
	const debug = await (await enter()).hello();
	debug.send(codec.encodeGo(1, GO.STOP));
	assert.equal((await debug.closed).code, 4401);
	const again = await debug.hello();
	const listed = new Promise((resolve) => gateway.events.once("sessions", resolve));
	gateway.say({ do: "sessions" });
	const { session, scope, address } = (await listed).sessions.at(-1);
	assert.deepEqual([scope, address], ["watch", "127.0.0.1"]);
	gateway.say({ do: "revoke", session });
	assert.equal((await again.closed).code, 4401);
	assert.equal((await post(origin, "ticket", { count: 1 }, { "Wvwasi-Secret": debug.secret }, trust)).status, 401);
});

test("with --remember a debugger asks again", async () => {
	const options = { env: { XDG_STATE_HOME: path.join(fixture.base, "kept") }, port: [], root: path.join(fixture.base, "remembering") };
	const kept = await openLan(undefined, ["--remember"], options);
	const { link } = await kept.lan.pair(false, "debug"), answered = kept.lan.answerPairing(true);
	await Debugger.claimRemote(new URL(link).origin, { token: tokenOf(link), words: WORDS }, { ca: kept.lan.ca });
	await answered;
	await kept.lan.enter();
	await kept.close();
	const again = await openLan(undefined, ["--remember"], options);
	const listed = new Promise((resolve) => again.gateway.events.once("sessions", resolve));
	again.gateway.say({ do: "sessions" });
	assert.deepEqual((await listed).sessions.map(({ scope }) => scope), ["run"]);
	await again.close();
});
