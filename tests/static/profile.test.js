// Start profiles in the page: what is asked for before a program begins, what is told at its end, and that hints which lie change no answer.
// That the gateway keeps them is tests/gateway/profiles.test.js's.
import assert from "node:assert/strict";
import { test } from "node:test";

import { readHints, writeHints } from "../../static/shim/cache/prefetch/hints.js";
import { ERRNO } from "../../static/shim/base/errors.js";
import { bytesOf, makeTreeGuest, textOf } from "./tree.js";

/* Folders are objects, files their sizes. */
const TREE = { lib: { "a.py": 10, "b.py": 20, json: { "x y.py": 30 } }, bin: { tool: 5 }, top: 7 };

/** A guest over TREE; begin(): what its worker does before it starts. */
function start(hints, options = {}) {
	const guest = makeTreeGuest(TREE, { hints, wakeups: new Int32Array(new SharedArrayBuffer(4)), ...options });
	const name = text => {
		guest.memory.write(1024, bytesOf(text));
		return [1024, text.length];
	};
	return {
		...guest,
		waits: () => guest.asked.filter(({ wait }) => wait).length,
		leased: () => guest.asked.flatMap(({ calls }) => calls).filter(call => call.name === "lease_folder").map(({ args }) => textOf(args[1])),
		begin() {
			if (guest.program.cache.begin()) {
				guest.program.settle(() => 0);
				guest.wait();
			}
		},
		stat: path => guest.call.path_filestat_get(3, 1, ...name(path), 600),
		open: path => guest.call.path_open(3, 1, ...name(path), 0, 2n, 2n, 0, 512),
		/** What it tells at its end. */
		told() {
			assert.throws(() => guest.call.proc_exit(0), WebAssembly.RuntimeError);
			const [hint] = guest.asked.flatMap(({ calls }) => calls).filter(call => call.name === "start_hints");
			return hint && textOf(hint.args[0]);
		},
	};
}

const FULL = "d 3 300 .\nd 3 300 lib\nd 3 100 lib/json\nf 30 x%20y.py\n";

test("hints are written and read again, names as bytes", () => {
	const hints = [{ handle: 3, path: ".", bytes: 5, name: null }, { handle: 3, path: "l%b/\xe4", bytes: 6, name: null },
		{ handle: 3, path: ".", bytes: 7, name: "a b" },
		{ handle: 3, path: "l%b/\xe4", bytes: 8, name: "c\n" }, { handle: 3, path: "l%b/\xe4", bytes: 9, name: "d" },
		{ handle: 4, path: "x", bytes: 1, name: null, listed: true }].map(hint => ({ listed: false, ...hint }));
	const text = writeHints(hints);
	assert.equal(text, "d 3 5 .\nd 3 6 l%25b/%E4\n@ 0\nf 7 a%20b\n@ 1\nf 8 c%0A\nf 9 d\nl 4 1 x\n");
	assert.deepEqual(readHints(text), hints);
});

test("hints that are too many are left out, and what is left is well-formed", () => {
	const hints = [{ handle: 3, path: ".", bytes: 5, name: null, listed: false }];
	for (let i = 0; i < 10_000; i++)
		hints.push({ handle: 3, path: ".", bytes: i, name: `file ${i} ${"x".repeat(i % 50)}`, listed: false });
	const text = writeHints(hints);
	assert.ok(text.length <= 48 << 10);
	assert.ok(text.split("\n").length <= 4097);
	assert.deepEqual(readHints(text), hints.slice(0, readHints(text).length));
});

test("lines that aren't hints are left out", () => {
	assert.deepEqual(readHints("# x\n\nq 1 2\nd 3\nf 5 early\n@ 9\nf 5 nowhere\nd x 1 a\n"), []);
});

test("the folders of the last start come in one wait, before the program begins", () => {
	const { begin, stat, waits, leased } = start(FULL);
	begin();
	assert.equal(waits(), 1);
	assert.deepEqual(leased(), [".", "lib", "lib/json"]);
	assert.equal(stat("lib/json/x y.py"), 0);
	assert.equal(stat("lib/a.py"), 0);
	assert.equal(stat("lib/none"), ERRNO.NOENT);
	assert.equal(waits(), 1);
});

