// How the window and its gateway find each other, and that nobody else gets what passes between them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import readline from "node:readline";
import { after } from "node:test";

import { within } from "../engines/deadline.js";
import { binary as gatewayBinary } from "../gateway/gateway.js";
import { test } from "../testing.js";
import { Fixture, TITLE } from "./fixture.js";

const fixture = await Fixture.open();
after(() => fixture.close());
const { screen } = fixture;

test("--webview opens the app, let in, with shared memory, as a browser would", () => fixture.withWindow({}, async ({ gateway, start, pid }) => {
	fixture.photograph("app");
	assert.equal(start.href, `${gateway.ready.url}/`, "no token stays in the address");
	assert.deepEqual(start.hello, { exitCode: 7, wait: "shared", stdout: "before\n" });
	assert.equal(start.shared, "function");
	assert.equal(start.isolated, true);
	assert.equal(start.webdriver, false);
	assert.deepEqual(start.injected, [], "nothing of ours, and no bridge, is in the page");
	await gateway.next("session-open"); // its word comes by a pipe, maybe later than the page's report
	assert.equal(gateway.log.filter(({ event }) => event === "session-open").length, 1);
	assert.match(start.agent, /AppleWebKit/);
	assert.ok(fixture.processes(pid).some(({ name }) => name === "WebKitWebProcess"));
}));

test("without shared memory the app runs all the same, by xhr", () => fixture.withWindow({ args: ["--webview", "--isolation", "off"] }, async ({ start }) => {
	assert.equal(start.isolated, false);
	assert.deepEqual(start.hello, { exitCode: 7, wait: "xhr", stdout: "before\n" });
}));

test("no link passes by arguments, environment or files, and the engine's processes don't hold the way to the gateway",
	() => fixture.withWindow({}, async ({ pid }) => {
	const pairing = fs.readlinkSync(`/proc/${pid}/fd/3`);
	assert.match(pairing, /^socket:/);
	const processes = fixture.processes(pid);
	assert.ok(processes.length >= 3, "window, network and page");
	for (const { pid: each } of processes) {
		for (const what of ["cmdline", "environ"])
			assert.doesNotMatch(fs.readFileSync(`/proc/${each}/${what}`, "latin1"), /enter#|[?#&]k=|wvwasi\.secret/, `${what} of ${each}`);
		if (each !== pid)
			for (const fd of fs.readdirSync(`/proc/${each}/fd`))
				assert.notEqual(fs.readlinkSync(`/proc/${each}/fd/${fd}`), pairing);
	}
	// What the engine writes, it writes after a while: its index of icons names the pages that had one.
	await fixture.until(() => fixture.filesWith("icon\\.png").length, "where the engine keeps things is looked at");
	assert.deepEqual(fixture.filesWith("[#&]k=[A-Za-z0-9_-]{22}"), []);
}));

test("wvwasi-webview pairs with a gateway that runs, and closing it leaves that running", async (t) => {
	const gateway = await fixture.start([], { port: [] });
	t.after(() => fixture.end(gateway));
	const { ended, stderr } = fixture.startWindow();
	await fixture.report("start");
	await gateway.next("session-open");
	assert.equal(gateway.log.filter(({ event }) => event === "session-open").length, 1);
	await screen.closeWindow(await screen.window(TITLE));
	assert.equal(await within(ended, 30_000, "the window's end"), 0, stderr());
	await gateway.next("session-close");
	assert.ok(await gateway.link());
});

test("a second start with --webview is a window of the first", async (t) => {
	const gateway = await fixture.start([], { port: [] });
	t.after(() => fixture.end(gateway));
	const second = spawn(gatewayBinary, ["--root", fixture.root, "--webview", "--ephemeral"], { env: { ...process.env, ...fixture.env }, stdio: "ignore" });
	const ended = new Promise((resolve) => second.once("exit", resolve));
	await fixture.report("start");
	await screen.closeWindow(await screen.window(TITLE));
	assert.equal(await within(ended, 30_000, "the second start's end"), 0);
	assert.ok(await gateway.link());
});

/** The window, with the test in the keeper's place: it hands over whatever link it likes. */
function handLink(link) {
	const window = fixture.startWindow(["--ephemeral", "--descriptor", "3"], { stdio: ["pipe"] });
	const socket = window.child.stdio[3];
	readline.createInterface({ input: socket }).on("line", (line) => {
		const ask = JSON.parse(line);
		if (ask.do === "close")
			socket.write('{"event":"closed"}\n');
		else
			socket.write(`${JSON.stringify({ event: "window", app: "00ff", name: "app of tests" })}\n${JSON.stringify({ event: "browse", link })}\n`);
	});
	return window;
}

test("a link that was used, and one that never was, let nobody in", async (t) => {
	const gateway = await fixture.start([]);
	t.after(() => fixture.end(gateway));
	const link = await gateway.link();
	const first = handLink(link);
	await fixture.report("start");
	await screen.closeWindow(await screen.window(TITLE));
	await within(first.ended, 30_000, "the window's end");
	const { session } = await gateway.next("session-open");
	for (const [what, title] of [[link, "^This link was opened before"], [link.replace(/k=.{22}/, `k=${"A".repeat(22)}`), "^This link doesn’t work"]]) {
		const window = handLink(what);
		const id = await screen.window(title);
		fixture.photograph("refused");
		await screen.closeWindow(id);
		assert.equal(await within(window.ended, 30_000, "the window's end"), 0, window.stderr());
	}
	assert.deepEqual(gateway.log.filter(({ event }) => event === "session-open").map(({ session: id }) => id), [session]);
});

test("without a display, or a gateway, the window says so in a sentence", async () => {
	const run = async (args, env) => {
		const { ended, stderr } = fixture.startWindow(args, { env });
		return { code: await ended, stderr: stderr() };
	};
	assert.deepEqual(await run([]), { code: 1, stderr: "wvwasi-webview: no gateway of yours runs\n" });
	assert.deepEqual(await run(["--root", "/nowhere"]), { code: 1, stderr: "wvwasi-webview: no such gateway of yours runs\n" });
	assert.deepEqual(await run(["--descriptor", "9"]), { code: 1, stderr: "wvwasi-webview: the descriptor can't be used: Bad file descriptor\n" });
	assert.equal((await run(["--rot"])).code, 2);
	const gateway = await fixture.start(["--webview"], { env: { DISPLAY: "" } });
	assert.equal((await within(gateway.ended, 30_000, "the gateway's end")).code, 1, gateway.stderr());
	assert.match(gateway.stderr(), /^wvwasi-webview: there is no display \(DISPLAY and WAYLAND_DISPLAY are empty\)$/m);
});
