// What the window shows when the page, or the gateway, has gone.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after } from "node:test";

import { test } from "../testing.js";
import { BUTTON, Fixture, LINE, TITLE } from "./fixture.js";

const fixture = await Fixture.open();
after(() => fixture.close());
const { screen } = fixture;

test("a crashed page can be reloaded, with another link, to where it was", () => fixture.withWindow({ query: "here=1" }, async ({ gateway, pid }) => {
	fs.rmSync(path.join(fixture.data, "start"));
	process.kill(fixture.processes(pid).find(({ name }) => name === "WebKitWebProcess").pid, "SIGKILL");
	await screen.sees(BUTTON, 500);
	fixture.photograph("crash");
	await screen.press(await screen.window(), "Return");
	const again = await fixture.report("start");
	assert.match(again.href, /\/app\.html\?here=1$/);
	assert.equal(again.hello.exitCode, 7);
	assert.equal(gateway.log.filter(({ event }) => event === "session-open").length, 2, "the link was another");
}));

for (const [how, signal] of [["was killed", "SIGKILL"], ["was stopped", "SIGTERM"]])
	test(`a gateway that ${how} is told about, and the page stays`, () => fixture.withWindow({}, async ({ gateway, window, pid }) => {
		gateway.kill(signal);
		await screen.sees(LINE, 20_000);
		fixture.photograph(`gateway-${how.replaceAll(" ", "-")}`);
		assert.ok(fixture.isAlive(pid), "the window stays");
		await screen.window(TITLE);
		await screen.closeWindow(window);
		await fixture.gone(pid);
	}));

test("a gateway that runs again is found by the window that lost it", async (t) => {
	const first = await fixture.start([], { port: [] });
	t.after(() => fixture.end(first));
	const { child, ended } = fixture.startWindow(["--root", fixture.root]);
	await fixture.report("start");
	await first.stop();
	const { y } = await screen.sees(LINE, 20_000);
	const second = await fixture.start([], { port: [] });
	t.after(() => fixture.end(second));
	assert.equal(second.ready.port, first.ready.port);
	const window = await screen.window(TITLE), place = await screen.place(window);
	await screen.click(window, 900, y - place.y); // "Try again"
	await fixture.report("start");
	assert.equal(second.log.filter(({ event }) => event === "session-open").length, 1);
	fixture.photograph("again");
	child.kill();
	await ended;
});
