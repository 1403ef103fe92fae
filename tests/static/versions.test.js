// One version, in the Makefile, and wherever else it is written or made.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { test } from "../testing.js";

const top = fileURLToPath(new URL("../..", import.meta.url));
const text = (name) => fs.readFileSync(path.join(top, name), "utf8");
const version = /^VERSION := (\S+)$/m.exec(text("Makefile"))[1];
const gateway = process.env.WVWASI_GW ?? path.join(top, "build/wvwasi-gw");

test("--version, the manual page, --licenses and CHANGES.md's newest heading are the Makefile's version", () => {
	const says = (flag) => execFileSync(gateway, [flag], { encoding: "utf8" });

	assert.equal(says("--version"), `wvwasi-gw ${version}\n`);
	assert.match(says("--man").split("\n")[0], new RegExp(`wvwasi..gw ${version.replaceAll(".", "\\.")}"`));
	assert.ok(says("--licenses").startsWith(`wvwasi-gw ${version}, `));
	assert.equal(/^## (\S+)/m.exec(text("CHANGES.md"))[1], version);
});

test("package.json and its lock are of it", () => {
	const lock = JSON.parse(text("package-lock.json"));

	assert.deepEqual([JSON.parse(text("package.json")).version, lock.version, lock.packages[""].version], [version, version, version]);
});

test("the npm packages are of it, and the shim's pins the gateway's", (t) => {
	const work = fs.mkdtempSync(path.join(os.tmpdir(), "versions-"));
	t.after(() => fs.rmSync(work, { recursive: true, force: true }));
	const manifest = (...args) => {
		execFileSync("node", [path.join(top, "packaging/npm/assemble.js"), path.join(work, "package"), version, ...args]);
		return JSON.parse(fs.readFileSync(path.join(work, "package/package.json"), "utf8"));
	};
	const page = manifest();

	assert.equal(page.version, version);
	fs.mkdirSync(path.join(work, "release/bin"), { recursive: true });
	execFileSync("tar", ["-C", work, "-czf", path.join(work, "release.tar.gz"), "release"]);
	const platform = manifest(path.join(work, "release.tar.gz"));
	assert.deepEqual(page.optionalDependencies, { [platform.name]: version });
	assert.equal(platform.version, version);
});

test("the bill of materials and Debian's changelog are of it", () => {
	const bill = JSON.parse(execFileSync("sh", [path.join(top, "packaging/sbom.sh"), version], { encoding: "utf8" }));

	assert.equal(bill.packages.find(({ name }) => name === "wvwasi-gw").versionInfo, version);
	// What is inside, linked, loaded and used to make it, each with its licence, and with its version where there is one.
	assert.deepEqual(bill.packages.filter(({ name, licenseDeclared, versionInfo }) => !licenseDeclared
		|| !/^\d[\w.]*\w$/.test(versionInfo) && name !== "curl"), []);
	const related = (kind) => bill.relationships.filter(({ relationshipType }) => relationshipType === kind)
		.map(({ spdxElementId, relatedSpdxElement }) => [spdxElementId, relatedSpdxElement].find((id) => !/wvwasi-gw$|DOCUMENT$/.test(id)).slice(8)).sort();
	assert.deepEqual(related("DYNAMIC_LINK"), ["cjson", "libdeflate", "libqrencode", "libseccomp", "libuv", "libwebsockets", "mbedtls", "openssl"]);
	assert.deepEqual(related("CONTAINS"), ["addon-fit", "addon-image", "addon-search", "addon-serialize", "addon-unicode11", "addon-web-links", "xterm"].map((name) => `-xterm-${name}`).concat("client-zip"));
	assert.deepEqual([related("RUNTIME_DEPENDENCY_OF"), related("BUILD_TOOL_OF")], [["curl"], ["esbuild"]]);
	const changelog = execFileSync("sh", [path.join(top, "packaging/changelog.sh"), version, path.join(top, "packaging/debian/control")],
		{ encoding: "utf8", env: { ...process.env, SOURCE_DATE_EPOCH: "0" } });
	assert.match(changelog, new RegExp(`^wvwasi-gw \\(${version.replaceAll(".", "\\.")}\\) `));
	assert.match(changelog, /^ -- the wvwasi-gw authors <\S+>  Thu, 01 Jan 1970 00:00:00 \+0000$/m);
});
