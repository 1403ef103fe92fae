// guest/: one source, compiled natively and for wasm32-wasi, does and says the same against the same peers; and WasmEdge's version 1, by a module of its own.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { openFixture } from "./call-fixture.js";
import { top } from "./gateway.js";
import { networkPeers } from "./net-peers.js";
import { runProgram } from "./net-program.js";
import { after, test } from "../testing.js";

const guests = path.join(process.env.WVWASI_BUILD ?? path.join(top, "build"), "guests");
const peers = await networkPeers();
const fixture = await openFixture(peers.net);
after(async () => {
	await fixture.close();
	peers.close();
});

test("TCP, UDP, look-ups, connections that aren't waited for, half-close and a listener are as they are natively", async () => {
	const { stdout: native } = await promisify(execFile)(path.join(guests, "network"), peers.args);
	const { code, stdout } = await runProgram(fixture.session, path.join(guests, "network.wasm"), peers.args);
	assert.equal(stdout, native);
	assert.equal(code, 0);
	assert.match(native, /300000 sent, 300000 back, the same 1/);
});

test("WasmEdge's version 1 does the same: an address's kind apart, accept of two parameters, datagrams without a port", async () => {
	const { code, stdout, stats } = await runProgram(fixture.session, path.join(guests, "sockets1.wasm"), peers.args);
	assert.equal(stdout, "connected, peer 4 127.0.0.1, its port 1\nhello back\naccepted, own 4\ndatagram from 127.0.0.1\n");
	assert.equal(code, 0);
	assert.equal(stats.roundTrips, 16, "one wait for each of its 15 calls of sockets, and one for its end");
});

test("without a rule every call is ACCES, and look-ups say so", async () => {
	const without = await openFixture([]);
	try {
		const { stdout } = await runProgram(without.session, path.join(guests, "network.wasm"), peers.args);
		assert.match(stdout, /^getaddrinfo: System error\n/);
		assert.ok(!stdout.includes("accepted 1"), stdout);
	} finally {
		await without.close();
	}
});

test("what make install puts below share/ is all of guest/, and its headers are C++ too", () => {
	const its = fs.readFileSync(path.join(top, "Makefile"), "utf8").match(/for file in ([^;]*);/)[1].split(" ");
	const files = fs.readdirSync(path.join(top, "guest"), { recursive: true }).filter((name) => fs.statSync(path.join(top, "guest", name)).isFile());
	assert.deepEqual([...its].sort(), files.sort());
	const source = path.join(fixture.base, "headers.cc");
	fs.writeFileSync(source,
		"#include <netdb.h>\n#include <sys/socket.h>\nint main() { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? gai_strerror(0)[0] : 0; }\n");
	execFileSync("clang-19", ["--target=wasm32-wasi", "-fsyntax-only", "-Wall", "-Werror", "-I", path.join(top, "guest/include"), source]);
});
