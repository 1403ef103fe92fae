// What the window shows when the page, or the gateway, has gone.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after } from "node:test";

import { test } from "../testing.js";
import { BUTTON, House, LINE, TITLE } from "./house.js";

const house = await House.open();
after(() => house.close());
const { screen } = house;

test("a crashed page can be reloaded, with another link, to where it was", () => house.withWindow({ query: "here=1" }, async ({ gateway, pid }) => {
	fs.rmSync(path.join(house.data, "start"));
	process.kill(house.processes(pid).find(({ name }) => name === "WebKitWebProcess").pid, "SIGKILL");
	await screen.sees(BUTTON, 500);
	house.photograph("crash");
	await screen.press(await screen.window(), "Return");
	const again = await house.report("start");
	assert.match(again.href, /\/app\.html\?here=1$/);
	assert.equal(again.hello.exitCode, 7);
	assert.equal(gateway.log.filter(({ event }) => event === "session-open").length, 2, "the link was another");
}));

for (const [how, signal] of [["was killed", "SIGKILL"], ["was stopped", "SIGTERM"]])
	test(`a gateway that ${how} is told about, and the page stays`, () => house.withWindow({}, async ({ gateway, window, pid }) => {
		gateway.kill(signal);
		await screen.sees(LINE, 20_000);
		house.photograph(`gateway-${how.replaceAll(" ", "-")}`);
		assert.ok(house.isAlive(pid), "the window stays");
		await screen.window(TITLE);
		await screen.closeWindow(window);
		await house.gone(pid);
	}));

test("a gateway that runs again is found by the window that lost it", async (t) => {
	const first = await house.start([], { port: [] });
	t.after(() => house.end(first));
	const { child, ended } = house.startWindow(["--root", house.root]);
	await house.report("start");
	await first.stop();
	const { y } = await screen.sees(LINE, 20_000);
	const second = await house.start([], { port: [] });
	t.after(() => house.end(second));
	assert.equal(second.ready.port, first.ready.port);
	const window = await screen.window(TITLE), place = await screen.place(window);
	await screen.click(window, 900, y - place.y); // "Try again"
	await house.report("start");
	assert.equal(second.log.filter(({ event }) => event === "session-open").length, 1);
	house.photograph("again");
	child.kill();
	await ended;
});
