// docs/CONFORMANCE.md out of what the tests say: which test shows which trap and which security case, natively under both mechanisms and as a
// program in a browser. A test that fails or has gone is missing here, and so is its claim. No times and no counts that would churn.
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { binary, top } from "../gateway/gateway.js";
import { ARGS, ODD, furnish, outsideOf } from "./fixture.js";

const run = promisify(execFile);
const build = path.relative(top, path.dirname(binary)) || "build";
const TRAPS = 70;
/** 14 and 18 are about what we don't have: Windows and address pools. */
const CASES = Array.from({ length: 22 }, (_, i) => i + 1).filter((number) => number !== 14 && number !== 18);

/** What is shown by tests that aren't named for their case: [case, file, the test's name as it stands there]. */
const ELSEWHERE = [
	[1, "tests/gateway/call-handles.test.js", "renumbering ends the second handle and leaves the first"],
	[11, "tests/race/race.c", "cases_4_to_12_no_swap_by_other_processes_opens_a_way_out"],
	[12, "tests/race/race.c", "cases_4_to_12_no_swap_by_other_processes_opens_a_way_out"],
	[16, "tests/gateway/limits-flags.test.js", "handles: MFILE past the bound, and room again after a close"],
	[16, "tests/gateway/limits-flags.test.js", "scratch space: NOSPC past the bound by write, append and truncate, and back when files go"],
	[16, "tests/gateway/limits-flags.test.js", "bytes in flight: a page that reads no answers is no longer read from, and the gateway stays small"],
	[16, "tests/gateway/limits-flags.test.js", "parked calls: NOMEM past a thousand, and the program goes on"],
	[19, "tests/gateway/call-lifetimes.test.js", "proc_raise ends with 128 and the signal"],
	[19, "tests/browsers/ends.js", "proc_raise gives 128 and the signal's number"],
	[19, "tests/browsers/ends.js", "a page that goes ends its program, not the gateway"],
	[20, "tests/gateway/call-handles.test.js", "another guest's handles mean nothing"],
	[20, "tests/gateway/call-lifetimes.test.js", "another session's guest can't be attached to"],
	[21, "tests/gateway/doors-hosts.test.js", "another Host is misdirected, wherever it asks, and told the right URL"],
	[21, "tests/gateway/doors-hosts.test.js", "another Origin gets nothing, and no Origin neither posts nor upgrades"],
	[21, "tests/gateway/doors-entry.test.js", "without the secret there's no ticket"],
	[21, "tests/browsers/malicious.js", "on another port, gets nothing and changes nothing"],
	[21, "tests/browsers/malicious.js", "the same attack by the app's own page gets a lot: it is the origin that counts"],
	[22, "tests/browsers/guests.js", "pointers out of memory"],
];

/** "traps_4_to_6_x", "case_10_y" -> { kind, numbers }; null for other names. */
export function numbersOf(name) {
	const [, kind, range, first, last] = /^(trap|case)s?_((\d+)(?:_to_(\d+)|(?:_\d+)*))_/.exec(name) ?? [];
	if (!kind)
		return null;
	const numbers = last ? Array.from({ length: last - first + 1 }, (_, i) => Number(first) + i) : range.split("_").map(Number);
	return { kind, numbers };
}

const add = (map, key, value) => map.set(key, [...new Set([...(map.get(key) ?? []), value])]);

