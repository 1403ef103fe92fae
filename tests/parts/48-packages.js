import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { canMakeRoot } from "../fresh/root.js";
import { nodeTests } from "../node-tests.js";

const top = fileURLToPath(new URL("../..", import.meta.url));
const skipped = (why) => ({ name: "packages", command: "echo", args: [`${why}: 1 test skipped\n0 passed, 0 failed, 1 skipped`] });

/** A slice of what make test-npm, test-release and test-bundlers do whole. What it is about was made before: make release, make npm. */
export function steps() {
	if (!fs.readdirSync(path.join(top, "build")).some((name) => /-linux-x64\.tar\.gz$/.test(name)))
		return [skipped("releases are made on x86-64 alone")];
	const inRoot = { name: "packages/release in a bare root", command: process.execPath,
		args: [path.join(top, "tests/packages/release.js"), path.join(top, "build"), "--made", "bookworm"], waits: true }; // for a mirror
	const why = process.getuid() !== 0 ? "a bare root is made by root alone" : !canMakeRoot("bookworm") ? "no mirror of Debian answers" : undefined;
	return [why ? skipped(why) : inRoot, ...nodeTests("packages")];
}
export const batch = "in browsers", atOnce = 2;
