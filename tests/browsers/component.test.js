// Programs of tests/guests as components of WASI 0.2, in each engine and way to wait: the same promises hold as for the module, but for those that preview1's
// adapter doesn't keep on any host.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { engineNames, waysOf } from "../engines/index.js";
import { top } from "../gateway/gateway.js";
import { after, describe, test } from "../testing.js";
import { Fixture } from "./fixture.js";

const build = process.env.WVWASI_BUILD ?? path.join(top, "build");
const only = process.env.WVWASI_WAY;

/** Promises that a module keeps and its component doesn't, by the reasons of docs/COMPONENTS.md. */
const ADAPTER = {
	files: ["7 so is writing nothing", "43 writes all", "fills all of them", "in order", "15 rights are dropped", "15 and reported so",
		"15 a dropped right is gone", "15 for good", "52 pread of stdin"],
	descriptors: ["58 fdstat is the same", "58 two thousand renumbers leak nothing", "59 half as many files are open at once"],
	devices: ["where one can seek, to 0"],
	polls: ["66 an unknown clock", "66 has no time", "an absolute time long past, and the end of time", "reports the past one", "65 and says so"],
	bulk: ["are filled in order"],
};

/** Not by xhr: each of their many calls waits there. */
const SLOW = ["descriptors", "bulk", "listing"];

/** Print the same as their modules. */
const SAME = [["starts", "/", "sub", "mod.py"], ["coherence", "random", "7", "100"], ["exceptions", "throw"]];

/** [program, how many of its promises are kept at least, options of its run] */
const programs = [
	["files", 99], ["paths", 91], ["times", 23], ["listing", 32], ["descriptors", 31], ["polls", 29], ["bulk", 6], ["longjmp", 2],
	["reported", 99, { args: ["café", "日本語", "", "🧑‍💻 -", "a=b\nc"], env: { WORT: "schöne Grüße 世界" } }],
	["readonly", 20, { also: [["/readonly", { path: "/readonly", readonly: true }]] }],
	["devices", 15, { also: [["/dev", "/dev"]], args: ["none"], stdin: { bytes: "typed\nmore\n" } }],
	["devices", 21, { also: [["/dev", "/dev"]], args: ["tty"], tty: true, stdin: { bytes: "typed\nmore\n" } }],
];

