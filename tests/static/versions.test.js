// One version, wherever it is written: the Makefile, package.json and its lockfile, CHANGES.md and what is built from them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const top = fileURLToPath(new URL("../..", import.meta.url));
const read = (file) => fs.readFileSync(path.join(top, file), "utf8");
const version = read("Makefile").match(/^VERSION := (.*)$/m)[1];

test("package.json, package-lock.json and the newest entry of CHANGES.md have the Makefile's version", () => {
	const { version: locked, packages } = JSON.parse(read("package-lock.json"));
	assert.deepEqual({ package: JSON.parse(read("package.json")).version, locked, inner: packages[""].version, changes: read("CHANGES.md").match(/^## (\S+)/m)[1] },
		{ package: version, locked: version, inner: version, changes: version });
});

test("the bill of materials names the version, and each embedded package with its licence and the lockfile's digest", () => {
	const bill = JSON.parse(execFileSync("sh", [path.join(top, "packaging/sbom.sh"), version], { encoding: "utf8", env: { ...process.env, SOURCE_DATE_EPOCH: "0" } }));
	const { packages } = JSON.parse(read("package-lock.json"));
	const named = Object.fromEntries(bill.packages.map((each) => [each.name, each]));
	assert.equal(bill.creationInfo.created, "1970-01-01T00:00:00Z");
	assert.equal(named["wvwasi-gw"].versionInfo, version);
	const embedded = Object.keys(JSON.parse(read("package.json")).dependencies).filter((name) => name.startsWith("@xterm/"));
	assert.ok(embedded.length > 0);
	for (const name of embedded) {
		const { version: at, license, integrity } = packages[`node_modules/${name}`];
		assert.deepEqual([named[name].versionInfo, named[name].licenseDeclared, named[name].checksums[0].checksumValue],
			[at, license, Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex")]);
	}
	const libraries = read("Makefile").match(/^LIBS := (.*)$/m)[1].split(" ").map((flag) => flag.slice(2)).filter((name) => !["pthread", "mbedx509", "mbedcrypto"].includes(name));
	for (const library of libraries)
		assert.ok(Object.keys(named).some((name) => name.toLowerCase().endsWith(library.toLowerCase())), library);
	const ids = new Set(bill.packages.map(({ SPDXID }) => SPDXID));
	assert.ok(bill.relationships.every(({ relatedSpdxElement }) => ids.has(relatedSpdxElement)));
});
