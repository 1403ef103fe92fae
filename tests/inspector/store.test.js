// The inspector's rows without a page: kept, let go, filtered, held, summed, exported.
import assert from "node:assert/strict";
import test from "node:test";

import { exportRows, jsonLine, perfettoFrame, perfettoLine, straceLine } from "../../static/inspector/exports.js";
import { compileFilter } from "../../static/inspector/filter.js";
import { globToRegExp } from "../../static/shim/base/glob.js";
import { Selection } from "../../static/inspector/selection.js";
import { FLAG, NO_HANDLE, Store } from "../../static/inspector/store.js";

const names = [[9, "fd_close"], [21, "fd_read"], [32, "path_open"], [6, "clock_time_get"]];
const nameOf = number => new Map(names).get(number);
const row = (more = {}) => ({
	program: 1, time: 1.7e15, call: 21, text: "4, 0, 4096", result: "= [12 bytes]", errno: 0, flags: 0, batch: 7, handle: 4, path: "", bytes: 12,
	took: 300, page: 10, wire: 250, queue: 15, os: 25, handle2: NO_HANDLE, offset: 16, hash: 0n, data: null, ...more,
});
const fill = (rows, options) => {
	const store = new Store(options);
	rows.forEach(one => store.add(one));
	return store;
};
const numbersOf = (selection) => {
	while (!selection.advance());
	return Array.from({ length: selection.length }, (_, index) => selection.at(index));
};
const passing = (store, wish) => {
	const { test: passes, wrong } = compileFilter(wish, names);
	assert.deepEqual(wrong, []);
	const selection = new Selection(store);
	selection.filter(passes);
	return numbersOf(selection);
};

test("a row comes out as it went in, whatever is in its text", () => {
	const given = row({ text: "\"/tmp/\u202egpj.sh\x1b[31m\u{1f600}\", \"<img onerror=x>\"", result: "= 0", path: "/tmp/\u202egpj.sh\x1b[31m",
		handle: NO_HANDLE, errno: 44, flags: FLAG.LOCAL, serial: 2 ** 40, bytes: 2 ** 33, hash: 2n ** 63n, waiting: 7.5, data: new Uint8Array([0, 255]) });
	const store = fill([row(), given, row()]);
	assert.deepEqual(store.row(1), { number: 1, ...given });
	assert.equal(store.row(0).text, "4, 0, 4096");
	assert.equal(store.row(3), null);
});

test("a million rows are kept, and of more the last million", () => {
	const store = new Store();
	for (let i = 0; i < 1_100_000; i++)
		store.add(row({ time: i, text: `${i}`, result: `= ${i}` }));
	assert.equal(store.end, 1_100_000);
	assert.ok(store.end - store.first >= 1_000_000, `${store.end - store.first} kept`);
	assert.ok(store.end - store.first < 1_050_000);
	assert.equal(store.row(store.first - 1), null);
	for (const number of [store.first, 700_000, 1_099_999])
		assert.deepEqual([store.row(number).text, store.row(number).result, store.row(number).time], [`${number}`, `= ${number}`, number]);
});

test("a million rows are searched, and a glob looks at each path once", () => {
	const store = new Store();
	for (let i = 0; i < 1_000_000; i++)
		store.add(row({ text: `"f${i % 100}"`, path: `/work/f${i % 100}`, call: i % 2 ? 32 : 9 }));
	assert.equal(passing(store, { path: "/work/f1*", call: "path_*" }).length, 60_000); // f1, f11, f13 … of f1 and f10 to f19
	assert.equal(passing(store, { search: "F42\"" }).length, 10_000);
});

const filterRows = [
	row(), // 0
	row({ call: 32, text: "3, \"data/a.txt\"", path: "data/a.txt", handle: 3, errno: 44, result: "", took: 1500, bytes: 0 }), // 1
	row({ call: 6, handle: NO_HANDLE, flags: FLAG.LOCAL, took: 0.1, bytes: 0, text: "REALTIME", result: "= 17" }), // 2
	row({ call: 9, handle: 4 | 2 << 16, program: 2, errno: 8, result: "" }), // 3
	row({ call: 9, handle: 14 }), // 4
];
const wishes = [
	[{}, [0, 1, 2, 3, 4]],
	[{ call: "fd_read" }, [0]],
	[{ call: "fd_*" }, [0, 3, 4]],
	[{ call: "fd_read, path_*" }, [0, 1]],
	[{ call: "!fd_close" }, [0, 1, 2]],
	[{ call: "fd_*,!fd_close" }, [0]],
	[{ path: "data/*.txt" }, [1]],
	[{ path: "*" }, [1]],
	[{ path: "a.t" }, [1]],
	[{ path: "data/?.md" }, []],
	[{ handle: "4" }, [0, 3]],
	[{ handle: "4.2" }, [3]],
	[{ handle: "4.0" }, [0]],
	[{ errno: "NOENT" }, [1]],
	[{ errno: "enoent" }, [1]],
	[{ errno: "8" }, [3]],
	[{ errno: "any" }, [1, 3]],
	[{ errno: "none" }, [0, 2, 4]],
	[{ slower: "1ms" }, [1]],
	[{ slower: "1" }, [1]],
	[{ slower: "200 us" }, [0, 1, 3, 4]],
	[{ where: "page" }, [2]],
	[{ where: "server" }, [0, 1, 3, 4]],
	[{ program: 2 }, [3]],
	[{ search: "REALtime" }, [2]],
	[{ search: "path_open(3, \"data" }, [1]],
	[{ call: "fd_*", errno: "any", program: 2, handle: "4" }, [3]],
];
for (const [wish, wanted] of wishes)
	test(`the filter ${JSON.stringify(wish)} takes rows ${wanted.join(", ") || "none"}`, () => {
		assert.deepEqual(passing(fill(filterRows), wish), wanted);
	});

