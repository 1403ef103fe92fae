// Debian's packages of this commit: built in one root, judged by lintian, installed in another that is bare, and tried there by what autopkgtest
// runs: packages.js FOLDER RELEASE… (bookworm, trixie). As root. FOLDER has the archive that `make dist` made. Ends with `N passed, N failed`.
import fs from "node:fs";
import path from "node:path";

import { enter, makeRoot, packagesIn, run, top } from "../fresh/root.js";

const [folder, ...releases] = process.argv.slice(2);
const COMPILERS = /^(gcc|g\+\+|clang|cpp|make|libc6-dev)(-\d+)?$/;
const archive = fs.readdirSync(folder).find((name) => /^wvwasi-gw-[\d.]+\.tar\.gz$/.test(name));
const version = archive.match(/-([\d.]+)\.tar/)[1];
const epoch = run("git", ["-C", top, "log", "-1", "--format=%ct"]);
const counts = { passed: 0, failed: 0 };

function check(promise, holds, why = "") {
	counts[holds ? "passed" : "failed"]++;
	console.log(`${holds ? "ok" : "NOT OK"} ${promise}${holds ? "" : `\n    ${why}`}`);
}

/** What the source package says that it needs to be built. */
function buildDepends() {
	const control = fs.readFileSync(path.join(top, "packaging/debian/control"), "utf8");
	return control.match(/^Build-Depends: ([^]*?)^\S/m)[1].split(",").map((words) => words.trim().split(/[ |(]/)[0]).filter(Boolean)
		.map((name) => name.replace("debhelper-compat", "debhelper"));
}

/** Runs it in the root as `user`; gives its output, or throws with it. */
function inside(root, command, user) {
	const [program, ...args] = enter(root, command, user);
	try {
		return run(program, args, { stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
	} catch (error) {
		throw new Error(`${command}: ${error.stdout?.slice(-2000)}${error.stderr?.slice(-2000)}`);
	}
}

function copyInto(root, ...files) {
	for (const file of files)
		fs.cpSync(file, path.join(root, "home/user", path.basename(file)), { recursive: true });
	run("chroot", [root, "chown", "-R", "user:user", "/home/user"]);
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

for (const release of releases) {
	const base = fs.mkdtempSync(path.resolve(folder, "packages-"));
	try {
		install(base, release, build(base, release));
	} catch (error) {
		check(`${release}: builds, installs and runs`, false, error.message);
	} finally {
		fs.rmSync(base, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 });
	}
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed ? 1 : 0;
