// A long file is read from its beginning to its end, over and over, and parts of it are asked for before the program needs them; somebody else writes
// numbers that only grow into it, and into another file each after that. Whoever has seen a number sees in every place what was written there
// before it, or something newer.
import assert from "node:assert/strict";
import fs from "node:fs";

import { dice } from "../concurrent-changes.js";
import { after, test } from "../testing.js";
import { Fixture } from "./fixture.js";

const PIECE = 4096, PIECES = 6144, PASSES = 4;
const BURST = 8, BURSTS = 12; // numbers in a row, after a pause that lets the program read on
const FILES = 4;
const fixture = await Fixture.open("chromium");
after(() => fixture.close());

/** Writes on until it is told to stop; gives what was written: [number of a place, …], by its number less one. */
async function write(file, now, seed, stop) {
	const chance = dice(seed), number = Buffer.alloc(8), written = [];
	for (let burst = 0; burst < BURSTS && !stop(); burst++) {
		await new Promise((resolve) => setTimeout(resolve, 30 + chance(100)));
		const [fd, newest] = [file, now].map((name) => fs.openSync(name, "r+")); // what is open for writing isn't leased
		for (let i = 0; i < BURST; i++) {
			const place = chance(PIECES);
			number.writeBigUInt64LE(BigInt(written.push(place)));
			fs.writeSync(fd, number, 0, 8, place * PIECE);
			fs.writeSync(newest, number, 0, 8, 0);
		}
		[fd, newest].forEach((one) => fs.closeSync(one));
	}
	return written;
}

/** Numbers that were seen, place after place, must never be older than what they come after. */
function judge(seen, written) {
	const byPlace = Array.from({ length: PIECES }, () => [0]);
	written.forEach((place, i) => byPlace[place].push(i + 1));
	let newest = 0, i = 0;
	for (const line of seen) {
		const number = Number(line.replace("N", ""));
		if (!line.startsWith("N")) {
			const place = i++ % PIECES, where = `reading ${Math.ceil(i / PIECES)}, place ${place}`;
			assert.ok(byPlace[place].includes(number), `${where}: ${number} was never there`);
			const least = byPlace[place].findLast((one) => one <= newest);
			assert.ok(number >= least, `${where}: ${number} after ${newest} was seen, where ${least} had been written`);
		}
		newest = Math.max(newest, number);
	}
	assert.equal(i, PIECES * PASSES);
	return newest;
}

async function oneFile(wait, seed) {
	const folder = fixture.fresh();
	const [long, now] = ["long", "now"].map((name) => `${folder.host}/${name}`);
	fs.writeFileSync(long, Buffer.alloc(PIECES * PIECE));
	fs.writeFileSync(now, Buffer.alloc(8));
	let done = false;
	const writing = write(long, now, seed, () => done);
	const { exitCode, stdout, stats } = await fixture.run({
		wait, file: "guests/ages.wasm", args: ["ages", "long", "now", String(PASSES)], preopens: [["/", folder.guest]],
	}).finally(() => (done = true));
	const written = await writing;
	assert.equal(exitCode, 0);
	return { waits: stats.roundTrips, saw: judge(stdout.trim().split("\n"), written) };
}

for (const wait of ["jspi", "shared"])
	test(`${wait}: nothing older after something newer, in ${PASSES} readings of ${FILES} files of 24 MiB`, async () => {
		const files = [];
		for (let file = 0; file < FILES; file++)
			files.push(await oneFile(wait, file));
		assert.ok(files.some(({ saw }) => saw > 0), "nothing was seen of what was written");
		/* Who writes may lose its turn between open and close, and as long as the file is open for writing each read waits: not in all four. */
		const waits = files.map((file) => file.waits);
		assert.ok(Math.min(...waits) < PIECES * PASSES / 16, `${waits} waits`);
	});
