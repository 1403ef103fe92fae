// Names as an attacker's name server answers them: a real one (dnsmasq), whose answers change between two look-ups; and on a machine with a public address.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { call, handle } from "./client.js";
import { decodeEndpoint, endpoint } from "./net-endpoint.js";
import { after, test } from "../testing.js";

const ERRNO = { ACCES: 2, NETUNREACH: 40, NOENT: 44 };
const SERVER = `127.77.${1 + (process.pid >> 8) % 250}.${1 + process.pid % 250}`; // a loopback address that no other run has
const can = process.getuid() === 0 && canUnshare() && fs.existsSync("/usr/sbin/dnsmasq");
const skip = can ? false : "root, a mount namespace and dnsmasq are needed (./deps.sh test-gateway)";

function canUnshare() {
	try {
		return !execFileSync("unshare", ["--mount", "true"]).length;
	} catch {
		return false;
	}
}

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-names-"));
const hosts = path.join(base, "hosts"), resolv = path.join(base, "resolv.conf");
fs.writeFileSync(hosts, "");
fs.writeFileSync(resolv, `nameserver ${SERVER}\nsearch searched.test\n`);
const target = net.createServer((socket) => socket.on("error", () => {}));
await once(target.listen(0, "127.0.0.1"), "listening");
const { port } = target.address();
let dns, log = "", fixture;
if (can) {
	dns = spawn("dnsmasq", ["--keep-in-foreground", "--log-facility=-", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", `--addn-hosts=${hosts}`,
		`--listen-address=${SERVER}`, "--bind-interfaces", "--user=root", "--pid-file", "--local=/test/", "--local-ttl=0", "--log-queries"],
			{ stdio: ["ignore", "ignore", "pipe"] });
	dns.stderr.setEncoding("utf8").on("data", (text) => (log += text));
	await logSays(/read .*hosts/);
	fixture = await openFixture(["--net", `tcp:turn.test:${port}`, "--net", `tcp:own.test=private:${port}`, "--net", "tcp:turn.test:80"],
		{ through: ["unshare", "--mount", "sh", "-ec", `mount --bind ${resolv} /etc/resolv.conf; exec "$@"`, "sh"] });
}
after(async () => {
	await fixture?.close();
	dns?.kill();
	target.close();
	fs.rmSync(base, { recursive: true, force: true });
});

/** Waits for a line in dnsmasq's log. */
async function logSays(pattern) {
	while (!pattern.test(log))
		await once(dns.stderr, "data");
}
/** Changes what the name server answers: lines as of a hosts file. */
async function answers(...lines) {
	log = "";
	fs.writeFileSync(hosts, lines.map((line) => `${line}\n`).join(""));
	dns.kill("SIGHUP");
	await logSays(/read .*hosts/);
}
const S = handle(8);
const connect = () => fixture.session.connect(ROOT_ONLY);
const errnos = (results) => results.map(({ errno }) => errno);
const opened = () => call("sock_open", [0, 1, S]);
const dial = (host, to = port) => call("sock_connect", [S, endpoint(host, to), 0]);
const look = (name) => call("sock_resolve", [Buffer.from(name), 80, 0, 0, 1000]);

test("rebinding: a name that was public and is now this machine isn't connected, by name or by address", { skip }, async () => {
	await answers("8.8.8.8 turn.test");
	const wire = await connect();
	const [found] = await wire.calls(look("turn.test"));
	assert.deepEqual([found.errno, decodeEndpoint(found.gives[0].subarray(1)).host], [0, "8.8.8.8"]);
	await answers("127.0.0.1 turn.test");
	assert.deepEqual(errnos(await wire.calls(opened(), dial("turn.test"))), [0, ERRNO.ACCES]);
	assert.deepEqual(errnos(await wire.calls(dial("127.0.0.1"))), [ERRNO.ACCES]);
	assert.deepEqual(errnos(await wire.calls(look("turn.test"))), [ERRNO.ACCES], "nor is it told where it leads");
	await fixture.gateway.says(/refused tcp:turn\.test:\d+ .*private network.*NAME=private/);
	await wire.close();
});

for (const address of ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
	"255.255.255.255", "::1", "::",
	"fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
	test(`a name that resolves to ${address} isn't connected`, { skip }, async () => {
		await answers(`${address} turn.test`);
		const wire = await connect();
		assert.deepEqual(errnos(await wire.calls(opened(), dial("turn.test"))), [0, ERRNO.ACCES]);
		await wire.close();
	});

test("NAME=private may be in a private network, and is connected there", { skip }, async () => {
	await answers("127.0.0.1 own.test");
	const wire = await connect();
	assert.deepEqual(errnos(await wire.calls(opened(), dial("own.test."))), [0, 0]);
	await wire.close();
});

for (const address of ["0.0.0.0", "255.255.255.255", "224.0.0.1", "::", "::ffff:127.0.0.1", "::127.0.0.1", "ff02::1"])
	test(`nor does NAME=private connect to ${address}`, { skip }, async () => {
		await answers(`${address} own.test`);
		const wire = await connect();
		assert.deepEqual(errnos(await wire.calls(opened(), dial("own.test"))), [0, ERRNO.ACCES]);
		await wire.close();
	});

test("only names that a rule could allow are looked up, without search domains", { skip }, async () => {
	await answers("127.0.0.1 own.test.searched.test");
	const wire = await connect();
	assert.deepEqual(errnos(await wire.calls(opened(), dial("secret.evil.test"))), [0, ERRNO.ACCES]);
	assert.deepEqual(errnos(await wire.calls(dial("own.test"))), [ERRNO.NOENT]);
	await logSays(/query\[A\] own\.test /);
	assert.ok(!log.includes("evil") && !log.includes("searched"), log);
	await wire.close();
});

test("this machine's own public address is as its private ones: by a name or a wide network it isn't reached", { skip }, () => {
	const own = "8.8.4.4", other = "8.8.8.8";
	fs.writeFileSync(hosts, `${own} turn.test private.test\n${other} other.test\n`);
	const said = JSON.parse(execFileSync("unshare", ["--net", "--mount", "sh", "-ec", `mount --bind ${hosts} /etc/hosts; exec "$@"`, "sh",
		process.execPath, fileURLToPath(new URL("own-address.js", import.meta.url)), own, other], { encoding: "utf8" }));
	assert.deepEqual(said.results, [["a name", ERRNO.ACCES], ["the address, by a wide network", ERRNO.ACCES], ["the name, whose address a rule names", 0],
		["the address, which a rule names", 0], ["the gateway's port there", ERRNO.ACCES], ["NAME=private", 0],
		["a name of another machine", ERRNO.NETUNREACH], ["another machine, by the same network", ERRNO.NETUNREACH]]);
	assert.match(said.said, /refused tcp:turn\.test:\d+ .*private network.*NAME=private/);
});
