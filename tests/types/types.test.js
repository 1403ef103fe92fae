// The types that apps are checked against: wvwasi.d.ts says what wvwasi.js gives, and the shim's own code keeps to what its comments declare.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import ts from "typescript";

import { ALL_SIGNATURES as SIGNATURES } from "../../static/shim/base/signatures.js";
import { NUMBERS } from "../../static/shim/base/syscalls.js";
import { test } from "../testing.js";

const top = fileURLToPath(new URL("../..", import.meta.url));
const tsc = path.join(top, "node_modules/typescript/bin/tsc");
const shim = path.join(top, "static/shim");
const COMPILED_WITHIN = { timeout: 300_000 };

/** The compiler's errors, one a line, by a project's file in this folder. */
async function errorsOf(project) {
	try {
		await promisify(execFile)(process.execPath, [tsc, "--pretty", "false", "-p", fileURLToPath(new URL(project, import.meta.url))], { cwd: top });
		return [];
	} catch ({ stdout }) {
		return String(stdout).split("\n").filter((line) => /: error TS\d+/.test(line) || /^error /.test(line));
	}
}

/** The compiler's view of one file: its exports by name, and how to ask about them. */
function exportsOf(file) {
	const program = ts.createProgram([file], { allowJs: true, noEmit: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, types: [],
		moduleResolution: ts.ModuleResolutionKind.Bundler });
	const checker = program.getTypeChecker();
	const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)));
	const resolve = (symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
	return { checker, symbols: new Map(symbols.map((symbol) => [symbol.name, resolve(symbol)])) };
}

const valuesIn = ({ symbols }) => [...symbols].filter(([, symbol]) => symbol.flags & ts.SymbolFlags.Value).map(([name]) => name).sort();

test("uses that are right compile, and those that are wrong don't", COMPILED_WITHIN, async () => {
	assert.deepEqual(await errorsOf("tsconfig.json"), []);
});

test("the shim's code keeps to the types that its comments declare", COMPILED_WITHIN, async () => {
	assert.deepEqual(await errorsOf("tsconfig.shim.json"), []);
});

test("what wvwasi.js exports is declared in wvwasi.d.ts, and the other way round", COMPILED_WITHIN, () => {
	assert.deepEqual(valuesIn(exportsOf(path.join(shim, "wvwasi.d.ts"))), valuesIn(exportsOf(path.join(shim, "wvwasi.js"))));
});

test("what folders.js exports is declared in folders.d.ts, and the other way round", COMPILED_WITHIN, () => {
	const folders = path.join(top, "static/folders");
	assert.deepEqual(valuesIn(exportsOf(path.join(folders, "folders.d.ts"))), valuesIn(exportsOf(path.join(folders, "folders.js"))));
});

test("what files.js exports is declared in files.d.ts, and the other way round", COMPILED_WITHIN, () => {
	assert.deepEqual(valuesIn(exportsOf(path.join(shim, "files.d.ts"))), valuesIn(exportsOf(path.join(shim, "files.js"))));
});

/** Those of --net are no functions of preview1: programs import them by other names. */
const FIRST_OF_SOCKETS = NUMBERS.sock_open;

test("every function of preview1 and every import of ours is declared as a promise, and nothing that isn't a call", COMPILED_WITHIN, () => {
	const { checker, symbols } = exportsOf(path.join(shim, "wvwasi.d.ts"));
	const declared = checker.getDeclaredTypeOfSymbol(symbols.get("Calls")).getProperties().map(({ name }) => name)
		.filter((name) => name.includes("_") && !(NUMBERS[name] >= FIRST_OF_SOCKETS));
	assert.deepEqual(Object.keys(SIGNATURES).filter((name) => !declared.includes(name)), []);
	assert.deepEqual(declared.filter((name) => !Object.hasOwn(NUMBERS, name)), []);
});

for (const [name, file, types = "wvwasi.d.ts"] of [["Files", "fs/files.js"], ["FileHandle", "fs/handle.js"], ["WASI", "wasi.js"],
	["FileSystemSyncAccessHandle", "files/sync.js", "files.d.ts"], ["FileSystemObserver", "files/observer.js", "files.d.ts"]])
	test(`what ${name} has is declared, and the other way round`, COMPILED_WITHIN, () => {
		const members = ({ checker, symbols }) => checker.getDeclaredTypeOfSymbol(symbols.get(name)).getProperties().map((property) => property.name)
			.filter((member) => !/^(__)?[#@]/.test(member)).sort();
		assert.deepEqual(members(exportsOf(path.join(shim, types))), members(exportsOf(path.join(shim, file))));
	});
