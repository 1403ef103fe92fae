// Closing the window: programs write out what they hold and end, and so does the gateway unless somebody else is in.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after } from "node:test";

import { pause, within } from "../engines/deadline.js";
import { binary as gatewayBinary, startGateway, top } from "../gateway/gateway.js";
import { Session } from "../gateway/client.js";
import { test } from "../testing.js";
import { Fixture, TITLE } from "./fixture.js";

const fixture = await Fixture.open();
after(() => fixture.close());
const { screen } = fixture;

/** All processes below this one. */
function below(pid) {
	const children = fs.readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
		fs.readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number));
	return children.flatMap((child) => [child, ...below(child)]);
}

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

/* The gateway sends FRAME.FINISH to the programs of a window that is closed. */
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

for (const [what, end] of [["closed", (window) => screen.press(window, "ctrl+w")], ["killed", (window, pid) => process.kill(pid, "SIGKILL")]])
	test(`the gateway ends with its last window, when the first one was ${what} before`,
		() => fixture.withWindow({ port: [] }, async ({ gateway, window, pid }) => {
		fs.rmSync(path.join(fixture.data, "start"));
		const second = spawn(gatewayBinary, ["--root", fixture.root, "--webview", "--ephemeral"], { env: { ...process.env, ...fixture.env }, stdio: "ignore" });
		const secondEnded = new Promise((resolve) => second.once("exit", resolve));
		await fixture.report("start");
		const other = (await fixture.until(async () => (await screen.windows(TITLE)).length === 2 && screen.windows(TITLE), "two windows"))
			.find((id) => id !== window);
		await end(window, pid);
		await gateway.next("session-close", ({ session }) => session === 1);
		await fixture.gone(pid);
		await fixture.until(() => !fs.existsSync(`/proc/${pid}`), "nothing is left of the first window, not even a zombie");
		assert.ok(await gateway.link(), "it stays while the second window is open");
		await screen.press(other, "ctrl+w");
		assert.equal(await within(secondEnded, 30_000, "the second window's end"), 0);
		assert.equal((await within(gateway.ended, 30_000, "the gateway's end")).code, 0, gateway.stderr());
	}));

test("a page that objects to being closed is asked about", () => fixture.withWindow({ query: "object" }, async ({ gateway, window }) => {
	await screen.click(window, 500, 500); // a page that nobody touched may not object
	await screen.closeWindow(window);
	const question = await screen.window("^Question$");
	fixture.photograph("leave");
	await screen.press(question, "Return"); // "Stay" is the default
	await screen.gone("^Question$");
	assert.equal(await screen.window(TITLE), window, "it stays");
	await screen.closeWindow(window);
	await screen.press(await screen.window("^Question$"), "alt+c");
	assert.equal((await within(gateway.ended, 30_000, "the gateway's end")).code, 0);
}));

/* WebKit itself gives a page 50 ms to say what it wants, which a busy machine takes from it. */
test("a page that needs a while to object is asked about too", () => fixture.withWindow({ query: "object" }, async ({ gateway, window, pid }) => {
	await screen.click(window, 500, 500);
	const pages = below(pid).filter((child) => /WebKitWebProcess/.test(fs.readFileSync(`/proc/${child}/cmdline`, "latin1")));
	assert.ok(pages.length > 0);
	for (const child of pages)
		process.kill(child, "SIGSTOP");
	await screen.closeWindow(window);
	await pause(500); // ten times as long as WebKit's 50 ms
	for (const child of pages)
		process.kill(child, "SIGCONT");
	await screen.press(await screen.window("^Question$"), "Return");
	await screen.gone("^Question$");
	assert.equal(await screen.window(TITLE), window, "it stays");
	await screen.closeWindow(window);
	await screen.press(await screen.window("^Question$"), "alt+c");
	assert.equal((await within(gateway.ended, 30_000, "the gateway's end")).code, 0);
}));

test("over a running program the window asks in its own words; its menu is an app's", () => fixture.withWindow({ query: "records=shared" }, async ({ gateway, window }) => {
	await fixture.report("progress", (written) => written > 0);
	const menu = async (...keys) => {
		const before = (await screen.windows("")).length;
		await screen.click(window, 700, 500, 3);
		await fixture.until(async () => (await screen.windows("")).length > before, "the menu");
		fixture.photograph("menu");
		await screen.keys(...keys);
	};
	await menu("Down", "Down", "Return"); // Print, Full Screen
	await fixture.report("size", ([width, height]) => width === 1100 && height === 800);
	await screen.press(window, "F11");
	await fixture.report("size", ([width, height]) => width === 1000 && height === 720);
	await menu("Up", "Return"); // Close
	const question = await screen.window("^Question$");
	fixture.photograph("running");
	await screen.press(question, "Return");
	await screen.gone("^Question$");
	const seen = await fixture.report("progress");
	await fixture.report("progress", (written) => written > seen);
	await screen.closeWindow(window);
	await screen.press(await screen.window("^Question$"), "alt+c");
	assert.equal((await within(gateway.ended, 30_000, "the gateway's end")).code, 0);
}));

test("it asks over a program that would outlive its page, too", () => fixture.withWindow({ query: "keeps" }, async ({ gateway, window }) => {
	await screen.closeWindow(window);
	await screen.press(await screen.window("^Question$"), "Return");
	await screen.gone("^Question$");
	assert.equal(gateway.log.some(({ event }) => event === "program-end"), false);
	await screen.closeWindow(window);
	await screen.press(await screen.window("^Question$"), "alt+c");
	assert.equal((await within(gateway.ended, 30_000, "the gateway's end")).code, 0);
}));

test("a page that hangs can be closed", () => fixture.withWindow({ query: "hang" }, async ({ gateway, window }) => {
	await screen.closeWindow(window);
	assert.equal((await within(gateway.ended, 30_000, "the gateway's end")).code, 0);
}));

test("--webview --once: the exit code of a component in the terminal's page is the gateway's", async (t) => {
	const exits = path.join(process.env.WVWASI_BUILD ?? path.join(top, "build"), "components/exits.wasm");
	const gateway = await startGateway(["--webview", "--once", "--", exits, "42"], { env: fixture.env });
	t.after(() => fixture.end(gateway));
	assert.equal((await within(gateway.ended, 30_000, "the gateway's end")).code, 42, gateway.stderr());
});
