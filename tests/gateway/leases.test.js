// Leases: a guest is told what it may know without asking, and of every change to it before any answer that was made after.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import * as codec from "../../static/shim/base/codec.js";
import { after, test } from "../testing.js";
import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { CALL, ERRNO, FRAME, OPEN, RIGHTS, call, handle, open } from "./client.js";

const fixture = await openFixture();
after(() => fixture.close());
const { BROKEN, TELLS } = codec;
const text = (bytes) => Buffer.from(bytes).toString();
let folders = 0;

/** A folder of its own, a guest, and the guest's lease on it. */
async function leased(files = { one: "1", two: "22" }, { to = fixture } = {}) {
	const name = `folder-${folders++}`;
	fs.mkdirSync(to.at(name));
	for (const [file, content] of Object.entries(files))
		fs.writeFileSync(path.join(to.at(name), file), content);
	const wire = await to.session.connect(ROOT_ONLY);
	const at = (file) => path.join(to.at(name), file);
	const lease = async () => codec.decodeLease((await wire.call("lease_folder", [3, name, 1 << 16]))[0]);
	return { name, wire, at, lease, first: await lease() };
}

/** What a batch's answer says is broken: the frames before it. */
async function brokenBefore(wire, ...calls) {
	const results = await wire.calls(...(calls.length ? calls : [call("sched_yield")]));
	const breaks = wire.came(FRAME.BREAK).flatMap((frame) => codec.decodeBreaks(frame));
	return { results, breaks: breaks.map(({ what, name, lease }) => [what, text(name), lease]), ordinals: breaks.map(({ ordinal }) => ordinal) };
}

test("a lease tells the folder's attributes, its names, and its files' attributes", async () => {
	const { name, wire, at, first } = await leased();
	fs.mkdirSync(at("below"));
	fs.symlinkSync("one", at("link"));
	const { lease, entries, filestat } = codec.decodeLease((await wire.call("lease_folder", [3, name, 1 << 16]))[0]);
	assert.notEqual(lease, first.lease);
	const [[folder], [one], [two]] = [await wire.call("path_filestat_get", [3, 0, name]), await wire.call("path_filestat_get", [3, 0, `${name}/one`]),
		await wire.call("path_filestat_get", [3, 0, `${name}/two`])];
	assert.deepEqual(filestat, folder);
	const byName = Object.fromEntries(entries.map((entry) => [text(entry.name), entry]));
	assert.deepEqual(Object.keys(byName).sort(), ["below", "link", "one", "two"]);
	assert.deepEqual(byName.one.bytes, one);
	assert.deepEqual(byName.two.bytes, two);
	assert.equal(byName.link.tells, TELLS.NAME);
	assert.equal(byName.below.tells, TELLS.IDENTITY);
	assert.equal(new DataView(byName.below.bytes.buffer, byName.below.bytes.byteOffset).getBigUint64(8, true), BigInt(fs.statSync(at("below")).ino));
});

/* what another process does, and what the next answer begins with */
const CHANGES = {
	"creates a file": [(at) => fs.writeFileSync(at("new"), ""), [[BROKEN.NAME, "new"]]],
	"makes a folder": [(at) => fs.mkdirSync(at("new")), [[BROKEN.NAME, "new"]]],
	"writes": [(at) => fs.appendFileSync(at("one"), "more"), [[BROKEN.ATTRIBUTES, "one"]]],
	"truncates": [(at) => fs.truncateSync(at("one")), [[BROKEN.ATTRIBUTES, "one"]]],
	"removes": [(at) => fs.rmSync(at("one")), [[BROKEN.NAME, "one"]]],
	"renames": [(at) => fs.renameSync(at("one"), at("other")), [[BROKEN.NAME, "one"], [BROKEN.NAME, "other"]]],
	"replaces": [(at) => (fs.writeFileSync(fixture.at("outside"), "x"), fs.renameSync(fixture.at("outside"), at("one"))), [[BROKEN.NAME, "one"]]],
	"makes another name elsewhere": [(at) => fs.linkSync(at("one"), fixture.at("elsewhere")), [[BROKEN.ATTRIBUTES, "one"]]],
	"sets times": [(at) => fs.utimesSync(at("one"), 1, 2), [[BROKEN.ATTRIBUTES, "one"]]],
	"changes the mode": [(at) => fs.chmodSync(at("one"), 0o600), [[BROKEN.ATTRIBUTES, "one"]]],
	"changes the folder's mode": [(at) => fs.chmodSync(at("."), 0o700), [[BROKEN.ALL, ""]]],
	"moves the folder away": [(at) => fs.renameSync(at("."), fixture.at(`moved-${folders}`)), [[BROKEN.ALL, ""]]],
	"removes the folder": [(at) => fs.rmSync(at("."), { recursive: true }), [[BROKEN.ALL, ""]]],
};
for (const [what, [change, wanted]] of Object.entries(CHANGES))
	test(`another process ${what}: the next answer begins with that`, async () => {
		const { wire, at, first } = await leased();
		change(at);
		const { breaks } = await brokenBefore(wire);
		for (const row of wanted)
			assert.ok(breaks.some((broken) => broken[0] === row[0] && broken[1] === row[1] && broken[2] === first.lease),
				`${row} is among ${JSON.stringify(breaks)}`);
		fs.rmSync(fixture.at("elsewhere"), { force: true });
	});

