// Hostile pages at random, several at once, in a few sessions: whatever they do together, the loop is never busy for more than 50 ms of its
// thread's time, no other session's call takes more than 100 ms of it, and memory stays within the sessions' budgets. WVWASI_SEED repeats a walk,
// WVWASI_HOSTILE_SECONDS makes it longer (`make hostile`: two minutes).
import assert from "node:assert/strict";

import { attacks } from "./hostile-clients.js";
import { Bystander, MIB, hostile, openHostileFixture } from "./hostile-fixture.js";
import { pause } from "../engines/deadline.js";
import { dice } from "../concurrent-changes.js";
import { after, test } from "../testing.js";

const SECONDS = Number(process.env.WVWASI_HOSTILE_SECONDS ?? 20);
const BUDGET_MIB = 16, SESSIONS = 3, AT_ONCE = 4;

test(`${SECONDS} seconds of hostile pages: the loop is never busy for long, others are answered, memory is bounded`, { timeout: (SECONDS + 100) * 1000 },
	async (t) => {
	const seed = Number(process.env.WVWASI_SEED ?? Date.now() % 1e6), chance = dice(seed);
	const fixture = await openHostileFixture(["--limit", `memory=${BUDGET_MIB}M`]);
	after(() => fixture.close());
	const sessions = [];
	for (let i = 0; i < SESSIONS; i++) // a link works once
		sessions.push(await fixture.enter());
	const names = Object.keys(attacks);
	const bystander = await Bystander.enter(fixture);
	const before = fixture.rss(), until = Date.now() + SECONDS * 1000;
	const played = {};

	const plays = async () => {
		while (Date.now() < until) {
			const name = names[chance(names.length)];
			const page = hostile(fixture, name, sessions[chance(SESSIONS)], (20 + chance(100)) / 100);
			played[name] = (played[name] ?? 0) + 1;
			await page.sent;
			await pause(chance(500));
			await page.leave();
		}
	};
	const all = Promise.all(Array.from({ length: AT_ONCE }, plays));
	while (Date.now() < until) {
		await bystander.ask();
		await pause(5);
	}
	await all;
	await bystander.wire.close();
	const longest = await fixture.longestTurnMs();
	const told = `seed ${seed}: ${Object.values(played).reduce((sum, count) => sum + count, 0)} hostile pages; ${bystander.tell()}; the longest turn ${longest.toFixed(1)} ms`;
	t.diagnostic(told);
	if (process.env.WVWASI_TEST_FIGURES)
		console.error(told);
	assert.ok(bystander.answered > SECONDS, told);
	assert.ok(longest < 50, told);
	assert.ok(bystander.longestMs < 100, told);
	// Twice the budget of each session, and what malloc doesn't give back.
	assert.ok(bystander.mostRss - before < 3 * SESSIONS * BUDGET_MIB * MIB, told);
});
