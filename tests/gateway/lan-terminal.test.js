// Pairing as the user sees it: p at a real terminal (script(1)), a QR code that a camera's software reads, the question, y and n; and the same
// from another terminal, by `wvwasi-gw pair`.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { stripVTControlCharacters } from "node:util";

import { within } from "../engines/deadline.js";
import { binary } from "./gateway.js";
import { RemoteSession, WORDS } from "./lan-fixture.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-pair-"));
const env = { ...process.env, XDG_STATE_HOME: path.join(base, "state"), XDG_DATA_HOME: path.join(base, "data"), SHELL: "/bin/sh" };
after(() => fs.rmSync(base, { recursive: true, force: true }));
fs.mkdirSync(path.join(base, "root"));

/** A process, what it prints, and waiting for it. */
function start(command, args) {
	const child = spawn(command, args, { env, stdio: "pipe" });
	const it = { child, text: "", ended: new Promise((resolve) => child.once("close", resolve)) };
	let wake = () => {};
	for (const stream of [child.stdout, child.stderr])
		stream.setEncoding("utf8").on("data", (piece) => {
			it.text += piece;
			wake();
		});
	it.ended.then(() => wake());
	/** The first match from `from` on. */
	it.hear = async (pattern, from = 0) => {
		const deadline = Date.now() + 10_000;
		for (;;) {
			const match = pattern.exec(stripVTControlCharacters(it.text.slice(from)));
			if (match)
				return match;
			await within(new Promise((resolve) => (wake = resolve)), deadline - Date.now(), `${pattern} in '${it.text}'`);
		}
	};
	it.type = (line) => child.stdin.write(`${line}\n`);
	return it;
}

/** What a camera would read off the screen: blocks are light. zbarimg is the judge. */
function readQr(text) {
	const lines = text.split(/\r?\n/).filter((line) => /^[█▀▄ ]{21,}$/.test(line)), scale = 6;
	const rows = lines.flatMap((line) => [[..."█▀"], [..."█▄"]].map((light) => [...line].map((half) => (light.includes(half) ? 255 : 0))));
	const width = rows[0].length * scale;
	const pixels = Buffer.concat(rows.flatMap((row) => Array(scale).fill(Buffer.from(row.flatMap((pixel) => Array(scale).fill(pixel))))));
	const file = path.join(base, "qr.pgm");
	fs.writeFileSync(file, Buffer.concat([Buffer.from(`P5 ${width} ${rows.length * scale} 255\n`), pixels]));
	const { stdout, stderr, status } = spawnSync("zbarimg", ["-q", "--raw", file], { encoding: "utf8" });
	assert.equal(status, 0, stderr);
	return stdout.trim();
}

let gateway, origin, fingerprint, ca;
before(async () => {
	const line = `exec '${binary}' --root '${base}/root' --port 0 --lan=127.0.0.1`;
	gateway = start("script", ["-qefc", line, "/dev/null"]);
	[, origin] = await gateway.hear(/other machines: (https:\/\/127\.0\.0\.1:\d+), after p here/);
	await gateway.hear(/p: pair a phone/);
	const shown = spawnSync(binary, ["cert"], { env, encoding: "utf8" }).stdout;
	fingerprint = /fingerprint {2}(\S+)/.exec(shown)[1];
	ca = fs.readFileSync(path.join(base, "data/wvwasi-gw/certs/authority.pem"), "utf8");
});
after(async () => {
	gateway.type("q");
	await gateway.ended;
});

const visitor = () => new RemoteSession({ origin, port: Number(new URL(origin).port), ca, address: "127.0.0.1" });
const claim = (body) => visitor()
	.request("POST", "claim", { "Content-Type": "application/json", "User-Agent": "Mozilla/5.0 (iPhone) Version/20.0 Safari/604.1" },
	JSON.stringify({ words: WORDS, ...body }));

