// What a program showed after a sync is on the disk when the power goes: random programs with syncs on a disk of the test's own, cut as soon as one of
// their lines is shown, with the kernel's syncs slowed. Then a machine that starts finds the names as they were at some moment after the last sync
// that was shown, and in each file that was synced what was in it.
// ROUNDS, SEED: how many programs in each way, and which is the first (`make promise` is the long run).
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { startEngine } from "../engines/index.js";
import { dice } from "../concurrent-changes.js";
import { after, test } from "../testing.js";
import { Native, randomActs } from "./acts.js";
import { among, amongWays, App, firstSeed, isLong, rounds } from "./app.js";
import { Disk, lacks } from "./disk.js";

const ACTS = 80, DELAY_US = 50_000, AT_ONCE = 8; // disks of one gateway
const many = rounds(4);
const all = { jspi: true, shared: true, xhr: true };
const WAYS = { chromium: all, ...(isLong && { firefox: all, webkit: { xhr: true }, "webkit+shared": { shared: true, xhr: true } }) };
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-power-"));
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** Names, kinds and links, without what is in the files. */
const namesOf = (files) => Object.entries(files).map(([name, [kind, links, target]]) => `${name} ${kind} ${kind === "link" ? target : links ?? ""}`).sort().join("\n");

/** A native process that does the acts: what there is after each, by name; with a number for each file, its life long. */
function natively(acts, folder) {
	const native = new Native(folder), moments = [{}], syncs = [], lines = [];
	const numbers = new Map(), descriptors = []; // inode -> number, while it has a name; descriptor -> number
	let files = 0;
	const look = (at, name, found) => {
		for (const each of fs.readdirSync(at)) {
			const below = path.join(at, each), stat = fs.lstatSync(below), full = name ? `${name}/${each}` : each;
			if (stat.isDirectory())
				found[full] = ["folder"], look(below, full, found);
			else if (stat.isSymbolicLink())
				found[full] = ["link", 1, fs.readlinkSync(below)];
			else
				found[full] = ["file", stat.nlink, fs.readFileSync(below, "latin1"), stat.ino];
		}
		return found;
	};
	acts.forEach((act, i) => {
		const [verb, descriptor, name] = act.split(" ");
		if (verb === "say") {
			lines.push(i + 1);
			moments.push(moments[i]);
			return;
		}
		const done = !native.act(act).startsWith("-"), now = look(folder, "", {});
		const inodes = new Set(Object.values(now).map(([, , , inode]) => inode));
		[...numbers.keys()].filter((inode) => !inodes.has(inode)).forEach((inode) => numbers.delete(inode));
		for (const file of Object.values(now))
			if (file[0] === "file")
				file[3] = numbers.get(file[3]) ?? (numbers.set(file[3], files), files++);
		if (done && ["create", "excl", "trunc", "open"].includes(verb))
			descriptors[descriptor] = now[path.normalize(name)]?.[3];
		if (done && (verb === "sync" || verb === "datasync"))
			syncs.push({ at: i + 1, file: descriptors[descriptor], isData: verb === "datasync" });
		moments.push(now);
	});
	native.end();
	return { moments, syncs, lines };
}

/* Lines just after a sync of what was written shortly before: there is most to lose. */
function worst({ moments, syncs, lines }) {
	const isFresh = (end, sync) => sync.at <= end && sync.at > end - 3 && durable(moments, sync)?.since > sync.at - 8;
	const fresh = lines.flatMap((end, i) => (syncs.some((sync) => isFresh(end, sync)) ? [i] : []));
	return fresh.length ? fresh : lines.map((_, i) => i);
}

const fileIn = (moment, number) => Object.entries(moment).find(([, [kind, , , its]]) => kind === "file" && its === number)?.[1];

/** What a sync at a moment makes durable: its file's bytes, and at the least the names at the moment when it was last written; or grew or shrank, if only its
 * data is synced: bytes that replace others need no names to be read (fdatasync(2)). */
function durable(moments, { at, file, isData }) {
	const synced = fileIn(moments[at], file);
	if (synced === undefined)
		return null; // it has no name
	const isAsSynced = (bytes) => (isData ? bytes?.length === synced[2].length : bytes === synced[2]);
	let since = at;
	while (since > 0 && isAsSynced(fileIn(moments[since - 1], file)?.[2]))
		since--;
	return { file, bytes: synced[2], since, grows: moments.slice(at).every((moment) => (fileIn(moment, file) ?? synced)[2].startsWith(synced[2])) };
}

