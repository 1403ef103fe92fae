// Whose process connects: the kernel is asked before a byte is parsed, and where it can't tell, files need a cookie.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import net from "node:net";
import path from "node:path";
import fs from "node:fs";
import { after } from "node:test";

import { pause } from "../engines/deadline.js";
import { test } from "../testing.js";
import { openDoors, tokenOf } from "./doors-fixture.js";
import { binary, top } from "./gateway.js";
import { Raw, ask, get, post, upgrade } from "./raw.js";

const NOBODY = 65534;
const asRoot = { skip: process.getuid() !== 0 && "needs another user's process" };
const fill = (root) => fs.writeFileSync(path.join(root, "index.html"), "the app");
const build = path.dirname(path.resolve(binary));
const withoutKernel = path.join(build, "lockin_without");
execFileSync("make", ["-s", `BUILD=${build}`, withoutKernel], { cwd: top, stdio: ["ignore", "ignore", "inherit"] });

/** What another user's process is answered to these bytes. */
function askAs(uid, port, bytes, host = "127.0.0.1") {
	const script = `const s = require("net").connect(${port}, ${JSON.stringify(host)}); let got = "";
		s.on("error", () => {}); s.on("data", (d) => (got += d)); s.on("close", () => process.stdout.write(got)); s.write(${JSON.stringify(bytes)});`;
	return execFileSync(process.execPath, ["-e", script], { uid, gid: uid, encoding: "latin1", timeout: 10_000 });
}

async function until(condition, what) {
	for (let waits = 0; !condition(); waits++) {
		assert.ok(waits < 500, what());
		await pause(10);
	}
}

test("another user's connection is closed without a byte, and the terminal names the user and the flag, once", asRoot, async (t) => {
	const doors = await openDoors(fill);
	t.after(() => doors.close());
	for (let i = 0; i < 5; i++)
		for (const host of ["127.0.0.1", "::1"])
			assert.equal(askAs(NOBODY, doors.port, get(doors.origin, "/").replace("HTTP/1.1", "HTTP/1.1\r\nConnection: close"), host), "");
	await until(() => /uid 65534/.test(doors.gateway.stderr()), doors.gateway.stderr);
	await doors.gateway.says(/^wvwasi-gw: [^\n]*refused, uid 65534[^\n]*--allow-uid 65534[^\n]*\n$/);
	assert.equal((await doors.get("/")).body.toString(), "the app");
});

