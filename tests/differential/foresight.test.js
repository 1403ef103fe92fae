// What isn't foreseen: calls that fail though nobody interferes. The program gets the error, as it would without foresight, and isn't ended.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";

import { openFixture } from "../gateway/call-fixture.js";
import { mountsOf, ownMounts } from "../gateway/mounts.js";
import { Disk, lacks } from "../promise/disk.js";
import { test } from "../testing.js";
import { NodeProgram } from "./program.js";

const ERRNO = { ACCES: 2, BUSY: 10, DQUOT: 19, MFILE: 33, NFILE: 41, NOSPC: 51, XDEV: 75 };
const MAKE = { oflags: 1 | 8, rights: 2 | 4 | 64 | 1 << 21 | 1 << 22 };
const LONG_MS = 60_000, FOLDERS = 7;

/* A folder where a program has made, renamed and removed files already, and may go on without waiting. */
async function settled(program, folder) {
	await program.mkdir(folder);
	for (let i = 0; i < 4; i++) {
		const { errno, fd } = await program.open(`${folder}/try${i}`, MAKE);
		assert.equal(errno, 0);
		await program.close(fd);
		assert.equal((await program.rename(`${folder}/try${i}`, `${folder}/tried${i}`)).errno, 0);
		assert.equal((await program.unlink(`${folder}/tried${i}`)).errno, 0);
	}
	return program.foreseen;
}

/* Does what `act` does, then looks whether all of it is done: gives what act gave. */
async function doneWell(program, act) {
	const told = await act();
	await program.settle();
	if (program.program.pipeline.lost)
		throw program.program.pipeline.lost;
	return told;
}

const opened = async (program, path) => {
	const { errno, fd } = await program.open(path, MAKE);
	return errno || (await program.close(fd)).errno;
};

/* Root without the right to do everything to every file, whose files are made read-only. */
const bound = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", "sh", "-c"];
const isRoot = process.getuid() === 0 && spawnSync(bound[0], [...bound.slice(1), "true"]).status === 0;
const through = isRoot ? bound : ["sh", "-c"];

test("a file that its maker may not write again is truncated in vain", { timeout: LONG_MS }, async () => {
	const fixture = await openFixture([], { through: [...through, "umask 222; exec \"$@\"", "sh"] });
	try {
		fs.chmodSync(fixture.folder, 0o777);
		const program = await NodeProgram.start(fixture.session);
		fs.mkdirSync(fixture.at("f"));
		fs.chmodSync(fixture.at("f"), 0o777);
		for (let i = 0; i < 5; i++)
			assert.equal(await doneWell(program, () => opened(program, `f/new${i}`)), 0);
		assert.ok(program.foreseen > 0);
		assert.equal(await doneWell(program, () => opened(program, "f/new4")), ERRNO.ACCES);
		await program.exit();
	} finally {
		await fixture.close();
	}
});

test("a folder that somebody made read-only earlier", { timeout: LONG_MS }, async () => {
	const fixture = await openFixture([], { through: [...through, "exec \"$@\"", "sh"] });
	try {
		const program = await NodeProgram.start(fixture.session);
		assert.ok(await settled(program, "f") > 0);
		assert.equal(await doneWell(program, () => opened(program, "f/own")), 0);
		fs.chmodSync(fixture.at("f"), 0o555);
		for (let i = 0; i < 5; i++) { // it learns of that, and asks for the folder again
			await program.stat(`f/x${i}`);
			await program.list("f");
			await program.fence();
		}
		assert.equal(await doneWell(program, () => opened(program, "f/late")), ERRNO.ACCES);
		assert.equal((await doneWell(program, () => program.rename("f/own", "f/renamed"))).errno, ERRNO.ACCES);
		assert.equal((await doneWell(program, () => program.unlink("f/own"))).errno, ERRNO.ACCES);
		await program.exit();
	} finally {
		await fixture.close();
	}
});
test("a file over which nothing can be renamed", { timeout: LONG_MS, skip: ownMounts ? false : "nobody here may mount anything" }, async () => {
	const fixture = await openFixture([], ownMounts);
	try {
		const mounts = mountsOf(fixture.gateway);
		const program = await NodeProgram.start(fixture.session);
		assert.ok(await settled(program, "f") > 0);
		for (const name of ["f/fixed", "other"])
			fs.writeFileSync(fixture.at(name), "");
		mounts.bind(fixture.at("other"), fixture.at("f/fixed"));
		for (let i = 0; i < 5; i++) {
			await program.fence();
			await program.list("f");
			await program.stat("f/fixed");
		}
		assert.equal(await doneWell(program, () => opened(program, "f/own")), 0);
		assert.equal((await doneWell(program, () => program.rename("f/own", "f/fixed"))).errno, ERRNO.BUSY);
		await program.exit();
	} finally {
		await fixture.close();
	}
});

