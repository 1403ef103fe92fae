// What the tests of packages share: promises that are counted, bare roots with files and commands in them, and a gateway there.
// Prints `N passed, N failed` at the end of the process.
import fs from "node:fs";
import path from "node:path";

import { MAIN, WANTED, wordsProgram } from "../bundlers/fixture.js";
import { enter, removeRoots, run } from "../fresh/root.js";
import { linkTo, startGateway } from "../gateway/gateway.js";

const counts = { passed: 0, failed: 0 };

export function check(promise, holds, why = "") {
	counts[holds ? "passed" : "failed"]++;
	console.log(`${holds ? "ok" : "NOT OK"} ${promise}${holds ? "" : `\n    ${why}`}`);
}

process.once("exit", () => {
	console.log(`${counts.passed} passed, ${counts.failed} failed`);
	process.exitCode ||= counts.failed ? 1 : 0;
});

/** Runs it in the root as `user`; gives its output, or throws with it. */
export function inside(root, command, user) {
	const [program, ...args] = enter(root, command, user);
	try {
		return run(program, args, { stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
	} catch (error) {
		throw new Error(`${command}: ${error.stdout?.slice(-2000)}${error.stderr?.slice(-2000)}`);
	}
}

/** Into the home of the root's user. */
export function copyInto(root, ...files) {
	for (const file of files)
		fs.cpSync(file, path.join(root, "home/user", path.basename(file)), { recursive: true });
	run("chroot", [root, "chown", "-R", "user:user", "/home/user"]);
}

/** layApp's page, by which a picture of it is known: RGB. */
export const PAPER = [214, 232, 247], INK = [20, 60, 110];

/** In the root's home: `app`, a web app whose page runs a program and writes a file, and `work`, the folder that it does so in. */
export function layApp(root) {
	const home = path.join(root, "home/user");
	fs.mkdirSync(path.join(home, "app"));
	fs.mkdirSync(path.join(home, "work"));
	const script = MAIN.replace('"wvwasi-gw"', '"/_wvwasi/wvwasi.js"').replace('"wvwasi-gw/files"', '"/_wvwasi/files.js"');
	fs.writeFileSync(path.join(home, "app/index.html"), `<!doctype html><title>app</title>
<style>body { background: rgb(${PAPER}) } pre { color: rgb(${INK}); font: bold 24px monospace }</style><pre></pre><script type="module">${script}
document.querySelector("pre").textContent = JSON.stringify(result, null, 2);
document.title = \`the app: \${result.said}\`;
</script>`);
	fs.writeFileSync(path.join(home, "app/words.wasm"), wordsProgram());
	fs.writeFileSync(path.join(home, "work/greeting.txt"), "hello world\n");
	run("chroot", [root, "chown", "-R", "user:user", "/home/user"]);
}

/** The browsers of this machine are root's, and a gateway in a root is its user's: it has to let them in. */
export const ALLOW = "--allow-uid 0";

/** Starts a gateway in the root's home by this command, which has --json and a port. To end it: say({ do: "stop" }). */
export function startIn(root, command, options) {
	const start = path.join(root, "../start");
	const words = enter(root, command).map((word) => `'${word.replaceAll("'", "'\\''")}'`);
	fs.writeFileSync(start, `#!/bin/sh\nexec ${words.join(" ")}\n`, { mode: 0o755 });
	return startGateway([], { executable: start, ...options });
}

/** What layApp's page says in a browser of this machine, served by the gateway. @param {import("../engines/index.js").Engine} engine */
export async function wordsOfApp(gateway, engine) {
	const page = await engine.open(linkTo(gateway.ready.link, "/"));
	try {
		await page.waitFor("window.result", 60_000);
		return JSON.stringify(await page.evaluate("window.result"));
	} catch (error) {
		return `${error.message}: ${JSON.stringify(await page.messages())}`;
	}
}
/** What it is to say. */
export const WORDS_OF_APP = JSON.stringify(WANTED);

/** Does the work in a new folder below `folder`, and removes what is left of it. What it throws is `promise` not kept. */
export async function inRoots(folder, promise, work) {
	const base = fs.mkdtempSync(path.resolve(folder, "packages-"));
	try {
		await work(base);
	} catch (error) {
		check(promise, false, error.stack);
	} finally {
		removeRoots(base);
	}
}
