// What is measured: published programs at everyday work. Places are below the folder that setup.sh filled.
import { execSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const top = fileURLToPath(new URL("..", import.meta.url));
/** Where the programs and their files are: $WVWASI_BENCH, else build/bench. */
export const place = process.env.WVWASI_BENCH ?? path.join(top, "build/bench");

const W = "w::/w";
const PY = "pylib::/py";
const python = { program: "bin/python.wasm", arg0: "python" };
const sqlite = { program: "bin/sqlite3.wasm", arg0: "sqlite3", args: ["/w/x.db"], dirs: [W] };
const lua = { program: "bin/lua.wasm", arg0: "lua", dirs: [W] };

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} about
 * @property {number} waits how often it may wait for an answer, at most
 * @property {number} [second] the same of its second start, where it differs much
 * @property {number} readMB what it reads of files, as far as it is told: 10^6 bytes
 * @property {string} program below `place`; args, arg0, env: what it is told; dirs: HOST::GUEST, HOST below `place`
 * @property {string} [stdin] a file below `place`
 * @property {() => void} [before] restores the state that every run begins with
 * @property {boolean} [warm] one run that isn't measured comes first
 * @property {RegExp} prints what a run that did its work has printed
 */

/** @type {Workload[]} */
export const workloads = [
	{ name: "py-embed", about: "24 imports, the library inside the program", waits: 6, readMB: 0.001, ...python, args: ["/w/imports.py"], dirs: [W],
		prints: /^\d+ \{"a"/ },
	{ name: "py-cold", about: "the same, the library as files, no .pyc", second: 10, waits: 120, readMB: 2.9, ...python, args: ["/w/imports.py"], dirs: [PY, W],
		env: { PYTHONHOME: "/py", PYTHONDONTWRITEBYTECODE: "1" }, before: () => execSync(`find "${place}/pylib" -name '*.pyc' -delete`), prints: /^\d+ \{"a"/ },
	{ name: "py-warm", about: "the same with .pyc", second: 20, waits: 90, readMB: 3.3, ...python, args: ["/w/imports.py"], dirs: [PY, W],
		env: { PYTHONHOME: "/py" }, warm: true, prints: /^\d+ \{"a"/ },
	{ name: "py-grep", about: "walks and searches 2,000 files, 12 MB", second: 30, waits: 65, readMB: 11.8, ...python, args: ["/w/grep.py", "/w/tree"],
		dirs: [W], prints: /^2000 \d+ \d+/ },
	{ name: "py-copytree", about: "200 files in 11 folders copied, walked and removed (shutil)", waits: 255, readMB: 0.4, ...python, args: ["/w/copytree.py"],
		dirs: [W], before: makeTree, prints: /^200 204800 False$/m },
	{ name: "py-append", about: "5,000 flushed appends to a log", waits: 8, readMB: 0.001, ...python, args: ["/w/appends.py"], dirs: [W], prints: /^165000$/m },
	{ name: "scan", about: "a grep in C: 2,000 files, 12 MB, five absent names in each of 111 folders", second: 12, waits: 20, readMB: 11.8, program: "bin/scan.wasm",
		arg0: "scan", args: ["/w/tree", "needle"], dirs: [W], prints: /^111 folders, 2000 files, \d{8} bytes, \d+ lines/ },
	{ name: "list", about: "the same tree listed with attributes, in C", waits: 5, readMB: 0.1, program: "bin/list.wasm", arg0: "list", args: ["/w/tree"],
		dirs: [W], prints: /^110 folders, 2000 files$/m },
	{ name: "sqlite-wr", about: "10,000 rows, an index, 50 synced updates, VACUUM", waits: 75, readMB: 0.003, ...sqlite, stdin: "w/db.sql",
		before: removeDatabase, prints: /^ok$/m },
	{ name: "sqlite-rd", about: "three queries over what sqlite-wr left", waits: 12, readMB: 1.2, ...sqlite, stdin: "w/q.sql", needs: "sqlite-wr",
		prints: /^10000\|/ },
	{ name: "lua-files", about: "200 files written, read by line, renamed, removed", second: 20, waits: 20, readMB: 0.189, ...lua, args: ["/w/files.lua"],
		prints: /^10000\t/ },
	{ name: "lua-cat64", about: "copies 64 MiB in 64 KiB pieces", waits: 76, readMB: 67.1, ...lua, args: ["/w/cat.lua", "/w/big.bin", "/w/big.out"],
		before: () => fs.rmSync(path.join(place, "w/big.out"), { force: true }), prints: /^67108864$/m },
	{ name: "clang-c", about: "clang 22 -O2 of a small C file", second: 10, waits: 29, readMB: 0.105, program: "bin/clang.wasm", arg0: "clang",
		dirs: ["clangroot::/cl", W],
		args: ["-cc1", "-triple", "wasm32-unknown-wasip1", "-emit-obj", "-O2", "-main-file-name", "hello.c", "-resource-dir", "/cl", "-isysroot", "/cl",
			"-internal-isystem", "/cl/include", "-internal-isystem", "/cl/include/wasm32-wasip1", "-x", "c", "-o", "/w/src/hello.o", "/w/src/hello.c"],
		prints: /^$/ },
	{ name: "bzip2", about: "compresses 0.3 MB of text", waits: 9, readMB: 0.304, program: "bin/bzip2.wasm", arg0: "bzip2", args: ["-kf", "/w/text.txt"],
		dirs: [W], prints: /^$/ },
];

/** One program as a module and as a component, for starts.js alone. @type {(Workload & { isComponent?: boolean })[]} */
export const wrapped = ["sqlite3", "sqlite3.component"].map((file) => ({
	...sqlite, name: file.replace("sqlite3", "sqlite-one"), about: "one query without a file", waits: 4, readMB: 0, program: `bin/${file}.wasm`,
	args: [":memory:", "select 40 + 2"], dirs: [], prints: /^42$/m, isComponent: file !== "sqlite3",
}));

/* Eleven folders: one and ten in it. */
function makeTree() {
	const top = path.join(place, "w/copytree");
	fs.rmSync(path.join(top, "to"), { recursive: true, force: true });
	if (fs.existsSync(path.join(top, "from")))
		return;
	for (let i = 0; i < 200; i++) {
		const folder = path.join(top, "from", i % 11 === 0 ? "" : `folder${i % 11}`);
		fs.mkdirSync(folder, { recursive: true });
		fs.writeFileSync(path.join(folder, `file${i}.txt`), "x".repeat(1024));
	}
}

function removeDatabase() {
	for (const ending of ["", "-journal", "-wal", "-shm"])
		fs.rmSync(path.join(place, `w/x.db${ending}`), { force: true });
}
