/* What is made from the tables of calls, errors and frames is committed; it must be what `make tables` would make now. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("interfaces.def, the server's names of what components import, is current", () => {
	const made = execFileSync(process.execPath, [join(root, "tables/interfaces.js")], { encoding: "utf8" });
	assert.equal(readFileSync(join(root, "server/wire/interfaces.def"), "utf8"), made, "make tables");
});

test("syscalls.js, API.md, syscalls.json and PROTOCOL.md's tables are current", () => {
	const folder = mkdtempSync(join(tmpdir(), "tables-"));
	try {
		execFileSync("make", ["-s", "-C", root, `BUILD=${folder}`, `${folder}/make_tables`]);
		const made = { js: "static/shim/base/syscalls.js", api: "docs/API.md", inspector: "static/inspector/tables.js", json: "docs/syscalls.json",
			protocol: "docs/PROTOCOL.md" };
		for (const [what, file] of Object.entries(made))
			assert.equal(readFileSync(join(root, file), "utf8"), execFileSync(join(folder, "make_tables"), [what], { cwd: root, encoding: "utf8" }), file);
	} finally {
		rmSync(folder, { recursive: true });
	}
});
