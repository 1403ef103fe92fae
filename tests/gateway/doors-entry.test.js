// Claims, tickets and upgrades: how one gets in, and how one doesn't.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, test } from "node:test";

import { pause } from "../engines/deadline.js";
import { HELLO } from "./client.js";
import { openDoors, tokenOf } from "./doors-fixture.js";
import { Raw, ask, post, upgrade } from "./raw.js";

const fixture = await openDoors(undefined, ["--verbose"]);
after(() => fixture.close());
const { origin, port, gateway } = fixture;
const json = ({ status, body }) => ({ status, ...JSON.parse(body) });

test("a link's token is claimed for a secret, the secret buys tickets, a ticket one connection", async () => {
	const token = tokenOf(gateway.ready.link);
	assert.match(token, /^[A-Za-z0-9_-]{22}$/);
	const claimed = json(await fixture.post("/_wvwasi/claim", { token }));
	assert.equal(claimed.status, 200);
	assert.match(claimed.secret, /^[A-Za-z0-9_-]{43}$/);
	const bought = json(await fixture.post("/_wvwasi/ticket", { count: 3 }, { "Wvwasi-Secret": claimed.secret }));
	assert.equal(bought.status, 200);
	assert.equal(new Set(bought.tickets).size, 3);
	for (const ticket of bought.tickets)
		assert.match(ticket, /^[A-Za-z0-9_-]{22}$/);
	const answer = await ask(port, upgrade(origin, bought.tickets[0]));
	assert.equal(answer.status, 101);
	assert.equal(answer.headers["sec-websocket-protocol"], "wvwasi.1");
	assert.equal(answer.headers["sec-websocket-extensions"], undefined);
	assert.equal((await ask(port, upgrade(origin, bought.tickets[0]))).status, 401, "once");
	assert.equal((await gateway.next("session-open")).address, "127.0.0.1");
});

test("{\"do\":\"link\"} on stdin gives a new link, and both work", async () => {
	const link = await gateway.link();
	const other = await gateway.link();
	assert.notEqual(tokenOf(link), tokenOf(other));
	for (const one of [link, other])
		assert.equal((await fixture.post("/_wvwasi/claim", { token: tokenOf(one) })).status, 200);
});

test("what isn't a token of ours is gone, and what isn't JSON isn't understood", async () => {
	const token = tokenOf(gateway.ready.link);
	for (const wrong of ["", "x", "A".repeat(22), token.slice(1), `${token}A`, token.toLowerCase() === token ? "B".repeat(22) : token.toLowerCase()]) {
		const answer = json(await fixture.post("/_wvwasi/claim", { token: wrong }));
		assert.equal(answer.status, 410, wrong);
		assert.match(answer.error, /link/);
	}
	for (const body of ["", "{", "[]", "3", "null", "{}", '{"token":3}', '{"token":null}', "\u0000", "[".repeat(4000)])
		assert.equal((await fixture.post("/_wvwasi/claim", body)).status, 400, body.slice(0, 20));
	assert.ok(await fixture.isWell());
});

test("without the secret there's no ticket", async () => {
	const { secret } = await fixture.enter();
	for (const wrong of [undefined, "", "x", "A".repeat(43), secret.slice(0, -1), `${secret}A`, secret.split("").reverse().join("")]) {
		const answer = json(await fixture.post("/_wvwasi/ticket", { count: 1 }, { "Wvwasi-Secret": wrong }));
		assert.equal(answer.status, 401, wrong);
	}
	for (const count of [0, -1, 17, 1e9, "2", [], null])
		assert.equal((await fixture.post("/_wvwasi/ticket", { count }, { "Wvwasi-Secret": secret })).status, 400, String(count));
	assert.equal(json(await fixture.post("/_wvwasi/ticket", {}, { "Wvwasi-Secret": secret })).tickets.length, 1);
});

test("our addresses take POST alone, and say so to scripts", async () => {
	for (const name of ["claim", "ticket", "call"]) {
		const answer = json(await fixture.get(`/_wvwasi/${name}`));
		assert.equal(answer.status, 405);
		assert.match(answer.error, /POST/);
	}
	assert.equal((await fixture.post("/_wvwasi/enter", "{}")).status, 405);
	assert.equal((await fixture.post("/_wvwasi/program.json", "{}")).status, 405);
	assert.equal(json(await fixture.get("/_wvwasi/program.json")).status, 404);
});

