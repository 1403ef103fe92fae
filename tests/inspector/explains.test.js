// What the inspector makes of calls beside showing them: whose they are, how preview1 writes them, what was waited for, what is missing, what each file was
// used for, and what a second run does otherwise.
import assert from "node:assert/strict";
import test from "node:test";

import { CALL_FLAG, FrameReader } from "../../static/inspector/codec.js";
import { differences } from "../../static/inspector/compare.js";
import { compileFilter } from "../../static/inspector/filter.js";
import { Model } from "../../static/inspector/model.js";
import { argumentsText, isOwn, namedArguments, resultText } from "../../static/inspector/preview1.js";
import { CALL_NAMES, NOTE } from "../../static/inspector/rows.js";
import { Selection } from "../../static/inspector/selection.js";
import { FLAG } from "../../static/inspector/store.js";
import { IMPORTS } from "../../static/shim/base/signatures.js";
import { NUMBERS } from "../../static/shim/base/syscalls.js";
import * as frames from "./frames.js";

const time = 1_700_000_000_000_100_000n;
const call = (name, text, more = {}) => ({ program: 7, number: 1, time, call: NUMBERS[name], batch: 9, duration: 8000, queue: 2000, text: `${name}(${text})`, ...more });
const local = (name, text, more = {}) => call(name, text, { flags: CALL_FLAG.LOCAL, batch: 0, queue: 0, ...more });

function feed(model, ...messages) {
	for (const message of messages)
		for (const frame of new FrameReader().push(message))
			model.take(frame);
	return model;
}
const began = (program = 7, flags = 0) => frames.program({ program, flags, name: "tool" });
const rowsOf = model => Array.from({ length: model.store.end }, (_, number) => model.store.row(number));
const shown = (model, wish) => {
	const selection = new Selection(model.store);
	selection.filter(compileFilter(wish, CALL_NAMES).test);
	while (!selection.advance());
	return Array.from({ length: selection.length }, (_, index) => model.store.row(selection.at(index)));
};

const written = [
	["fd_read", "4, 4096, 100", "= [12 bytes]", "fd=4, iovs=[100]", "[12 bytes]"],
	["fd_pread", "4.2, 512, 100", "= [12 bytes]", "fd=4.2, iovs=[100], offset=512", "[12 bytes]"],
	["fd_write", "1, 0, [3 bytes]", "= 3", "fd=1, iovs=[3 bytes]", "3"],
	["fd_pwrite", "4, 9, [3 bytes]", "= 3", "fd=4, iovs=[3 bytes], offset=9", "3"],
	["fd_seek", "4, 9, -3, CUR", "= 6", "fd=4, offset=-3, whence=CUR", "6"],
	["fd_tell", "4, 9", "= 9", "fd=4", "9"],
	["path_open", "3, SYMLINK_FOLLOW, \"a, b\", CREAT|TRUNC, FD_READ|FD_SEEK|FD_TELL, 0, 0, new 5.1", "= 0",
		"fd=3, dirflags=SYMLINK_FOLLOW, path=\"a, b\", oflags=CREAT|TRUNC, fs_rights_base=FD_READ|FD_SEEK|+1, fs_rights_inheriting=0, fdflags=0", "fd 5.1"],
	["path_rename", "3, \"a\", 4, \"b\"", "= 0", "fd=3, old_path=\"a\", new_fd=4, new_path=\"b\"", "0"],
	["random_get", "8", "= [8 bytes]", "buf_len=8", "[8 bytes]"],
	["sched_yield", "", "= 0", "", "0"],
	["lease_folder", "3, \"\", 32768", "= [90 bytes]", "3, \"\", 32768", "[90 bytes]"],
];
for (const [name, text, result, args, gives] of written)
	test(`${name} is shown as preview1 writes it`, () => {
		const row = { call: NUMBERS[name], text, result };
		assert.equal(argumentsText(row), args);
		assert.equal(resultText(row), gives);
	});

test("every call of preview1 has its arguments' names, as many as its row of the imports can have", () => {
	for (const [name, { takes }] of Object.entries(IMPORTS)) {
		const text = takes.map((_, i) => i).join(", ");
		const named = namedArguments({ call: NUMBERS[name], text });
		assert.ok(named.every(({ name: its }) => its !== ""), name);
		assert.ok(named.length <= takes.length && named.length >= takes.filter(({ letter }) => !"ohn".includes(letter)).length, name);
	}
});

