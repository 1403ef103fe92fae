// What is learned of folders and files while the program goes on and changes some of them: an answer is as old as its question.
import assert from "node:assert/strict";
import { test } from "node:test";

import { TELLS } from "../../static/shim/base/codec.js";
import { FILETYPE, identityOf } from "../../static/shim/base/fds.js";
import { bytesOf, sizeOf } from "../../static/shim/base/names.js";
import { Breaks } from "../../static/shim/cache/facts/breaks.js";
import { Folders } from "../../static/shim/cache/facts/folders.js";
import { Listings } from "../../static/shim/cache/facts/listing.js";

function filestat(ino, type, size = 0) {
	const bytes = new Uint8Array(64), view = new DataView(bytes.buffer);
	view.setBigUint64(0, 1n, true);
	view.setBigUint64(8, ino, true);
	bytes[16] = type;
	view.setBigUint64(32, BigInt(size), true);
	return bytes;
}

const FOLDER = filestat(5n, FILETYPE.DIRECTORY), FILE = filestat(10n, FILETYPE.REGULAR_FILE, 3), OTHER = filestat(11n, FILETYPE.REGULAR_FILE, 3);
const entryOf = (name, bytes) => ({ name: bytesOf(name), type: FILETYPE.REGULAR_FILE, ino: bytes === FILE ? 10n : 11n, tells: TELLS.ATTRIBUTES, bytes });

/* Folders of which `/` is asked for, with one file by two names and another. */
function start() {
	const folders = new Folders({ isFresh: true }, new Breaks());
	folders.onforget = () => {};
	const learn = (asked) => folders.learn({ lease: 1, filestat: FOLDER, parent: 0n, foreseen: true,
		entries: [entryOf("a", FILE), entryOf("b", FILE), entryOf("c", OTHER)] }, 100, asked);
	const sizes = () => [...folders.at(identityOf(FOLDER)).names.values()].map(({ stat }) => stat && sizeOf(stat));
	return { folders, learn, sizes };
}

test("a file that was written after its folder was asked for has no attributes", () => {
	const { folders, learn, sizes } = start();
	const asked = folders.ownChanges.asks();
	folders.ownChanges.note(identityOf(FILE), null);
	learn(asked);
	assert.deepEqual(sizes(), [null, null, 3]);
});

test("nor has any, after one of which nobody knows which it was", () => {
	const { folders, learn, sizes } = start();
	const asked = folders.ownChanges.asks();
	folders.ownChanges.note(null, null);
	learn(asked);
	assert.deepEqual(sizes(), [null, null, null]);
});

test("the same of one name that was asked for again", () => {
	const { folders, learn, sizes } = start();
	learn(folders.ownChanges.asks());
	const asked = folders.ownChanges.asks();
	folders.ownChanges.note(identityOf(FILE), null);
	folders.learnName({ lease: 1, stamp: 0, filestat: FOLDER, entry: entryOf("b", FILE) }, "b", asked);
	assert.deepEqual(sizes(), [null, null, 3]);
});

test("what was said before it was asked changes nothing", () => {
	const { folders, learn, sizes } = start();
	folders.ownChanges.asks();
	folders.ownChanges.note(identityOf(FILE), null);
	learn(folders.ownChanges.asks());
	assert.deepEqual(sizes(), [3, 3, 3]);
});

test("a folder whose name the program took away is listed without it, and its own inode is known", () => {
	const { folders, learn } = start();
	learn(folders.ownChanges.asks());
	const folder = folders.at(identityOf(FOLDER)), descriptor = { listing: null };
	folders.take(folder, "b");
	const listings = new Listings({ pipeline: { epoch: 0 }, bounds: { data: 4096 } }, 10);
	listings.keepLeased(descriptor, folder);
	const bytes = listings.serve(descriptor, 0, 4096), view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const seen = [];
	for (let at = 0; at < bytes.length; at += 24 + view.getUint32(at + 16, true))
		seen.push([new TextDecoder().decode(bytes.subarray(at + 24, at + 24 + view.getUint32(at + 16, true))), view.getBigUint64(at + 8, true)]);
	assert.deepEqual(seen, [[".", 5n], ["..", 0n], ["a", 10n], ["c", 11n]]);
});
