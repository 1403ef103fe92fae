// Others change what a program looks at: after an answer that came later it sees nothing older, in every way to wait, and without asking
// anything it sees what is new by itself. The same questions in default and strict, and in random runs, have the same answers.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";

import { test } from "../testing.js";
import { mountsOf } from "../gateway/mounts.js";
import { dice, doAnything } from "../concurrent-changes.js";

/** What random runs begin with; WVWASI_SEED picks another. */
const SEED = Number(process.env.WVWASI_SEED ?? Math.floor(Math.random() * 1e6));
const ROUNDS = { jspi: 40, shared: 40, xhr: 8 };

/** As preview1 numbers them; a folder can't be read: its handle has no such right. */
const ERRNO = { ENOENT: 44, ENOTDIR: 54, EINVAL: 28, EISDIR: 8, ELOOP: 32 };
const QUESTIONS = ["stat file", "stat sub/file", "stat sub/deep/file", "stat sub", "stat none", "stat sub/none", "list .", "list sub", "list sub/deep",
	"read file", "read sub/file", "read sub/none", "link file", "link link", "link sub/none", "stat alias", "stat moved/file", "list moved"];

/** A folder that others change, and a program that answers questions about it, each twice. */
export class Inquirer {
	#printed = "";
	#batches = 0;

	/**
	 * @param {import("./fixture.js").Fixture} fixture @param {{ wait: string, coherence: string }} way
	 * @param {(one: Inquirer) => any} prepare what comes before the program
	 */
	static async start(fixture, way, prepare = () => {}) {
		const one = new Inquirer();
		one.fixture = fixture;
		one.mounts = mountsOf(fixture.gateway);
		one.folder = fixture.fresh();
		one.behind = one.folder.host; // where others change it
		await prepare(one);
		one.id = await fixture.start({ ...way, file: "guests/coherence.wasm", args: ["coherence", "ask"], preopens: [["/", one.folder.guest]],
			stdin: { live: true } });
		return one;
	}

	at(name) {
		return path.join(this.behind, name);
	}

	#seen(name) {
		return this.mounts.seen(path.join(this.folder.host, name));
	}

	/** What the program has to say: of the file system as the gateway sees it. */
	truth(what, name) {
		try {
			return this.#look(what, this.#seen(name));
		} catch (error) {
			return `errno ${ERRNO[error.code] ?? error.code}`;
		}
	}

	#look(what, at) {
		const st = fs.lstatSync(at, { bigint: true });
		switch (what) {
		case "stat": {
			const kind = st.isDirectory() ? "folder" : `${st.isSymbolicLink() ? "link" : "file"} ${st.size}${st.isFile() ? ` links ${st.nlink}` : ""}`;
			return `${kind} ino ${st.ino} mtime ${st.mtimeNs / 1_000_000_000n}.${String(st.mtimeNs % 1_000_000_000n).padStart(9, "0")}`;
		}
		case "list":
			return [".", "..", ...fs.readdirSync(at)].sort().join(" ");
		case "read": {
			const bytes = fs.readFileSync(at).subarray(0, 200);
			return `${bytes.length} [${bytes}]`;
		}
		default:
			return `-> ${fs.readlinkSync(at)}`;
		}
	}

	/** Asks about these, and compares with what is so. */
	async sees(questions, why = "") {
		const lines = questions.map((question) => `${question}: ${this.truth(...question.split(" "))}\n`);
		const answers = await this.answers(questions);
		const said = questions.flatMap((question, i) => [`${question}: ${answers[2 * i]}\n`, `${question}: ${answers[2 * i + 1]}\n`]);
		assert.equal(said.join(""), lines.map((line) => line + line).join(""), why);
	}

	/** What it says, twice to each. */
	async answers(questions) {
		const end = `--${++this.#batches}`;
		const before = this.#printed.length;
		await this.fixture.ask((id, text) => window.suite.write(id, text), this.id, [...questions, `say ${end}`, ""].join("\n"));
		this.#printed = await this.fixture.printed(this.id, `${end}\n`);
		return this.#printed.slice(before).split("\n");
	}

	async close() {
		await this.fixture.ask((id) => window.suite.closeStdin(id), this.id);
		return this.fixture.ended(this.id);
	}
}

