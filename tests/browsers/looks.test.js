// Every page of ours and of the examples where it is hardest to see: dark on a phone, in forced colours at 200 %. In Chromium, which can be told so. Light and
// wide are looked at where each page is tested.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { startEngine } from "../engines/index.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";
import { after, test } from "../testing.js";
import { auditPage } from "./audit.js";

const LOOKS = [
	{ name: "dark, 400 px", viewport: { width: 400, height: 700 }, features: [{ name: "prefers-color-scheme", value: "dark" }] },
	{ name: "forced colours, 200 %", viewport: { width: 640, height: 400, deviceScaleFactor: 2 }, features: [{ name: "forced-colors", value: "active" }] },
];
const examples = path.join(process.env.WVWASI_BUILD ?? path.join(top, "build"), "examples");
const work = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-looks-"));
fs.cpSync(path.join(top, "examples/playground"), work, { recursive: true });
fs.mkdirSync(path.join(work, "notes"));
fs.writeFileSync(path.join(work, "notes/list.txt"), "milk\n");
const gateway = await startGateway(["--root", examples, "--dir", `${work}::/work`, "--tcplisten", "127.0.0.1:0",
	"--", path.join(examples, "python/python.wasm"), "-c", "open('/etc/passwd')"]);
const engine = await startEngine("chromium");
after(async () => {
	await engine.close();
	await gateway.stop();
	fs.rmSync(work, { recursive: true, force: true });
});

async function look(page, what) {
	const { puppeteer } = page, cdp = await puppeteer.createCDPSession(), found = [];
	for (const { name, viewport, features } of LOOKS) {
		await puppeteer.setViewport(viewport);
		await cdp.send("Emulation.setEmulatedMedia", { features });
		for (const { id, where } of await auditPage(page))
			found.push(`${what}, ${name}: ${id} of ${where.join(" ")}`);
		if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth))
			found.push(`${what}, ${name}: it scrolls sideways`);
		if (process.env.WVWASI_SCREENSHOTS)
			await page.screenshot(path.join(process.env.WVWASI_SCREENSHOTS, `look-${what.replace(/\W+/g, "-")}-${viewport.width}.png`));
	}
	await cdp.detach();
	assert.deepEqual(found, []);
}

const says = (page, pattern, id = "status") => page.waitFor(`new RegExp(${JSON.stringify(pattern.source)}).test(document.getElementById(${JSON.stringify(id)})?.innerText)`);
const click = (page, id) => page.evaluate((which) => document.getElementById(which).click(), id);

test("the enter page, with a complaint", async () => {
	const page = await engine.open(`${gateway.ready.url}/_wvwasi/enter`);
	await page.waitFor(() => document.getElementById("form") && !document.getElementById("form").hidden);
	await page.evaluate(() => {
		document.getElementById("link").value = "x";
		document.querySelector("form").requestSubmit();
	});
	await says(page, /./, "wrong");
	await look(page, "enter");
	await page.close();
});

let page; // from the first example on; the enter page needs a browser that isn't let in

for (const [folder, ready] of [
	["", () => page.waitFor(() => document.querySelector(".cards"))],
	["hello/", () => click(page, "go").then(() => says(page, /^46 functions/))],
	["python/", async () => {
		await page.waitFor(() => document.getElementById("script").value !== "");
		await page.evaluate(() => (document.getElementById("script").value = "input()"));
		await click(page, "run");
		await says(page, /waits for input/);
		await page.evaluate(() => (document.getElementById("script").value = "input()"));
	}],
	["sqlite/", async () => {
		await page.waitFor(() => document.querySelector("#results table"));
		await look(page, "sqlite with rows");
		await page.evaluate(() => (document.getElementById("sql").value = "SELECT * FROM missing"));
		await click(page, "run");
		await says(page, /no such table/);
	}],
	["notes/", () => page.waitFor(() => document.getElementById("text").value !== "")],
	["server/", async () => {
		await page.waitFor(() => document.getElementById("folder").innerText !== "");
		await click(page, "start");
		await says(page, /^Running$/);
	}],
	["editor/", () => page.waitFor(() => document.querySelector("button"))],
])
	test(`examples/${folder}`, async () => {
		page ??= await engine.open(linkTo(gateway.ready.link, "/"));
		await page.waitFor(() => document.querySelector(".cards") ?? location.pathname !== "/");
		await page.goto(`${gateway.ready.url}/${folder}`);
		await ready();
		await look(page, `example ${folder}`);
	});

test("the terminal after a failure, its dialogs, two tabs, and the folders", async () => {
	await page.goto(`${gateway.ready.url}/_wvwasi/terminal`);
	await says(page, /^Exit code 1/);
	await look(page, "terminal");
	for (const opener of ["status", "settings-open", "another-open"]) {
		await click(page, opener);
		await page.waitFor(() => document.querySelector("dialog[open]"));
		await look(page, `terminal ${opener}`);
		await page.evaluate(() => document.querySelector("dialog[open]").close());
	}
	await click(page, "folders-open");
	await page.waitFor(() => document.querySelector("wvwasi-folders")?.shadowRoot.querySelector("[role=treeitem]"));
	await click(page, "find-open");
	await look(page, "terminal folders and find");
	await click(page, "another-open");
	await click(page, "another-same");
	await page.waitFor(() => /exit code 1$/.test(document.querySelector("[role=tab][aria-selected=true]").ariaLabel));
	await look(page, "terminal tabs");
});

test("the inspector with more calls than fit, each panel", async () => {
	const address = await page.evaluate(async () => (await (await fetch("/_wvwasi/program.json")).json()).inspector);
	const call = { call: "path_open", args: ["3", "1", "x", "9", "2", "0", "0", null], path: "/work/x", address: null, errno: 44, value: null, waited: true, time: 1.7e12 };
	const inspector = await engine.open(`${address}#calls=${encodeURIComponent(JSON.stringify({ args: ["tool"], code: 1, calls: Array(60).fill(call) }))}`);
	await inspector.waitFor(() => document.querySelectorAll("#grid .line").length > 3);
	for (const panel of ["trace", "programs", "time", "handles", "streams"]) {
		await inspector.evaluate((which) => document.querySelector(`#tabs [data-panel=${which}]`).click(), panel);
		await look(inspector, `inspector ${panel}`);
	}
	await inspector.close();
});
