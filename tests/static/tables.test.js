/* What is made from wasi/syscalls.def is committed; it must be what `make tables` would make now. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { SIGNATURES } from "../../static/shim/signatures.js";
import { LOCAL, NUMBERS, SYSCALLS, TABLE_HASH } from "../../static/shim/syscalls.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("syscalls.js and API.md are current", () => {
	const folder = mkdtempSync(join(tmpdir(), "tables-"));
	try {
		execFileSync("make", ["-s", "-C", root, `BUILD=${folder}`, `${folder}/make_tables`]);
		const made = what => execFileSync(join(folder, "make_tables"), [what], { encoding: "utf8" });
		assert.equal(readFileSync(join(root, "static/shim/syscalls.js"), "utf8"), made("js"));
		assert.equal(readFileSync(join(root, "docs/API.md"), "utf8"), made("api"));
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

test("the hash is FNV-1a over the rows", () => {
	let hash = 0xcbf29ce484222325n;
	for (const { number, name, takes, gives, flags } of SYSCALLS)
		for (const byte of Buffer.from(`${number} ${name} ${takes} ${gives} ${flags}\n`))
			hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
	assert.equal(TABLE_HASH, hash);
	assert.notEqual(LOCAL, 0);
});
