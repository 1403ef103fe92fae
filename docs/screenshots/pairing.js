// Takes docs/SECURITY.md's picture of pairing anew, of the real thing: p at the terminal, a phone that scans, a yes.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { startEngine } from "../../tests/engines/index.js";
import { binary, linkTo, startGateway, top } from "../../tests/gateway/gateway.js";
import { usePalette } from "./palette.js";

const ADDRESS = process.argv[2] ?? "127.0.0.1", ROWS = 37;
const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-screenshots-"));
fs.mkdirSync(path.join(base, "app"));
// A page that is a terminal: what was written on one is drawn by xterm.js, as the terminal page does it.
fs.writeFileSync(path.join(base, "app/drawn.html"), `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/_wvwasi/terminal/xterm/xterm.css">
	<style>body { margin: 0; padding: 12px; background: #1c1e21; }</style><div id="here"></div>
	<script type="module">
	import { Terminal } from "/_wvwasi/terminal/xterm/xterm.mjs";
	window.draw = (text) => new Promise((done) => {
		const terminal = new Terminal({ cols: 124, rows: ${ROWS}, fontSize: 13, fontFamily: "DejaVu Sans Mono", cursorInactiveStyle: "none",
			theme: { background: "#1c1e21", foreground: "#f0f0f0" } });
		terminal.open(document.getElementById("here"));
		terminal.write(text, done);
	});
	</script>`);

const env = { ...process.env, XDG_STATE_HOME: path.join(base, "state"), XDG_DATA_HOME: path.join(base, "data"), SHELL: "/bin/sh",
	PATH: `${path.dirname(binary)}:${process.env.PATH}` };
const line = `wvwasi-gw --root app --lan=${ADDRESS}`;
const terminal = spawn("script", ["-qefc", `exec ${line}`, "/dev/null"], { cwd: base, stdio: "pipe", env });
let text = "", wake = () => {};
terminal.stdout.setEncoding("utf8").on("data", (piece) => {
	text += piece;
	wake();
});
async function hears(pattern) {
	for (;;) {
		const found = pattern.exec(text);
		if (found)
			return found;
		await new Promise((resolve) => (wake = resolve));
	}
}

const engine = await startEngine("chromium");
let phones;
const gateway = await startGateway(["--root", path.join(base, "app")]);
try {
	const [, origin] = await hears(/other machines: (\S+),/);
	await hears(/q: quit/);
	terminal.stdin.write("p\n");
	const [, code] = await hears(/there and type (\S+)/);
	await hears(/ca\.crt/);
	// Another browser than a phone's, at a phone's size, with the CA in its store.
	phones = await startEngine("chromium", { trust: path.join(base, "data/wvwasi-gw/certs/authority.pem") });
	const phone = await phones.open(`${origin}/`);
	await phone.resize(390, 420);
	await phone.waitFor(() => document.getElementById("form")?.hidden === false);
	await phone.evaluate((typed) => {
		document.getElementById("link").value = typed;
		document.getElementById("form").requestSubmit();
	}, code);
	await hears(/y: yes/);
	await phone.waitFor(() => /Say yes/.test(document.getElementById("title").textContent));
	await phone.screenshot(path.join(top, "docs/screenshots/pairing-page.png"));
	await usePalette(phone, path.join(top, "docs/screenshots/pairing-page.png"));
	terminal.stdin.write("y\n");
	await hears(/was let in/);
	terminal.stdin.write("l\n");
	await hears(/1 {2}run[^\n]*\n/);
	const page = await engine.open(linkTo(await gateway.link(), "/drawn.html"));
	await page.resize(1010, 670);
	await page.waitFor(() => window.draw !== undefined);
	await page.evaluate((all) => window.draw(all), `$ ${line}\r\n${text}`);
	const file = path.join(top, "docs/screenshots/pairing.png");
	await page.screenshot(file);
	await usePalette(page, file);
} finally {
	await gateway.stop();
	await engine.close();
	await phones?.close();
	terminal.kill("SIGTERM");
	fs.rmSync(base, { recursive: true, force: true });
}