/** Runs the unit tests of wasi/ that are named for a trap or case. Gives { trap, case }: number -> ["file: name"], and name -> variants. */
async function native() {
	const found = { trap: new Map(), case: new Map() }, variants = new Map();
	const programs = fs.readdirSync(path.join(top, "tests/unit")).filter((file) => /^test_.*\.c$/.test(file) &&
		/TEST(_PATHS)?\((trap|case)s?_/.test(fs.readFileSync(path.join(top, "tests/unit", file), "utf8"))).map((file) => file.replace(/\.c$/, ""));
	await run("make", ["-s", `BUILD=${build}`, ...programs.map((name) => `${build}/san/unit/${name}`)], { cwd: top, maxBuffer: 1 << 26 });
	for (const program of programs)
		for (const word of ["trap", "case"]) {
			const { stdout } = await run(path.join(top, build, "san/unit", program), [word], { env: { ...process.env, WVWASI_RACE_SECONDS: "0.5" } })
				.catch((error) => error);
			for (const [, name, variant] of stdout.matchAll(/^ok (\w+)(?:, (.*))?$/gm)) {
				const { kind, numbers } = numbersOf(name) ?? { numbers: [] };
				for (const number of numbers)
					add(found[kind], number, `${program}: ${name}`);
				add(variants, `${program}: ${name}`, variant ? (variant === "walk" ? "walk" : "openat2") : "any");
			}
		}
	return { found, variants };
}

/** Runs one of our programs in a browser. Gives its "ok" lines; throws with the others. @param {"traps" | "security" | "far"} name */
async function inBrowser(name) {
	const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-conformance-"));
	let leave = () => {};
	try {
		await run("make", ["-s", `BUILD=${build}`, "conformance-guests"], { cwd: top });
		leave = await furnish(name, base);
		const before = outsideOf(base);
		const child = run(path.join(top, "tests/run-wasm"), ["--engine", "chromium", "--dir", `${base}/root::/`, "--dir", `${base}/ro::/ro:ro`,
			"--env", `ODD=${ODD}`, path.join(top, build, "guests", `${name}.wasm`), ...ARGS], { maxBuffer: 1 << 26, timeout: 120_000 });
		child.child.stdin.end();
		const { stdout } = await child.catch((error) => error);
		if (!/^\d+ passed, 0 failed$/m.test(stdout ?? ""))
			throw new Error(`${name}: ${stdout?.split("\n").filter((line) => !line.startsWith("ok")).join("\n") || "nothing was said"}`);
		if (outsideOf(base) !== before)
			throw new Error(`${name}: something outside was changed`);
		return [...stdout.matchAll(/^ok (.*)$/gm)].map(([, promise]) => promise);
	} finally {
		leave();
		fs.rmSync(base, { recursive: true, force: true });
	}
}

const cell = (list) => list.join("<br>").replaceAll("|", "\\|");

/** @param {string} name of a difference's table in tests/differential */
function differences() {
	return fs.readFileSync(path.join(top, "tests/conformance/differences.md"), "utf8");
}

/** The whole page. */
export async function page() {
	const { found, variants } = await native();
	const promises = { trap: new Map(), case: new Map() };
	const others = [];
	for (const name of ["traps", "security", "far"])
		for (const line of await inBrowser(name)) {
			const [, kind, number, promise] = /^(trap|case) (\d+): (.*)$/.exec(line) ?? [];
			if (kind)
				add(promises[kind], Number(number), promise);
			else
				others.push(line);
		}
	for (const [number, file, name] of ELSEWHERE) {
		if (!fs.readFileSync(path.join(top, file), "utf8").includes(name))
			throw new Error(`${file} has no test '${name}' any more`);
		add((file.startsWith("tests/browsers/") ? promises : found).case, number, `${path.basename(file).replace(/\.test\.js$|\.c$|\.js$/, "")}: ${name}`);
	}
	const how = (name) => {
		const ways = variants.get(name);
		return !ways || ways.includes("any") ? name : `${name} (${["openat2", "walk"].filter((way) => ways.includes(way)).join(", ")})`;
	};
	const row = (kind, number) => `| ${number} | ${cell(promises[kind].get(number) ?? [])} | ${cell((found[kind].get(number) ?? []).sort().map(how))} |`;
	const missing = [...Array.from({ length: TRAPS }, (_, i) => ["trap", i + 1]).filter(([kind, number]) => !promises[kind].has(number)),
		...CASES.map((number) => ["case", number]).filter(([kind, number]) => !promises[kind].has(number) && !found[kind].has(number))];
	const text = `# Conformance

Made from the tests (\`make conformance\`; a test fails when it isn't current). Two lists that every host of preview1 has to answer: what other hosts got
wrong (traps), and how programs escaped from them (security cases). *In a browser*: what a program compiled for wasm32-wasip1 asserts, running
unchanged in a page (\`tests/conformance/*.c\`). *Natively*: tests of the library and of the gateway. Those about paths run with
both mechanisms: the kernel's openat2, and our own walk for kernels that lack it.

## Traps

| | in a browser | natively |
|---|---|---|
${Array.from({ length: TRAPS }, (_, i) => row("trap", i + 1)).join("\n")}

## Security cases

Cases 14 (device names of Windows) and 18 (pools of addresses) don't apply here.

| | in a browser | natively |
|---|---|---|
${CASES.map((number) => row("case", number)).join("\n")}

## Large numbers, in a browser

${others.map((line) => `- ${line}`).join("\n")}

${differences()}`;
	return { text, missing };
}
