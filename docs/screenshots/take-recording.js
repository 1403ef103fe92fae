// Takes the picture of the tutorial in DEBUGGING.md anew, by doing what it says: make guests && node docs/screenshots/take-recording.js
// (what is committed was made smaller: convert FILE +dither -colors 256 -define png:compression-level=9 -define png:compression-filter=0 PNG8:FILE)
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import "../../tests/inflate.js";
import { openRecording } from "../../static/shim/recording/reader.js";
import { Timeline } from "../../static/shim/recording/timeline.js";
import { TerminalPage } from "../../tests/browsers/terminal-page.js";
import { InspectorPage } from "../../tests/debugger/inspector-page.js";
import { pause } from "../../tests/engines/deadline.js";
import { startEngine } from "../../tests/engines/index.js";
import { top } from "../../tests/gateway/gateway.js";

const RUNS_MAX = 500;
const program = path.join(top, "build/guests/tally.wasm");
const recording = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-tutorial-")), "runs.wvr");
const [app, debug] = await Promise.all([startEngine("chromium"), startEngine("chromium")]);
const terminal = await TerminalPage.open(app, [program], { size: [860, 470], flags: ["--record", recording] });
const job = spawn("sh", ["-c", "while :; do expr $(cat total) + 1 > total; sleep 0.1; done"], { cwd: terminal.folder, stdio: "ignore" });
const module = await WebAssembly.compile(fs.readFileSync(program));

/** What the n-th run printed, as its recording has it. */
async function totalOf(n) {
	const { runs } = await openRecording(fs.readFileSync(recording)), { output } = await Timeline.open(runs[n], module);
	return Number(/total is (\d+)/.exec(output.map(({ bytes }) => Buffer.from(bytes)).join(""))[1]);
}

try {
	let runs = 0, last = 0, total = 0;
	while (total >= last && runs < RUNS_MAX) {
		await terminal.gateway.next("program-end", () => terminal.gateway.log.filter(({ event }) => event === "program-end").length > runs);
		await terminal.status(/Exit code 0/);
		[last, total] = [total, await totalOf(runs++)];
		if (total >= last)
			await terminal.click("again");
	}
	job.kill();
	console.log(`run ${runs}: total is ${total}, and it was ${last}`);
	const inspector = await InspectorPage.open(debug, terminal.gateway);
	await inspector.drop([recording, program]);
	await inspector.seen("#moment-says", /to run up to the last/);
	await inspector.page.evaluate((n) => {
		const select = document.getElementById("moment-run");
		select.value = String(n);
		select.dispatchEvent(new Event("change", { bubbles: true }));
	}, runs - 1);
	await inspector.seen("#moment-call", /exit code 0/);
	await inspector.seen("#moment-says", /to run up to the last/);
	const keys = process.argv[2] ?? ",,,,PPPP";
	for (const key of keys) {
		await inspector.press(key);
		await pause(1000);
		console.log(`${key}: ${(await inspector.text("#moment-call")).replaceAll("\n", " ")}`);
	}
	await inspector.page.evaluate(() => {
		document.querySelector("#moment-call [data-address]").click(); // the buffer's place
		document.getElementById("grid").closest("section").focus();
	});
	await inspector.press("m");
	await pause(1000);
	await inspector.page.screenshot(path.join(top, "docs/screenshots/recording.png"));
	await inspector.close();
} finally {
	job.kill();
	await terminal.close();
	await Promise.all([app.close(), debug.close()]);
}
