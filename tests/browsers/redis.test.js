// hiredis's own tests, built unmodified from Debian's source package for wasm32-wasi over guest/'s sockets, against Debian's redis-server: what passes
// natively passes in Node and in a page. (Their last part wants AF_UNIX, which guest/ refuses; natively nobody listens there either.)
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import path from "node:path";

import { openFixture } from "../gateway/call-fixture.js";
import { top } from "../gateway/gateway.js";
import { startRedis } from "../gateway/net-databases.js";
import { runProgram } from "../gateway/net-program.js";
import { after, test } from "../testing.js";

const build = process.env.WVWASI_BUILD ?? path.join(top, "build");
const guest = (name) => path.join(build, "guests", name);
execFileSync("make", ["-s", `BUILD=${build}`, guest("hiredis"), guest("hiredis.wasm")], { cwd: top, stdio: ["ignore", "ignore", "inherit"] });

const argsOf = ({ port }) => ["-h", "localhost", "-p", String(port), "--skip-throughput"];
/** What it tests beside a server: a name that isn't there and a port that nobody has. */
const rulesOf = ({ port }) => [`tcp:localhost:${port}`, `tcp:127.0.0.1:${port}`, "tcp:idontexist.test:6379", "tcp:localhost=private:1"]
	.flatMap((rule) => ["--net", rule]);

/** Ends with what it says of AF_UNIX, and so with 1. */
const run = (program, args) => new Promise((resolve) => execFile(program, args, { cwd: top },
	(error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr })));

/* Its tests and what came of them, without their numbers: one more runs where size_t has 32 bits. */
const outcomes = (stdout) => stdout.replaceAll("\x1b[0;32m", "").replaceAll("\x1b[0;31m", "").replaceAll("\x1b[0;0m", "").split("\n")
	.filter((line) => /^#\d/.test(line)).flatMap((line) => line.split(/#\d+ /).slice(1)).map((line) => line.trim());
const ONLY_32 = "Set error when bulk > SIZE_MAX: PASSED";

function isThatOf(native, { code, stdout, stderr = "" }) {
	assert.match(stdout, /Testing against Unix socket connection [^\n]*\nConnection error: Address family not supported by protocol\n$/, stderr);
	assert.equal(code, 1);
	assert.deepEqual(outcomes(stdout).filter((line) => line !== ONLY_32), native);
	assert.ok(outcomes(stdout).includes(ONLY_32));
}

/* Each has a server of its own, since they sleep in it for seconds: all at once. */
const servers = await Promise.all([startRedis(), startRedis(), startRedis()]);
after(() => Promise.all(servers.map((server) => server.stop())));
const native = run(guest("hiredis"), argsOf(servers[0])).then(({ stdout }) => outcomes(stdout));

test("natively all of them pass", async () => {
	const all = await native;
	assert.deepEqual(all.filter((line) => !line.endsWith(": PASSED")), ["Does not return a reply when the command times out:"]); // Debian took its verdict out
	assert.ok(all.length > 55, `${all.length}`);
});

const inNode = (async () => {
	const fixture = await openFixture(rulesOf(servers[1]));
	try {
		return await runProgram(fixture.session, guest("hiredis.wasm"), argsOf(servers[1]));
	} finally {
		await fixture.close();
	}
})();
const inPage = run(path.join(top, "tests/run-wasm"), [...rulesOf(servers[2]), guest("hiredis.wasm"), ...argsOf(servers[2])]);
for (const promise of [inNode, inPage])
	promise.catch(() => {});

test("in Node: the same ones, and one for 32 bits", async () => isThatOf(await native, await inNode));
test("in a page of Chromium: the same ones", async () => isThatOf(await native, await inPage));
