// Who may watch: a debug link's claimer at the debugger's own origin, and nobody else; what that origin serves, and how.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import WebSocket from "ws";

import * as codec from "../../static/inspector/codec.js";
import { openFixture } from "./call-fixture.js";
import { ASK, Debugger, GO, TO_DEBUGGER, ask, debugLink, post } from "./debugger.js";

let fixture, app, origin;
before(async () => {
	fixture = await openFixture();
	app = fixture.session.origin;
	origin = new URL(await debugLink(fixture.gateway)).origin;
});
after(() => fixture.close());

/** { status } of a refused upgrade, or { protocol } of one that was let in. */
function upgrade(to, path, protocol, ticket, from = to) {
	const socket = new WebSocket(`${to.replace(/^http/, "ws")}${path}`, [protocol, `t.${ticket}`], { origin: from, lookup: (_, options, done) =>
		done(null, options.all ? [{ address: "127.0.0.1", family: 4 }] : "127.0.0.1", 4) });
	return new Promise((resolve) => {
		socket.on("unexpected-response", (request, { statusCode: status }) => resolve({ status }));
		socket.on("open", () => resolve({ protocol: socket.protocol }) ?? socket.close());
		socket.on("error", () => {});
	});
}

test("the debugger's origin is another site than the app's, and has none of it", async () => {
	assert.match(origin, /^http:\/\/127\.0\.0\.2:\d+$/);
	assert.equal(new URL(origin).port, new URL(app).port);
	for (const path of ["/index.html", "/_wvwasi/terminal", "/_wvwasi/enter", "/_wvwasi/shim/wvwasi.js", "/_wvwasi/program.json", "/_wvwasi/nothing"])
		assert.equal((await ask(origin, "GET", path)).status, 404, path);
	for (const path of ["/_wvwasi/inspector/codec.js", "/_wvwasi/theme.css", "/_wvwasi/shim/base/codec.js", "/_wvwasi/shim/base/syscalls.js"])
		assert.equal((await ask(origin, "GET", path)).status, 200, path);
	assert.equal((await ask(app.replace("localhost", "127.0.0.1"), "GET", "/_wvwasi/inspector/codec.js", { Host: new URL(app).host })).status, 404);
});