test("a folder that is shown at a second place", { timeout: LONG_MS, skip: ownMounts ? false : "nobody here may mount anything" }, async () => {
	const fixture = await openFixture([], ownMounts);
	try {
		const program = await NodeProgram.start(fixture.session);
		assert.ok(await settled(program, "real") > 0);
		fs.mkdirSync(fixture.at("alias"));
		mountsOf(fixture.gateway).bind(fixture.at("real"), fixture.at("alias"));
		for (let i = 0; i < 3; i++) {
			await program.fence();
			for (const folder of [".", "real", "alias"])
				await program.list(folder);
			await program.stat("alias/none");
		}
		await settled(program, "real");
		assert.equal(await doneWell(program, () => opened(program, "real/own")), 0);
		assert.equal((await doneWell(program, () => program.rename("real/own", "alias/moved"))).errno, ERRNO.XDEV);
		await program.exit();
	} finally {
		await fixture.close();
	}
});

test("a gateway without descriptors", { timeout: LONG_MS }, async () => {
	const fixture = await openFixture([], { through: ["prlimit", "--nofile=400:400"] });
	try {
		const program = await NodeProgram.start(fixture.session);
		assert.ok(await settled(program, "f") > 0);
		const told = await doneWell(program, async () => {
			for (let i = 0; i < 600; i++) {
				const { errno } = await program.open(`f/${i}`, MAKE);
				if (errno)
					return errno;
			}
		});
		assert.ok(told === ERRNO.MFILE || told === ERRNO.NFILE, String(told));
		await program.exit();
	} finally {
		await fixture.close();
	}
});

for (const [what, options, isForeseen, fill] of [
	["names", "nr_inodes=300", false, async (program) => {
		for (let i = 0; i < 600; i++) {
			const errno = await opened(program, `f0/${i}`);
			if (errno)
				return errno;
		}
	}],
	["many names", "nr_inodes=17000", true, async (program) => {
		for (let i = 0; i < 17000; i++) {
			const errno = await opened(program, `f0/${i}`);
			if (errno)
				return errno;
		}
	}],
	["room for one long file", "size=100m", true, async (program) => {
		const { fd } = await program.open("f0/long", MAKE), text = "x".repeat(65536);
		const before = program.foreseen;
		for (let i = 0; i < 2000; i++) {
			const { errno } = await program.write(fd, text);
			const { errno: late } = errno ? {} : await program.sync(fd);
			if (errno || late) {
				assert.ok(program.foreseen > before, "while there was room its syncs were foreseen");
				return errno || late;
			}
		}
	}],
	["room for new files beside a long one", "size=100m", true, async (program) => {
		const { fd } = await program.open("f0/long", MAKE), text = "x".repeat(65536);
		for (let i = 0; i < 2000; i++) {
			const { errno } = await program.write(fd, text);
			const late = errno || (await program.writeFile(`f1/${i}`, "x".repeat(5000))).errno;
			if (late)
				return late;
		}
	}],
	["room", "size=76m", true, async (program) => {
		const text = "x".repeat(200_000);
		for (let i = 0; i < 600; i++) {
			const { errno } = await program.writeFile(`f${i % FOLDERS}/${i}`, text);
			if (errno)
				return errno;
		}
	}],
])
	test(`a file system without ${what}`, { timeout: LONG_MS, skip: ownMounts ? false : "nobody here may mount anything" }, async () => {
		const mount = `for at; do case $at in *::/) mount -t tmpfs -o ${options} none "\${at%::/}";; esac; done; exec "$@"`;
		const fixture = await openFixture([], { through: [...ownMounts.through, "sh", "-c", mount, "sh"] });
		try {
			const program = await NodeProgram.start(fixture.session);
			for (let i = 0; i < FOLDERS; i++)
				assert.equal(await settled(program, `f${i}`) > 0, isForeseen);
			assert.equal(await doneWell(program, () => fill(program)), ERRNO.NOSPC);
			await program.exit();
		} finally {
			await fixture.close();
		}
	});

/* btrfs's own, which bound a subvolume; those of other file systems are asked for by one call (tests/gateway/quota.test.js). */
for (const [what, also] of [["a quota", "btrfs quota enable . && btrfs qgroup limit 80M f"], ["no quotas", "true"]])
	test(`a file system with ${what}: ${what === "no quotas" ? "it" : "the program that reaches it is told, and nothing"} is foreseen there`,
		{ timeout: LONG_MS, skip: lacks("btrfs") }, async () => {
		const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-quota-")), disk = new Disk("btrfs", base);
		const mount = `${disk.mounting} && cd '${disk.mount}' && (btrfs subvolume create f && ${also}) >/dev/null && cd / && exec "$@"`;
		const fixture = await openFixture(["--dir", `${disk.mount}/f::/disk`], { through: [...ownMounts.through, "sh", "-ec", mount, "sh"] });
		try {
			const program = await NodeProgram.start(fixture.session, { grant: "/disk" });
			assert.equal(await settled(program, "g") > 0, what === "no quotas");
			if (what !== "no quotas")
				assert.equal(await doneWell(program, async () => {
					for (let i = 0; i < 600; i++) {
						const { errno } = await program.writeFile(`g/${i}`, "x".repeat(200_000));
						if (errno)
							return errno;
					}
				}), ERRNO.DQUOT);
			await program.exit();
		} finally {
			await fixture.close();
			fs.rmSync(base, { recursive: true });
		}
	});
