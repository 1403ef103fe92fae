/* What is made from the tables of calls and frames is committed; it must be what `make tables` would make now. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { SIGNATURES } from "../../static/shim/base/signatures.js";
import { FRAME, FRAME_BODY, LOCAL, NUMBERS, SYSCALLS, TABLE_HASH } from "../../static/shim/base/syscalls.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("syscalls.js, API.md, syscalls.json and PROTOCOL.md's tables are current", () => {
	const folder = mkdtempSync(join(tmpdir(), "tables-"));
	try {
		execFileSync("make", ["-s", "-C", root, `BUILD=${folder}`, `${folder}/make_tables`]);
		const made = { js: "static/shim/base/syscalls.js", api: "docs/API.md", json: "docs/syscalls.json", protocol: "docs/PROTOCOL.md" };
		for (const [what, file] of Object.entries(made))
			assert.equal(readFileSync(join(root, file), "utf8"), execFileSync(join(folder, "make_tables"), [what], { cwd: root, encoding: "utf8" }), file);
	} finally {
		rmSync(folder, { recursive: true });
	}
});

test("all 46 functions of preview1 have a row and a signature", () => {
	const preview1 = SYSCALLS.filter(({ number }) => number < 0x8000).map(({ name }) => name);
	assert.equal(preview1.length, 46);
	assert.deepEqual(Object.keys(SIGNATURES).sort(), [...preview1].sort());
	assert.deepEqual(SYSCALLS.map(({ number }) => number), Object.values(NUMBERS));
});

test("every frame has a vector, and those of one size have that size", () => {
	const vectors = JSON.parse(readFileSync(join(root, "tests/vectors/frames.json"), "utf8")).filter(({ decoded }) => decoded !== null);
	for (const [name, type] of Object.entries(FRAME)) {
		const ofType = vectors.filter(({ decoded }) => decoded.type === name).map(({ hex }) => Buffer.from(hex, "hex"));
		assert.ok(ofType.length > 0, `${name} has no vector in frames.json`);
		for (const bytes of ofType) {
			assert.equal(bytes[4], type, name);
			assert.equal(bytes.length - 8, FRAME_BODY[type] ?? bytes.length - 8, name);
		}
	}
});

test("the hash is FNV-1a over the rows", () => {
	let hash = 0xcbf29ce484222325n;
	for (const { number, name, takes, gives, flags } of SYSCALLS)
		for (const byte of Buffer.from(`${number} ${name} ${takes} ${gives} ${flags}\n`))
			hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
	assert.equal(TABLE_HASH, hash);
	assert.notEqual(LOCAL, 0);
});