test("fields that mean nothing are named, and ask for nothing", () => {
	const { test: passes, wrong } = compileFilter({ errno: "NOSUCH", slower: "soon", handle: "x" }, names);
	assert.deepEqual(wrong, ["errno", "slower", "handle"]);
	assert.equal(passes, null);
});

for (const [glob, yes, no] of [["a*c", ["ac", "a/b/c"], ["acd", "xac"]], ["[a-c]?", ["ax", "b."], ["d.", "a"]], ["[!a]", ["b"], ["a"]],
		["a\\*", ["a*"], ["ab"]],
	["(x)|.+", ["(x)|.+"], ["x"]], ["[b-a]", [], ["a", "b"]], ["[", ["["], ["a"]], ["*\n*", ["a\nb"], ["ab"]]])
	test(`the glob ${JSON.stringify(glob)} is fnmatch's`, () => {
		yes.forEach(text => assert.match(text, globToRegExp(glob)));
		no.forEach(text => assert.doesNotMatch(text, globToRegExp(glob)));
	});

test("a held view stays as it is, and loses nothing", () => {
	const store = fill(filterRows);
	const selection = new Selection(store);
	selection.filter(compileFilter({ call: "fd_*" }, names).test);
	assert.deepEqual(numbersOf(selection), [0, 3, 4]);
	selection.hold();
	filterRows.forEach(one => store.add(one));
	assert.deepEqual(numbersOf(selection), [0, 3, 4]);
	assert.equal(selection.waiting, 3);
	selection.release();
	assert.deepEqual(numbersOf(selection), [0, 3, 4, 5, 8, 9]);
	assert.equal(selection.waiting, 0);
	assert.equal(selection.indexOf(8), 4);
	selection.filter(null);
	assert.equal(numbersOf(selection).length, 10);
});

test("rows that were let go leave the view too, and the rest keep their numbers", () => {
	const store = new Store({ kept: 20_000 });
	const selection = new Selection(store);
	selection.filter(compileFilter({ call: "fd_read" }, names).test);
	for (let i = 0; i < 100_000; i++) {
		store.add(row({ call: i % 10 ? 9 : 21, text: `${i}` }));
		if (i % 1000 === 0)
			selection.advance();
	}
	const numbers = numbersOf(selection);
	assert.ok(store.first > 0);
	assert.equal(numbers[0], Math.ceil(store.first / 10) * 10);
	assert.equal(numbers.at(-1), 99_990);
	assert.equal(store.row(numbers[5]).text, `${numbers[5]}`);
});

test("rows become strace's lines", async () => {
	const store = fill(filterRows);
	const selection = new Selection(store);
	selection.advance();
	const lines = (await exportRows(store, selection, one => straceLine(one, nameOf))).join("").split("\n");
	assert.equal(lines.length, 6);
	assert.match(lines[0], /^\[pid 1\] \d\d:\d\d:\d\d\.000000 fd_read\(4, 0, 4096\) = \[12 bytes\] <0\.000300>$/);
	assert.match(lines[1], / path_open\(3, "data\/a\.txt"\) = -1 ENOENT \(no such file or folder\) <0\.001500>$/);
	assert.match(lines[2], / clock_time_get\(REALTIME\) = 17 <0\.000000> \/\* page \*\/$/);
});

test("rows become JSON, a line each", async () => {
	const store = fill(filterRows);
	const selection = new Selection(store);
	selection.filter(compileFilter({ errno: "any" }, names).test);
	selection.advance();
	const lines = (await exportRows(store, selection, one => jsonLine(one, nameOf))).join("").trimEnd().split("\n").map(JSON.parse);
	assert.equal(lines.length, 2);
	assert.deepEqual(lines[0], { time: 1.7e9, program: 1, call: "path_open", args: "3, \"data/a.txt\"", result: "", errno: "ENOENT", handle: 3,
		path: ["data/a.txt"], answered: "server", batch: 7, took_us: 1500, page_us: 10, wire_us: 250, queue_us: 15, os_us: 25 });
});

test("rows become events of the Trace Event Format, a track for what was sent later", async () => {
	const store = fill(filterRows);
	const selection = new Selection(store);
	selection.advance();
	const { before, after } = perfettoFrame(new Map([[1, "a\"b.wasm"]]));
	const text = before + (await exportRows(store, selection, one => perfettoLine(one, nameOf))).join("") + after;
	const events = JSON.parse(text).traceEvents;
	assert.equal(events.find(({ name, pid }) => name === "process_name" && pid === 1).args.name, "a\"b.wasm");
	const calls = events.filter(({ ph }) => ph === "X");
	assert.equal(calls.length, numbersOf(selection).length);
	assert.deepEqual(calls[1], { ph: "X", name: "path_open", cat: "server", pid: 1, tid: 1, ts: 1.7e15, dur: 1500, args: { args: "3, \"data/a.txt\"",
		result: "", errno: "ENOENT", path: "data/a.txt", answered: "server", batch: 7, page_us: 10, wire_us: 250, queue_us: 15, os_us: 25 } });
	const tracks = numbersOf(selection).map((number) => (store.row(number).flags & FLAG.QUIET ? 2 : 1));
	assert.deepEqual(calls.map(({ tid }) => tid), tracks);
});
