// A recorded run by its calls: where to go from one, what its arguments were, and what changed in memory between two moments.
import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";

import { differences } from "../../static/inspector/compare.js";
import { Model } from "../../static/inspector/model.js";
import { Moments, changesBetween } from "../../static/inspector/moments.js";
import { argumentsText, resultText } from "../../static/inspector/preview1.js";
import { recordedRows } from "../../static/inspector/recordedrows.js";
import { FLAG, NO_HANDLE } from "../../static/inspector/store.js";
import { RIGHTS, worded } from "../../static/inspector/words.js";
import { IMPORTS } from "../../static/shim/base/signatures.js";

const bytesOf = text => new TextEncoder().encode(text);
const number = value => new Uint8Array(Uint32Array.of(value).buffer);

/* As reader.js gives them. */
function runOf(calls) {
	return { calls: calls.length, call: n => ({ number: n, key: calls[n].name, shape: IMPORTS[calls[n].name], errno: 0, writes: [],
		...calls[n], args: Int32Array.from(calls[n].args), paths: (calls[n].paths ?? []).map(bytesOf) }) };
}
const open = (path, fd, errno = 0) => ({ name: "path_open", args: [3, 0, 64, path.length, 0, 0, 0, 0, 0, 0, 512], paths: [path], errno,
	writes: errno ? [] : [{ pointer: 512, bytes: number(fd) }] });
const calls = [
	{ name: "fd_prestat_dir_name", args: [3, 64, 5], writes: [{ pointer: 64, bytes: bytesOf("/work") }] }, // 0
	open("a.txt", 4), // 1
	{ name: "fd_write", args: [4, 128, 2, 512] }, // 2
	open("./sub/../b.txt", 5), // 3
	{ name: "fd_read", args: [5, 128, 1, 512] }, // 4
	{ name: "fd_close", args: [4] }, // 5
	open("b.txt", 4), // 6
	{ name: "fd_write", args: [4, 128, 2, 512], errno: 8 }, // 7
	{ name: "fd_read", args: [4, 128, 1, 512] }, // 8
	{ name: "clock_time_get", args: [0, 1, 0, 512] }, // 9
	{ name: "path_rename", args: [3, 0, 5, 3, 8, 5], paths: ["b.txt", "c.txt"] }, // 10
	{ name: "path_filestat_get", args: [3, 0, 0, 5, 64], paths: ["b.txt"], errno: 44 }, // 11
	open("c.txt", 6), // 12
	{ name: "poll_oneoff", args: [256, 640, 2, 512], writes: [{ pointer: 640, bytes: new Uint8Array(32) }, { pointer: 512, bytes: number(1) }] }, // 13
];

test("from each call one goes back on its handle, on its path, and to the last write of its file", async () => {
	const moments = await Moments.read(runOf(calls));
	assert.deepEqual([1, 2, 4, 8, 9].map(n => moments.pathOf(n)), ["/work/a.txt", "/work/a.txt", "/work/b.txt", "/work/b.txt", ""]);
	for (const [n, handle, path, write] of [[2, 1, 1, null], [3, 1, null, null], [4, 3, 3, null], [5, 2, 2, 2], [7, 6, 6, null], [8, 7, 7, null],
		[9, null, null, null], [11, 10, 10, 10], [12, 11, 10, 10], [14, null, null, null]])
		assert.deepEqual([moments.onHandle(n), moments.onPath(n), moments.lastWrite(n)], [handle, path, write], `from call ${n}`);
});

test("arguments have preview1's names, and buffers are read from the memory at that moment", async () => {
	const moments = await Moments.read(runOf(calls));
	const memory = new Uint8Array(1024);
	new Uint32Array(memory.buffer).set([256, 5, 300, 0xFFFFFFF0], 32); // at 128: two buffers, the second longer than the memory
	memory.set(bytesOf("hello"), 256);
	const { named, buffers } = moments.arguments(2, memory);
	assert.deepEqual(named.map(({ name, text }) => `${name}=${text}`), ["fd=4", "iovs=[5, 4294967280]"]);
	assert.deepEqual(buffers.map(({ pointer, length, bytes }) => [pointer, length, bytes.length]), [[256, 5, 5], [300, 0xFFFFFFF0, 64]]);
	assert.equal(new TextDecoder().decode(buffers[0].bytes), "hello");
	assert.match(moments.arguments(2, null).named[1].text, /^\[2 at 0x80\]$/);
	assert.equal(moments.arguments(1, null).named.find(({ name }) => name === "path").text, "\"a.txt\"");
	assert.deepEqual(moments.arguments(1, null).gave, ["fd 4"]);
	assert.equal(moments.arguments(2, new Uint8Array(100)).buffers.length, 0, "a list that isn't inside the memory");
});