function populate(at) {
	for (const name of ["sub/deep", "other"])
		fs.mkdirSync(at(name), { recursive: true });
	for (const [name, content] of [["file", "one"], ["sub/file", "two"], ["sub/deep/file", "three"], ["other/x", ""]])
		fs.writeFileSync(at(name), content);
	fs.symlinkSync("file", at("link"));
}

const CHANGES = {
	edits: ({ at }) => fs.appendFileSync(at("sub/file"), " more"),
	"edits in place": ({ at }) => fs.writeFileSync(at("sub/file"), "TWO", { flag: "r+" }),
	truncates: ({ at }) => fs.truncateSync(at("sub/file"), 1),
	"replaces by rename": ({ at }) => (fs.writeFileSync(at("other/new"), "replaced"), fs.renameSync(at("other/new"), at("sub/file"))),
	"exchanges names": ({ at }) => (fs.renameSync(at("file"), at("sub/none")), fs.renameSync(at("sub/file"), at("file")),
	fs.renameSync(at("sub/none"), at("sub/file"))), deletes: ({ at }) => fs.rmSync(at("sub/deep/file")),
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
/** Another process that has a file mapped, and stores through that. */
export class Mapper {
	#child = spawn("python3", ["-uc", `
import mmap, sys
for line in sys.stdin:
	what, _, about = line.rstrip("\\n").partition(" ")
	if what == "map":
		with open(about, "r+b") as file: mapping = mmap.mmap(file.fileno(), 0)
	elif what == "store": mapping[0:len(about)] = about.encode()
	else: mapping.close()
	print("done")`], { stdio: ["pipe", "pipe", "inherit"] });
	#lines = readline.createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();

	async does(what, about = "") {
		this.#child.stdin.write(`${what} ${about}\n`);
		assert.equal((await this.#lines.next()).value, "done");
	}

	end() {
		this.#child.stdin.end();
	}
}

/** By who may: in the gateway's own mounts. */
const MOUNTS = {
	"mounts over a folder": ({ at, mounts }) => mounts.bind(at("other"), at("sub")),
	"unmounts it": ({ at, mounts }) => mounts.unmount(at("sub")),
	"mounts memory below": ({ at, mounts }) => (mounts.memory(at("sub/deep")), fs.writeFileSync(mounts.seen(at("sub/deep/none")), "in memory")),
	"changes what is mounted": ({ at, mounts }) => fs.writeFileSync(mounts.seen(at("sub/deep/file")), "in memory, again"),
	"unmounts that": ({ at, mounts }) => mounts.unmount(at("sub/deep")),
	"mounts a file over a file": ({ at, mounts }) => mounts.bind(at("file"), at("sub/file")),
	"unmounts the file": ({ at, mounts }) => mounts.unmount(at("sub/file")),
};

const anyName = (chance) => {
	const pick = (list) => list[chance(list.length)];
	return pick(["", "", "sub/", "sub/deep/", "other/", "moved/"]) + pick(["file", "none", "alias", "x", "sub", "deep", "moved", "link"]);
};

/** All that others do to files and folders. */
export const everything = Object.keys(CHANGES);

/** Each change, to a folder of its own, between two times that a program was asked about everything there. Throws if it says anything older. */
export async function changes(fixture, way, these = everything, prepare = undefined, populated = () => {}) {
	const one = await Inquirer.start(fixture, way, prepare);
	const ask = (folder, what) => one.sees(QUESTIONS.map((question) => question.replace(" ", ` ${folder}/`)), what);
	for (const [i, what] of these.entries()) {
		const at = (name) => one.at(`${i}/${name}`);
		populate(at);
		populated(at("."));
		await ask(i, `${what}: before`);
		CHANGES[what]({ at });
		await ask(i, what);
	}
	return one.close();
}

/** What a program prints that does nothing but look at a file that was grown meanwhile, for at most this long by its own clock. */
export async function looking(fixture, way, seconds) {
	const folder = fixture.fresh(), file = path.join(folder.host, "file");
	fs.writeFileSync(file, "a");
	const args = ["coherence", "until", "file", "3", String(seconds)];
	const id = await fixture.start({ ...way, file: "guests/coherence.wasm", args, preopens: [["/", folder.guest]] });
	await fixture.printed(id, "looking\n");
	fs.appendFileSync(file, "bc");
	return (await fixture.ended(id)).stdout;
}

/** What a program learns of other processes' changes. @param {() => import("./fixture.js").Fixture} fixture @param {{ wait: string, coherence: string }} way */
export function coherence(fixture, way) {
	test("what others change is seen after the next answer, and nothing older", async () => {
		const { exitCode, stats } = await changes(fixture(), way);
		assert.equal(exitCode, 0);
		if (way.coherence === "default")
			assert.ok(stats.local > Object.keys(CHANGES).length * QUESTIONS.length, `only ${stats.local} answers were the page's`);
	});

	test("what others mount is seen after the next answer, and nothing older", async (t) => {
		const one = await Inquirer.start(fixture(), way);
		if (!one.mounts.own)
			return t.skip("nobody here may mount anything");
		const within = { at: (name) => one.at(`m/${name}`), mounts: one.mounts };
		const ask = (what) => one.sees(QUESTIONS.map((question) => question.replace(" ", " m/")), what);
		populate(within.at);
		for (const [what, change] of Object.entries(MOUNTS)) {
			await ask(`${what}: before`);
				change(within);
			await ask(what);
		}
		return one.close();
	});

	/* Its times may be older until the mapping ends: the one thing that a lease doesn't see, where it may ask who writes. */
	for (const first of ["map", "look"])
		test(`what others store through a mapping is read after the next answer; first they ${first}`, async () => {
			const one = await Inquirer.start(fixture(), way), mapper = new Mapper();
			const reads = (why) => one.sees(["list .", "read file", "read none", "read other"], why);
			for (const name of ["file", "other"])
				fs.writeFileSync(one.at(name), "what it was");
			if (first === "look")
				await reads("before");
			await mapper.does("map", one.at("file"));
			if (first === "map")
				await reads("mapped");
			for (const text of ["WHAT", "then", "more"]) {
				await mapper.does("store", text);
				await reads(text);
			}
			await mapper.does("close");
			await one.sees(["stat file", "read file", "stat other"], "closed");
			mapper.end();
			await one.close();
		});

	test("a program that only reads sees what others store through a mapping", async () => {
		const folder = fixture().fresh(), file = path.join(folder.host, "file"), mapper = new Mapper();
		fs.writeFileSync(file, "what it was");
		const args = ["coherence", "until-text", "file", "then it was"];
		const id = await fixture().start({ ...way, file: "guests/coherence.wasm", args, preopens: [["/", folder.guest]] });
		await fixture().printed(id, "looking\n");
		await mapper.does("map", file);
		await mapper.does("store", "then");
		assert.equal((await fixture().ended(id)).stdout, "looking\nseen\n");
		mapper.end();
	});

	test(`whatever others do is seen after the next answer: seed ${SEED}`, async () => {
		const one = await Inquirer.start(fixture(), way);
		const rounds = Number(process.env.WVWASI_ROUNDS ?? ROUNDS[way.wait]);
		const chance = dice(SEED), at = (name) => one.at(name);
		populate(at);
		for (let round = 0; round < rounds; round++) {
			const done = Array.from({ length: chance(4) }, () => doAnything(at, chance, () => anyName(chance), ["file", "sub", "none", "../file"]));
			const names = ["file", "sub/file", "sub/deep/file", "sub", "sub/deep", "none", "sub/none", "alias", "x", "other/x", "moved", "moved/file", "link",
				"other"];
			const whats = ["stat", "stat", "list", "read", "link"];
			const questions = names.map((name) => `${whats[chance(5)]} ${name}`).filter((question) => !avoided(one, question));
			await one.sees([...questions, "list .", "list sub"], `seed ${SEED}, round ${round}: ${done.join(", ")}`);
		}
		await one.close();
	});

	for (const [what, content, size, change] of [
		["grown", "a", 3, (file) => fs.appendFileSync(file, "bc")],
		["replaced", "abc", 1, (file) => (fs.writeFileSync(`${file}.new`, "x"), fs.renameSync(`${file}.new`, file))],
		["gone", "a", -1, (file) => fs.rmSync(file)],
		["there", null, 2, (file) => (fs.writeFileSync(`${file}.new`, "xy"), fs.renameSync(`${file}.new`, file))],
	])
		test(`a program that only looks sees that a file is ${what}`, async () => {
			const folder = fixture().fresh();
			const file = path.join(folder.host, "file");
			if (content !== null)
				fs.writeFileSync(file, content);
			const id = await fixture()
				.start({ ...way, file: "guests/coherence.wasm", args: ["coherence", "until", "file", String(size)], preopens: [["/", folder.guest]] });
			await fixture().printed(id, "looking\n");
			change(file);
			assert.equal((await fixture().ended(id)).stdout, "looking\nseen\n");
		});
}

