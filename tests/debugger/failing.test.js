// "Make calls fail" of the inspector: each kind of rule, added there, is what the program meets, and it is gone when it is removed.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { after, test } from "../testing.js";
import { Pair, answer, tell } from "./pair.js";

const engine = process.env.WVWASI_ENGINE ?? "chromium";
const pair = await Pair.start(engine, engine);
after(() => pair.stop());

/** An inspector with control of the program. flags: of the gateway. */
const controlled = (act, flags = []) => pair.with({ flags }, async (inspector, terminal) => {
	await inspector.click("#ask-control");
	await answer(terminal.gateway, true);
	await inspector.click("#take");
	await inspector.seen("#take", /Detach/);
	await act(inspector, terminal);
});

async function add(inspector, rule) {
	await inspector.fill("#fault-rule", rule);
	await inspector.click("#fault button");
	await inspector.until(`${rule} is on`, async () => (await inspector.text("#faults")).includes(rule));
}

async function remove(inspector) {
	await inspector.click("#faults button");
	await inspector.until("no rule is on", async () => await inspector.text("#faults") === "");
}

test("errors, delays, short writes and chances, one after the other", { timeout: 120_000 }, () => controlled(async (inspector, terminal) => {
	const out = path.join(terminal.folder, "out.txt");
	await add(inspector, "fd_sync:error=EIO");
	await tell(terminal, "write one");
	await inspector.rowsSeen("EIO", (rows) => rows.some(({ call, result }) => call === "fd_sync" && /EIO/.test(result)));
	await remove(inspector);

	await add(inspector, "fd_sync:delay_enter=700ms");
	const began = performance.now();
	await tell(terminal, "write two");
	assert.ok(performance.now() - began >= 700, "it waited");
	await remove(inspector);

	await add(inspector, "fd_write:short=2:path=/work/out.txt");
	const before = fs.readFileSync(out, "utf8");
	await tell(terminal, "write three");
	assert.equal(fs.readFileSync(out, "utf8"), `${before}th`);
	await remove(inspector);

	await add(inspector, "path_filestat_get:error=EACCES:probability=0.5:seed=7");
	const results = [];
	for (let i = 0; i < 12; i++) {
		await terminal.type(`stat /work/absent${i}\r`);
		results.push(/EACCES|ENOENT/.exec((await inspector.row(new RegExp(`^path_filestat_get\\(.*absent${i}"`))).result)?.[0]);
	}
	assert.deepEqual(new Set(results), new Set(["EACCES", "ENOENT"]), "some fail");
	assert.equal(fs.readFileSync(out, "utf8"), `${before}th`);
}));

test("a lost connection ends the program, which its page says", { timeout: 120_000 }, () => controlled(async (inspector, terminal) => {
	await add(inspector, "fd_sync:lost");
	await terminal.type("write last\r");
	await terminal.gateway.next("program-end");
	await terminal.status(/Lost/);
	await terminal.seen(/^--inject cut the connection to the gateway$/m);
}, ["--limit", "keep=0"])); // one that is kept goes on
