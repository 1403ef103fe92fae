// Messages that were begun: they are charged for the bytes that came, not for those that they announce, and they have a deadline.
import assert from "node:assert/strict";

import { ROOT_ONLY, openFixture } from "./call-fixture.js";
import { call } from "./client.js";
import { after, test } from "../testing.js";

const ANNOUNCED = 8 << 20, CAME = 1000;
const fixture = await openFixture(["--limit", "memory=16M"]);
after(() => fixture.close());

/** A connection with a message of 8 MiB, of which a thousand bytes came. */
async function begun() {
	const wire = await fixture.session.connect(ROOT_ONLY);
	const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
	head.writeUInt32BE(ANNOUNCED, 6);
	await new Promise((resolve) => wire.socket._socket.write(Buffer.concat([head, Buffer.alloc(CAME)]), resolve));
	return wire;
}

test("messages that announce ten times a session's memory cost what came of them", async () => {
	const wires = [];
	for (let i = 0; i < 20; i++)
		wires.push(await begun());
	const own = await fixture.session.connect(ROOT_ONLY);
	const [{ errno }] = await own.calls(call("clock_res_get", [0]));
	assert.equal(errno, 0, "the session's calls are answered");
	assert.deepEqual(wires.map(({ socket }) => socket.readyState), wires.map(() => 1), "and each of them may go on");
	await Promise.all([own, ...wires].map((wire) => (wire.socket.terminate(), wire.closed)));
});

test("a message of which nothing more comes ends its connection after half a minute", async () => {
	const start = Date.now(), wire = await begun();
	const { code, reason } = await wire.closed;
	assert.equal(code, 4400);
	assert.match(String(reason), /nothing more of a message within thirty seconds/);
	assert.ok(Date.now() - start >= 30_000);
});
