// The guest `records` in a page, and what it left on the disk. What the page heard of is less than what the program was told, never more.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

/** Moments are random, from $WVWASI_SEED. */
export const seed = Number(process.env.WVWASI_SEED ?? 1);
let state = seed;
export function random(below) {
	state = (Math.imul(state, 1103515245) + 12345) >>> 0;
	return Math.floor(state / 2 ** 32 * below);
}

/** Rounds of work after a record: some 50 us. */
export const BUSY = 100_000;
let runs = 0;

/** Gives `use` a page, startRecords' options and a file: `log` in a folder of its own. page: one that stays; else an own one. */
export async function inPage(fixture, wait, use, page = null) {
	const own = page ?? await fixture.openPage(fixture.gateway);
	const folder = fixture.fresh();
	try {
		return await use(own, { wait, preopens: [["/", folder.guest]], run: String(++runs) }, path.join(folder.host, "log"));
	} finally {
		if (!page)
			await own.close();
	}
}

/** What was heard of: the last number written, synced and closed of each file, and failures; with `wrote` the page kills it as soon as
 * it heard of so many. gated: resolves when it waits for letGo(), its files being open. */
export async function startRecords(page, { args, gated = false, wrote = Number.MAX_SAFE_INTEGER, run, ...options }) {
	return page.evaluate(async (given, runName, killAt, gatedToo) => {
		const heard = { wrote: 0, synced: [], closed: [], failed: [] };
		const channel = new BroadcastChannel(`records ${runName}`);
		let child = null, closed = false, stderr = "", opens;
		const opened = new Promise((resolve) => (opens = resolve));
		window.records?.channel.close();
		window.records = { heard, ended: null, channel };
		channel.onmessage = ({ data: { what, number, file, error } }) => {
			if (closed)
				return;
			if (what === "opened")
				opens();
			else if (what === "failed")
				heard.failed.push({ number, file, error });
			else if (what === "wrote")
				heard.wrote = number;
			else
				heard[what][file] = number;
			if (child && heard.wrote >= killAt) {
				closed = true;
				child.kill();
			}
		};
		child = window.records.child = await window.suite.wvwasi.spawn("/guests/records.wasm",
			{ ...given, ...(gatedToo ? {} : { stdin: "" }), imports: `/records.js?run=${runName}`,
			preopens: Object.fromEntries(given.preopens), stdout: null, stderr: (bytes) => (stderr += window.suite.toText(bytes)) });
		child.exited.then((result) => (window.records.ended = { ...result, stderr, stats: null }),
			(error) => (window.records.ended = { error: { ...window.suite.describeError(error), writeErrors: error.writeErrors } }));
		if (gatedToo)
			await opened;
	}, { ...options, args: [gated ? "gated" : "records", ...args.map(String)] }, run, wrote, gated);
}

/** Lets a gated program begin. */
export function letGo(page) {
	return page.evaluate(() => window.records.child.stdin.write("x"));
}

/** What was heard so far. */
export function heardOf(page) {
	return page.evaluate(() => JSON.parse(JSON.stringify(window.records.heard)));
}

/** { heard, ended } once it has ended and so much was heard (what it told last may come later): an expression. */
export function endOf(page, heard = "true") {
	return page.waitFor(`window.records.ended && ${heard.replace("heard", "window.records.heard")}
		&& JSON.parse(JSON.stringify({ heard: window.records.heard, ended: window.records.ended }))`);
}

/** The number of the last record in the file, which must hold its records whole and in order. step: of numbers, first: the first one;
 * torn: the last one may be half. */
export function lastOn(file, { first = 1, step = 1, torn = false } = {}) {
	const bytes = fs.readFileSync(file, "latin1");
	const lines = bytes.split("\n");
	const rest = lines.pop();
	assert.ok(torn || rest === "", `${file} ends in half a record`);
	lines.forEach((line, i) => assert.equal(line, String(first + i * step).padStart(15, "0"), `record ${i} of ${file}`));
	return lines.length ? first + (lines.length - 1) * step : 0;
}
