// A page that is left, frozen, discarded, without its gateway, or not served by one: what its programs do then, and what its user is told. In each engine:
// leaving*.test.js.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";

import { pause } from "../engines/deadline.js";
import { startEngine } from "../engines/index.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";
import { after, test } from "../testing.js";

const build = process.env.WVWASI_BUILD ?? path.join(top, "build");
const root = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-leaving-"));
after(() => fs.rmSync(root, { recursive: true, force: true }));
const index = `<!doctype html><title>An app</title><p style="height: 500px">Its text</p>
<script type="module">
import * as wvwasi from "/_wvwasi/wvwasi.js";
Object.assign(window, wvwasi, { told: [] });
addEventListener("wvwasi-notice", event => {
	told.push(event.detail.kind);
	if (location.hash === "#mine")
		event.preventDefault();
});
window.ready = true;
</script>`;
fs.writeFileSync(path.join(root, "index.html"), index);
fs.copyFileSync(path.join(build, "guests/orders.wasm"), path.join(root, "orders.wasm"));
const photos = process.env.WVWASI_PHOTOS;
let engine;

async function withApp(fn, hash = "") {
	const gateway = await startGateway(["--root", root]);
	const page = await engine.open(linkTo(gateway.ready.link, `/${hash}`));
	try {
		await page.waitFor(() => window.ready);
		await fn({ gateway, page });
	} finally {
		await page.close();
		await gateway.stop();
	}
}

/* In the page: a program that waits for what it is told to do. */
const startProgram = async (options) => {
	window.child = await window.spawn("orders.wasm", options);
	window.ended = window.child.exited.then((result) => result, ({ message }) => ({ message }));
};
const endProgram = async () => {
	window.child.kill();
	await window.child.exited;
};
const notice = () => document.querySelector("wvwasi-notice")?.getAttribute("aria-label");

/** The page goes elsewhere after its user touched it; gives whether the browser asked the user, who stays. (A page of Firefox that was kept from reloading once
 * doesn't try again.) */
async function asksAtLeaving(page) {
	const { puppeteer } = page;
	let asked = 0;
	const onDialog = async (dialog) => {
		asked += dialog.type() === "beforeunload";
		await dialog.dismiss();
	};
	puppeteer.on("dialog", onDialog);
	await puppeteer.mouse.click(300, 300); // a page that nobody touched may not ask
	await page.evaluate(() => {
		window.before = true;
		setTimeout(() => location.assign("/?elsewhere"));
	});
	for (const late = Date.now() + 30_000; !asked; await pause(20)) {
		if (await page.evaluate(() => window.ready && !window.before).catch(() => false))
			break;
		if (Date.now() > late)
			throw new Error("the page neither asked nor left");
	}
	puppeteer.off("dialog", onDialog);
	return asked > 0;
}

/* WebDriver, by which WebKit is driven, answers such a question itself: tests/webview/closing.test.js has it in our own window. */
function asking() {
	test("while a program runs the browser asks before the page is left, and no longer", () => withApp(async ({ page }) => {
		await page.evaluate(startProgram, {});
		assert.equal(await asksAtLeaving(page), true);
		assert.equal(await page.evaluate(() => window.before), true, "the user stayed");
		await page.evaluate(endProgram);
		assert.equal(await asksAtLeaving(page), false);
	}));

	test("an app can turn that off", () => withApp(async ({ page }) => {
		await page.evaluate(startProgram, { askBeforeUnload: false });
		assert.equal(await asksAtLeaving(page), false);
	}));
}

function admitting() {
	test("a page that nobody admitted yet is led to where it is, unasked, though a program was about to run and its user had touched it", async () => {
		const gateway = await startGateway(["--root", root]);
		const page = await engine.blank();
		let asked = 0;
		page.puppeteer?.on("dialog", (dialog) => {
			asked += dialog.type() === "beforeunload";
			dialog.dismiss().catch(() => {});
		});
		try {
			await page.goto(`${gateway.ready.url}/`);
			await page.waitFor(() => window.ready);
			await page.puppeteer?.mouse.click(300, 300);
			await page.evaluate(() => void window.run("orders.wasm").catch(() => {}));
			const isThere = () => location.pathname === "/_wvwasi/enter" && document.querySelector("input") !== null;
			for (const late = Date.now() + 30_000; !await page.evaluate(isThere).catch(() => false); await pause(20))
				assert.ok(Date.now() < late, `${await page.url()}, asked ${asked} times`);
			assert.equal(asked, 0);
		} finally {
			await page.close();
			await gateway.stop();
		}
	});
}

/* By Chromium's protocol alone. */
function freezing() {
	test("a page that was frozen while its gateway went says so", () => withApp(async ({ gateway, page }) => {
		await page.evaluate(startProgram, {});
		const cdp = await page.puppeteer.createCDPSession();
		await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
		await gateway.stop();
		await cdp.send("Page.setWebLifecycleState", { state: "active" });
		const { message } = await page.evaluate(() => window.ended);
		assert.match(message, /; the browser had frozen this page for (less than a second|\d+ s)$/);
	}));

	test("a page that the browser discarded says that its program was ended; one that was reloaded doesn't", () => withApp(async ({ page }) => {
		await page.evaluate(startProgram, {});
		await page.goto(await page.url());
		await page.waitFor(() => window.ready);
		assert.equal(await page.evaluate(() => sessionStorage.getItem("wvwasi.running")), null);
		// Chromium's protocol discards no page. What is left of one that was: its session storage, and this property.
		await page.puppeteer.evaluateOnNewDocument(() => Object.defineProperty(Document.prototype, "wasDiscarded", { value: true }));
		await page.evaluate(() => addEventListener("pagehide", () => sessionStorage.setItem("wvwasi.running", "yes")));
		await page.puppeteer.reload();
		await page.waitFor(() => window.told?.includes("discarded"));
		assert.match(await page.evaluate(notice), /^The browser had discarded this page/);
	}));
}

