// How a person gets in, in each engine: a link once, a code by hand, and then reload, a second tab and back don't lock out.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";

import { engineNames, startEngine } from "../engines/index.js";
import { linkTo, startGateway } from "../gateway/gateway.js";
import { test } from "../testing.js";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-enter-"));
after(() => fs.rmSync(root, { recursive: true, force: true }));
fs.writeFileSync(path.join(root, "index.html"), '<!doctype html><title>app</title><script type="module">import * as w from "/_wvwasi/wvwasi.js"; window.w = w</script>');

const isIn = (page) => page.evaluate(async () => (await window.w.connect({ unpaired: "throw" })) !== undefined).catch((error) => String(error));
async function says(page) {
	await page.waitFor(() => document.getElementById("form") && !document.getElementById("form").hidden);
	return page.evaluate(() => document.getElementById("message").textContent);
}
async function complains(page) {
	await page.waitFor(() => document.getElementById("wrong").textContent !== "");
	return page.evaluate(() => document.getElementById("wrong").textContent);
}
const type = (page, text) => page.evaluate((typed) => {
	document.getElementById("wrong").textContent = "";
	document.getElementById("link").value = typed;
	document.querySelector("form").requestSubmit();
}, text);

for (const name of engineNames)
	test(`${name}: once by a link or a code, and then to stay`, async (t) => {
		const gateway = await startGateway(["--root", root]);
		t.after(() => gateway.stop());
		const engine = await startEngine(name);
		t.after(() => engine.close());
		const origin = gateway.ready.url;

		// By hand: the app leads to the page that explains, with a field for the code.
		const page = await engine.open(`${origin}/?by=hand`);
		await page.waitFor(() => window.w !== undefined);
		await page.evaluate(() => {
			window.w.connect();
		});
		await page.waitFor(() => location.pathname === "/_wvwasi/enter");
		await says(page);
		await type(page, "never");
		assert.match(await complains(page), /neither a code/);
		await type(page, "0000-0000");
		assert.match(await complains(page), /4 more tries/);
		await type(page, gateway.ready.code.toLowerCase());
		await page.waitFor(() => location.pathname === "/" && window.w !== undefined);
		assert.equal(await page.evaluate(() => location.search), "?by=hand");
		assert.equal(await isIn(page), true);

		// Reload, a second tab, and a link that was opened before by this very browser.
		await page.goto(`${origin}/`);
		await page.waitFor(() => window.w !== undefined);
		assert.equal(await isIn(page), true);
		const link = await gateway.link();
		for (let i = 0; i < 2; i++) {
			const tab = await engine.open(linkTo(link, "/?tab"));
			await tab.waitFor(() => location.pathname === "/" && window.w !== undefined);
			assert.equal(await isIn(tab), true);
			assert.doesNotMatch(await tab.evaluate(() => location.href), /k=/);
			await tab.close();
		}

		// Somebody else was first: said plainly, nothing of the token stays on the screen or in the address.
		await page.evaluate(() => localStorage.clear());
		const late = await engine.open(link);
		assert.match(await says(late), /works once/);
		assert.equal(await late.evaluate(() => location.href), `${origin}/_wvwasi/enter`);
		await late.goto(await gateway.link());
		await late.waitFor(() => location.pathname === "/");

		// Thrown out: the page is led to the entrance when it asks again.
		gateway.say({ do: "sessions" });
		for (const { session } of (await gateway.next("sessions")).sessions)
			gateway.say({ do: "revoke", session });
		await gateway.next("session-close");
		await late.waitFor(() => window.w !== undefined);
		await late.waitFor(async () => (await window.w.connect({ unpaired: "throw" }).catch((error) => error.name)) === "NotPaired");
	});
