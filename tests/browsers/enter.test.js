// How a user gets in, in each engine: a link once, a code by hand, and then reload, a second tab and back don't lock out.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";

import { engineNames, startEngine } from "../engines/index.js";
import { linkTo, startGateway } from "../gateway/gateway.js";
import { test } from "../testing.js";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-enter-"));
after(() => fs.rmSync(root, { recursive: true, force: true }));
fs.writeFileSync(path.join(root, "index.html"),
	'<!doctype html><title>app</title><script type="module">import * as w from "/_wvwasi/wvwasi.js"; window.w = w</script>');

// The smallest program: memory, and a _start that returns.
fs.writeFileSync(path.join(root, "program.wasm"), Buffer.from("0061736d010000000104016000000302010005030100010713020" +
	"66d656d6f72790200065f737461727400000a040102000b", "hex"));

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
		const referers = [];
		const sink = http.createServer((request, response) => {
			referers.push(request.headers.referer ?? null);
			response.end();
		});
		await new Promise((resolve) => sink.listen(0, "127.0.0.1", resolve));
		t.after(() => {
			sink.close();
			sink.closeAllConnections();
		});
		const elsewhere = `http://localhost:${sink.address().port}/`;

		// run() and connect() without a session: thrown to an app that wants it so; else the page is led to what explains, and back by a code.
		for (const what of ["run", "connect"]) {
			const app = await engine.open(`${origin}/?${what}#part`);
			await app.waitFor(() => window.w !== undefined);
			const thrown = await app.evaluate((which) => window.w[which](...(which === "run" ? ["/program.wasm"] : []), { unpaired: "throw" })
				.then(() => "in", (error) => [error.name, error instanceof window.w.NotPaired, location.pathname]), what);
			assert.deepEqual(thrown, ["NotPaired", true, "/"], what);
			await app.evaluate((which) => {
				setTimeout(() => (which === "run" ? window.w.run("/program.wasm") : window.w.connect()));
			}, what);
			await app.waitFor(() => location.pathname === "/_wvwasi/enter");
			assert.match(await says(app), /Press Enter in the terminal where wvwasi-gw runs/, what);
			const fresh = new Promise((resolve) => gateway.events.once("link", resolve));
			await gateway.link();
			await type(app, (await fresh).code);
			await app.waitFor(() => location.pathname === "/" && window.w !== undefined);
			assert.deepEqual(await app.evaluate(() => [location.search, location.hash]), [`?${what}`, "#part"]);
			assert.equal(await app.evaluate(async () => (await window.w.run("/program.wasm")).exitCode), 0);
			await app.evaluate(() => localStorage.clear());
			await app.close();
		}

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
			await tab.evaluate((to) => fetch(to, { mode: "no-cors" }).catch(() => {}), elsewhere);
			await tab.close();
		}

		assert.deepEqual(referers, [null, null], "other servers hear nothing of where a page came from");

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