test("a recorded run is a program with rows, files and sums, and two are compared", async () => {
	const model = new Model();
	const add = async (its) => {
		const run = { ...runOf(its.map((call) => ({ startUs: 10, tookUs: 5, waited: /read|open/.test(call.name), ...call }))),
			program: { args: ["tool"], path: "", browser: "", started: 1_700_000_000_000 }, end: { exit: 3 } };
		const program = model.addRecorded(run);
		for (const row of recordedRows(program, run, await Moments.read(run)))
			model.addRow(row);
		return program;
	};
	const moved = (count) => [{ pointer: 512, bytes: number(count) }];
	const wrote = calls.map((call) => (call.name === "fd_write" && call.errno === undefined ? { ...call, writes: moved(7) }
		: call.name === "fd_read" ? { ...call, writes: moved(4096) } : call));
	const one = await add(wrote), other = await add(wrote.slice(0, 10));
	const use = ({ opened, read, written, calls: all, errors }) => [opened, read, written, all, errors];
	const files = one.files.byPath();
	assert.deepEqual(use(files.get("/work/a.txt")), [1, 0, 7, 3, 0]);
	assert.deepEqual(use(files.get("/work/b.txt")), [2, 8192, 0, 7, 2]);
	assert.deepEqual(use(files.get("/work/c.txt")), [1, 0, 0, 2, 0]);
	assert.deepEqual([one.sums.all.count, one.ended.reason, one.ended.code, one.ended.time - one.began], [14, "exit", 3, 14 * 15]);
	const row = (at) => model.store.row(model.store.first + at), text = (at) => `${argumentsText(row(at))} ${resultText(row(at))}`;
	assert.match(text(1), /^fd=3, dirflags=0, path="a\.txt", .* fd 4$/);
	assert.deepEqual([row(2).bytes, row(2).wire, row(4).bytes, row(4).wire, row(9).handle], [7, 0, 4096, 5, NO_HANDLE]);
	assert.equal(row(2).flags, FLAG.LOCAL);
	assert.deepEqual([row(1).handle2, row(6).handle2], [4, 4 | 1 << 16], "the second descriptor 4");
	const texts = differences(one, other).map(({ subject, text: what }) => `${subject} ${what}`.trim());
	assert.ok(texts.includes("/work/c.txt isn\u2019t opened any more") && texts.includes("No path_rename any more: it was 1"), texts.join("\n"));
});

test("flags, rights and choices have preview1's names, those of the gateway's text", () => {
	const source = fs.readFileSync(new URL("../../server/wire/call_text.c", import.meta.url), "latin1");
	assert.deepEqual(RIGHTS, [.../ rights\[\] = \{([^}]*)NULL/.exec(source)[1].matchAll(/"(\w+)"/g)].map(([, name]) => name));
	assert.equal(RIGHTS.length, 30);
	for (const [call, name, number, text] of [["path_open", "oflags", "9", "CREAT|TRUNC"], ["path_open", "fdflags", "0", "0"], ["path_open", "oflags", "17", "CREAT|0x10"],
		["path_open", "fs_rights_base", "-1", `${RIGHTS.join("|")}|0xffffffffc0000000`], ["fd_fdstat_set_flags", "flags", "4", "NONBLOCK"],
		["path_filestat_get", "flags", "1", "SYMLINK_FOLLOW"], ["fd_seek", "whence", "2", "END"], ["clock_time_get", "id", "1", "MONOTONIC"], ["fd_seek", "offset", "2", "2"]])
		assert.equal(worded(call, name, number), text, `${call}'s ${name}`);
});

test("what poll_oneoff waits for is read from the memory", async () => {
	const moments = await Moments.read(runOf(calls)), memory = new Uint8Array(1024), view = new DataView(memory.buffer);
	view.setBigUint64(256 + 24, 1000n, true);
	view.setUint8(304 + 8, 1);
	view.setUint32(304 + 16, 4, true);
	const { named, gave } = moments.arguments(13, memory);
	assert.deepEqual([named, gave], [[{ name: "in", text: "[clock 0 in 1000 ns, read fd 4]" }], ["1"]]);
});

test("what changed between two moments is found to the byte, also what was added", () => {
	const before = new Uint8Array(4096), after = new Uint8Array(8192);
	for (const at of [3, 5, 100, 4095, 5000])
		after[at] = 1;
	assert.deepEqual(changesBetween(before, after), [{ from: 3, to: 6 }, { from: 100, to: 101 }, { from: 4095, to: 4096 }, { from: 5000, to: 5001 }]);
	assert.deepEqual(changesBetween(after, before), changesBetween(before, after));
	assert.deepEqual(changesBetween(before, before), []);
	assert.equal(changesBetween(new Uint8Array(4096), new Uint8Array(4096).fill(1).map((_, i) => (i % 64 ? 0 : 1)), 10).length, 10);
});
