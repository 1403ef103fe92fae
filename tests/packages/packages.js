// Debian's packages of this commit: built in one root, judged by lintian, installed in others that are bare, and tried there: the gateway by
// autopkgtest, the window on a screen of this machine: packages.js FOLDER RELEASE… (bookworm, trixie). As root. FOLDER has the archive that
// `make dist` made, and gets a picture of each window. Ends with `N passed, N failed`.
import fs from "node:fs";
import path from "node:path";

import { startEngine } from "../engines/index.js";
import { makeRoot, packagesIn, run, top } from "../fresh/root.js";
import { linkTo } from "../gateway/gateway.js";
import { startScreen } from "../webview/screen.js";
import { ALLOW, INK, PAPER, check, copyInto, inRoots, inside, layApp, startIn } from "./roots.js";

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

const packageIn = (out, name) => path.join(out, fs.readdirSync(out).find((file) => file.startsWith(`${name}_`) && file.endsWith(".deb")));

/** Installs the gateway where nothing else is, and tries it. */
function install(base, release, out) {
	const root = path.join(base, "bare");
	makeRoot(root, release);
	const before = packagesIn(root);
	copyInto(root, packageIn(out, "wvwasi-gw"), path.join(top, "packaging"));
	inside(root, "apt-get install -y --no-install-recommends /home/user/wvwasi-gw_*.deb", "root");
	const names = inside(root, "dpkg-query -W -f '${Package}\\n'").split("\n");
	check(`${release}: it installs without a compiler`, !names.some((name) => COMPILERS.test(name)), names.filter((name) => COMPILERS.test(name)).join(" "));
	console.log(`    ${packagesIn(root) - before} packages, it among them`);
	const said = inside(root, "wvwasi-gw --version");
	check(`${release}: --version is the release's`, said === `wvwasi-gw ${version}`, said);
	inside(root, "apt-get install -y --no-install-recommends autopkgtest", "root");
	inside(root, `mkdir tree && mv packaging/debian tree && SOURCE_DATE_EPOCH=${epoch} sh packaging/changelog.sh ${version} tree/debian/control >tree/debian/changelog`);
	const tried = inside(root, "autopkgtest --no-built-binaries --user=user --output-dir=/tmp/tried /home/user/tree -- null 2>&1 || true", "root");
	check(`${release}: autopkgtest passes`, /^smoke +PASS$/m.test(tried) && !/FAIL|SKIP/.test(tried), tried.slice(-4000));
}

/** Installs the window, too, and looks at it: the root's program shows itself on a screen of this machine. */
async function look(base, release, out) {
	const root = path.join(base, "window");
	makeRoot(root, release);
	copyInto(root, packageIn(out, "wvwasi-gw"), packageIn(out, "wvwasi-webview"));
	inside(root, "apt-get install -y --no-install-recommends /home/user/wvwasi-*.deb", "root");
	layApp(root);
	const screen = await startScreen({ width: 1280, height: 900 });
	try {
		const gateway = await startIn(root, `DISPLAY=${screen.name} exec wvwasi-gw --json --port 0 --webview --root app --dir work::/work`);
		const window = await screen.window("the app: 2 words", 60_000).catch((error) => error);
		const painted = await screen.sees(PAPER, 100_000, 60_000).then(() => screen.sees(INK, 1000)).catch((error) => error);
		screen.photograph(path.join(folder, `window-${release}.png`));
		check(`${release}: and paints it, with its text`, !(painted instanceof Error), painted.message);
		check(`${release}: the packaged window shows an app whose program ran`, typeof window === "string", `${window.message} ${gateway.stderr()}`);
		if (typeof window === "string")
			await screen.closeWindow(window);
		else
			gateway.say({ do: "stop" });
		const { code } = await gateway.ended;
		check(`${release}: closing the window ends the gateway`, code === 0, `${code} ${gateway.stderr()}`);
	} finally {
		await screen.close();
	}
}

/** README's "An app of your own" from nothing: pasted into a shell in an empty folder where the gateway was installed and nothing else. */
async function paste(base, release, out) {
	const root = path.join(base, "own");
	makeRoot(root, release, ["sudo"]);
	copyInto(root, packageIn(out, "wvwasi-gw"));
	inside(root, "apt-get install -y --no-install-recommends /home/user/wvwasi-gw_*.deb", "root");
	const [section] = fs.readFileSync(path.join(top, "README.md"), "utf8").match(/^## An app of your own\n[^]*?(?=^## )/m);
	// Its user says yes to apt, and is another than the browser's.
	fs.writeFileSync(path.join(root, "home/user/pasted"), `set -e
mkdir empty && cd empty
sudo() { command sudo DEBIAN_FRONTEND=noninteractive "$@" -y >../installed 2>&1 || cat ../installed; }
wvwasi-gw() { command wvwasi-gw ${ALLOW} --json --port 0 "$@"; }
${[...section.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text]) => text).join("\n")}`);
	const engine = await startEngine("chromium");
	let gateway;
	try {
		gateway = await startIn(root, ". ./pasted", { readyMs: 300_000 });
		const page = await engine.open(linkTo(gateway.ready.link, "/"));
		await page.waitFor(() => document.querySelector("button")?.onclick);
		await page.evaluate(() => document.querySelector("button").click());
		await page.waitFor(() => document.querySelector("output").value, 60_000);
		const shown = await page.evaluate(() => document.querySelector("output").value);
		check(`${release}: README's app of one's own works as pasted, from nothing`, shown === "6 words in /work/greeting.txt\n", shown);
	} catch (error) {
		check(`${release}: README's app of one's own works as pasted, from nothing`, false, error.stack);
	} finally {
		gateway?.say({ do: "stop" });
		await gateway?.ended;
		await engine.close();
	}
}

for (const release of releases)
	await inRoots(folder, `${release}: builds, installs and runs`, async (base) => {
		const out = build(base, release);
		install(base, release, out);
		await look(base, release, out);
		await paste(base, release, out);
	});
