// --reload in browsers: a file is saved, and the page is there anew, admitted as before; an app may choose the moment.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";

import { startEngine } from "../engines/index.js";
import { linkTo, startGateway } from "../gateway/gateway.js";
import { test } from "../testing.js";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-reload-"));
after(() => fs.rmSync(folder, { recursive: true, force: true }));
const at = (name) => path.join(folder, name);
// The smallest program: memory, and a _start that returns.
const PROGRAM = Buffer.from("0061736d01000000010401600000030201000503010001071302066d656d6f72790200065f737461727400000a040102000b", "hex");
const APP = (version) => `import { connect, run } from "/_wvwasi/wvwasi.js";
window.events = 0;
const { exitCode } = await run("program.wasm");
const { fs } = await connect();
await fs.writeFile("/work/${version}", "x");
window.version = "${version}:" + (exitCode === 0);`;

for (const name of ["chromium", "firefox"])
	test(`${name}: a saved file is on the page, which still runs programs; an app may put it off`, async (t) => {
		for (const one of ["root", "work"])
			fs.mkdirSync(at(one), { recursive: true });
		fs.writeFileSync(at("root/program.wasm"), PROGRAM);
		fs.writeFileSync(at("root/index.html"), '<!doctype html><title>one</title><script type="module" src="app.js"></script>');
		fs.writeFileSync(at("root/app.js"), APP("one"));
		const gateway = await startGateway(["--root", at("root"), "--dir", `${at("work")}::/work`, "--reload"]);
		t.after(() => gateway.stop());
		const engine = await startEngine(name);
		t.after(() => engine.close());
		const page = await engine.open(linkTo(gateway.ready.link, "/"));
		const shows = async (version) => {
			await page.waitFor(`window.version?.startsWith("${version}:")`);
			assert.equal(await page.evaluate("window.version"), `${version}:true`);
			assert.ok(fs.existsSync(at(`work/${version}`)), "it works on its folder");
			fs.rmSync(at(`work/${version}`));
		};

		await shows("one");
		fs.writeFileSync(at("root/app.js"), APP("two"));
		await shows("two");
		fs.writeFileSync(at("root/.index.html.new"), '<!doctype html><title>renamed</title><script type="module" src="app.js"></script>');
		fs.renameSync(at("root/.index.html.new"), at("root/index.html"));
		await page.waitFor('document.title === "renamed"');
		await shows("two");

		await page.evaluate(() => {
			window.addEventListener("wvwasi-reload", (event) => {
				event.preventDefault();
				window.events++;
			});
			window.stays = true;
		});
		fs.writeFileSync(at("root/app.js"), APP("three"));
		await page.waitFor("window.events === 1");
		fs.writeFileSync(at("root/app.js"), APP("four"));
		await page.waitFor("window.events === 2");
		assert.equal(await page.evaluate("window.stays === true && window.version"), "two:true");
		await page.evaluate("location.reload()");
		await shows("four");
	});
