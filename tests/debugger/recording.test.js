// A recording that is dropped on the inspector: its calls, where one goes from each, and the memory at any moment.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import "../inflate.js";
import { openRecording } from "../../static/shim/recording/reader.js";
import { TerminalPage } from "../browsers/terminal-page.js";
import { startEngine } from "../engines/index.js";
import { after, test } from "../testing.js";
import { InspectorPage } from "./inspector-page.js";
import { Pair, answer, orders, tell } from "./pair.js";

const prints = path.join(path.dirname(orders), "prints.wasm");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-recorded-"));
const recording = path.join(folder, "run.wvr");
after(() => fs.rmSync(folder, { recursive: true, force: true }));

test("a recording that is dropped on the inspector has a slider, its calls before, and its memory", { timeout: 180_000 }, async () => {
	const engine = await startEngine(process.env.WVWASI_ENGINE ?? "chromium");
	const terminal = await TerminalPage.open(engine, [orders], { flags: ["--record", recording], size: [800, 500] });
	try {
		await terminal.seen(/^ready$/m);
		for (const order of ["write kept-in-the-file", "stat /work/<img src=x>", "write more", "clocks 3"])
			await tell(terminal, order);
		await terminal.type("exit 3\r");
		await terminal.gateway.next("program-end");
		const inspector = await InspectorPage.open(engine, terminal.gateway);
		await see(inspector);
		await inspector.close();
	} finally {
		await terminal.close();
		await engine.close();
	}
});

test("the record button: after the yes, the next program is recorded, looked at and saved", { timeout: 180_000 }, async () => {
	const engine = process.env.WVWASI_ENGINE ?? "chromium", pair = await Pair.start(engine, engine); // a hidden tab paints nothing
	await pair.with({}, async (inspector, terminal) => {
		await inspector.press("r");
		await inspector.seen("#record-says", /look at the terminal/);
		await answer(terminal.gateway, true);
		await inspector.seen("#record-says", /^Programs that start from now on are recorded/);
		assert.deepEqual(await inspector.findings(), []);
		await terminal.type("exit 3\r");
		await terminal.status(/exit code 3/i);
		await terminal.click("again");
		await inspector.seen("#record-says", /^Program 2 is recorded: \d/);
		await terminal.seen(/^ready$/m);
		await tell(terminal, "write kept");
		await terminal.type("exit 4\r");
		await inspector.seen("#recorded", /^Program 2, orders\.wasm: [\d.]+ kB/);
		await inspector.seen("#moment-call", /exit code 4/);
		await inspector.drop([orders]);
		await inspector.seen("#moment-says", /to run up to the last/);
		await inspector.click("#record");
		assert.equal(await inspector.page.evaluate(() => document.getElementById("record").getAttribute("aria-pressed")), "false");
		const saved = await inspector.page.evaluate(async () => {
			const made = new Promise((resolve) => (URL.createObjectURL = (file) => (resolve(file), "blob:none")));
			document.querySelector("#recorded li button:last-child").click();
			return [...new Uint8Array(await (await made).arrayBuffer())];
		});
		const { runs: [run] } = await openRecording(Uint8Array.from(saved));
		assert.equal(run.end.exit, 4);
		assert.deepEqual(await inspector.findings(), []);
	}).finally(() => pair.stop());
});

async function see(inspector) {
	const go = async (number) => {
		await inspector.fill("#moment [name=number]", String(number));
		await inspector.press("Escape"); // leaves the field: keys are commands
	};
	const at = () => inspector.page.evaluate(() => Number(document.querySelector("#moment [name=slider]").value));
	const goneTo = (what, number) => inspector.until(what, async () => await at() === number);
	const file = fs.readFileSync(recording), { runs: [run] } = await openRecording(file);
	const last = (test) => Array.from({ length: run.calls }, (_, n) => run.call(n)).findLast(test).number;

	await inspector.drop([["run.wvr", file]]);
	await inspector.seen("#moment-call", /exit code 3/);
	await inspector.seen("#moment-says", /drop the program, too: orders\.wasm, SHA-256 [0-9a-f]{12}…/);
	await inspector.drop([prints]);
	await inspector.seen("#moment-says", /another program/);
	await inspector.drop([orders]);
	await inspector.seen("#moment-says", /to run up to the last/);

	/* it is a program among the others: its rows, files and sums */
	await inspector.seen("#programs", /R1\s+orders\.wasm[^]*Exit 3[^]*calls/);
	await inspector.press("f");
	await inspector.seen("#files", /\/work\/out\.txt\s[^\n]*\b\d+ B/);
	await inspector.press("f");

	/* its timeline */
	await inspector.click("#show-timeline");
	await inspector.click("#timeline-all");
	await inspector.until("each of its calls on the timeline", async () => {
		const label = await inspector.page.evaluate(() => document.getElementById("timeline-canvas").getAttribute("aria-label"));
		const [, calls, lanes] = /^(\d+) calls on (\d+) lanes from/.exec(label) ?? [];
		return Number(calls) >= run.calls && Number(lanes) > 3;
	});
	await inspector.seen("#time-panel", /program R1/);
	await inspector.click("#show-recording");

	/* its calls */
	const sync = last(({ name }) => name === "fd_sync"), write = sync - 1;
	await go(sync);
	await inspector.seen("#moment-call", /^fd_sync\s+fd=\d+\s+gave\s+success/);
	await inspector.press("W");
	await goneTo("the last write", write);
	await inspector.seen("#moment-call", /^fd_write\s+fd=\d+, iovs=\[4\]\s+gave\s+success, 4, in [^]*path\s+\/work\/out\.txt\s+buffer at 0x[0-9a-f]+\s+4 B: more/);
	await inspector.press(",");
	await goneTo("the call before", write - 1);
	await inspector.press(".");
	await goneTo("the next", write);
	await inspector.click("#moment-handle");
	await inspector.seen("#moment-call", /^(fd_\w+|path_open)\s/);
	await go(last(({ name }) => name === "path_open"));
	await inspector.press("P");
	await inspector.seen("#moment-call", /^fd_close[^]*out\.txt/);
	await go(last(({ path: its }) => its !== null && Buffer.from(its).includes("<img")));
	await inspector.seen("#moment-call", /^path_filestat_get\s.*path="<img src=x>".*\s+gave\s+ENOENT/);
	assert.equal(await inspector.page.evaluate(() => document.querySelectorAll("#recording img").length), 0);

	/* its memory */
	await go(write);
	await inspector.seen("#moment-call", /buffer at/);
	await inspector.click("#moment-mark");
	await inspector.click("#moment-call [data-address]"); // the buffer's place
	await inspector.seen("#moment-meanings", /\btext\s+more/);
	await inspector.seen("#moment-bytes", /^[0-9a-f]+\s+6d\s+6f\s+72\s+65/);
	await inspector.click("#moment-more");
	await inspector.click("#moment-less");
	await inspector.seen("#moment-bytes", /^[0-9a-f]+\s+6d\s+6f\s+72\s+65/);
	await inspector.fill("#moment [name=pattern]", "x:6d 6f 72 65");
	await inspector.click("#moment-find");
	await inspector.seen("#moment-says", /Found at [0-9a-f]+/);
	await go(run.calls);
	await inspector.seen("#moment-changes", new RegExp(`^[1-9]\\d* places differ from call ${write}\\s+0x[0-9a-f]+ \\d+ B`));
	assert.deepEqual(await inspector.findings(), []);
	await inspector.drop([["not-one", Buffer.from("something else")]]);
	await inspector.seen("#moment-says", /no recording/);
}
