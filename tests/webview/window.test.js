// The window as a person has it: what they see, click and type, on a screen in memory, with the real engine and the real gateway.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after } from "node:test";

import { pause, within } from "../engines/deadline.js";
import { Session } from "../gateway/client.js";
import { test } from "../testing.js";
import { House, binary } from "./house.js";

const house = await House.open();
after(() => house.close());
const { screen } = house;
const TITLE = "^An app of the tests$";
/** Photographs for people to look at, if a folder is named. */
const album = process.env.WVWASI_PHOTOS;
const photograph = (name) => album && screen.photograph(path.join(album, `${name}.png`));

/** Starts, waits for the page's report, runs the test, ends. */
async function withWindow(options, fn) {
	const gateway = await house.start(options.args, options);
	try {
		const start = await house.report("start");
		const window = await screen.window(TITLE);
		await fn({ gateway, start, window, pid: (await gateway.next("window")).pid });
	} finally {
		await house.end(gateway);
	}
}

test("--webview opens the app, let in, with shared memory, as a browser would", () => withWindow({}, async ({ gateway, start, pid }) => {
	photograph("app");
	assert.equal(start.href, `${gateway.ready.url}/`, "no token stays in the address");
	assert.deepEqual(start.hello, { exitCode: 7, wait: "shared", stdout: "before\n" });
	assert.equal(start.shared, "function");
	assert.equal(start.isolated, true);
	assert.equal(start.webdriver, false);
	assert.deepEqual(start.injected, [], "nothing of ours, and no bridge, is in the page");
	assert.equal(gateway.log.filter(({ event }) => event === "session-open").length, 1);
	const secrets = /AppleWebKit/.exec(start.agent);
	assert.ok(secrets, start.agent);
	assert.ok(house.processes(pid).some(({ name }) => name === "WebKitWebProcess"));
}));

