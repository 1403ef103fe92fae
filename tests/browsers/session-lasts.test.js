// Who is in stays in while the gateway runs: reload, a second tab, back, and the browser ended and started again. In WebKit the last is done
// without the driver, whose sessions keep nothing: there the page itself tells that it is in.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";

import { startChild } from "../engines/child.js";
import { pause } from "../engines/deadline.js";
import { startDisplay } from "../engines/display.js";
import { engineNames, startEngine } from "../engines/index.js";
import { browserPath } from "../engines/webkit.js";
import { linkTo, startGateway } from "../gateway/gateway.js";
import { test } from "../testing.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-returning-"));
after(() => fs.rmSync(base, { recursive: true, force: true, maxRetries: 5 }));
fs.mkdirSync(path.join(base, "root"));
fs.writeFileSync(path.join(base, "root/index.html"), `<!doctype html><title>app</title><script type="module">
	import { connect } from "/_wvwasi/wvwasi.js";
	window.connected = connect({ unpaired: "throw" }).then(() => "in", error => error.name);
</script>`);

/** A page of the app, loaded: is it in? */
async function isIn(page) {
	await page.waitFor(() => location.pathname === "/" && window.connected !== undefined);
	assert.equal(await page.evaluate(() => window.connected), "in", await page.url());
}

for (const name of engineNames)
	test(`${name}: reload, a second tab and back, to the app and to the used link, don't lock out`, async (t) => {
		const gateway = await startGateway(["--root", path.join(base, "root")]);
		t.after(() => gateway.stop());
		const engine = await startEngine(name);
		t.after(() => engine.close());
		const page = await engine.open(linkTo(gateway.ready.link, "/?first"));
		await isIn(page);
		await page.evaluate(() => {
			setTimeout(() => location.reload()); // the page leaves: not while it is being asked
			window.connected = undefined;
		});
		await isIn(page);
		const tab = await engine.open(`${gateway.ready.url}/?tab`);
		await isIn(tab);
		await tab.close();

		// Forth by a page's link, and back by the browser's button; then back from where a used link led.
		await page.goto(`${gateway.ready.url}/?second`);
		await isIn(page);
		const back = async (to) => {
			await page.evaluate(() => {
				setTimeout(() => history.back());
			});
			await page.waitFor(`location.search === ${JSON.stringify(to)}`);
			await isIn(page);
		};
		await back("?first");
		await page.goto(linkTo(gateway.ready.link, "/?again"));
		await page.waitFor(() => location.search === "?again");
		await isIn(page);
		await back("?first");
		assert.equal(gateway.log.filter(({ event }) => event === "session-open").length, 1, "one session for all of it");
	});

for (const name of ["chromium", "firefox"])
	test(`${name}: the browser ended and started again is still in`, async (t) => {
		const gateway = await startGateway(["--root", path.join(base, "root")]);
		t.after(() => gateway.stop());
		const home = path.join(base, name);
		fs.mkdirSync(home);
		let engine = await startEngine(name, { home });
		t.after(() => engine.close());
		await isIn(await engine.open(linkTo(gateway.ready.link, "/")));
		await engine.close();
		engine = await startEngine(name, { home });
		await isIn(await engine.open(`${gateway.ready.url}/?later`));
		assert.equal(gateway.log.filter(({ event }) => event === "session-open").length, 1);
	});

/** Is this text in a file below the folder? */
const isKept = (folder, text) => fs.existsSync(folder) && fs.readdirSync(folder, { withFileTypes: true }).some((entry) => {
	const at = path.join(folder, entry.name);
	return entry.isDirectory() ? isKept(at, text) : entry.isFile() && fs.readFileSync(at).includes(text);
});

test("webkit: the browser ended and started again is still in", async (t) => {
	const gateway = await startGateway(["--root", path.join(base, "root")]);
	t.after(() => gateway.stop());
	const display = await startDisplay();
	t.after(() => display.close());
	const home = path.join(base, "webkit");
	fs.mkdirSync(home);
	const env = { ...process.env, DISPLAY: display.name, HOME: home, XDG_CONFIG_HOME: `${home}/config`, XDG_DATA_HOME: `${home}/data`,
		XDG_CACHE_HOME: `${home}/cache`,
		XDG_RUNTIME_DIR: home, NO_AT_BRIDGE: "1", GDK_BACKEND: "x11", LIBGL_ALWAYS_SOFTWARE: "1", GSETTINGS_BACKEND: "memory" };
	for (const name of ["WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"])
		delete env[name];
	const programs = () => gateway.log.filter(({ event }) => event === "program-start");
	const until = async (condition, what) => {
		for (let waits = 0; !condition(); waits++) {
			assert.ok(waits < 3000, what);
			await pause(10);
		}
	};
	for (const [url, count] of [[linkTo(gateway.ready.link, "/"), 1], [`${gateway.ready.url}/?later`, 2]]) {
		const browser = startChild(browserPath(), [url], { env, stdio: "ignore" });
		t.after(() => browser.stop());
		await until(() => programs().length === count, `start ${count}: no page was in`);
		await until(() => isKept(`${home}/data`, Buffer.from("wvwasi.secret")) || isKept(`${home}/data`, Buffer.from("wvwasi.secret", "utf16le")),
			"it keeps nothing");
		await browser.stop();
	}
	assert.equal(gateway.log.filter(({ event }) => event === "session-open").length, 1);
});
