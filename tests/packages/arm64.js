// Another processor: cross-compiled for arm64 in a root of Debian 12, without a warning, and run there by qemu's user mode: its own words, the unit
// tests, and a gateway whose page runs a program: arm64.js FOLDER. As root. FOLDER has the archive of `make dist`. Ends with `N passed, N failed`.
// What qemu's user mode can't show: Landlock and seccomp (it has neither), so the gateway runs with --sandbox off; ASan (it wants the address space
// for itself), so the unit tests have UBSan alone; and what UNABLE names. It is Debian 13's, which has openat2; Debian 12's has not.
import fs from "node:fs";
import path from "node:path";

import { startEngine } from "../engines/index.js";
import { makeRoot, run, top } from "../fresh/root.js";
import { ALLOW, WORDS_OF_APP, check, copyInto, inRoots, inside, layApp, startIn, wordsOfApp } from "./roots.js";

const [folder] = process.argv.slice(2);
const sources = fs.readdirSync(folder).find((name) => /^wvwasi-gw-[\d.]+\.tar\.gz$/.test(name));
const version = sources.match(/-([\d.]+)\.tar/)[1];
const QEMU = "./qemu-aarch64";
const CROSS = "CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar PKG_CONFIG=aarch64-linux-gnu-pkg-config DEV=1";
/** What user mode lacks, by the unit test that meets it. */
const UNABLE = {
	// statx() without the mount's id: nothing that is open is kept for a page
	test_content: [/./],
	test_rights: [/ a_call_needs_its_rights_and_no_other$/],
	test_locks: [/ handles_that_were_opened_from_a_lease_have_locks_of_their_own$/],
	// no NETLINK_SOCK_DIAG, which tells whose a connection is
	test_peer: [/ our_own_process_is_known_in_both_families$/, / who_closed_at_once_is_gone_and_not_root$/, / who_reset_the_connection_is_gone$/],
};

/** Debian 13's emulator, which is one file, as an executable of this root's user. */
function addEmulator(base, root) {
	const from = path.join(base, "emulator");
	makeRoot(from, "trixie");
	inside(from, "apt-get download -qq qemu-user && dpkg-deb -x qemu-user_*.deb .");
	copyInto(root, path.join(from, "home/user/usr/bin/qemu-aarch64"));
}

await inRoots(folder, "arm64: builds and runs", async (base) => {
	const root = path.join(base, "arm64");
	makeRoot(root, "bookworm");
	const libraries = run("sh", ["deps.sh", "names", "build"], { cwd: top }).split(" ").filter((name) => name.startsWith("lib") && name !== "libc6-dev")
		.concat("libcurl4-openssl-dev"); // what test_curl.c compares with
	const packages = ["make", "pkgconf", "openssl", "nginx-light", "libubsan1:arm64", "esbuild", "crossbuild-essential-arm64",
		...libraries.map((name) => `${name}:arm64`)];
	inside(root, `dpkg --add-architecture arm64 && apt-get update -qq && apt-get install -qq -y --no-install-recommends ${packages.join(" ")}`, "root");
	copyInto(root, path.join(folder, sources));
	addEmulator(base, root);
	inside(root, `mkdir tree && tar -C tree --strip-components=1 -xzf ${sources}`);
	const printed = inside(root, `cd tree && make -j2 ${CROSS} 2>&1`); // -Werror
	check("arm64: it compiles without a warning", !/warning/i.test(printed), printed.split("\n").filter((line) => /warning/i.test(line)).join("\n"));
	check("arm64: it is arm64's", /AArch64/.test(inside(root, "aarch64-linux-gnu-readelf -h tree/build/wvwasi-gw")));
	check("arm64: --version", inside(root, `${QEMU} tree/build/wvwasi-gw --version`) === `wvwasi-gw ${version}`);
	check("arm64: --help is the native one's", inside(root, `${QEMU} tree/build/wvwasi-gw --help`) === run(path.join(folder, "wvwasi-gw"), ["--help"]));

	const tests = inside(root,
		`cd tree && export PATH=$PATH:/usr/sbin && ulimit -n 8192 && (make -k ${CROSS} -j2 EMULATOR="../${QEMU}" SAN_FLAGS="-O1 -g -fsanitize=undefined -fno-sanitize-recover=undefined" unit 2>&1 || true)`);
	fs.writeFileSync(path.join(folder, "arm64-unit.log"), tests);
	const [, passed, failed] = [...tests.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1) ?? []; // the sum comes last
	console.log(`    unit tests: ${passed} passed, ${failed} failed`);
	const programs = tests.split(/^== /m).slice(1).map((text) => [text.split("\n")[0], text.split("\n").filter((line) => /^not ok/.test(line))]);
	const unexpected = programs.flatMap(([name, lines]) => lines.filter((line) => !UNABLE[name]?.some((pattern) => pattern.test(line)))
		.map((line) => `${name}: ${line}`));
	check("arm64: the unit tests pass", programs.length > 30 && unexpected.length === 0, unexpected.join("\n    ") || tests.slice(-2000));

	layApp(root);
	const gateway = await startIn(root, `exec ${QEMU} tree/build/wvwasi-gw --json --port 0 ${ALLOW} --sandbox off --root app --dir work::/work`);
	const engine = await startEngine("chromium");
	try {
		const said = await wordsOfApp(gateway, engine);
		check("arm64: a page's program runs on the root's files", said === WORDS_OF_APP, said);
	} finally {
		await engine.close();
		gateway.say({ do: "stop" });
		check("arm64: it ends when it is told to", (await gateway.ended).code === 0);
	}
});
