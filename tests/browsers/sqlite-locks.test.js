// One database, written by two pages' SQLite and a native one at once, by locks: a transaction for twenty rows. WVWASI_ROWS=10000: how many each writes.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { startEngine } from "../engines/index.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";
import { after, test } from "../testing.js";

const ROWS = Number(process.env.WVWASI_ROWS ?? 1000);
const AT_ONCE = 20;
const BUSY_MS = 600_000;
const root = path.join(process.env.WVWASI_BUILD ?? path.join(top, "build"), "examples");
const work = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-sqlite-"));
after(() => fs.rmSync(work, { recursive: true, force: true }));
const database = path.join(work, "all.db");
const gateway = await startGateway(["--root", root, "--dir", `${work}::/work`]);
after(() => gateway.stop());
const engine = await startEngine("chromium");
after(() => engine.close());

/** Rows of this writer's, each of which also adds 1 to a number that all share. */
function inserts(who) {
	const lines = [`PRAGMA busy_timeout = ${BUSY_MS};`];
	for (let i = 0; i < ROWS; i++)
		lines.push(`${i % AT_ONCE === 0 ? "BEGIN IMMEDIATE; " : ""}INSERT INTO t VALUES ('${who}', ${i}); UPDATE n SET n = n + 1;${(i + 1) % AT_ONCE === 0 ? " COMMIT;" : ""}`);
	return lines.join("\n");
}

/** Runs SQL in a native sqlite3; gives what it prints. */
function native(sql) {
	const child = spawn("sqlite3", ["-bail", database]);
	let said = "", errors = "";
	child.stdout.on("data", (chunk) => (said += chunk));
	child.stderr.on("data", (chunk) => (errors += chunk));
	child.stdin.end(sql);
	return new Promise((resolve, reject) => child.on("close", (code) => (code === 0 ? resolve(said) : reject(new Error(`sqlite3: ${errors}`)))));
}

const query = ([wait, sql]) => import("/_wvwasi/wvwasi.js")
	.then(({ run }) => run("/sqlite/query.wasm", { args: ["query", "/work/all.db"], stdin: sql, stdout: "capture", stderr: "capture", wait }))
	.then(({ exitCode, stdout, stderr }) => ({ exitCode, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) }));

async function openPage() {
	const page = await engine.open(linkTo(gateway.ready.link, "/"));
	await page.waitFor(() => document.querySelector(".cards"));
	return page;
}

test("two pages and a native sqlite3 write one database at once, and nothing is lost", { timeout: 120_000 + ROWS * 100 }, async () => {
	assert.match((await promisify(execFile)("sqlite3", ["--version"])).stdout, /^3\./);
	await native("CREATE TABLE t (who TEXT, i INTEGER, PRIMARY KEY (who, i)); CREATE TABLE n (n INTEGER); INSERT INTO n VALUES (0);");
	const pages = [await openPage(), await openPage()];
	const results = await Promise.all([
		native(inserts("native")), pages[0].evaluate(query, ["auto", inserts("one")]), pages[1].evaluate(query, ["shared", inserts("two")]),
	]);
	for (const { exitCode, said } of results.slice(1))
		assert.equal(exitCode, 0, said);
	assert.equal(await native("PRAGMA integrity_check; SELECT who, count(*) FROM t GROUP BY who ORDER BY who; SELECT n FROM n; PRAGMA journal_mode;"),
		`ok\nnative|${ROWS}\none|${ROWS}\ntwo|${ROWS}\n${3 * ROWS}\ndelete\n`);
	const { said } = await pages[0].evaluate(query, ["auto", "SELECT count(*) FROM t; PRAGMA integrity_check;"]);
	assert.match(said, new RegExp(`"${3 * ROWS}"[^]*"ok"`));
	assert.deepEqual(fs.readdirSync(work), ["all.db"], "no journal is left");
});

test("a page's transaction is had back by the others when its program is killed in it", { timeout: 120_000 }, async () => {
	await native("DROP TABLE IF EXISTS k; CREATE TABLE k (x); INSERT INTO k VALUES (1);");
	const page = await openPage();
	await page.evaluate(() => import("/_wvwasi/wvwasi.js").then(async ({ spawn: start }) => {
		let held;
		const holds = new Promise((resolve) => (held = resolve));
		window.child = await start("/sqlite/query.wasm", {
			args: ["query", "/work/all.db"], stdout: () => held(), // a row, in the middle of the transaction
			stdin: "BEGIN EXCLUSIVE; UPDATE k SET x = 2; SELECT x FROM k; WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c WHERE i < 0;",
		});
		window.child.exited.catch(() => {});
		await holds;
	}));
	await assert.rejects(native("UPDATE k SET x = 3;"), /locked/);
	await page.evaluate(() => window.child.kill());
	assert.equal(await native(`.timeout 60000\nUPDATE k SET x = x + 10; SELECT x FROM k; PRAGMA integrity_check;`), "11\nok\n");
});
