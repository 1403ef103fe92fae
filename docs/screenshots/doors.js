// Takes docs/SECURITY.md's pictures anew, of the real thing: the terminal, and how a page looks that isn't let in, in each engine.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { pause } from "../../tests/engines/deadline.js";
import { engineNames, startEngine } from "../../tests/engines/index.js";
import { binary, startGateway, top } from "../../tests/gateway/gateway.js";
import { usePalette } from "./palette.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-screenshots-"));
const root = path.join(base, "app");
for (const folder of [root, path.join(base, "notes")])
	fs.mkdirSync(folder);
fs.writeFileSync(path.join(root, "index.html"), `<!doctype html><title>app</title><script type="module">
	import { connect } from "/_wvwasi/wvwasi.js";
	connect();
</script>`);
// A page that is a terminal: what was written on one is drawn by xterm.js, as the terminal page does it.
fs.writeFileSync(path.join(root, "drawn.html"), `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/_wvwasi/terminal/xterm/xterm.css">
	<style>body { margin: 0; padding: 12px; background: #fff; }</style><div id="here"></div>
	<script type="module">
	import { Terminal } from "/_wvwasi/terminal/xterm/xterm.mjs";
	window.draw = (bytes, rows) => new Promise(done => {
		const terminal = new Terminal({ cols: 104, rows, fontSize: 13, fontFamily: "DejaVu Sans Mono", cursorBlink: false, cursorInactiveStyle: "none",
			theme: { background: "#ffffff", foreground: "#1c1e21" } });
		terminal.open(document.getElementById("here"));
		terminal.write(bytes, done);
	});
	</script>`);
const picture = (name) => path.join(top, "docs/screenshots", `${name}.png`);
const dataUrl = (file) => `data:image/png;base64,${fs.readFileSync(file, "base64")}`;

async function until(look, what) {
	for (let waits = 0; ; waits++) {
		const seen = look();
		if (seen)
			return seen;
		if (waits > 1000)
			throw new Error(what());
		await pause(20);
	}
}

/** Opens an address that leads on at once, which Firefox's driver takes for a failure. What is waited for then tells. */
const visit = (page, url) => page.goto(url).catch(() => {});

/** The gateway on a terminal of its own, by script(1). */
function startOnTerminal(line) {
	const child = spawn("script", ["-qefc", `exec ${line}`, "/dev/null"], { cwd: base, stdio: "pipe",
		env: { ...process.env, XDG_STATE_HOME: path.join(base, "state"), SHELL: "/bin/sh", PATH: `${path.dirname(binary)}:${process.env.PATH}` } });
	const terminal = {
		text: "",
		ended: new Promise((resolve) => child.once("close", resolve)),
		/** Waits for words that come after those that were there when it was called last. */
		async hears(pattern) {
			const from = terminal.from ?? 0;
			const found = await until(() => pattern.exec(terminal.text.slice(from)), () => `${pattern}: ${terminal.text}`);
			terminal.from = from + found.index + found[0].length;
			return found;
		},
		types: (text) => child.stdin.write(text),
	};
	child.stdout.on("data", (data) => (terminal.text += data));
	return terminal;
}

/** What the user at the terminal sees of a day: links, who is in, one thrown out. */
async function terminalPicture(engines) {
	const line = "wvwasi-gw --root app --dir notes::/notes";
	const terminal = startOnTerminal(line);
	const [, link] = await terminal.hears(/Open (\S+)/);
	const first = await engines[0].blank();
	await visit(first, link);
	await first.waitFor(() => location.pathname === "/");
	const late = await engines[1].blank();
	await visit(late, link);
	await late.waitFor(() => document.getElementById("form")?.hidden === false);
	await terminal.hears(/second time[^\n]*\n/);
	terminal.types("\n");
	const [, other] = await terminal.hears(/Open (\S+)/);
	await visit(late, other);
	await late.waitFor(() => location.pathname === "/");
	terminal.types("l\n");
	await terminal.hears(/2 +run[^\n]*\n/);
	terminal.types("r 1\n");
	await terminal.hears(/session 1[^\n]*\n/);
	terminal.types("help\n");
	await terminal.hears(/q: quit[^\n]*\n/);
	terminal.types("q\n");
	await terminal.ended;
	const drawn = await startGateway(["--root", root]);
	try {
		const page = await engines[0].open(`${drawn.ready.url}/drawn.html`);
		await page.waitFor(() => window.draw !== undefined);
		const text = `$ ${line}\r\n${terminal.text}$ `;
		// A link is longer than a line.
		const rows = text.split("\n").reduce((sum, each) => sum + Math.max(1, Math.ceil(each.replace(/\r/g, "").length / 104)), 0);
		await page.evaluate((bytes, count) => window.draw(bytes, count), text, rows);
		const [width, height] = await page.evaluate(() => {
			const { width, height } = document.querySelector(".xterm-screen").getBoundingClientRect();
			return [Math.ceil(width) + 24, Math.ceil(height) + 24];
		});
		await page.resize(width, height);
		await page.screenshot(picture("doors-terminal"));
		await usePalette(page, picture("doors-terminal"));
		await page.close();
	} finally {
		await drawn.stop();
	}
}

