// A page that doesn't keep up slows its program: what is on its way to it is bounded, in every way to wait, with shared memory or without.
import assert from "node:assert/strict";

import { Fixture } from "./fixture.js";
import { after, describe, test } from "../testing.js";

const MIB = 1 << 20;
const PRINTS = 40;
const AHEAD = 4 + 1 + 1; // MiB: what a program may be ahead, what a mark counts, and a message

for (const [engine, isolation, waits] of [["chromium", "require-corp", ["jspi", "shared"]], ["chromium", "off", ["jspi", "xhr"]], ["webkit", "off", ["xhr"]]]) {
	const fixture = await Fixture.open(engine);
	const gateway = await fixture.startGateway(["--isolation", isolation]);
	const page = await fixture.openPage(gateway);

	describe(`${engine}, --isolation ${isolation}`, () => {
		after(() => fixture.close()); // not at the top: it could come as soon as one engine's tests are done and the next hasn't started

		for (const wait of waits)
			test(`${wait}: a program that prints ${PRINTS} MiB waits for a page that takes none of it, and goes on when that does`, async () => {
				const [isolated, waiting, meanwhile, total] = await page.evaluate(async (way, mib) => {
					const { spawn, run } = window.suite.wvwasi;
					let came = 0, resume;
					const resumed = new Promise((resolve) => (resume = resolve));
					const options = { wait: way, args: ["prints", String(mib)], preopens: {}, stdin: "" };
					const child = await spawn("/guests/prints.wasm", { ...options, stdout: (bytes) => {
						came += bytes.length;
						return resumed;
					} });
					let other = 0;
					await run("/guests/prints.wasm", { ...options, stdout: (bytes) => void (other += bytes.length) }); // as much time as that takes
					const before = came;
					resume();
					await child.exited;
					return [crossOriginIsolated, before, other, came];
				}, wait, PRINTS);
				assert.equal(isolated, isolation !== "off");
				assert.equal(meanwhile, PRINTS * MIB);
				assert.ok(waiting >= 4 * MIB && waiting <= AHEAD * MIB, `${waiting / MIB} MiB had come`);
				assert.equal(total, PRINTS * MIB);
			});
	});
}
