// What a program makes itself: it isn't asked about again, as long as nobody else may have changed it; and what somebody else does to it is seen.
import assert from "node:assert/strict";
import fs from "node:fs";
import process from "node:process";

import { openFixture } from "../gateway/call-fixture.js";
import { after, test } from "../testing.js";
import { NodeProgram } from "./program.js";

const MAKE = { oflags: 1, rights: 2 | 4 | 32 | 64 | 1 << 21 | 1 << 22 };
const ACCES = 2;
const LONG_MS = 60_000;

/* What is known without a promise serves for some ms: here time stands still unless a test lets it go on. */
let now = 1000;
Object.defineProperty(performance, "now", { value: () => now });
const PAST_MS = 20;

const fixture = await openFixture();
after(() => fixture.close());

/** How often the program waits for what `act` does. */
async function waitsOf(program, act) {
	const before = program.program.stats().roundTrips;
	await act();
	return program.program.stats().roundTrips - before;
}

/* A program that has made files in the folder and one of them anew, so that it needn't wait for the next ones. */
async function started(folder) {
	const program = await NodeProgram.start(fixture.session);
	assert.equal((await program.mkdir(folder)).errno, 0);
	for (const [name, oflags] of [["first", 1], ["second", 1], ["third", 1], ["third", 1 | 8]]) {
		const { errno, fd } = await program.open(`${folder}/${name}`, { ...MAKE, oflags });
		assert.equal(errno, 0);
		await program.write(fd, "begun");
		assert.equal((await program.close(fd)).errno, 0);
	}
	return program;
}

test("where a file ends that the program has just made is known, as far as it wrote", { timeout: LONG_MS }, async () => {
	const program = await started("ends");
	let made;
	const waits = await waitsOf(program, async () => {
		made = await program.open("ends/made", MAKE);
		assert.deepEqual(await program.pread(made.fd, 100, 0), { errno: 0, bytes: "" });
		await program.write(made.fd, "a".repeat(100));
		assert.deepEqual(await program.read(made.fd, 100), { errno: 0, bytes: "" });
		await program.pwrite(made.fd, "b", 599);
		assert.deepEqual(await program.pread(made.fd, 100, 600), { errno: 0, bytes: "" });
	});
	assert.equal(waits, 0);
	assert.deepEqual(await program.pread(made.fd, 100, 550), { errno: 0, bytes: `${"\0".repeat(49)}b` }, "what is in it");
	await program.exit();
});

test("what it writes by another descriptor of that file is in it", { timeout: LONG_MS }, async () => {
	const program = await started("two");
	const { fd } = await program.open("two/made", MAKE), other = await program.open("two/made", { rights: MAKE.rights });
	assert.deepEqual(await program.pread(fd, 100, 0), { errno: 0, bytes: "" });
	await program.write(other.fd, "by the other");
	assert.deepEqual(await program.pread(fd, 100, 0), { errno: 0, bytes: "by the other" });
	const again = await program.open("two/made", { ...MAKE, oflags: 1 | 8 });
	assert.deepEqual(await program.pread(again.fd, 100, 0), { errno: 0, bytes: "" });
	await program.write(again.fd, "anew");
	assert.deepEqual(await program.pread(fd, 100, 0), { errno: 0, bytes: "anew" });
	await program.setSize(again.fd, 6);
	assert.deepEqual(await program.pread(fd, 100, 4), { errno: 0, bytes: "\0\0" });
	await program.exit();
});

test("and by one that it had before it made the file anew", { timeout: LONG_MS }, async () => {
	const program = await started("anew");
	const waits = await waitsOf(program, async () => {
		const { fd } = await program.open("anew/made", MAKE), again = await program.open("anew/made", { ...MAKE, oflags: 1 | 8 });
		await program.write(fd, "later");
		assert.deepEqual(await program.pread(again.fd, 100, 0), { errno: 0, bytes: "later" });
	});
	assert.equal(waits, 1, "the read's");
	await program.exit();
});

