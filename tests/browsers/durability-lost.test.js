// What fd_sync, close and the program's end acknowledged is on the disk, whoever goes, at random moments; and what was lost is named.
// (--inject cuts the connection at a record; at any byte, and behind the page's back: promise/ended.test.js.)
import assert from "node:assert/strict";

import { Fixture, startAfter } from "./fixture.js";
import { BUSY, endOf, heardOf, inPage, lastOn, random, seed, startRecords } from "./records.js";
import { killTabs, tabsOf } from "./kill-tab.js";
import { after, describe, test } from "../testing.js";

const fixture = await Fixture.open("chromium");
after(() => fixture.close());

const writing = ["0", BUSY / 4, 50, "return", "3log"]; // a sync after every 50th
const TIMES = 1;

/** Waits until a random number of records was synced; gives what was heard then. */
async function synced(page, number) {
	await page.waitFor(`window.records.heard.synced[0] >= ${number}`);
	return heardOf(page);
}

/** How many of the file's records are whole; those of `heard` must be. */
function keeps(file, heard) {
	const last = lastOn(file, { torn: true });
	assert.ok(last >= heard.synced[0], `${last} of ${heard.synced[0]}`);
}

for (const wait of ["jspi", "shared", "xhr"])
	describe(wait, () => {
		for (let time = 0; time < TIMES; time++) {
			const until = 50 + random(200);
			const about = `after ${until} records (seed ${seed})`;

			test(`the page is closed ${about}: what was synced is there`, async () => {
				const page = await fixture.openPage(fixture.gateway), before = fixture.gateway.log.length;
				const [heard, file] = await inPage(fixture, wait, async (own, way, log) => {
					await startRecords(own, { ...way, args: writing });
					return [await synced(own, until), log];
				}, page);
				const { guest } = await startAfter(fixture.gateway, before);
				await page.close();
				await fixture.gateway.next("program-end", (event) => event.guest === guest);
				keeps(file, heard);
			});

			test(`the gateway is killed ${about}: what was synced is there, and the program is told`, async () => {
				const gateway = await fixture.startGateway();
				const page = await fixture.openPage(gateway);
				await inPage(fixture, wait, async (own, way, file) => {
					await startRecords(own, { ...way, args: writing });
					const heard = await synced(own, until);
					gateway.kill("SIGKILL");
					const { ended } = await endOf(own);
					assert.equal(ended.error?.kind, "GatewayLost", JSON.stringify(ended));
					keeps(file, heard);
				}, page);
				await page.close();
			});

			test(`the connection is lost at record ${until + 1} (seed ${seed}): what was synced is there, and what wasn't is named`, () => inPage(fixture, wait,
				async (page, way, file) => {
					const before = fixture.gateway.log.length;
					await startRecords(page, { ...way, args: writing, inject: [`fd_write:lost:when=${until + 1}`] });
					const { ended } = await endOf(page), last = until - until % 50;
					assert.equal(ended.error?.kind, "GatewayLost", JSON.stringify(ended));
					for (const { call, path: name, bytes } of ended.error.unacknowledged ?? [])
						assert.deepEqual([call, name, bytes % 16], ["fd_write", "log", 0]);
					const { guest } = await startAfter(fixture.gateway, before);
					await fixture.gateway.next("program-end", (event) => event.guest === guest);
					keeps(file, { synced: [last] });
					assert.ok(lastOn(file, { torn: true }) <= until, "what follows was done all the same");
				}, fixture.page));
		}

		/* Each may be a request there: 3,000 took 13 s on a busy machine, beside a debugger that may stop the program. */
		const records = wait === "xhr" ? 600 : 3000;

		test("a program's end: all that it wrote is there when the page hears of it", () => inPage(fixture, wait, async (page, way, file) => {
			await startRecords(page, { ...way, args: [records, 0, 0, "return", "3log"] });
			const { ended } = await endOf(page);
			assert.deepEqual([ended.exitCode, ended.writeErrors], [0, []], JSON.stringify(ended));
			assert.equal(lastOn(file), records);
		}, fixture.page));

		test("a close: all that was written through the handle is there when the program goes on", () => inPage(fixture, wait, async (page, way, file) => {
			await startRecords(page, { ...way, args: [records, 0, 0, "close", "3log"] });
			await page.waitFor(`window.records.heard.closed[0] === ${records}`);
			assert.equal(lastOn(file), records);
			await endOf(page);
		}, fixture.page));

		/* In an engine of its own: one whose pages were all killed may open no others. */
		test("the tab is killed: what was synced is there", async () => {
			const others = tabsOf("chromium");
			const own = await Fixture.open("chromium");
			try {
				const until = 50 + random(200);
				const [heard, file] = await inPage(own, wait, async (page, way, log) => {
					await startRecords(page, { ...way, args: writing });
					return [await synced(page, until), log];
				}, own.page);
				const { guest } = await startAfter(own.gateway, 0);
				assert.ok(killTabs("chromium", others) > 0);
				await own.gateway.next("program-end", (event) => event.guest === guest);
				keeps(file, heard);
			} finally {
				await own.close();
			}
		});
	});