for (const engine of [...engineNames, "webkit+shared"]) {
	const fixture = await Fixture.open(engine);
	after(() => fixture.close());
	fs.cpSync(path.join(build, "components"), path.join(fixture.base, "root/components"), { recursive: true });

	for (const wait of waysOf[engine].filter((way) => (engine === "webkit+shared" ? way === "shared" : true) && (only === undefined || way === only)))
		describe(`${engine}, ${wait}`, () => {
			const run = (file, { args = [], kind = "components", ...options } = {}) =>
				fixture.run({ wait, file: `${kind}/${file}.wasm`, args: [file, ...args], preopens: [], ...options });

			for (const [file, least, { also = [], ...options } = {}] of programs.filter(([name]) => wait !== "xhr" || !SLOW.includes(name)))
				test(`${file} ${options.tty ? "with a terminal " : ""}keeps its promises as a component`, async () => {
					const result = await run(file, { preopens: [["/", fixture.fresh().guest], ...also], ...options });
					assert.equal(result.error?.stack, undefined);
					const failed = result.stdout.split("\n").filter((line) => line.startsWith("not ok "));
					const want = [...ADAPTER[file] ?? [], ...options.tty ? ["it is a terminal"] : []];
					assert.deepEqual(failed.map((line, i) => (want[i] && line.startsWith(`not ok ${want[i]}`) ? want[i] : line)), want);
					assert.ok(Number(/\n(\d+) passed/.exec(result.stdout)?.[1]) >= least, result.stdout.slice(-200));
					assert.equal(result.wait, wait);
				});

			test(`${SAME.map(([file]) => file).join(", ")} print what they print as modules`, async () => {
				for (const [file, ...args] of SAME) {
					const said = [];
					for (const kind of ["guests", "components"]) {
						const folder = fixture.fresh();
						fs.mkdirSync(path.join(folder.host, "sub"));
						fs.writeFileSync(path.join(folder.host, "sub/mod.py"), "pass\n");
						const result = await run(file, { args, kind, preopens: [["/", folder.guest]] });
						assert.equal(result.error?.stack, undefined);
						said.push(result.stdout);
					}
					assert.equal(said[1], said[0], file);
					assert.ok(said[0].length > 30, said[0]);
				}
			});

			test("examples/component counts words", async () => {
				const folder = fixture.fresh();
				fs.writeFileSync(path.join(folder.host, "greeting.txt"), "to be or not to be\n");
				const result = await run("words", { args: ["/greeting.txt", "/none"], preopens: [["/", folder.guest]] });
				assert.equal(result.stdout, "6 words in /greeting.txt\n");
				assert.match(result.stderr, /^\/none: No such file/);
				assert.equal(result.exitCode, 1);
			});

			test("examples/component/javascript counts words, by the interfaces of 0.2 itself", async () => {
				const folder = fixture.fresh();
				fs.writeFileSync(path.join(folder.host, "greeting.txt"), `${"to be or not to be ".repeat(9000)}\n`);
				const result = await run("words-js", { args: ["/greeting.txt"], preopens: [["/", folder.guest]] });
				assert.equal(result.stdout, "54000 words in /greeting.txt\n", JSON.stringify(result));
				assert.equal(result.exitCode, 0);
			});

			test("standard streams: bytes come and go unchanged", async () => {
				const bytes = Array.from({ length: 5000 }, (_, i) => String.fromCharCode(33 + i % 90)).join("");
				const result = await run("input", { args: ["copy", "777"], stdin: { bytes } });
				assert.equal(result.stdout, bytes, JSON.stringify(result.error));
				assert.equal(result.exitCode, 0);
			});

			test("exit codes are 0 or 1, the most that wasi:cli/exit says", async () => {
				for (const [how, number, code] of [["return", 0, 0], ["return", 7, 1], ["exit", 0, 0], ["exit", 33, 1]]) {
					const result = await run("ends", { args: [how, String(number)] });
					assert.equal(result.exitCode, code, JSON.stringify(result));
					assert.equal(result.stdout, "before\n");
				}
			});

			test("exit-with-code says more than that", async () => {
				for (const code of [0, 42, 255]) {
					const result = await run("exits", { args: [String(code)] });
					assert.equal(result.exitCode, code, JSON.stringify(result));
					assert.equal(result.stdout, "before\n");
				}
			});

			test("a trap rejects with the program's stack", async () => {
				const { error, stdout, exitCode } = await run("ends", { args: ["trap"] });
				assert.equal(exitCode, undefined);
				assert.match(error.stack, /trap_inside_here|@<\?>:wasm-function\[\d/);
				assert.equal(stdout, "before\n");
			});

			test("CPython: files, arguments, environment, a terminal", async () => {
				const folder = fixture.fresh();
				const code = "import os, sys; open('/f', 'w').write('x' * 70000); print(len(open('/f').read()), os.listdir('/'), "
					+ "sys.argv[1:], os.environ['WORT'], os.isatty(0), os.isatty(1))";
				const result = await run("python", { args: ["-c", code, "ä b", ""], env: { WORT: "schöne Grüße" }, preopens: [["/", folder.guest]], tty: true });
				assert.equal(Buffer.from(result.stdout, "latin1").toString(), "70000 ['f'] ['ä b', ''] schöne Grüße True True\n", JSON.stringify(result));
				assert.equal(fs.readFileSync(path.join(folder.host, "f"), "utf8"), "x".repeat(70000));
			});
		});
}
