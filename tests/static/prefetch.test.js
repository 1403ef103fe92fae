// What a program did with folders and files before goes along when it comes to the next ones.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Credit } from "../../static/shim/base/credit.js";
import { FILETYPE, RIGHT } from "../../static/shim/base/fds.js";
import { ERRNO } from "../../static/shim/base/errors.js";
import { NextFiles } from "../../static/shim/cache/prefetch/nextfiles.js";
import { bytesOf, makeTreeGuest, textOf } from "./tree.js";

const names = Array.from({ length: 12 }, (_, i) => `p${i}`);
const OFLAG_DIRECTORY = 2;

/* Folders are objects, files their sizes. */
function start(tree, options = {}) {
	const guest = makeTreeGuest(tree, { wakeups: new Int32Array(new SharedArrayBuffer(4)), ...options });
	const path = text => {
		guest.memory.write(1024, bytesOf(text));
		return [1024, text.length];
	};
	const called = name => guest.asked.flatMap(({ calls }) => calls).filter(call => call.name === name);
	return {
		...guest,
		called,
		waits: () => guest.asked.filter(({ wait }) => wait).length,
		leased: () => called("lease_folder").map(({ args }) => textOf(args[1])),
		stat: text => guest.call.path_filestat_get(3, 1, ...path(text), 600),
		open: (text, oflags = 0) => guest.call.path_open(3, 1, ...path(text), oflags, BigInt(RIGHT.FD_READ), 0n, 0, 512),
	};
}

test("a folder that was looked into in two folders comes with the next ones, until that was in vain", () => {
	const { stat, leased, waits } = start(Object.fromEntries(names.map(name => [name, { cache: { x: 1 }, y: 2 }])));
	const look = name => [stat(`${name}/y`), stat(`${name}/cache/none`)];
	for (const name of names.slice(0, 2))
		assert.deepEqual(look(name), [0, ERRNO.NOENT]);
	const before = waits();
	assert.deepEqual(look("p2"), [0, ERRNO.NOENT]);
	assert.equal(waits(), before + 1);
	assert.deepEqual(leased(), [".", "p0", "p0/cache", "p1", "p1/cache", "p2", "p2/cache"]);
	for (const name of names.slice(3))
		assert.equal(stat(`${name}/y`), 0);
	assert.deepEqual(leased().slice(7).filter(path => path.endsWith("cache")), names.slice(3, 7).map(name => `${name}/cache`));
});

test("a guess at a folder that isn't there changes nothing when it is asked for", () => {
	const tree = Object.fromEntries(names.map((name, i) => [name, i < 2 ? { cache: { x: 1 }, y: 2 } : { y: 2 }]));
	const { stat, leased } = start(tree);
	for (const name of names.slice(0, 3))
		assert.deepEqual([stat(`${name}/y`), stat(`${name}/cache/x`)], [0, name === "p2" ? ERRNO.NOENT : 0]);
	assert.equal(leased().at(-1), "p2/cache");
});

test("who reads what it looked at gets the file with its attributes", () => {
	const { stat, open, called } = start(Object.fromEntries(names.map(name => [name, { init: 10, other: 20 }])));
	const wanted = () => called("lease_files").filter(({ args }) => textOf(args[3]).includes("init"));
	for (const name of names.slice(0, 2)) {
		assert.equal(stat(`${name}/init`), 0);
		assert.equal(open(`${name}/init`), 0);
	}
	assert.equal(wanted().length, 0);
	assert.equal(stat("p2/init"), 0);
	assert.deepEqual(wanted().map(({ args }) => textOf(args[1])), ["p2"]);
	for (const name of names.slice(3, 6)) // looked at and left
		stat(`${name}/init`);
	const before = wanted().length;
	stat("p7/init");
	assert.equal(wanted().length, before);
});

test("a folder that is opened again, however it is opened, is kept open for the program", () => {
	for (const oflags of [0, OFLAG_DIRECTORY]) {
		const { open, called, stat } = start({ a: 1 });
		stat("a");
		for (let i = 0; i < 2; i++)
			assert.equal(open(".", oflags), 0);
		assert.equal(called("lease_keep").length, 1);
	}
});

test("strict prefetches nothing", () => {
	const { stat, open, called } = start(Object.fromEntries(names.map(name => [name, { init: 10 }])), { coherence: "strict" });
	for (const name of names) {
		stat(`${name}/init`);
		open(`${name}/init`);
		open(name, OFLAG_DIRECTORY);
	}
	for (const name of ["lease_folder", "lease_files", "lease_keep"])
		assert.equal(called(name).length, 0);
});

test("files that were made after the program's first open in that folder come in advance too", () => {
	const folder = { names: new Map() }, contents = { credit: new Credit(), asked: 0, placesAhead: 100, has: () => false };
	const make = i => folder.names.set(`f${i}`, { type: FILETYPE.REGULAR_FILE, stat: null, identity: `inode ${i}` });
	const next = new NextFiles(contents);
	make(0);
	next.opens(folder, "f0");
	for (let i = 1; i < 6; i++)
		make(i);
	next.opens(folder, "f1");
	assert.deepEqual(next.after(folder, "f1").names, ["f2", "f3", "f4", "f5", "f0"]);
});
