// Takes the pictures of the inspector anew, of the real thing, light and dark: make && node docs/screenshots/take-inspector.js
// (what is committed was made smaller: convert FILE +dither -colors 256 -define png:compression-level=9 -define png:compression-filter=0 PNG8:FILE)
import fs from "node:fs";
import path from "node:path";

import { python, TerminalPage } from "../../tests/browsers/terminal-page.js";
import { answer } from "../../tests/debugger/pair.js";
import { InspectorPage } from "../../tests/debugger/inspector-page.js";
import { pause } from "../../tests/engines/deadline.js";
import { startEngine } from "../../tests/engines/index.js";
import { top } from "../../tests/gateway/gateway.js";

const engine = await startEngine("chromium");
const terminal = await TerminalPage.open(engine, [python], { size: [860, 470] });
try {
	for (const name of ["hello.py", "cities.py", "cities.csv", "greeting.txt"])
		fs.copyFileSync(path.join(top, "examples/playground", name), path.join(terminal.folder, name));
	await terminal.seen(/^>>>$/m);
	const inspector = await InspectorPage.open(engine, terminal.gateway);
	for (const line of ["exec(open('/work/hello.py').read())", "exec(open('/work/cities.py').read())", "import json, csv, os", "open('/work/nothing.txt')",
		"os.listdir('/work')", "json.dump({'a': 1}, open('/work/a.json', 'w'))", "exec(open('/work/cities.py').read())"]) {
		await terminal.type(`${line}\r`);
		await terminal.seen(/^>>>$/m);
		await pause(1500); // the plots want to be more than one peak
	}
	await inspector.click("#ask-control");
	await answer(terminal.gateway, true);
	await inspector.click("#take");
	await inspector.seen("#take", /Detach/);
	await inspector.fill("#filter [name=call]", "!environ_*, !clock_*");
	for (const [call, where] of [["path_unlink_file", ""], ["path_open", "*.csv"]]) {
		await inspector.fill("#breakpoint [name=call]", call);
		await inspector.fill("#breakpoint [name=path]", where);
		await inspector.click("#breakpoint button");
	}
	await terminal.type("notes = open('/work/greeting.txt'); len(notes.read()); table = open('/work/cities.csv')\r");
	await inspector.seen("#stopped-title", /is stopped/);
	await inspector.until("a calm bar", async () => await inspector.text("#announcement") === "");
	await inspector.page.evaluate(() => document.activeElement.blur());
	for (const scheme of ["light", "dark"]) {
		await inspector.page.colours(scheme);
		await pause(1000); // buttons fade
		await inspector.page.screenshot(path.join(top, `docs/screenshots/inspector-${scheme}.png`));
	}
	await inspector.close();
} finally {
	await terminal.close();
	await engine.close();
}