/* A link out of what is granted, or through which a path would go on: not what this test is about. */
function avoided(one, question) {
	const [what, name] = question.split(" ");
	const parts = name.split("/");
	for (let i = 1; i <= parts.length; i++) {
		if (isLink(one.at(parts.slice(0, i).join("/"))) && (i < parts.length || what === "list" || what === "read"))
			return true;
	}
	return false;
}

function isLink(at) {
	try {
		return fs.lstatSync(at).isSymbolicLink();
	} catch {
		return false;
	}
}

/** The page's own answers are the server's. */
export function asInStrict(fixture, way, seeds) {
	test("random changes and questions come out as in strict", async () => {
		for (let seed = SEED; seed < SEED + seeds; seed++) {
			const [ours, strict] = await Promise.all(["default", "strict"].map((coherence) => fixture().run({
				...way, coherence, file: "guests/coherence.wasm", args: ["coherence", "random", String(seed), "400"],
				preopens: [["/", fixture().fresh().guest]],
			})));
			assert.equal(ours.exitCode, 0, ours.stderr);
			assert.deepEqual(ours.stdout.split("\n"), strict.stdout.split("\n"), `seed ${seed}`);
		}
	});
}

/** The one thing in a file's attributes that may be older than the last answer: when somebody read it (no kernel tells of that). */
export function accessTimes(fixture, way, isExact) {
	test(`an access time that others moved by reading is ${isExact ? "what it is" : "as old as the look"}; one that was set is what it is`, async () => {
		const one = await Inquirer.start(fixture(), way);
		const file = one.at("file");
		const told = async () => (await one.answers(["atime file"]))[0];
		const truth = () => {
			const { atimeNs } = fs.lstatSync(file, { bigint: true });
			return `${atimeNs / 1_000_000_000n}.${String(atimeNs % 1_000_000_000n).padStart(9, "0")}`;
		};
		fs.writeFileSync(file, "content");
		fs.utimesSync(file, 1000, 2000); // older than the content: a read moves it, unless the file system is mounted without access times
		assert.equal(await told(), "1000.000000000");
		fs.readFileSync(file);
		assert.ok([truth(), ...(isExact ? [] : ["1000.000000000"])].includes(await told()));
		await one.sees(["stat file", "read file"]);
		fs.utimesSync(file, 3000, 4000);
		assert.equal(await told(), "3000.000000000");
		await one.close();
	});
}
