// The gateway as the user at a terminal meets it, without --json, and its subcommands in another terminal.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";

import { within } from "../engines/deadline.js";
import { binary } from "./gateway.js";

const quoted = (word) => `'${word.replace(/'/g, "'\\''")}'`;

/** What a child says, and what is typed to it; hear(pattern, from) waits for it to say something. */
function talking(child) {
	let heard = "";
	let wake = () => {};
	for (const stream of ["stdout", "stderr"])
		child[stream].setEncoding("utf8").on("data", (text) => {
			heard += text;
			wake();
		});
	after(() => child.kill("SIGKILL"));
	return {
		type: (text) => child.stdin.write(text),
		stop: () => child.kill("SIGTERM"),
		at: () => heard.length,
		ended: new Promise((resolve) => child.once("close", resolve)),
		async hear(pattern, from = 0) {
			for (let match; ;) {
				if ((match = pattern.exec(heard.slice(from))))
					return match;
				await within(new Promise((resolve) => (wake = resolve)), 10_000, `${pattern} in '${heard}'`);
			}
		},
	};
}

/** A folder to serve, and its gateway's state: { base, env, startPlain, startOther }. */
export function terminals(name) {
	const base = fs.mkdtempSync(path.join(os.tmpdir(), `wvwasi-${name}-`));
	after(() => fs.rmSync(base, { recursive: true, force: true }));
	const env = { ...process.env, XDG_STATE_HOME: path.join(base, "state"), SHELL: "/bin/sh" };
	return {
		base, env,
		/** The gateway, on a real terminal or not. */
		startPlain(args, { tty }) {
			const line = [binary, "--root", base, ...args];
			return talking(tty ? spawn("script", ["-qefc", `exec ${line.map(quoted).join(" ")}`, "/dev/null"], { env, stdio: "pipe" })
				: spawn(line[0], line.slice(1), { env, stdio: "pipe" }));
		},
		/** A subcommand in another terminal. */
		startOther: (...args) => talking(spawn(binary, [...args, "--root", base], { env, stdio: "pipe" })),
	};
}
