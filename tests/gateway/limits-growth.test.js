// Nothing grows: memory and open descriptors of both processes before and after a million calls, ten thousand guests, ten thousand files.
// Each load runs once in small before it is measured: caches and pools are filled then.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { pause } from "../engines/deadline.js";
import { CALL, OPEN, RIGHTS, call, handle, open } from "./client.js";
import { gatewayPid, measure } from "./processes.js";

const fixture = await openFixture();
after(() => fixture.close());
const gateway = gatewayPid(fixture.gateway.pid);
const MIB = 1 << 20;

/** Runs `load(part)` for the first tenth, measures, runs the rest, measures again. */
async function grows(load, total) {
	await load(total / 10);
	await settled();
	const before = [measure(gateway), measure(fixture.gateway.pid)];
	await load(total * 9 / 10);
	await settled(before[0].descriptors);
	const now = [measure(gateway), measure(fixture.gateway.pid)];
	return { before, now, bytes: now.map(({ rss }, i) => rss - before[i].rss),
		descriptors: now.map(({ descriptors }, i) => descriptors - before[i].descriptors) };
}

/** Guests that have gone are freed by their workers: wait until no more than `enough` descriptors are left, or none goes for a second. */
async function settled(enough = -1) {
	for (let last = -1, same = 0, now; (now = measure(gateway).descriptors) > enough && same < 5; last = now) {
		same = now === last ? same + 1 : 0;
		await pause(200);
	}
}

function mustStay(growth) {
	const told = JSON.stringify(growth);
	assert.ok(growth.descriptors.every((count) => count <= 0), told);
	assert.ok(growth.bytes.every((bytes) => bytes < 2 * MIB), told);
}

test("a million calls leave nothing behind", async () => {
	const wire = await fixture.session.connect(ROOT_ONLY);
	const file = handle(9, 1);
	await wire.calls(open("file", file, { oflags: OPEN.create, rights: RIGHTS.both }), call("fd_write", [file, 0n, Buffer.alloc(1000, "x")]));
	const kinds = [call("fd_pread", [file, 0n, 100]), call("fd_filestat_get", [file]), call("path_filestat_get", [3, 0, "file"]), call("fd_tell", [file, 1n]),
		call("path_filestat_get", [3, 0, "missing"]), call("fd_pwrite", [file, 10n, Buffer.from("y")], CALL.QUIET), call("fd_readdir", [3, 0n, 200]),
		call("path_readlink", [3, "file", 10]), call("random_get", [16]), call("clock_time_get", [1, 0n])];
	const calls = Array.from({ length: 4000 }, (_, i) => kinds[i % kinds.length]);
	mustStay(await grows(async (total) => {
		for (let done = 0; done < total; done += calls.length) {
			const results = await wire.calls(...calls);
			assert.equal(results[0].errno, 0);
		}
	}, 1_000_000));
	await wire.close();
});

test("ten thousand files opened, written, read and closed leave nothing behind", async () => {
	const wire = await fixture.session.connect(ROOT_ONLY);
	let generation = 0, round = 0;
	mustStay(await grows(async (total) => {
		for (let done = 0; done < total; done += 100) {
			generation++;
			const files = Array.from({ length: 100 }, (_, i) => handle(10 + i, generation));
			const results = await wire.calls(...files.flatMap((file, i) => [
				open(`many-${round % 100}-${i}`, file, { oflags: OPEN.create, rights: RIGHTS.both }), call("fd_write", [file, 0n, Buffer.from("abc")]),
				call("fd_pread", [file, 0n, 3]), call("fd_close", [file])]));
			round++;
			assert.ok(results.every(({ errno }) => errno === 0));
		}
	}, 10_000));
	await wire.close();
});

test("ten thousand guests, each with a file and a poll that waits, leave nothing behind", async () => {
	const hello = { ...ROOT_ONLY, args: ["guest"], env: ["A=b"] };
	let started = 0, ended = 0;
	fixture.gateway.events.on("program-end", () => ended++);
	const one = async () => {
		started++;
		const wire = await fixture.session.connect(hello);
		await wire.calls(open("file", handle(8, 1)), call("path_filestat_get", [3, 0, "file"]));
		wire.batch([call("fd_read", [0, 0n, 10])]);
		wire.socket.terminate(); // as a page that goes
	};
	mustStay(await grows(async (total) => {
		let left = total;
		await Promise.all(Array.from({ length: 8 }, async () => {
			while (left-- > 0)
				await one();
		}));
		while (ended < started)
			await new Promise((resolve) => fixture.gateway.events.once("program-end", resolve));
	}, 10_000));
});
