// Who reads one folder after the other whole gets the next ones' listings and files before it comes to them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { RIGHT } from "../../static/shim/base/fds.js";
import { bytesOf, makeTreeGuest, textOf } from "./tree.js";

const OFLAG_DIRECTORY = 2;
const FOLDERS = 40;
const folders = Array.from({ length: FOLDERS }, (_, i) => `p${i}`);
const tree = Object.fromEntries(folders.map((name, i) => [name, { a: 100 + i, b: 200 + i }]));

function start(options = {}) {
	const guest = makeTreeGuest(tree, { wakeups: new Int32Array(new SharedArrayBuffer(4)), ...options });
	const path = text => {
		guest.memory.write(1024, bytesOf(text));
		return [1024, text.length];
	};
	const open = (text, oflags = 0) => guest.call.path_open(3, 1, ...path(text), oflags, BigInt(RIGHT.FD_READ), 0n, 0, 512);
	const come = name => [guest.call.path_filestat_get(3, 1, ...path(name), 600), open(name, OFLAG_DIRECTORY)];
	return {
		come,
		read: name => assert.deepEqual([...come(name), open(`${name}/a`), open(`${name}/b`)], [0, 0, 0, 0]),
		/** Paths that this kind of call was made for, a list for each batch that had any. */
		asked: (call, which = 1) => guest.asked.map(({ calls }) => calls.filter(each => each.name === call).map(({ args }) => textOf(args[which])))
		.filter(paths => paths.length > 0),
	};
}

test("in a window that doubles each time all of it was used, in the order in which the program goes", () => {
	for (const way of [folders, [...folders].sort()]) {
		const { read, asked } = start();
		way.forEach(read);
		const together = asked("lease_folder");
		const [first] = together.splice(0, together.findIndex(paths => paths.length > 1 && !paths.includes(".")));
		assert.equal(first[0], ".");
		assert.deepEqual(together.flat(), way.slice(way.indexOf(together[0][0])));
		assert.deepEqual(together.map(paths => paths.length - 1).slice(0, 4), [1, 2, 4, 8]);
		assert.ok(asked("lease_keep").flat().includes("p9"));
		assert.ok(asked("lease_files").flat().includes("p9"));
	}
});

test("none for who looks at folders and reads one of two files, or jumps about", () => {
	const { come, asked } = start();
	folders.forEach(come);
	assert.equal(asked("lease_folder").filter(paths => !paths.includes(".") && paths.length > 1).length, 0);
	const jumping = start();
	for (let i = 0; i < FOLDERS; i++)
		jumping.read(`p${(i * 17) % FOLDERS}`);
	const vain = jumping.asked("lease_folder").flat().length - FOLDERS - 1;
	assert.ok(vain <= 0, "no folder is asked for twice");
	assert.ok(Math.max(...jumping.asked("lease_folder").map(paths => paths.length)) <= 3, "the window stays small");
});

test("strict asks for nothing ahead", () => {
	const { read, asked } = start({ coherence: "strict" });
	folders.forEach(read);
	for (const call of ["lease_folder", "lease_files", "lease_keep"])
		assert.deepEqual(asked(call), []);
});
