// Another origin's page against the gateway, in one engine: it gets nothing, changes nothing, learns only that a port is open. It runs from
// another port of localhost (same site: cookies come along) and from another address (another site), beside a tab that is in.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";

import { startEngine } from "../engines/index.js";
import { within } from "../engines/deadline.js";
import { Session } from "../gateway/client.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";
import { ask, post, upgrade } from "../gateway/raw.js";
import { test } from "../testing.js";

/** Serves the attacker's page to whoever asks for it. */
async function startAttacker() {
	const script = fs.readFileSync(path.join(top, "tests/pages/malicious.js"));
	const server = http.createServer((request, response) => {
		if (request.url === "/malicious.js" || request.url === "/worker.js")
			response.writeHead(200, { "Content-Type": "text/javascript" }).end(request.url === "/worker.js" ? "" : script);
		else
			response.writeHead(200, { "Content-Type": "text/html" })
				.end('<!doctype html><title>free kittens</title><script src="/malicious.js"></script><body>');
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	return server;
}

function fill(root) {
	fs.mkdirSync(root);
	fs.writeFileSync(path.join(root, "index.html"), "<!doctype html><title>app</title>THE APP<iframe></iframe>");
	fs.writeFileSync(path.join(root, "secret.txt"), "THE SECRET");
	fs.writeFileSync(path.join(root, "app.js"), "globalThis.stolen = 'THE SCRIPT';");
	fs.writeFileSync(path.join(root, "worker.js"), ""); // a page that asks for a worker that isn't there is given one that ends
	fs.writeFileSync(path.join(root, "own.html"), '<!doctype html><script src="/malicious.js"></script><body>');
	fs.copyFileSync(path.join(top, "tests/pages/malicious.js"), path.join(root, "malicious.js"));
}

/** @param {string} engineName */
export async function malicious(engineName) {
	const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-malicious-"));
	after(() => fs.rmSync(base, { recursive: true, force: true }));
	fill(path.join(base, "root"));
	const gateway = await startGateway(["--root", path.join(base, "root"), "--dir", `${base}::/work`]);
	after(() => gateway.stop());
	const attacker = await startAttacker();
	after(() => {
		attacker.closeAllConnections();
		attacker.close();
	});
	const engine = await startEngine(engineName);
	after(() => engine.close());
	const origin = gateway.ready.url;
	const victim = await engine.open(linkTo(await gateway.link(), "/"));
	await victim.waitFor(() => localStorage.getItem("wvwasi.secret") !== null && location.pathname === "/");
	const session = await Session.enter(gateway);

	for (const host of ["localhost", "127.0.0.1"])
		test(`${engineName}: a page of ${host}, on another port, gets nothing and changes nothing`, async () => {
			const token = /k=([^&]+)/.exec(await gateway.link())[1];
			const [ticket] = await session.tickets();
			const before = gateway.log.length;
			const page = await engine.open(`http://${host}:${attacker.address().port}/`);
			await page.waitFor(() => window.attack !== undefined);
			const { got, tried } = await within(page.evaluate((target) => window.attack(target), { origin, token, ticket, guess: "A".repeat(43) }), 50_000,
				"the attack");
			await page.close();
			assert.deepEqual(got, []);
			assert.ok(tried > 100, `only ${tried} tried`);
			// The popup is a navigation, which may look at the app's page but leaves no trace of it; nothing else is noticed by the gateway.
			assert.deepEqual(gateway.log.slice(before), [], "no session, no program, nothing");
			assert.equal((await ask(gateway.ready.port, upgrade(origin, ticket))).status, 101, "the ticket wasn't used up");
			assert.equal((await ask(gateway.ready.port, post(origin, "/_wvwasi/claim", JSON.stringify({ token })))).status, 200, "nor the link");
			assert.deepEqual(fs.readdirSync(base), ["root"]);
			assert.deepEqual(fs.readdirSync(path.join(base, "root")).sort(), ["app.js", "index.html", "malicious.js", "own.html", "secret.txt", "worker.js"]);
		});

	test(`${engineName}: the same attack by the app's own page gets a lot: it is the origin that counts`, async () => {
		const token = /k=([^&]+)/.exec(await gateway.link())[1];
		const [ticket] = await session.tickets();
		const page = await engine.open(`${origin}/own.html`);
		await page.waitFor(() => window.attack !== undefined);
		const { got } = await within(page.evaluate((target) => window.attack(target), { origin, token, ticket, guess: "A".repeat(43) }), 50_000, "the attack");
		await page.close();
		for (const what of [/^fetch cors include \/secret.txt: THE SECRET/, /^XMLHttpRequest: THE SECRET/, /^image \/_wvwasi\/icon.svg: loaded/,
				/^script \/app.js: loaded/,
			/^post cors application\/json claim: \{"secret/, /^storage: /])
			assert.ok(got.some((each) => what.test(each)), `${what} in\n${got.join("\n")}`);
	});

	test(`${engineName}: the user's own tab is still in, unframed and isolated`, async () => {
		assert.deepEqual(await victim.evaluate(async () => [await (await fetch("/secret.txt")).text(), window.crossOriginIsolated, window.opener]),
			["THE SECRET", true, null]);
	});
}
