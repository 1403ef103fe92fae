// Where secrets must not be: in any process's arguments and environment, by strace of all that a run starts and by /proc, and on stderr.
// The one exception is named: the link that --open hands to the browser's command line, which is good for a minute.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";

import { pause } from "../engines/deadline.js";
import { startDisplay } from "../engines/display.js";
import { binary as windowBinary } from "../engines/webview.js";
import { Session } from "../gateway/client.js";
import { tokenOf } from "../gateway/doors-fixture.js";
import { binary, startGateway } from "../gateway/gateway.js";
import { ask, get, post, upgrade } from "../gateway/raw.js";
import { test } from "../testing.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-secrets-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
for (const folder of ["root", "home", "data"])
	fs.mkdirSync(path.join(base, folder));
fs.writeFileSync(path.join(base, "root/index.html"), `<!doctype html><title>app</title><script type="module">
	import { connect } from "/_wvwasi/wvwasi.js";
	const w = await connect();
	await w.fs.writeFile("/data/secret.new", localStorage.getItem("wvwasi.secret"));
	await w.fs.rename("/data/secret.new", "/data/secret");
</script>`);
const env = { HOME: path.join(base, "home"), XDG_STATE_HOME: "", XDG_DATA_HOME: "", XDG_CACHE_HOME: "", XDG_RUNTIME_DIR: path.join(base, "home") };

/** A traced run: `executed()` has each program that was started, with its arguments and its environment, one a line. */
async function traced(t, args, more = {}) {
	const file = path.join(base, `${args.at(-1)}.strace`);
	const gateway = await startGateway(["--root", path.join(base, "root"), "--dir", `${base}/data::/data`, "--verbose", ...args], {
		env: { ...env, ...more }, port: [], through: ["strace", "-f", "-qq", "--seccomp-bpf", "-v", "-s", "100000", "-e", "trace=execve,execveat,getrandom",
			"-o", file],
	});
	t.after(async () => {
		try {
			process.kill(gateway.ready.pid, "SIGTERM"); // not strace: it would leave what it traces
		} catch {} // it has ended with its window
		await gateway.ended;
	});
	const lines = () => fs.readFileSync(file, "latin1").split("\n");
	/** How many bytes the kernel was asked for, each time. */
	gateway.drawn = () => lines().flatMap((line) => (/getrandom\(.*, (\d+), 0\) = \1$/.exec(line) ?? []).slice(1).map(Number));
	gateway.executed = () => lines().filter((line) => line.includes("execve"));
	return gateway;
}

async function until(condition, what) {
	for (let waits = 0; !condition(); waits++) {
		assert.ok(waits < 3000, what());
		await pause(10);
	}
}

/** Those below a process, itself included, with what other users can see of them and what not. */
function family(pid) {
	const read = (each, what) => {
		try {
			return fs.readFileSync(`/proc/${each}/${what}`, "latin1");
		} catch {
			return ""; // it has gone
		}
	};
	const children = (each) => read(each, `task/${each}/children`).split(" ").filter(Boolean);
	const all = [String(pid)];
	for (const each of all)
		all.push(...children(each));
	return all.map((each) => ({ pid: each, told: read(each, "cmdline") + read(each, "environ") }));
}

function mustBeNowhere(secrets, { gateway, but = () => false }) {
	const places = [...gateway.executed().filter((line) => !but(line)), ...family(gateway.ready.pid).map(({ pid, told }) => `/proc/${pid}: ${told}`),
		gateway.stderr()];
	for (const [name, secret] of Object.entries(secrets)) {
		assert.ok(secret.length >= 8, name);
		for (const place of places)
			assert.ok(!place.includes(secret), `the ${name} is in ${place.slice(0, 2000)}`);
	}
}