test("no link passes by arguments, environment or files", async () => {
	const gateway = await house.start();
	try {
		const { pid } = await gateway.next("window");
		await house.report("start");
		for (const { pid: each } of house.processes(pid))
			for (const what of ["cmdline", "environ"])
				assert.doesNotMatch(fs.readFileSync(`/proc/${each}/${what}`, "latin1"), /enter#|[?#&]k=|wvwasi\.secret/, `${what} of ${each}`);
		assert.deepEqual(house.filesWith("k=[A-Za-z0-9_-]{22}"), []);
		assert.notDeepEqual(house.filesWith("^const TITLE|wvwasi.js"), [], "where the engine keeps things is looked at");
	} finally {
		await house.end(gateway);
	}
});

test("closing the window ends the program, having lost nothing, and the gateway", async () => {
	const gateway = await house.start(undefined, { query: "records=shared" });
	await house.report("progress", (written) => written > 200);
	const window = await screen.window(TITLE);
	const shown = await house.report("progress");
	const began = Date.now();
	await screen.closeWindow(window);
	const { code } = await within(gateway.ended, 8000, "the gateway's end");
	assert.ok(Date.now() - began < 6000, `${Date.now() - began} ms`);
	assert.equal(code, 0, gateway.stderr());
	const records = fs.readFileSync(path.join(house.data, "records"), "latin1");
	const lines = records.split("\n");
	assert.equal(lines.pop(), "", "the last record is whole");
	lines.forEach((line, at) => assert.equal(Number(line), at + 1, `record ${at}`));
	assert.ok(lines.length >= shown, `${lines.length} of ${shown}`);
	const end = gateway.log.find(({ event }) => event === "program-end");
	assert.equal(end.reason, "killed");
	assert.equal(gateway.log.find(({ event }) => event === "session-close").session, 1);
	assert.deepEqual(await screen.windows(), []);
});

test("the gateway stays while another session is connected", async () => {
	house.leadTo("");
	const gateway = await house.start();
	try {
		await house.report("start");
		const { pid } = await gateway.next("window");
		const session = await Session.enter(gateway);
		const wire = await session.connect();
		await screen.closeWindow(await screen.window(TITLE));
		await screen.gone(TITLE);
		for (const until = Date.now() + 6000; house.isAlive(pid) && Date.now() < until; await pause(20)) ;
		assert.equal(house.isAlive(pid), false);
		await gateway.next("session-close", ({ session: id }) => id === 1);
		await pause(300);
		assert.ok(await gateway.link(), "it still answers");
		wire.close?.();
	} finally {
		await house.end(gateway);
	}
});

test("a page that objects to being closed is asked about", () => withWindow({ query: "object" }, async ({ gateway, window }) => {
	await screen.press(window, "a"); // a page that nobody touched may not object
	await screen.closeWindow(window);
	const question = await screen.window("^Question$");
	photograph("leave");
	await screen.press(question, "Return"); // "Stay" is the default
	await screen.gone("^Question$");
	assert.deepEqual((await screen.windows(TITLE)).length, 1);
	await screen.closeWindow(window);
	await screen.press(await screen.window("^Question$"), "alt+l");
	assert.equal((await within(gateway.ended, 8000, "the gateway's end")).code, 0);
}));

test("a page that hangs can be closed", () => withWindow({ query: "hang" }, async ({ gateway, window }) => {
	await screen.closeWindow(window);
	assert.equal((await within(gateway.ended, 8000, "the gateway's end")).code, 0);
}));

test("a crashed page can be reloaded, with another link, to where it was", () => withWindow({ query: "here=1" }, async ({ gateway, pid }) => {
	fs.rmSync(path.join(house.data, "start"));
	process.kill(house.processes(pid).find(({ name }) => name === "WebKitWebProcess").pid, "SIGKILL");
	await pause(1500); // nothing tells us that the page is gone but the screen
	photograph("crash");
	await screen.press(await screen.window(), "Return");
	const again = await house.report("start");
	assert.match(again.href, /\/app\.html\?here=1$/);
	assert.equal(again.hello.exitCode, 7);
	assert.equal(gateway.log.filter(({ event }) => event === "session-open").length, 2, "the link was another");
}));

test("a gateway that has gone is told about, and the page stays", () => withWindow({ query: "" , args: ["--webview"] }, async ({ gateway, window, pid }) => {
	const before = screen.look();
	gateway.kill("SIGKILL");
	await pause(1500);
	photograph("gone");
	const now = screen.look(), { x, y } = await screen.place(window);
	let changed = 0;
	for (let row = y + 5; row < y + 25; row++)
		for (let column = x; column < x + 1000; column++)
			changed += before.rgb[(row * before.width + column) * 3] !== now.rgb[(row * now.width + column) * 3];
	assert.ok(changed > 2000, `the line above the page: ${changed} points`);
	assert.ok(house.isAlive(pid), "the window stays");
	await screen.closeWindow(await screen.window(TITLE));
	for (const until = Date.now() + 5000; house.isAlive(pid) && Date.now() < until; await pause(20)) ;
	assert.equal(house.isAlive(pid), false);
}));

test("a link to elsewhere opens in the person's browser", () => withWindow({ query: "" }, async ({ window, gateway }) => {
	fs.rmSync(house.browsed, { force: true });
	await screen.click(window, 60, 40);
	for (const until = Date.now() + 5000; !house.elsewhere().length && Date.now() < until; await pause(20)) ;
	assert.deepEqual(house.elsewhere(), ["https://example.org/page?x=1"]);
	await screen.window(TITLE);
	assert.ok(await gateway.link());
}));

for (const [what, query] of [
	["a page can't lead the window elsewhere by itself", "leave=https://example.org/"],
	["nor to a file", "leave=file:///etc/passwd"], ["nor to the same host at another port", "leave=http://localhost:1/"],
])
	test(what, () => withWindow({ query }, async () => {
		fs.rmSync(house.browsed, { force: true });
		await pause(1500);
		await screen.window(TITLE);
		assert.deepEqual(house.elsewhere(), [], "and the browser isn't bothered");
		assert.match((await house.report("start")).href, /app\.html/);
	}));

test("a download is saved where the person says", () => withWindow({ query: "" }, async ({ window }) => {
	const file = path.join(house.base, "saved.txt");
	await screen.click(window, 60, 100);
	const dialog = await screen.window("^Save$");
	photograph("save");
	await screen.press(dialog, "ctrl+a");
	await screen.type(dialog, file);
	await screen.press(dialog, "Return");
	for (const until = Date.now() + 8000; !fs.existsSync(file) && Date.now() < until; await pause(20)) ;
	assert.equal(fs.readFileSync(file, "utf8"), "Dear reader\n");
	await pause(400);
	photograph("saved");
}));

test("what a page asks to be allowed, the person is asked", () => withWindow({ query: "" }, async ({ window }) => {
	await screen.click(window, 60, 160);
	const question = await screen.window("^Question$");
	photograph("permission");
	await screen.press(question, "Return"); // "Don't allow" is the default
	assert.equal(await house.report("place"), 1, "PERMISSION_DENIED");
}));

test("keys are the page's first, and the window's if it doesn't want them", () => withWindow({ query: "keys" }, async ({ window }) => {
	await screen.press(window, "ctrl+r");
	assert.equal(await house.report("key"), "ctrl+r");
	await screen.press(window, "ctrl+plus", "ctrl+plus");
	const [width] = await house.report("size", ([each]) => each < 900);
	assert.ok(width > 700, `${width}`);
	await screen.press(window, "ctrl+0");
	await house.report("size", ([each]) => each === 1000);
	fs.rmSync(path.join(house.data, "start"));
	await screen.press(window, "F5");
	await house.report("start");
}));

test("the window fills the screen, and leaves it", () => withWindow({ query: "" }, async ({ window }) => {
	await screen.press(window, "F11");
	await house.report("size", ([width, height]) => width === 1100 && height === 800);
	await screen.press(window, "F11");
	await house.report("size", ([width, height]) => width === 1000 && height === 720);
}));

test("text is copied and pasted", () => withWindow({ query: "" }, async ({ window }) => {
	await screen.click(window, 60, 220);
	await screen.type(window, "twice");
	await house.report("text", (text) => text === "twice");
	await screen.press(window, "ctrl+a", "ctrl+c", "End", "ctrl+v");
	await house.report("text", (text) => text === "twicetwice");
	await screen.click(window, 60, 220, 3);
	await pause(600);
	photograph("menu");
}));

test("a page may open windows of its own origin", () => withWindow({ query: "" }, async ({ window, gateway }) => {
	await screen.click(window, 60, 280);
	const other = await screen.window("^The other window$");
	await screen.closeWindow(other);
	await screen.gone("^The other window$");
	await screen.window(TITLE);
	assert.ok(await gateway.link(), "the first window and the gateway go on");
}));

test("what the page keeps is there at the next start, and with --ephemeral nothing is", async () => {
	const port = []; // the app's own
	house.leadTo("");
	fs.rmSync(path.join(house.home, ".local/share/wvwasi-gw"), { recursive: true, force: true });
	for (const visits of [null, "1", "2"])
		await withWindow({ port }, async ({ start, gateway, window }) => {
			assert.equal(start.visits, visits);
			await screen.closeWindow(window);
			await within(gateway.ended, 8000, "the gateway's end");
		});
	const folders = () => fs.readdirSync(path.join(house.home, ".local/share/wvwasi-gw"));
	assert.equal(folders().length, 1);
	assert.equal(fs.statSync(path.join(house.home, ".local/share/wvwasi-gw", folders()[0])).mode & 0o777, 0o700);
	fs.rmSync(path.join(house.home, ".local"), { recursive: true });
	fs.rmSync(path.join(house.home, ".cache"), { recursive: true, force: true });
	for (let turn = 0; turn < 2; turn++)
		await withWindow({ args: ["--webview", "--ephemeral"], port }, async ({ start }) => assert.equal(start.visits, null));
	assert.equal(fs.existsSync(path.join(house.home, ".local/share")), false);
	assert.equal(fs.existsSync(path.join(house.home, ".cache/wvwasi-gw")), false);
});

test("the engine's doors are shut unless they are asked for", async () => {
	const doors = { WEBKIT_INSPECTOR_SERVER: "127.0.0.1:9871", WEBKIT_INSPECTOR_HTTP_SERVER: "127.0.0.1:9872" };
	for (const [args, open] of [[["--webview"], []], [["--webview", "--automation"], [9871]], [["--webview", "--inspect"], [9871, 9872]]])
		await withWindow({ args, env: doors }, async ({ gateway, pid }) => {
			assert.deepEqual(house.listens(house.processes(pid).map((each) => each.pid)).sort(), open, args.join(" "));
			assert.equal(/--automation: any program/.test(gateway.stderr()), args.includes("--automation"), gateway.stderr());
		});
});

test("wvwasi-webview pairs with a gateway that runs, and closing it leaves that running", async () => {
	house.leadTo("");
	const gateway = await house.start([], { port: [] });
	const child = spawn(binary, [], { env: { ...process.env, ...house.env }, stdio: ["ignore", "ignore", "pipe"] });
	let stderr = "";
	child.stderr.on("data", (text) => (stderr += text));
	const ended = new Promise((resolve) => child.once("exit", resolve));
	try {
		await house.report("start");
		assert.equal(gateway.log.filter(({ event }) => event === "session-open").length, 1);
		await screen.closeWindow(await screen.window(TITLE));
		assert.equal(await within(ended, 8000, "the window's end"), 0, stderr);
		await gateway.next("session-close");
		assert.ok(await gateway.link());
	} finally {
		child.kill();
		await house.end(gateway);
	}
});

test("a second start with --webview is a window of the first", async () => {
	const gateway = await house.start([], { port: [] });
	const second = spawn(binary.replace(/webview$/, "gw"), ["--root", house.root, "--webview", "--ephemeral"], { env: { ...process.env, ...house.env }, stdio: "ignore" });
	const ended = new Promise((resolve) => second.once("exit", resolve));
	try {
		await house.report("start");
		await screen.closeWindow(await screen.window(TITLE));
		assert.equal(await within(ended, 8000, "the second start's end"), 0);
		assert.ok(await gateway.link());
	} finally {
		second.kill();
		await house.end(gateway);
	}
});

test("a gateway that runs again is found by the window that lost it", async () => {
	const first = await house.start([], { port: [] });
	const child = spawn(binary, ["--root", house.root], { env: { ...process.env, ...house.env }, stdio: "ignore" });
	const ended = new Promise((resolve) => child.once("exit", resolve));
	try {
		await house.report("start");
		await first.stop();
		await pause(800);
		const second = await house.start([], { port: [] });
		assert.equal(second.ready.port, first.ready.port);
		await screen.click(await screen.window(TITLE), 900, 26); // "Try again"
		await house.report("start");
		assert.equal(second.log.filter(({ event }) => event === "session-open").length, 1);
		photograph("again");
		await house.end(second);
	} finally {
		child.kill();
		await ended;
		await house.end(first);
	}
});

test("without a display, or a gateway, the window says so in a sentence", async () => {
	const run = (args, env) => new Promise((resolve) => {
		const child = spawn(binary, args, { env: { ...process.env, ...house.env, ...env }, stdio: ["ignore", "ignore", "pipe"] });
		let stderr = "";
		child.stderr.on("data", (text) => (stderr += text));
		child.once("close", (code) => resolve({ code, stderr }));
	});
	assert.deepEqual(await run([]), { code: 1, stderr: "wvwasi-webview: no gateway of yours runs\n" });
	assert.deepEqual(await run(["--root", "/nowhere"]), { code: 1, stderr: "wvwasi-webview: no such gateway of yours runs\n" });
	assert.deepEqual(await run(["--descriptor", "9"]), { code: 1, stderr: "wvwasi-webview: the descriptor can't be used: Bad file descriptor\n" });
	assert.equal((await run(["--rot"])).code, 2);
	const gateway = await house.start(["--webview"], { env: { DISPLAY: "" } });
	assert.equal((await within(gateway.ended, 8000, "the gateway's end")).code, 1);
	assert.match(gateway.stderr(), /^wvwasi-webview: there is no display \(DISPLAY and WAYLAND_DISPLAY are empty\)$/m);
});
