// What the tests of bundlers share: packages of exact versions below build/bundlers, projects there, a program, a page that runs it.
import { execFile, execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { top } from "../gateway/gateway.js";

export const base = path.join(top, "build/bundlers");
/** Vite 6 is the last that runs on Node 18. */
export const VERSIONS = { vite: "6.4.6", "create-vite": "6.5.0", esbuild: "0.25.12", webpack: "5.103.0", "webpack-cli": "6.0.1", typescript: "5.9.3" };

const run = promisify(execFile);
/** Runs it to its end; rejects with what it printed. */
export async function sh(cwd, program, ...args) {
	try {
		return await run(program, args, { cwd, timeout: 300_000, env: { ...process.env, NODE_OPTIONS: "" } });
	} catch (error) {
		throw new Error(`${program} ${args.join(" ")}: ${error.message}\n${error.stdout}\n${error.stderr}`);
	}
}

/** The package, as npm would publish it. */
async function pack() {
	const { stdout } = await sh(path.join(top, "build/npm-package"), "npm", "pack", "--silent", "--pack-destination", base);
	return path.join(base, stdout.trim().split("\n").at(-1));
}

/** A project with these of VERSIONS and our package, kept from one run to the next but for what the test writes. */
export async function project(name, packages, files) {
	const folder = path.join(base, name);
	fs.mkdirSync(folder, { recursive: true });
	const write = (files_) => {
		for (const [file, text] of Object.entries(files_)) {
			fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
			fs.writeFileSync(path.join(folder, file), text);
		}
	};
	write({ "package.json": JSON.stringify({ private: true, type: "module" }) });
	await sh(folder, "npm", "install", "--no-audit", "--no-fund", "--prefer-offline", await pack(), ...packages.map((one) => `${one}@${VERSIONS[one]}`));
	write(files);
	return folder;
}

const readme = fs.readFileSync(path.join(top, "README.md"), "utf8");
/** The README's program: counts the words of the file that it is given. */
export function wordsProgram() {
	const source = path.join(base, "words.c"), wasm = path.join(base, "words.wasm");
	fs.mkdirSync(base, { recursive: true });
	fs.writeFileSync(source, readme.match(/^cat >words\.c <<'END'\n([^]*?)^END$/m)[1]);
	execFileSync("clang-19", ["--target=wasm32-wasi", "-O2", "-o", wasm, source]);
	return fs.readFileSync(wasm);
}

/** What a page's script does: runs words.wasm, lets JavaScript write, and starts a module of its own in shared memory's way where there is one. */
export const MAIN = `import { ERRNO, WasiError, connect, run } from "wvwasi-gw";
import { getFileHandle } from "wvwasi-gw/files";
const result = { said: null, wrote: null, code: null, file: null };
const { stdout } = await run(new URL("words.wasm", document.baseURI), { args: ["words", "/work/greeting.txt"], stdout: "capture" });
result.said = new TextDecoder().decode(stdout);
const { fs } = await connect();
await fs.writeFile("/work/written.txt", "by JavaScript");
result.wrote = await fs.readFile("/work/written.txt", "utf8");
result.code = await fs.readFile("/work/nothing").then(() => "read", (error) => error instanceof WasiError && error.errno === ERRNO.NOENT);
result.file = await (await (await getFileHandle("/work/greeting.txt")).getFile()).text();
window.result = result;
`;
export const WANTED = { said: "2 words in /work/greeting.txt\n", wrote: "by JavaScript", code: true, file: "hello world\n" };
