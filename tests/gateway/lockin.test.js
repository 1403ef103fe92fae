// The lock-in, proved from inside and outside: a program that links the gateway's own tries to break out, with every version of Landlock that
// this kernel can pretend to have; and the real gateway's processes and threads are as locked as they say.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { Session, call, handle, open } from "./client.js";
import { binary, startGateway, top } from "./gateway.js";
import { dialerAndGateway, gatewayPid, threads } from "./processes.js";

const build = path.relative(top, path.dirname(binary)) || "build";
execFileSync("make", ["-s", `BUILD=${build}`, "lockin-tests"], { cwd: top, stdio: ["ignore", "ignore", "inherit"] });
const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-lockin-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));

const newest = tried(0).said.abi;

/** Runs the probe in a fresh tree. */
function tried(abi) {
	const folder = fs.mkdtempSync(path.join(base, "tree-"));
	for (const file of ["rw/file", "ro/file", "ro/other", "ro/truncated", "outside/secret", "rw2/keep"]) {
		fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
		fs.writeFileSync(path.join(folder, file), `${file}\n`);
	}
	const { status, stdout, stderr } = spawnSync(path.join(top, build, "lockin_probe"), [String(abi), folder], { encoding: "utf8" });
	assert.equal(status, 0, `${stderr}\n${stdout}`);
	const [said, ...lines] = stdout.trim().split("\n").map((line) => JSON.parse(line));
	return { said, folder, errno: Object.fromEntries(lines.map(({ try: what, errno }) => [what, errno])) };
}

/** What must go on: the gateway lives of it. */
const WORKS = ["read a file of a read-write grant", "create in a read-write grant", "openat2 in a read-write grant", "mkdir in a read-write grant",
	"rename within a read-write grant", "rename to another read-write grant", "link to another read-write grant", "symlink in a read-write grant",
	"unlink in a read-write grant", "read a file of a read-only grant", "read an older descriptor of a file", "make a thread", "tgkill oneself", "memory",
	"eventfd"];
/** What Landlock forbids, whatever its version. */
const LANDLOCK = { EACCES: ["write a file of a read-only grant", "append to a file of a read-only grant", "create in a read-only grant",
	"mkdir in a read-only grant", "unlink in a read-only grant", "symlink in a read-only grant", "rename out of a read-only grant",
	"rename into a read-only grant", "open /etc/passwd", "open /etc/passwd through a link", "open a neighbour by ..",
	"open a neighbour by an older descriptor", "list the folder above", "create outside", "mkdir outside", "rename from outside", "open /proc/self/mem"],
EXDEV: ["link out of a read-only grant", "link from outside"] };
/** What seccomp forbids. */
const SECCOMP = { EPERM: ["chmod", "chmod by descriptor", "chown", "set an attribute", "make a device", "make a FIFO", "execve", "execveat", "fork", "ptrace",
	"kill the parent", "read another's memory", "pidfd_open", "socket", "socketpair", "connect an older socket", "bind an older socket", "listen",
	"mount", "chroot", "unshare", "bpf", "io_uring_setup", "keyctl", "memfd_create", "personality", "setuid", "open_by_handle_at"],
ENOSYS: ["clone3", "truncate by name", "executable memory", "memory made executable", "tgkill the parent", "send by fast open", "prctl to be dumpable",
	"a call nobody listed"] };
const TRUNCATE = "truncate a file of a read-only grant while opening it";

function mustBe({ errno }, whats, wanted) {
	for (const what of whats)
		assert.equal(errno[what], wanted, what);
}

test("Landlock and seccomp are both had here, else nothing of this is shown", () => {
	assert.ok(newest >= 2, `Landlock version ${newest}`);
	const { said } = tried(0);
	assert.deepEqual([said.landlock, said.seccomp, said.missing], [true, true, newest >= 3 ? [] : said.missing]);
});