test("without hints nothing is asked, and nothing told where none are kept", () => {
	const first = start("");
	first.begin();
	assert.equal(first.waits(), 0);
	first.stat("lib/a.py");
	assert.match(first.told(), /lib/);
	const off = start(null);
	assert.equal(off.program.cache.begin(), false);
	off.stat("lib/a.py");
	assert.equal(off.told(), undefined);
	for (const coherence of ["strict", "trap"])
		assert.equal(start(FULL, { coherence }).program.cache.begin(), false, coherence);
});

test("what is told: folders on the way, files that were opened, in that order; not what isn't there", () => {
	const { stat, open, told } = start("");
	stat("lib/a.py");
	open("lib/json/x y.py");
	stat("lib/none");
	open("lib/none");
	open("lib/b.py");
	stat("none/below");
	stat("lib/../top");
	assert.equal(told().replaceAll(/ \d+ (?=\S+$)/gm, " N "), "d 3 N .\nd 3 N lib\nd 3 N lib/json\nf N x%20y.py\n@ 1\nf N b.py\n");
});

test("what came but wasn't asked for isn't told again", () => {
	const { begin, stat, told } = start(`${FULL}d 3 100 bin\nf 5 tool\n`);
	begin();
	stat("bin/tool");
	assert.equal(told().replaceAll(/ \d+ (?=\S+$)/gm, " N "), "d 3 N .\nd 3 N bin\n");
});

const LIES = {
	"what isn't there": "d 3 100 none\nf 5 nothing\n", "files as folders": "d 3 100 top\nf 5 x\nd 3 100 lib/a.py\n",
	"folders as files": "d 3 100 .\nf 5 lib\nf 5 bin\n",
	"what leads out": "d 3 100 ..\nd 3 100 ../..\nf 5 ..\n", "other handles": "d 4 100 .\nd 0 100 .\nd 99 1 x\nf 3 y\n",
	"huge": "d 3 4294967295 .\nf 4294967295 top\nd 3 1 lib\n", "no hints": "what is this\nd\nd d d\nf f\n@\n",
};
for (const [what, hints] of Object.entries(LIES))
	test(`hints that lie change no answer: ${what}`, () => {
		const { begin, stat, open } = start(hints);
		begin();
		for (const path of ["lib/a.py", "top", "bin/tool", "lib/json"])
			assert.equal(stat(path), 0, path);
		for (const path of ["none", "lib/none", "top/x", "lib/a.py/x", "none/nothing"])
			assert.notEqual(stat(path), 0, path);
		assert.equal(open("top"), 0);
		assert.equal(open("nothing"), ERRNO.NOENT);
	});

test("a folder handle that the program closed isn't asked through any more", () => {
	const { call, stat, leased, program } = start(`d 3 100 .\n${Array.from({ length: 40 }, (_, i) => `d 3 60000 lib${i}\n`).join("")}`);
	call.fd_close(3);
	program.cache.begin();
	assert.equal(stat("top"), ERRNO.BADF);
	assert.deepEqual(leased(), []);
});

test("no more than a MiB is asked for ahead of use, and more when it was used", () => {
	const { begin, stat, open, leased } =
		start(`d 3 1000 .\nd 3 1000 lib\nf 10 a.py\n${Array.from({ length: 40 }, (_, i) => `d 3 60000 lib${i}\n`).join("")}f 9 x\n`);
	begin();
	const first = leased().length;
	assert.ok(first > 2 && first <= 2 + 262_144 / 60_000, `${first} at first`);
	stat("elsewhere/x/y");
	assert.ok(leased().length <= first + 3, "nothing more before something is used");
	open("lib/a.py");
	assert.ok(leased().length > first + 3);
});

test("while somebody has control nothing is asked ahead, and nothing told", () => {
	const { program, stat, leased, told } = start(FULL);
	program.cache = program.cache.without();
	stat("lib/json/x y.py");
	assert.deepEqual(leased(), []);
	assert.equal(told(), undefined);
});
