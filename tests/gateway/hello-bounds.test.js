// What one hello may cost everybody else.
import assert from "node:assert/strict";

import { openHouse, ROOT_ONLY } from "./call-house.js";
import { HELLO, call } from "./client.js";
import { after, test } from "../testing.js";

const house = await openHouse();
after(() => house.close());

test("a hello with 60,000 variables is welcomed, with all of them, and others' calls are answered meanwhile", async () => {
	const other = await house.session.connect(ROOT_ONLY);
	const env = Array.from({ length: 60_000 }, (_, i) => `V${i}=v`);
	const heavy = house.session.connect({ ...ROOT_ONLY, flags: ROOT_ONLY.flags | HELLO.NEW, env });
	const [{ errno }] = await other.calls(call("fd_filestat_get", [3]));
	assert.equal(errno, 0);
	const wire = await heavy; // within the ten seconds of the client's own deadline: it took 11
	assert.equal(wire.welcome.env.length, 60_000);
	await wire.close();
	await other.close();
});
