// The faults of libwebsockets 4.1.6 that a client can reach before it has shown anything (NN-2025-0102 and its like) read freed memory without
// crashing: so the real binary runs under valgrind here, which would see it. Without the sandbox, which valgrind doesn't know.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";

import { test } from "../testing.js";
import { openDoors, tokenOf } from "./doors-fixture.js";
import { HELLO } from "./client.js";
import { gatewayPid } from "./processes.js";
import { Raw, get, post, upgrade } from "./raw.js";

const hasValgrind = (() => {
	try {
		return execFileSync("valgrind", ["--version"], { encoding: "utf8" }).startsWith("valgrind");
	} catch {
		return false;
	}
})();

test("an unknown Upgrade on a kept connection, CONNECT, h2c, no sub-protocol, odd frames: no invalid read or write",
	{ timeout: 120_000, skip: !hasValgrind && "needs valgrind" }, async () => {
		const logs = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-valgrind-"));
		after(() => fs.rmSync(logs, { recursive: true, force: true }));
		const doors = await openDoors(undefined, ["--sandbox", "off"], { through: ["valgrind", `--log-file=${logs}/%p`] });
		after(() => doors.close());
		const { origin, port } = doors;
		const host = `Host: localhost:${port}`;
		const file = get(origin, "/_wvwasi/wvwasi.js");
		const exchange = async (...requests) => {
			const raw = await Raw.open(port);
			for (const bytes of requests)
				await raw.send(bytes).answer({ timeoutMs: 30_000 });
			raw.close();
		};
		const session = await doors.enter();
		const ticket = async () => (await session.tickets())[0];
		for (const what of ["foo", "h2c", "TLS/1.0", "raw", "mqtt"])
			for (const where of ["/_wvwasi/wvwasi.js", "/_wvwasi/ws", "/"]) {
				const odd = get(origin, where, { Upgrade: what, Connection: "Upgrade", Origin: origin,
					"Sec-WebSocket-Protocol": `wvwasi.1, t.${await ticket()}` });
				await exchange(file, odd);
				await exchange(odd);
			}
		await exchange(file, `CONNECT localhost:${port} HTTP/1.1\r\n${host}\r\n\r\n`);
		await exchange(file, upgrade(origin, await ticket(), { "Sec-WebSocket-Protocol": undefined }));
		await exchange(file, upgrade(origin, await ticket(), { "Sec-WebSocket-Protocol": "http-only" }));
		await exchange(file, upgrade(origin, await ticket(), { "Sec-WebSocket-Extensions": "permessage-deflate, x-webkit-deflate-frame; a=b" }));
		await exchange(post(origin, "/_wvwasi/claim", JSON.stringify({ token: tokenOf(doors.gateway.ready.link) })), file);
		for (const bytes of [Buffer.from([0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]), Buffer.from([0x89, 0x80, 1, 2, 3, 4, 0x88, 0x80, 1, 2, 3, 4]),
				Buffer.from([0x82, 4, 0, 0, 0, 0]),
			Buffer.from([0x02, 0x81, 0, 0, 0, 0, 7, 0x02, 0x81, 0, 0, 0, 0, 7])]) {
			const raw = await Raw.open(port);
			await raw.send(upgrade(origin, await ticket())).answer();
			raw.send(bytes);
			raw.socket.end();
			await raw.hungUp(30_000);
			raw.close();
		}
		const wire = await session.connect({ flags: HELLO.NEW | HELLO.STDIN_EOF });
		wire.socket.terminate();
		assert.ok(await doors.isWell());
		const inner = gatewayPid(doors.gateway.pid);
		assert.equal((await doors.gateway.stop()).code, 0, doors.gateway.stderr());
		for (const pid of [doors.gateway.pid, inner])
			assert.match(fs.readFileSync(path.join(logs, String(pid)), "utf8"), /ERROR SUMMARY: 0 errors/);
	});