test("secrets are in nobody's arguments or environment and not on stderr; --open's link is in the browser's alone", async (t) => {
	const opened = path.join(base, "opened"), browser = path.join(base, "browser");
	fs.writeFileSync(browser, `#!/bin/sh\nprintf %s "$1" > '${opened}.new' && mv '${opened}.new' '${opened}'\n`, { mode: 0o755 });
	const gateway = await traced(t, ["--open"], { BROWSER: browser });
	await until(() => fs.existsSync(opened), gateway.stderr);
	const link = fs.readFileSync(opened, "utf8");
	const { port, url: origin } = gateway.ready;
	const session = await Session.enter(gateway);
	const before = gateway.drawn();
	const [ticket, unused] = await session.tickets(2);
	await until(() => gateway.drawn().length >= before.length + 2, () => "tickets don't come from the kernel");
	assert.deepEqual(gateway.drawn().slice(before.length), [16, 16], "128 bits each");
	assert.ok(before.includes(32), "a session's secret has 256");
	const wire = await session.connect();
	await ask(port, upgrade(origin, ticket));
	// What goes wrong is told in words, and not with the secret in them.
	await ask(port, upgrade(origin, ticket));
	await ask(port, upgrade(origin, unused, { Origin: "http://evil.example" }));
	await ask(port, get(origin, `/${session.secret}?${session.secret}`,
		{ Cookie: `wv_${port}=${session.secret}`, Referer: `${origin}/#k=${tokenOf(gateway.ready.link)}` }));
	await ask(port, post(origin, "/_wvwasi/claim", JSON.stringify({ token: tokenOf(gateway.ready.link) })));
	await ask(port, post(origin, "/_wvwasi/claim", JSON.stringify({ token: tokenOf(gateway.ready.link) })));
	await ask(port, post(origin, "/_wvwasi/claim", JSON.stringify({ code: gateway.ready.code })));
	// The subcommands are processes of the same user's, too.
	const told = [];
	for (const command of ["link", "sessions"]) {
		const child = spawn(binary, [command], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
		let text = "";
		child.stdout.on("data", (data) => (text += data));
		child.once("spawn", () => told.push(...family(child.pid)));
		await new Promise((resolve) => child.once("close", resolve));
		assert.match(text, command === "link" ? /#k=/ : /run/);
	}
	const secrets = { link: tokenOf(gateway.ready.link), code: gateway.ready.code, secret: session.secret, ticket, "other ticket": unused,
		key: String(wire.welcome.key) };
	mustBeNowhere(secrets, { gateway });
	for (const secret of Object.values(secrets))
		assert.ok(!told.some((each) => each.told.includes(secret)));
	const withLink = gateway.executed().filter((line) => line.includes(tokenOf(link)));
	assert.ok(withLink.length >= 1 && withLink.every((line) => /^\d+ +execve\("[^"]*(browser|mv|sh)"/.test(line)), `${withLink}`);
	assert.ok(gateway.executed().length >= 2, "strace sees what is started");
	assert.ok(!gateway.stderr().includes(tokenOf(link)));
	await wire.close();
});

const withWindow = { skip: !fs.existsSync(windowBinary) && "needs wvwasi-webview, which is built where libwebkit2gtk-4.1-dev is" };

test("the window gets its link by a descriptor: none is in its arguments, its environment, or those of its engine's processes", withWindow, async (t) => {
	const display = await startDisplay();
	t.after(() => display.close());
	const gateway = await traced(t, ["--webview"], { DISPLAY: display.name, WAYLAND_DISPLAY: "", DBUS_SESSION_BUS_ADDRESS: "", NO_AT_BRIDGE: "1",
		GDK_BACKEND: "x11", LIBGL_ALWAYS_SOFTWARE: "1", GSETTINGS_BACKEND: "memory" });
	const file = path.join(base, "data/secret");
	await until(() => fs.existsSync(file), gateway.stderr);
	const secret = fs.readFileSync(file, "utf8");
	assert.match(secret, /^[A-Za-z0-9_-]{43}$/);
	const { pid } = await gateway.next("window");
	t.after(() => {
		try {
			process.kill(pid, "SIGTERM");
		} catch {
			// it left with the gateway
		}
	});
	mustBeNowhere({ link: tokenOf(gateway.ready.link), code: gateway.ready.code, secret }, { gateway });
	const engine = family(pid);
	assert.ok(engine.length > 1, "the engine's processes are looked at");
	for (const place of [...gateway.executed(), ...engine.map(({ told }) => told)])
		assert.doesNotMatch(place, /[#?&]k=|enter#|wvwasi\.secret/);
	for (const each of engine)
		assert.ok(!each.told.includes(secret));
	assert.ok(gateway.executed().some((line) => line.includes("wvwasi-webview")) && gateway.executed().some((line) => line.includes("WebKitWebProcess")));
});
