// The examples that write the user's files: what another program changed meanwhile isn't overwritten unasked, what isn't saved isn't left unasked, errors are red.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { pause } from "../engines/deadline.js";
import { startEngine } from "../engines/index.js";
import { linkTo, startGateway } from "../gateway/gateway.js";
import { after, test } from "../testing.js";
import { auditPage } from "./audit.js";

const work = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-changes-"));
const root = path.resolve(process.env.WVWASI_BUILD ?? "build", "examples");
const engine = await startEngine(process.env.WVWASI_ENGINE ?? "chromium");
const gateway = await startGateway(["--root", root, "--dir", `${work}::/work`]);
fs.mkdirSync(path.join(work, "notes"));
after(async () => {
	await engine.close();
	await gateway.stop();
	fs.rmSync(work, { recursive: true, force: true });
});
const page = await engine.open(linkTo(gateway.ready.link, "/"));
await page.waitFor(() => document.querySelector(".cards"));

const click = (id) => page.evaluate((which) => document.getElementById(which).click(), id);
/** Types into a field, and says what the page is answered when it asks. */
const type = (id, text, answer) => page.evaluate((which, value, yes) => {
	window.asked = [];
	window.confirm = (question) => {
		window.asked.push(question);
		return yes;
	};
	document.getElementById(which).value = value;
	document.getElementById(which).dispatchEvent(new InputEvent("input"));
}, id, text, answer);
async function status(pattern) {
	for (const late = Date.now() + 30_000; Date.now() < late; await pause(50)) {
		const { text, ...seen } = await page.evaluate(() => {
			const { innerText, className } = document.getElementById("status");
			return { text: innerText, isRed: /bad-text/.test(className), asked: window.asked };
		});
		if (pattern.test(text))
			return seen;
	}
	throw new Error(`never seen: ${pattern}; on the page:\n${await page.evaluate(() => document.body.innerText)}`);
}

test("python: a script that another program changed is asked for, input() reads what is written for it, also while it waits, and errors are red", async () => {
	const file = path.join(work, "own.py");
	fs.writeFileSync(file, "print(1)\n");
	await page.goto(`${gateway.ready.url}/python/`);
	await page.waitFor(() => document.getElementById("script").value !== "");
	fs.writeFileSync(file, "print(2)\n");
	await type("script", "print(input(), input())", false);
	await click("run");
	const { isRed, asked } = await status(/as the other program left it/);
	assert.ok(isRed && /own\.py since it was opened here\. Overwrite it\?$/.test(asked[0]), asked[0]);
	assert.equal(fs.readFileSync(file, "utf8"), "print(2)\n");
	assert.equal(await page.evaluate(() => !window.dispatchEvent(new Event("beforeunload", { cancelable: true }))), true, "it isn't saved");
	await type("script", "print(input(), input())", true);
	await type("input", "one", true);
	await click("run");
	assert.equal((await status(/waits for input/)).isRed, false);
	assert.equal(await page.evaluate(() => document.activeElement.id), "input");
	await type("input", "one\ntwo\n", true);
	assert.deepEqual(await status(/^Exit code 0/), { isRed: false, asked: [] });
	assert.equal(await page.evaluate(() => document.getElementById("output").innerText), "one two\n");
	await type("input", "", true);
	await click("run");
	await status(/waits for input/);
	await page.evaluate(() => document.getElementById("input").dispatchEvent(new KeyboardEvent("keydown", { key: "d", ctrlKey: true, cancelable: true })));
	assert.equal((await status(/^Exit code 1/)).isRed, true);
	assert.match(await page.evaluate(() => document.getElementById("output").innerText), /^EOFError/m);
	assert.deepEqual(await auditPage(page), []);
});

test("notes: a note that another program changed or removed is asked for", async () => {
	const file = path.join(work, "notes/list.txt");
	fs.writeFileSync(file, "milk\n");
	await page.goto(`${gateway.ready.url}/notes/`);
	await page.waitFor(() => document.getElementById("text").value === "milk\n");
	fs.writeFileSync(file, "bread\n");
	await type("text", "milk, tea\n", false);
	await click("save");
	assert.equal((await status(/^Not saved: /)).isRed, true);
	assert.equal(fs.readFileSync(file, "utf8"), "bread\n");
	fs.rmSync(file);
	await type("text", "milk, tea\n", true);
	await click("save");
	assert.match((await status(/^Saved/)).asked[0], /has removed list\.txt/);
	assert.equal(fs.readFileSync(file, "utf8"), "milk, tea\n");
});

test("sqlite: a statement that the user wrote isn't replaced unasked; Stop ends one that goes on; errors are red", async () => {
	await page.goto(`${gateway.ready.url}/sqlite/`);
	await page.waitFor(() => document.querySelector("#results table"));
	const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n;";
	await type("sql", endless, false);
	assert.match(await page.evaluate(() => {
		const table = document.getElementById("table");
		table.selectedIndex = table.selectedIndex === 0 ? 1 : 0;
		table.dispatchEvent(new Event("change"));
		return window.asked[0];
	}), /^Replace the statement/);
	assert.equal(await page.evaluate(() => document.getElementById("sql").value), endless);
	await click("run");
	await page.waitFor(() => !document.getElementById("stop").disabled);
	await click("stop");
	assert.equal((await status(/^Stopped\./)).isRed, true);
	assert.deepEqual(await page.evaluate(() => [...document.getElementById("results").children].length), 0, "old results are gone");
	await type("sql", "SELECT 6 * 7", false);
	await click("run");
	assert.equal((await status(/^\d+ ms\./)).isRed, false);
	assert.deepEqual(await auditPage(page), []);
});
