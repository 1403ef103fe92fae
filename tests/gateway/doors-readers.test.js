// Who doesn't read what it asked for: the gateway's memory stays as it is, others are served, and nothing is lost.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after } from "node:test";

import { test } from "../testing.js";
import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { call, handle, open } from "./client.js";
import { gatewayPid, measure } from "./processes.js";
import { Raw, get } from "./raw.js";

const fixture = await openFixture();
after(() => fixture.close());
const gateway = gatewayPid(fixture.gateway.pid);
const PIECE = 256 << 10, PIECES = 400; // 100 MiB of answers
fs.writeFileSync(fixture.at("big"), Buffer.alloc(PIECE, "0123456789abcdef"));

/** Another user's day: a page comes, runs something and goes. */
async function others() {
	const wire = await fixture.session.connect(ROOT_ONLY);
	assert.equal((await wire.call("path_filestat_get", [3, 0, "big"])).length > 0, true);
	await wire.close();
}

/** Until it stays the same while others come and go ten times. */
async function still(count) {
	for (let last = -1, same = 0; same < 10;) {
		await others();
		const now = count();
		same = now === last ? same + 1 : 0;
		last = now;
	}
}

const madeBy = (prefix) => fs.readdirSync(fixture.folder).filter((name) => name.startsWith(prefix)).length;

test("a WebSocket that is never read from: its calls wait, memory stays, others are served, and then all comes in order", async () => {
	const wire = await fixture.session.connect(ROOT_ONLY);
	const file = handle(9, 1);
	await wire.calls(open("big", file));
	await others();
	const before = measure(gateway).rss;
	wire.socket.pause();
	const sent = [];
	for (let i = 0; i < PIECES; i++) {
		const calls = [call("fd_pread", [file, 0n, PIECE]), call("path_create_directory", [3, `ws${i}`])];
		sent.push([wire.batch(calls), calls]);
	}
	await still(() => madeBy("ws"));
	const grown = measure(gateway).rss - before;
	assert.ok(madeBy("ws") < PIECES / 2, `${madeBy("ws")} of ${PIECES} batches were executed for one who reads nothing`);
	assert.ok(grown < 8 << 20, `${grown} bytes more`);
	wire.socket.resume();
	for (const [sequence, calls] of sent) {
		const [read, made] = await wire.answer(sequence, calls, 20_000);
		assert.deepEqual([read.errno, read.bytes.length > PIECE - 1, made.errno], [0, true, 0]);
	}
	assert.equal(madeBy("ws"), PIECES);
	await wire.close();
});

test("and one that goes without having read leaves nothing behind", async () => {
	await others();
	const before = measure(gateway);
	const wire = await fixture.session.connect(ROOT_ONLY);
	const file = handle(9, 1);
	await wire.calls(open("big", file));
	wire.socket.pause();
	for (let i = 0; i < PIECES; i++)
		wire.batch([call("fd_pread", [file, 0n, PIECE])]);
	await others();
	wire.socket.terminate();
	await fixture.gateway.next("program-end", ({ guest }) => guest === wire.welcome.guest);
	for (let tries = 0; measure(gateway).descriptors > before.descriptors; tries++) { // what has gone is freed a little later
		assert.ok(tries < 100, "descriptors stay");
		await others();
	}
	assert.ok(measure(gateway).rss - before.rss < 8 << 20);
});

test("forty who ask for a file of 40 MiB and don't read it cost no memory either", async () => {
	fs.writeFileSync(path.join(fixture.base, "root/big.bin"), Buffer.alloc(40 << 20));
	const { port, url } = fixture.gateway.ready;
	await others();
	const before = measure(gateway).rss;
	const raws = await Promise.all(Array.from({ length: 40 }, () => Raw.open(port)));
	for (const raw of raws) {
		raw.socket.pause();
		raw.send(get(url, "/big.bin"));
	}
	await still(() => raws.reduce((sum, { socket }) => sum + socket.bytesRead, 0));
	const grown = measure(gateway).rss - before;
	assert.ok(grown < 8 << 20, `${grown} bytes more`);
	raws[0].socket.resume();
	assert.equal((await raws[0].answer()).body.length, 40 << 20);
	for (const raw of raws)
		raw.close();
});
