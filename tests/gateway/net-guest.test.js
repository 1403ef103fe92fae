// guest/: one source, compiled natively and for wasm32-wasi, does and says the same against the same peers.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import dgram from "node:dgram";
import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import { promisify } from "node:util";

import { openFixture } from "./call-fixture.js";
import { top } from "./gateway.js";
import { freePort } from "./net-peers.js";
import { runProgram } from "./net-program.js";
import { after, test } from "../testing.js";

const build = path.join(top, process.env.BUILD ?? "build");
const echo = net.createServer({ allowHalfOpen: true }, (socket) => socket.on("error", () => {}).pipe(socket));
const datagrams = dgram.createSocket("udp4", (bytes, { port, address }) => datagrams.send(bytes, port, address));
await once(echo.listen(0, "127.0.0.1"), "listening");
datagrams.bind(0, "127.0.0.1");
await once(datagrams, "listening");
const [closed, own] = [await freePort(), await freePort()];
const ports = [echo.address().port, datagrams.address().port, closed, own].map(String);
const fixture = await openFixture([`tcp:localhost:${ports[0]}`, `tcp:127.0.0.1:${ports[0]}`, `udp:127.0.0.1:${ports[1]}`, `tcp:127.0.0.1:${closed}`,
	`listen:127.0.0.1:${own}`, `tcp:127.0.0.1:${own}`].flatMap((rule) => ["--net", rule]));
after(async () => {
	await fixture.close();
	echo.close();
	datagrams.close();
});

test("TCP, UDP, look-ups, connections that aren't waited for, half-close and a listener are as they are natively", async () => {
	const { stdout: native } = await promisify(execFile)(path.join(build, "guests/network"), ["localhost", ...ports]);
	const { code, stdout } = await runProgram(fixture.session, path.join(build, "guests/network.wasm"), ["localhost", ...ports]);
	assert.equal(stdout, native);
	assert.equal(code, 0);
	assert.match(native, /300000 sent, 300000 back, the same 1/);
});
