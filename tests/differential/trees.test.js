// Long random walks over whole trees: two programs in default coherence and somebody else work on one folder, the same happens to a folder of
// a program in strict. All are told the same, and what is left is the same; what is told of a name is what the disk says.
// One walk follows another for WALK_SECONDS, each of WALK_OPERATIONS, by seeds that nobody chose: `make walks` is the long run, and with SEED=N
// WALK_SECONDS=0 one walk is repeated.
import assert from "node:assert/strict";
import fs from "node:fs";

import { openFixture } from "../gateway/call-fixture.js";
import { dice } from "../concurrent-changes.js";
import { after, test } from "../testing.js";
import { NodeProgram, treeOf } from "./program.js";
import { firstSeed, operations, seconds } from "./walks.js";

const SIZES = [0, 1, 100, 4096, 65_536, 70_000, 300_000];
const REGULAR = 4, DIRECTORY = 3, LINK = 7;
const EARLY_NS = 10n ** 15n; // times that the walk has set
const LONGEST_MS = 600_000; // of one walk, on a busy machine

const fixture = await openFixture();
after(() => fixture.close());

/* One operation, decided by the dice alone: (program) => what it is told; or (folder) => what somebody else does. */
function decide(chance) {
	const folder = () => Array.from({ length: 1 + chance(3) }, () => "abcd"[chance(4)]).join("/");
	const file = () => `${folder()}/f${chance(5)}`;
	const any = () => (chance(2) ? folder() : file());
	const bytes = String.fromCharCode(97 + chance(26)).repeat(SIZES[chance(SIZES.length)]);
	const [one, two, where, at, pick] = [any(), any(), folder(), file(), chance(100)];
	const acts = [
		[12, "make", async (program) => {
			const parts = where.split("/"), told = [];
			for (let i = 1; i <= parts.length; i++)
				told.push((await program.mkdir(parts.slice(0, i).join("/"))).errno);
			for (let i = 0; i < 3; i++)
				told.push((await program.writeFile(`${where}/f${i}`, `${where} ${i}`)).errno);
			return told;
		}],
		[12, "write", (program) => program.writeFile(at, bytes)],
		[5, "append", (program) => program.writeFile(at, "and more", { append: true })],
		[15, "stat", (program) => program.stat(one)],
		[14, "read", (program) => program.readFile(at, pick % 2 ? 4096 : 100_000)],
		[8, "list", (program) => program.list(where)],
		[8, "read all", async (program) => {
			const { errno, names = [] } = await program.list(where), told = [errno, names];
			for (const [name, type] of names)
				if (type === REGULAR)
					told.push(await program.readFile(`${where}/${name}`, 65_536));
			return told;
		}],
		[5, "rename", (program) => program.rename(one, two)],
		[4, "unlink", (program) => program.unlink(one)],
		[3, "remove", async (program) => [(await program.remove(where)).errno]],
		[3, "link", (program) => program.link(at, two)],
		[3, "symlink", (program) => program.symlink("f1", two)],
		[3, "readlink", (program) => program.readlink(one)],
		[12, "its own", (program, disk) => ownNames(program, where, dice(pick * 1000 + bytes.length + where.length), disk)],
		[3, "times", (program) => program.times(one, 1 + pick)],
		[2, "cut", async (program) => {
			const { errno, fd } = await program.open(at, { rights: 2 | 64 | 1 << 21 | 1 << 22 });
			if (errno)
				return errno;
			return [await program.setSize(fd, pick), await program.fstat(fd), await program.close(fd)];
		}],
	];
	let left = chance(acts.reduce((sum, [weight]) => sum + weight, 0));
	const [, what, act] = acts.find(([weight]) => (left -= weight) < 0);
	return { what: `${what} ${one} ${two} ${where} ${at}`, act };
}

/* What programs do to names of their own, one after the other: temporary files, backups, folders that come and go; and what they ask meanwhile.
 * disk: (path) => what is there. */
async function ownNames(program, folder, chance, disk) {
	const name = () => `${folder}/o${chance(4)}${chance(4) ? "" : `/i${chance(2)}`}`, told = []; // what is in its own folders, too
	const open = async (oflags) => {
		const at = name(), { errno, fd } = await program.open(at, { oflags, rights: 2 | 4 | 32 | 64 | 1 << 4 | 1 << 21 | 1 << 22 | 1 << 23 });
		told.push(errno);
		if (errno)
			return;
		for (let i = chance(4); i > 0; i--)
			told.push(await [() => program.write(fd, "own".repeat(chance(300))), () => program.setSize(fd, chance(500)),
				() => program.setTimes(fd, 1 + chance(1000)), () => program.sync(fd), () => program.fstat(fd), () => program.pwrite(fd, "in it", chance(900)),
				() => program.pread(fd, 300, chance(900)), () => program.read(fd, 100)][chance(8)]());
		told.push(await program.close(fd));
	};
	const acts = [() => open(1), () => open(1 | 8), () => open(1 | 4), () => open(8), async () => told.push(await program.rename(name(), name())),
		async () => told.push(await program.unlink(name())),
		async () => told.push(await program.unlink(name())), async () => told.push(await program.mkdir(name())),
		async () => told.push(await program.rmdir(name())),
		async () => told.push(await program.stat(name())), async () => told.push(await program.readFile(name())),
		async () => told.push(await program.list(folder)), async () => told.push(await program.times(name(), 1 + chance(1000)))];
	for (let i = 3 + chance(12); i > 0; i--)
		await acts[chance(acts.length)]();
	if (chance(3) === 0) { // what it is told is what the disk says, once all is done
		await program.settle();
		for (let i = 0; i < 4; i++) {
			const at = `${folder}/o${i}`, { errno, filestat } = await program.stat(at), there = disk(at);
			assert.deepEqual(errno ? null : [filestat[16], filestat[16] === REGULAR ? sizeOf(filestat) : 0], there, at);
		}
	}
	return told;
}

