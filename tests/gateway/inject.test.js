// --inject and run()'s `inject`: what goes wrong with which calls, in front of a real gateway; the page's own imports are called as a program calls them.
import assert from "node:assert/strict";
import fs from "node:fs";

import { NodeProgram } from "../differential/program.js";
import { test } from "../testing.js";
import { openFixture } from "./call-fixture.js";
import { startGateway } from "./gateway.js";

const ERRNO = { ACCES: 2, IO: 29, NOENT: 44, NOSPC: 51 };
const READ = { rights: 2 | 4 | 32 | 1 << 21 }, MAKE = { oflags: 1 | 8, rights: 2 | 4 | 64 | 1 << 21 | 1 << 22 };

/** A program by itself under these rules of --inject (and of its page, with `inject`). */
async function under(rules, act, { inject = undefined, coherence = "default" } = {}) {
	const fixture = await openFixture(rules.flatMap((rule) => ["--inject", rule]));
	try {
		const program = await NodeProgram.start(fixture.session, { inject, coherence });
		await act(program, fixture);
		if (!program.program.pipeline.lost)
			await program.exit();
	} finally {
		await fixture.close();
	}
}

const errnosOf = async (count, call) => {
	const errnos = [];
	for (let i = 0; i < count; i++)
		errnos.push((await call(i)).errno);
	return errnos;
};

for (const coherence of ["default", "strict"]) {
	test(`an error instead of a call, ${coherence}: it is given, and nothing was done`, () => under(["fd_write:error=ENOSPC"], async (program, { at }) => {
		const { fd } = await program.open("f", MAKE);
		assert.equal((await program.write(fd, "abc")).errno, ERRNO.NOSPC);
		assert.equal((await program.close(fd)).errno, 0);
		await program.settle();
		assert.equal(fs.readFileSync(at("f"), "latin1"), "");
	}, { coherence }));

	test(`when=2+2, ${coherence}: every second call`, () => under(["path_filestat_get:error=EACCES:when=2+2"], async (program, { at }) => {
		fs.writeFileSync(at("f"), "abc");
		assert.deepEqual(await errnosOf(6, () => program.stat("f")), [0, ERRNO.ACCES, 0, ERRNO.ACCES, 0, ERRNO.ACCES]);
	}, { coherence }));
}

test("calls that the page answers itself count like the others", () => under(["fd_read:error=EIO:when=2..3"], async (program, { at }) => {
	fs.writeFileSync(at("f"), "0123456789");
	const { fd } = await program.open("f", READ);
	const got = [];
	for (let i = 0; i < 5; i++)
		got.push(await program.read(fd, 2));
	assert.deepEqual(got.map(({ errno, bytes }) => bytes ?? errno), ["01", ERRNO.IO, ERRNO.IO, "23", "45"]);
	assert.ok(program.program.stats().local > 0, "none was answered by the page");
}));

test("short reads and writes: the program gets less, and goes on", () => under(["fd_read,fd_write,fd_pread,fd_pwrite:short=3"], async (program, { at }) => {
	fs.writeFileSync(at("f"), "0123456789");
	const { fd } = await program.open("f", READ);
	assert.equal((await program.read(fd, 8)).bytes, "012");
	assert.equal((await program.pread(fd, 8, 6)).bytes, "678");
	assert.equal((await program.read(fd, 2)).bytes, "34");
	const { fd: other } = await program.open("g", MAKE);
	assert.equal((await program.write(other, "abcdef")).wrote, 3);
	assert.equal((await program.pwrite(other, "xyzw", 5)).wrote, 3);
	await program.close(other);
	await program.settle();
	assert.equal(fs.readFileSync(at("g"), "latin1"), "abc\0\0xyz");
	assert.equal((await program.readFile("g", 7)).bytes, "abc\0\0xyz");
}));

test("path: by the whole path, also of calls on what was opened by it", () => under(["path_open,fd_read,path_filestat_get:error=EIO:path=/d/*.db"],
	async (program, { at }) => {
		fs.mkdirSync(at("d"));
		for (const name of ["d/x.db", "d/x.txt", "x.db"])
			fs.writeFileSync(at(name), "x");
		assert.deepEqual([await program.stat("d/x.db"), await program.stat("d/../d/./x.db")].map(({ errno }) => errno), [ERRNO.IO, ERRNO.IO]);
		assert.deepEqual([await program.stat("d/x.txt"), await program.stat("x.db")].map(({ errno }) => errno), [0, 0]);
		assert.equal((await program.open("d/x.db", READ)).errno, ERRNO.IO);
	}));