function telling() {
	test("while programs run the page holds a Web Lock, so that the browser doesn't freeze it", () => withApp(async ({ page }) => {
		const held = () => page.evaluate(async () => (await navigator.locks.query()).held.map(({ name }) => name));
		await page.evaluate(startProgram, {});
		assert.deepEqual(await held(), ["wvwasi.running"]);
		await page.evaluate(async () => (await window.spawn("orders.wasm", { stdin: "" })).exited);
		assert.deepEqual(await held(), ["wvwasi.running"], "another one runs still");
		await page.evaluate(endProgram);
		await page.waitFor(async () => (await navigator.locks.query()).held.length === 0);
	}));

	test("when the gateway goes the page says so, above the app", () => withApp(async ({ gateway, page }) => {
		await page.evaluate(startProgram, {});
		assert.equal(await page.evaluate(notice), undefined);
		await gateway.stop();
		await page.waitFor(notice);
		assert.match(await page.evaluate(notice),
			/^The (gateway has ended|connection to the gateway was cut)\. Start the gateway again where it ran, and open the link that it prints\.$/);
		if (photos)
			await page.screenshot(path.join(photos, `notice-gone-${engine.name}.png`));
		await page.evaluate(() => document.querySelector("wvwasi-notice").remove());
		await page.evaluate(() => window.connect().catch(() => {})); // and again, when the user goes on
		assert.match(await page.evaluate(notice) ?? "", /can't be reached/);
	}));

	test("so does a page that runs no program, and only makes calls", () => withApp(async ({ gateway, page }) => {
		await page.evaluate(async () => void (window.w = await window.connect()));
		await gateway.stop();
		assert.match(await page.waitFor(notice), /^The .*\. Start the gateway again where it ran/);
	}));

	test("an app that says it itself gets the event in place of the notice", () => withApp(async ({ gateway, page }) => {
		await page.evaluate(startProgram, {});
		await gateway.stop();
		await page.waitFor(() => window.told.includes("gone"));
		assert.equal(await page.evaluate(notice), undefined);
	}, "#mine"));

	test("a program that ends, crashes or is killed is no reason for a notice", () => withApp(async ({ page }) => {
		await page.evaluate(startProgram, {});
		await page.evaluate(endProgram);
		await page.evaluate(() => window.run("orders.wasm", { stdin: "trap\n" }).catch(() => {}));
		assert.deepEqual(await page.evaluate(() => window.told), []);
	}));

	test("a page of another server says that no program can run in it, and the gateway's terminal that such a page asked", async () => {
		const gateway = await startGateway(["--root", root]);
		after(() => gateway.stop());
		const types = { ".js": "text/javascript", ".html": "text/html" };
		const server = http.createServer(({ url }, response) => { // a copy of the shim's files, as a bundle or another server has them
			const ours = url.startsWith("/_wvwasi/") && url.replace("/_wvwasi/", "");
			const places = ours ? [path.join(build, "static", ours), path.join(top, "static", ours)] : [path.join(root, url === "/" ? "index.html" : url)];
			const file = places.find((place) => fs.statSync(place, { throwIfNoEntry: false })?.isFile());
			if (!file)
				return response.writeHead(404).end();
			return response.setHeader("Content-Type", types[path.extname(file)] ?? "application/octet-stream").end(fs.readFileSync(file));
		});
		await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
		after(() => {
			server.close();
			server.closeAllConnections();
		});
		const origin = `http://localhost:${server.address().port}`;
		const page = await engine.open(`${origin}/`);
		await page.waitFor(() => window.ready);
		const message = await page.evaluate(() => window.run("orders.wasm").catch((error) => `${error.name} ${error.foreign} ${error.message}`));
		assert.match(message, /^GatewayLost true this page was served by localhost:\d+, which is no wvwasi-gw, so no program can run in it: open the link/);
		assert.match(await page.evaluate(notice), /which is no wvwasi-gw/);
		assert.equal(await page.url(), `${origin}/`, "it isn't led to an enter page that isn't there");
		if (photos)
			await page.screenshot(path.join(photos, `notice-foreign-${engine.name}.png`));
		await page.evaluate((url) => fetch(`${url}/_wvwasi/ticket`, { method: "POST" }).catch(() => {}), gateway.ready.url);
		const said = /a page of another server asked this gateway, and was refused: .*http:\/\/localhost:\d+/;
		for (const late = Date.now() + 30_000; !said.test(gateway.stderr()); await pause(20))
			assert.ok(Date.now() < late, gateway.stderr());
	});
}

/** @param {string} name of the engine */
export async function leaving(name) {
	engine = await startEngine(name);
	after(() => engine.close());
	if (name !== "webkit")
		asking();
	if (name === "chromium")
		freezing();
	admitting();
	telling();
}
