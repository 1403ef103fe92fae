// Who may ask: Host, Origin and Sec-Fetch-Site, against the real binary. (The rows of tests/unit/test_origin_check.c are the rule's own.)
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { openDoors } from "./doors-fixture.js";
import { Raw, ask, get, post, upgrade } from "./raw.js";
import { startGateway } from "./gateway.js";

const fixture = await openDoors();
after(() => fixture.close());
const { origin, port } = fixture;

const HOSTS = [`127.0.0.1:${port}`, `[::1]:${port}`, "localhost", `localhost:${port + 1}`, `0.0.0.0:${port}`, `127.1:${port}`, `localhost6:${port}`,
	`localhost.evil.example:${port}`, `evil.example:${port}`, `LOCALHOST:${port}`, `localhost.:${port}`, `user@localhost:${port}`, ""];

test("another Host is misdirected, wherever it asks, and told the right URL", async () => {
	for (const host of HOSTS)
		for (const bytes of [get(origin, "/", { Host: host }), get(origin, "/_wvwasi/wvwasi.js", { Host: host }), get(origin, "/favicon.ico", { Host: host }),
			post(origin, "/_wvwasi/claim", "{}", { Host: host }), upgrade(origin, "A".repeat(22), { Host: host })]) {
			const { status, body } = await ask(port, bytes);
			assert.equal(status, 421, `${host}: ${bytes.split("\r\n")[0]}`);
			assert.match(body.toString(), new RegExp(`${origin}`), host);
		}
	assert.equal((await ask(port, get(origin, "/", { Host: undefined }))).status, 421, "no Host");
	assert.equal((await ask(port, `GET / HTTP/1.1\r\nHost: localhost:${port}\r\nHost: localhost:${port}\r\n\r\n`)).status, 400, "two Hosts");
});

test("both families of localhost are ours", async () => {
	const raw = await Raw.open(port, "::1").catch((error) => error);
	if (raw.code === "EADDRNOTAVAIL")
		return; // this machine has no IPv6
	assert.equal((await raw.send(get(origin, "/_wvwasi/wvwasi.js")).answer()).status, 200);
	raw.close();
});

const ORIGINS = ["null", "http://evil.example", `http://localhost:${port + 1}`, `https://localhost:${port}`, `http://localhost:${port}.`,
	`HTTP://LOCALHOST:${port}`, `http://user@localhost:${port}`, `http://127.0.0.1:${port}`, `http://192.0.2.1:${port}`, "http://localhost",
	`http://localhost:${port}/`, ""];

test("another Origin gets nothing, and no Origin neither posts nor upgrades", async () => {
	const session = await fixture.enter();
	for (const foreign of [...ORIGINS, undefined]) {
		const [ticket] = await session.tickets();
		assert.equal((await ask(port, upgrade(origin, ticket, { Origin: foreign }))).status, 403, `upgrade from ${foreign}`);
		assert.equal((await ask(port, post(origin, "/_wvwasi/claim", "{}", { Origin: foreign }))).status, 403, `claim from ${foreign}`);
		const refused = await ask(port, post(origin, "/_wvwasi/ticket", "{}", { Origin: foreign, "Wvwasi-Secret": session.secret }));
		assert.equal(refused.status, 403, `ticket from ${foreign}`);
		assert.match(JSON.parse(refused.body).error, /Origin|ask here/);
		if (foreign !== undefined)
			assert.equal((await ask(port, get(origin, "/", { Origin: foreign }))).status, 403, `page from ${foreign}`);
	}
});

test("a refused upgrade doesn't use its ticket up", async () => {
	const [ticket] = await (await fixture.enter()).tickets();
	assert.equal((await ask(port, upgrade(origin, ticket, { Origin: "http://evil.example" }))).status, 403);
	assert.equal((await ask(port, upgrade(origin, ticket))).status, 101);
});

test("another site's page may link here, and neither embed nor fetch", async () => {
	const from = (site, mode, dest) => get(origin, "/_wvwasi/wvwasi.js", { "Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest });
	assert.equal((await ask(port, from("cross-site", "navigate", "document"))).status, 200);
	for (const site of ["cross-site", "same-site", "whatever"])
		for (const [mode, dest] of [["no-cors", "image"], ["no-cors", "script"], ["cors", "empty"], ["navigate", "iframe"], ["navigate", "object"],
			["websocket", "empty"]])
			assert.equal((await ask(port, from(site, mode, dest))).status, 403, `${site} ${mode} ${dest}`);
	for (const site of ["same-origin", "none"])
		assert.equal((await ask(port, from(site, "cors", "empty"))).status, 200, site);
	assert.equal((await ask(port, post(origin, "/_wvwasi/claim", "{}", { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate",
		"Sec-Fetch-Dest": "document" }))).status, 403, "a form");
});

test("a proxy's words about Host change nothing", async () => {
	const { status } = await ask(port,
		get(origin, "/", { Host: "evil.example", "X-Forwarded-Host": `localhost:${port}`, Forwarded: `host=localhost:${port}` }));
	assert.equal(status, 421);
});

test("--address gives an app an address, and so an origin, of its own", async () => {
	const gateway = await startGateway(["--root", fixture.root, "--address", "127.9.8.7"]);
	assert.equal(gateway.ready.url, `http://127.9.8.7:${gateway.ready.port}`);
	const raw = await Raw.open(gateway.ready.port, "127.9.8.7");
	assert.equal((await raw.send(get(gateway.ready.url, "/_wvwasi/wvwasi.js")).answer()).status, 200);
	raw.close();
	await assert.rejects(Raw.open(gateway.ready.port, "127.0.0.1"), /ECONNREFUSED/);
	await gateway.stop();
});
