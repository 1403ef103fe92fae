// Somebody else makes a call fail between the moment when the program is told of it and the moment when it is done: either the program was ended there with
// ChangeLost and nothing after it happened, or its answer was true. The kernel is slowed, or fails a call, by strace; on a small file system of the test's own.
// After a ChangeLost the same program waits for each of its changes. PAIRS: how many pairs of a deed and another's; all of them with ROUNDS (`make promise`).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { startEngine } from "../engines/index.js";
import { dice } from "../concurrent-changes.js";
import { after, test } from "../testing.js";
import { App, firstSeed } from "./app.js";
import { DEEDS, OTHERS, programOf } from "./foreseen-calls.js";
import { Disk, lacks } from "./disk.js";
import { changesIn } from "./strace.js";

const root = process.getuid() === 0;
const DELAY_US = 100_000, IO = "-29";
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-others-"));
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

/* A gateway for which rights are rights, though it is root's, on a file system that nobody else sees. */
const OVERRIDES = "-dac_override,-dac_read_search,-fowner";
const through = (mounting, log, inject, paths) => ["unshare", "-m", "sh", "-c", `${mounting} && exec "$@"`, "sh",
	"setpriv", `--bounding-set=${OVERRIDES}`, `--inh-caps=${OVERRIDES}`,
	"strace", "-f", "-qq", "--seccomp-bpf", "-ttt", "-T", "-o", log, "-e", "trace=unlinkat,renameat,renameat2,utimensat,ftruncate,fsync,openat2", "-e",
	`inject=${inject}`, ...paths.flatMap((each) => ["-P", each])];

function mayMount() {
	try {
		execFileSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"], { stdio: "ignore" });
		return root;
	} catch {
		return false;
	}
}
const skip = mayMount() ? false : "only root has mounts, other users and immutable files";

const started = startEngine("chromium");
after(async () => (await started).close());

/* What the program is told of a rename that somebody else's file forbids, though one of its own has succeeded there: it may not be foreseen. */
test("rename over somebody else's file, which is immutable: the program is told, and isn't ended", { skip }, async () => {
	const opened = await openApp(DEEDS.rename, "delay_enter=1000");
	try {
		const folder = empty(opened, "theirs"), theirs = path.join(folder, "moved");
		fs.writeFileSync(theirs, "theirs");
		execFileSync("chattr", ["+i", theirs]);
		const { warm, deed } = DEEDS.rename;
		const acts = ["list .", "stat w", ...warm, "create 5 victim", "close 5", "stat w", "list .", "stat victim", "say begun", deed, "say end"];
		const running = opened.app.run({ acts, folder: { guest: "/data/theirs" } }), ended = await running.ended;
		execFileSync("chattr", ["-i", theirs]);
		assert.deepEqual([ended.exitCode, running.lines.at(-1)?.text], [0, "end -63"], JSON.stringify(ended));
	} finally {
		await opened.app.close();
	}
});

/* Where an act of others isn't possible on the small one in memory: a quota is btrfs's. */
const KIND = { "sets a quota": "btrfs" };
const kindOf = (act) => KIND[act] ?? "tmpfs";
const lacking = { tmpfs: false, btrfs: skip || lacks("btrfs") };

/** The app, and where the gateway's folder is seen from here. paths: strace minds calls on these alone; none: on all. */
async function openApp(deed, inject, kind = "tmpfs", paths = () => []) {
	const base = fs.mkdtempSync(path.join(scratch, "app-")), log = path.join(base, "log"), mount = path.join(base, "mount");
	fs.mkdirSync(mount);
	/* 96 MiB: with less nothing is gathered. */
	const mounting = kind === "tmpfs" ? `mount -t tmpfs -o size=96m,mode=777 none '${mount}'` : new Disk(kind, base).mounting;
	const app = await App.open(await started, { through: through(mounting, log, `${deed.kernel}:${inject}`, paths(mount)), folder: mount });
	const { pid } = app.gateway.ready;
	return { app, log, mount, pid, kind, seen: path.join("/proc", String(pid), "root", mount) };
}

/** The folder as it is before a program runs. */
function empty({ seen, kind, mount, pid }, name) {
	const folder = path.join(seen, name);
	fs.rmSync(folder, { recursive: true, force: true });
	if (kind === "btrfs")
		execFileSync("nsenter", ["--target", String(pid), "--mount", "btrfs", "subvolume", "create", path.join(mount, name)], { stdio: "pipe" });
	else
		fs.mkdirSync(folder);
	fs.chmodSync(folder, 0o777);
	return folder;
}

