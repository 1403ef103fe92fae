// Who gets the small /dev, where it is among the preopens, and what has precedence over it.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { after, test } from "../testing.js";
import { CALL, Session, call } from "./client.js";
import { startGateway } from "./gateway.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-dev-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
for (const name of ["root", "root-with-dev/dev", "root-with-mount/dev", "data", "own"])
	fs.mkdirSync(path.join(base, name), { recursive: true });
fs.writeFileSync(path.join(base, "root-with-dev/dev/notes"), "mine");
fs.writeFileSync(path.join(base, "own/null"), "a file of the user's");
const at = (name) => path.join(base, name);

/** What a program that names no preopens gets, in order; then uses of it. */
async function preopensOf(args, use = async () => {}) {
	const gateway = await startGateway(args);
	try {
		const session = await Session.enter(gateway);
		const wire = await session.connect();
		await use(wire, session);
		return wire.welcome.preopens.map(({ name, socket }) => (socket ? "socket" : name));
	} finally {
		await gateway.stop();
	}
}

const config = at("config.json");
fs.writeFileSync(config, JSON.stringify({ root: at("root"), "no-dev": true }));

for (const [what, args, names] of [
	["it comes after the granted folders", ["--root", at("root"), "--dir", `${at("data")}::/data`], ["/", "/tmp", "/data", "/dev"]],
	["sockets come after it: whoever looks for folders stops at the first that is none", ["--root", at("root"), "--tcplisten", "127.0.0.1:0"],
		["/", "/tmp", "/dev", "socket"]],
	["--no-dev drops it", ["--root", at("root"), "--no-dev"], ["/", "/tmp"]],
	["a config file drops it", ["--config", config], ["/", "/tmp"]],
	["the user's own /dev is the only one", ["--root", at("root"), "--dir", `${at("own")}::/dev`], ["/", "/tmp", "/dev"]],
	["dev/, which a C library takes for the same, too", ["--root", at("root"), "--dir", `${at("own")}::dev/`], ["/", "/tmp", "dev/"]],
	["a folder granted as / that has something in its dev keeps that", ["--root", at("root-with-dev")], ["/", "/tmp"]],
	["where it is empty, it is there to be mounted on", ["--root", at("root-with-mount")], ["/", "/tmp", "/dev"]],
	["another folder's dev has nothing to do with it", ["--root", at("root"), "--dir", `${at("root-with-dev")}::/x`], ["/", "/tmp", "/x", "/dev"]],
])
	test(what, async () => assert.deepEqual(await preopensOf(args), names));

test("null in the user's own /dev is the user's file", async () => {
	await preopensOf(["--root", at("root"), "--dir", `${at("own")}::/dev`], async (wire) => {
		const { handle } = wire.welcome.preopens[2];
		const [{ errno, gives }] = await wire.calls(call("path_filestat_get", [handle, 0, "null"]));
		assert.equal(errno, 0);
		assert.equal(Buffer.from(gives[0])[16], 4, "a regular file");
	});
});

test("a page that names its preopens names /dev among them, or goes without", async () => {
	await preopensOf(["--root", at("root")], async (_, session) => {
		const named = async (preopens) => {
			const wire = await session.connect({ flags: 1 | 16, preopens });
			return wire.welcome.preopens.map(({ name }) => name);
		};
		assert.deepEqual(await named([{ name: "/", grant: "/", readOnly: false }]), ["/"]);
		assert.deepEqual(await named([{ name: "/d", grant: "/dev", readOnly: false }]), ["/d"]);
		await assert.rejects(named([{ name: "/d", grant: "/dev/null", readOnly: false }]));
	});
});

test("the locked-in gateway reads and writes devices; a program without a terminal has no tty", async () => {
	await preopensOf(["--root", at("root")], async (wire) => {
		const { handle: dev } = wire.welcome.preopens[2];
		const opened = (name, slot) => call("path_open", [dev, 0, name, 0, 2n | 64n, 0n, 0, slot]);
		const answers = await wire.calls(opened("null", 9), call("fd_write", [9, 0n, Buffer.from("gone")]), call("fd_read", [9, 0n, 10]),
			opened("zero", 10), call("fd_read", [10, 0n, 4]), opened("urandom", 11), call("fd_read", [11, 0n, 16]), opened("tty", 12));
		assert.deepEqual(answers.map(({ errno }) => errno), [0, 0, 0, 0, 0, 0, 0, 60]);
		assert.equal(answers[2].gives[0].length, 0);
		assert.deepEqual([...answers[4].gives[0]], [0, 0, 0, 0]);
		assert.equal(answers[6].gives[0].length, 16);
		const [, after] = await wire.calls(call("fd_write", [9, 0n, Buffer.from("gone")], CALL.QUIET), call("fd_read", [9, 0n, 10]));
		assert.equal(after.errno, 0);
	});
});
