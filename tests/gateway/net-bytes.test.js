// GET /_wvwasi/bytes of a stream socket: its bytes past calls, for who has the program's key and knows how many came, each byte once, and never past somebody
// who looks at calls.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";

import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { call, handle } from "./client.js";
import { Debugger } from "./debugger.js";
import { endpoint } from "./net-endpoint.js";
import { after, test } from "../testing.js";

const CONNRESET = 15, MOST = 16 << 20, S = handle(8), FOLLOWS = "follows";
const server = net.createServer({ allowHalfOpen: true });
await once(server.listen(0, "127.0.0.1"), "listening");
const { port } = server.address(), rule = ["--net", `tcp:127.0.0.1:${port}`, "--net", "udp:127.0.0.1:1-65535"];
const fixture = await openFixture(rule);
after(async () => {
	await fixture.close();
	server.close();
});

/** A program with a connected socket at S: { wire, peer: its other end, bytes(at): the response, with what() that came so far }. */
async function connected(own = fixture) {
	const wire = await own.session.connect(ROOT_ONLY), accepted = once(server, "connection");
	const results = await wire.calls(call("sock_open", [0, 1, S]), call("sock_connect", [S, endpoint("127.0.0.1", port), 0]));
	assert.deepEqual(results.map(({ errno }) => errno), [0, 0]);
	const [peer] = await accepted;
	peer.on("error", () => {});
	const bytes = (at, { which = S, key = wire.welcome.key } = {}) => new Promise((resolve, reject) => {
		const request = http.get(`${own.gateway.ready.url}/_wvwasi/bytes?${which}`, { agent: false, headers: { "Wvwasi-Guest": key, "Range": `bytes=${at}-` } }, (response) => {
			const chunks = [];
			response.on("data", (chunk) => chunks.push(chunk)).on("error", () => {});
			resolve({ status: response.statusCode, response, what: () => Buffer.concat(chunks),
				came: async (length) => {
					while (Buffer.concat(chunks).length < length)
						await once(response, "data");
				},
				ended: new Promise((close) => response.once("close", () => close(response.complete))), leave: () => request.destroy() });
		}).on("error", reject);
	});
	return { wire, peer, bytes };
}
const received = async (wire, most = 100) => Buffer.from((await wire.call("sock_recv", [S, 0, most]))[1]).toString();

test("what comes from a socket comes by a response, in order with calls, and its end by a call", async () => {
	const { wire, peer, bytes } = await connected();
	peer.write("by a call");
	assert.equal(await received(wire), "by a call");
	const one = await bytes(9);
	assert.equal(one.status, 200);
	peer.write("by a response");
	await one.came(13);
	peer.end(", and all of it");
	assert.equal(await one.ended, true, "it ends whole");
	assert.equal(one.what().toString(), "by a response, and all of it");
	assert.equal(await received(wire), "");
	await wire.close();
});

test("only who has the key, and knows how many bytes came, has what follows", async () => {
	const { wire, peer, bytes } = await connected();
	peer.write("12345");
	assert.equal(await received(wire), "12345");
	await wire.calls(call("sock_open", [0, 1, handle(9)]), call("sock_open", [0, 2, handle(10)]), call("sock_connect", [handle(10), endpoint("127.0.0.1", port), 0]));
	for (const [at, options, want] of [[5, { key: "" }, 401], [5, { key: "A".repeat(22) }, 401], [0, {}, 409], [4, {}, 409], [6, {}, 409],
		[0, { which: handle(9) }, 409], [0, { which: handle(10) }, 409], [0, { which: handle(77) }, 409], [0, { which: wire.welcome.preopens[0].handle }, 409]])
		assert.equal((await bytes(at, options)).status, want, `${at} ${JSON.stringify(options)}`);
	peer.write(FOLLOWS);
	const one = await bytes(5);
	await one.came(FOLLOWS.length);
	assert.equal(await one.ended, true, "when nothing comes for a second");
	peer.write("more");
	assert.equal((await bytes(5)).status, 409, "what a response took is counted");
	const two = await bytes(5 + FOLLOWS.length);
	await two.came(4);
	two.leave();
	await wire.close();
});

test("a response is bounded", async () => {
	const { wire, peer, bytes } = await connected();
	peer.write(Buffer.alloc(2 * MOST, "x"));
	const one = await bytes(0);
	assert.equal(await one.ended, true);
	assert.equal(one.what().length, MOST);
	assert.equal((await received(wire, 100_000)).length, 100_000);
	await wire.close();
});

test("an error of the connection is a call's to hear, with what came before it", async () => {
	const { wire, peer, bytes } = await connected();
	const one = await bytes(0);
	peer.write("last");
	await one.came(4);
	peer.resetAndDestroy();
	assert.equal(await one.ended, true);
	await assert.rejects(wire.call("sock_recv", [S, 0, 100]), { errno: CONNRESET });
	await wire.close();
});

test("a call that waits for the socket's bytes comes first, and a socket that is closed ends its response and its connection", async () => {
	const { wire, peer, bytes } = await connected(), one = await bytes(0), waits = [call("sock_recv", [S, 0, 100])];
	const waiting = wire.batch(waits);
	await wire.calls(call("sched_yield"));
	assert.equal((await bytes(0)).status, 409);
	assert.equal(await one.ended, true);
	peer.write("for the call");
	assert.equal(Buffer.from((await wire.answer(waiting, waits))[0].gives[1]).toString(), "for the call");
	const two = await bytes(12), ended = once(peer.resume(), "end");
	await wire.calls(call("fd_close", [S]));
	await Promise.all([ended, two.ended]);
	await wire.close();
});

test("a program that ends, and a session that is removed, end the response and the connection", async () => {
	for (const how of [({ wire }) => void wire.close(), ({ own }) => own.gateway.say({ do: "revoke", session: 1 })]) {
		const own = await openFixture(rule), { wire, peer, bytes } = await connected(own), one = await bytes(0), ended = once(peer.resume(), "end");
		how({ wire, own });
		await Promise.all([ended, one.ended]);
		await own.close();
	}
});

test("who looks at calls, or makes them fail, misses none", async () => {
	for (const args of [["--trace"], ["--inject", "sock_recv:error=EIO"]]) {
		const own = await openFixture([...rule, ...args]), { wire, bytes } = await connected(own);
		assert.equal((await bytes(0)).status, 409, args.join(" "));
		await wire.close();
		await own.close();
	}
	const { wire, peer, bytes } = await connected(), one = await bytes(0), onlooker = await Debugger.attach(fixture.gateway);
	assert.equal(await one.ended, true, "from then on by calls");
	peer.write(FOLLOWS);
	assert.equal(await received(wire), FOLLOWS);
	assert.equal((await bytes(FOLLOWS.length)).status, 409);
	await onlooker.close();
	await wire.close();
});
