// Contents that a guest may know without asking: what is given, what ends it and before which answer, and that what the page opened by itself can
// be bound whatever happened since.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import * as codec from "../../static/shim/base/codec.js";
import { after, test } from "../testing.js";
import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { CALL, FRAME, RIGHTS, call, handle, open } from "./client.js";

const fixture = await openFixture();
after(() => fixture.close());
const NOTSUP = 58, BUSY = 10, BADF = 8;
let folders = 0;

/** `lease_files`' names. */
const list = (...names) => Buffer.concat(names.map((name) => Buffer.concat([Buffer.from([name.length, 0]), Buffer.from(name)])));

/** A folder of its own, leased, and the contents of its files. */
async function known(files = { one: "1", two: "22" }, names = Object.keys(files)) {
	const name = `contents-${folders++}`;
	fs.mkdirSync(fixture.at(name));
	for (const [file, content] of Object.entries(files))
		fs.writeFileSync(path.join(fixture.at(name), file), content);
	const wire = await fixture.session.connect(ROOT_ONLY);
	const at = (file) => path.join(fixture.at(name), file);
	const ask = async (...wanted) => codec.decodeLeasedFiles((await wire.call("lease_files", [3, name, 1 << 16, list(...wanted), 1 << 20]))[0]);
	await wire.call("lease_folder", [3, name, 1 << 16]);
	const told = await ask(...names);
	return { name, wire, at, ask, ...told };
}

async function brokenBefore(wire, ...calls) {
	const results = await wire.calls(...(calls.length ? calls : [call("sched_yield")]));
	return { results, leases: wire.came(FRAME.BREAK).flatMap((frame) => codec.decodeBreaks(frame)).filter(({ what }) => what === 0).map(({ lease }) => lease) };
}

test("contents come whole, with what path_open and fd_filestat_get say", async () => {
	const { name, wire, files, ask } = await known();
	const file = handle(9, 1);
	const [opened, stat] = await wire.calls(open(`${name}/two`, file), call("fd_filestat_get", [file]));
	assert.deepEqual(files.map(({ bytes }) => Buffer.from(bytes).toString()), ["1", "22"]);
	assert.deepEqual([files[1].fdstat, files[1].traits], opened.gives.slice(0, 2));
	assert.deepEqual(files[1].filestat, stat.gives[0]);
	const all = await ask();
	assert.deepEqual(all.files.map(({ bytes }) => Buffer.from(bytes).toString()).sort(), ["1", "22"], "without names: all");
	assert.deepEqual((await ask("none", "two")).files.map(({ errno }) => errno), [44, 0]);
});

const CHANGES = {
	"appends": (at) => fs.appendFileSync(at("one"), "more"),
	"writes in place": (at) => fs.writeFileSync(at("one"), "X", { flag: "r+" }),
	"truncates": (at) => fs.truncateSync(at("one")),
	"writes by another name": (at) => (fs.linkSync(at("one"), fixture.at("content-alias")), fs.writeFileSync(fixture.at("content-alias"), "x"),
	fs.rmSync(fixture.at("content-alias"))), "takes the right to read it": (at) => fs.chmodSync(at("one"), 0),
	"stores through a mapping": (at) => execFileSync("python3", ["-c",
		"import mmap,sys\nf=open(sys.argv[1],'r+b')\nm=mmap.mmap(f.fileno(),0)\nf.close()\nm[0:1]=b'Z'", at("one")]),
};
for (const [what, change] of Object.entries(CHANGES))
	test(`another process ${what}: the next answer begins with that`, async () => {
		const { wire, at, files: [one, two] } = await known();
		change(at);
		const { leases } = await brokenBefore(wire);
		assert.ok(leases.includes(one.lease), `${one.lease} is among ${leases}`);
		assert.ok(!leases.includes(two.lease));
	});

test("a store through a mapping that is still there is told when its file is opened, not when it is closed", async () => {
	const { wire, at, files: [one] } = await known();
	const writer = fs.openSync(at("one"), "r+");
	const { leases } = await brokenBefore(wire);
	assert.deepEqual(leases, [one.lease]);
	fs.closeSync(writer);
});

