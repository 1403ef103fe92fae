// Folders that the gateway keeps open for a page: what is opened from what the page knows is the folder that it knew, whatever became of its name.
import assert from "node:assert/strict";
import fs from "node:fs";

import * as codec from "../../static/shim/base/codec.js";
import { after, test } from "../testing.js";
import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { CALL, ERRNO, FRAME, call, handle } from "./client.js";

const fixture = await openFixture();
after(() => fixture.close());
const NOTCAPABLE = 76, NOTDIR = 54;
let count = 0;

async function kept() {
	const name = `kept-${count++}`;
	fs.mkdirSync(fixture.at(name));
	fs.writeFileSync(fixture.at(`${name}/one`), "1");
	const wire = await fixture.session.connect(ROOT_ONLY);
	const [{ bytes }] = await wire.calls(call("lease_keep", [3, name]));
	return { name, wire, bytes, ...codec.decodeKept(bytes) };
}

const namesOf = (bytes) => {
	const names = [], view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	for (let at = 0; at + 24 <= bytes.length; at += 24 + view.getUint32(at + 16, true))
		names.push(Buffer.from(bytes.subarray(at + 24, at + 24 + view.getUint32(at + 16, true))).toString());
	return names;
};

test("a folder that is kept opens as path_open opens it, again and again", async () => {
	const { name, wire, lease, key, fdstat } = await kept();
	const DIRECTORY = 2;
	const [opened, first, second, listed, again, stat] = await wire.calls(call("path_open", [3, 0, name, DIRECTORY, 1n << 14n, 0n, 0, handle(20)]),
		call("lease_open", [3, name, lease, handle(21)]), call("lease_open", [3, name, lease, handle(22)]),
		call("fd_readdir", [handle(21), 0n, 4096]), call("fd_readdir", [handle(22), 0n, 4096]), call("fd_filestat_get", [handle(22)]));
	assert.deepEqual(opened.bytes.slice(0, 24), fdstat);
	assert.deepEqual(first.bytes, fdstat);
	assert.deepEqual(second.bytes, fdstat);
	assert.deepEqual(namesOf(listed.bytes), [".", "..", "one"]);
	assert.deepEqual(namesOf(again.bytes), [".", "..", "one"]);
	const view = new DataView(stat.bytes.buffer, stat.bytes.byteOffset);
	assert.equal(key, `${view.getBigUint64(0, true)}:${view.getBigUint64(8, true)}`);
	const [made, closed, still] = await wire.calls(call("path_create_directory", [handle(21), "below"]), call("fd_close", [handle(21)]),
		call("fd_readdir", [handle(22), 0n, 4096]));
	assert.equal(made.errno, 0);
	assert.equal(closed.errno, 0);
	assert.deepEqual(namesOf(still.bytes).sort(), [".", "..", "below", "one"]);
	assert.ok(fs.existsSync(fixture.at(`${name}/below`)));
	await wire.close();
});

test("it is that folder, when its name is another's or gone", async () => {
	const { name, wire, lease } = await kept();
	fs.renameSync(fixture.at(name), fixture.at(`${name}-moved`));
	fs.mkdirSync(fixture.at(name));
	fs.writeFileSync(fixture.at(`${name}/other`), "");
	const [, listed] = await wire.calls(call("lease_open", [3, name, lease, handle(20)], CALL.QUIET), call("fd_readdir", [handle(20), 0n, 4096]));
	assert.deepEqual(namesOf(listed.bytes), [".", "..", "one"]);
	fs.rmSync(fixture.at(`${name}-moved`), { recursive: true });
	const [opened, gone] = await wire.calls(call("lease_open", [3, name, lease, handle(21)]), call("path_filestat_get", [handle(21), 0, "one"]));
	assert.equal(opened.errno, 0, "what was said stays true");
	assert.equal(gone.errno, ERRNO.NOENT);
	await wire.close();
});

test("nothing is kept that isn't a folder of the grant, and nothing opened that was dropped", async () => {
	const { name, wire, lease } = await kept();
	fs.symlinkSync("/etc", fixture.at(`${name}/out`));
	for (const [path, errno] of [[`${name}/one`, NOTDIR], ["..", ERRNO.PERM], [`${name}/none`, ERRNO.NOENT]])
		assert.equal((await wire.calls(call("lease_keep", [3, path])))[0].errno, errno, path);
	assert.notEqual((await wire.calls(call("lease_keep", [3, `${name}/out`])))[0].errno, 0);
	const [, late] = await wire.calls(call("lease_drop", [lease], CALL.QUIET), call("lease_open", [3, name, lease, handle(20)]));
	assert.equal(late.errno, ERRNO.BADF);
	await wire.calls(call("fd_fdstat_set_rights", [3, 1n << 13n, 0n]));
	assert.equal((await wire.calls(call("lease_keep", [3, name])))[0].errno, NOTCAPABLE);
	await wire.close();
});

test("more folders than a guest may have leased: the oldest is broken, the others stand", { timeout: 60_000 }, async () => {
	const MOST = 4096, EACH = 500;
	const base = fixture.at("many");
	for (let i = 0; i <= MOST; i++)
		fs.mkdirSync(`${base}/${i}`, { recursive: true });
	const wire = await fixture.session.connect(ROOT_ONLY);
	const leases = [];
	for (let from = 0; from <= MOST; from += EACH) {
		const results = await wire.calls(...Array.from({ length: Math.min(EACH, MOST + 1 - from) },
			(_, i) => call("lease_folder", [3, `many/${from + i}`, 4096])));
		leases.push(...results.map(({ errno, bytes }) => (assert.equal(errno, 0), codec.decodeLease(bytes).lease)));
	}
	const breaks = wire.came(FRAME.BREAK).flatMap((frame) => codec.decodeBreaks(frame));
	assert.deepEqual(breaks.map(({ what, lease }) => [what, lease]), [[codec.BROKEN.ALL, leases[0]]]);
	fs.writeFileSync(`${base}/1/new`, "");
	await wire.calls(call("sched_yield"));
	assert.deepEqual(wire.came(FRAME.BREAK).flatMap((frame) => codec.decodeBreaks(frame)).map(({ lease }) => lease), leases.slice(0, 2));
	await wire.close();
});
