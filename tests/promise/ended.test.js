// Whoever ends a program finds a prefix of what it did, and all that it showed: random programs, ended at random places by the page, by a cut connection,
// by the page's going, by a tab that is killed, by a trap, and by a gateway that is killed at one of its system calls.
// ROUNDS, SEED: how many programs in each way, and which is the first (`make promise` is the long run).
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { startProxy } from "../browsers/proxy.js";
import { killTabs, tabsOf } from "../browsers/kill-tab.js";
import { startEngine } from "../engines/index.js";
import { dice } from "../concurrent-changes.js";
import { after, test } from "../testing.js";
import { natively, randomActs, treeOf } from "./acts.js";
import { among, amongWays, App, firstSeed, rounds } from "./app.js";
import { CHANGES, traced } from "./strace.js";

const ACTS = 90, MANY = rounds(0);
/* [by the page, by the wire or the gateway] */
const WAYS = {
	chromium: { jspi: [8, 1], shared: [4, 1], xhr: [3, 0] },
	firefox: { jspi: [2, 0], shared: [0, 0], xhr: [0, 0] },
	webkit: { xhr: [0, 0] },
	"webkit+shared": { shared: [2, 0], xhr: [0, 0] },
};
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-ended-"));
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** A random program that ends with `last` after a part of its acts, where that is said. */
function program(seed, cut) {
	const acts = randomActs(seed, ACTS, { saysEach: 3 });
	if (cut)
		acts.splice(dice(seed)(acts.length), acts.length, cut);
	const folder = fs.mkdtempSync(path.join(scratch, "native-"));
	return { seed, acts, ...natively(acts, folder), chance: dice(seed + 1e6) };
}

/** What is left is what it did until some act, after the last that it showed. */
function keeps({ seed, acts, trees, lines }, running, folder) {
	const shown = running.lines.length, tree = treeOf(folder.host);
	const about = `seed ${seed}, ended after ${shown} lines: ${acts.join("; ")}`;
	assert.deepEqual(running.lines.map(({ text }) => text), lines.slice(0, shown).map(({ text }) => text), about);
	const least = shown ? lines[shown - 1].after : 0;
	assert.ok(trees.includes(tree, least),
		`${trees.includes(tree) ? "what it showed isn't there" : "it isn't a prefix"}: ${tree}\nwhere it is to be ${trees[least]}, or later; ${about}`);
	return trees.indexOf(tree, least);
}

/* The keeper's child is the gateway. */
const childrenOf = (pid) => fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean).map(Number);

/** Until the gateway has no more of it to do. */
const settled = (app, before) => app.gateway.next("program-end", (event) => app.gateway.log.indexOf(event) >= before);

/** Somewhere in its lines, and a little later. */
async function somewhere({ chance, lines }, running) {
	await running.said(1 + chance(lines.length));
	for (let i = chance(4) * chance(4); i > 0; i--)
		await new Promise((resolve) => setImmediate(resolve));
}

for (const [engine, all] of among(WAYS)) {
	const ways = amongWays(all).filter(([, [few]]) => MANY || few > 0);
	if (ways.length === 0)
		continue;
	const started = startEngine(engine);
	after(async () => (await started).close());
	for (const [wait, [few, fewAlone]] of ways) {
		const times = MANY || few, timesAlone = MANY ? Math.ceil(MANY / 10) : fewAlone;
		const seeds = (count) => Array.from({ length: count }, (_, i) => firstSeed + i);
		const tests = (count, ...rest) => count > 0 && test(...rest);

		tests(times, `${engine}, ${wait}: ${times} times ended by its page, by a trap or by exit`, { timeout: 60_000 + times * 3000 }, async () => {
			const app = await App.open(await started, { wait });
			try {
				const places = new Set();
				for (const seed of seeds(times)) {
					const one = program(seed, [null, "trap", "exit 7", null][seed % 4]), folder = app.fresh(), before = app.gateway.log.length;
					const running = app.run({ acts: one.acts, folder, name: `ended ${seed}` });
					if (seed % 4 === 0 || seed % 4 === 3) {
						await somewhere(one, running);
						running.kill();
					}
					const { exitCode, error } = await running.ended;
					await settled(app, before);
					const at = keeps(one, running, folder);
					places.add(at);
					if (seed % 4 === 1 || seed % 4 === 2)
						assert.equal(treeOf(folder.host), one.trees.at(-1),
							`seed ${seed}: ${error ?? exitCode}: not all that it did is done: ${one.acts.join("; ")}`);
					fs.rmSync(folder.host, { recursive: true });
				}
				assert.ok(places.size > times / 5, `at so many different places: ${places.size} of ${times}`);
			} finally {
				await app.close();
			}
		});

		tests(timesAlone, `${engine}, ${wait}: ${2 * timesAlone} times its connection is cut, and its page closed`, { timeout: 60_000 + timesAlone * 20_000 },
			async () => {
			for (const seed of seeds(2 * timesAlone)) {
				let proxy;
				const app = await App.open(await started, { wait, wire: async (port) => (proxy = await startProxy(port)).port });
				try {
					const one = program(seed), folder = app.fresh(), before = app.gateway.log.length;
					const running = app.run({ acts: one.acts, folder });
					await somewhere(one, running);
					if (seed % 2)
						proxy.cut();
					else
						await app.leave();
					await settled(app, before);
					keeps(one, running, folder);
				} finally {
					await app.close();
					proxy.close();
				}
			}
		});

		/* In an engine of its own: one whose pages were all killed may open no others. */
		tests(timesAlone, `${engine}, ${wait}: ${timesAlone} times its tab is killed`, { timeout: 60_000 + timesAlone * 20_000 }, async () => {
			for (const seed of seeds(timesAlone)) {
				const before = tabsOf(engine), own = await startEngine(engine), one = program(seed);
				try {
					const app = await App.open(own, { wait });
					const folder = app.fresh(), running = app.run({ acts: one.acts, folder });
					await somewhere(one, running);
					assert.ok(killTabs(engine, before) > 0);
					await settled(app, 0);
					keeps(one, running, folder);
					app.page = null;
					await app.close();
				} finally {
					await own.close();
				}
			}
		});

		tests(timesAlone, `${engine}, ${wait}: ${2 * timesAlone} times the gateway is killed, at a system call or as soon as a line is shown`,
			{ timeout: 60_000 + timesAlone * 40_000 }, async () => {
			for (const seed of seeds(2 * timesAlone)) {
				const one = program(seed);
				const call = CHANGES[one.chance(CHANGES.length - 2)], which = 1 + one.chance(3); // its syncs are a thread's of their own
				const log = path.join(scratch, `${engine} ${wait} ${seed}`);
				const app = await App.open(await started, { wait,
					through: seed % 2 ? traced(log, `signal=KILL:when=${which}`, [call, "fsync"]) : traced(log, "delay_enter=3000") });
				try {
					const folder = app.fresh(), until = one.chance(one.lines.length), { pid } = app.gateway.ready;
					const running = app.run({ acts: one.acts, folder });
					if (seed % 2 === 0)
						running.online = (_text, _at, index) => index === until && childrenOf(pid).forEach((child) => process.kill(child, "SIGKILL"));
					const { error, exitCode } = await running.ended;
					assert.ok(exitCode === 0 || error === "GatewayLost", JSON.stringify(await running.ended));
					keeps(one, running, folder);
				} finally {
					await app.close();
				}
			}
		});
	}
}
