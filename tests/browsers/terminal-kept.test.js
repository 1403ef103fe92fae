// The terminal page's programs outlive it, from their first prompt on: reloads, crashes, a lost connection, further tabs.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import "../inflate.js";
import { openRecording } from "../../static/shim/recording/reader.js";
import { Timeline } from "../../static/shim/recording/timeline.js";
import { engineNames, startEngine } from "../engines/index.js";
import { linkTo } from "../gateway/gateway.js";
import { after, describe, test } from "../testing.js";
import { killTabs } from "./kill-tab.js";
import { startProxy } from "./proxy.js";
import { TabBar } from "./terminal-tabs.js";
import { python, TerminalPage } from "./terminal-page.js";

const only = process.env.WVWASI_ENGINE;
const starts = (terminal) => terminal.gateway.log.filter(({ event }) => event === "program-start").length;

async function reload(terminal) {
	await terminal.page.evaluate(() => {
		window.isOld = true;
		setTimeout(() => location.reload());
	});
	await terminal.until("the next page", () => terminal.page.evaluate(() => !window.isOld));
	await terminal.status(/^Running, /);
}

for (const name of engineNames.filter((each) => !only || only === each)) {
	const engine = await startEngine(name);
	const keptTest = (promise, body, flags = []) => test(promise, async () => {
		const terminal = await TerminalPage.open(engine, [python], { flags });
		try {
			await terminal.seen(/^>>>$/m);
			await body(terminal);
		} finally {
			await terminal.close();
		}
	});

	describe(`programs that are kept, ${name}`, () => {
		after(() => engine.close());

		keptTest("after a reload the screen is there as it was, and the program with its variables", async (terminal) => {
			await terminal.type("x = 41; file = open('/work/log', 'a')\r");
			await terminal.seen(/'a'\)\n>>>$/m);
			for (let i = 1; i <= 2; i++) {
				await terminal.type(`x += 1; print('x', x, file=file, flush=True); print('it', x)\r`);
				await terminal.seen(new RegExp(`^it ${41 + i}\\n>>>$`, "m"));
				await reload(terminal);
			}
			await terminal.type("print('after', x)\r");
			await terminal.seen(/^>>> x = 41; [^\n]*\n>>> x \+= 1; [^\n]*\nit 42\n>>> x \+= 1; [^\n]*\nit 43\n>>> print\('after', x\)\nafter 43\n>>>$/m);
			assert.equal(fs.readFileSync(`${terminal.folder}/log`, "utf8"), "x 42\nx 43\n");
			assert.equal(starts(terminal), 1);
			assert.deepEqual(await terminal.findings(), []);
		});

		keptTest("so are the programs of several tabs", async (terminal) => {
			const tabs = new TabBar(terminal);
			await terminal.type("x = 'first'\r");
			await tabs.again({ beside: true });
			await tabs.seen(1, /^>>>$/m);
			await tabs.type(1, "y = 'second'\r");
			await tabs.seen(1, /^>>> y = 'second'\n>>>$/m);
			await reload(terminal);
			await tabs.says("1: python.wasm, running", "* 2: python.wasm, running");
			await tabs.type(1, "print('still', y)\r");
			await tabs.seen(1, /^still second$/m);
			await terminal.type("print('still', x)\r");
			await terminal.seen(/^still first$/m);
			assert.equal(starts(terminal), 2);
			await terminal.page.screenshot(`${process.env.WVWASI_SCREENSHOTS ?? terminal.folder}/kept-${name}.png`);
		});

		if (name !== "webkit") // its driver ends with the process: tests/webview/crashes.test.js
			keptTest("after a crash of the page's process the program is in the page that is loaded next", async (terminal) => {
				const url = await terminal.page.url();
				await terminal.type("x = 'kept'; file = open('/work/log', 'a'); _ = file.write('once\\n'); file.flush()\r");
				await terminal.seen(/flush\(\)\n>>>$/m);
				assert.ok(killTabs(name) > 0);
				await terminal.until("the next page", () => terminal.page.goto(url).then(() => true)); // a browser needs a moment to notice
				await terminal.status(/^Running, /);
				await terminal.type("print(x, file.write('twice\\n')); file.close()\r");
				await terminal.seen(/kept 6\n>>>$/m);
				assert.equal(fs.readFileSync(`${terminal.folder}/log`, "utf8"), "once\ntwice\n");
				assert.equal(starts(terminal), 1);
			});

		if (name !== "chromium")
			return;

		const recording = path.join(os.tmpdir(), `wvwasi-back-${process.pid}.wvr`);
		after(() => fs.rmSync(recording, { force: true }));

		keptTest("Ctrl-C in a computation goes back to its prompt, variables and all, in the recording, too; what its line did to files stays, and that is said", async (terminal) => {
			const back = "Interrupted: the program is back at this prompt, variables and all";
			await terminal.type("x = 41; file = open('/work/log', 'a')\r");
			await terminal.seen(/'a'\)\n>>>$/m);
			await terminal.type("x += 1\r");
			await terminal.seen(/^>>> x \+= 1\n>>>$/m);
			for (let i = 1; i <= 2; i++) {
				await terminal.type("while True: _ = x == 42 and print('computing'); x += 1\r");
				await terminal.seen(new RegExp(`(^\\.\\.\\.$[^]*){${i}}`, "m"));
				await terminal.type("\r");
				await terminal.seen(new RegExp(`(^computing$[^]*){${i}}$`, "m"));
				await terminal.type("\x03");
				await terminal.seen(new RegExp(`(${back}\\n>>>[^]*){${i}}$`)); // on a slow machine it takes more than two seconds
			}
			await terminal.type("print('it is', x, file.write('ok'))\r");
			await terminal.seen(/^it is 42 2\n>>>$/m);
			await reload(terminal);
			await terminal.type("print('still', x)\r");
			await terminal.seen(/^still 42\n>>>$/m);
			await terminal.type("import os; os.mkdir('/work/made'); x = open('/work/made/x', 'w'); print('made'); [0 for x in iter(int, 1)]\r");
			await terminal.seen(/^made$/m);
			await terminal.type("\x03");
			await terminal.seen(new RegExp(`${back}; what it changed outside stays\\n>>>$`));
			await terminal.page.screenshot(`${process.env.WVWASI_SCREENSHOTS ?? terminal.folder}/back.png`);
			await terminal.type("import os; y = open('/work/y', 'w'); print(x, os.listdir('/work/made'), file.write('ok'), file.flush(), y.write('y'))\r");
			await terminal.seen(/^42 \['x'\] 2 None 1\n>>>$/m);
			await reload(terminal);
			await terminal.type("y.close(); print('there', x, os.path.getsize('/work/log'), open('/work/y').read())\r");
			await terminal.seen(/^there 42 4 y\n>>>$/m);
			assert.equal(starts(terminal), 1);
			await terminal.type("file.close(); print('closed'); [0 for x in iter(int, 1)]\r");
			await terminal.seen(/^closed$/m); // before that a Ctrl-C would only drop the line
			await terminal.type("\x03");
			await terminal.seen(/^there is no way back to its prompt: since then it has closed what it had open there[^]*Interrupted after [^\n]*Enter runs it again/m);
			const { runs } = await openRecording(fs.readFileSync(recording));
			const { output } = await Timeline.open(runs[0], fs.readFileSync(python)); // it is one run, as the program is now
			const printed = output.map(({ bytes }) => Buffer.from(bytes)).join("");
			assert.match(printed, /^[^]*still 42\n>>> 42 \['x'\] 2 None 1\n(>>> there 42 4 y\n)?>>> (closed\n)?$/);
		}, ["--record", recording]);

		keptTest("a connection that is cut: the page goes on with its program as soon as the gateway answers", async (terminal) => {
			const proxy = await startProxy(terminal.gateway.ready.port);
			try {
				const link = new URL(linkTo(await terminal.gateway.link(), "/_wvwasi/terminal"));
				link.port = proxy.port;
				await terminal.page.goto(link.href);
				await terminal.seen(/^>>>$/m);
				await terminal.type("x = 'held'\r");
				await terminal.seen(/^>>> x = 'held'\n>>>$/m);
				proxy.cut();
				await terminal.status(/^Lost after /);
				await terminal.status(/^Running, /);
				await terminal.type("print('it is', x)\r");
				await terminal.seen(/^>>> x = 'held'\n>>> print\('it is', x\)\nit is held\n>>>$/m);
				assert.equal(await terminal.page.evaluate(() => document.getElementById("notice").hidden), true);
			} finally {
				proxy.close();
			}
		});
	});
}
