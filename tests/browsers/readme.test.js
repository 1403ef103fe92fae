// "An app of your own", typed as the README says: its C compiled, its page served, its button pressed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { startEngine } from "../engines/index.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";

const readme = fs.readFileSync(path.join(top, "README.md"), "utf8");
const block = (language, pattern) => [...readme.matchAll(/```(\w+)\n([^]*?)```/g)].find(([, its, text]) => its === language && pattern.test(text))[2];

test("the README's app of one's own works", async () => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-readme-"));
	after(() => fs.rmSync(folder, { recursive: true, force: true }));
	for (const name of ["app", "build/playground"])
		fs.mkdirSync(path.join(folder, name), { recursive: true });
	fs.writeFileSync(path.join(folder, "build/playground/greeting.txt"), "one two  three\n");
	fs.writeFileSync(path.join(folder, "words.c"), block("c", /main/));
	fs.writeFileSync(path.join(folder, "app/index.html"), block("html", /run\(/));
	const [, compile] = block("c", /main/).match(/^\/\* words\.c: (.*) \*\/$/m);
	execFileSync("sh", ["-c", compile], { cwd: folder });
	const flags = block("sh", /wvwasi-gw --root/).trim().split(" ").slice(1)
		.map((word) => (word.startsWith("-") ? word : path.join(folder, word)));

	const gateway = await startGateway(flags);
	after(() => gateway.stop());
	const engine = await startEngine("chromium");
	after(() => engine.close());
	const page = await engine.open(linkTo(gateway.ready.link, "/"));
	await page.waitFor(() => document.querySelector("button")?.onclick !== null && document.querySelector("button"));
	await page.evaluate(() => document.querySelector("button").click());
	await page.waitFor(() => document.querySelector("output").value !== "");
	assert.equal(await page.evaluate(() => document.querySelector("output").value), "3 words in /work/greeting.txt\n");
});
