/* The shim's first calls aren't compiled while a program waits for them: each module asks for that ahead (DECISIONS.md). */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const shim = fileURLToPath(new URL("../../static/shim/", import.meta.url));

test("every module of the shim asks to be compiled while it loads", () => {
	const modules = fs.readdirSync(shim, { recursive: true }).filter((name) => name.endsWith(".js"));
	assert.ok(modules.length > 40);
	const without = modules.filter((name) => !fs.readFileSync(path.join(shim, name), "utf8").startsWith("//# allFunctionsCalledOnLoad\n"));
	assert.deepEqual(without, []);
});
