// Calls by POST, for pages that can do nothing else: the same numbers, the same answers.
import assert from "node:assert/strict";
import fs from "node:fs";

import { openFixture } from "./call-fixture.js";
import { BATCH, CLOSE, FRAME, HELLO, OPEN, RIGHTS, call, decodeResults, encodeBatch, handle, open, subscription } from "./client.js";
import * as codec from "../../static/shim/base/codec.js";
import { after, test } from "../testing.js";

const fixture = await openFixture();
after(() => fixture.close());

const connect = () => fixture.session.connectByPost({ flags: HELLO.NEW | HELLO.CONTROL | HELLO.XHR | HELLO.PREOPENS | HELLO.STDIN_EOF,
	preopens: [{ name: "/", grant: "/", readOnly: false }] });
const batch = (calls, sequence, seen = sequence - 1) => Buffer.from(encodeBatch(calls, sequence, seen, BATCH.WAIT));
const answerOf = (response) => response.frames.find(({ type }) => type === FRAME.ANSWER);

test("batches by POST are executed and answered", async () => {
	const guest = await connect();
	const file = handle(5, 1);
	const calls = [open("posted", file, { oflags: OPEN.create, rights: RIGHTS.both }), call("fd_write", [file, 0n, Buffer.from("by post")])];
	const response = await guest.post(batch(calls, 1));
	assert.equal(response.status, 200);
	assert.deepEqual(decodeResults(answerOf(response), calls).map(({ errno }) => errno), [0, 0]);
	assert.equal(fs.readFileSync(fixture.at("posted"), "utf8"), "by post");
	await guest.control.close();
});

test("the same number again gets the same answer, and nothing is done twice", async () => {
	const guest = await connect();
	const file = handle(5, 1);
	const calls = [open("once", file, { oflags: OPEN.create, rights: RIGHTS.both, fdflags: 1 }), call("fd_write", [file, 0n, Buffer.from("once")])];
	const first = await guest.post(batch(calls, 1));
	const again = await guest.post(batch(calls, 1));
	assert.equal(again.status, 200);
	assert.deepEqual(decodeResults(answerOf(again), calls), decodeResults(answerOf(first), calls));
	assert.equal(fs.readFileSync(fixture.at("once"), "utf8"), "once");
	const next = [call("fd_close", [file])];
	assert.equal(decodeResults(answerOf(await guest.post(batch(next, 2))), next)[0].errno, 0);
	assert.equal((await guest.post(batch(calls, 1))).status, 409, "a lower number is refused");
	await guest.control.close();
});

test("a key that nobody has is refused", async () => {
	const guest = await connect();
	const response = await fixture.session.postCall("A".repeat(22), batch([call("sched_yield")], 1));
	assert.ok(response.status >= 400 && response.status < 500, String(response.status));
	assert.equal((await guest.post(batch([call("sched_yield")], 1))).status, 200);
	await guest.control.close();
});

test("a key is good for a guest of POSTs alone, and a long body isn't read before that is known", async () => {
	const other = await fixture.session.connect({ flags: HELLO.NEW | HELLO.STDIN_EOF | HELLO.PREOPENS,
		preopens: [{ name: "/", grant: "/", readOnly: false }] });
	const file = handle(5, 1);
	const calls = [open("stolen", file, { oflags: OPEN.create, rights: RIGHTS.both })];
	const response = await fixture.session.postCall(other.welcome.key, batch(calls, 1));
	assert.equal(response.status, 410, String(response.body));
	assert.ok(!fs.existsSync(fixture.at("stolen")), "nothing was done");
	assert.equal((await fixture.session.postCall(other.welcome.key, Buffer.alloc(5000))).status, 413);
	assert.deepEqual((await other.calls(call("path_filestat_get", [3, 0, "."]))).map(({ errno }) => errno), [0], "its own number 1 is still to come");
	await other.close();
});

test("one whose HELLO said so sends some calls by POST, and others by its connection", async () => {
	const guest = await fixture.session.connect({ flags: HELLO.NEW | HELLO.STDIN_EOF | HELLO.POSTS });
	const calls = [call("sched_yield")];
	const response = await fixture.session.postCall(guest.welcome.key, batch(calls, 1));
	assert.equal(response.status, 200, String(response.body));
	assert.equal(decodeResults(answerOf(response), calls)[0].errno, 0);
	guest.sequence = 1;
	assert.equal((await guest.calls(call("sched_yield")))[0].errno, 0);
	await guest.close();
});

test("a connection that only sends is for those whose calls come by POST", async () => {
	const guest = await fixture.session.connect({ flags: HELLO.NEW | HELLO.CONTROL });
	await assert.rejects(fixture.session.connect({ flags: HELLO.SENDS_ONLY, guest: guest.welcome.guest, key: guest.welcome.key }), { code: CLOSE.PROTOCOL });
	await guest.close();
});

test("a call that waits for long is answered AGAIN after 20 seconds, and then by its number", { timeout: 60_000 }, async () => {
	const guest = await connect();
	const calls = [call("poll_oneoff", [subscription({ userdata: 3, clock: 1, timeout: 21e9 })])];
	const started = Date.now();
	const response = await guest.post(batch(calls, 1));
	assert.equal(response.frames[0].type, FRAME.AGAIN);
	assert.equal(codec.decodeFields(response.frames[0])[0], 1);
	assert.ok(Date.now() - started > 15_000);
	const repolled = await guest.post(Buffer.from(codec.encodeRepoll(1, 0)));
	assert.equal(decodeResults(answerOf(repolled), calls)[0].errno, 0);
	assert.ok(Date.now() - started >= 21_000);
	await guest.control.close();
});

test("a guest of POSTs ends with its control connection", async () => {
	const guest = await connect();
	await guest.post(batch([call("sched_yield")], 1));
	await guest.control.close();
	await fixture.gateway.next("program-end", (event) => event.guest === guest.welcome.guest);
	assert.ok((await guest.post(batch([call("sched_yield")], 2))).status >= 400);
});

test("what isn't a frame is refused, and the guest goes on", async () => {
	const guest = await connect();
	for (const garbage of ["garbage that is no frame", "", "\u0000"]) {
		const response = await guest.post(Buffer.from(garbage));
		assert.equal(response.status, 400);
		assert.ok(response.body.length > 10, "it says why");
	}
	assert.equal((await guest.post(batch([call("sched_yield")], 1))).status, 200);
	await guest.control.close();
});

test("a protocol error in a POST ends that guest, and no other", async () => {
	const [guest, other] = [await connect(), await connect()];
	const response = await guest.post(batch([call("fd_sync", [handle(500, 3)])], 1));
	assert.ok(response.status >= 400 && response.status < 500, String(response.status));
	assert.equal((await guest.control.closed).code, CLOSE.PROTOCOL);
	assert.equal((await other.post(batch([call("sched_yield")], 1))).status, 200);
	await other.control.close();
});
