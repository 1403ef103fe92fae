// Nothing that a page shows depends on what isn't done: random programs, with the kernel slowed, and three witnesses of each line: what is on the disk
// when the line is heard of; inotify's order of changes and lines; and strace's word of when each change and sync was over.
// ROUNDS, SEED: how many programs, and which is the first (`make promise` is the long run).
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { startEngine } from "../engines/index.js";
import { after, test } from "../testing.js";
import { isSeen, natively, randomActs, treeOf } from "./acts.js";
import { among, amongWays, App, firstSeed, rounds } from "./app.js";
import { changesIn, kindOf, traced } from "./strace.js";

const DELAY_US = 2000, ACTS = 90, SLACK_MS = 1; // of the page's clock
const MANY = rounds(0); // in each way; else few, the most in Chromium, and none in ways that others show
const WAYS = { chromium: { jspi: 8, shared: 4, xhr: 3 }, firefox: { jspi: 2, shared: 2, xhr: 0 }, webkit: { xhr: 0 }, "webkit+shared": { shared: 2, xhr: 0 } };

/** A tree that isn't changed while it is read. */
function steadyTree(folder) {
	for (let before = null; ;) {
		let tree;
		try {
			tree = treeOf(folder);
		} catch (error) {
			if (error.code !== "ENOENT" && error.code !== "ENOTDIR")
				throw error;
			continue;
		}
		if (tree === before)
			return tree;
		before = tree;
	}
}

/* Names in the folder itself. */
function topOf(tree) {
	for (let before = ""; before !== tree;)
		[before, tree] = [tree, tree.replace(/\{[^{}]*\}/g, "")];
	return new Set(tree.split(" ").filter(Boolean).map((each) => each.split(/:|->/)[0]));
}

/** Counts what inotify says of names in a folder, and of marks that are made there, in one order. */
class Watcher {
	events = new Map(); // name -> how often it came or went
	marks = new Map(); // name -> the events until then
	#wanted = null;

	constructor(folder, marks) {
		const note = (type, name) => {
			if (type === "rename")
				this.events.set(name, (this.events.get(name) ?? 0) + 1);
		};
		const alive = { persistent: false }; // a test that fails ends
		this.watchers = [fs.watch(folder, alive, note), fs.watch(marks, alive, (_, name) => {
			if (!this.marks.has(name))
				this.marks.set(name, new Map(this.events));
			this.#wanted?.();
		})];
		this.folder = marks;
	}

	mark(name) {
		fs.writeFileSync(path.join(this.folder, name), "");
	}

	/** Until that mark was seen. */
	async saw(name) {
		while (!this.marks.has(name))
			await new Promise((resolve) => (this.#wanted = resolve));
	}

	close() {
		this.watchers.forEach((watcher) => watcher.close());
	}
}

/** How often names came or went until each act is done: lists of [name, times]. */
function comings(trees) {
	const sums = [new Map()];
	for (let i = 1; i < trees.length; i++) {
		const [before, now] = [topOf(trees[i - 1]), topOf(trees[i])], sum = new Map(sums[i - 1]);
		for (const name of new Set([...before, ...now]))
			if (before.has(name) !== now.has(name))
				sum.set(name, (sum.get(name) ?? 0) + 1);
		sums.push(sum);
	}
	return sums;
}

async function round(app, log, seed) {
	const acts = randomActs(seed, ACTS);
	const model = natively(acts, app.fresh(`native${seed}`).host);
	const folder = app.fresh(`round${seed}`), marks = app.fresh(`marks${seed}`).host;
	const watcher = new Watcher(folder.host, marks);
	const { end: from } = changesIn(log);
	const wrong = [];
	const running = app.run({ acts, folder, name: `seen ${seed}` });
	running.online = (text, at, index) => {
		const tree = steadyTree(folder.host), line = model.lines[index];
		watcher.mark(String(index));
		if (text !== line?.text)
			wrong.push(`it said '${text}' where a native process says '${line?.text}'`);
		else if (!isSeen(tree, model, line.after))
			wrong.push(`'${text}' was shown with the folder as ${tree}\nwhere it is to be ${model.trees[line.after]}, or later`);
	};
	const ended = await running.ended;
	const about = `seed ${seed}: ${acts.join("; ")}`;
	assert.equal(ended.exitCode, 0, `${JSON.stringify(ended)} ${about}`);
	assert.ok(wrong.length === 0 && running.lines.length === model.lines.length, `${wrong[0] ?? running.lines.length}\n${about}`);
	await watcher.saw(String(running.lines.length - 1));
	watcher.close();
	const sums = comings(model.trees);
	for (const [i, { text, after: done }] of model.lines.entries())
		for (const [name, times] of sums[done])
			assert.ok((watcher.marks.get(String(i)).get(name) ?? 0) >= times,
				`'${text}' was shown before inotify told that '${name}' came or went ${times} times; ${about}`);
	assertDone(running.lines, model, acts, changesIn(log, from).changes, about);
	for (const each of [folder.host, marks, app.fresh(`native${seed}`).host])
		fs.rmSync(each, { recursive: true });
	return ended.waits;
}

/** Each line was shown after the changes before it were over, as strace says. */
function assertDone(lines, { lines: said }, acts, changes, about) {
	const told = said.flatMap(({ text }) => text.split(" ").slice(1)); // what each act that isn't a `say` came to
	const succeeded = acts.filter((act) => !act.startsWith("say ")).map((act, i) => ({ kind: kindOf(act), ok: told[i] === "0" }));
	const ends = new Map();
	for (const { kind, failed, at } of changes)
		if (!failed)
			(ends.get(kind) ?? ends.set(kind, []).get(kind)).push(at);
	let done = 0;
	for (const [i, { at, text }] of lines.entries()) {
		done += said[i].text.split(" ").length - 1;
		const counts = new Map();
		for (const { kind, ok } of succeeded.slice(0, done))
			if (kind && ok)
				counts.set(kind, (counts.get(kind) ?? 0) + 1);
		for (const [kind, count] of counts) {
			const end = ends.get(kind)?.[count - 1];
			assert.ok(end !== undefined, `strace saw ${ends.get(kind)?.length ?? 0} times ${kind}, not ${count}; ${about}`);
			assert.ok(at + SLACK_MS >= end, `'${text}' was shown ${end - at} ms before ${kind} number ${count} was over; ${about}`);
		}
	}
}

for (const [engine, all] of among(WAYS)) {
	const ways = amongWays(all).map(([wait, few]) => [wait, MANY || few]).filter(([, many]) => many > 0);
	if (ways.length === 0)
		continue;
	const started = startEngine(engine);
	after(async () => (await started).close());
	for (const [wait, many] of ways) {
		test(`${engine}, ${wait}: ${many} random programs: what is shown is done, say the disk, inotify and strace`, { timeout: 60_000 + many * 3000 },
			async () => {
			const log = path.join(fs.mkdtempSync("/tmp/wvwasi-strace-"), "log");
			const app = await App.open(await started, { through: traced(log, `delay_enter=${DELAY_US}`), wait });
			try {
				let waits = 0;
				for (let seed = firstSeed; seed < firstSeed + many; seed++)
					waits += await round(app, log, seed);
				console.log(`# ${engine}, ${wait}: ${(waits / many).toFixed(1)} waits for ${ACTS} acts`);
			} finally {
				await app.close();
				fs.rmSync(path.dirname(log), { recursive: true });
			}
		});
	}
}