test("a bad upgrade is refused in words before the 101", async () => {
	const session = await fixture.enter();
	const rows = [
		["no ticket", (ticket) => upgrade(origin, ticket, { "Sec-WebSocket-Protocol": undefined }), 400],
		["another protocol", (ticket) => upgrade(origin, ticket, { "Sec-WebSocket-Protocol": `wvwasi.2, t.${ticket}` }), 400],
		["the protocol alone", (ticket) => upgrade(origin, ticket, { "Sec-WebSocket-Protocol": "wvwasi.1" }), 400],
		["the ticket first", (ticket) => upgrade(origin, ticket, { "Sec-WebSocket-Protocol": `t.${ticket}, wvwasi.1` }), 400],
		["a third name", (ticket) => upgrade(origin, ticket, { "Sec-WebSocket-Protocol": `wvwasi.1, t.${ticket}, x` }), 400],
		["a long ticket", (ticket) => upgrade(origin, ticket, { "Sec-WebSocket-Protocol": `wvwasi.1, t.${ticket}${"A".repeat(2000)}` }), 400],
		["an unknown ticket", () => upgrade(origin, "A".repeat(22)), 401],
		["another version", (ticket) => upgrade(origin, ticket, { "Sec-WebSocket-Version": "12" }), 400],
		["no key", (ticket) => upgrade(origin, ticket, { "Sec-WebSocket-Key": undefined }), 400],
		["a short key", (ticket) => upgrade(origin, ticket, { "Sec-WebSocket-Key": "AAAA" }), 400],
		["no Connection: Upgrade", (ticket) => upgrade(origin, ticket, { Connection: "keep-alive" }), 426],
		["by POST", (ticket) => upgrade(origin, ticket, { "Content-Length": "0" }).replace("GET", "POST"), 426],
		["a query", (ticket) => upgrade(origin, ticket, {}, "/_wvwasi/ws/"), 404],
	];
	for (const [name, make, status] of rows) {
		const [ticket] = await session.tickets();
		const answer = await ask(port, make(ticket));
		assert.equal(answer.status, status, name);
		assert.ok(answer.body.length > 10, name);
		assert.match(answer.headers["content-type"], /^text\/plain/, name);
	}
	assert.ok(await fixture.isWell());
});

test("browsers offer compression and aren't given it", async () => {
	const [ticket] = await (await fixture.enter()).tickets();
	const answer = await ask(port, upgrade(origin, ticket, { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
		Connection: "keep-alive, Upgrade" }));
	assert.equal(answer.status, 101);
	assert.equal(answer.headers["sec-websocket-extensions"], undefined);
});

test("a ticket works on a connection that has served files before", async () => {
	const [ticket] = await (await fixture.enter()).tickets();
	const raw = await Raw.open(port);
	assert.equal((await raw.send(`GET /_wvwasi/wvwasi.js HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`).answer()).status, 200);
	assert.equal((await raw.send(upgrade(origin, ticket)).answer()).status, 101);
	raw.close();
});

test("a call by POST needs a ticket or a living program's key", async () => {
	assert.equal((await fixture.post("/_wvwasi/call", "x")).status, 401);
	assert.equal((await fixture.post("/_wvwasi/call", "x", { "Wvwasi-Ticket": "A".repeat(22) })).status, 401);
	const answer = await fixture.post("/_wvwasi/call", "x".repeat(100), { "Wvwasi-Guest": "A".repeat(22) });
	assert.ok(answer.status >= 400 && answer.status < 500);
	const session = await fixture.enter();
	const [ticket] = await session.tickets();
	assert.equal((await fixture.post("/_wvwasi/call", "garbage", { "Wvwasi-Ticket": ticket })).status, 400);
	assert.equal((await fixture.post("/_wvwasi/call", "garbage", { "Wvwasi-Ticket": ticket })).status, 401, "it is used up");
});

test("a page that goes takes its programs along, and its session stays", async () => {
	const session = await fixture.enter();
	const wire = await session.connect({ flags: HELLO.NEW | HELLO.STDIN_EOF });
	const { guest } = wire.welcome;
	wire.socket.terminate();
	const end = await gateway.next("program-end", (event) => event.guest === guest);
	assert.deepEqual([end.exitCode, end.reason], [null, "gone"]);
	assert.equal((await session.tickets()).length, 1);
});

test("secrets are in no log, no event and no file", async () => {
	const session = await fixture.enter();
	const [ticket] = await session.tickets();
	await ask(port, upgrade(origin, ticket));
	await ask(port, upgrade(origin, ticket));
	const said = gateway.stderr() + JSON.stringify(gateway.log.filter(({ event }) => event !== "ready" && event !== "link"));
	for (const secret of [session.secret, ticket, tokenOf(gateway.ready.link)])
		assert.ok(!said.includes(secret));
	assert.ok(!fs.readFileSync(`/proc/${gateway.ready.pid}/cmdline`).includes(tokenOf(gateway.ready.link)));
});

test("a link works once; the second claim is told so, and so is the terminal", async (t) => {
	const strict = await openDoors();
	t.after(() => strict.close());
	const token = tokenOf(strict.gateway.ready.link);
	assert.equal((await strict.post("/_wvwasi/claim", { token })).status, 200);
	const again = json(await strict.post("/_wvwasi/claim", { token }));
	assert.equal(again.status, 410);
	assert.match(again.error, /used/);
	for (let waits = 0; !/second time/.test(strict.gateway.stderr()); waits++) {
		assert.ok(waits < 500, "the terminal isn't told");
		await pause(10);
	}
});

test("of twenty who claim one link at the same time, one is in", async () => {
	const token = tokenOf(await gateway.link());
	const answers = await Promise.all(Array.from({ length: 20 }, () => fixture.post("/_wvwasi/claim", { token })));
	assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(19).fill(410)]);
});

test("a burst of claims is bounded, and the gateway lives", async (t) => {
	const many = await openDoors();
	t.after(() => many.close());
	const raw = await Raw.open(many.port);
	const statuses = new Set();
	for (let i = 0; i < 300; i++) {
		const token = tokenOf(await many.gateway.link());
		statuses.add((await raw.send(post(many.origin, "/_wvwasi/claim", JSON.stringify({ token }))).answer()).status);
	}
	assert.deepEqual([...statuses], [200, 503]);
	raw.close();
	assert.ok(await many.isWell());
});
