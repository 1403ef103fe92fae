// What one gesture of the user lets a page open: one window, one page of the user's browser, one dialog, or one question.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after } from "node:test";

import { test } from "../testing.js";
import { Fixture, LINE, TITLE } from "./fixture.js";

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

/** Clicks on a page whose five frames want to print; the page waits for the first dialog's end. */
const clickOpensPrint = (fn) => fixture.withWindow({ query: "opens=manyPrints" }, async (all) => {
	await screen.click(all.window, 700, 500);
	await fn({ ...all, dialog: await screen.window("^Print$") });
});

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

test("one click opens one dialog to save", () => clickOpens("manySaves", async ({ window }) => {
	const dialog = await screen.window("^Save$");
	const asked = await fixture.report("rounds");
	await fixture.report("rounds", (rounds) => rounds >= asked + 500); // nineteen more would have come
	fixture.photograph("saves");
	assert.equal((await screen.windows("^Save$")).length, 1);
	await screen.press(dialog, "Escape");
	await screen.gone("^Save$");
	await screen.sees(LINE, 20_000); // it says that the page wanted more
	fixture.photograph("saves-refused");
	assert.equal(await own(), 1);
	await screen.click(window, 700, 500);
	await screen.window("^Save$");
}));

test("a page that nobody touched opens no dialog to save", () => fixture.withWindow({ query: "unasked=manySaves" }, async () => {
	await fixture.report("rounds", (rounds) => rounds >= 500);
	assert.equal((await screen.windows("^Save$")).length, 0);
}));

test("a window that is opened for a file to save leaves no blank window", () => clickOpens("fileAlone", async () => {
	const dialog = await screen.window("^Save$");
	await fixture.until(async () => await own() === 2, "the app's window and the dialog alone");
	await screen.press(dialog, "Escape");
	await screen.gone("^Save$");
	await screen.window(TITLE);
}));

test("one click opens one dialog to print", () => clickOpensPrint(async ({ dialog }) => {
	await screen.press(dialog, "Escape");
	await fixture.report("rounds", (rounds) => rounds >= 300); // it stood still; four more would have come
	assert.equal(await own(), 1, await fixture.titles());
}));

test("a window that prints ends when it is told to", () => clickOpensPrint(async ({ pid }) => {
	process.kill(pid, "SIGTERM");
	await fixture.gone(pid, 15_000);
}));

test("one click opens one dialog to choose a file", () => clickOpens("manyChoosers", async () => {
	await screen.window("^Select File$");
	const asked = await fixture.report("rounds");
	await fixture.report("rounds", (rounds) => rounds >= asked + 300);
	assert.equal(await own(), 2, await fixture.titles());
}));