test("a write through another name of a file, in a folder that nobody leased, is told", async () => {
	const { wire, at } = await leased();
	fs.linkSync(at("one"), fixture.at("alias"));
	const again = await wire.call("lease_folder", [3, path.basename(at(".")), 1 << 16]);
	const { lease } = codec.decodeLease(again[0]);
	await brokenBefore(wire);
	fs.appendFileSync(fixture.at("alias"), "by another name");
	const { breaks } = await brokenBefore(wire);
	assert.ok(breaks.some(([what, name, id]) => what === BROKEN.ATTRIBUTES && name === "one" && id === lease), JSON.stringify(breaks));
});

test("a program that asks nothing gets one BROKEN until it asks", async () => {
	const { wire, at, name } = await leased();
	fs.writeFileSync(at("a"), "");
	await wire.next(FRAME.BROKEN);
	fs.writeFileSync(at("b"), "");
	fs.writeFileSync(at("c"), "");
	const { breaks } = await brokenBefore(wire);
	assert.deepEqual(breaks.map(([, broken]) => broken), ["a", "b", "c"]);
	assert.deepEqual(wire.came(FRAME.BREAK).length, 1);
	await wire.call("lease_name", [3, `${name}/a`]);
});

test("own changes are told with their own answer, and not by BROKEN", async () => {
	const { wire, name } = await leased();
	const { breaks, results } = await brokenBefore(wire, call("path_unlink_file", [3, `${name}/one`]));
	assert.equal(results[0].errno, 0);
	assert.ok(breaks.some(([what, broken]) => what === BROKEN.NAME && broken === "one"));
	await wire.calls(call("sched_yield"));
	assert.equal(wire.came(FRAME.BROKEN).length, 0);
});

test("what broke comes in the answer's own message", async () => {
	const { name, wire } = await leased();
	const before = wire.messages;
	const { breaks } = await brokenBefore(wire, call("path_rename", [3, `${name}/one`, 3, `${name}/three`]));
	assert.notEqual(breaks.length, 0);
	assert.equal(wire.messages - before, 1);
	await wire.close();
});

test("own quiet writes break what was known of the file, and send no BROKEN", async () => {
	const { wire, name } = await leased();
	const file = handle(9, 1);
	await wire.calls(open(`${name}/one`, file, { rights: RIGHTS.both }));
	wire.batch([call("fd_write", [file, 0n, Buffer.from("abc")], CALL.QUIET)], { wait: false });
	const { breaks } = await brokenBefore(wire, call("fd_sync", [file]));
	assert.deepEqual(breaks.map(([what, broken]) => [what, broken]), [[BROKEN.ATTRIBUTES, "one"]]);
	assert.equal(wire.came(FRAME.BROKEN).length, 0);
});

test("one guest's change breaks what another was promised", async () => {
	const { wire, name, first } = await leased();
	const other = await fixture.session.connect(ROOT_ONLY);
	await other.calls(open(`${name}/new`, handle(9, 1), { oflags: OPEN.create, rights: RIGHTS.both }));
	await wire.next(FRAME.BROKEN);
	const { breaks } = await brokenBefore(wire);
	assert.deepEqual(breaks, [[BROKEN.NAME, "new", first.lease]]);
});

test("a name is learned anew, with a stamp that the breaks before it don't pass", async () => {
	const { wire, name, first } = await leased();
	const { results, ordinals } = await brokenBefore(wire, open(`${name}/new`, handle(9, 1), { oflags: OPEN.create, rights: RIGHTS.both }),
		call("lease_name", [3, `${name}/new`]), call("path_filestat_get", [3, 0, `${name}/new`]), call("lease_name", [3, `${name}/none`]));
	const learned = codec.decodeLeasedName(results[1].bytes);
	assert.equal(learned.lease, first.lease);
	assert.deepEqual(learned.entry.bytes, results[2].gives[0]);
	assert.ok(ordinals.every((ordinal) => ordinal <= learned.stamp), `${ordinals} up to ${learned.stamp}`);
	assert.equal(codec.decodeLeasedName(results[3].bytes).entry, null);
});

