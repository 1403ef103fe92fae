// What a page may do in the window, and what a user may do with it.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { after } from "node:test";

import { test } from "../testing.js";
import { House, LINE, TITLE } from "./house.js";

const house = await House.open();
after(() => house.close());
const { screen } = house;

/* Another origin of this very host: nothing of the window may ever come here. */
const visits = [];
const elsewhere = http.createServer(({ url }, response) => {
	visits.push(url);
	response.setHeader("Content-Type", "text/html").end("<title>Elsewhere</title>");
});
await new Promise((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
after(() => elsewhere.close());
const elsewhereUrl = `http://localhost:${elsewhere.address().port}/`;

for (const [browser, env] of [["$BROWSER", () => ({})], ["xdg-open", () => ({ BROWSER: "", PATH: `${house.tools}:${process.env.PATH}` })]])
	test(`a link to elsewhere opens in the person's browser, by ${browser}`, async () => {
		house.leadTo("");
		await house.withWindow({ env: env() }, async ({ window, gateway }) => {
			await screen.click(window, 60, 40);
			await house.until(() => house.elsewhere().length, "the browser");
			assert.deepEqual(house.elsewhere(), [`${browser === "xdg-open" ? "xdg-open: " : ""}https://example.org/page?x=1`]);
			await screen.window(TITLE);
			assert.ok(await gateway.link());
		});
		fs.rmSync(house.browsed);
	});

for (const [what, query] of [
	["a page can't lead the window elsewhere by itself", "leave=https://example.org/"], ["nor to a file", "leave=file:///etc/passwd"],
	["nor to the same host at another port", `leave=${elsewhereUrl}`], ["nor show another origin in a frame", `frame=${elsewhereUrl}`],
])
	test(what, () => house.withWindow({ query }, async ({ start }) => {
		await house.report("rounds", (rounds) => rounds >= 200); // the page is still there, and lives
		await screen.window(TITLE);
		assert.match(start.href, /app\.html/);
		assert.deepEqual(visits, []);
		assert.deepEqual(house.elsewhere(), [], "and the browser isn't bothered");
	}));

test("a page may open windows of its own origin", () => house.withWindow({ query: "" }, async ({ window, gateway }) => {
	await screen.click(window, 60, 280);
	const other = await screen.window("^The other window$");
	await screen.closeWindow(other);
	await screen.gone("^The other window$");
	await screen.window(TITLE);
	assert.ok(await gateway.link(), "the first window and the gateway go on");
}));

test("title and icon are the page's", () => house.withWindow({ query: "keys" }, async ({ window }) => {
	await house.until(async () => /, 0xffd03030\b/.test(await screen.propertyOf(window, "_NET_WM_ICON", "32x")), "the red icon");
	await screen.press(window, "t");
	await screen.window("^Renamed$");
	assert.match(await screen.propertyOf(window, "WM_CLASS", "8s"), /"wvwasi-app_of_tests"/);
}));

test("a download is saved where the person says", () => house.withWindow({ query: "" }, async ({ window }) => {
	const file = path.join(house.base, "saved.txt");
	await screen.click(window, 60, 100);
	const dialog = await screen.window("^Save$");
	house.photograph("save");
	await screen.press(dialog, "ctrl+a");
	await screen.type(dialog, file);
	await screen.press(dialog, "Return");
	await screen.sees(LINE, 20_000);
	assert.equal(fs.readFileSync(file, "utf8"), "Dear reader\n");
	house.photograph("saved");
}));

test("what a page asks to be allowed, the person is asked", () => house.withWindow({ query: "" }, async ({ window }) => {
	await screen.click(window, 60, 160);
	const question = await screen.window("^Question$");
	house.photograph("permission");
	await screen.press(question, "Return"); // "Don't allow" is the default
	assert.equal(await house.report("place"), 1, "PERMISSION_DENIED");
}));

test("keys are the page's first, and the window's if it doesn't want them: zoom, reload", () => house.withWindow({ query: "keys" }, async ({ window }) => {
	await screen.press(window, "ctrl+r");
	assert.equal(await house.report("key"), "ctrl+r");
	await screen.press(window, "ctrl+plus", "ctrl+plus");
	const [width] = await house.report("size", ([each]) => each < 900);
	assert.ok(width > 700, `${width}`);
	await screen.press(window, "ctrl+0");
	await house.report("size", ([each]) => each === 1000);
	fs.rmSync(path.join(house.data, "start"));
	await screen.press(window, "F5");
	await house.report("start");
}));

test("the window fills the screen, and leaves it", () => house.withWindow({ query: "" }, async ({ window }) => {
	await screen.press(window, "F11");
	await house.report("size", ([width, height]) => width === 1100 && height === 800);
	await screen.press(window, "F11");
	await house.report("size", ([width, height]) => width === 1000 && height === 720);
}));

test("text is copied and pasted, by keys and by the context menu", () => house.withWindow({ query: "" }, async ({ window }) => {
	await screen.click(window, 60, 220);
	await screen.type(window, "twice");
	await house.report("text", (text) => text === "twice");
	await screen.press(window, "ctrl+a", "ctrl+c", "End", "ctrl+v");
	await house.report("text", (text) => text === "twicetwice");
	const before = (await screen.windows("")).length;
	await screen.click(window, 60, 235, 3);
	await house.until(async () => (await screen.windows("")).length > before, "the menu");
	house.photograph("menu");
	await screen.keys("Down", "Return"); // what can be chosen first is "Paste"
	await house.report("text", (text) => text === "twicetwicetwice");
}));
