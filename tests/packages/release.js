// The release archive: made twice in a root of Debian 12, in folders of other names, from what `make dist` made; unpacked in bare roots, and
// used from there by a page in a browser: release.js FOLDER RELEASE… (bookworm, trixie, sid, and Ubuntu's noble and resolute). As root.
// FOLDER has the archive of `make dist`, and gets the one of `make release`. With --made before the releases, the latter is there already, and
// is used. Ends with `N passed, N failed`.
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";

import { startEngine } from "../engines/index.js";
import { linkTo } from "../gateway/gateway.js";
import { makeRoot, packagesIn, run, top } from "../fresh/root.js";
import { ALLOW, WORDS_OF_APP, check, copyInto, inRoots, inside, layApp, startIn, wordsOfApp } from "./roots.js";

const [folder, ...words] = process.argv.slice(2);
const isMade = words[0] === "--made", releases = isMade ? words.slice(1) : words;
const version = /^VERSION := (\S+)$/m.exec(fs.readFileSync(path.join(top, "Makefile"), "utf8"))[1];
const sources = `wvwasi-gw-${version}.tar.gz`;
const archive = `wvwasi-gw-${version}-linux-x64.tar.gz`;
const epoch = run("git", ["-C", top, "log", "-1", "--format=%ct"]);

/** Makes it in two places, as an ordinary user, and puts it into FOLDER. */
function build(base) {
	const root = path.join(base, "builder");
	makeRoot(root, "bookworm", ["make", "pkgconf", "libcurl4", ...run("sh", ["deps.sh", "names", "build"], { cwd: top }).split(" ")]);
	copyInto(root, path.join(folder, sources));
	const digests = ["one", "two/of another name"].map((place) => {
		inside(root, `mkdir -p "${place}" && tar -C "${place}" --strip-components=1 -xzf ${sources} && SOURCE_DATE_EPOCH=${epoch} make -C "${place}" release`);
		return run("sha256sum", [path.join(root, "home/user", place, "build", archive)]).split(" ")[0];
	});
	check("two builds in folders of other names are the same bytes", digests[0] === digests[1], digests.join("\n    "));
	fs.copyFileSync(path.join(root, "home/user/one/build", archive), path.join(folder, archive));
}

/** What is in it: nothing without a licence, nothing of glibc. */
function judge() {
	const names = run("tar", ["-tzf", path.join(folder, archive)]).split("\n");
	const libraries = names.filter((name) => /\/lib\/wvwasi-gw\/./.test(name)).map((name) => path.basename(name));
	const text = (name) => run("tar", ["-xzOf", path.join(folder, archive), names.find((one) => one.endsWith(name))]);
	const bill = JSON.parse(text("wvwasi-gw.spdx.json"));
	check("the libraries come along, libcurl's too, without glibc's", ["libwebsockets.so.17", "libcurl.so.4"].every((name) => libraries.includes(name))
		&& !libraries.some((name) => /^(ld-|libc\.|libm\.|libpthread)/.test(name)), libraries.join(" "));
	const unnamed = libraries.filter((name) => !bill.packages.some((one) => one.name === name && one.licenseDeclared && one.checksums));
	check("the bill of materials names each with version, licence and digest", unnamed.length === 0, unnamed.join(" "));
	const unlicensed = bill.packages.map((one) => /^pkg:deb\/debian\/([^@]+)/.exec(one.externalRefs?.[0].referenceLocator ?? "")?.[1])
		.filter((name) => name && !names.some((one) => one.endsWith(`/licenses/${name}`)));
	check("each library's licence is in it", unlicensed.length === 0, unlicensed.join(" "));
	check("it says which glibc it needs, and Debian 12's is enough", Number(/glibc 2\.(\d+) or/.exec(text("linux-x64/README"))?.[1]) <= 36,
		text("linux-x64/README"));
}

