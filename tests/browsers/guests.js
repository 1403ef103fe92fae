// The programs of tests/guests that assert for themselves, in the page; what can only be seen from outside is looked at here.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

import { ARGS, ODD, furnish, outsideOf } from "../conformance/fixture.js";
import { test } from "../testing.js";

/** The program said that all its promises hold, and it said how many: one that stops half way hasn't passed. */
export function assertPassed(result, least) {
	const failed = result.stdout?.split("\n").filter((line) => line.startsWith("not ok"));
	assert.equal(failed?.join("\n") ?? "", "");
	assert.equal(result.error?.stack ?? result.error, undefined);
	assert.equal(result.stderr, "");
	const [, passed] = /\n(\d+) passed, 0 failed\n/.exec(result.stdout) ?? [];
	assert.ok(Number(passed) >= least, `the program's last line: ${JSON.stringify(result.stdout.slice(-300))}`);
	assert.equal(result.exitCode, 0);
}

const programs = [
	{ name: "files: opening, offsets, appending, rights", file: "files", least: 100 },
	{ name: "paths: walking, links, renaming, removing", file: "paths", least: 91, outside: true },
	{ name: "rights that were dropped stay dropped", file: "rights", least: 19 },
	{ name: "times, to the nanosecond", file: "times", least: 20 },
	{ name: "listing folders with any buffer", file: "listing", least: 30, rounds: true },
	{ name: "descriptors: numbers, renumbering, preopens", file: "descriptors", least: 30, rounds: true },
	{ name: "polls and clocks", file: "polls", least: 30 },
	{ name: "much data in pieces of every size", file: "bulk", least: 7, after: sameBytes },
	{ name: "pointers out of memory", file: "faults", least: 24 },
	{ name: "what users reported of other runtimes", file: "reported", least: 99, args: ["café", "日本語", "", "🧑‍💻 -", "a=b\nc"],
		env: { WORT: "schöne Grüße 世界" } },
	{ name: "setjmp and longjmp by wasm exceptions", file: "longjmp", least: 2 },
];

/** The file has, from outside, the bytes that the program's generator makes. */
function sameBytes(_, { host }) {
	const bytes = fs.readFileSync(path.join(host, "bulk"));
	assert.equal(bytes.length, 24 << 20);
	assert.equal(createHash("sha256").update(bytes).digest("hex"), bulkDigest());
}

let digest;

/** What bulk.c writes, by the same generator. */
function bulkDigest() {
	if (!digest) {
		const bytes = Buffer.alloc(24 << 20);
		for (let at = 0, state = 12345; at < bytes.length; at++) {
			state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
			bytes[at] = state >>> 24;
		}
		digest = createHash("sha256").update(bytes).digest("hex");
	}
	return digest;
}

