// What the terminal page is like after a reload, while its gateway doesn't answer, and after it was started again.
import assert from "node:assert/strict";
import fs from "node:fs";

import { engineNames, startEngine } from "../engines/index.js";
import { after, describe, test } from "../testing.js";
import { python, TerminalPage } from "./terminal-page.js";

const only = process.env.WVWASI_ENGINE;

for (const name of engineNames.filter((name) => !only || only === name)) {
	const engine = await startEngine(name);
	const terminalTest = (promise, program, options, body) => test(promise, async () => {
		const terminal = await TerminalPage.open(engine, program, options);
		try {
			await body(terminal);
		} finally {
			await terminal.close();
		}
	});

	describe(`coming back, ${name}`, () => {
		after(() => engine.close());

		terminalTest("after a reload the screen and the lines typed are there, and nothing runs that wasn't asked for", [python], { flags: ["--limit", "keep=0"] }, async (terminal) => {
			await terminal.seen(/^>>>$/m);
			await terminal.type("print(6 * 7)\r");
			await terminal.seen(/^42\n>>>$/m);
			await terminal.page.evaluate(() => void setTimeout(() => location.reload()));
			await terminal.seen(/^>>> print\(6 \* 7\)\n42\n>>>\nEnded by the reload — Enter runs it again$/m);
			assert.deepEqual(await terminal.findings(), []);
			await terminal.page.screenshot(`${process.env.WVWASI_SCREENSHOTS ?? terminal.folder}/back-${name}.png`);
			assert.equal(terminal.gateway.log.filter(({ event }) => event === "program-start").length, 1);
			await terminal.type("\r");
			await terminal.seen(/runs it again\n[^]*^>>>$/m);
			await terminal.type("\x1b[A");
			await terminal.seen(/runs it again\n[^]*^>>> print\(6 \* 7\)$/m);
			await terminal.page.goto(await terminal.page.url());
			await terminal.seen(/runs it again\n[^]*^>>> print\(6 \* 7\)\nPython 3[^]*^>>>$/m); // one that begins anew doesn't write behind the prompt of another
		});

		if (name === "chromium")
			terminalTest("a gateway that doesn't answer is said in amber; one that has gone takes its code in the page, and Enter throws nothing away", [python], {}, async (terminal) => {
				await terminal.seen(/^>>>$/m);
				const gateways = fs.readFileSync(`/proc/${terminal.gateway.pid}/task/${terminal.gateway.pid}/children`, "utf8").trim().split(" ").map(Number);
				for (const pid of gateways)
					process.kill(pid, "SIGSTOP");
				await terminal.status(/^The gateway hasn't answered for \d+ s$/);
				assert.equal(await terminal.page.evaluate(() => document.getElementById("status").dataset.state), "late");
				assert.deepEqual(await terminal.findings(), []);
				for (const pid of gateways)
					process.kill(pid, "SIGCONT");
				await terminal.status(/^Running/);
				terminal.gateway.kill("SIGKILL");
				await terminal.status(/^Lost after /);
				await terminal.type("\r");
				assert.match(await terminal.text("notice"), /^The gateway is gone/);
				const { ready } = await terminal.restartGateway();
				await terminal.until("the code's field", async () => /runs again[^]*type its code/.test(await terminal.text("notice")));
				assert.deepEqual(await terminal.findings(), []);
				const say = (code) => terminal.page.evaluate((what) => {
					document.getElementById("notice-code").value = what;
					document.querySelector("#notice-form button").click();
				}, code);
				await say("AAAA-AAAA");
				await terminal.until("its answer", async () => /The gateway says: /.test(await terminal.text("notice-wrong")));
				await say(ready.code);
				await terminal.status(/^Ready$/);
				await terminal.type("\r");
				await terminal.seen(/Lost after[^]*^>>>$/m);
			});
	});
}
