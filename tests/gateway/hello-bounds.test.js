// What one hello may cost everybody else.
import assert from "node:assert/strict";

import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { HELLO, call } from "./client.js";
import { after, test } from "../testing.js";

const fixture = await openFixture();
after(() => fixture.close());

test("a hello with 60,000 variables is welcomed, with all of them, and others' calls are answered meanwhile", async () => {
	const other = await fixture.session.connect(ROOT_ONLY);
	const env = Array.from({ length: 60_000 }, (_, i) => `V${i}=v`);
	const heavy = fixture.session.connect({ ...ROOT_ONLY, flags: ROOT_ONLY.flags | HELLO.NEW, env });
	const [{ errno }] = await other.calls(call("fd_filestat_get", [3]));
	assert.equal(errno, 0);
	const wire = await heavy; // within the ten seconds of the client's own deadline: it took 11
	assert.equal(wire.welcome.env.length, 60_000);
	await wire.close();
	await other.close();
});