test("what the page asks for on its own account is behind a switch, also what turns out so later", () => {
	const model = feed(new Model(), began(), frames.calls([
		call("path_open", "3, 0, \"a\", 0, 0, 0, 0, new 5", { handle: 3, handle2: 5, path: "a" }), call("lease_folder", "3, \"\", 100", { path: "" }),
		call("fd_pread", "5, 0, 65536", { handle: 5, bytesOut: 900 }), call("fd_write", "6, 0, [5 bytes]", { flags: CALL_FLAG.QUIET, batch: 8, handle: 6 }),
	]));
	const names = (wish) => shown(model, wish).map(row => CALL_NAMES.find(([number]) => number === row.call)[1]);
	assert.deepEqual(names({ own: "hide" }), ["path_open", "fd_pread", "fd_write"], "a change is the program's, also when it is done later");
	feed(model, frames.times([{ program: 7, batch: 9, call: NUMBERS.path_open, page: 1000, trip: 50_000 }]));
	assert.deepEqual(model.disowned, [2, 1].sort());
	assert.deepEqual(names({ own: "hide" }), ["path_open", "fd_write"]);
	assert.deepEqual(names({}), ["path_open", "lease_folder", "fd_pread", "fd_write"]);
	assert.deepEqual([model.sums.all.count, model.programs.get(7).files.byPath().get("a")?.read ?? 0], [1, 0]);
	assert.ok(isOwn(NUMBERS.start_hints, 0) && !isOwn(NUMBERS.fd_lock, 0) && !isOwn(NUMBERS.sock_open, 0));
});

test("a row that turns out to be the page's own leaves what is shown", () => {
	const model = feed(new Model(), began(), frames.calls([call("fd_read", "4, 0, 9"), call("fd_pread", "4, 9, 9"), call("fd_read", "5, 0, 9", { batch: 10 })]));
	const selection = new Selection(model.store);
	selection.filter(compileFilter({ own: "hide" }, CALL_NAMES).test);
	selection.advance();
	assert.equal(selection.length, 3);
	feed(model, frames.times([{ program: 7, batch: 9, call: NUMBERS.fd_read, page: 1, trip: 1 }]));
	model.disowned.forEach(number => selection.again(number));
	assert.deepEqual([selection.length, selection.at(0), selection.at(1)], [2, 0, 2]);
});

test("a call that the page answered after it had asked for more has its wait, and the batch is the page's own", () => {
	const model = feed(new Model(), began(), frames.calls([call("lease_files", "3, \"\"", { duration: 30_000 }),
		local("path_open", "3, 0, \"a\", 0, 0, 0, 0, new 65535.65535", { flags: CALL_FLAG.LOCAL | CALL_FLAG.ASKED, duration: 300_000, path: "a", handle: 3 })]),
	frames.times([{ program: 7, batch: 9, call: NUMBERS.path_open, page: 10_000, trip: 290_000 }]));
	const [lease, open] = rowsOf(model);
	assert.ok(lease.flags & FLAG.OWN);
	assert.deepEqual([open.took, open.page, open.wire], [300, 10, 290 - 2 - 30]);
});

test("waiting for input, a peer or a clock is neither the system's time nor the page's", () => {
	const model = feed(new Model(), began(), frames.calls([call("fd_read", "0, 0, 9", { flags: CALL_FLAG.WAITED, handle: 0, duration: 5e9 }),
		local("poll_oneoff", "[MONOTONIC +5 ns]", { duration: 3e9 }), call("fd_read", "4, 0, 9", { handle: 4, batch: 10 })]));
	const { parts } = model.programs.get(7).sums.all;
	assert.deepEqual([parts.os, parts.page, parts.waiting], [8, 0, 8e6]);
});

test("what is missing is marked where it is missing, whatever the filter", () => {
	const model = feed(new Model(), began(), frames.calls([call("fd_read", "4, 0, 9")]), frames.dropped({ calls: 1234 }), frames.calls([call("fd_close", "4")]));
	const [, gap] = shown(model, { call: "fd_*" });
	assert.ok(gap.flags & FLAG.NOTE);
	assert.match(gap.text, /^1,234 calls are missing here/);
	assert.equal(shown(model, { errno: "any" }).length, 1, "the gap alone");
	assert.equal(model.sums.all.count, 2);
});