async function pairHere() {
	const from = gateway.text.length;
	gateway.type("p");
	await gateway.hear(/Our CA's fingerprint, SHA-256: (\S+)[^]*ca\.crt/, from);
	return { from, text: stripVTControlCharacters(gateway.text.slice(from)) };
}

test("p shows a QR code with the link, a code and the CA's fingerprint; y lets in, and the list says who", async () => {
	const { from, text } = await pairHere();
	const link = readQr(text);
	assert.match(link, new RegExp(`^${origin}/_wvwasi/enter#k=[\\w-]{22}&to=/$`));
	assert.match(text, new RegExp(`or open ${origin} there and type [0-9A-Z]{4}-[0-9A-Z]{4} `));
	assert.equal(/SHA-256: (\S+)/.exec(text)[1], fingerprint);
	assert.ok(Math.max(...text.split(/\r?\n/).map((line) => [...line].length)) <= 130
		&& text.split(/\r?\n/).filter((line) => /^[█▀▄ ]+$/.test(line)).length < 24, "it fits a terminal");
	const answer = claim({ token: /#k=([^&]+)/.exec(link)[1] });
	await gateway.hear(new RegExp(`Safari on iOS at 127\\.0\\.0\\.1 wants to run programs here\\. Let it in, if it shows the words ${WORDS}\\? {2}\\(y: yes, n: no\\)`), from);
	gateway.type("y");
	assert.equal((await answer).status, 200);
	await gateway.hear(/Safari on iOS at 127\.0\.0\.1 was let in/, from);
	gateway.type("l");
	await gateway.hear(/1 {2}runs nothing +127\.0\.0\.1 [^\n]* Safari on iOS/, from);
});

test("n lets nobody in; y afterwards means nothing", async () => {
	const { from, text } = await pairHere();
	const answer = claim({ code: /type (\S+) /.exec(text)[1] });
	await gateway.hear(/Let it in, .*\? {2}\(y: yes, n: no\)/, from);
	gateway.type("n");
	assert.equal((await answer).status, 403);
	await gateway.hear(/wasn't let in/, from);
	const later = gateway.text.length;
	gateway.type("y");
	await gateway.hear(/Enter: a new link; p: pair a phone/, later);
});

test("wvwasi-gw pair does the same from another terminal, and asks there", async () => {
	for (const [word, status, code] of [["y", 200, 0], ["n", 403, 1], ["", 403, 1]]) {
		const pair = start(binary, ["pair"]);
		await pair.hear(/SHA-256: (\S+)/);
		const answer = claim({ token: /#k=([^&]+)/.exec(readQr(pair.text))[1] });
		await pair.hear(new RegExp(`Safari on iOS at 127\\.0\\.0\\.1 wants to run programs here\\. Let it in, if it shows the words ${WORDS}\\? \\[y/N\\]`));
		pair.type(word);
		assert.equal((await answer).status, status);
		assert.equal(await pair.ended, code);
		assert.match(pair.text, status === 200 ? /was let in/ : /wasn't let in/);
	}
});

test("two who pair at once: each is asked about its own browser, and the second browser uses nothing up while the first waits", async () => {
	const tokenIn = (text) => ({ token: /#k=([^&]+)/.exec(readQr(text))[1] });
	const first = start(binary, ["pair"]);
	await first.hear(/SHA-256: (\S+)/);
	const answer = claim(tokenIn(first.text));
	await first.hear(/Let it in, .*\? \[y\/N\]/);
	const second = start(binary, ["pair"]);
	await second.hear(/SHA-256: (\S+)/);
	assert.equal((await claim(tokenIn(second.text))).status, 409);
	first.type("y");
	assert.equal((await answer).status, 200);
	assert.equal(await first.ended, 0);
	const other = claim(tokenIn(second.text));
	await second.hear(/Let it in, .*\? \[y\/N\]/);
	second.type("y");
	assert.equal((await other).status, 200);
	assert.equal(await second.ended, 0);
});

test("whoever waits with a link that another pairing has replaced is told", async () => {
	const first = start(binary, ["pair"]);
	await first.hear(/SHA-256: (\S+)/);
	const second = start(binary, ["pair"]);
	await second.hear(/SHA-256: (\S+)/);
	await first.hear(/another pairing was opened: this link and this code don't work any more/);
	assert.equal(await first.ended, 1);
	const answer = claim({ token: /#k=([^&]+)/.exec(readQr(second.text))[1] });
	await second.hear(/Let it in, .*\? \[y\/N\]/);
	second.type("n");
	assert.equal((await answer).status, 403);
	assert.equal(await second.ended, 1);
});

test("wvwasi-gw answer answers a pairing request, in another terminal", async () => {
	for (const [word, status] of [["y", 200], ["n", 403]]) {
		const { from, text } = await pairHere();
		const answer = claim({ code: /type (\S+) /.exec(text)[1] });
		await gateway.hear(/Let it in, .*\? {2}\(y: yes, n: no\)/, from);
		const other = start(binary, ["answer"]);
		await other.hear(new RegExp(`wants to run programs here\\. Let it in, if it shows the words ${WORDS}\\? \\[y/N\\]`));
		other.type(word);
		assert.equal((await answer).status, status);
		assert.equal(await other.ended, 0);
		await gateway.hear(status === 200 ? /was let in/ : /wasn't let in/, from);
	}
});

test("D, and wvwasi-gw debug --lan, let a debugger of another machine in, and ask about it", async () => {
	const from = gateway.text.length;
	gateway.type("d");
	await gateway.hear(/Debug at http:\/\/127\.0\.0\.2:\d+[^]*On another machine: D /, from);
	const at = gateway.text.length;
	gateway.type("D");
	const [, url] = await gateway.hear(/or open (https:\S+) there and type [0-9A-Z]{4}-[0-9A-Z]{4} [^]*fingerprint, SHA-256/, at);
	assert.notEqual(url, origin);
	const link = readQr(stripVTControlCharacters(gateway.text.slice(at)));
	assert.match(link, new RegExp(`^${url}/_wvwasi/enter#k=[\\w-]{22}&to=/_wvwasi/inspector$`));
	const claim = (token) => new RemoteSession({ origin: url, port: Number(new URL(url).port), ca, address: "127.0.0.1" })
		.request("POST", "claim", { "Content-Type": "application/json" }, JSON.stringify({ token, words: WORDS }));
	const answer = claim(/#k=([^&]+)/.exec(link)[1]);
	await gateway.hear(new RegExp(`a client at 127\\.0\\.0\\.1 wants to watch programs here\\. Let it in, if it shows the words ${WORDS}\\? {2}\\(y: yes, n: no\\)`), at);
	gateway.type("y");
	assert.equal((await answer).status, 200);

	const debug = start(binary, ["debug", "--lan"]);
	await debug.hear(/SHA-256: (\S+)/);
	const refused = claim(/#k=([^&]+)/.exec(readQr(debug.text))[1]);
	await debug.hear(/wants to watch programs here\. Let it in, if it shows the words .*\? \[y\/N\]/);
	debug.type("n");
	assert.equal((await refused).status, 403);
	assert.equal(await debug.ended, 1);
});

test("without --lan, pair says how", async () => {
	fs.mkdirSync(path.join(base, "alone"));
	const alone = start(binary, ["--root", path.join(base, "alone")]);
	await alone.hear(/Open http/);
	const pair = spawnSync(binary, ["pair", "--root", path.join(base, "alone")], { env, encoding: "utf8" });
	assert.equal(pair.status, 1);
	assert.match(pair.stderr, /start the gateway with --lan/);
	alone.child.kill("SIGTERM");
	await alone.ended;
});
