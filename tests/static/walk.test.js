// A program that walks through a tree, folder by folder, gets the folders that follow before it comes to them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { RIGHT } from "../../static/shim/base/fds.js";
import { bytesOf, makeTreeGuest, textOf } from "./tree.js";

const OFLAG_DIRECTORY = 2;
const MANY = 12;
const names = letter => Array.from({ length: MANY }, (_, i) => `${letter}${i}`);
const tree = { top: Object.fromEntries(names("p").map(p => [p, Object.fromEntries(names("q").map(q => [q, { f: 10, g: 20 }]))])), beside: { never: { x: 1 } } };

function start(options = {}) {
	const guest = makeTreeGuest(tree, { wakeups: new Int32Array(new SharedArrayBuffer(4)), ...options });
	const path = text => {
		guest.memory.write(1024, bytesOf(text));
		return [1024, text.length];
	};
	const list = name => {
		assert.equal(guest.call.path_filestat_get(3, 1, ...path(name), 600), 0);
		assert.equal(guest.call.path_open(3, 1, ...path(name), OFLAG_DIRECTORY, BigInt(RIGHT.FD_READ), 0n, 0, 512), 0);
	};
	return {
		list,
		/** Waits in which a folder was asked for: the made-up server keeps none open, so each open waits. */
		waits: () => guest.asked.filter(({ calls }) => calls.some(({ name }) => name === "lease_folder")).length,
		leased: () => guest.asked.flatMap(({ calls }) => calls).filter(({ name }) => name === "lease_folder").map(({ args }) => textOf(args[1])),
	};
}

/* Names in this order, depth first. */
const walk = order => ["top", ...order("p").flatMap(p => [`top/${p}`, ...order("q").map(q => `top/${p}/${q}`)])];

test("whatever the order of names is: as listed, by name", () => {
	for (const order of [names, letter => names(letter).sort()]) {
		const { list, waits, leased } = start();
		walk(order).forEach(list);
		assert.ok(waits() <= 8, `${waits()} waits for ${1 + MANY + MANY * MANY} folders`);
		assert.ok(!leased().some(path => path.startsWith("beside")), "nothing beside the tree that it walks through");
	}
});

test("a walk that ends costs no more than the first window", () => {
	const { list, leased } = start();
	for (const path of walk(names).slice(0, 4))
		list(path);
	assert.ok(leased().length > 20 && leased().length < 140, `${leased().length} folders were asked for`);
});

test("who jumps about isn't taken for one", () => {
	const { list, leased } = start();
	list("top");
	for (let i = 0; i < MANY; i++) {
		list(`top/p${(i * 5 + 3) % MANY}`);
		list(`top/p${(i * 5 + 3) % MANY}/q${(i * 7 + 5) % MANY}`);
	}
	assert.equal(leased().length, new Set(leased()).size);
	assert.ok(leased().length <= 2 * MANY + 3, `${leased().length} folders were asked for`);
});

test("who reads one folder after the other gets those that follow, though it never listed the folder they are in", () => {
	for (const order of [names("p"), names("p").sort()]) {
		const { list, waits, leased } = start();
		order.forEach(name => list(`top/${name}`));
		assert.ok(waits() <= 5, `${waits()} waits for ${MANY} folders`);
		assert.ok(!leased().some(path => path.startsWith("beside")), "nothing beside the folder they are in");
	}
});

test("strict asks for nothing ahead", () => {
	const { list, leased } = start({ coherence: "strict" });
	walk(names).forEach(list);
	assert.deepEqual(leased(), []);
});
