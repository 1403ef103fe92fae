// The example Editor: CodeMirror opens a folder that the user grants while it runs, shows what others change there, and saves, in three engines.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { engineNames, startEngine } from "../engines/index.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";
import { auditPage } from "./audit.js";
import { test } from "../testing.js";

const SHOTS = process.env.WVWASI_SCREENSHOTS;
const root = path.join(process.env.WVWASI_BUILD ?? path.join(top, "build"), "examples");

for (const name of engineNames)
	test(`${name}: the editor opens a folder, shows what others change in it, and saves`, async () => {
		const home = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-editor-")), at = (...names) => path.join(home, "project", ...names);
		fs.mkdirSync(at("src"), { recursive: true });
		fs.writeFileSync(at("src/main.js"), "export const answer = 42;\r\n");
		fs.writeFileSync(at("README"), "read me\n");
		const gateway = await startGateway(["--root", root, "--ask"], { env: { HOME: home } }), engine = await startEngine(name);
		const shows = (what) => page.waitFor(`[...document.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\\n") === ${JSON.stringify(what)}`);
		const press = async (label) => {
			const found = `[...document.querySelectorAll("#files summary, #files button")].find((each) => each.textContent === ${JSON.stringify(label)})`;
			await page.waitFor(`${found} !== undefined`);
			await page.evaluate(`${found}.click()`);
		};
		const says = (what) => page.waitFor(`document.getElementById("status").textContent === ${JSON.stringify(what)}`);
		const page = await engine.open(linkTo(gateway.ready.link, "/editor/"));
		try {
			await page.waitFor(() => document.querySelector(".cm-editor"));
			await page.evaluate(() => document.getElementById("open").click());
			await page.waitFor(() => document.querySelector(".wvwasi-picker")?.shadowRoot.querySelector(".another"));
			await page.evaluate(() => document.querySelector(".wvwasi-picker").shadowRoot.querySelector(".another").click());
			gateway.say({ do: "answer", question: (await gateway.next("question")).question, folder: "project" });
			await says("project: choose a file");

			await press("src");
			await press("main.js");
			await shows("export const answer = 42;\n");
			await page.evaluate(() => {
				const content = document.querySelector(".cm-content");
				content.focus();
				document.execCommand("insertText", false, "// typed");
			});
			await page.waitFor(() => !document.getElementById("save").disabled);
			assert.deepEqual(await auditPage(page), []);
			if (SHOTS)
				await page.screenshot(path.join(SHOTS, `editor-${name}.png`));
			await page.evaluate(() => document.getElementById("save").click());
			await says("Saved src/main.js");
			assert.equal(fs.readFileSync(at("src/main.js"), "utf8"), "// typedexport const answer = 42;\r\n", "its line ends are as they were");

			// Others change the open file, make one and remove one.
			fs.writeFileSync(at("src/main.js"), "changed\n");
			await says("src/main.js: as another program has changed it");
			await shows("changed\n"); // it may have been seen empty before
			fs.writeFileSync(at("NEW"), "");
			fs.renameSync(at("README"), at("src/moved"));
			await page.waitFor(() => [...document.querySelectorAll("#files summary, #files button")].map((each) => each.textContent).join() === "src,main.js,moved,NEW");
		} finally {
			await engine.close();
			await gateway.stop();
			fs.rmSync(home, { recursive: true, force: true });
		}
	});
