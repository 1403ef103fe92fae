/* A row of a table that was forgotten somewhere else. Reads files alone and starts nothing, since `make test` runs it before everything else. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { TO_DEBUGGER, TO_SERVER } from "../../static/inspector/tables.js";
import { IMPORTS } from "../../static/shim/base/signatures.js";
import { BATCH, CALL, CLOSE, END, HELLO, STDIN } from "../../static/shim/base/frames.js";
import { FRAME_BODY } from "../../static/shim/base/frames.js";
import { FRAME, LOCAL, NUMBERS, SYSCALLS, TABLE_HASH } from "../../static/shim/base/syscalls.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("every row of the tables of calls and frames is known to the page: if not, run `make tables`", () => {
	const rows = (file, row) => [...readFileSync(join(root, file), "utf8").matchAll(row)].map(([, ...fields]) => fields);
	const calls = rows("wasi/syscalls.def", /^SYSCALL\(\s*(\w+), (\w+), +"(\w*)", +"(\w*)"/gm);
	assert.deepEqual(SYSCALLS.map(({ number, name, takes, gives }) => [number, name, takes, gives]),
		calls.map(([number, name, takes, gives]) => [Number(number), name, takes, gives]));
	const frames = rows("server/wire/frames.def", /^FRAME\((0x\w+), (\w+)/gm);
	assert.ok(frames.length > 10);
	assert.deepEqual(FRAME, Object.fromEntries(frames.map(([type, name]) => [name, Number(type)])));
	const made = ["docs/syscalls.json", "docs/PROTOCOL.md"].map(file => readFileSync(join(root, file), "utf8"));
	const names = [...calls.map(([, name]) => name), ...frames.map(([, name]) => name)];
	assert.deepEqual(names.filter(name => !made[0].includes(`"${name}"`) || !made[1].includes(` ${name} `)), []);
});

test("all 46 functions of preview1 have a row and a signature", () => {
	const preview1 = SYSCALLS.filter(({ number }) => number < 0x8000).map(({ name }) => name);
	assert.equal(preview1.length, 46);
	assert.deepEqual(Object.keys(IMPORTS).sort(), [...preview1].sort());
	assert.deepEqual(SYSCALLS.map(({ number }) => number), Object.values(NUMBERS));
});

test("every frame has a vector and is described in PROTOCOL.md, and those of one size have that size", () => {
	const described = readFileSync(join(root, "docs/PROTOCOL.md"), "utf8").replace(/^\| `.*$/gm, ""); // without the table of frames
	const vectors = JSON.parse(readFileSync(join(root, "tests/vectors/frames.json"), "utf8")).filter(({ decoded }) => decoded !== null);
	for (const [name, type] of Object.entries(FRAME)) {
		const ofType = vectors.filter(({ decoded }) => decoded.type === name).map(({ hex }) => Buffer.from(hex, "hex"));
		assert.ok(ofType.length > 0, `${name} has no vector in frames.json`);
		assert.match(described, new RegExp(`\\b${name}\\b`), `PROTOCOL.md doesn't say what ${name} holds`);
		for (const bytes of ofType) {
			assert.equal(bytes[4], type, name);
			assert.ok([bytes.length - 8, undefined].includes(FRAME_BODY[type]), name);
		}
	}
});

test("every frame of a debugger has a vector and a line in PROTOCOL.md", () => {
	const types = new Set(JSON.parse(readFileSync(join(root, "tests/vectors/watch.json"), "utf8")).map(({ hex }) => Buffer.from(hex, "hex")[4]));
	const protocol = readFileSync(join(root, "docs/PROTOCOL.md"), "utf8");
	for (const [name, type] of [...Object.entries(TO_SERVER), ...Object.entries(TO_DEBUGGER)]) {
		assert.ok(types.has(type), `${name} has no vector in watch.json`);
		assert.ok(protocol.includes(`| \`${type.toString(16).toUpperCase()} ${name}\` |`), `${name} isn't in PROTOCOL.md`);
	}
});

/* A row of a table that nobody uses, or that no test names, was forgotten halfway. */
function textOf(folder, ending) {
	return readdirSync(join(root, folder), { withFileTypes: true }).map(entry => {
		const name = `${folder}/${entry.name}`;
		return entry.isDirectory() ? textOf(name, ending) : ending.test(name) ? readFileSync(join(root, name), "utf8") : "";
	}).join("");
}

const receivers = ["gateway", "program", "wait"].map(room => textOf(`static/shim/${room}`, /\.js$/)).join(""), programs = textOf("server/program", /\.c$/);
const tests = textOf("tests", /\.(c|h|js)$/), shim = textOf("static/shim", /\.js$/), server = textOf("server", /\.c$/);