const type = (text) => `(document.getElementById("link").value = ${JSON.stringify(text)}, document.querySelector("form").requestSubmit())`;

/** The states of a page that isn't let in, as pictures: [name, file]. */
async function statesIn(engine) {
	const gateway = await startGateway(["--root", root]);
	const taken = [];
	const take = async (page, name, size = [600, 440]) => {
		await page.resize(...size);
		await pause(300); // it is laid out anew
		const file = path.join(base, `${engine.name}-${taken.length}.png`);
		await page.screenshot(file); // a window that was behind others is painted for the first, and right in the second
		await pause(700);
		await page.screenshot(file);
		taken.push([name, file]);
	};
	const asks = (page) => page.waitFor(() => document.getElementById("form")?.hidden === false);
	try {
		const page = await engine.blank();
		await visit(page, `${gateway.ready.url}/`);
		await page.waitFor(() => location.pathname === "/_wvwasi/enter");
		await asks(page);
		await take(page, "an address typed by hand");
		await page.evaluate(type("0000-0000"));
		await page.waitFor(() => document.getElementById("wrong").textContent !== "");
		await take(page, "a wrong code, on a small screen", [400, 560]);
		const elsewhere = await engine.blank();
		await visit(elsewhere, gateway.ready.link);
		await elsewhere.waitFor(() => location.pathname === "/");
		await elsewhere.evaluate(() => localStorage.clear());
		await visit(elsewhere, gateway.ready.link);
		await asks(elsewhere);
		await take(elsewhere, "a link that somebody else has opened", [600, 520]);
		await elsewhere.goto(`http://127.0.0.1:${gateway.ready.port}/deep/page`);
		await take(elsewhere, "another name of this computer: 421", [600, 200]);
		await elsewhere.close();
		await gateway.stop();
		await page.evaluate(type(gateway.ready.code));
		await page.waitFor(() => /answer/.test(document.getElementById("title").textContent));
		await take(page, "the gateway has ended", [600, 440]);
		await page.close();
	} finally {
		await gateway.stop();
	}
	return taken;
}

/** One picture of several. */
async function sheet(engine, name, pictures) {
	const page = await engine.blank();
	const html = `<!doctype html><meta charset="utf-8"><style>
		body { width: 1260px; margin: 0; padding: 16px; box-sizing: border-box; font: 14px "DejaVu Sans"; background: #fff; color: #1c1e21;
			columns: 2; column-gap: 16px; }
		figure { margin: 0 0 16px; break-inside: avoid; } figcaption { margin-bottom: 4px; color: #5a5f66; }
		img { border: 1px solid #aaa; max-width: 100%; box-sizing: border-box; display: block; }
		</style>${pictures.map(([what, file]) => `<figure><figcaption>${what}</figcaption><img src="${dataUrl(file)}"></figure>`).join("")}`;
	const file = path.join(base, "sheet.html");
	fs.writeFileSync(file, html);
	await page.goto(`file://${file}`);
	await page.resize(1260, 600);
	const height = await page.evaluate(() => document.documentElement.scrollHeight);
	await page.resize(1260, height);
	await page.screenshot(picture(name));
	await usePalette(page, picture(name));
	await page.close();
}

const engines = [];
try {
	for (const name of engineNames)
		engines.push(await startEngine(name, { dark: name === "firefox" })); // both themes are in the pictures
	await terminalPicture(engines);
	for (const engine of engines)
		await sheet(engines[0], `doors-${engine.name}`, await statesIn(engine));
} finally {
	for (const engine of engines)
		await engine.close();
	fs.rmSync(base, { recursive: true, force: true, maxRetries: 5 });
}