/** What the gateway and its keeper, as this machine sees them, have mapped that is neither of the release nor glibc's. */
function foreignLibraries(root) {
	const here = fs.statSync(path.join(root, "home/user/place")).ino;
	const ours = fs.readdirSync("/proc").filter((pid) => {
		try {
			return /wvwasi-gw$/.test(fs.readlinkSync(`/proc/${pid}/exe`)) && fs.statSync(`/proc/${pid}/root/home/user/place`).ino === here;
		} catch {
			return false; // no process, or it has ended
		}
	});
	const mapped = ours.flatMap((pid) => fs.readFileSync(`/proc/${pid}/maps`, "utf8").split("\n").map((line) => line.split(/\s+/)[5]));
	const libraries = [...new Set(mapped.filter((file) => file?.includes(".so")))];
	return { processes: ours.length, count: libraries.length,
		foreign: libraries.filter((file) => !file.includes("/home/user/place/")
		&& !/\/(ld-linux-x86-64|libc|libm|libdl|libpthread|librt|libresolv|libnss_[a-z]+)[.-]/.test(file)) };
}

/** A page in a browser of this machine, served by the release in the root: programs run, on the root's files, and a request is made. */
async function use(root, engine) {
	const { port } = server.address();
	const gateway = await startIn(root, `exec bin/wvwasi-gw --json --port 0 ${ALLOW} --root app --dir work::/work --net http:127.0.0.1:${port}`);
	try {
		const said = await wordsOfApp(gateway, engine);
		const page = await engine.open(linkTo(await gateway.link(), "/"));
		await page.waitFor("window.result", 60_000);
		const fetched = await page.evaluate(async (url) => {
			const { connect } = await import("/_wvwasi/wvwasi.js");
			return (await connect()).fetch(url).then((answer) => answer.text(), String);
		}, `http://127.0.0.1:${port}/`);
		return { said, fetched, ...foreignLibraries(root) };
	} finally {
		gateway.say({ do: "stop" });
		await gateway.ended;
	}
}

/** Unpacks it where nothing else is. */
async function tryIn(base, release, engine) {
	const root = path.join(base, release);
	makeRoot(root, release);
	const before = packagesIn(root);
	copyInto(root, path.join(folder, archive), path.join(top, "packaging/debian/tests/smoke"));
	inside(root, `mkdir -p place bin && tar -C place -xzf ${archive} && ln -s ../place/wvwasi-gw-${version}-linux-x64/bin/wvwasi-gw bin/`);
	check(`${release}: --version is the release's, through a symbolic link`, inside(root, "bin/wvwasi-gw --version") === `wvwasi-gw ${version}`);
	layApp(root);
	const alone = await use(root, engine);
	check(`${release}: a page's program runs on the root's files`, alone.said === WORDS_OF_APP, alone.said);
	check(`${release}: a page's request is made, by its own libcurl`, alone.fetched === "fetched", alone.fetched);
	check(`${release}: nothing is loaded but its own libraries and glibc's`, alone.processes === 3 && alone.count > 30 && alone.foreign.length === 0,
		JSON.stringify(alone));
	check(`${release}: no package was installed`, packagesIn(root) === before);
	// Another version's plugin, where libwebsockets was told to look for it, and another libcurl.
	inside(root, "apt-get install -y --no-install-recommends libwebsockets-evlib-uv libcurl4", "root");
	const beside = await use(root, engine);
	check(`${release}: the same beside the system's libwebsockets and libcurl`,
		beside.said === alone.said && beside.fetched === alone.fetched && beside.foreign.length === 0, JSON.stringify(beside));
}

if (!isMade)
	await inRoots(folder, "a release is built on Debian 12", build);
judge();
const server = http.createServer((request, response) => response.end("fetched"));
await once(server.listen(0, "127.0.0.1"), "listening");
const engine = await startEngine("chromium");
for (const release of releases)
	await inRoots(folder, `${release}: runs`, (base) => tryIn(base, release, engine));
await engine.close();
server.close();
