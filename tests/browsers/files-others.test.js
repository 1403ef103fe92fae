// What others wrote for the File System API, as it comes from npm, on a granted folder in three engines: isomorphic-git by way of ZenFS makes commits that git
// accepts, browser-fs-access opens and saves what the user picks.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { engineNames, startEngine } from "../engines/index.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";
import { auditPage } from "./audit.js";
import { after, test } from "../testing.js";

const PACKAGES = ["isomorphic-git", "@zenfs/core", "@zenfs/dom", "browser-fs-access", "native-file-system-adapter"];
const skip = PACKAGES.every((name) => fs.existsSync(path.join(top, "node_modules", name))) ? false : "its packages aren't here: make deps";
const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-files-others-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const root = path.join(base, "root");

if (!skip) {
	/* Debian 12's esbuild can't read `import … with { type: "json" }`, which ZenFS has in one place. */
	const zenfs = path.join(base, "node_modules/@zenfs/core"), compat = path.join(zenfs, "dist/node/compat.js");
	fs.cpSync(path.join(top, "node_modules/@zenfs/core"), zenfs, { recursive: true });
	fs.writeFileSync(compat, fs.readFileSync(compat, "utf8").replace(/ with \{ type: 'json' \}/, ""), { flag: "w" });
	const zenfsDom = path.join(base, "node_modules/@zenfs/dom");
	fs.cpSync(path.join(top, "node_modules/@zenfs/dom"), zenfsDom, { recursive: true });
	const sources = ["git", "browser-fs-access", "adapter"].map((name) => path.join(base, `${name}.js`));
	sources.forEach((source) => fs.copyFileSync(path.join(top, "tests/pages/others", path.basename(source)), source));
	execFileSync("esbuild", [...sources, "--bundle", "--format=esm", "--splitting", "--target=es2022", `--outdir=${root}`, "--external:/_wvwasi/*",
		"--log-level=error"], { cwd: base, env: { ...process.env, NODE_PATH: path.join(top, "node_modules") } });
	fs.writeFileSync(path.join(root, "index.html"), `<!doctype html><html lang="en"><title>others</title><link rel="icon" href="data:,"><h1>An app</h1>
		<script type="module" src="git.js"></script><script type="module" src="browser-fs-access.js"></script>`);
	fs.writeFileSync(path.join(root, "adapter.html"), `<!doctype html><title>adapter</title><script type="module" src="adapter.js"></script>`);
}

/** As the user: presses the button of the picker that has this text, once it is there. */
async function press(page, text) {
	const button = `[...document.querySelector(".wvwasi-picker")?.shadowRoot.querySelectorAll("button") ?? []].find((each) => each.textContent.endsWith(${
		JSON.stringify(text)}))`;
	await page.waitFor(`${button} !== undefined`);
	await page.evaluate(`${button}.click()`);
}

for (const name of engineNames) {
	const work = path.join(base, name), at = (...names) => path.join(work, ...names);
	const git = (...words) => execFileSync("git", ["-c", "safe.directory=*", ...words], { cwd: at("repository"), encoding: "utf8" });
	const ends = [];
	let opening = null;
	const opened = () => (opening ??= open());

	async function open() {
		fs.mkdirSync(at("repository"), { recursive: true });
		fs.mkdirSync(at("documents/d"), { recursive: true });
		for (const file of ["a.txt", "b.png", "d/c.txt"])
			fs.writeFileSync(at("documents", file), `this is ${file}`);
		const gateway = await startGateway(["--root", root, "--dir", `${work}::/work`]);
		ends.unshift(() => gateway.stop());
		const engine = await startEngine(name);
		ends.unshift(() => engine.close());
		const page = await engine.open(linkTo(gateway.ready.link, "/"));
		await page.waitFor(() => window.makeCommits && window.app);
		return page;
	}
	after(async () => {
		for (const end of ends)
			await end();
	});

	test(`${name}: isomorphic-git over ZenFS commits, and git finds nothing wrong`, { skip }, async () => {
		const commits = await (await opened()).evaluate(() => window.makeCommits("/work/repository"));
		assert.equal(commits.length, 2);
		assert.equal(git("log", "--format=%H").trim(), commits.join("\n"));
		git("fsck", "--strict", "--no-dangling");
		assert.equal(git("show", "HEAD:src/main.c"), "int main(void) { return 0; }\n");
		assert.equal(git("status", "--short"), "");
	});

	test(`${name}: browser-fs-access opens what the user picks, and saves`, { skip }, async () => {
		const page = await opened();
		await page.evaluate(() => window.app.open());
		for (const text of ["/work", "documents", "a.txt"])
			await press(page, text);
		assert.deepEqual(await page.waitFor(() => window.result), ["a.txt", "this is a.txt", "/work/documents/a.txt"]);

		await page.evaluate(() => window.app.list());
		for (const text of ["/work", "documents", "Choose this folder"])
			await press(page, text);
		assert.deepEqual(await page.waitFor(() => window.result), ["documents/a.txt", "documents/b.png", "documents/d/c.txt"]);

		await page.evaluate(() => window.app.save("saved", "new.txt"));
		for (const text of ["/work", "documents"])
			await press(page, text);
		await page.waitFor(() => document.querySelector(".wvwasi-picker").shadowRoot.textContent.includes("/work/documents"));
		assert.deepEqual(await auditPage(page), []);
		await press(page, "Save");
		assert.equal(await page.waitFor(() => window.result), "/work/documents/new.txt");
		assert.equal(fs.readFileSync(at("documents/new.txt"), "utf8"), "saved");

		await page.evaluate(() => window.app.again("again", "/work/documents/new.txt"));
		assert.equal(await page.waitFor(() => window.result), "/work/documents/new.txt");
		assert.equal(fs.readFileSync(at("documents/new.txt"), "utf8"), "again");

		await page.evaluate(() => window.app.open());
		await press(page, "Cancel");
		assert.equal(await page.waitFor(() => window.result), "AbortError");
		assert.equal(await page.evaluate(() => document.querySelectorAll(".wvwasi-picker").length), 0);
	});

	test(`${name}: native-file-system-adapter has a granted folder as its store`, { skip }, async () => {
		const page = await opened();
		await page.goto(await page.evaluate(() => new URL("/adapter.html", location).href)); // it changes the classes that "?install" puts on the window
		await page.waitFor(() => window.adapted);
		fs.mkdirSync(at("store"));
		assert.deepEqual(await page.evaluate((store) => window.adapted(store), "/work/store"),
			{ names: ["directory made"], text: "first sec", path: ["made", "a.txt"], missing: "NotFoundError" });
		assert.equal(fs.readFileSync(at("store/made/a.txt"), "utf8"), "first sec");
	});
}
