// map.js: includes keep to the order of the rooms, and one that doesn't is named.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const top = fileURLToPath(new URL("../..", import.meta.url));
const map = (...args) => spawnSync(process.execPath, [path.join(top, "map.js"), ...args], { encoding: "utf8" });

/** What map.js says of a tree of these files. */
function mapOf(files) {
	const tree = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-map-"));

	try {
		for (const [name, text] of Object.entries(files)) {
			fs.mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
			fs.writeFileSync(path.join(tree, name), text);
		}
		return map(tree);
	} finally {
		fs.rmSync(tree, { recursive: true });
	}
}

test("no include of this tree points up, no two rooms point at each other, no files include each other in a circle", () => {
	const { status, stderr } = map();

	assert.equal(stderr, "");
	assert.equal(status, 0);
});

test("rooms are printed from the lowest up, with their arrows", () => {
	const { status, stdout } = mapOf({ "server/wire/a.h": "#include \"wasi/w.h\"\n", "wasi/w.h": "", "server/base/b.c": "#include \"wasi/w.h\"\n" });

	assert.equal(status, 0);
	assert.deepEqual(stdout.trimEnd().split("\n").map((line) => line.replace(/ +/g, " ").trim()), ["wasi", "server/base -> wasi", "server/wire -> wasi"]);
});

test("an arrow that points up is named by file, line and include", () => {
	const { status, stderr } = mapOf({ "server/base/a.c": "\n#include \"server/http/b.h\"\n", "server/http/b.h": "" });

	assert.equal(status, 1);
	assert.match(stderr, /^server\/base\/a\.c:2 includes "server\/http\/b\.h": server\/http\/ is above server\/base\/$/m);
});

test("an import that points up is named too, over however many lines it goes", () => {
	const { status, stderr } = mapOf({ "static/shim/base/a.js": "import {\n\tb,\n} from \"../cache/b.js\";\n",
		"static/shim/cache/b.js": "export const b = 1;\n" });

	assert.equal(status, 1);
	assert.match(stderr, /^static\/shim\/base\/a\.js:3 includes "\.\.\/cache\/b\.js": static\/shim\/cache\/ is above static\/shim\/base\/$/m);
});

test("two rooms that point at each other are named", () => {
	const { status, stderr } = mapOf({
		"static/shim/cache/facts/a.js": "import \"../c.js\";\n", "static/shim/cache/b.js": "import \"./facts/d.js\";\n", "static/shim/cache/c.js": "",
		"static/shim/cache/facts/d.js": "",
	});

	assert.equal(status, 1);
	assert.match(stderr,
		/static\/shim\/cache\/facts\/ and static\/shim\/cache\/ include each other|static\/shim\/cache\/ and static\/shim\/cache\/facts\/ include each other/);
});

test("files of one room in a circle are named; a source and its header are one", () => {
	const { status, stderr } = mapOf({ "wasi/a.c": "#include \"a.h\"\n#include \"b.h\"\n", "wasi/a.h": "", "wasi/b.c": "#include \"b.h\"\n#include \"a.h\"\n",
		"wasi/b.h": "" });

	assert.equal(status, 1);
	assert.match(stderr, /circle:\n\twasi\/\w\.c:2 includes "\w\.h"\n\twasi\/\w\.c:2 includes "\w\.h"$/m);
	assert.equal(mapOf({ "wasi/a.c": "#include \"a.h\"\n", "wasi/a.h": "" }).status, 0);
});

test("a folder in a room belongs to that room", () => {
	const { status, stderr } = mapOf({
		"static/inspector/a.js": "import \"./parts/b.js\";\n", "static/inspector/parts/b.js": "import \"../../shim/base/c.js\";\n",
		"static/shim/base/c.js": "",
	});

	assert.equal(stderr, "");
	assert.equal(status, 0);
});
