// What one gesture of the user lets a page open: one window, or one page of the user's browser, or one question.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after } from "node:test";

import { test } from "../testing.js";
import { Fixture, TITLE } from "./fixture.js";

const fixture = await Fixture.open();
after(() => fixture.close());
const { screen } = fixture;
const OTHER = "^The other window$";

/** Clicks, and waits until the page and the window have gone on for a while: what was to be opened is open. */
async function clickOpens(query, fn) {
	fs.rmSync(fixture.browsed, { force: true });
	await fixture.withWindow({ query: `opens=${query}` }, async (all) => {
		await screen.click(all.window, 700, 500);
		const opened = await fixture.report("opened");
		await fixture.report("rounds", (rounds) => rounds >= 300);
		await fn({ ...all, opened });
	});
}

const own = async () => (await screen.windows("..*")).length;

for (const [query, address] of [["foreign", "opened"], ["foreignNoopener", "noopener"], ["blankThenForeign", "moved"]])
	test(`window.open of another origin opens the browser and leaves no blank window: ${query}`, () => clickOpens(query, async () => {
		await fixture.until(() => fixture.elsewhere().length, "the browser");
		assert.deepEqual(fixture.elsewhere(), [`https://example.org/${address}`]);
		await fixture.until(async () => await own() === 1, "the app's window alone");
	}));

test("with noopener a page of the own origin opens", () => clickOpens("ownNoopener", async () => {
	await screen.window(OTHER);
}));

test("one click opens one window, however often the page asks", () => clickOpens("many", async ({ opened, window }) => {
	await screen.window(OTHER);
	assert.equal(opened.filter(Boolean).length, 1);
	assert.equal(await own(), 2);
}));

for (const query of ["manyForeign", "manyLinks"])
	test(`one click opens one page of the user's browser: ${query}`, () => clickOpens(query, async () => {
		await fixture.until(() => fixture.elsewhere().length, "the browser");
		assert.equal(fixture.elsewhere().length, 1, fixture.elsewhere().join());
		assert.equal(await own(), 1);
	}));

test("a page can't ask the user more than three things at once", () => clickOpens("manyQuestions", async () => {
	await fixture.until(async () => (await screen.windows("^Question$")).length >= 3, "three questions");
	const asked = await fixture.report("rounds");
	await fixture.report("rounds", (rounds) => rounds >= asked + 1000); // seven more would have come
	assert.equal((await screen.windows("^Question$")).length, 3);
}));
