// A program's second start in real engines: it waits less often than its first, by counts that are pinned here, and sees the same, whatever its
// profile says and whatever became of what the profile names.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { engineNames, waysOf } from "../engines/index.js";
import { top } from "../gateway/gateway.js";
import { after, test } from "../testing.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-second-start-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const guest = path.join(process.env.WVWASI_BUILD ?? path.join(top, "build"), "guests/starts.wasm");
const NAMES = ["one", "two", "three", "four", "none", "nothing", "absent"];
/** First start and second: at most. */
const WAITS = { first: 20, second: 18 };
let fixtures = 0;

/** A tree, a cache, and run(options): { stdout, waits } of the program over them. */
function openFixture() {
	const at = path.join(base, `fixture-${fixtures++}`), tree = path.join(at, "tree"), cache = path.join(at, "cache");
	for (const [place, ending] of [["first", ".py"], ["second", ".so"], ["third/deep", ""]]) {
		fs.mkdirSync(path.join(tree, place), { recursive: true });
		for (const [i, name] of NAMES.slice(0, 4).entries())
			fs.writeFileSync(path.join(tree, place, name + ending), `${place} ${name} `.repeat(10 ** i));
		fs.writeFileSync(path.join(tree, place, "never asked for"), "x");
	}
	const starts = path.join(cache, "wvwasi-gw/starts");
	return {
		tree, starts,
		profile: () => path.join(starts, fs.readdirSync(starts).find((name) => name.endsWith(".txt"))),
		async run({ engine = "chromium", wait = "auto", coherence = "default" } = {}) {
			const stats = path.join(at, "stats.json");
			const { code, stdout, stderr } = await new Promise((resolve) => execFile(path.join(top, "tests/run-wasm"),
				["--engine", engine, "--wait", wait, "--coherence", coherence, "--stats", stats, "--dir", `${tree}::/t`, guest, "/t", ...NAMES],
				{ env: { ...process.env, XDG_CACHE_HOME: cache } }, (error, out, err) => resolve({ code: error?.code ?? 0, stdout: out, stderr: err })));
			assert.equal(code, 0, stderr);
			return { stdout, waits: JSON.parse(fs.readFileSync(stats, "utf8")).stats.roundTrips };
		},
	};
}

for (const engine of engineNames)
	for (const wait of engine === "chromium" ? waysOf.chromium : ["auto"])
		test(`${engine}, ${wait}: the second start waits at most ${WAITS.second} times`, { timeout: 90_000 }, async () => {
			const fixture = openFixture();
			const first = await fixture.run({ engine, wait });
			const text = fs.readFileSync(fixture.profile(), "utf8");
			for (const line of ["l 3 \\d+ first", "f \\d+ one.py", "l 3 \\d+ third/deep", "f \\d+ four"])
				assert.match(text, new RegExp(`^${line}$`, "m"));
			assert.doesNotMatch(text, /never|none|absent/);
			const second = await fixture.run({ engine, wait });
			assert.equal(second.stdout, first.stdout);
			assert.match(first.stdout, /first\/one\.py: 10 bytes/);
			assert.ok(first.waits <= WAITS.first && second.waits <= WAITS.second, `${first.waits} and ${second.waits} waits`);
			assert.equal(fs.readFileSync(fixture.profile(), "utf8"), text, "it asked for the same");
		});

/* What becomes of the tree, or of the profile, between two starts. */
const LIES = {
	"files that are gone": ({ tree }) => fs.rmSync(path.join(tree, "first/one.py")),
	"a folder that is gone": ({ tree }) => fs.rmSync(path.join(tree, "third"), { recursive: true }),
	"files that are folders and links now": ({ tree }) => {
		for (const name of ["one", "two", "three"])
			fs.rmSync(path.join(tree, `first/${name}.py`));
		fs.mkdirSync(path.join(tree, "first/one.py"));
		fs.symlinkSync("four.py", path.join(tree, "first/two.py"));
		fs.symlinkSync("/etc/passwd", path.join(tree, "first/three.py"));
	},
	"folders that are files and links now": ({ tree }) => {
		fs.renameSync(path.join(tree, "first"), path.join(tree, "moved"));
		fs.symlinkSync("moved", path.join(tree, "first"));
		fs.rmSync(path.join(tree, "second"), { recursive: true });
		fs.writeFileSync(path.join(tree, "second"), "a file");
	},
	"files that are huge, and others' contents": ({ tree }) => {
		fs.writeFileSync(path.join(tree, "first/one.py"), Buffer.alloc(3 << 20, "x"));
		fs.writeFileSync(path.join(tree, "second/one.so"), "other");
	},
	"a profile that names what isn't there": ({ profile }) => fs.writeFileSync(profile(),
	"d 3 9 nowhere\nf 9 none.py\nd 3 90 first/one.py\nf 9 x\nd 9 9 .\nd 3 9 .\nf 9 first\nd 3 1 first\nf 4294967295 one.py\nf 0 none.py\n"),
	"a profile that leads out": ({ profile }) => fs.writeFileSync(profile(), "d 3 9 ..\nd 3 9 ../..\nf 9 stats.json\n"),
	"a profile that is none": ({ profile }) => fs.writeFileSync(profile(), Buffer.alloc(5000, 0xff)),
};
for (const [what, lie] of Object.entries(LIES))
	test(`hints that lie change no answer: ${what}`, { timeout: 90_000 }, async () => {
		const fixture = openFixture();
		await fixture.run();
		lie({ ...fixture, profile: fixture.profile });
		const told = await fixture.run();
		assert.equal(told.stdout, (await fixture.run({ coherence: "strict" })).stdout);
	});
