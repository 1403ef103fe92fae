// A service worker that another program left at our port, in each engine: the entrance and the app get the better of it.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";

import { engineNames, startEngine } from "../engines/index.js";
import { linkTo, startGateway } from "../gateway/gateway.js";
import { test } from "../testing.js";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-stale-"));
after(() => fs.rmSync(root, { recursive: true, force: true }));
fs.writeFileSync(path.join(root, "index.html"),
	'<!doctype html><title>ours</title><script type="module">import * as w from "/_wvwasi/wvwasi.js"; window.w = w</script>');

/* What the workers saw, told to a port of their own. */
const seen = [];
const sink = http.createServer((request, response) => {
	let text = "";
	request.on("data", (piece) => (text += piece)).on("end", () => {
		seen.push(text);
		response.end();
	});
});
await new Promise((resolve) => sink.listen(0, "127.0.0.1", resolve));
after(() => {
	sink.closeAllConnections();
	sink.close();
});
const tell = `const tell = what => fetch("http://localhost:${sink.address().port}/", { method: "POST", mode: "no-cors", body: what });`;

const FOREIGN = {
	// As a page that works offline has it: whatever is asked for, its own start page is the answer.
	"answers everything itself": `
		onfetch = event => event.respondWith(tell(event.request.method + " " + event.request.url).then(() =>
			new Response("<!doctype html><title>foreign</title>FOREIGN", { headers: { "Content-Type": "text/html" } })));`,
	// Lets everything pass, and keeps what it sees.
	"looks on": `
		onfetch = event => event.respondWith((async () => {
			const response = await fetch(event.request.mode === "navigate" ? event.request.url : event.request);
			await tell(event.request.method + " " + event.request.url + " " + await response.clone().text());
			return response;
		})());`,
};

/** Whoever had the port before: its page registers the worker. Gives the port back. */
async function leaveWorker(engine, script, where) {
	const server = http.createServer((request, response) => {
		if (request.url === where)
			response.writeHead(200, { "Content-Type": "text/javascript", "Service-Worker-Allowed": "/" })
				.end(`oninstall = () => skipWaiting(); onactivate = event => event.waitUntil(clients.claim());${tell}${script}`);
		else
			response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>before</title>");
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address();
	const page = await engine.open(`http://localhost:${port}/`);
	await page.evaluate((from) => {
		navigator.serviceWorker.register(from, { scope: "/" });
	}, where);
	await page.waitFor(() => navigator.serviceWorker.controller !== null);
	await page.close();
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
	return port;
}

for (const name of engineNames)
	test(`${name}: a foreign worker at our port is gone when one is in, whether it answers or looks on`, async (t) => {
		const engine = await startEngine(name);
		t.after(() => engine.close());
		for (const [what, script] of Object.entries(FOREIGN)) {
			// From a place where the app has nothing, and wider than that place.
			const port = await leaveWorker(engine, script, what === "looks on" ? "/sw.js" : "/deep/.hidden/sw.js");
			const gateway = await startGateway(["--root", root], { port: ["--port", String(port)] });
			t.after(() => gateway.stop());
			const page = await engine.open(linkTo(gateway.ready.link, "/?in"));
			await page.waitFor(() => document.title === "ours" && window.w !== undefined);
			assert.equal(await page.evaluate(async () => (await window.w.connect({ unpaired: "throw" })) !== undefined), true);
			assert.deepEqual(await page.evaluate(async () => [location.search, navigator.serviceWorker.controller,
				(await navigator.serviceWorker.getRegistrations()).length]),
				["?in", null, 0]);
			const mine = seen.filter((each) => each.includes(`localhost:${port}/`));
			assert.ok(mine.some((each) => each.startsWith("GET ") && each.includes("/_wvwasi/enter")), `it ${what}: it was in the way`);
			assert.deepEqual(mine.filter((each) => each.startsWith("POST") || each.includes('"secret"')), [], "neither claim nor ticket passed it");
			await page.close();
			await gateway.stop(); // the next has the same folder at another port
		}
	});