for (const [what, comes] of [["after some ms", () => void (now += PAST_MS)], ["with the next answer", program => program.fence()]])
	test(`what somebody else writes into it is seen ${what}`, { timeout: LONG_MS }, async () => {
		const folder = what.replaceAll(" ", "-"), program = await started(folder);
		const { fd } = await program.open(`${folder}/made`, MAKE);
		await program.write(fd, "mine");
		await program.settle();
		fs.appendFileSync(fixture.at(`${folder}/made`), " and theirs");
		await comes(program);
		assert.deepEqual(await program.pread(fd, 100, 4), { errno: 0, bytes: " and theirs" });
		await program.exit();
	});

test("a file that somebody else made in the same moment is told as it is, once the server has said so", { timeout: LONG_MS }, async () => {
	const program = await started("race");
	const { fd } = await program.open("race/made", MAKE); // gathered: not done yet
	fs.writeFileSync(fixture.at("race/made"), "theirs");
	await program.fence();
	assert.deepEqual(await program.pread(fd, 100, 0), { errno: 0, bytes: "theirs" });
	await program.exit();
});

const timeOf = ({ filestat }) => new DataView(filestat.buffer).getBigUint64(48, true);

/* What the program does in a folder of its own: gives how often it waits for that, but for the folder itself. */
async function fills(program, folder) {
	assert.equal((await program.mkdir(folder)).errno, 0);
	return waitsOf(program, async () => {
		const { errno, fd } = await program.open(`${folder}/file`, MAKE);
		assert.equal(errno, 0);
		await program.write(fd, "text");
		assert.equal((await program.close(fd)).errno, 0);
		assert.equal((await program.times(`${folder}/file`, 100)).errno, 0);
		assert.equal((await program.unlink(`${folder}/file`)).errno, 0);
		assert.equal((await program.times(folder, 200)).errno, 0);
	});
}

test("what succeeded in one folder that it made isn't waited for in the next, beside it or in it", { timeout: LONG_MS }, async () => {
	const program = await NodeProgram.start(fixture.session);
	await program.stat("none");
	await program.mkdir("tree");
	assert.ok(await fills(program, "tree/a") > 0);
	assert.equal(await fills(program, "tree/b"), 0);
	assert.equal(await fills(program, "tree/b/c"), 0);
	await program.settle();
	const { mtimeNs } = fs.statSync(fixture.at("tree/b/c"), { bigint: true });
	assert.equal(mtimeNs, 200n * 10n ** 9n);
	assert.equal(timeOf(await program.stat("tree/b/c")), mtimeNs);
	await program.times("tree/b/c", 0);
	assert.equal(timeOf(await program.stat("tree/b/c")), 0n);
	await program.exit();
});

test("in a folder that somebody else made nothing is as in its own", { timeout: LONG_MS }, async () => {
	const program = await NodeProgram.start(fixture.session);
	await program.stat("none");
	await program.mkdir("mixed");
	await fills(program, "mixed/a");
	fs.mkdirSync(fixture.at("mixed/theirs"));
	await program.fence();
	await program.list("mixed/theirs");
	assert.ok(await waitsOf(program, async () => assert.equal((await program.open("mixed/theirs/file", MAKE)).errno, 0)) > 0);
	await program.exit();
});

/* Root without the right to do everything to every file. */
const OVERRIDES = "-dac_override,-dac_read_search,-fowner";

test("nor in one of its own whose rights somebody else has changed since", { timeout: LONG_MS }, async () => {
	const fixture = await openFixture([], process.getuid() === 0 ? { through: ["setpriv", `--bounding-set=${OVERRIDES}`, `--inh-caps=${OVERRIDES}`] } : {});
	after(() => fixture.close());
	const program = await NodeProgram.start(fixture.session);
	await program.stat("none");
	await program.mkdir("rights");
	await fills(program, "rights/a");
	await program.mkdir("rights/b");
	assert.equal(await waitsOf(program, () => program.times("rights/b", 300)), 0);
	await program.settle();
	fs.chmodSync(fixture.at("rights/b"), 0o555);
	await program.fence();
	assert.equal((await program.open("rights/b/file", MAKE)).errno, ACCES);
	await program.exit();
});
