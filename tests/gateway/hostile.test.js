// Each hostile page alone: other sessions' calls go on being answered, and the memory that is held for it stays within its budget. What they do
// together, at random, is tests/gateway/hostile-walk.js's.
import assert from "node:assert/strict";

import { attacks } from "./hostile-clients.js";
import { Bystander, MIB, hostile, openHostileFixture } from "./hostile-fixture.js";
import { after, test } from "../testing.js";

const BUDGET_MIB = 16;
const fixture = await openHostileFixture(["--limit", `memory=${BUDGET_MIB}M`]);
after(async () => {
	const longest = await fixture.longestTurnMs();
	assert.ok(longest < 50, `a turn of the loop took ${longest} ms of its thread's time`);
});

for (const name of Object.keys(attacks))
	test(`${name}: others are answered, and memory is bounded`, async (t) => {
		const session = await fixture.enter();
		const bystander = await Bystander.enter(fixture);
		const before = fixture.rss();
		const page = hostile(fixture, name, session);
		await bystander.during(page.sent);
		await page.leave();
		t.diagnostic(bystander.tell());
		if (process.env.WVWASI_TEST_FIGURES)
			console.error(`${name}: ${bystander.tell()}`);
		assert.ok(bystander.longestMs < 100, bystander.tell());
		// Twice the budget, and what malloc doesn't give back.
		assert.ok(bystander.mostRss - before < 4 * BUDGET_MIB * MIB, bystander.tell());
		await bystander.wire.close();
	});