test("every option is used by the server, and given by a test", () => {
	const rows = [...readFileSync(join(root, "server/base/options.def"), "utf8").matchAll(/^OPTION\(\w+, (\w+), "([\w-]+)"(?:.*LETTER\('(.)'\))?/gm)];
	assert.ok(rows.length > 30);
	for (const [, field, name, letter] of rows) {
		assert.match(server, new RegExp(`config\\)?(->|\\.)${field}\\b`), `nothing reads config->${field}`);
		assert.ok(tests.includes(`--${name}`) || (letter && tests.includes(`"-${letter}"`)), `no test gives --${name}`);
	}
});

test("every call of the gateway's own is made by the shim; every call is made by a test", () => {
	for (const { name, number } of SYSCALLS) {
		if (number >= 0x8000)
			assert.match(shim.replace(/export const (NUMBERS|SYSCALLS) = [^;]*;/g, ""), new RegExp(`\\b${name}\\b`), `the shim never asks ${name}`);
		assert.match(tests, new RegExp(`(SYSCALL_|\\b)${name}\\b`), `no test calls ${name}`);
	}
});

test("every frame has a sender and a test, and is handled where it arrives", () => {
	for (const [name, type] of Object.entries(FRAME)) {
		assert.match(type & 0x80 ? server : shim, new RegExp(type & 0x80 ? `\\bFRAME_${name}\\b` : `\\bFRAME\\.${name}\\b`), `nobody sends ${name}`);
		assert.match(type & 0x80 ? receivers : programs, new RegExp(type & 0x80 ? `\\bFRAME\\.${name}\\b` : `\\bFRAME_${name}\\b`), `${name} has no handler`);
		assert.match(tests, new RegExp(`\\b(FRAME[._]${name}|(en|de)code${name[0]}${name.slice(1).toLowerCase()})\\b`), `no test has ${name}`);
	}
});

/* Enumerators of C by name, counted on where they have no value. */
function enumerators(file) {
	const numbers = {};
	for (const [, body] of readFileSync(join(root, file), "utf8").matchAll(/enum\s*\w*\s*\{([^}]*)\}/g)) {
		let next = 0;
		for (const [, name, value] of body.replace(/\/\*.*?\*\//gs, "").matchAll(/(\w+)(?:\s*=\s*(0x[0-9a-f]+|\d+))?\s*(?:,|$)/gi)) {
			numbers[name] = value === undefined ? next : Number(value);
			next = numbers[name] + 1;
		}
	}
	return numbers;
}

test("flags of frames, ends and close codes are the same numbers in C and JavaScript", () => {
	const c = { ...enumerators("server/wire/codec.h"), ...enumerators("server/wire/hello.h"), ...enumerators("wasi/wasi.h") };
	const named = { END_USER: "END_BY_USER", CLOSE_GATEWAY: "CLOSE_GATEWAY_ENDS", CLOSE_NO_GUEST: "CLOSE_NO_PROGRAM" }; // where the names differ
	for (const [group, values] of Object.entries({ BATCH, CALL, STDIN, HELLO, END, CLOSE }))
		for (const [name, value] of Object.entries(values)) {
			const inC = [`${group}_${name}`, named[`${group}_${name}`]].find(candidate => candidate in c);
			assert.equal(c[inC], value, `${group}.${name}`);
		}
});

test("the hash is FNV-1a over the rows", () => {
	let hash = 0xcbf29ce484222325n;
	for (const { number, name, takes, gives, flags } of SYSCALLS)
		for (const byte of Buffer.from(`${number} ${name} ${takes} ${gives} ${flags}\n`))
			hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
	assert.equal(TABLE_HASH, hash);
	assert.notEqual(LOCAL, 0);
});

/* By letter of an import's row: the table's letter, and which i32 it stands for, from its place on. */
const TAKES = { f: ["f", 0], h: ["h", 0], w: ["w", 0], n: ["n", 0], q: ["q", 0, 1], p: ["p", 0, 1], o: ["q"], b: ["b", 0, 1], i: ["n", 0, 1], s: ["b", 0, 2] };
const GIVES = { w: /^(w|w?b)/, q: /^q$/, e: /^b$/, n: /^b$/, _: /^/ };

for (const [name, { signature, takes, gives }] of Object.entries(IMPORTS))
	test(`${name}: its import takes what the table says, and each of its arguments is accounted for`, () => {
		const row = SYSCALLS.find(({ name: its }) => its === name);
		const words = [...signature].flatMap((letter) => (letter === "I" ? ["low", "high"] : ["i32"]));
		assert.equal(takes.map(({ letter }) => TAKES[letter][0]).join(""), row.takes);
		const claimed = words.map(() => 0);
		for (const { letter, at } of takes) {
			for (const next of TAKES[letter].slice(1))
				claimed[at + next]++;
			assert.equal(words[at], letter === "q" ? "low" : "i32", `${letter}${at}`);
		}
		for (const { letter, at } of gives) {
			assert.match(row.gives, GIVES[letter]);
			if (letter !== "n")
				claimed[at]++;
			assert.equal(words[at], "i32", `${letter}${at}`);
		}
		assert.deepEqual(claimed, words.map(() => 1));
		if (/^[bqw]/.test(row.gives) && (!(row.flags & LOCAL) || row.gives === "q"))
			assert.equal(gives.filter(({ letter }) => letter !== "_").length, 1, "a number that it gives is reported");
	});
