// The same components on Node, by jco's preview2-shim: what differs there beside what preview1's adapter does on every host:
// docs/COMPONENTS.md has the table.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { top } from "../gateway/gateway.js";
import { after, test } from "../testing.js";

const build = process.env.WVWASI_BUILD ?? path.join(top, "build");
const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-component-node-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));

/** { code, said }, in a fresh folder. */
function runInNode(program, args = []) {
	const folder = fs.mkdtempSync(path.join(base, `${program}-`));
	return new Promise((resolve) => {
		const child = execFile(process.execPath, ["--no-warnings", path.join(top, "tests/components/in-node.js"), path.join(build, `jco${process.env.JCO ?? ""}`),
			path.join(build, `components/${program}.wasm`), folder, ...args], (error, stdout, stderr) => resolve({ code: error?.code ?? 0, said: stdout + stderr }));
		child.stdin.end();
	});
}

/* What preview1's adapter doesn't keep, on any host, and below it what this shim doesn't. The promises' beginnings, in their order. */
const TIMES = ["48 to the nanosecond", "48 and only that one", "to the nanosecond", "48 as well", "49 change nothing", "now", "is now", "and nothing else",
	"of a missing file", "50 a link's own time", "50 is set", "50 following", "50 the target's", "50 the link's"];
const BY_CHANCE = /^not ok realtime is never before/; // its clock has milliseconds
for (const [program, failed] of [
	["listing", []],
	["bulk", ["are filled in order"]],
	["descriptors", ["58 fdstat is the same", "58 two thousand renumbers leak nothing", "59 half as many files are open at once"]],
	["polls", ["66 an unknown clock", "66 has no time", "an absolute time long past, and the end of time", "reports the past one", "63 both are ready at once",
		"63 without error", "65 and says so"]],
	["times", TIMES],
])
	test(`${program}: ${failed.length || "no"} promises fail on Node`, { timeout: 120_000 }, async () => {
		const { said } = await runInNode(program);
		const lines = said.split("\n").filter((line) => line.startsWith("not ok ") && !BY_CHANCE.test(line));
		assert.deepEqual(lines.map((line, i) => (line.startsWith(`not ok ${failed[i]}`) ? failed[i] : line)), failed);
		assert.match(said, /\n\d+ passed, \d+ failed\n/);
	});

for (const [program, how] of [["paths", /path' must be a string or Uint8Array without null bytes/], ["reported", /The value of "len" is out of range/],
	["longjmp", /exceptions proposal not enabled/]])
	test(`${program} doesn't run to its end on Node`, { timeout: 120_000 }, async () => {
		const { code, said } = await runInNode(program);
		assert.match(said, how);
		assert.equal(code, 1);
	});

test("exit codes are the same there: exit-with-code's, and 1 for all others", { timeout: 120_000 }, async () => {
	assert.equal((await runInNode("exits", ["42"])).code, 42);
	assert.equal((await runInNode("ends", ["exit", "33"])).code, 1);
});
