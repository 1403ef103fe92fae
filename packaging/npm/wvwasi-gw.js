#!/usr/bin/env node
// `npx wvwasi-gw`: starts the gateway of this platform's own package, which npm installs beside this one, with our arguments, streams and signals.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";

const PACKAGES = { "linux-x64": "@wvwasi/gw-linux-x64" };
const platform = `${process.platform}-${process.arch}`;

function giveUp(sentence) {
	console.error(`wvwasi-gw: ${sentence}`);
	process.exit(1);
}

/** The gateway's file. */
function find() {
	const name = PACKAGES[platform];

	if (!name)
		giveUp(`there is no gateway for ${platform}: it runs on Linux, and npm has it for x64. On another processor, build it from its sources`);
	try {
		return path.join(path.dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), "bin/wvwasi-gw");
	} catch {
		return giveUp(`the package '${name}' isn't installed: npm leaves it out with --omit=optional, or with a lockfile of another platform`);
	}
}

const gateway = spawn(find(), process.argv.slice(2), { stdio: "inherit" });
// The terminal sends Ctrl-C to both; what only we are sent is passed on. Either way the gateway ends first.
for (const signal of ["SIGINT", "SIGQUIT"])
	process.on(signal, () => {});
for (const signal of ["SIGTERM", "SIGHUP"])
	process.on(signal, () => gateway.kill(signal));
gateway.on("error", ({ code, message }) =>
	giveUp(code === "ENOENT" ? `'${gateway.spawnfile}' needs glibc, which this Linux doesn't have` : message));
gateway.on("exit", (code, signal) => {
	if (!signal)
		process.exit(code);
	process.removeAllListeners(signal);
	process.kill(process.pid, signal);
});
