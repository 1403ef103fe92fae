// SQLite in a page, ended at any moment: its database is whole, and every transaction whose output was shown is in it, with no later one without an earlier.
// ROUNDS, SEED: how many times it is ended, most of them by its page (`make promise` is the long run).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { startEngine } from "../engines/index.js";
import { dice } from "../concurrent-changes.js";
import { after, test } from "../testing.js";
import { among, App, firstSeed, isLong, rounds } from "./app.js";
import { traced } from "./strace.js";

const TRANSACTIONS = 40, many = rounds(8), alone = isLong ? Math.ceil(many / 8) : 1;
const WAYS = { chromium: ["jspi", "shared"], ...(isLong && { firefox: ["jspi", "shared", "xhr"], "webkit+shared": ["shared", "xhr"] }) };

const PUSH = "SELECT hex(zeroblob(1024));"; // libc keeps what is shorter

/* Rows of many sizes in each transaction, so that pages are split; and it says when it is done. */
function sqlOf(chance) {
	const lines = ["PRAGMA synchronous = FULL;", `PRAGMA journal_mode = ${["DELETE", "TRUNCATE", "PERSIST", "PERSIST"][chance(4)]};`];
	for (let i = 0; i < TRANSACTIONS; i++) {
		const rows = Array.from({ length: 1 + chance(6) }, (_, row) => `(${i}, ${row}, randomblob(${1 + chance(chance(4) ? 300 : 9000)}))`);
		lines.push(`BEGIN; INSERT INTO t VALUES ${rows.join(",")}; ${chance(3) ? ""
			: `DELETE FROM t WHERE i < ${i - 5}; `}UPDATE n SET n = ${i + 1}; COMMIT; SELECT 'done', ${i + 1}; ${PUSH}`);
	}
	return lines.join("\n");
}

const native = (database, sql) => execFileSync("sqlite3", ["-bail", "-cmd", ".timeout 10000", database, sql], { encoding: "utf8" });

/** A database in a folder of its own, the program's SQL on its way. */
function begin(app, chance, ways) {
	const folder = app.fresh();
	native(path.join(folder.host, "db"), "CREATE TABLE t (i, row, bytes, PRIMARY KEY (i, row)); CREATE TABLE n (n); INSERT INTO n VALUES (0);");
	return { folder, running: app.run({ program: "query", args: ["/db"], folder, stdin: sqlOf(chance), wait: ways[chance(ways.length)] }) };
}

/* A native SQLite that opens it after the program is gone rolls back what was half done. The gateway may take a moment to let go of its locks. */
function check({ host }, running, about) {
	const done = running.lines.filter(({ text }) => text.includes("done")).length, database = path.join(host, "db");
	const [whole, number, last, most] = native(database,
		"PRAGMA integrity_check; SELECT n FROM n; SELECT ifnull(max(i) + 1, 0) FROM t; SELECT count(*) FROM t WHERE i >= (SELECT n FROM n);").split("\n");
	assert.equal(whole, "ok", about);
	assert.ok(Number(number) >= done, `${about}: ${done} transactions were shown, ${number} are there`);
	assert.deepEqual([last, most], [number, "0"], `${about}: half a transaction`);
	fs.rmSync(host, { recursive: true });
	return done;
}

async function somewhere(chance, running) {
	await running.said(1 + chance(2 * TRANSACTIONS));
	for (let i = chance(8) * chance(8); i > 0; i--)
		await new Promise((resolve) => setImmediate(resolve));
}

for (const [engine, ways] of among(WAYS)) {
	const started = startEngine(engine);
	after(async () => (await started).close());

	test(`${engine}: ${many} times ended by its page`, { timeout: 60_000 + many * 4000 }, async () => {
		const app = await App.open(await started);
		try {
			const places = new Set();
			for (let seed = firstSeed; seed < firstSeed + many; seed++) {
				const chance = dice(seed), before = app.gateway.log.length, { folder, running } = begin(app, chance, ways);
				await somewhere(chance, running);
				running.kill();
				const ended = await running.ended;
				assert.equal(ended.error, undefined, JSON.stringify(ended));
				await app.gateway.next("program-end", (event) => app.gateway.log.indexOf(event) >= before);
				places.add(check(folder, running, `seed ${seed}`));
			}
			assert.ok(places.size > Math.min(10, many / 4), `at so many places: ${[...places]}`);
		} finally {
			await app.close();
		}
	});

	test(`${engine}: ${2 * alone} times its gateway is killed, as soon as a transaction is shown or at a system call`,
		{ timeout: 60_000 + alone * 30_000 }, async () => {
		for (let seed = firstSeed; seed < firstSeed + 2 * alone; seed++) {
			const chance = dice(seed);
			const how = seed % 2 ? `signal=KILL:when=${2 + chance(30)}` : "delay_enter=10000";
			const app = await App.open(await started, { through: traced("/dev/null", how, ["fsync", "fdatasync", "unlinkat", "ftruncate"]) });
			try {
				const until = 1 + chance(TRANSACTIONS - 1), { pid } = app.gateway.ready, { folder, running } = begin(app, chance, ways);
				if (seed % 2 === 0)
					running.online = (text) => text.includes(`"${until}"`)
						&& fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean)
						.forEach((child) => process.kill(Number(child), "SIGKILL"));
				const ended = await running.ended;
				assert.ok(ended.error === "GatewayLost" || ended.exitCode === 0, JSON.stringify(ended));
				check(folder, running, `seed ${seed}`);
			} finally {
				await app.close();
			}
		}
	});
}
