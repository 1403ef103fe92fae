// Takes the README's pictures anew, of the real thing: make screenshots
import fs from "node:fs";
import path from "node:path";

import { startEngine } from "../../tests/engines/index.js";
import { top } from "../../tests/gateway/gateway.js";
import { python, TerminalPage } from "../../tests/browsers/terminal-page.js";

const engine = await startEngine("chromium");
const terminal = await TerminalPage.open(engine, [python], { size: [860, 470] });
try {
	for (const name of ["hello.py", "cities.py", "cities.csv", "greeting.txt"])
		fs.copyFileSync(path.join(top, "examples/playground", name), path.join(terminal.folder, name));
	await terminal.seen(/^>>>$/m);
	await terminal.type("exec(open('/work/hello.py').read())\r");
	await terminal.seen(/added a line[^]*^>>>$/m);
	await terminal.type("exec(open('/work/cities.py').read())\r");
	await terminal.seen(/Iceland\n^>>>$/m);
	await terminal.type("import os; os.rename('/work/cities.csv', '/work/cities-2026.csv')\r");
	await terminal.seen(/rename.*\n^>>>$/m);
	await terminal.type("os.listdir('/work')\r");
	await terminal.seen(/cities-2026\.csv'.*\n^>>>$/m);
	await terminal.page.screenshot(path.join(top, "docs/screenshots/terminal.png"));
} finally {
	await terminal.close();
	await engine.close();
}