const sizeOf = (filestat) => Number(new DataView(filestat.buffer).getBigUint64(32, true));

/** What is at a path, as far as the walk asks: [type, size], or null. */
const diskOf = (folder) => (at) => {
	let stat;
	try {
		stat = fs.lstatSync(`${folder}/${at}`, { throwIfNoEntry: false });
	} catch (error) {
		if (error.code !== "ENOTDIR" && error.code !== "ELOOP")
			throw error;
	}
	return stat === undefined ? null : stat.isDirectory() ? [DIRECTORY, 0] : stat.isSymbolicLink() ? [LINK, 0] : [REGULAR, stat.size];
};

/* What somebody else does to a folder. */
function disturb(folder, chance) {
	const names = () => `${folder}/${Array.from({ length: 1 + chance(2) }, () => "abcd"[chance(4)]).join("/")}`;
	const [what, one, two, text] = [chance(6), names(), names(), "else".repeat(chance(3000))];
	try {
		[() => fs.writeFileSync(`${one}/f${text.length % 5}`, text), () => fs.rmSync(one, { recursive: true }), () => fs.mkdirSync(one, { recursive: true }),
			() => fs.renameSync(one, two), () => fs.unlinkSync(`${one}/f0`), () => fs.appendFileSync(`${one}/f1`, text)][what]();
	} catch (error) {
		if (error.code === undefined)
			throw error;
	}
}

/* What is the same in both folders: types, sizes of files, their links, bytes, names. */
function plain(told) {
	if (told?.filestat) {
		const view = new DataView(told.filestat.buffer), type = told.filestat[16];
		const time = view.getBigUint64(48, true);
		return { errno: told.errno, type, ...(time < EARLY_NS && { time }),
			...(type !== DIRECTORY && { links: Number(view.getBigUint64(24, true)), size: Number(view.getBigUint64(32, true)) }) };
	}
	if (Array.isArray(told))
		return told.map(plain);
	return told?.fd === undefined ? told : { errno: told.errno };
}

async function walk(seed) {
	const chance = dice(seed);
	const [ours, theirs] = ["default", "strict"].map((name) => fixture.at(`${name}${seed}`));
	fs.mkdirSync(ours);
	fs.mkdirSync(theirs);
	const two = await Promise.all([0, 1].map(() => NodeProgram.start(fixture.session, { grant: `/default${seed}` })));
	const strict = await NodeProgram.start(fixture.session, { grant: `/strict${seed}`, coherence: "strict" });
	let last = two[0];
	for (let i = 0; i < operations; i++) {
		const { what, act } = decide(chance);
		const program = two[chance(8) ? two.indexOf(last) : 1 - two.indexOf(last)];
		if (program !== last)
			await last.settle(); // what it gathered is done before others look
		if (chance(12) === 0) {
			await last.settle();
			const moment = chance(1 << 30);
			for (const folder of [ours, theirs])
				disturb(folder, dice(moment));
			await program.fence();
		} else if (program !== last)
			await program.fence();
		last = program;
		assert.deepEqual(plain(await act(program, diskOf(ours))), plain(await act(strict, diskOf(theirs))),
			`SEED=${seed} WALK_OPERATIONS=${operations}, ${i}: ${what}`);
	}
	assert.equal(strict.foreseen, 0);
	assert.ok(two.some(({ foreseen }) => foreseen > operations / 20), `${two.map(({ foreseen }) => foreseen)} calls were foreseen`);
	for (const program of [...two, strict]) {
		await program.exit();
		assert.equal(program.program.stats().faults, 0);
	}
	console.log(`# seed ${seed}: ${two.map(({ program }) => program.stats().roundTrips)} waits, ${strict.program.stats().roundTrips} in strict`);
	assert.equal(treeOf(ours), treeOf(theirs));
	for (const folder of [ours, theirs])
		fs.rmSync(folder, { recursive: true });
}

test(`for ${seconds} s: two programs, and somebody else: as in strict, and as on the disk`, { timeout: seconds * 1000 + LONGEST_MS }, async () => {
	const started = Date.now();
	let walks = 0;
	do
		await walk(firstSeed + walks++);
	while (Date.now() - started < seconds * 1000);
	console.log(`# ${walks * operations} operations: SEED=${firstSeed} to ${firstSeed + walks - 1}, WALK_OPERATIONS=${operations}`);
});
