// A walk through a thousand folders rarely waits: the server keeps the folders open that come next, not those that the program has left.
import assert from "node:assert/strict";
import fs from "node:fs";

import { openFixture } from "../gateway/call-fixture.js";
import { after, test } from "../testing.js";
import { NodeProgram } from "./program.js";

const DIRECTORY = 3, WAITS = 60;
/* The clock stands still, so that the same is asked on any machine. */
const now = performance.now();
Object.defineProperty(performance, "now", { value: () => now });

const fixture = await openFixture();
after(() => fixture.close());

test("10,000 files in 1,111 folders are read in a few waits", async () => {
	for (let i = 0; i < 1000; i++) {
		const folder = fixture.at(`w/d${Math.floor(i / 100)}/d${Math.floor(i / 10) % 10}/d${i % 10}`);
		fs.mkdirSync(folder, { recursive: true });
		for (let f = 0; f < 10; f++)
			fs.writeFileSync(`${folder}/f${f}`, "x".repeat(100));
	}
	const program = await NodeProgram.start(fixture.session, { grant: "/w" });
	let files = 0;
	const walk = async (folder) => {
		for (const [name, type] of (await program.list(folder)).names) {
			const path = folder === "." ? name : `${folder}/${name}`;
			if (type === DIRECTORY) {
				await walk(path);
			} else {
				await program.readFile(path);
				files++;
			}
		}
	};
	await walk(".");
	assert.equal(files, 10_000);
	const { roundTrips } = program.program.stats();
	assert.ok(roundTrips <= WAITS, `${roundTrips} waits`);
	await program.exit();
});
