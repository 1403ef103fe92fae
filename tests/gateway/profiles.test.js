// Start profiles: what a program's page leaves is told at its next start, to the same program with the same grants and to nobody else, and
// kept where the user can read and delete it.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { after, test } from "../testing.js";
import { CALL, HELLO, Session, call } from "./client.js";
import { startGateway } from "./gateway.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-profiles-"));
const root = path.join(base, "root"), shared = path.join(base, "shared");
for (const folder of [root, shared, path.join(shared, "below")])
	fs.mkdirSync(folder);
after(() => fs.rmSync(base, { recursive: true, force: true }));
const HINTS = "d 3 187 .\nd 4 90 below\nf 5 a%20b\n";
let caches = 0;

/** A gateway with a cache folder of its own, or another's. */
async function openFixture({ cache = path.join(base, `cache-${caches++}`), args = [] } = {}) {
	const gateway = await startGateway(["--root", root, "--dir", `${shared}::/shared`, ...args], { env: { XDG_CACHE_HOME: cache } });
	const session = await Session.enter(gateway);
	const folder = path.join(cache, "wvwasi-gw/starts");
	const connect = ({ flags = 0, ...hello } = {}) => session.connect({ flags: HELLO.NEW | HELLO.STDIN_EOF | HELLO.HINTS | flags, program: "/tool.wasm \"1\"",
		args: ["tool"], ...hello });
	return {
		gateway, cache, folder, connect,
		files: () => fs.readdirSync(folder).filter((name) => name.endsWith(".txt")).sort(),
		/** A program that leaves hints and ends. */
		async leave(hints, hello) {
			const wire = await connect(hello);
			await wire.calls(call("start_hints", [hints], CALL.QUIET), call("proc_exit", [0]));
			await wire.closed;
		},
		/** What the same program would be told now. */
		async told(hello) {
			const wire = await connect(hello);
			await wire.close();
			return wire.welcome.hints;
		},
		async close() {
			await gateway.stop();
		},
	};
}

test("what a program's page left is told at the program's next start, and by the next gateway", async () => {
	const fixture = await openFixture();
	assert.equal(await fixture.told(), "");
	await fixture.leave(HINTS);
	assert.equal(await fixture.told(), HINTS);
	await fixture.leave("d 3 1 .\n");
	assert.equal(await fixture.told(), "d 3 1 .\n");
	await fixture.close();
	const next = await openFixture({ cache: fixture.cache });
	assert.equal(await next.told(), "d 3 1 .\n");
	await next.close();
});

test("whoever didn't ask for hints is told none", async () => {
	const fixture = await openFixture();
	await fixture.leave(HINTS);
	const wire = await fixture.connect();
	assert.equal(wire.welcome.hints, HINTS);
	await wire.close();
	const other = await Session.enter(fixture.gateway);
	assert.equal((await other.connect({ args: ["tool"] })).welcome.hints, null);
	await fixture.close();
});