test("the calls before the debugger came are rows that nothing counts, and a line says since when it watches", () => {
	const before = { flags: CALL_FLAG.BEFORE, number: 0 };
	const model = feed(new Model(), began(7, 4), frames.calls([call("fd_read", "4, 0, 9", before), call("fd_close", "4", before)]),
		frames.state({ program: 7 }), frames.calls([call("fd_sync", "5")]));
	const rows = rowsOf(model);
	assert.deepEqual(rows.map(({ flags, errno }) => [flags & (FLAG.BEFORE | FLAG.NOTE), errno]),
		[[FLAG.BEFORE, 0], [FLAG.BEFORE, 0], [FLAG.NOTE, NOTE.SINCE], [0, 0]]);
	assert.equal(model.sums.all.count, 1);
	assert.equal(shown(model, { call: "fd_*" }).length, 3, "no note in a filtered view");
});

test("a stop is a line in place", () => {
	const model = feed(new Model(), began(), frames.state({ program: 7, mode: 2, state: 2 }), frames.state({ program: 7, mode: 2, state: 0 }));
	assert.match(rowsOf(model)[0].text, /^Stopped for /);
	assert.equal(model.programs.get(7).stopped, false);
});

const open = (handle, path, program = 7) => frames.handles({ program, handles: [{ handle, path }] });

test("files are known by who opened, read and wrote them, however late a handle's path is told", () => {
	const model = feed(new Model(), began(), open(3, "/work"), frames.calls([
		local("path_open", "3, 0, \"sub/../a.txt\", 0, 0, 0, 0, new 65535.65535", { handle: 3, path: "sub/../a.txt", duration: 1000 }),
		local("fd_read", "5, 0, 9", { handle: 5, bytesOut: 9, duration: 2000 })]), open(5, "/work/a.txt"), frames.calls([
		local("fd_write", "5, 9, [4 bytes]", { handle: 5, bytesIn: 4, duration: 3000 }),
		call("path_filestat_get", "3, 0, \"gone\"", { handle: 3, path: "gone", errno: NUMBERS.args_get })]));
	const its = model.programs.get(7).files;
	assert.deepEqual(its.byPath().get("/work/a.txt"), { path: "/work/a.txt", opened: 1, read: 9, written: 4, calls: 3, errors: 0, took: 6 });
	assert.deepEqual([its.byPath().get("/work/gone").errors, its.byPath().get("/work/gone").opened], [1, 0]);
	const test = its.test("/work/a.txt");
	assert.deepEqual(rowsOf(model).map(row => test(row)), [true, true, true, false]);
});

test("two runs are compared: calls, files, errors and ends", () => {
	const model = new Model();
	const sync = (program, times) => frames.calls(Array.from({ length: times }, () => local("fd_sync", "5", { program, handle: 5 })));
	const read = (program, handle) => local("fd_read", `${handle}, 0, 9`, { program, handle, bytesOut: 100 });
	feed(model, began(1), began(2), open(5, "/data.db", 1), open(5, "/data.db", 2), open(6, "/config.json", 1), open(6, "/other.json", 2),
		sync(1, 3), sync(2, 603), frames.calls([read(1, 6), read(2, 6), local("path_open", "3, 0, \"x\", 0, 0, 0, 0, new 9", { program: 2, handle: 3, path: "/x", errno: 44 })]),
		frames.ended({ program: 1, code: 0 }), frames.ended({ program: 2, code: 1 }));
	const told = differences(model.programs.get(1), model.programs.get(2)).map(({ subject, text }) => `${subject} ${text}`.trim());
	for (const wanted of ["It ends with exit code 1, not with exit code 0", "600 more fd_sync", "/config.json isn\u2019t read any more", "/other.json is read now: 100 B",
		"1 more path_open that fail", "/x is asked for now, in vain"])
		assert.ok(told.includes(wanted), `${wanted} in\n${told.join("\n")}`);
	assert.deepEqual(differences(model.programs.get(1), model.programs.get(1)), []);

	/* one that ran already when the inspector came */
	feed(model, began(3, 4), frames.state({ program: 3 }));
	assert.match(differences(model.programs.get(3), model.programs.get(2))[0].text, /^Program 3 was watched from its middle on/);
});