test("--allow-uid lets a user connect: links give a session, files need the cookie", asRoot, async (t) => {
	const doors = await openDoors(fill, ["--allow-uid", "7", "--allow-uid", String(NOBODY)]);
	t.after(() => doors.close());
	const closing = { Connection: "close" };
	assert.match(askAs(NOBODY, doors.port, get(doors.origin, "/", closing)), /^HTTP\/1\.1 302 [^]*Location: \/_wvwasi\/enter#to=\//);
	const body = JSON.stringify({ token: tokenOf(await doors.gateway.link()) });
	const claimed = askAs(NOBODY, doors.port, post(doors.origin, "/_wvwasi/claim", body, closing));
	const [, cookie] = /Set-Cookie: (wv_\d+=[A-Za-z0-9_-]{22}); Path=\/; HttpOnly; SameSite=Strict\r\n/.exec(claimed);
	assert.match(askAs(NOBODY, doors.port, get(doors.origin, "/", { ...closing, Cookie: `other=1; ${cookie}` })), /the app$/);
	assert.equal(doors.gateway.stderr(), "");
});

test("a client that has gone by the time it is accepted is nobody's, not root's", async (t) => {
	const doors = await openDoors(fill);
	t.after(() => doors.close());
	for (let i = 0; i < 200; i++)
		await new Promise((resolve) => {
			const socket = net.connect(doors.port, "127.0.0.1", () => {
				socket.write(get(doors.origin, "/"));
				socket.resetAndDestroy();
				resolve();
			});
			socket.on("error", () => {});
		});
	assert.ok(await doors.isWell());
	assert.doesNotMatch(doors.gateway.stderr(), /uid/);
});

test("--peer-uid=require serves where the kernel tells", async (t) => {
	const doors = await openDoors(fill, ["--peer-uid", "require"]);
	t.after(() => doors.close());
	assert.equal((await doors.get("/")).status, 200);
});

test("--peer-uid=require refuses to start where the kernel doesn't tell", () => {
	const { status, stderr } = spawnSync(withoutKernel, ["netlink", binary, "--root", top, "--port", "0", "--peer-uid=require"],
		{ encoding: "utf8", timeout: 20_000 });
	assert.equal(status, 1, stderr);
	assert.match(stderr, /^wvwasi-gw: [^\n]*--peer-uid=require[^\n]*\n$/);
});

test("where the kernel doesn't tell: one warning, and files need the cookie, which opens nothing else", async (t) => {
	const doors = await openDoors(fill, [], { through: [withoutKernel, "netlink"] });
	t.after(() => doors.close());
	const { origin, port } = doors;
	await doors.gateway.says(/^wvwasi-gw: [^\n]*kernel[^\n]*other users[^\n]*\n$/);
	const led = await doors.get("/deep/page?q", { "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none" });
	assert.deepEqual([led.status, led.headers.location], [302, "/_wvwasi/enter#to=/deep/page"]);
	assert.equal((await doors.get("/app.js")).status, 401);
	assert.equal((await doors.get("/_wvwasi/program.wasm")).status, 401);
	for (const open of ["/_wvwasi/enter", "/_wvwasi/theme.css", "/_wvwasi/shim/gateway/tickets.js"])
		assert.equal((await doors.get(open)).status, 200, open);

	const claimed = await doors.post("/_wvwasi/claim", { token: tokenOf(await doors.gateway.link()) });
	const cookie = claimed.headers["set-cookie"].split(";")[0];
	const { secret } = JSON.parse(claimed.body);
	const value = cookie.split("=")[1];
	assert.equal((await doors.get("/", { Cookie: `x=1; ${cookie}; y=2` })).body.toString(), "the app");
	for (const wrong of [cookie.slice(0, -1), `${cookie}A`, `wv_1=${value}`, `x${cookie}`, `wv_${port}=${"A".repeat(22)}`, `wv_${port}=${secret.slice(0, 22)}`])
		assert.notEqual((await doors.get("/", { Cookie: wrong })).status, 200, wrong);
	// A server on another port sees the cookie: what could it do with it?
	assert.equal((await doors.post("/_wvwasi/ticket", "{}", { Cookie: cookie })).status, 401);
	assert.equal((await doors.post("/_wvwasi/ticket", "{}", { "Wvwasi-Secret": value })).status, 401);
	assert.equal((await ask(port, upgrade(origin, value, { Cookie: cookie }))).status, 401);
	assert.equal((await doors.post("/_wvwasi/call", "x", { Cookie: cookie })).status, 401);
	assert.equal((await doors.post("/_wvwasi/claim", { token: value }, { Cookie: cookie })).status, 410);
});

test("a proven peer is set no cookie", async (t) => {
	const doors = await openDoors(fill);
	t.after(() => doors.close());
	const { headers } = await doors.post("/_wvwasi/claim", { token: tokenOf(doors.gateway.ready.link) });
	assert.equal(headers["set-cookie"], undefined);
});

test("--max-connections bounds those who are in, and says so", async (t) => {
	const doors = await openDoors(fill, ["--max-connections", "3"]);
	t.after(() => doors.close());
	const session = await doors.enter();
	const tickets = await session.tickets(8);
	const open = [];
	after(() => open.forEach((raw) => raw.close()));
	let refused;
	for (const ticket of tickets) {
		const raw = await Raw.open(doors.port);
		const answer = await raw.send(upgrade(doors.origin, ticket)).answer();
		open.push(raw);
		if (answer.status !== 101)
			refused = answer;
	}
	assert.equal(refused.status, 503);
	assert.match(refused.body.toString(), /--max-connections/);
	await until(() => /--max-connections/.test(doors.gateway.stderr()), doors.gateway.stderr);
	assert.equal((await doors.get("/")).status, 200, "files are still served");
	open.forEach((raw) => raw.close());
	for (let tries = 0; ; tries++) {
		const [ticket] = await session.tickets();
		if ((await ask(doors.port, upgrade(doors.origin, ticket))).status === 101)
			break;
		assert.ok(tries < 200, "there's no room again");
		await pause(10);
	}
});

test("nothing that a client sends raises its scope, and no address mints links or lists sessions", async (t) => {
	const doors = await openDoors(fill);
	t.after(() => doors.close());
	const body = JSON.stringify({ token: tokenOf(doors.gateway.ready.link), scope: "control", session: { scope: "control" } });
	const { secret } = JSON.parse((await doors.post("/_wvwasi/claim?scope=control", body, { "Wvwasi-Scope": "control" })).body);
	const { tickets } = JSON.parse((await doors.post("/_wvwasi/ticket", { count: 1, scope: "control" }, { "Wvwasi-Secret": secret, Scope: "control" })).body);
	const session = await doors.enter();
	session.tickets = async () => tickets;
	const wire = await session.connect();
	assert.equal(wire.welcome.scope, "run");
	for (const name of ["link", "links", "pair", "sessions", "revoke", "stop", "code", "window", "debug", "control"])
		for (const answer of [await doors.post(`/_wvwasi/${name}`, "{}", { "Wvwasi-Secret": secret }), await doors.get(`/_wvwasi/${name}`)])
			assert.equal(answer.status, 404, name);
	const said = new Promise((resolve) => doors.gateway.events.once("sessions", resolve));
	doors.gateway.say({ do: "sessions" });
	assert.deepEqual((await said).sessions.map(({ scope }) => scope), ["run", "run"]);
	await wire.close();
});

test("claim and ticket take application/json alone: no form and no simple request says that", async (t) => {
	const doors = await openDoors(fill);
	t.after(() => doors.close());
	const token = tokenOf(doors.gateway.ready.link);
	for (const type of [undefined, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json",
			"application/json, text/plain"])
		for (const name of ["claim", "ticket"])
			assert.equal((await doors.post(`/_wvwasi/${name}`, { token }, { "Content-Type": type })).status, 415, `${name} ${type}`);
	assert.equal((await doors.post("/_wvwasi/claim", { token })).status, 200, "the link wasn't used up");
});