test("path: a read of a file that was opened by it, and of no other", () => under(["fd_read:error=EIO:path=*/x.db"], async (program, { at }) => {
	for (const name of ["x.db", "y.db"])
		fs.writeFileSync(at(name), "x");
	const { fd } = await program.open("x.db", READ), { fd: other } = await program.open("y.db", READ);
	assert.equal((await program.read(fd, 1)).errno, ERRNO.IO);
	assert.equal((await program.read(other, 1)).bytes, "x");
}));

test("fd: by the descriptor's number", () => under(["fd_read:error=EIO:fd=5"], async (program, { at }) => {
	fs.writeFileSync(at("f"), "x");
	const fds = [(await program.open("f", READ)).fd, (await program.open("f", READ)).fd];
	assert.ok(fds.includes(5), `descriptors ${fds}`);
	assert.deepEqual(await errnosOf(2, (i) => program.read(fds[i], 1)), fds.map((fd) => (fd === 5 ? ERRNO.IO : 0)));
}));

test("probability: by the seed, the same each time and about so often", async () => {
	const failures = async (seed) => {
		let errnos;
		await under([`path_filestat_get:error=EIO:probability=0.25:seed=${seed}`], async (program, { at }) => {
			fs.writeFileSync(at("f"), "x");
			errnos = await errnosOf(400, () => program.stat("f"));
		});
		return errnos;
	};
	const [first, again, other] = [await failures(7), await failures(7), await failures(8)];
	assert.deepEqual(first, again);
	assert.notDeepEqual(first, other);
	const share = first.filter((errno) => errno === ERRNO.IO).length;
	assert.ok(share > 60 && share < 140, `${share} of 400`);
});

test("delays: before the call, and after it", () => under(["path_create_directory:delay_enter=150ms", "path_remove_directory:delay_exit=150ms"],
	async (program, { at, folder }) => {
		const begun = Date.now();
		assert.equal((await program.mkdir("d")).errno, 0);
		assert.ok(fs.statSync(at("d")).mtimeMs - begun >= 100, "made before its time"); // the file system's clock has coarse ticks
		assert.equal((await program.rmdir("d")).errno, 0);
		assert.ok(Date.now() - fs.statSync(folder).mtimeMs >= 149, "told before the delay was over");
	}));

test("lost: the connection is cut, and what was done before is done", () => under(["fd_sync:lost:when=2"], async (program, { at }) => {
	const { fd } = await program.open("f", MAKE);
	await program.write(fd, "abc");
	assert.equal((await program.sync(fd)).errno, 0);
	await program.settle();
	await assert.rejects(program.sync(fd), { name: "GatewayLost", message: /--inject/ });
	assert.equal(fs.readFileSync(at("f"), "latin1"), "abc");
	program.connection.close();
}));

test("several rules: each counts for itself, the first error is given",
	() => under(["fd_*:error=EIO:when=3", "fd_seek:error=EACCES:when=2+"], async (program, { at }) => {
	fs.writeFileSync(at("f"), "x");
	const { fd } = await program.open("f", READ);
	assert.deepEqual(await errnosOf(4, () => program.seek(fd, 0, 0)), [0, ERRNO.ACCES, ERRNO.IO, ERRNO.ACCES]);
}));

test("a page injects into its own program, beside the gateway's rules", () => under(["fd_seek:error=EACCES"], async (program, { at, session }) => {
	fs.writeFileSync(at("f"), "x");
	const { fd } = await program.open("f", READ);
	assert.equal((await program.seek(fd, 0, 0)).errno, ERRNO.ACCES);
	assert.equal((await program.read(fd, 1)).errno, ERRNO.IO);
	const other = await NodeProgram.start(session);
	assert.equal((await other.readFile("f")).bytes, "x");
	await other.exit();
}, { inject: ["fd_read:error=EIO"] }));

test("a page's bad rule refuses its program, in words", async () => {
	const fixture = await openFixture();
	try {
		await assert.rejects(NodeProgram.start(fixture.session, { inject: ["fd_read:error=EWHAT"] }), /no such error.*'fd_read:error=EWHAT'/);
		await assert.rejects(NodeProgram.start(fixture.session, { inject: Array(17).fill("fd_read:error=EIO") }), /16 rules at most/);
	} finally {
		await fixture.close();
	}
});

test("a bad rule on the command line: exit 2, the rule quoted", async () => {
	for (const [rule, why] of [["open:error=EIO", /no such call/], ["fd_read", /no action/], ["fd_read:error=EIO:when=0", /counted from 1/]])
		await assert.rejects(startGateway(["--no-root-dir", "--inject", rule]), (error) => error.code === 2 && why.test(error.message)
			&& error.message.includes(`--inject '${rule}'`));
});