test("every module that its page imports is among what it serves", async () => {
	const met = new Set(), open = ["/_wvwasi/inspector/inspector.js"];
	for (let url; (url = open.pop()) !== undefined;) {
		if (met.has(url))
			continue;
		met.add(url);
		const { status, body } = await ask(origin, "GET", url);
		assert.equal(status, 200, url);
		for (const [, target] of body.matchAll(/^(?:import\b[^"';]*|export\s*(?:\*|\{[^}]*\})\s*from\s*)"([^"]+)"/gm))
			open.push(new URL(target, `http://x${url}`).pathname);
	}
	assert.ok(met.size > 20, [...met].join(" "));
});

test("what it serves may run its own scripts alone, be framed by nobody, and make no script of text", async () => {
	const { headers } = await ask(origin, "GET", "/_wvwasi/inspector/codec.js");
	const policy = headers["content-security-policy"];
	for (const part of ["default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "worker-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types wvwasi"])
		assert.ok(policy.split("; ").includes(part), part);
	assert.equal(headers["cross-origin-opener-policy"], "same-origin");
	assert.equal(headers["cross-origin-resource-policy"], "same-origin");
	assert.equal(headers["x-frame-options"], "DENY");
});

test("another Host, another Origin and another site are refused", async () => {
	const token = new URL(await debugLink(fixture.gateway)).hash.slice(3);
	const body = JSON.stringify({ token });
	const json = { "Content-Type": "application/json" };
	assert.equal((await ask(origin, "POST", "/_wvwasi/claim", { ...json, Origin: app }, body)).status, 403);
	assert.equal((await ask(origin, "POST", "/_wvwasi/claim", json, body)).status, 403);
	assert.equal((await ask(origin, "POST", "/_wvwasi/claim", { ...json, Origin: origin, "Sec-Fetch-Site": "cross-site" }, body)).status, 403);
	assert.equal((await ask(origin, "GET", "/_wvwasi/theme.css", { Host: "evil.example" })).status, 421);
	assert.equal((await ask(origin, "GET", "/_wvwasi/theme.css", { Host: new URL(app).host })).status, 421);
	assert.equal((await post(origin, "claim", { token })).status, 200, "and the link is still good");
	assert.equal((await post(origin, "claim", { token })).status, 410, "once");
});

test("a link to the app doesn't let a debugger in, nor a debug link a program; no code does", async () => {
	const token = /[#&]k=([^&]+)/.exec(await fixture.gateway.link())[1];
	assert.equal((await post(origin, "claim", { token })).status, 410);
	assert.equal((await post(origin, "claim", { code: "AAAA-AAAA" })).status, 400);
	const other = new URL(await debugLink(fixture.gateway)).hash.slice(3);
	await assert.rejects(fixture.session.post("claim", {}, JSON.stringify({ token: other })), { status: 410 });
	assert.equal((await post(origin, "claim", { token: other })).status, 200);
});

test("secrets and tickets of the one are nothing at the other's origin", async () => {
	const debug = await Debugger.claim(fixture.gateway);
	assert.equal((await post(origin, "ticket", { count: 1 }, { "Wvwasi-Secret": fixture.session.secret })).status, 401);
	await assert.rejects(fixture.session.post("ticket", { "Wvwasi-Secret": debug.secret }, "{}"), { status: 401 });
	assert.deepEqual(await upgrade(origin, "/_wvwasi/watch", codec.SUBPROTOCOL, (await fixture.session.tickets())[0]), { status: 401 });
	assert.deepEqual(await upgrade(app, "/_wvwasi/ws", "wvwasi.1", await debug.ticket()), { status: 401 });
	assert.deepEqual(await upgrade(origin, "/_wvwasi/watch", codec.SUBPROTOCOL, await debug.ticket(), app), { status: 403 });
	assert.deepEqual(await upgrade(origin, "/_wvwasi/watch", codec.SUBPROTOCOL, await debug.ticket()), { protocol: codec.SUBPROTOCOL });
});

for (const [what, frame] of [["take control", codec.encodeAttach(1, true)], ["stop a program", codec.encodeGo(1, GO.STOP)],
	["set a breakpoint", codec.encodeBreak([{ id: 1 }])], ["type into stdin", codec.encodeStdin(1, "x")]])
	test(`who may only watch can't ${what}`, async () => {
		const debug = await Debugger.attach(fixture.gateway);
		assert.deepEqual([debug.welcome.scope, debug.welcome.data], [1, false]);
		debug.send(frame);
		assert.equal((await debug.closed).code, 4401);
	});

for (const [what, frames, code] of [
	["no hello first", [codec.encodeAsk(ASK.CONTROL)], 4400], ["two hellos", [codec.encodeHello(), codec.encodeHello()], 4400],
	["another table", [codec.encodeHello(1n)], 4409], ["a frame of the page's", [codec.encodeHello(), new Uint8Array([8, 0, 0, 0, 2, 0, 0, 0])], 4400],
	["half a frame", [codec.encodeHello(), codec.encodeAsk(1).subarray(0, 9)], 4400],
	["a message too long", [codec.encodeHello(), new Uint8Array(70000)], 4413],
])
	test(`${what} closes the debugger's connection`, async () => {
		const debug = await (await Debugger.claim(fixture.gateway)).dial();
		for (const frame of frames)
			debug.send(frame);
		assert.equal((await debug.closed).code, code);
	});

test("a session that is thrown out watches no more", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	const opened = fixture.gateway.log.filter(({ event }) => event === "session-open").at(-1);
	fixture.gateway.say({ do: "revoke", session: opened.session });
	assert.equal((await debug.closed).code, 4401);
	assert.equal((await post(origin, "ticket", { count: 1 }, { "Wvwasi-Secret": debug.secret })).status, 401);
});

test("a debugger's coming and going is said at the terminal", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	await fixture.gateway.says(/the debugger in a client at 127\.\d+\.\d+\.\d+ is attached: it sees every call/);
	await debug.close();
	assert.ok(debug.frames.some(({ type }) => type === TO_DEBUGGER.WELCOME));
});
