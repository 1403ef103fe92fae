// What the window keeps, what it opens to others, and what the gateway is made of.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after } from "node:test";

import { within } from "../engines/deadline.js";
import { binary as gatewayBinary } from "../gateway/gateway.js";
import { listens } from "../gateway/processes.js";
import { test } from "../testing.js";
import { Fixture, TITLE, binary } from "./fixture.js";

const fixture = await Fixture.open();
after(() => fixture.close());
const { screen } = fixture;

test("what the page keeps is there at the next start, in folders of the app's own", async () => {
	for (const visits of [null, "1"])
		await fixture.withWindow({ port: [] }, async ({ start, gateway, window }) => {
			assert.equal(start.visits, visits);
			await screen.closeWindow(window);
			await within(gateway.ended, 30_000, "the gateway's end");
		});
	for (const place of [".local/share", ".cache"]) {
		const folder = path.join(fixture.home, place, "wvwasi-gw");
		assert.equal(fs.readdirSync(folder).filter((name) => name !== "starts").length, 1);
		assert.equal(fs.statSync(path.join(folder, fs.readdirSync(folder).find((name) => name !== "starts"))).mode & 0o777, 0o700);
	}
});

test("all windows of an app have one storage, whichever process was asked for them", () => fixture.withWindow({ port: [] }, async ({ start, gateway, window }) => {
	const starts = fixture.startWindow([], {});
	const { visits } = await fixture.report("start", (each) => each.visits !== start.visits);
	assert.equal(visits, String(Number(start.visits) + 1));
	const [first, second] = [window, (await fixture.until(async () => (await screen.windows(TITLE)).length === 2 && screen.windows(TITLE), "two windows"))
		.find((id) => id !== window)];
	await screen.press(first, "ctrl+w");
	await fixture.until(async () => (await screen.windows(TITLE)).length === 1, "the second window alone");
	fs.rmSync(path.join(fixture.data, "start"));
	await screen.press(second, "F5");
	assert.equal((await fixture.report("start")).visits, String(Number(visits) + 1), "its programs run on the same session");
	await screen.press(second, "ctrl+w");
	assert.equal(await within(starts.ended, 30_000, "the second start's end"), 0, starts.stderr());
	assert.equal(starts.stderr(), "");
	assert.equal((await within(gateway.ended, 30_000, "the gateway's end")).code, 0);
}));

test("with --ephemeral nothing is kept", async () => {
	for (const place of [".local/share", ".cache"])
		fs.rmSync(path.join(fixture.home, place), { recursive: true, force: true });
	for (let turn = 0; turn < 2; turn++)
		await fixture.withWindow({ args: ["--webview", "--ephemeral"], port: [] }, async ({ start }) => assert.equal(start.visits, null));
	assert.equal(fs.existsSync(path.join(fixture.home, ".local/share")), false);
	assert.equal(fs.existsSync(path.join(fixture.home, ".cache/wvwasi-gw")), false);
});

/** Taken and given back. */
async function freePort() {
	const server = net.createServer();
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return port;
}

test("the engine's doors are shut unless they are asked for", async () => {
	const server = await freePort(), http = await freePort();
	const inspector = { WEBKIT_INSPECTOR_SERVER: `127.0.0.1:${server}` }, page = { WEBKIT_INSPECTOR_HTTP_SERVER: `127.0.0.1:${http}` };
	for (const [args, env, open] of [
		[["--webview"], { ...inspector, ...page }, []],
		[["--webview", "--automation"], { ...inspector, ...page }, [server]],
		[["--webview", "--inspect"], inspector, [server]],
		[["--webview", "--inspect"], page, [http]],
	])
		await fixture.withWindow({ args, env }, async ({ gateway, pid, start }) => {
			const ports = listens(fixture.processes(pid).map((each) => each.pid)).map(({ port }) => port);
			// The engine's own page of inspectors opens another port beside it.
			assert.deepEqual(env === page ? ports.filter((port) => port === http) : ports, open, args.join(" "));
			assert.equal(/--automation: any program/.test(gateway.stderr()), args.includes("--automation"), gateway.stderr());
			assert.equal(start.webdriver, args.includes("--automation"));
		});
});

test("the gateway links nothing graphical", () => {
	const graphical = /gtk|gdk|webkit|cairo|pango|libX|wayland|javascriptcore|glib/i;
	assert.doesNotMatch(execFileSync("ldd", [gatewayBinary], { encoding: "utf8" }), graphical);
	assert.match(execFileSync("ldd", [binary], { encoding: "utf8" }), graphical);
});
