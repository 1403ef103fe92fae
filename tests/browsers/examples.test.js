// The examples as `make run-examples` serves them, in Chromium: what they did is looked at from outside.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { pause } from "../engines/deadline.js";
import { startEngine } from "../engines/index.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";
import { auditPage } from "./audit.js";
import { after, test } from "../testing.js";

const root = path.join(process.env.WVWASI_BUILD ?? path.join(top, "build"), "examples");
const run = promisify(execFile);

const work = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-examples-"));
after(() => fs.rmSync(work, { recursive: true, force: true }));
fs.cpSync(path.join(top, "examples/playground"), work, { recursive: true });
for (const end of ["py", "db", "txt"]) // names that aren't UTF-8, which every example meets
	fs.writeFileSync(Buffer.concat([Buffer.from(`${work}/odd`), Buffer.of(0xff), Buffer.from(`.${end}`)]), "odd\n");
const gateway = await startGateway(["--root", root, "--dir", `${work}::/work`, "--tcplisten", "127.0.0.1:0", "--", path.join(root, "python/python.wasm")]);
after(() => gateway.stop());
const engine = await startEngine("chromium");
after(() => engine.close());
const page = await engine.open(linkTo(gateway.ready.link, "/"));
await page.waitFor(() => document.querySelector(".cards"));

const text = (id) => page.evaluate((which) => document.getElementById(which).innerText, id);
const click = (id) => page.evaluate((which) => document.getElementById(which).click(), id);

async function open(folder) {
	await page.goto(`${gateway.ready.url}/${folder}`);
}

async function seen(id, pattern) {
	for (const late = Date.now() + 30_000; Date.now() < late; await pause(50)) {
		const shown = await text(id);
		if (pattern.test(shown))
			return shown;
	}
	throw new Error(`never seen: ${pattern} in #${id}; on the page:\n${await page.evaluate(() => document.body.innerText)}`);
}

/** An example works, and axe-core has no serious complaint about its page then. */
function example(promise, folder, body) {
	test(promise, async () => {
		await open(folder);
		await body();
		assert.deepEqual(await auditPage(page), []);
		const complaints = (await page.messages()).filter(({ type }) => type === "error" || type === "warn").map(({ text: said }) => said);
		assert.ok(!complaints.length, `the console: ${complaints.join("; ")}`);
	});
}

