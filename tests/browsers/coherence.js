// Others change what a program looks at: after an answer that came later it sees nothing older, in every way to wait, and without asking
// anything it sees what is new by itself. The same questions in default and strict, and in random runs, have the same answers.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { test } from "../testing.js";

/** @param {() => import("./house.js").House} house @param {{ wait: string, coherence: string }} way */
export function coherence(house, way) {
	const program = (folder, ...args) => ({ ...way, file: "guests/coherence.wasm", args: ["coherence", ...args], preopens: [["/", folder.guest]] });

	/** A program that answers questions about a folder, each twice. */
	async function inquirer() {
		const folder = house().fresh();
		const at = (name) => path.join(folder.host, name);
		for (const name of ["sub/deep", "other"])
			fs.mkdirSync(at(name), { recursive: true });
		for (const [name, content] of [["file", "one"], ["sub/file", "two"], ["sub/deep/file", "three"], ["other/x", ""]])
			fs.writeFileSync(at(name), content);
		fs.symlinkSync("file", at("link"));
		const id = await house().start({ ...program(folder, "ask"), stdin: { live: true } });
		let printed = "";
		const truth = {
			stat(name) {
				const st = fs.lstatSync(at(name), { bigint: true, throwIfNoEntry: false });
				if (st === undefined)
					return "errno 44";
				const kind = st.isDirectory() ? "folder" : `${st.isSymbolicLink() ? "link" : "file"} ${st.size}${st.isFile() ? ` links ${st.nlink}` : ""}`;
				return `${kind} ino ${st.ino} mtime ${st.mtimeNs / 1_000_000_000n}.${String(st.mtimeNs % 1_000_000_000n).padStart(9, "0")}`;
			},
			list: (name) => (fs.existsSync(at(name)) ? [".", "..", ...fs.readdirSync(at(name))].sort().join(" ") : "errno 44"),
			read: (name) => (fs.existsSync(at(name)) ? `${fs.readFileSync(at(name)).length} [${fs.readFileSync(at(name))}]` : "errno 44"),
			link: (name) => (!fs.lstatSync(at(name), { throwIfNoEntry: false }) ? "errno 44"
				: fs.lstatSync(at(name)).isSymbolicLink() ? `-> ${fs.readlinkSync(at(name))}` : "errno 28"),
		};
		return {
			at, folder,
			/** Asks about these, and compares with what is so. */
			async sees(...questions) {
				const expected = questions.map((question) => {
					const [what, name] = question.split(" ");
					const line = `${truth[what](name)}\n`;
					return line + line;
				}).join("");
				printed += expected;
				await house().ask((which, text) => window.suite.write(which, text), id, questions.map((question) => `${question}\n`).join(""));
				await house().printed(id, printed).catch(() => {});
				const stdout = await house().ask((which) => window.suite.peek(which), id);
				assert.equal(stdout, printed, questions.join(", "));
			},
			async close() {
				await house().ask((which) => window.suite.closeStdin(which), id);
				return house().ended(id);
			},
		};
	}

	const ALL = ["stat file", "stat sub/file", "stat sub/deep/file", "stat sub", "stat none", "stat sub/none", "list .", "list sub", "list sub/deep", "read file",
		"read sub/file", "read sub/none", "link file", "link link", "link sub/none", "stat alias", "stat moved/file", "list moved"];
	const CHANGES = {
		edits: ({ at }) => fs.appendFileSync(at("sub/file"), " more"),
		truncates: ({ at }) => fs.truncateSync(at("sub/file"), 1),
		"replaces by rename": ({ at }) => (fs.writeFileSync(at("other/new"), "replaced"), fs.renameSync(at("other/new"), at("sub/file"))),
		deletes: ({ at }) => fs.rmSync(at("sub/deep/file")),
		creates: ({ at }) => fs.writeFileSync(at("sub/none"), "there now"),
		"makes and removes a folder": ({ at }) => (fs.mkdirSync(at("none")), fs.rmdirSync(at("none"))),
		"makes another name": ({ at }) => fs.linkSync(at("sub/file"), at("other/hard")),
		"writes through another name": ({ at }) => (fs.linkSync(at("sub/file"), at("alias")), fs.writeFileSync(at("alias"), "by the alias")),
		"renames a parent": ({ at }) => fs.renameSync(at("sub"), at("moved")),
		"puts another folder in its place": ({ at }) => (fs.renameSync(at("sub"), at("moved")), fs.mkdirSync(at("sub")), fs.writeFileSync(at("sub/none"), "")),
		"puts a link in its place": ({ at }) => (fs.renameSync(at("sub"), at("moved")), fs.symlinkSync("moved", at("sub"))),
		"takes rights and gives them back": ({ at }) => (fs.chmodSync(at("sub"), 0o700), fs.chmodSync(at("sub/file"), 0o600)),
		"sets times": ({ at }) => fs.utimesSync(at("sub/file"), 1000, 2000),
		"stores by mmap and syncs": ({ at }) => execFileSync("python3", ["-c",
			"import mmap,sys\nf=open(sys.argv[1],'r+b')\nm=mmap.mmap(f.fileno(),0)\nm[0:1]=b'Z'\nm.flush()", at("sub/file")]),
	};
	test("what others change is seen after the next answer, and nothing older", async () => {
		for (const [what, change] of Object.entries(CHANGES)) {
			const one = await inquirer();
			await one.sees(...ALL);
			await one.sees(...ALL); // now that it is known
			change(one);
			await one.sees(...ALL);
			const { exitCode, stats } = await one.close();
			assert.equal(exitCode, 0, what);
			if (way.coherence === "default")
				assert.ok(stats.local > 0, what);
		}
	});

	for (const [what, content, size, change] of [
		["grown", "a", 3, (file) => fs.appendFileSync(file, "bc")],
		["replaced", "abc", 1, (file) => (fs.writeFileSync(`${file}.new`, "x"), fs.renameSync(`${file}.new`, file))],
		["gone", "a", -1, (file) => fs.rmSync(file)],
		["there", null, 2, (file) => (fs.writeFileSync(`${file}.new`, "xy"), fs.renameSync(`${file}.new`, file))],
	])
		test(`a program that only looks sees that a file is ${what}`, async () => {
			const folder = house().fresh();
			const file = path.join(folder.host, "file");
			if (content !== null)
				fs.writeFileSync(file, content);
			const id = await house().start({ ...program(folder, "until", "file", String(size)) });
			await house().printed(id, "looking\n");
			change(file);
			assert.equal((await house().ended(id)).stdout, "looking\nseen\n");
		});

	if (way.coherence === "default")
		test("random changes and questions come out as in strict", async () => {
			for (let seed = 1; seed <= (way.wait === "jspi" ? 4 : 1); seed++) {
				const [ours, strict] = await Promise.all(["default", "strict"].map((coherence) =>
					house().run({ ...program(house().fresh(), "random", String(seed), "400"), coherence })));
				assert.equal(ours.exitCode, 0, ours.stderr);
				assert.deepEqual(ours.stdout.split("\n"), strict.stdout.split("\n"), `seed ${seed}`);
			}
		});
}
