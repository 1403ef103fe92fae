// The terminal page with ?keep: its program goes on after a reload.
import fs from "node:fs";
import assert from "node:assert/strict";

import { engineNames, startEngine } from "../engines/index.js";
import { after, describe, test } from "../testing.js";
import { python, TerminalPage } from "./terminal-page.js";

const only = process.env.WVWASI_ENGINE;

for (const name of engineNames.filter((name) => !only || only === name)) {
	const engine = await startEngine(name);
	describe(`a program that is kept, ${name}`, () => {
		after(() => engine.close());

		test("after a reload the screen is there as it was, and the program with its variables", async () => {
			const terminal = await TerminalPage.open(engine, [python]);
			try {
				await terminal.seen(/^>>>$/m);
				await terminal.page.evaluate(() => void setTimeout(() => (location.search = "?keep")));
				await terminal.until("the page that keeps", async () => (await terminal.page.url()).endsWith("?keep"));
				await terminal.seen(/license[^]*license.*\n>>>$/); // the screen of the page before is above
				await terminal.type("x = 41; file = open('/work/log', 'a')\r");
				await terminal.seen(/'a'\)\n>>>$/m);
				for (let i = 1; i <= 2; i++) {
					await terminal.type(`x += 1; print('x', x, file=file, flush=True); print('it', x)\r`);
					await terminal.seen(new RegExp(`^it ${41 + i}\\n>>>$`, "m"));
					await terminal.page.evaluate(() => {
						window.isOld = true;
						setTimeout(() => location.reload());
					});
					await terminal.until("the next page", () => terminal.page.evaluate(() => !window.isOld));
					await terminal.status(/^Running, /);
				}
				await terminal.type("print('after', x)\r");
				await terminal.seen(/^>>> x = 41; [^\n]*\n>>> x \+= 1; [^\n]*\nit 42\n>>> x \+= 1; [^\n]*\nit 43\n>>> print\('after', x\)\nafter 43\n>>>$/m);
				assert.equal(fs.readFileSync(`${terminal.folder}/log`, "utf8"), "x 42\nx 43\n");
				assert.deepEqual(await terminal.findings(), []);
				await terminal.page.screenshot(`${process.env.WVWASI_SCREENSHOTS ?? terminal.folder}/kept-${name}.png`);
				assert.equal(terminal.gateway.log.filter(({ event }) => event === "program-start").length, 2);
			} finally {
				await terminal.close();
			}
		});
	});
}
