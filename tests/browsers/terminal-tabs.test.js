// Several programs in one terminal page: every case in Chromium, a short one in the others.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { engineNames, startEngine } from "../engines/index.js";
import { after, describe, test } from "../testing.js";
import { TabBar } from "./terminal-tabs.js";
import { python, TerminalPage } from "./terminal-page.js";

const only = process.env.WVWASI_ENGINE;
const orders = path.join(process.env.WVWASI_BUILD ?? "build", "guests/orders.wasm");

for (const name of engineNames.filter((each) => !only || only === each)) {
	const engine = await startEngine(name);

	const tabTest = (promise, program, flags, body) => test(promise, async () => {
		const terminal = await TerminalPage.open(engine, program, { flags, size: [1280, 800] });
		try {
			await body(new TabBar(terminal), terminal);
		} finally {
			await terminal.close();
		}
	});

	describe(`tabs, ${name}`, () => {
		after(() => engine.close());

		tabTest("a second program runs beside the first; its tab says its exit code; closing it leaves the first alone", [orders], [], async (tabs, terminal) => {
			await terminal.seen(/^ready$/m);
			assert.deepEqual(await tabs.labels, [], "one program needs no tabs");
			await tabs.again({ beside: true });
			await tabs.seen(1, /^ready$/m);
			await tabs.says("1: orders.wasm, running", "* 2: orders.wasm, running");
			assert.deepEqual(await tabs.panes, ["first", "* 2"]);
			await tabs.type(1, "say in the second\r");
			await tabs.seen(1, /^in the second$/m);
			assert.doesNotMatch(await terminal.screen(), /second/);
			assert.deepEqual(await terminal.findings(), []);
			await terminal.page.screenshot(`${process.env.WVWASI_SCREENSHOTS ?? terminal.folder}/${name}-tabs.png`);
			await tabs.type(1, "exit 3\r");
			await tabs.says("1: orders.wasm, running", "* 2: orders.wasm, exit code 3");
			await terminal.page.evaluate(() => void setTimeout(() => location.reload()));
			await tabs.seen(1, /before the reload — Enter runs it again$/m);
			await tabs.says("1: orders.wasm, running", "* 2: orders.wasm, exit code 3");
			await terminal.click("tab-close");
			await terminal.until("no tabs", async () => (await tabs.labels).length === 0);
			await terminal.type("say still here\r");
			await terminal.seen(/^still here$/m);
		});

		if (name !== "chromium")
			return;

		tabTest("output that nobody has seen is told; keys lead from tab to tab; a reload brings tabs and split back", [orders], [], async (tabs, terminal) => {
			const { keyboard } = terminal.page.puppeteer;
			const chord = async (...keys) => {
				for (const key of keys)
					await keyboard.down(key);
				for (const key of keys.reverse())
					await keyboard.up(key);
			};
			await terminal.seen(/^ready$/m);
			await chord("Control", "Shift", "Enter");
			await keyboard.press("Enter");
			await tabs.seen(1, /^ready$/m);
			assert.deepEqual(await tabs.panes, ["* 2"]);
			await terminal.page.evaluate(() => document.querySelectorAll(".xterm-helper-textarea")[0].dispatchEvent(
				new InputEvent("input", { data: "say behind\r", inputType: "insertText", bubbles: true })));
			await tabs.says("1: orders.wasm, running, unread output", "* 2: orders.wasm, running");
			await chord("Control", "Shift", "ArrowLeft");
			await tabs.says("* 1: orders.wasm, running", "2: orders.wasm, running");
			await terminal.seen(/^behind$/m);
			assert.equal(await terminal.page.evaluate(() => document.activeElement.className), "xterm-helper-textarea");
			await chord("Control", "Shift", "Digit2");
			await tabs.says("1: orders.wasm, running", "* 2: orders.wasm, running");
			await terminal.click("tab-alone");
			await terminal.click("tab-turn");
			assert.deepEqual(await tabs.panes, ["first", "* 2"]);
			const stacked = () => terminal.page.evaluate(() => {
				const [one, other] = [...document.querySelectorAll(".pane")].map((pane) => pane.getBoundingClientRect());
				return other.top >= one.bottom && Math.abs(one.height - other.height) < 2;
			});
			assert.equal(await stacked(), true);
			await terminal.page.goto(await terminal.page.url());
			await tabs.seen(1, /^ready$/m);
			await tabs.says("1: orders.wasm, running", "* 2: orders.wasm, running");
			assert.deepEqual(await tabs.panes, ["first", "* 2"]);
			assert.equal(await stacked(), true);
			await terminal.page.resize(400, 700);
			await terminal.until("one pane on a narrow page", async () => (await tabs.panes).join() === "* 2");
			await terminal.page.evaluate(() => document.getElementById("tab-2").focus());
			await keyboard.press("Delete");
			await terminal.until("the question", async () => /orders\.wasm is running, and ends with it/.test(await terminal.text("close-tab")));
			await keyboard.press("Enter");
			await terminal.until("no tabs", async () => (await tabs.labels).length === 0);
			await terminal.until("its program's end", async () => terminal.gateway.log.some(({ event }) => event === "program-end"));
		});

		tabTest("programs of --program and of granted folders are opened with their arguments, and read anew at each run", [python],
			["--program", `orders=${orders}`], async (tabs, terminal) => {
			await terminal.seen(/^>>>$/m);
			await terminal.click("another-open");
			assert.deepEqual(await terminal.findings(), []);
			await terminal.page.screenshot(`${process.env.WVWASI_SCREENSHOTS ?? terminal.folder}/tabs-another.png`);
			const cdp = await terminal.page.puppeteer.createCDPSession();
			await cdp.send("Emulation.setEmulatedMedia", { features: [{ name: "forced-colors", value: "active" }, { name: "prefers-color-scheme", value: "dark" }] });
			assert.deepEqual(await terminal.findings(), [], "nor where the system forces its colours, dark ones");
			await cdp.detach();
			await terminal.page.evaluate(() => document.querySelector("#another-named button").click());
			await tabs.seen(1, /^ready$/m);
			await tabs.type(1, "exit 5\r");
			await tabs.says("1: python.wasm, running", "* 1: orders, exit code 5");
			await terminal.click("tab-close");
			fs.copyFileSync(path.join(process.env.WVWASI_BUILD ?? "build", "guests/ends.wasm"), path.join(terminal.folder, "tool.wasm"));
			fs.writeFileSync(path.join(terminal.folder, "notes.txt"), "");
			await terminal.click("another-open");
			await terminal.page.evaluate(() => {
				document.getElementById("another-arguments").value = "exit '4'";
				document.querySelector("#another [value=open]").click();
			});
			const choose = (label) => terminal.until(label, () => terminal.page.evaluate((wanted) => {
				const button = [...document.querySelector(".wvwasi-picker")?.shadowRoot.querySelectorAll("button") ?? []].find((each) => each.textContent.includes(wanted));
				button?.click();
				return button !== undefined;
			}, label));
			await choose("/work");
			await choose("tool.wasm");
			await tabs.says("1: python.wasm, running", "* 1: tool.wasm exit 4, exit code 4");
			fs.copyFileSync(python, path.join(terminal.folder, "tool.wasm"));
			await terminal.page.evaluate(() => document.querySelector("iframe.pane").contentDocument.getElementById("again").click());
			await tabs.seen(1, /can't open file/);
		});

		test("the terminal may be framed by its own origin alone", async () => {
			const terminal = await TerminalPage.open(engine, [orders]);
			try {
				await terminal.seen(/^ready$/m);
				const { headers } = await terminal.page.evaluate(async () => ({ headers: Object.fromEntries((await fetch("/_wvwasi/terminal")).headers) }));
				assert.match(headers["content-security-policy"], /frame-src 'self'; frame-ancestors 'self'$/);
				assert.equal(headers["x-frame-options"], "SAMEORIGIN");
			} finally {
				await terminal.close();
			}
		});
	});
}