test("what can't be kept open is leased until anybody opens it, and not while somebody writes", async () => {
	const { name, wire, at } = await known();
	const file = handle(9, 1);
	await wire.calls(open(`${name}/one`, file));
	await wire.calls(call("fd_fdstat_set_rights", [file, RIGHTS.read | 1n << 21n, 0n]));
	const before = fs.openSync(at("one"), "r+");
	assert.equal((await wire.calls(call("lease_file", [file])))[0].errno, BUSY);
	fs.closeSync(before);
	const [leased] = await wire.calls(call("lease_file", [file]));
	assert.equal(leased.errno, 0);
	assert.equal(codec.decodeLeasedFile(leased.bytes).flags, 0, "it isn't kept");
	const { leases: earlier } = await brokenBefore(wire);
	const mapped = fs.openSync(at("one"), "r+"); // from now on it may be stored to unheard
	const { leases } = await brokenBefore(wire);
	assert.deepEqual(leases.slice(earlier.length), [codec.decodeLeasedFile(leased.bytes).lease]);
	fs.closeSync(mapped);
});

test("readers break nothing, and who writes keeps it from being leased", async () => {
	const { wire, at, ask } = await known();
	assert.equal(fs.readFileSync(at("one"), "utf8"), "1");
	assert.deepEqual((await brokenBefore(wire)).leases, []);
	const writer = fs.openSync(at("one"), "r+");
	assert.deepEqual((await ask("one", "two")).files.map(({ errno }) => errno), [BUSY, 0]);
	fs.closeSync(writer);
	assert.deepEqual((await ask("one")).files.map(({ errno }) => errno), [0]);
});

test("what was opened from what is known is bound to the file that was read, replaced or removed", async () => {
	const { name, wire, at, files: [one] } = await known();
	fs.writeFileSync(at("new"), "new");
	fs.renameSync(at("new"), at("one"));
	await brokenBefore(wire);
	const file = handle(9, 1);
	const results = await wire.calls(call("lease_open", [3, `${name}/one`, one.lease, file], CALL.QUIET), call("lease_drop", [one.lease], CALL.QUIET),
		call("fd_pread", [file, 0n, 100]), call("fd_close", [file]), call("lease_open", [3, `${name}/one`, one.lease, handle(10, 1)]));
	assert.deepEqual(results.slice(2).map(({ errno }) => errno), [0, 0, BADF]);
	assert.equal(Buffer.from(results[2].gives[0]).toString(), "1");
});

test("an open file is leased from its own descriptor, and what it reads then is so until the break", async () => {
	const { name, wire, at } = await known();
	const file = handle(9, 1);
	const [, leased, read] = await wire.calls(open(`${name}/one`, file), call("lease_file", [file]), call("fd_pread", [file, 0n, 100]));
	const { lease, flags, filestat } = codec.decodeLeasedFile(leased.bytes);
	assert.equal(flags, 1);
	assert.equal(new DataView(filestat.buffer, filestat.byteOffset).getBigUint64(32, true), 1n);
	assert.equal(Buffer.from(read.gives[0]).toString(), "1");
	await wire.calls(call("fd_close", [file]));
	fs.appendFileSync(at("one"), "x");
	assert.ok((await brokenBefore(wire)).leases.includes(lease));
	const [again] = await wire.calls(call("lease_open", [3, `${name}/one`, lease, handle(9, 2)]));
	assert.equal(again.errno, 0, "broken, and still bindable");
});

test("own writes by any handle end it, before their own answer", async () => {
	const { name, wire, files: [one] } = await known();
	const file = handle(9, 1);
	await wire.calls(open(`${name}/one`, file, { rights: RIGHTS.both }));
	wire.came(FRAME.BREAK);
	const { files: [again] } = codec.decodeLeasedFiles((await wire.call("lease_files", [3, name, 1 << 16, list("one"), 1 << 20]))[0]);
	assert.equal(again.errno, 0, "the guest writes it itself: leased all the same");
	const { leases } = await brokenBefore(wire, call("fd_write", [file, 0n, Buffer.from("abc")], CALL.QUIET), call("fd_sync", [file]));
	assert.ok(leases.includes(again.lease) && again.lease !== one.lease);
});

test("a folder that isn't leased gives no contents", async () => {
	const { name, wire } = await known();
	fs.mkdirSync(fixture.at(`${name}/below`));
	const [refused] = await wire.calls(call("lease_files", [3, `${name}/below`, 1 << 16, list("x"), 1 << 16]));
	assert.equal(refused.errno, NOTSUP);
});
