// A debugger that is attached is told when the page's cache fails, in every way to wait; the program goes on.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { Fixture } from "../browsers/fixture.js";
import { waysOf } from "../engines/index.js";
import { Debugger, TO_DEBUGGER } from "../gateway/debugger.js";
import { after, test } from "../testing.js";

const ERROR = 4; // level of a console's line

const fixture = await Fixture.open("chromium");
after(() => fixture.close());
/* The program's worker loads this module before the program begins: its cache throws from then on. Modules, since what is in a bundle can't be reached. */
fs.writeFileSync(path.join(fixture.base, "root/failing-cache.js"), `import { Facts } from "/_wvwasi/shim/cache/facts/facts.js";
Facts.prototype.isAbsent = () => { throw new Error("injected"); };
export default {};`);

for (const wait of waysOf.chromium)
	test(`chromium, ${wait}: a debugger sees a line about a fault of the page's cache, and the program does its work`, async () => {
		const { guest } = fixture.fresh();
		const debug = await Debugger.attach(fixture.gateway);
		const result = await fixture.ask(async (given) => (await import("/_wvwasi/shim/wvwasi.js")).run("/guests/files.wasm", given),
			{ wait, imports: "/failing-cache.js", preopens: { "/": guest } });
		assert.equal(result.exitCode, 0);
		assert.equal(result.stats.faults, 1);
		const { level, text } = await debug.next(TO_DEBUGGER.CONSOLE);
		assert.equal(level, ERROR);
		assert.match(text, /fault of the page's cache[^]*injected/);
		await debug.close();
	});
