// What a page may do in the window, and what a user may do with it.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { after } from "node:test";

import { test } from "../testing.js";
import { Fixture, LINE, TITLE } from "./fixture.js";

const fixture = await Fixture.open();
after(() => fixture.close());
const { screen } = fixture;

/* Another origin of this very host: nothing of the window may ever come here. */
const visits = [];
const elsewhere = http.createServer(({ url }, response) => {
	visits.push(url);
	response.setHeader("Content-Type", "text/html").end("<title>Elsewhere</title>");
});
await new Promise((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
after(() => elsewhere.close());
const elsewhereUrl = `http://localhost:${elsewhere.address().port}/`;

for (const [browser, env] of [["$BROWSER", () => ({})], ["xdg-open", () => ({ BROWSER: "", PATH: `${fixture.tools}:${process.env.PATH}` })]])
	test(`a link to elsewhere opens in the user's browser, by ${browser}`, async () => {
		fixture.leadTo("");
		await fixture.withWindow({ env: env() }, async ({ window, gateway }) => {
			await screen.click(window, 60, 40);
			await fixture.until(() => fixture.elsewhere().length, "the browser");
			assert.deepEqual(fixture.elsewhere(), [`${browser === "xdg-open" ? "xdg-open: " : ""}https://example.org/page?x=1`]);
			await screen.window(TITLE);
			assert.ok(await gateway.link());
		});
		fs.rmSync(fixture.browsed);
	});

for (const [what, query] of [
	["a page can't lead the window elsewhere by itself", "leave=https://example.org/"], ["nor to a file", "leave=file:///etc/passwd"],
	["nor to the same host at another port", `leave=${elsewhereUrl}`], ["nor show another origin in a frame", `frame=${elsewhereUrl}`],
])
	test(what, () => fixture.withWindow({ query }, async ({ start }) => {
		await fixture.report("rounds", (rounds) => rounds >= 200); // the page is still there, and lives
		await screen.window(TITLE);
		assert.match(start.href, /app\.html/);
		assert.deepEqual(visits, []);
		assert.deepEqual(fixture.elsewhere(), [], "and the browser isn't bothered");
	}));

test("a page may open windows of its own origin", () => fixture.withWindow({ query: "" }, async ({ window, gateway }) => {
	await screen.click(window, 60, 280);
	const other = await screen.window("^The other window$");
	await screen.closeWindow(other);
	await screen.gone("^The other window$");
	await screen.window(TITLE);
	assert.ok(await gateway.link(), "the first window and the gateway go on");
}));

test("title and icon are the page's", () => fixture.withWindow({ query: "keys" }, async ({ window }) => {
	await fixture.until(async () => /, 0xffd03030\b/.test(await screen.propertyOf(window, "_NET_WM_ICON", "32x")), "the red icon");
	await screen.press(window, "t");
	await screen.window("^Renamed$");
	assert.match(await screen.propertyOf(window, "WM_CLASS", "8s"), /"wvwasi-app_of_tests"/);
}));

test("a download is saved where the user says", () => fixture.withWindow({ query: "" }, async ({ window }) => {
	const file = path.join(fixture.base, "saved.txt");
	await screen.click(window, 60, 100);
	const dialog = await screen.window("^Save$");
	fixture.photograph("save");
	await screen.press(dialog, "ctrl+a");
	await screen.type(dialog, file);
	await screen.press(dialog, "Return");
	await screen.sees(LINE, 20_000);
	assert.equal(fs.readFileSync(file, "utf8"), "Dear reader\n");
	fixture.photograph("saved");
}));

test("what a page asks to be allowed, the user is asked", () => fixture.withWindow({ query: "" }, async ({ window }) => {
	await screen.click(window, 60, 160);
	const question = await screen.window("^Question$");
	fixture.photograph("permission");
	await screen.press(question, "Return"); // "Don't allow" is the default
	assert.equal(await fixture.report("place"), 1, "PERMISSION_DENIED");
}));

test("keys are the page's first, and the window's if it doesn't want them: zoom, reload", () => fixture.withWindow({ query: "keys" }, async ({ window }) => {
	await screen.press(window, "ctrl+r");
	assert.equal(await fixture.report("key"), "ctrl+r");
	await screen.press(window, "ctrl+plus", "ctrl+plus");
	const [width] = await fixture.report("size", ([each]) => each < 900);
	assert.ok(width > 700, `${width}`);
	await screen.press(window, "ctrl+0");
	await fixture.report("size", ([each]) => each === 1000);
	fs.rmSync(path.join(fixture.data, "start"));
	await screen.press(window, "F5");
	await fixture.report("start");
}));

test("the window fills the screen, and leaves it", () => fixture.withWindow({ query: "" }, async ({ window }) => {
	await screen.press(window, "F11");
	await fixture.report("size", ([width, height]) => width === 1100 && height === 800);
	await screen.press(window, "F11");
	await fixture.report("size", ([width, height]) => width === 1000 && height === 720);
}));

test("text is copied and pasted, by keys and by the context menu", () => fixture.withWindow({ query: "" }, async ({ window }) => {
	await screen.click(window, 60, 220);
	await screen.type(window, "twice");
	await fixture.report("text", (text) => text === "twice");
	await screen.press(window, "ctrl+a", "ctrl+c", "End", "ctrl+v");
	await fixture.report("text", (text) => text === "twicetwice");
	const before = (await screen.windows("")).length;
	await screen.click(window, 60, 235, 3);
	await fixture.until(async () => (await screen.windows("")).length > before, "the menu");
	fixture.photograph("menu");
	await screen.keys("Down", "Return"); // what can be chosen first is "Paste"
	await fixture.report("text", (text) => text === "twicetwicetwice");
}));
