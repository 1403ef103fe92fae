// The terminal page says why a program failed, and lists the calls that did.
import assert from "node:assert/strict";
import path from "node:path";

import { engineNames, startEngine } from "../engines/index.js";
import { after, describe, test } from "../testing.js";
import { auditPage } from "./audit.js";
import { python, TerminalPage } from "./terminal-page.js";

const only = process.env.WVWASI_ENGINE;
const guests = path.join(process.env.WVWASI_BUILD ?? "build", "guests");

const programs = [
	{ what: "a path outside what is granted", program: [python, "-c", "open('/etc/passwd')"], flags: [],
		says: /^It looked for \/etc\/passwd; granted are .*\/work.*\. Restart with --dir \/etc::\/etc:ro\n[^]*^Exit code 1/m },
	{ what: "a folder granted read-only", program: [python, "-c", "open('/docs/x', 'w')"], flags: ["--dir", "docs::/docs:ro"], chromium: true,
		says: /^It wanted to change \/docs\/x, and \/docs is granted read-only\. Restart with --dir \.\.\.::\/docs without :ro\./m, listed: "path_open /docs/x" },
	{ what: "an address that no rule of the network names", program: [path.join(guests, "sockets1.wasm"), "127.0.0.1", "81", "82", "83", "84"],
		flags: ["--net", "tcp:127.0.0.1:9"], chromium: true, says: /Restart with --net tcp:127\.0\.0\.1:81$/m, listed: "sock_connect 127.0.0.1:81" },
];

/* One key opens the inspector, with the calls that the page kept. */
async function inspectorShows({ page, folder }, listed) {
	const { puppeteer } = page, [call, subject] = listed.split(" ");
	const shown = call.startsWith("path_") ? [JSON.stringify(path.posix.dirname(subject)), JSON.stringify(path.posix.basename(subject))] : [JSON.stringify(subject)];
	await puppeteer.evaluate(() => {
		document.getElementById("summary").close();
		document.querySelector(".xterm-helper-textarea").focus();
	});
	await puppeteer.keyboard.press("i");
	const inspector = await (await puppeteer.browser().waitForTarget((each) => each.url().includes("/_wvwasi/inspector"))).page();
	await inspector.waitForFunction((wanted) => {
		const rows = [...document.querySelectorAll("#grid .line")].map(({ innerText }) => innerText);
		return wanted.every((each) => rows.some((row) => each.every((part) => row.includes(part))));
	}, {}, [[call, ...shown], ["proc_exit", "rval="], ["last calls, as its page kept them"]]);
	assert.deepEqual(await auditPage(inspector), []);
	await inspector.screenshot({ path: `${process.env.WVWASI_SCREENSHOTS ?? folder}/why-inspector.png` });
	await inspector.close();
}

for (const name of engineNames.filter((name) => !only || only === name)) {
	const engine = await startEngine(name);
	describe(`why it failed, ${name}`, () => {
		after(() => engine.close());
		for (const { what, program, flags, says, listed } of programs.filter(({ chromium }) => !chromium || name === "chromium"))
			test(what, async () => {
				const terminal = await TerminalPage.open(engine, program, { flags, size: [1280, 700] });
				try {
					await terminal.seen(says);
					if (listed === undefined)
						return;
					await terminal.type("?");
					await terminal.until("the list", async () => (await terminal.text("failed-calls")).includes(listed));
					assert.deepEqual(await terminal.findings(), []);
					await terminal.page.screenshot(`${process.env.WVWASI_SCREENSHOTS ?? terminal.folder}/why.png`);
					await inspectorShows(terminal, listed);
				} finally {
					await terminal.close();
				}
			});
	});
}
