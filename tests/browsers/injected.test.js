// SQLite in a page, once for each of its first calls, and that call fails, or the connection is cut there. Afterwards a native sqlite3 finds the database
// whole: every transaction whose end was printed is in it, and none of which only a part is. `make injections` tries every call; here one in ten or fewer.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { startEngine } from "../engines/index.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";
import { after, test } from "../testing.js";

const CALLS = 500, EVERY = Number(process.env.WVWASI_EVERY ?? 10);
const TRANSACTIONS = 6, ROWS = 40, AT_ONCE = 25;
const root = path.join(process.env.WVWASI_BUILD ?? path.join(top, "build"), "examples");
const work = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-injected-"));
after(() => fs.rmSync(work, { recursive: true, force: true }));
const gateway = await startGateway(["--root", root, "--dir", `${work}::/work`]);
after(() => gateway.stop());
const engine = await startEngine("chromium");
after(() => engine.close());
const page = await engine.open(linkTo(gateway.ready.link, "/"));
await page.waitFor(() => document.querySelector(".cards"));

const SQL = ["CREATE TABLE t (k INTEGER, i INTEGER, x TEXT);", ...Array.from({ length: TRANSACTIONS }, (_, k) => `BEGIN;
	${Array.from({ length: ROWS }, (row, i) => `INSERT INTO t VALUES (${k}, ${i}, '${"x".repeat(100)}');`).join("\n")}
	DELETE FROM t WHERE k = ${k} - 2; COMMIT; SELECT 'done ${k}' AS name;`)].join("\n");

/** Runs it under each of these rules; gives [{ exitCode or error, said, calls }]. */
const runs = (list) => page.evaluate(([sql, rules]) => import("/_wvwasi/wvwasi.js").then(async ({ run }) => {
	const results = [];
	for (const { name, rule } of rules) {
		let said = "";
		const stdout = (bytes) => void (said += new TextDecoder().decode(bytes));
		const its = { args: ["query", `/work/${name}.db`], stdin: sql, stdout, stderr: stdout, inject: rule === null ? [] : [rule] };
		results.push(await run("/sqlite/query.wasm", its).then(({ exitCode, stats }) => ({ exitCode, said, calls: stats.syscalls }),
			(error) => ({ error: `${error.name}: ${error.message}`, said })));
	}
	return results;
}), [SQL, list]);

/** What a native sqlite3 says of the database. */
async function found(name) {
	const file = path.join(work, `${name}.db`);
	if (!fs.existsSync(file))
		return { whole: "ok", counts: new Map() };
	const sql = "PRAGMA integrity_check; SELECT k, count(*) FROM t GROUP BY k;";
	const { stdout } = await promisify(execFile)("sqlite3", [file, sql]).catch((error) => (/no such table/.test(error.stderr) ? error : Promise.reject(error)));
	const [whole, ...lines] = stdout.trim().split("\n");
	return { whole, counts: new Map(lines.map((line) => line.split("|").map(Number))) };
}

function judge(name, { said }, { whole, counts }) {
	assert.equal(whole, "ok", name);
	const done = [...said.matchAll(/done (\d+)/g)].map(([, k]) => Number(k));
	const last = Math.max(-1, ...counts.keys());
	assert.ok(last >= Math.max(-1, ...done), `${name}: ${said}, but ${last + 1} are done`); // a line may be missing: its write failed
	for (const [k, rows] of counts)
		assert.equal(rows, ROWS, `${name}: a part of transaction ${k}`);
	assert.deepEqual([...counts.keys()], [last - 1, last].filter((k) => k >= 0), `${name}: what was deleted`);
}

/** Every `step`-th call up to CALLS, from a random one on, meets `what`. Gives how many runs ended otherwise than well. */
async function each(what, step) {
	let ended = 0;
	for (let first = 1 + Math.floor(Math.random() * step); first <= CALLS; first += AT_ONCE * step) {
		const list = [];
		for (let n = first; n < first + AT_ONCE * step && n <= CALLS; n += step)
			list.push({ name: `${what.replace(/\W/g, "-")}-${n}`, rule: `*:${what}:when=${n}` });
		const results = await runs(list);
		for (const [i, { name }] of list.entries()) {
			judge(name, results[i], await found(name));
			ended += results[i].exitCode === 0 ? 0 : 1;
		}
		for (const { name } of list)
			fs.rmSync(path.join(work, `${name}.db`), { force: true });
	}
	return ended;
}

test("without an injection all is done", async () => {
	const [result] = await runs([{ name: "plain", rule: null }]);
	assert.equal(result.exitCode, 0, JSON.stringify(result));
	judge("plain", result, await found("plain"));
	assert.equal([...result.said.matchAll(/done/g)].length, TRANSACTIONS);
	assert.ok(result.calls > CALLS, `it makes ${result.calls} calls`);
});

for (const [what, step] of [["error=EIO", EVERY], ["error=ENOSPC", 2 * EVERY], ["lost", 10 * EVERY]])
	test(`one in ${step} of the first ${CALLS} calls: ${what}`, { timeout: 3_600_000 / EVERY }, async () => {
		assert.ok(await each(what, step) > CALLS / step / 10, "next to nothing went wrong");
	});