test("a change right after the look has an ordinal beyond its stamp", async () => {
	const { wire, name, at } = await leased();
	const learned = codec.decodeLeasedName((await wire.call("lease_name", [3, `${name}/two`]))[0]);
	fs.appendFileSync(at("two"), "x");
	const { ordinals } = await brokenBefore(wire);
	assert.ok(ordinals.length > 0 && ordinals.every((ordinal) => ordinal > learned.stamp));
});

test("a folder whose names change often is broken as a whole", async () => {
	const { wire, at } = await leased();
	for (let i = 0; i < 100; i++)
		fs.writeFileSync(at(`file-${i}`), "");
	const { breaks } = await brokenBefore(wire);
	assert.deepEqual(breaks.at(-1).slice(0, 2), [BROKEN.ALL, ""]);
	assert.equal(breaks.length, 65);
});

test("more names than the answer has room for: no lease", async () => {
	const { wire, name } = await leased();
	const [small] = await wire.calls(call("lease_folder", [3, name, 120]));
	assert.equal(small.errno, 1, "2BIG");
});

test("dropped rights, files, kernel's own file systems: no lease", async () => {
	const { wire, name } = await leased();
	const folder = handle(9, 1);
	await wire.calls(open(name, folder, { oflags: OPEN.directory }));
	assert.equal((await wire.calls(call("lease_folder", [3, `${name}/one`, 1 << 16])))[0].errno, 54, "NOTDIR");
	await wire.calls(call("fd_fdstat_set_rights", [folder, 1n << 14n, 0n]));
	assert.equal((await wire.calls(call("lease_folder", [folder, ".", 1 << 16])))[0].errno, 76, "NOTCAPABLE");
	const proc = await openFixture(["--dir", "/proc/self::/proc:ro"]).catch(() => null);
	if (proc) {
		const guest = await proc.session.connect({ flags: 1 | 16 | 32, preopens: [{ name: "/proc", grant: "/proc", readOnly: true }] });
		assert.equal((await guest.calls(call("lease_folder", [3, ".", 1 << 16])))[0].errno, 58, "NOTSUP");
		await proc.close();
	}
});

test("an overflow of the kernel's queue breaks everything", async () => {
	const { wire, at, first } = await leased();
	const most = Number(fs.readFileSync("/proc/sys/fs/inotify/max_queued_events", "utf8"));
	const pid = fixture.gateway.ready.pid;
	const children = execFileSync("cat", [`/proc/${pid}/task/${pid}/children`], { encoding: "utf8" }).trim().split(" ").map(Number);
	for (const child of children)
		process.kill(child, "SIGSTOP");
	try {
		for (let i = 0; i < most / 2 + 2; i++) {
			fs.writeFileSync(at("x"), "");
			fs.rmSync(at("x"));
		}
	} finally {
		for (const child of children)
			process.kill(child, "SIGCONT");
	}
	const { breaks } = await brokenBefore(wire);
	assert.ok(breaks.some(([what, , lease]) => what === BROKEN.ALL && lease === first.lease), JSON.stringify(breaks.at(-1)));
});

test("what a dropped lease was about isn't told any more", async () => {
	const { wire, at, first } = await leased();
	await wire.calls(call("lease_drop", [first.lease]));
	fs.writeFileSync(at("new"), "");
	const { breaks } = await brokenBefore(wire);
	assert.deepEqual(breaks, []);
});

test("by POST the breaks come in the answer's body, before it", async () => {
	const name = `folder-${folders++}`;
	fs.mkdirSync(fixture.at(name));
	const { post, control } = await fixture.session.connectByPost({ ...ROOT_ONLY, flags: 1 | 2 | 512 | 16 | 32 });
	const { encodeBatch, BATCH } = await import("./client.js");
	await post(encodeBatch([call("lease_folder", [3, name, 1 << 16])], 1, 0, BATCH.WAIT));
	fs.writeFileSync(path.join(fixture.at(name), "new"), "");
	const { frames } = await post(encodeBatch([call("sched_yield")], 2, 1, BATCH.WAIT));
	assert.deepEqual(frames.map(({ type }) => type), [FRAME.BREAK, FRAME.ANSWER]);
	await control.close();
	assert.equal(ERRNO.SUCCESS, 0);
});