for (let abi = 2; abi <= newest; abi++)
	test(`with Landlock version ${abi}: what programs may do works, everything else is refused`, () => {
		const probe = tried(abi);
		assert.ok(probe.said.landlock && probe.said.seccomp);
		mustBe(probe, WORKS, "");
		for (const errno of ["EACCES", "EXDEV"])
			mustBe(probe, LANDLOCK[errno], errno);
		for (const errno of ["EPERM", "ENOSYS"])
			mustBe(probe, SECCOMP[errno], errno);
		assert.equal(probe.errno[TRUNCATE], abi >= 3 ? "EACCES" : "", "from version 3 on");
		if (abi < 3)
			assert.match(probe.said.missing.join(), /truncating/, "and --verbose says who keeps it before");
		else
			assert.deepEqual(probe.said.missing, []);
		assert.equal(fs.readFileSync(path.join(probe.folder, "outside/secret"), "utf8"), "outside/secret\n");
		assert.deepEqual(fs.readdirSync(path.join(probe.folder, "outside")), ["secret"]);
		assert.deepEqual(fs.readdirSync(path.join(probe.folder, "ro")), ["file", "other", "truncated"]);
		assert.equal(Object.keys(probe.errno).length, WORKS.length + Object.values({ ...LANDLOCK, ...SECCOMP }).flat().length + 1,
			"nothing was tried for nothing");
	});

test("with Landlock version 1 it stays off, says so, and seccomp is on all the same", () => {
	const probe = tried(1);
	assert.deepEqual([probe.said.landlock, probe.said.seccomp], [false, true]);
	assert.match(probe.said.missing.join(), /Landlock/);
	mustBe(probe, WORKS, "");
	for (const errno of ["EPERM", "ENOSYS"])
		mustBe(probe, SECCOMP[errno], errno);
});

async function running(args, run) {
	const gateway = await startGateway(["--root", base, "--dir", `${base}::/data`, ...args]);
	try {
		return await run(gateway);
	} finally {
		await gateway.stop();
	}
}

/** A guest whose worker has run, so that its thread is there. */
async function guestWithThread(gateway) {
	const wire = await (await Session.enter(gateway)).connect();
	fs.writeFileSync(path.join(base, "synced"), "x");
	const { handle: data } = wire.welcome.preopens.find(({ name }) => Buffer.from(name).toString() === "/data");
	const results = await wire.calls(open("synced", handle(9, 1), { dir: data, rights: 66n }), call("fd_sync", [handle(9, 1)]));
	assert.deepEqual(results.map(({ errno }) => errno), [0, 0]);
	return wire;
}

test("every thread of the real gateway has no new privileges and a seccomp filter", () => running(["--sandbox=require"], async (gateway) => {
	const wire = await guestWithThread(gateway);
	const all = threads(gatewayPid(gateway.pid));
	assert.ok(all.length >= 2, "the loop and a worker");
	for (const { comm, NoNewPrivs, Seccomp } of all)
		assert.deepEqual([NoNewPrivs, Seccomp], [1, 2], comm);
	assert.ok(threads(gateway.pid).every(({ Seccomp }) => Seccomp === 0), "the keeper stays unlocked: it has one thread and parses nothing from the network");
	await wire.close();
}));

// What isn't dumpable belongs to root, whoever runs it. As root that's told by a gateway that somebody else runs.
test("nobody of the same user may look into the gateway's memory", async () => {
	const other = process.getuid() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : ["env"];
	const home = fs.mkdtempSync(path.join(base, "home-"));
	fs.chmodSync(base, 0o755);
	fs.chmodSync(home, 0o777);
	const child = spawn(other[0], [...other.slice(1), binary, "--json", "--port", "0", "--root", home, "--dir", `${home}::/data`],
		{ env: { ...process.env, TMPDIR: home, XDG_STATE_HOME: home, HOME: home }, stdio: ["pipe", "pipe", "inherit"] });
	try {
		const [line] = await once(child.stdout, "data");
		const { pid } = JSON.parse(line.toString().split("\n")[0]);
		assert.equal(fs.statSync(`/proc/${gatewayPid(pid)}/fd`).uid, 0);
		assert.equal(fs.statSync(`/proc/${pid}/fd`).uid, process.getuid() || 65534, "the keeper shows that it could be otherwise");
	} finally {
		child.kill("SIGTERM");
		await once(child, "close");
	}
});

