// An error behind the door of the page's cache, wherever and whenever it comes, changes nothing that the program is told or that it leaves on the
// disk: it goes on as in "strict", and what it wrote is there.
import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";

import { Cache } from "../../static/shim/cache/cache.js";
import { Asking } from "../../static/shim/cache/asking.js";
import { Answers } from "../../static/shim/cache/facts/answers.js";
import { Breaks } from "../../static/shim/cache/facts/breaks.js";
import { Contents } from "../../static/shim/cache/facts/contents.js";
import { Facts } from "../../static/shim/cache/facts/facts.js";
import { Folder, Folders } from "../../static/shim/cache/facts/folders.js";
import { Freshness } from "../../static/shim/cache/facts/freshness.js";
import { Listings } from "../../static/shim/cache/facts/listing.js";
import { Windows } from "../../static/shim/cache/facts/windows.js";
import { NoCache } from "../../static/shim/cache/none.js";
import { Opens } from "../../static/shim/cache/opens.js";
import { Prefetch } from "../../static/shim/cache/prefetch/index.js";
import { LastStart } from "../../static/shim/cache/prefetch/laststart.js";
import { NextBytes } from "../../static/shim/cache/prefetch/nextbytes.js";
import { NextFiles } from "../../static/shim/cache/prefetch/nextfiles.js";
import { Rereads } from "../../static/shim/cache/prefetch/rereads.js";
import { SameFolders } from "../../static/shim/cache/prefetch/samefolders.js";
import { StatThenRead } from "../../static/shim/cache/prefetch/statthenread.js";
import { Walk } from "../../static/shim/cache/prefetch/walk.js";
import { openFixture } from "../gateway/call-fixture.js";
import { after, test } from "../testing.js";
import { NodeProgram, treeOf } from "./program.js";

const BEHIND = [Answers, Asking, Breaks, Contents, Facts, Folder, Folders, Freshness, LastStart, Listings, NextBytes, NextFiles, Opens, Prefetch,
	Rereads, SameFolders, StatThenRead, Walk, Windows];
const FRESH_MS = 10; // so long serves what wasn't promised
/* The clock stands still otherwise, so that the same is asked on any machine. */
let now = performance.now();
Object.defineProperty(performance, "now", { value: () => now });
const READ = 2 | 4 | 32 | 1 << 21, LIST = 1 << 14;
const READ_WRITE = 2 | 4 | 32 | 64 | 1 << 21 | 1 << 22;

const peer = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
await once(peer.listen(0, "127.0.0.1"), "listening");
const fixture = await openFixture(["--profile", "on", "--net", `tcp:127.0.0.1:${peer.address().port}`]);
after(() => {
	peer.close();
	return fixture.close();
});
let runs = 0;

/* Something of everything that the door is asked for: every method of it is called at least once, or the test fails. */
async function work(program, say, isLong) {
	const { cache } = program.program;
	cache.gathersUntil(() => false); // as worker.js does before the program begins
	for (let i = 0; i < 4; i++) {
		say(await program.stat(`d${i}/sub/none`));
		say(await program.stat(`d${i}/f1`));
		say(await program.readFile(`d${i}/f1`));
		const { names } = say(await program.list(`d${i}`));
		for (const [name] of names.filter(([, type]) => type === 4))
			say(await program.readFile(`d${i}/${name}`));
		say(await program.list(`d${i}/sub`));
	}
	if (isLong)
		say(await program.readFile("big", 65536));
	say(await program.mkdir("new"));
	say(await program.writeFile("new/a", "one".repeat(1000)));
	say(await program.writeFile("new/a", "two", { append: true }));
	say(await program.stat("new/a"));
	say(await program.readFile("new/a"));
	const { fd } = await program.open("new/a", { rights: READ_WRITE });
	for (let i = 0; i < 5; i++) {
		say(await program.pwrite(fd, `${i}`.repeat(10), 20 * i));
		say(await program.pread(fd, 100, 0));
		say(await program.fstat(fd));
	}
	say(await program.seek(fd, 0, 2));
	say(await program.write(fd, "last"));
	say(await program.sync(fd));
	say(await program.lock(fd));
	say(await program.pread(fd, 100, 0));
	say(await program.setSize(fd, -1)); // fails, so that an error of the handle is reported
	say(await program.close(fd));
	say(await program.list("new"));
	cache.fence(); // as before a reactor's export
	say(await program.stat("new/a"));
	if (isLong)
		await changeWhileReading(program, say);
	await program.settle();
	cache.startOver(); // as when a debugger gives control back
	say(await program.stat("d0/f0"));
	say(await program.rename("new/a", "d0/a"));
	say(await program.symlink("f0", "d0/l"));
	say(await program.readlink("d0/l"));
	say(await program.readlink("d0/f0"));
	say(await program.link("d0/a", "d0/b"));
	say(await program.stat("new/a"));
	say(await program.unlink("d0/b"));
	say(await program.remove("d3"));
	say(await program.list("."));
	await ownNames(program, say);
	for (let i = 0; i < 4; i++)
		say(await program.converse(peer.address().port, ["one ", "two ", "three"]));
	say(await program.writeFile("d1/late", "gathered, and sent at the end"));
}

