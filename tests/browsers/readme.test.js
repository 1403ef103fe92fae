// "An app of your own", pasted as it is into a shell in an empty folder: what it installs is what this project's tests have, the program compiles, the
// page is served, its button works, on a file that is there and on one that isn't.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { startEngine } from "../engines/index.js";
import { within } from "../engines/deadline.js";
import { binary, linkTo, top } from "../gateway/gateway.js";

const readme = fs.readFileSync(path.join(top, "README.md"), "utf8");
const [section] = readme.match(/^## An app of your own\n[^]*?(?=^## )/m);
const script = [...section.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text]) => text).join("\n");

test("the README's app of one's own works as pasted", async () => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-readme-"));
	after(() => fs.rmSync(folder, { recursive: true, force: true }));
	const [, packages] = script.match(/^sudo apt-get install (.*)$/m);
	for (const name of packages.split(" "))
		assert.match(execFileSync("dpkg-query", ["-W", "-f", "${Status}", name], { encoding: "utf8" }), /installed/, name);

	// As typed, but for sudo, which would ask, and for the gateway's name and port: it isn't installed.
	const shell = spawn("bash", ["-e"], { cwd: folder, stdio: ["pipe", "pipe", "pipe"], detached: true });
	after(() => {
		try {
			process.kill(-shell.pid, "SIGTERM");
		} catch {
			// it has ended
		}
	});
	let printed = "";
	const link = new Promise((resolve, reject) => {
		for (const stream of [shell.stdout, shell.stderr])
			stream.setEncoding("utf8").on("data", (text) => {
				printed += text;
				const found = /Open (http:\S+)/.exec(printed);
				if (found)
					resolve(found[1]);
			});
		shell.on("exit", (code) => reject(new Error(`the shell ended with ${code}: ${printed}`)));
	});
	shell.stdin.end(`sudo() { :; }\nwvwasi-gw() { "${binary}" --port 0 "$@" </dev/null; }\n${script}`);
	const opened = await within(link, 60_000, "the gateway's link");

	const engine = await startEngine("chromium");
	after(() => engine.close());
	const page = await engine.open(linkTo(opened, "/"));
	await page.waitFor(() => document.querySelector("button")?.onclick !== null && document.querySelector("button"));
	const count = async (file) => {
		await page.evaluate((name) => {
			document.querySelector("output").value = "";
			if (name)
				document.querySelector("input").value = name;
			document.querySelector("button").click();
		}, file);
		await page.waitFor(() => document.querySelector("output").value !== "");
		return page.evaluate(() => document.querySelector("output").value);
	};
	assert.equal(await count(), "6 words in /work/greeting.txt\n");
	assert.equal(await count("/work/nothing.txt"), "/work/nothing.txt: No such file or directory\n");
	const ended = once(shell, "close");
	process.kill(-shell.pid, "SIGTERM");
	await within(ended, 20_000, "the gateway's end");
	assert.match(await count("/work/greeting.txt"), /the gateway can't be reached/, "the catch says what failed: to load the program, or its worker");
});