example("the index leads to every example", "", async () => {
	const links = await page.evaluate(() => [...document.querySelectorAll(".cards a")].map((link) => link.getAttribute("href")));
	const folders = fs.readdirSync(path.join(top, "examples"), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
	for (const folder of folders.filter((name) => fs.existsSync(path.join(top, "examples", name, "index.html"))))
		assert.ok(links.includes(`${folder}/`), folder);
});

example("hello calls all 46 functions, and only what the README lists is not supported", "hello/", async () => {
	await click("go");
	await seen("status", /^46 functions in \d+ calls\.$/);
	const failed = await page.evaluate(() => [...document.querySelectorAll("tr.failed")]
		.map((row) => `${row.querySelector(".name").innerText} ${row.cells[3].innerText}`));
	assert.deepEqual(failed, ["fd_allocate 58 NOTSUP"]);
	const rows = await page.evaluate(() => [...document.querySelectorAll("#calls tr")]
		.map((row) => [row.querySelector(".name").innerText, row.cells[2].innerText]));
	assert.equal(new Set(rows.map(([name]) => name)).size, 46);
	assert.equal(rows.find(([name]) => name === "fd_read")[1], '"Jello"');
	assert.equal(rows.at(-1)[0], "proc_exit");
});

example("python saves a script and runs it on real files", "python/", async () => {
	await page.waitFor(() => document.getElementById("script").value !== "");
	await page.evaluate(() => {
		document.getElementById("script").value = "import sys\nopen('made.txt', 'w').write(' '.join(sys.argv[1:]))\nprint('done')";
		document.getElementById("args").value = "one two";
	});
	await click("run");
	await seen("status", /^Exit code 0/);
	await seen("output", /^done\n$/);
	assert.equal(fs.readFileSync(path.join(work, "made.txt"), "utf8"), "one two");
	assert.match(fs.readFileSync(path.join(work, "cities.py"), "utf8"), /^import sys/);
});

example("sqlite makes a real database and shows it", "sqlite/", async () => {
	await seen("results", /Frankenstein/);
	assert.equal(fs.readFileSync(path.join(work, "books.db")).subarray(0, 15).toString(), "SQLite format 3");
	await page.evaluate(() => (document.getElementById("sql").value =
		"INSERT INTO author VALUES (9, '\"quoted\"\\', 2000); SELECT name, born FROM author WHERE id = 9"));
	await click("run");
	assert.match(await seen("results", /quoted/), /"quoted"\\\s+2000/);
	await page.evaluate(() => (document.getElementById("sql").value = "SELECT * FROM missing"));
	await click("run");
	await seen("status", /no such table: missing/);
	assert.equal(await text("results"), "", "the rows of the query before are gone");
});

test("the card of the terminal leads to a program that runs, and the link to the examples", async () => {
	await open("");
	assert.match(gateway.ready.link, /&to=\/$/);
	await open(await page.evaluate(() => [...document.querySelectorAll(".cards a")].at(-1).getAttribute("href").slice(1)));
	await seen("status-text", /^Running/);
});

test("an example that is opened as a file says what it needs", async () => {
	const plain = await engine.open(`file://${path.join(top, "examples/python/index.html")}`);
	assert.match(await plain.waitFor(() => document.getElementById("unserved")?.innerText), /^This page needs its gateway/);
	await plain.close();
});

example("notes are files", "notes/", async () => {
	await page.waitFor(() => document.getElementById("folder").innerText !== "");
	await page.evaluate(() => {
		document.getElementById("name").value = "Größe";
		document.getElementById("new").requestSubmit();
	});
	await seen("list", /Größe/);
	await page.waitFor(() => !document.getElementById("text").disabled);
	await page.evaluate(() => {
		const text = document.getElementById("text");
		text.value = "milk\nbread\n";
		text.dispatchEvent(new InputEvent("input"));
	});
	await click("save");
	await seen("status", /^Saved/);
	assert.deepEqual(fs.readdirSync(path.join(work, "notes")), ["Größe.txt"]);
	const file = path.join(work, "notes/Größe.txt");
	assert.equal(fs.readFileSync(file, "utf8"), "milk\nbread\n");
	/* Which key saves; taken: not typed. textpattern 1385, iD 4834: Windows says AltGr as Ctrl and Alt */
	const press = (keys) => page.evaluate((init) => {
		const text = document.getElementById("text");
		text.value += "more\n";
		text.dispatchEvent(new InputEvent("input"));
		return !text.dispatchEvent(new KeyboardEvent("keydown", { ctrlKey: true, code: "KeyS", bubbles: true, cancelable: true, ...init }));
	}, keys);
	const saved = () => page.waitFor(() => document.getElementById("save").disabled);
	assert.equal(await press({ key: "ś", altKey: true }), false, "a Polish letter is typed");
	assert.equal(fs.readFileSync(file, "utf8"), "milk\nbread\n");
	for (const key of ["s", "ы"]) {
		assert.equal(await press({ key }), true, key);
		await saved();
	}
	assert.equal(fs.readFileSync(file, "utf8"), "milk\nbread\nmore\nmore\nmore\n");
});

example("a note keeps its file's mark, line ends and bytes", "notes/", async () => {
	const file = (name) => Buffer.concat([Buffer.from(`${work}/notes/`), Buffer.from(name, "latin1")]);
	const opens = async (name) => {
		await page.waitFor(`[...document.querySelectorAll("#list button")].some(({ textContent }) => textContent === ${JSON.stringify(name)})`);
		await page.evaluate((which) => [...document.querySelectorAll("#list button")].find(({ textContent }) => textContent === which).click(), name);
	};
	fs.mkdirSync(path.join(work, "notes"), { recursive: true });
	const kinds = { dos: "\ufeffone\r\ntwo\r\n", unix: "one\ntwo\n", mac: "one\rtwo\r" };
	for (const [name, text] of Object.entries(kinds))
		fs.writeFileSync(file(`${name}.txt`), text);
	fs.writeFileSync(file("binary.txt"), Buffer.from([0x61, 0xff, 0x0a]));
	fs.writeFileSync(file("odd\xff.txt"), "odd\n");
	await open("notes/");
	for (const [name, text] of Object.entries(kinds)) {
		await opens(name);
		await page.waitFor(`document.querySelector("#list [aria-current=true]")?.textContent === ${JSON.stringify(name)}`);
		assert.equal(await page.evaluate(() => document.getElementById("text").value), "one\ntwo\n");
		assert.equal(await page.evaluate(() => window.dispatchEvent(new Event("beforeunload", { cancelable: true }))), true, "untouched, it may be left");
		await page.evaluate(() => {
			document.getElementById("text").value += "three\n";
			document.getElementById("text").dispatchEvent(new InputEvent("input"));
		});
		await click("save");
		await seen("status", /^Saved/);
		const [end] = /\r\n?|\n/.exec(text);
		assert.equal(fs.readFileSync(file(`${name}.txt`), "utf8"), `${text}three${end}`);
	}
	assert.match(await text("hidden"), /names aren't UTF-8 \(1\)/);
	await opens("binary");
	await seen("status", /^binary\.txt isn't text in UTF-8$/);
	assert.deepEqual(fs.readFileSync(file("binary.txt")), Buffer.from([0x61, 0xff, 0x0a]));
});

example("a server in the page answers curl, and shows nothing that wasn't granted", "server/", async () => {
	await page.waitFor(() => document.getElementById("folder").innerText !== "");
	await click("start");
	await seen("status", /^Running$/);
	assert.deepEqual(await auditPage(page), []);
	const [address] = gateway.ready.listen;
	const curl = async (target) => (await run("curl", ["-s", "-m", "10", "--path-as-is", `http://${address}/${target}`])).stdout;
	assert.equal(await curl("greeting.txt"), fs.readFileSync(path.join(work, "greeting.txt"), "utf8"));
	assert.match(await curl(""), /^greeting\.txt$/m);
	assert.equal(await curl("../../../etc/passwd"), "not found\n");
	await seen("log", /^200 GET \/greeting\.txt/);
	await click("stop");
	await seen("status", /^Stopped$/);
});