/** Throws where what was found isn't what was shown. */
function judge({ moments, syncs, lines }, shown, found, about) {
	const last = shown ? lines[shown - 1] : 0;
	const promised = syncs.filter(({ at }) => at <= last).map((sync) => durable(moments, sync)).filter(Boolean);
	const least = Math.max(0, ...promised.map(({ since }) => since)), names = namesOf(found);
	const moment = moments.findIndex((each, i) => i >= least && namesOf(each) === names);
	assert.ok(moment >= 0, `the names aren't those of a moment after ${least}: ${names}\nbut then they were\n${namesOf(moments[least])}\n${about}`);
	/* Moments whose names are the same may have other files behind them. */
	const nameOf = (at, file) => Object.keys(moments[at]).find((each) => moments[at][each][3] === file);
	const fits = (at) => promised.every(({ file, bytes, grows }) => !grows || nameOf(at, file) === undefined || found[nameOf(at, file)][2].startsWith(bytes));
	const wanted = promised.map(({ file, bytes, grows }) => `${nameOf(moment, file)}: ${bytes.length}${grows ? "" : ", changed since"}`).join("; ");
	assert.ok(moments.some((each, i) => i >= least && namesOf(each) === names && fits(i)), `a file isn't as it was when it was synced, in bytes: ${wanted}
found: ${Object.entries(found).map(([name, [, , bytes]]) => `${name}: ${bytes?.length}`)}\n${about}`);
	return promised.length;
}

/** Some programs, each on a disk of its own; gives how many syncs were shown. */
async function rounded(engine, wait, kind, seeds) {
	const disks = seeds.map((seed) => new Disk(kind, path.join(scratch, `${kind} ${wait} ${seed}`.replaceAll(" ", "-"))));
	const app = await App.open(engine, { wait,
		through: ["unshare", "-m", "sh", "-c", `${disks.map(({ mounting }) => mounting).join(" && ")} && exec "$0" "$@"`,
			"strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", `inject=fsync,fdatasync:delay_enter=${DELAY_US}`],
		args: disks.flatMap(({ mount }, i) => ["--dir", `${mount}::/disk${i}`]) });
	let syncs = 0;
	try {
		const { pid } = app.gateway.ready;
		for (const [i, seed] of seeds.entries()) {
			const acts = randomActs(seed, ACTS, { saysEach: 3, syncs: 20, asks: false }), chance = dice(seed + 7), disk = disks[i];
			const native = natively(acts, app.fresh(`native${seed}`).host);
			fs.mkdirSync(path.join(disk.seenBy(pid), "w"));
			const fd = fs.openSync(path.join(disk.seenBy(pid), "w"));
			fs.fsyncSync(fd);
			fs.closeSync(fd);
			const moments = worst(native), until = moments[chance(moments.length)], running = app.run({ acts, folder: { guest: `/disk${i}/w` }, name: `power ${seed}` });
			let shown = 0;
			running.online = (_text, _at, index) => {
				if (index !== until)
					return;
				disk.cut(pid);
				shown = index + 1;
			};
			await running.said(until + 1);
			running.kill();
			const ended = await running.ended;
			assert.equal(shown, until + 1, JSON.stringify(ended));
			syncs += judge(native, shown, disk.found("w"), `seed ${seed}, cut after ${shown} lines: ${acts.join("; ")}`);
		}
	} finally {
		await app.close();
		disks.forEach(({ image }) => fs.rmSync(path.dirname(image), { recursive: true, force: true }));
	}
	return syncs;
}

for (const [engineName, ways] of among(WAYS)) {
	const started = startEngine(engineName);
	after(async () => (await started).close());
	for (const [wait] of amongWays(ways))
		for (const kind of isLong || wait === "jspi" ? ["ext4", "xfs"] : ["ext4"])
			test(`${engineName}, ${wait}: ${many} times the power of ${kind} is cut as soon as a line is shown: what was synced before it is there`,
				{ skip: lacks(kind), timeout: 60_000 + many * 5000 }, async () => {
				let syncs = 0;
				for (let seed = firstSeed; seed < firstSeed + many; seed += AT_ONCE)
					syncs += await rounded(await started, wait, kind, Array.from({ length: Math.min(AT_ONCE, firstSeed + many - seed) }, (_, i) => seed + i));
				assert.ok(syncs > 0, "no sync was shown");
				console.log(`# ${engineName}, ${wait}, ${kind}: ${syncs} syncs were shown`);
			});
}