test("--sandbox=off locks nothing, and --verbose says so", () => running(["--sandbox=off", "--verbose"], async (gateway) => {
	assert.ok(threads(gatewayPid(gateway.pid)).every(({ Seccomp }) => Seccomp === 0));
	await gateway.says(/sandbox: off/);
}));

test("the dialer's lock: the internet's sockets and the files that it needs, nothing else", () => {
	const { said, folder, errno } = tried("dialer");
	assert.deepEqual(said, { landlock: true, seccomp: true });
	mustBe({ errno }, ["read a file that it needs", "read in a folder that it needs", "make a TCP socket", "make a UDP socket", "bind", "listen",
		"make a pair"], "");
	mustBe({ errno }, ["read /etc/passwd", "read a user's file", "write in a folder that it needs", "create in a folder that it needs"], "EACCES");
	mustBe({ errno }, ["make a Unix socket", "make a raw socket", "make a packet socket"], "ENOSYS");
	mustBe({ errno }, ["execve", "kill the parent"], "EPERM");
	assert.deepEqual(fs.readdirSync(path.join(folder, "ro")).sort(), ["file", "other", "truncated"]);
});

test("a running dialer is locked in", async () => {
	const gateway = await startGateway(["--root", base, "--net", "tcp:localhost:1", "--sandbox=require"]);
	const { dialer } = dialerAndGateway(gateway.pid);
	const status = fs.readFileSync(`/proc/${dialer}/status`, "utf8");
	assert.match(status, /^Seccomp:\t2$/m);
	assert.match(status, /^NoNewPrivs:\t1$/m);
	await gateway.stop();
	assert.ok(!fs.existsSync(`/proc/${dialer}`), "and ends with the gateway");
});

const lacking = (what, args) => spawnSync(path.join(top, build, "lockin_without"), [what, binary, "--root", base, "--port", "0", ...args],
	{ encoding: "utf8", timeout: 20_000 });
for (const what of ["landlock", "seccomp"])
	test(`--sandbox=require refuses a kernel without ${what}`, () => {
		const { status, stderr } = lacking(what, ["--sandbox=require"]);
		assert.equal(status, 1, stderr);
		assert.match(stderr, new RegExp(`^wvwasi-gw: .*${what}.*cannot lock the gateway in`, "im"));
	});

for (const [what, args, line] of [["landlock", [], /sandbox: Landlock: /], ["seccomp", [], /sandbox: seccomp: /], ["openat2", ["--sandbox=require"], null]])
	test(`on a kernel without ${what} the gateway serves, locked in by the rest${line ? ", and --verbose says what is missing" : ""}`, async () => {
		const gateway = await startGateway(["--root", base, "--dir", `${base}::/data`, "--verbose", ...args],
			{ through: [path.join(top, build, "lockin_without"), what] });
		try {
			const wire = await guestWithThread(gateway);
			const data = wire.welcome.preopens.find(({ name }) => Buffer.from(name).toString() === "/data").handle;
			const results = await wire.calls(open("../etc/passwd", handle(20, 1), { dir: data }), open("/etc/passwd", handle(21, 1), { dir: data }),
				open("./synced", handle(22, 1), { dir: data }));
			assert.deepEqual(results.map(({ errno }) => errno), [63, 63, 0]);
			assert.ok(threads(gatewayPid(gateway.pid)).every(({ NoNewPrivs }) => NoNewPrivs === 1));
			if (line)
				await gateway.says(line);
			await wire.close();
		} finally {
			await gateway.stop();
		}
	});
