// Who debugs a program sees of a call that wasn't waited for when the program was told, and when it was done: two rows, each with its time.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { InspectorPage } from "../debugger/inspector-page.js";
import { startEngine } from "../engines/index.js";
import { after, test } from "../testing.js";
import { App } from "./app.js";
import { traced } from "./strace.js";

const DELAY_MS = 200;
const started = startEngine("chromium");
after(async () => (await started).close());

/** "1.5 ms", as the inspector has it, in ms. */
function msOf(took) {
	const [, number, unit] = /([\d.]+)\s*(µs|ms|s)$/.exec(took) ?? assert.fail(`no time: '${took}'`);
	return Number(number) * { "µs": 0.001, ms: 1, s: 1000 }[unit];
}

test("a sync that takes long: the program is told in no time, and a row of the server's says how long it took", async () => {
	const app = await App.open(await started, { through: traced("/dev/null", `delay_enter=${DELAY_MS * 1000}`, ["fsync"]), wait: "jspi" });
	let inspector;
	try {
		inspector = await InspectorPage.open(await started, app.gateway);
		const { ended } = app.run({ folder: app.fresh(),
			acts: ["create 0 f", "write 0 5 a", "sync 0", "write 0 5 b", "sync 0", "write 0 5 c", "sync 0", "say end"] });
		const end = await ended;
		assert.equal(end.exitCode, 0, JSON.stringify(end));
		await inspector.filter({ call: "fd_sync" });
		const rows = await inspector.rowsSeen("three syncs, two of them as told and as done", ({ length }) => length === 5);
		const told = rows.filter(({ by }) => by === "page"), done = rows.filter(({ by }) => by !== "page");
		assert.deepEqual([told.length, done.length], [2, 3], JSON.stringify(rows));
		for (const { took, result } of told) // it takes microseconds; what waits takes DELAY_MS at least
			assert.ok(msOf(took) < DELAY_MS / 2 && result === "0", `told after ${took}`);
		for (const { took, result } of done)
			assert.ok(msOf(took) >= DELAY_MS && result === "0", `done after ${took}`);
		const file = process.env.SCREENSHOT ?? path.join(os.tmpdir(), `wvwasi-inspected-${process.pid}.png`);
		await inspector.page.screenshot(file);
		if (!process.env.SCREENSHOT)
			fs.rmSync(file);
	} finally {
		await inspector?.close();
		await app.close();
	}
});