/** @param {() => import("./fixture.js").Fixture} fixture @param {{ wait: string, coherence: string }} way */
export function guests(fixture, way) {
	// Every call waits there: the full number of rounds would be a minute, and is run elsewhere.
	const slow = way.wait === "xhr" || way.coherence !== "default";

	for (const { name, file, least, after, outside, rounds, args, env } of programs)
		test(name, async () => {
			const folder = fixture().fresh();
			if (outside)
				fs.writeFileSync(path.join(fixture().base, "data/secret"), "secret");
			const result = await fixture().run({ ...way, file: `guests/${file}.wasm`, preopens: [["/", folder.guest]],
				...(args && { args: [file, ...args], env }), ...(rounds && slow && { args: [file, "200"] }) });
			assertPassed(result, least);
			assert.equal(result.wait, way.wait);
			after?.(result, folder);
		});

	test("file locks: of bytes, shared and exclusive, until the descriptor is closed", async () => {
		assertPassed(await fixture().run({ ...way, file: "guests/locks.wasm", args: ["locks", "check", "/f"], preopens: [["/", fixture().fresh().guest]] }),
			15);
	});

	test("two programs that add to a number behind a lock lose nothing", async () => {
		const folder = fixture().fresh(), times = slow ? 30 : 200;
		fs.writeFileSync(path.join(folder.host, "n"), "0");
		const options = { ...way, file: "guests/locks.wasm", args: ["locks", "add", "/n", String(times)], preopens: [["/", folder.guest]] };
		const ids = [await fixture().start(options), await fixture().start(options)];
		for (const id of ids)
			assert.equal((await fixture().ended(id)).exitCode, 0);
		assert.equal(fs.readFileSync(path.join(folder.host, "n"), "utf8"), String(2 * times));
	});

	test("who waits for a lock has it when the other ends, and is killed while it waits", async () => {
		const folder = fixture().fresh();
		fs.writeFileSync(path.join(folder.host, "f"), "");
		const start = async (what, stdin) => {
			const id = await fixture().start({ ...way, file: "guests/locks.wasm", args: ["locks", what, "/f"], preopens: [["/", folder.guest]], stdin });
			await fixture().printed(id, what === "hold" ? "held" : "waiting");
			return id;
		};
		const holds = await start("hold", { live: true }), killed = await start("wait"), waits = await start("wait");
		await fixture().ask((which) => window.suite.kill(which), killed);
		assert.doesNotMatch((await fixture().ended(killed)).stdout, /had/);
		await fixture().ask((which) => window.suite.closeStdin(which), holds);
		assert.equal((await fixture().ended(holds)).exitCode, 0);
		const { stdout, exitCode } = await fixture().ended(waits);
		assert.equal(exitCode, 0);
		assert.match(stdout, /\nhad\n/);
	});

	for (const terminal of ["tty", "none"])
		test(`/dev, of a program ${terminal === "tty" ? "with a" : "without"} terminal`, async () => {
			const result = await fixture().run({ ...way, file: "guests/devices.wasm", preopens: [["/", fixture().fresh().guest], ["/dev", "/dev"]],
				args: ["devices", terminal], tty: terminal === "tty", stdin: { bytes: "typed\nmore\n" } });
			assertPassed(result, terminal === "tty" ? 22 : 16);
			assert.equal(result.stdout.includes("\nto the terminal\n"), terminal === "tty");
		});

	// With all their rounds they run in the conformance part; in "trap" the calls are those of "strict".
	if (way.coherence !== "trap") {
		test("the traps of preview1", async () => {
			const room = await furnished("traps");
			await room.check(await fixture().run(room.options), 70);
		});

		test("ways out of the sandbox, and what they cost others: two programs at once", async () => {
			const one = await furnished("security"), two = await furnished("security");
			const first = await fixture().start(one.options);
			await two.check(await fixture().run(two.options), 23);
			await one.check(fixture().note(await fixture().ended(first)), 23);
		});
	}

	async function furnished(name) {
		const folder = fixture().fresh(), leave = await furnish(name, folder.host), before = outsideOf(folder.host);
		return {
			options: { ...way, file: `guests/${name}.wasm`, args: [name, ...ARGS], env: { ODD, ROUNDS: "100" },
				preopens: [["/", `${folder.guest}/root`], ["/ro", { path: `${folder.guest}/ro`, readonly: true }]] },
			async check(result, least) {
				leave();
				assertPassed(result, least);
				assert.equal(result.wait, way.wait);
				assert.equal(outsideOf(folder.host), before);
			},
		};
	}

	test("a read-only grant: nothing in it changes", async () => {
		const folder = fixture().fresh();
		const result = await fixture().run({
			...way, file: "guests/readonly.wasm",
			preopens: [["/", folder.guest], ["/readonly", { path: "/readonly", readonly: true }]],
		});
		assertPassed(result, 20);
		assert.deepEqual(fs.readdirSync(path.join(fixture().base, "readonly")).sort(), ["file", "sub"]);
		assert.equal(fs.readFileSync(path.join(fixture().base, "readonly/file"), "utf8"), "original");
	});

	test("a read-only grant that the page names without saying so stays one", async () => {
		const folder = fixture().fresh();
		assertPassed(await fixture().run({ ...way, file: "guests/readonly.wasm", preopens: [["/", folder.guest], ["/ro", "/readonly"]] }), 20);
	});

	test("a page's own narrowing to read-only holds as well", async () => {
		const folder = fixture().fresh(), narrowed = fixture().fresh();
		fs.writeFileSync(path.join(narrowed.host, "file"), "original");
		fs.mkdirSync(path.join(narrowed.host, "sub"));
		const result = await fixture().run({
			...way, file: "guests/readonly.wasm",
			preopens: [["/", folder.guest], ["/narrow", { path: narrowed.guest, readonly: true }]],
		});
		assertPassed(result, 20);
		assert.deepEqual(fs.readdirSync(narrowed.host).sort(), ["file", "sub"]);
	});

	test("arguments and environment arrive byte for byte", async () => {
		const args = ["process", "", "with space", "\"quotes\"", "new\nline", "ümläut ✓"];
		const env = { PLAIN: "1", EMPTY: "", SPACES: " a b ", UNICODE: "✓\n" };
		const result = await fixture().run({ ...way, file: "guests/process.wasm", args, env, preopens: [] });
		assertPassed(result, 14);
		const lines = (what) => [...result.stdout.matchAll(new RegExp(`^${what} (.*)$`, "gm"))].map(([, hex]) => Buffer.from(hex, "hex").toString());
		assert.deepEqual(lines("arg"), args);
		assert.deepEqual(lines("env").sort(), [...Object.entries(env).map((pair) => pair.join("=")), "DEFAULT=of the gateway"].sort());
	});

	test("memory stays the program's: nothing of one run is seen by the next", async () => {
		const folder = fixture().fresh();
		const results = [];
		for (let i = 0; i < 2; i++)
			results.push(await fixture().run({ ...way, file: "guests/longjmp.wasm", preopens: [["/", folder.guest]] }));
		assert.equal(results[0].stdout, results[1].stdout);
		assert.equal(fs.readFileSync(path.join(folder.host, "after"), "utf8"), "still here");
	});
}