/* Names that it makes itself, which it doesn't wait for. */
async function ownNames(program, say) {
	say(await program.mkdir("own"));
	for (const name of ["own/a", "own/b", "own/c"]) {
		say(await program.writeFile(name, name));
		say(await program.times(name, 1));
		say(await program.rename(name, `${name}2`));
		say(await program.unlink(`${name}2`));
		say(await program.stat(`${name}2`));
	}
	say(await program.rmdir("own"));
}

/* A file and a folder of which the server promises nothing, looked at again after something else was. */
async function changeWhileReading(program, say) {
	const { fd } = await program.open("big", { rights: READ_WRITE }); // not leased with the open, nor after it
	say(await program.narrow(fd, READ));
	say(await program.pread(fd, 200_000, 0));
	now += FRESH_MS + 1;
	say(await program.pread(fd, 4096, 20_000));
	say(await program.close(fd));
	const listed = await program.open("d2", { oflags: 2, rights: LIST | 1 << 21 });
	say(await program.narrow(listed.fd, LIST));
	say(await program.stat("d0/f0/none"));
	say(await program.readdir(listed.fd));
	say(await program.close(listed.fd));
}

/* What the program was told, and what it left. */
async function run({ isLong = false, ...options } = {}) {
	const name = `run${runs++}`, folder = fixture.at(name), long = new Date(Date.now() - 3600_000);
	for (let d = 0; d < 4; d++) {
		fs.mkdirSync(`${folder}/d${d}/sub`, { recursive: true });
		for (let f = 0; f < 5; f++)
			fs.writeFileSync(`${folder}/d${d}/f${f}`, `${d}${f}`.repeat(50));
		fs.writeFileSync(`${folder}/d${d}/sub/x`, "x");
	}
	fs.writeFileSync(`${folder}/big`, "0123456789abcdef".repeat(1 << 19));
	fs.utimesSync(`${folder}/big`, long, long);
	const program = await NodeProgram.start(fixture.session, { grant: `/${name}`, name: "faults", ...options });
	const told = [];
	await work(program, ({ filestat, fd, ...rest }) => {
		const view = filestat && new DataView(filestat.buffer);
		told.push({ ...rest, ...(filestat && { type: filestat[16], size: filestat[16] === 4 ? Number(view.getBigUint64(32, true)) : 0 }) });
		return rest;
	}, isLong);
	const errors = program.program.writeErrors;
	await program.exit();
	const { faults } = program.program.stats();
	const left = treeOf(folder);
	fs.rmSync(folder, { recursive: true });
	return { told, left, faults, errors };
}

/* In this call of the method something goes wrong. */
async function failing(proto, name, call, then) {
	const was = Object.getOwnPropertyDescriptor(proto, name), key = "value" in was ? "value" : "get";
	let calls = 0;
	Object.defineProperty(proto, name, { ...was, [key](...args) {
		if (++calls === call)
			throw new Error(`injected into ${name}`);
		return was[key].apply(this, args);
	} });
	const { error } = console;
	const said = [];
	console.error = (...args) => said.push(args);
	try {
		return { ...await then(), happened: calls >= call, said };
	} finally {
		Object.defineProperty(proto, name, was);
		console.error = error;
	}
}

/* Getters too. */
const methodsOf = ({ prototype }) => Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor"
	&& !Object.getOwnPropertyDescriptor(prototype, name).set);

const strict = { short: await run({ coherence: "strict" }), long: await run({ coherence: "strict", isLong: true }) };
await run(); // so that there are hints from a start before

test("without a fault the program is told the same as in strict", async () => {
	assert.deepEqual(await run({ isLong: true }), strict.long);
});

test("the door has the same methods with nothing behind it", () => {
	assert.deepEqual(methodsOf(Cache).sort(), methodsOf(NoCache).filter((name) => !["rest", "without"].includes(name)).sort());
});

for (const [what, classes, calls] of [["at the door", [Cache], [1, 4]], ["behind it", BEHIND, [Number(process.env.CALL ?? 2)]]])
	test(`a fault ${what}: the program is told the same as in strict, and nothing is lost`, { timeout: 300_000 }, async () => {
		const untouched = [];
		for (const one of classes)
			for (const name of methodsOf(one).filter((its) => one !== Cache || its !== "isOn")) // the guard itself says that one
				for (const call of calls) {
					const isLong = [Cache, NextBytes, Windows].includes(one);
					const { happened, said, ...given } = await failing(one.prototype, name, call, () => run({ isLong }));
					assert.deepEqual(given, { ...isLong ? strict.long : strict.short, faults: happened ? 1 : 0 }, `${one.name}.${name}, call ${call}`);
					assert.equal(said.length, happened ? 1 : 0, "it is said loudly");
					if (!happened && call === calls[0])
						untouched.push(`${one.name}.${name}`);
				}
		console.log(`# not called so often here: ${untouched.join(", ") || "none"}`);
		if (classes[0] === Cache)
			assert.deepEqual(untouched, [], `work() has to call every method of the door: ${untouched}`);
		else
			assert.ok(untouched.length <= 20, untouched.join(", "));
	});
