// wasi:sockets and wasi:http of 0.2: components of JavaScript (tests/components/scripts) and C find what the interfaces' WIT promises, at
// real peers.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { ROOT_ONLY, openFixture } from "./call-fixture.js";
import { Debugger } from "./debugger.js";
import { top } from "./gateway.js";
import { networkPeers } from "./net-peers.js";
import { runProgram } from "./net-program.js";
import { requestsPeer } from "./net-requests.js";
import { FUNCTIONS } from "../../static/shim/component/interfaces.js";
import { SYSCALLS } from "../../static/shim/base/syscalls.js";
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

test("wasi:sockets of 0.3: streams both ways at once, clients as a stream, datagrams, look-ups, wrong orders and what no rule allows", async () => {
	const { code, stdout } = await runProgram(fixture.session, path.join(components, "sockets3.wasm"), peers.args);
	assert.deepEqual(stdout.split("\n").filter((line) => !line.startsWith("ok ")), [""]);
	assert.equal(stdout.match(/^ok /gm).length, 30);
	assert.equal(code, 0);
});

test("a debugger hears which of the interface's functions made a call, whether the page answered it or the server", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	try {
		await runProgram(fixture.session, path.join(components, "sockets.wasm"), peers.args);
		const heard = (list) => debug.when(() => {
			const found = debug.frames.flatMap(list).map(({ call, within }) => `${SYSCALLS.find(({ number }) => number === call).name} ${FUNCTIONS[within - 1]}`);
			return found.length > 0 ? found : undefined;
		});
		const [inPage, waited] = [await heard(({ calls = [] }) => calls.filter(({ within }) => within > 0)), await heard(({ times = [] }) => times)];
		assert.ok(inPage.includes("args_get wasi:cli/environment#get-arguments"), inPage.join());
		assert.ok(waited.includes("sock_open wasi:sockets/tcp-create-socket#create-tcp-socket"), waited.join());
	} finally {
		debug.close();
	}
});

test("--trace shows in which of the interface's functions a call was made", async () => {
	const traced = await openFixture(["--trace=path_open,path_filestat_get"]);
	try {
		fs.writeFileSync(traced.at("greeting.txt"), "to be or not to be\n");
		const { stdout } = await runProgram(traced.session, path.join(components, "words.wasm"), ["/greeting.txt"], ROOT_ONLY.preopens);
		assert.equal(stdout, "6 words in /greeting.txt\n");
		await traced.gateway.says(/ path_open\(3, .*"greeting.txt".* = 0 <\d+\.\d{6}> ← wasi:filesystem\/types#\[method\]descriptor\.open-at$/m);
		assert.doesNotMatch(traced.gateway.stderr(), / fd_read\(/, "the filter holds");
	} finally {
		await traced.close();
	}
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

for (const [what, component] of [["wasi:http/outgoing-handler", "requests.wasm"], ["wasi:http/client of 0.3", "requests3.wasm"]])
	test(`${what}: bodies stream both ways, and errors have the interface's names`, async () => {
		const peer = await requestsPeer(), its = await openFixture(peer.net);
		try {
			const { code, stdout } = await runProgram(its.session, path.join(components, component), peer.args);
			assert.equal(stdout, peer.printed);
			assert.equal(code, 0);
		} finally {
			await its.close();
			peer.close();
		}
	});
