// wasi:sockets of 0.2: a component made of JavaScript (tests/components/scripts/sockets.js) finds what the interface's WIT promises, at real peers.
import assert from "node:assert/strict";
import path from "node:path";

import { openFixture } from "./call-fixture.js";
import { top } from "./gateway.js";
import { networkPeers } from "./net-peers.js";
import { runProgram } from "./net-program.js";
import { after, test } from "../testing.js";

const components = path.join(process.env.WVWASI_BUILD ?? path.join(top, "build"), "components");
const peers = await networkPeers();
const fixture = await openFixture(peers.net);
after(async () => {
	await fixture.close();
	peers.close();
});

test("TCP both ways, UDP, look-ups, options, wrong orders and what no rule allows are as wasi:sockets has them", async () => {
	const { code, stdout } = await runProgram(fixture.session, path.join(components, "sockets.wasm"), peers.args);
	assert.deepEqual(stdout.split("\n").filter((line) => !line.startsWith("ok ")), [""]);
	assert.equal(stdout.match(/^ok /gm).length, 35);
	assert.equal(code, 0);
});

test("without --net every attempt is access-denied", async () => {
	const without = await openFixture([]);
	try {
		const { code, stdout } = await runProgram(without.session, path.join(components, "sockets.wasm"), peers.args);
		assert.match(stdout, /^not ok streams: "access-denied"$/m);
		assert.match(stdout, /^not ok datagrams: "access-denied"$/m);
		assert.equal(code, 1);
	} finally {
		await without.close();
	}
});

test("--inject makes a component's calls fail, by the interface's own error-codes", async () => {
	const injected = await openFixture([...peers.net, "--inject", "sock_open:error=MFILE", "--inject", "sock_resolve:error=TIMEDOUT"]);
	try {
		const { stdout } = await runProgram(injected.session, path.join(components, "sockets.wasm"), peers.args);
		assert.match(stdout, /^not ok streams: "timeout"$/m);
		assert.match(stdout, /^not ok server: "new-socket-limit"$/m);
	} finally {
		await injected.close();
	}
});
