// What a program was told as written is, also when it is ended from outside, traps, or computes on without a call.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { Fixture } from "./fixture.js";
import { BUSY, endOf, inPage, lastOn, random, seed, startRecords } from "./records.js";
import { after, describe, test } from "../testing.js";

/* Only memory shared with the page's own thread lets that send what a program gathered. */
const everywhere = [["chromium", ["jspi", "shared", "xhr"], 2], ["firefox", ["jspi", "shared"], 1], ["webkit+shared", ["shared"], 2]];
for (const [engine, waits, times] of everywhere) {
	const fixture = await Fixture.open(engine);
	describe(engine, () => {
		after(() => fixture.close()); // not at the top: it could come as soon as one engine's tests are done and the next hasn't started

		for (const wait of waits)
			describe(wait, () => {
				for (let time = 0; time < times; time++) {
					const wrote = 1 + random(400);
					test(`killed after ${wrote} records: they are written (seed ${seed})`, () => inPage(fixture, wait, async (page, way, file) => {
						await startRecords(page, { ...way, args: [0, BUSY, 0, "return", "3log"], wrote });
						const { heard, ended } = await endOf(page);
						assert.equal(ended.killed, true, JSON.stringify(ended));
						assert.ok(heard.wrote >= wrote);
						assert.ok(lastOn(file) >= heard.wrote, `${lastOn(file)} of ${heard.wrote}`);
					}, fixture.page));
				}

				test("what a program wrote before it trapped is written", () => inPage(fixture, wait, async (page, way, file) => {
					await startRecords(page, { ...way, args: [100, 0, 0, "trap", "3log"] });
					const { ended } = await endOf(page);
					assert.ok(ended.error, JSON.stringify(ended));
					assert.equal(lastOn(file), 100);
				}, fixture.page));

				test("what a program wrote before it computes on without a call is written", () => inPage(fixture, wait, async (page, way, file) => {
					const whole = sizeOf(file, 100 * 16);
					await startRecords(page, { ...way, args: [100, 0, 0, "spin", "3log"] });
					await whole;
					assert.equal(lastOn(file), 100);
				}));
			});
	});
}

/** Resolves when the file has that size: its folder is watched. */
function sizeOf(file, size) {
	return new Promise((resolve) => {
		const watcher = fs.watch(path.dirname(file), () => {
			if (fs.statSync(file, { throwIfNoEntry: false })?.size !== size)
				return;
			watcher.close();
			resolve();
		});
	});
}

