// The user at the terminal: codes, keys, the words link, sessions, revoke and stop, and a second start.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after } from "node:test";

import { pause, within } from "../engines/deadline.js";
import { test } from "../testing.js";
import { HELLO, Session } from "./client.js";
import { openDoors, tokenOf } from "./doors-fixture.js";
import { binary, startGateway } from "./gateway.js";

const fixture = await openDoors();
after(() => fixture.close());
const env = { ...process.env, XDG_STATE_HOME: path.join(fixture.base, "state") };
const json = ({ status, body }) => ({ status, ...JSON.parse(body) });

/** A command, to its end. */
async function run(args, input = "") {
	const child = spawn(binary, args, { env, stdio: "pipe" });
	let stdout = "", stderr = "";
	child.stdout.on("data", (text) => (stdout += text));
	child.stderr.on("data", (text) => (stderr += text));
	child.stdin.on("error", () => {});
	child.stdin.end(input);
	const code = await new Promise((resolve) => child.on("close", (exit, signal) => resolve(exit ?? signal)));
	return { code, stdout, stderr };
}

/** A gateway that can be found, with the root's own port. */
async function findable(t, args = [], port = []) {
	const gateway = await startGateway(["--root", fixture.root, ...args], { env, port });
	t.after(() => gateway.stop());
	return gateway;
}

async function until(condition, what) {
	for (let waits = 0; !condition(); waits++) {
		assert.ok(waits < 500, what);
		await pause(10);
	}
}

