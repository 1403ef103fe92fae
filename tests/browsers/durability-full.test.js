// A disk that is full when the program has been told that its writes will go well: what fails is told on the right file, once.
// (A real disk, not --inject: that fails a call where the program makes it, before anything was told.)
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { waysOf } from "../engines/index.js";
import { BUSY, endOf, lastOn, letGo, random, seed, startRecords } from "./records.js";
import { Fixture } from "./fixture.js";
import { after, describe, test } from "../testing.js";

const NOSPC = 51;
const SIZE = 96 << 20; // below 64 MiB of room nothing is gathered
const mounting = ["unshare", process.getuid() === 0 ? "-m" : "-rm", "sh", "-c", `mount -t tmpfs -o size=${SIZE} none "$0" && exec "$@"`];

function mayMount() {
	try {
		execFileSync(mounting[0], [...mounting.slice(1), "/mnt", "true"], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}

const fixture = await Fixture.open("chromium");
after(() => fixture.close());
const full = path.join(fixture.base, "full");
fs.mkdirSync(full);
const skip = mayMount() ? false : "nothing can be mounted here, not even in a namespace of one's own";
const gateway = skip ? null : await fixture.startGateway(["--dir", `${full}::/full`], { through: [...mounting, full] });
const page = skip ? null : await fixture.openPage(gateway);
/* The mount is seen by the gateway alone. */
const inside = (name) => path.join("/proc", String(gateway.pid), "root", full, name);

/** No byte is left there. */
function fill() {
	const file = fs.openSync(inside("filler"), "w");
	const block = Buffer.alloc(1 << 20);
	for (let length = block.length; length >= 1;)
		try {
			fs.writeSync(file, block, 0, length);
		} catch (error) {
			assert.equal(error.code, "ENOSPC");
			length >>= 1;
		}
	fs.closeSync(file);
}

let runs = 0;

for (const wait of waysOf.chromium)
	describe(wait, { skip }, () => {
		/** Runs the program with the folder on the small disk as 3 and one on the large one as 4. */
		const start = (options, folder) => startRecords(page, { wait, run: `full ${++runs}`, preopens: [["/full", "/full"], ["/", folder.guest]], ...options });
		const empty = () => fs.rmSync(inside("filler"), { force: true });

		/* By a sync or close at the latest; a write after the one that failed tells of it, if the page has heard by then. */
		const onlyThere = ({ failed }) => {
			assert.ok(failed.length > 0);
			assert.ok(failed.every(({ file, error }) => file === 0 && error === NOSPC), JSON.stringify(failed));
		};

		test("a sync tells of what failed before it, on that file alone", async () => {
			const folder = fixture.fresh();
			await start({ args: [20, 0, 10, "close", "3a", "4b"], gated: true }, folder);
			fill();
			await letGo(page);
			const { heard, ended } = await endOf(page, "heard.closed[1] === 20");
			empty();
			onlyThere(heard);
			// A sync may go well: when writes have told of all that failed before it.
			assert.ok(heard.failed.some(({ number }) => number <= 10) && heard.failed.some(({ number }) => number > 10), JSON.stringify(heard.failed));
			assert.deepEqual([heard.synced[1], heard.closed[1]], [20, 20]);
			assert.deepEqual([ended.exitCode, ended.writeErrors], [0, []], "nothing is left to be told");
			assert.equal(lastOn(inside("a"), { first: 2, step: 2 }), 0);
			assert.equal(lastOn(path.join(folder.host, "b"), { step: 2 }), 19);
		});

		test("a close tells of what failed before it, on that file alone", async () => {
			const folder = fixture.fresh();
			await start({ args: [20, 0, 0, "close", "3a", "4b"], gated: true }, folder);
			fill();
			await letGo(page);
			const { heard, ended } = await endOf(page, "heard.closed[1] === 20");
			empty();
			onlyThere(heard);
			assert.equal(heard.closed[1], 20);
			assert.deepEqual([ended.exitCode, ended.writeErrors], [0, []]);
			assert.equal(lastOn(path.join(folder.host, "b"), { step: 2 }), 19);
		});

		test("what nobody asked about is in writeErrors and on stderr, and the exit code is the program's", async () => {
			const folder = fixture.fresh();
			// One record each: a second one in the full file could be told of the first one's failure.
			await start({ args: [2, 0, 0, "return", "3a", "4b"], gated: true }, folder);
			fill();
			await letGo(page);
			const { heard, ended } = await endOf(page, "heard.wrote + window.records.heard.failed.length >= 2");
			assert.equal(fs.statSync(inside("a")).size, 0, "there was room");
			empty();
			assert.equal(ended.exitCode, 0);
			if (heard.failed.length) { // a slow page's write waited, and told of it itself
				onlyThere(heard);
				assert.deepEqual(ended.writeErrors, [], "told once");
			} else {
				assert.deepEqual(ended.writeErrors, [{ path: "a", call: "fd_write", errno: NOSPC, name: "NOSPC" }]);
				assert.match(ended.stderr, /^wvwasi: cannot write 'a': NOSPC \(fd_write\)$/m);
			}
			assert.equal(lastOn(path.join(folder.host, "b"), { step: 2 }), 1);
		});

		const until = 50 + random(400);
		test(`it fills up after ${until} records: what was synced is there, and the other file goes on (seed ${seed})`, async () => {
			const folder = fixture.fresh();
			await start({ args: [0, BUSY / 4, 100, "close", "3a", "4b"] }, folder);
			await page.waitFor(`window.records.heard.wrote >= ${until}`);
			const before = await page.evaluate(() => window.records.heard.synced[1] ?? 0);
			fill();
			await page.waitFor(`window.records.heard.failed.length > 2 && window.records.heard.synced[1] > ${before + 100}`);
			const heard = await page.evaluate(() => { // what it is told after that is told to a program that is being ended
				const soFar = JSON.parse(JSON.stringify(window.records.heard));
				window.records.child.kill();
				return soFar;
			});
			const { ended } = await endOf(page);
			const last = lastOn(inside("a"), { first: 2, step: 2, torn: true });
			empty();
			assert.equal(ended.killed, true);
			assert.ok(heard.failed.every(({ file, error }) => file === 0 && error === NOSPC), JSON.stringify(heard.failed.slice(0, 3)));
			/* A sync goes well behind writes that have told of all that failed. */
			assert.ok(last >= heard.synced[0] || heard.failed.some(({ number }) => number > last && number <= heard.synced[0]),
				`${last} of ${heard.synced[0]}: ${JSON.stringify(heard.failed.slice(0, 3))}`);
			const other = lastOn(path.join(folder.host, "b"), { step: 2 });
			assert.ok(other >= heard.wrote - 1, `${other} of ${heard.wrote}`);
		});
	});
