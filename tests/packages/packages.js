// Debian's packages of this commit: built in one root, judged by lintian, installed in another that is bare, and tried there by what autopkgtest
// runs: packages.js FOLDER RELEASE… (bookworm, trixie). As root. FOLDER has the archive that `make dist` made. Ends with `N passed, N failed`.
import fs from "node:fs";
import path from "node:path";

import { makeRoot, packagesIn, run, top } from "../fresh/root.js";
import { check, copyInto, inside, inRoots } from "./roots.js";

const [folder, ...releases] = process.argv.slice(2);
const COMPILERS = /^(gcc|g\+\+|clang|cpp|make|libc6-dev)(-\d+)?$/;
const archive = fs.readdirSync(folder).find((name) => /^wvwasi-gw-[\d.]+\.tar\.gz$/.test(name));
const version = archive.match(/-([\d.]+)\.tar/)[1];
const epoch = run("git", ["-C", top, "log", "-1", "--format=%ct"]);
/** What the source package says that it needs to be built. */
function buildDepends() {
	const control = fs.readFileSync(path.join(top, "packaging/debian/control"), "utf8");
	return control.match(/^Build-Depends: ([^]*?)^\S/m)[1].split(",").map((words) => words.trim().split(/[ |(]/)[0]).filter(Boolean)
		.map((name) => name.replace("debhelper-compat", "debhelper"));
}

/** Builds them as an ordinary user; gives the folder that they are in. */
function build(base, release) {
	const root = path.join(base, "builder");
	makeRoot(root, release, ["build-essential", "fakeroot", "lintian", ...buildDepends()]);
	copyInto(root, path.join(folder, archive), path.join(top, "packaging"));
	inside(root, `SOURCE_DATE_EPOCH=${epoch} DEB_BUILD_OPTIONS=parallel=$(nproc) sh packaging/deb.sh ${archive} out`);
	const lintian = inside(root, "lintian --tag-display-limit 0 out/*.changes || true");
	check(`${release}: lintian says nothing`, !/^[EW]: /m.test(lintian), lintian);
	return path.join(root, "home/user/out");
}

/** Installs the gateway where nothing else is, and tries it. */
function install(base, release, out) {
	const root = path.join(base, "bare");
	makeRoot(root, release);
	const before = packagesIn(root);
	copyInto(root, path.join(out, fs.readdirSync(out).find((name) => /^wvwasi-gw_.*\.deb$/.test(name))), path.join(top, "packaging/debian/tests/smoke"));
	inside(root, "apt-get install -y --no-install-recommends /home/user/wvwasi-gw_*.deb", "root");
	const names = inside(root, "dpkg-query -W -f '${Package}\\n'").split("\n");
	check(`${release}: it installs without a compiler`, !names.some((name) => COMPILERS.test(name)), names.filter((name) => COMPILERS.test(name)).join(" "));
	console.log(`    ${packagesIn(root) - before} packages, it among them`);
	const said = inside(root, "wvwasi-gw --version");
	check(`${release}: --version is the release's`, said === `wvwasi-gw ${version}`, said);
	inside(root, "apt-get install -y --no-install-recommends curl", "root"); // the smoke test's own need
	check(`${release}: the smoke test of autopkgtest passes`, /the gateway has ended$/.test(inside(root, "sh smoke")));
}

for (const release of releases)
	await inRoots(folder, `${release}: builds, installs and runs`, (base) => install(base, release, build(base, release)));