/** What became of the deed: "lost", or the errno that the program was told; asserts that nobody can have been misled. */
async function judge({ log, seen }, deed, name, from, running, about) {
	const ended = await running.ended, said = running.lines.map(({ text }) => text), folder = path.join(seen, name);
	const { changes } = changesIn(log, from);
	const last = changes.filter(({ kind, text: line }) => kind === deed.kind && (deed.keeps || line.includes(`"${deed.name}"`))
		&& (kind !== "openat2" || /O_WRONLY|O_RDWR/.test(line))).at(-1);
	const text = `${about}: ${JSON.stringify(ended)} ${JSON.stringify(said)} ${JSON.stringify(last)}`;
	assert.match(said[0] ?? "", /^begun/, text);
	assert.ok(fs.existsSync(path.join(folder, "ready")), text);
	if (ended.error) {
		assert.deepEqual([ended.error, ended.call, said.length], ["ChangeLost", deed.call, 1], text);
		assert.ok(!fs.existsSync(path.join(folder, "after")), `something after it happened; ${text}`);
		assert.ok(last?.failed ?? true, `it was done; ${text}`);
		return "lost";
	}
	assert.equal(ended.exitCode, 0, text);
	const [, , , result, made] = said.at(-1).split(" "); // "end" CREATE CLOSE DEED MKDIR
	assert.equal(fs.existsSync(path.join(folder, "after")), made === "0", text);
	if (last)
		assert.equal(result === "0", !last.failed, `its answer wasn't true; ${text}`);
	return result;
}

/** Runs the deed's program while somebody else acts when it is ready. */
async function disturbed(opened, deed, name, other, about) {
	const { app, log, mount, pid } = opened;
	const folder = empty(opened, name), { end: from } = changesIn(log);
	let undo = null, acted = null, why = null;
	const watcher = fs.watch(folder, (_, file) => {
		if (file !== "ready" || acted !== null)
			return;
		acted = Date.now();
		try {
			undo = other({ folder, name: deed.name, mount, pid, subvolume: name });
		} catch (error) {
			why = error;
		}
	});
	const running = app.run({ acts: programOf(deed), name: about, folder: { guest: `/data/${name}` } });
	await running.ended;
	watcher.close();
	if (typeof undo === "function")
		undo();
	const result = await judge(opened, deed, name, from, running, about);
	return { result, inTime: acted !== null, could: why === null };
}

/** Each pair of the deed and what others do, on one gateway. */
async function allOf(what, deed, pairs, kind) {
	const opened = await openApp(deed, `delay_enter=${deed.kernel === "openat2" ? 20_000 : DELAY_US}`, kind);
	try {
		const results = {};
		for (const pair of pairs) {
			const about = `${what}, somebody ${pair}`, name = pair.replace(/[^a-z]/g, "-");
			const { result, inTime, could } = await disturbed(opened, deed, name, OTHERS[pair], about);
			results[pair] = could ? inTime ? result : "too late" : "can't be done here";
			if (result === "lost") // a program that lost a change waits from then on, and is told itself
				assert.notEqual((await disturbed(opened, deed, name, OTHERS[pair], about)).result, "lost", `${about}: it was foreseen again`);
		}
		console.log(`# ${what}: ${JSON.stringify(results)}`);
		assert.ok(pairs.length < 4 || Object.values(results).filter((result) => result === "too late").length < pairs.length / 2,
			"the others came too late");
	} finally {
		await opened.app.close();
	}
}

for (const [what, deed] of Object.entries(DEEDS)) {
	const all = Object.keys(OTHERS), chance = dice(firstSeed + what.length * 7 + what.charCodeAt(0));
	const some = Array.from({ length: Number(process.env.PAIRS ?? 1) }, () => all[chance(all.length)]);
	const pairs = process.env.ROUNDS ? all : what === "create" ? [...new Set([...some, "sets a quota"])] : some;

	for (const kind of ["tmpfs", "btrfs"]) {
		const those = pairs.filter((pair) => kindOf(pair) === kind);
		if (those.length > 0)
			test(`${what}: while it is under way, somebody else ${those.length > 3 ? `does one of ${those.length} things` : those.join(", or ")}`,
				{ skip: skip || lacking[kind], timeout: 60_000 + those.length * 10_000 }, () => allOf(what, deed, those, kind));
	}

	if (deed.kernel !== "openat2")
		test(`${what}: the kernel fails it: the program is ended there, or is told; and it isn't ended again`, { skip }, async () => {
			/* As the kernel is given it: a name in a folder, or a descriptor. */
			const opened = await openApp(deed, "error=EIO", "tmpfs", (mount) => [deed.name, path.join(mount, "eio", deed.name)]);
			try {
				const run = async () => {
					empty(opened, "eio");
					const { end: from } = changesIn(opened.log);
					const running = opened.app.run({ acts: programOf(deed), name: what, folder: { guest: "/data/eio" } });
					return [await judge(opened, deed, "eio", from, running, what), running.lines[0].text.includes(IO)];
				};
				const first = await run();
				assert.ok(["lost", IO].includes(first[0]) && !first[1], String(first));
				assert.deepEqual(await run(), [IO, false], "this time it is told");
				console.log(`# ${what}: ${first[0]}`);
			} finally {
				await opened.app.close();
			}
		});
}
