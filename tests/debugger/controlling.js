// What control is good for, the same for every pair of engines: asked for, given, used, and lost, through the inspector's page.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { answer, tell } from "./pair.js";

/** @param {import("./pair.js").Pair} pair */
export function controlling(pair) {
	const pairs = (what, act) => test(`${pair.app.name} controlled from ${pair.debug.name}: ${what}`, () => pair.with({}, act));

	async function take(inspector, terminal) {
		await inspector.click("#ask-control");
		await answer(terminal.gateway, true);
		await inspector.seen("#link", /In control/);
		await inspector.click("#take");
		await inspector.seen("#take", /Detach/);
	}

	async function breakpoint(inspector, wish) {
		for (const [field, text] of Object.entries(wish))
			await inspector.fill(`#breakpoint [name=${field}]`, text);
		await inspector.click("#breakpoint button");
	}

	/** What the program's own page says of it, in such a state. */
	const badge = (terminal, state) => terminal.until(`the page's badge: ${state}`, () => terminal.page.evaluate((which) =>
		document.querySelector(`wvwasi-watched[data-state=${which}]`)?.getAttribute("aria-label"), state));
	const stopped = (inspector, call) => inspector.until(`stopped at ${call}`, async () =>
		/is stopped/.test(await inspector.text("#stopped-title")) && call.test(await inspector.text("#stopped-call")));
	const runs = (inspector) => inspector.until("that it runs", () => inspector.page.evaluate(() => document.getElementById("stopped").hidden));

	pairs("only a yes in the terminal gives control; then it stops, steps and resumes", async (inspector, terminal) => {
		await inspector.click("#ask-control");
		const { text } = await answer(terminal.gateway, false);
		assert.match(text, /127\.0\.0\.1/);
		await inspector.until("the no", async () => await inspector.text("#ask-control") === "Ask for control");
		assert.match(await inspector.text("#link"), /Watching/);
		await take(inspector, terminal);

		await inspector.press("s");
		await inspector.seen("#stopped-title", /stops at its next call/);
		await terminal.type("say slowly\r");
		await stopped(inspector, /^\w+\(/);
		await inspector.seen("#programs .badge", /stopped/);
		await inspector.seen("#stands", /Program 1 is stopped/);
		assert.match(await inspector.page.evaluate(() => document.title), /^Stopped: 1 /);
		assert.match(await inspector.text("#handles-panel .scope"), /stopped/);
		assert.doesNotMatch(await terminal.screen(), /^did say/m);
		assert.equal(await badge(terminal, "stopped"), "A debugger has stopped this program");
		const call = () => inspector.text("#stopped-call");
		const where = async () => `${await call()} ${await inspector.text("#trace-count")}`;
		const stepped = (from, what) => inspector.until("the next stop",
			async () => /is stopped/.test(await inspector.text("#stopped-title")) && await what() !== from);
		for (const what of [call, where]) {
			const from = await what();
			await inspector.press("n");
			await stepped(from, what);
		}
		await inspector.press("c");
		await runs(inspector);
		await inspector.until("nothing that looks stopped", () => inspector.page.evaluate(() => document.getElementById("stands").hidden && !/^Stopped/.test(document.title)));
		await inspector.row(({ note, text }) => note === "stop" && /^Stopped for/.test(text));
		await terminal.seen(/^did say$/m);
		await badge(terminal, "controlled");
		await inspector.click("#take");
		await inspector.seen("#take", /Attach/);
		await badge(terminal, "watched");
		await tell(terminal, "say freely");
	});

	pairs("breakpoints stop it by call and path, by error behind the call, by handle, by count, and at calls that the page answers itself",
		async (inspector, terminal) => {
		fs.writeFileSync(path.join(terminal.folder, "a.txt"), "hello, world");
		await take(inspector, terminal);
		/* Told through the inspector, behind the breakpoint on the same connection: typed at the terminal an order may come before it. */
		await breakpoint(inspector, { call: "path_open", path: "*a.txt" });
		await inspector.type("open /work/a.txt");
		await stopped(inspector, /^path_open\(.*"a\.txt"/);
		assert.match(await inspector.text("#stopped-title"), /before/);
		assert.match(await inspector.text("#stopped-why"), /path_open \*a\.txt/);
		await inspector.click("#resume");
		await terminal.seen(/^did open$/m);
		await inspector.click("#breakpoints button");

		await breakpoint(inspector, { errno: "ENOENT" });
		await inspector.type("stat /work/missing.txt");
		await stopped(inspector, /^path_filestat_get\(.*"missing\.txt"/);
		assert.match(await inspector.text("#stopped-title"), /after/);
		await inspector.click("#resume");
		await terminal.seen(/^did stat$/m);
		await inspector.click("#breakpoints button");

		await breakpoint(inspector, { handle: "1" });
		await inspector.type("say by its handle");
		await stopped(inspector, /^fd_write\(fd=1,/);
		await inspector.click("#breakpoints button");
		await inspector.click("#resume");
		await terminal.seen(/^did say$/m);

		await breakpoint(inspector, { call: "clock_time_get", count: "3" });
		await inspector.type("clocks 5");
		await stopped(inspector, /^clock_time_get\(/);
		await inspector.filter({ call: "clock_time_get" });
		await inspector.rowsSeen("the two before", ({ length }) => length === 2);
		await inspector.click("#breakpoints button");
		await inspector.click("#resume");
		await terminal.seen(/^did clocks$/m);
		await inspector.rowsSeen("all five", ({ length }) => length === 5);
	});

	pairs("a program stops at its start, is typed to, and goes on when the debugger is lost", async (inspector, terminal) => {
		await take(inspector, terminal);
		await inspector.type("say from afar");
		await terminal.seen(/^from afar$/m);
		await inspector.seen("#output", /from afar/);
		await inspector.page.evaluate(() => document.getElementById("stop-at-start").click());
		await terminal.type("exit 0\r");
		await terminal.status(/Exit code 0/);
		await terminal.click("again");
		await stopped(inspector, /^\w+\(/);
		await inspector.seen("#stopped-why", /just started/);
		assert.equal((await terminal.screen()).match(/^ready$/gm).length, 1);
		await inspector.close();
		await terminal.until("the second ready", async () => (await terminal.screen()).match(/^ready$/gm).length === 2);
	});

	pairs("contents are shown after a yes of their own, before that their length and hash", async (inspector, terminal) => {
		fs.writeFileSync(path.join(terminal.folder, "a.txt"), "0123456789<b>f");
		await tell(terminal, "open /work/a.txt");
		await inspector.click("#ask-data");
		await answer(terminal.gateway, true);
		await inspector.until("the yes", () => inspector.page.evaluate(() => document.getElementById("ask-data").hidden));
		await tell(terminal, "write <i>secret");
		await inspector.filter({ call: "fd_write" });
		const row = await inspector.row(({ text }) => /^fd=(?!1,)[\d.]+, iovs=\[9 bytes\]$/.test(text));
		await inspector.click(`#row-${row.row}`);
		await inspector.seen("#details", /Contents[^]*<i>secret/);
	});
}
