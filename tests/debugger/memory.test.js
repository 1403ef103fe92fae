// The inspector's view of a stopped program's memory: what it says before it may be seen, its bytes, a search, and how accessible it is.
import assert from "node:assert/strict";

import { after, test } from "../testing.js";
import { Pair, answer } from "./pair.js";

const engine = process.env.WVWASI_ENGINE ?? "chromium";
const pair = await Pair.start(engine, engine);
after(() => pair.stop());

test("the memory of a stopped program is seen and searched, after both yeses", { timeout: 180_000 }, () => pair.with({}, async (inspector, terminal) => {
	await inspector.press("v");
	await inspector.seen("#memory-says", /\w/);
	assert.deepEqual(await inspector.findings(), []);
	for (const which of ["control", "data"]) {
		await inspector.click(`#ask-${which}`);
		await answer(terminal.gateway, true);
		await inspector.until(`the yes for ${which}`, () => inspector.page.evaluate((id) => document.getElementById(id).hidden, `ask-${which}`));
	}
	await inspector.click("#take");
	await inspector.seen("#take", /Detach/);
	await inspector.press("s");
	await terminal.type("say needle-in-memory\r");
	await inspector.seen("#stopped-title", /is stopped/);
	for (let steps = 0; steps < 20 && !/fd_write/.test(await inspector.text("#stopped-call")); steps++) {
		const before = await inspector.text("#trace-count");
		await inspector.press("n");
		await inspector.until("the next stop", async () => /is stopped/.test(await inspector.text("#stopped-title")) && await inspector.text("#trace-count") !== before);
	}
	await inspector.fill("#memory-form [name=pattern]", "needle-in-memory");
	await inspector.click("#memory-find");
	await inspector.seen("#memory-bytes", /6e\s+65\s+65\s+64\s+6c\s+65/);
	await inspector.seen("#memory-meanings", /text\s+needle-in-memory/);
	assert.deepEqual(await inspector.findings(), []);
}));
