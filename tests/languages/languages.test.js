// docs/LANGUAGES.md: each block pasted into a shell in an empty folder, and what it compiles run in a browser through the gateway. Whose compiler isn't
// on this machine is named and left out; LANGUAGES="C++ Rust" says which must be.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { top } from "../gateway/gateway.js";

const page = fs.readFileSync(path.join(top, "docs/LANGUAGES.md"), "utf8");
const sections = [...page.matchAll(/^## (.+)\n[^]*?^```sh\n([^]*?)^```$/gm)].map(([, language, script]) => ({ language, script }));
const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-languages-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const required = (process.env.LANGUAGES ?? "").split(" ").filter(Boolean);
/** What says that the compiler is there. */
const COMPILERS = { "C++": "clang++-19 --version", Rust: "test -d /usr/lib/rustlib/wasm32-wasi", Go: "go version", AssemblyScript: "npm --version" };

assert.deepEqual(sections.map(({ language }) => language), Object.keys(COMPILERS));
for (const { language, script } of sections) {
	const missing = spawnSync("sh", ["-c", COMPILERS[language]]).status !== 0;

	test(`${language}: the page's lines compile a program that works`, { skip: missing && !required.includes(language) && "its compiler isn't here" }, () => {
		const folder = path.join(base, language.replaceAll("+", "p"));
		fs.mkdirSync(path.join(folder, "files"), { recursive: true });
		fs.writeFileSync(path.join(folder, "files/greeting.txt"), "to be or not to be\n");
		execFileSync("bash", ["-e"], { cwd: folder, input: `sudo() { :; }\n${script}`, stdio: ["pipe", "pipe", "pipe"], timeout: 600_000,
			env: { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "-p=2" } });
		const run = (file) => spawnSync(path.join(top, "tests/run-wasm"),
			["--wait", "jspi", "--dir", `${folder}/files::/work`, path.join(folder, "words.wasm"), ...language === "AssemblyScript" ? [] : [file]],
			{ input: language === "AssemblyScript" ? "to be or not to be\n" : "", encoding: "utf8", timeout: 120_000 });
		const good = run("/work/greeting.txt");
		assert.deepEqual([good.stdout, good.status], [language === "AssemblyScript" ? "6 words\n" : "6 words in /work/greeting.txt\n", 0], good.stderr);
		if (language !== "AssemblyScript")
			assert.equal(run("/work/nothing.txt").status, 1, "no such file");
	});
}
