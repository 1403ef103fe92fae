// Programs that take a lock by a name, or claim jobs by one, never both have it, and none is ended: two in pages and a native one.
// ROUNDS: how often each (`make promise` is the long run).
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { startEngine } from "../engines/index.js";
import { top } from "../gateway/gateway.js";
import { after, test } from "../testing.js";
import { among, App, isLong, rounds } from "./app.js";

const many = rounds(20), LONG_MS = 60_000 + many * 400;
const native = path.join(process.env.WVWASI_BUILD ?? path.join(top, "build"), "promise/claims");
const ENGINES = { chromium: many, firefox: isLong ? many : Math.ceil(many / 4), "webkit+shared": isLong ? many : 0 };

/** Two programs in a page, by two ways to wait, and native ones beside. argsOf: (name) => arguments; beside: arguments of a native one each. */
async function race(app, folder, argsOf, ...beside) {
	const stop = new AbortController(), how = { env: { FOLDER: folder.host }, timeout: LONG_MS, signal: stop.signal };
	const natively = [argsOf("native"), ...beside].map((args) => promisify(execFile)(native, args.map(String), how));
	const running = [["one", "auto"], ["two", "shared"]]
		.map(([name, wait]) => app.run({ program: "claims", name, args: argsOf(name).map(String), folder, wait }));
	/* The others would wait for one that was ended. */
	const pages = running.map(async (one) => {
		const end = await one.ended;
		assert.equal(end.exitCode, 0, `${JSON.stringify(end)} ${JSON.stringify(one.lines)}`);
	});
	try {
		await Promise.all([...pages, ...natively]);
	} finally {
		running.forEach((each) => each.kill());
		stop.abort();
		await Promise.allSettled([...pages, ...natively]);
	}
}

const linesOf = (file) => fs.readFileSync(file, "utf8").split("\n").filter(Boolean);

for (const [engine, few] of among(ENGINES).filter(([, times]) => times > 0)) {
	const started = startEngine(engine);
	const opened = started.then((one) => App.open(one));
	after(() => opened.then((app) => app.close()).finally(async () => (await started).close()));

	for (const way of ["excl", "mkdir", "link", "symlink"])
		test(`${engine}: a lock by ${way}, ${few} times each: never do two have it`, { timeout: LONG_MS }, async () => {
			const app = await opened, folder = app.fresh(`lock-${way}`);
			fs.writeFileSync(path.join(folder.host, "number"), "0\n");
			await race(app, folder, (name) => ["lock", way, name, few]);
			const log = linesOf(path.join(folder.host, "log"));
			assert.equal(log.length, 6 * few);
			for (let i = 0; i < log.length; i += 2)
				assert.deepEqual([log[i].split(" ")[1], log[i + 1]], ["in", log[i].replace(/in$/, "out")],
					`two were in at ${i} of ${log.slice(Math.max(0, i - 4), i + 4)}`);
			assert.equal(fs.readFileSync(path.join(folder.host, "number"), "utf8"), `${3 * few}\n`, "each saw what the one before had written");
		});

	for (const way of ["rename", "unlink", "ownrename", "ownunlink"])
		test(`${engine}: ${few} jobs claimed by ${way.replace("own", "")}, ${way.startsWith("own") ? "made by one of them" : "made by others"}: each by one program`,
			{ timeout: LONG_MS }, async () => {
			const app = await opened, folder = app.fresh(`spool-${way}`);
			for (const name of ["spool", "made"])
				fs.mkdirSync(path.join(folder.host, name));
			await race(app, folder, (name) => ["spool", way, name, few], ...(way.startsWith("own") ? [] : [["make", few]]));
			const claimed = ["one", "two", "native"].flatMap((name) => linesOf(path.join(folder.host, `claimed ${name}`)).map((job) => [Number(job), name]));
			assert.deepEqual(claimed.map(([job]) => job).sort((a, b) => a - b), Array.from({ length: few }, (_, i) => i), `jobs and who had them: ${claimed}`);
			if (way.endsWith("rename"))
				for (const [job, name] of claimed)
					assert.ok(fs.existsSync(path.join(folder.host, `mine ${name} ${job}`)), `${name} was told that it had ${job}`);
			assert.deepEqual(fs.readdirSync(path.join(folder.host, "spool")), []);
		});
}
