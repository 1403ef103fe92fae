// The README keeps up: its links lead somewhere, its flags are those that the binary has.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";

import { binary, top } from "./gateway.js";

const pages = ["README.md", "CONTRIBUTING.md", "CHANGES.md", "DECISIONS.md"];

for (const page of pages)
	test(`every link of ${page} leads to a file`, () => {
		const text = fs.readFileSync(path.join(top, page), "utf8");
		const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => target);
		for (const target of targets)
			assert.ok(fs.existsSync(path.join(top, target)), target);
	});

test("the README lists every flag of --help, and none that isn't in the manual", () => {
	const flags = (text) => [...new Set([...text.matchAll(/--[a-z][a-z-]+/g)].map(([flag]) => flag))].sort();
	const print = (what) => execFileSync(binary, [what], { encoding: "utf8" });
	const readme = fs.readFileSync(path.join(top, "README.md"), "utf8");
	const listed = flags(readme.match(/^## Flags\n[^]*?(?=^`man)/m)[0]);
	const known = flags(print("--man").replaceAll("\\-", "-"));
	assert.deepEqual(flags(print("--help")).filter((flag) => !listed.includes(flag)), []);
	assert.deepEqual(listed.filter((flag) => !known.includes(flag)), []);
});

test("--licenses prints the licence of every package that is embedded", () => {
	const printed = execFileSync(binary, ["--licenses"], { encoding: "utf8" });
	const { dependencies } = JSON.parse(fs.readFileSync(path.join(top, "package.json"), "utf8"));
	for (const [name, version] of Object.entries(dependencies).filter(([name]) => name.startsWith("@xterm/")))
		assert.ok(printed.includes(`${name} ${version}\n`), name);
});
