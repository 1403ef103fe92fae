// Closing the window: programs write out what they hold and end, and so does the gateway unless somebody else is in.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after } from "node:test";

import { within } from "../engines/deadline.js";
import { Session } from "../gateway/client.js";
import { test } from "../testing.js";
import { Fixture, TITLE } from "./fixture.js";

const fixture = await Fixture.open();
after(() => fixture.close());
const { screen } = fixture;

for (const wait of ["shared", "xhr"])
	test(`${wait}: closing ends a program in mid-write, having lost nothing, and the gateway`, async (t) => {
		const gateway = await fixture.start(["--webview"], { query: `records=${wait}` });
		t.after(() => fixture.end(gateway));
		await fixture.report("progress", (written) => written >= 640);
		const window = await screen.window(TITLE);
		const shown = await fixture.report("progress");
		await screen.closeWindow(window);
		const { code } = await within(gateway.ended, 30_000, "the gateway's end");
		assert.equal(code, 0, gateway.stderr());
		const lines = fs.readFileSync(path.join(fixture.data, "records"), "latin1").split("\n");
		assert.equal(lines.pop(), "", "the last record is whole");
		lines.forEach((line, at) => assert.equal(Number(line), at + 1, `record ${at}`));
		assert.ok(lines.length >= shown, `${lines.length} of ${shown}`);
		assert.equal(gateway.log.find(({ event }) => event === "program-end").reason, "killed");
		assert.equal(gateway.log.find(({ event }) => event === "session-close").session, 1);
		await screen.gone("..*");
		});

test("the gateway stays while another session is connected", () => fixture.withWindow({}, async ({ gateway, window, pid }) => {
	const session = await Session.enter(gateway);
	const wire = await session.connect();
	await screen.closeWindow(window);
	await screen.gone(TITLE);
	await fixture.gone(pid);
	await gateway.next("session-close", ({ session: id }) => id === 1);
	assert.ok(await gateway.link(), "it still answers");
	await wire.call("sched_yield"); // rejects if the other's programs don't go on
}));

test("a page that objects to being closed is asked about", () => fixture.withWindow({ query: "object" }, async ({ gateway, window }) => {
	await screen.click(window, 500, 500); // a page that nobody touched may not object
	await screen.closeWindow(window);
	const question = await screen.window("^Question$");
	fixture.photograph("leave");
	await screen.press(question, "Return"); // "Stay" is the default
	await screen.gone("^Question$");
	assert.deepEqual((await screen.windows(TITLE)).length, 1);
	await screen.closeWindow(window);
	await screen.press(await screen.window("^Question$"), "alt+l");
	assert.equal((await within(gateway.ended, 30_000, "the gateway's end")).code, 0);
}));

test("a page that hangs can be closed", () => fixture.withWindow({ query: "hang" }, async ({ gateway, window }) => {
	await screen.closeWindow(window);
	assert.equal((await within(gateway.ended, 30_000, "the gateway's end")).code, 0);
}));
