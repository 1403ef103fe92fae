// A gateway that is silent when a program is ended, for longer than the page waits for it: what was printed after a change that nobody knows to be done isn't
// shown, then or later. The kernel is made to take five seconds over that change.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { startEngine } from "../engines/index.js";
import { after, test } from "../testing.js";
import { among, amongWays, App } from "./app.js";

const SILENT_US = 5_000_000, PAGE_WAITS_MS = 1500;
/* Where the page and the program share memory: else nothing is printed before it may be shown, and there is nothing to withhold. */
const WAYS = { chromium: { jspi: true, shared: true, xhr: true }, firefox: { jspi: true }, "webkit+shared": { shared: true } };
/* What was done once is foreseen, for names that the program made so: it doesn't wait for the rename to c, and goes on to make d. */
const ACTS = ["list .", "stat w", "create 1 w", "close 1", "rename w w2", "create 1 b", "close 1", "stat c", "stat d", "list .", "stat b", "say before",
	"rename b c", "create 2 d", "close 2", "say after", "spin 2000000000", "say late"];

/* The keeper's child is the gateway. strace holds a thread where it slows its call: it is traced and stopped. */
const childrenOf = (pid) => fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean).map(Number);
const stopped = (pid) => fs.readdirSync(`/proc/${pid}/task`).some((thread) => {
	const stat = fs.readFileSync(`/proc/${pid}/task/${thread}/stat`, "latin1");
	return stat.slice(stat.lastIndexOf(")") + 2).startsWith("t");
});

/** Until the gateway is within the slow call: it is seen there again and again. */
async function silent(pid) {
	for (let seen = 0; seen < 20; seen = childrenOf(pid).some(stopped) ? seen + 1 : 0)
		await new Promise((resolve) => setTimeout(resolve, 5));
}

for (const [engine, ways] of among(WAYS)) {
	const started = startEngine(engine);
	after(async () => (await started).close());
	for (const [wait] of amongWays(ways))
		test(`${engine}, ${wait}: the gateway is silent when the program is ended: what isn't known to be done is never shown`, { timeout: 90_000 }, async () => {
			/* Of calls that have this name in them: the second rename. */
			const app = await App.open(await started, { wait, through: ["strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=renameat,renameat2",
				"-P", "c", "-e", `inject=renameat,renameat2:delay_enter=${SILENT_US}`] });
			try {
				const folder = app.fresh(), running = app.run({ acts: ACTS, folder });
				await running.said(1);
				await silent(app.gateway.ready.pid);
				const began = performance.now();
				running.kill();
				const ended = await running.ended, tookMs = performance.now() - began;
				assert.equal(ended.killed, true, JSON.stringify(ended));
				assert.deepEqual(running.lines.map(({ text }) => text.split(" ")[0]), ["before"]);
				assert.ok(fs.existsSync(path.join(folder.host, "b")), "it wasn't done by then");
				assert.ok(tookMs >= PAGE_WAITS_MS - 100, `the page gave up after ${tookMs} ms: the gateway wasn't waited for`);
				await app.gateway.next("program-end");
				assert.deepEqual(["b", "c", "d"].map((name) => fs.existsSync(path.join(folder.host, name))), [false, true, true],
					"what it did without waiting is done in the end: else it had waited, and nothing was to be withheld");
			} finally {
				await app.close();
			}
		});
}