test("the code beside the link lets in once, however it is typed", async () => {
	const fresh = new Promise((resolve) => fixture.gateway.events.once("link", resolve));
	await fixture.gateway.link();
	const { code } = await fresh;
	assert.match(code, /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
	const typed = code.toLowerCase().replace("-", " ").replaceAll("0", "o").replaceAll("1", "l");
	assert.match(json(await fixture.post("/_wvwasi/claim", { code: typed })).secret, /^[A-Za-z0-9_-]{43}$/);
	assert.equal(json(await fixture.post("/_wvwasi/claim", { code })).secret, undefined, "again");
	assert.equal((await fixture.post("/_wvwasi/claim", { code, token: "A".repeat(22) })).status, 400, "both at once");
});

test("five wrong codes end the codes, and the terminal has a new one", async (t) => {
	const doors = await openDoors();
	t.after(() => doors.close());
	const { code } = doors.gateway.ready;
	for (const left of [4, 3, 2, 1]) {
		const answer = json(await doors.post("/_wvwasi/claim", { code: "0000-0000" }));
		assert.equal(answer.status, 403);
		assert.match(answer.error, new RegExp(`${left} more`));
	}
	assert.match(json(await doors.post("/_wvwasi/claim", { code: "WRONG" })).error, /new one/);
	const { code: next } = await doors.gateway.next("code");
	assert.equal(json(await doors.post("/_wvwasi/claim", { code })).status, 403, "the old one");
	assert.match(json(await doors.post("/_wvwasi/claim", { code: next })).secret, /./);
	await until(() => /5 wrong codes/.test(doors.gateway.stderr()), doors.gateway.stderr());
});

test("link, sessions, revoke and stop ask the running gateway", async (t) => {
	const gateway = await findable(t);
	const { stdout } = await run(["link", "--root", fixture.root]);
	const [, link, code] = /^Open (\S+)\n.* type (\S+) /.exec(stdout);
	assert.ok(link.startsWith(`${gateway.ready.url}/_wvwasi/enter#k=`));
	assert.match(code, /^.{4}-.{4}$/);
	const session = await Session.enter({ ready: gateway.ready, link: async () => link });
	const wire = await session.connect({ flags: HELLO.NEW | HELLO.STDIN_EOF });
	const silent = await session.dial();
	assert.match((await run(["sessions"])).stdout,
		/^no\. {2}does +from +in for +moved {2}browser\n {2}1 {2}runs 1 program +127\.0\.0\.1 +0 min +\d+(\.\d)? k?B {2}a client\n$/);
	const [listed] = JSON.parse((await run(["sessions", "--json"])).stdout).sessions;
	assert.deepEqual([listed.session, listed.scope, listed.address, listed.running], [1, "run", "127.0.0.1", 1]);
	assert.ok(listed.bytes > 0 && listed.seconds < 60, JSON.stringify(listed));

	assert.deepEqual(await run(["revoke", "1"]), { code: 0, stdout: "session 1 is out\n", stderr: "" });
	// A second is promised: a busy machine may take longer, but whoever isn't closed is closed by another deadline, 10 s or later.
	assert.equal((await within(wire.closed, 8000, "the program's close")).code, 4401);
	assert.equal((await within(silent.closed, 8000, "the close of one that had said nothing yet")).code, 4401);
	await assert.rejects(session.tickets(), { status: 401 });
	assert.deepEqual(await run(["revoke", "1"]), { code: 1, stdout: "", stderr: "wvwasi-gw: there's no session 1\n" });
	assert.equal((await run(["sessions"])).stdout, "nobody is in\n");

	assert.deepEqual(await run(["stop"]), { code: 0, stdout: "", stderr: "" });
	assert.deepEqual(await gateway.ended, { code: 0, signal: null });
	assert.equal((await run(["link"])).code, 1, "nobody runs");
});

test("what isn't understood is exit 2, in a sentence", async () => {
	for (const args of [["revoke"], ["revoke", "x"], ["revoke", "-1"], ["link", "more"], ["stop", "--force"], ["link", "--port", "x"],
			["sessions", "--root"]]) {
		const { code, stdout, stderr } = await run(args);
		assert.deepEqual([code, stdout], [2, ""], args.join(" "));
		assert.match(stderr, /^wvwasi-gw: [^\n]+\n$/, args.join(" "));
	}
});

test("a second start prints a link to the first, or says what differs and is exit 2", async (t) => {
	const gateway = await findable(t, ["--dir", `${fixture.root}::/x`, "--env", "SECRET=1"]);
	const same = ["--root", `${fixture.root}/../root`, "--env", "SECRET=1", "--dir", `${fixture.root}/.::/x`];
	const second = await run(same);
	const [, link] = /^Open (\S+)\n/.exec(second.stdout);
	assert.equal(second.code, 0);
	await Session.enter({ ready: gateway.ready, link: async () => link });
	assert.equal((await run([...same, "--port", String(gateway.ready.port)])).code, 0, "by its port");
	for (const [more, named] of [[["--dir", `${fixture.base}::/y`], "--dir"], [["--env", "SECRET=2"], "--env"], [["--isolation", "off"], "--isolation"],
		[["--port", "1"], "--port"], [["--limit", "programs=1"], "--limit"], [["--no-root-dir"], "--no-root-dir"], [["--allow-uid", "7"], "--allow-uid"]]) {
		const { code, stdout, stderr } = await run([...same, ...more]);
		assert.deepEqual([code, stdout], [2, ""], named);
		assert.match(stderr, new RegExp(`^wvwasi-gw: already running with other options \\(${named} differs[^\n]*\n$`));
		assert.ok(!stderr.includes("SECRET"), "values of variables aren't told");
	}
});

test("with several running, which one is asked for; --port 0 is one of its own", async (t) => {
	const first = await findable(t);
	const second = await findable(t, [], ["--port", "0"]);
	const both = await run(["link"]);
	assert.equal(both.code, 1);
	assert.match(both.stderr, new RegExp(`--port ${first.ready.port}\\b`));
	assert.match(both.stderr, new RegExp(`--port ${second.ready.port}\\b`));
	assert.match((await run(["link", "--port", String(second.ready.port)])).stdout, new RegExp(`localhost:${second.ready.port}/`));
	assert.equal((await run(["stop", "--port", String(second.ready.port)])).code, 0);
	await second.ended;
	assert.match((await run(["link"])).stdout, new RegExp(`localhost:${first.ready.port}/`));
});

test("the control socket is the same user's, and garbage on it harms nobody", async (t) => {
	const gateway = await findable(t);
	const folder = path.join(env.XDG_STATE_HOME, "wvwasi-gw");
	assert.equal(fs.statSync(folder).mode & 0o777, 0o700);
	for (const name of fs.readdirSync(folder))
		assert.equal(fs.statSync(path.join(folder, name)).mode & 0o777, 0o600, name);
	const [name] = fs.readdirSync(folder).filter((each) => each.endsWith(".sock"));
	const lines = [];
	for (const bytes of ["\n", "garbage\n", "{}\n", '{"do":"format"}\n', '{"do":"revoke"}\n', '{"do":"again"}\n', "[".repeat(70_000),
			Buffer.alloc(1 << 20, 0xff)]) {
		const socket = net.connect(path.join(folder, name));
		socket.on("error", () => {});
		socket.on("data", (data) => lines.push(data.toString()));
		socket.end(bytes);
		await new Promise((resolve) => socket.on("close", resolve));
	}
	for (const line of lines)
		assert.match(line, /"event":"(error|different)"/);
	assert.ok(lines.length >= 5);
	assert.equal((await run(["link"])).code, 0);
	assert.equal(gateway.stderr(), "");
});

test("another user can't open the control socket", { skip: process.getuid() !== 0 }, async (t) => {
	await findable(t);
	const folder = path.join(env.XDG_STATE_HOME, "wvwasi-gw");
	const nobody = 65534;
	const outcome = await new Promise((resolve) => spawn(binary, ["link"], { env, uid: nobody, gid: nobody, stdio: "ignore" }).on("close", resolve));
	assert.equal(outcome, 1);
	fs.chmodSync(fixture.base, 0o755);
	fs.chmodSync(env.XDG_STATE_HOME, 0o755);
	fs.chmodSync(folder, 0o755); // even where the folder's mode fails
	const [name] = fs.readdirSync(folder).filter((each) => each.endsWith(".sock"));
	fs.chmodSync(path.join(folder, name), 0o777);
	const probe = spawn(process.execPath, ["-e", `const s = require("net").connect(${JSON.stringify(path.join(folder, name))}); let got = "";
		s.on("error", () => {}); s.on("data", (d) => (got += d)); s.on("close", () => { console.log(JSON.stringify(got)); }); s.write('{"do":"link"}\\n')`],
	{ uid: nobody, gid: nobody, stdio: ["ignore", "pipe", "inherit"] });
	let said = "";
	probe.stdout.on("data", (text) => (said += text));
	await new Promise((resolve) => probe.on("close", resolve));
	assert.equal(said.trim(), '""', "not a byte");
});

test("{\"do\":\"sessions\"} and \"revoke\" on stdin are answered in JSON", async (t) => {
	const doors = await openDoors();
	t.after(() => doors.close());
	const session = await doors.enter();
	const child = doors.gateway;
	const listed = child.next("sessions");
	child.say({ do: "sessions" });
	assert.equal((await listed).sessions.length, 1);
	child.say({ do: "revoke", session: 1 });
	assert.equal((await child.next("revoked")).session, 1);
	assert.equal((await child.next("session-close")).reason, "revoked");
	await assert.rejects(session.tickets(), { status: 401 });
	assert.notEqual(tokenOf(await child.link()), "");
});