test("it is a file that people can read, and nobody else: whose it is, and what was asked for", async () => {
	const fixture = await openFixture();
	await fixture.leave(HINTS);
	await fixture.close();
	assert.equal(fixture.files().length, 1);
	const file = path.join(fixture.folder, fixture.files()[0]), text = fs.readFileSync(file, "utf8");
	assert.match(text, /^# program: \/tool\.wasm "1"\n# argv\[0\]: tool\n# granted: \/ = .*\/root, \/tmp = scratch, \/shared = .*\/shared\n/m);
	assert.ok(text.endsWith(`\n${HINTS}`));
	assert.equal(fs.statSync(file).mode & 0o777, 0o600);
	assert.equal(fs.statSync(fixture.folder).mode & 0o777, 0o700);
});

test("what the user deleted or changed is as they left it", async () => {
	const fixture = await openFixture();
	await fixture.leave(HINTS);
	await fixture.close();
	const file = path.join(fixture.folder, fixture.files()[0]);
	for (const [text, told] of [["# mine\nd 3 1 .\n", "d 3 1 .\n"], ["d 3 1 ../up\n", ""], ["d 3 1 .\n# late\n", ""], ["x".repeat(60_000), ""], ["", ""]]) {
		fs.writeFileSync(file, text);
		const next = await openFixture({ cache: fixture.cache });
		assert.equal(await next.told(), told, text.slice(0, 40));
		await next.close();
	}
	fs.rmSync(file);
	fs.symlinkSync(path.join(root, "elsewhere"), file);
	fs.writeFileSync(path.join(root, "elsewhere"), HINTS);
	const next = await openFixture({ cache: fixture.cache });
	assert.equal(await next.told(), "");
	await next.close();
});

const OTHERS = {
	"another program": { program: "/tool.wasm \"2\"" },
	"another argv[0]": { args: ["other"] },
	"no grants but one": { flags: HELLO.PREOPENS, preopens: [{ name: "/shared", grant: "/shared", readOnly: false }] },
	"a grant read-only": { flags: HELLO.PREOPENS, preopens: [{ name: "/shared", grant: "/shared", readOnly: true }] },
	"a folder below a grant": { flags: HELLO.PREOPENS, preopens: [{ name: "/shared", grant: "/shared/below", readOnly: false }] },
	"no grants at all": { flags: HELLO.PREOPENS, preopens: [] },
};
test("a program is told nothing of another's start, nor one with other grants", async () => {
	const fixture = await openFixture();
	await fixture.leave(HINTS);
	for (const [what, hello] of Object.entries(OTHERS))
		assert.equal(await fixture.told(hello), "", what);
	let count = 0;
	for (const hello of Object.values(OTHERS))
		await fixture.leave(`d 3 ${++count} .\n`, hello);
	count = 0;
	for (const [what, hello] of Object.entries(OTHERS))
		assert.equal(await fixture.told(hello), `d 3 ${++count} .\n`, what);
	assert.equal(await fixture.told(), HINTS);
	await fixture.close();
	const other = await openFixture({ cache: fixture.cache, args: ["--dir", `${shared}/below::/more`] });
	assert.equal(await other.told(), "", "a gateway that grants something else");
	await other.close();
});

test("hints that lead out of the grants, or are none, aren't kept; nor more than there is room for", async () => {
	const fixture = await openFixture();
	await fixture.leave(HINTS);
	for (const text of ["d 3 1 ../up\n", "d 3 1 .", "d 3 1 a%2F..\n", "no hints", Uint8Array.of(0xff, 0, 10), "# d\n"])
		await fixture.leave(text);
	const wire = await fixture.connect();
	const E2BIG = 1;
	const [late] = await wire.calls(call("start_hints", [new Uint8Array((48 << 10) + 1)], CALL.QUIET));
	assert.equal(late.errno, E2BIG);
	await wire.close();
	assert.equal(await fixture.told(), HINTS);
	await fixture.close();
	assert.equal(fixture.files().length, 1);
});

test("a program that is ended from outside has left what it said before", async () => {
	const fixture = await openFixture();
	const wire = await fixture.connect();
	await wire.calls(call("start_hints", [HINTS], CALL.QUIET), call("sched_yield"));
	await wire.close();
	await fixture.gateway.next("program-end");
	assert.equal(await fixture.told(), HINTS);
	await fixture.close();
});

test("so many are kept, then the oldest goes", async () => {
	const fixture = await openFixture(), most = 128;
	for (let i = 0; i < most; i++) {
		const file = path.join(fixture.folder, `${i.toString(16).padStart(48, "0")}.txt`);
		fs.writeFileSync(file, HINTS);
		fs.utimesSync(file, 1000 + i, 1000 + i);
	}
	fs.writeFileSync(path.join(fixture.folder, "mine.txt"), "not a profile");
	await fixture.leave(HINTS);
	await fixture.close();
	const files = fixture.files();
	assert.equal(files.length, most + 1);
	assert.ok(files.includes("mine.txt"));
	assert.ok(!files.includes(`${"0".repeat(48)}.txt`), "the oldest");
	assert.ok(files.includes(`${"1".padStart(48, "0")}.txt`), "the next");
});

test("with --profile off nothing is remembered, and what was stays unread", async () => {
	const fixture = await openFixture();
	await fixture.leave(HINTS);
	await fixture.close();
	const off = await openFixture({ cache: fixture.cache, args: ["--profile", "off"] });
	assert.equal(await off.told(), null);
	await off.leave("d 3 1 .\n");
	await off.close();
	assert.ok(fs.readFileSync(path.join(off.folder, off.files()[0]), "utf8").endsWith(HINTS));
});

test("where nothing can be kept, it says so and runs", async () => {
	const cache = path.join(base, "a-file");
	fs.writeFileSync(cache, "");
	const fixture = await openFixture({ cache });
	await fixture.gateway.says(/Not a directory: cannot keep start profiles in '.*a-file\/wvwasi-gw\/starts'/);
	assert.equal(await fixture.told(), null);
	await fixture.close();
});
