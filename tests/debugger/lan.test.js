// A program in one browser of a second machine, the inspector in another one there, over TLS with our CA in their own stores: both in by a pairing,
// each shows the words that the gateway asks about. The app's page then tries the debugger's door, another origin of its own site, and gets nothing.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

import { assertPassed } from "../browsers/guests.js";
import { twoMachines } from "../browsers/machines.js";
import { within } from "../engines/deadline.js";
import { startGateway, top } from "../gateway/gateway.js";
import { test } from "../testing.js";

const asRoot = { skip: process.getuid() !== 0 && "needs root, for network namespaces", timeout: 180_000 };
const build = process.env.WVWASI_BUILD ?? path.join(top, "build");
const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-lan-debug-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const root = path.join(base, "root");
fs.cpSync(path.join(top, "tests/pages"), root, { recursive: true });
fs.cpSync(path.join(build, "guests"), path.join(root, "guests"), { recursive: true });
fs.mkdirSync(path.join(base, "work"));

/** A browser on the other machine. */
function startPart(there, engine, authority) {
	const [program, ...before] = [...there, process.execPath, fileURLToPath(new URL("lan-part.js", import.meta.url))];
	const child = spawn(program, [...before, engine, authority], { stdio: ["pipe", "pipe", "inherit"] });
	const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	const ended = new Promise((resolve) => child.once("close", resolve));
	return {
		async do(step, rest = {}) {
			child.stdin.write(`${JSON.stringify({ step, ...rest })}\n`);
			const { value } = await within(lines.next(), 90_000, `${step} in ${engine}`);
			const { value: answer, error } = JSON.parse(value ?? '{"error":"it has ended"}');
			if (error)
				throw new Error(`${step} in ${engine}: ${error}`);
			return answer;
		},
		end() {
			child.stdin.end();
			return ended;
		},
	};
}

test("Chromium on a second machine watched from Firefox there, over TLS", asRoot, async (t) => {
	const machines = twoMachines();
	t.after(machines.end);
	const gateway = await startGateway(["--root", root, "--dir", `${base}/work::/data`, "--lan"],
		{ env: { XDG_DATA_HOME: path.join(base, "data") }, through: machines.here });
	t.after(() => gateway.stop());
	const authority = path.join(base, "data/wvwasi-gw/certs/authority.pem");
	const parts = { app: startPart(machines.there, "chromium", authority), debug: startPart(machines.there, "firefox", authority) };
	t.after(() => Promise.all([parts.app.end(), parts.debug.end()]));
	const pair = async (what, to = (link) => link) => {
		const fresh = new Promise((resolve) => gateway.events.once("pair", resolve));
		gateway.say({ do: what, lan: true });
		return to((await within(fresh, 10_000, "a pairing")).link);
	};
	/** In by a link, after a yes to the browser that shows the same words. */
	const enter = async (part, link) => {
		const asked = new Promise((resolve) => gateway.events.once("knock", resolve));
		const words = await part.do("enter", { link }), request = await within(asked, 10_000, "a pairing request");
		assert.match(words, /^[a-z]{5}-[a-z]{5}$/);
		assert.equal(request.words, words, "the same in both places");
		gateway.say({ do: "admit", knock: request.knock, yes: true });
		return request;
	};

	const { scope: runs } = await enter(parts.app, await pair("pair", (link) => link.replace(/&to=.*/, "&to=/suite.html")));
	await parts.app.do("suite");
	const link = await pair("debug");
	const { scope: watches, browser } = await enter(parts.debug, link);
	assert.deepEqual([runs, watches, browser], ["run", "watch", "Firefox on Linux"]);
	await parts.debug.do("status", { text: "Watching" });
	assert.equal(await parts.debug.do("address"), `${new URL(link).origin}/_wvwasi/inspector`);

	const ran = parts.app.do("run", { options: { file: "guests/files.wasm", preopens: [["/", "/data"]] } });
	assert.match(await parts.debug.do("row", { call: "path_open" }), /path_open/);
	assertPassed(await ran, 100);
	const question = new Promise((resolve) => gateway.events.once("question", resolve));
	await parts.debug.do("click", { what: "ask-control" });
	const asked = await within(question, 30_000, "a question");
	assert.match(asked.text, /^May the debugger in Firefox on Linux at 192\.168\.77\.2 \(session \d+\) stop programs and type into them\?$/);
	gateway.say({ do: "answer", question: asked.question, yes: true });
	await parts.debug.do("status", { text: "In control" });

	// A link that is good at the debugger's door doesn't help a page of the app's.
	const good = new URL(await pair("debug")), before = gateway.log.filter(({ event }) => event === "session-open").length;
	const target = { origin: good.origin, token: good.hash.slice(3, 25), ticket: "A".repeat(22), guess: "A".repeat(43) };
	const { got, tried } = await parts.app.do("attack", { target });
	assert.ok(tried > 100);
	assert.deepEqual(got.filter((what) => !what.startsWith("storage: ")), [], "but its own origin's storage");
	assert.equal(gateway.log.filter(({ event }) => event === "session-open").length, before, "and nobody came in");
});
