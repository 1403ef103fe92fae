// What the window's tests need: a screen, a user's home, an app that reports by files, and the gateway with its window.
// Leaves to others what is tested: *.test.js.
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { pause } from "../engines/deadline.js";
import { binary } from "../engines/webview.js";
import { whatWaits } from "../engines/waits.js";
import { startGateway, top } from "../gateway/gateway.js";
import { encodePng, startScreen } from "./screen.js";

export { binary };
const build = process.env.WVWASI_BUILD ?? path.join(top, "build");
const REPORT_MS = 30_000;
/** What the pages call themselves. */
export const TITLE = "^An app of the tests$";
/** Of GTK's theme: the line above the page, and the button of the page that stands in for a crashed one. */
export const LINE = [241, 230, 217], BUTTON = [44, 127, 227];

const red = () => encodePng({ width: 32, height: 32, rgb: Buffer.alloc(32 * 32 * 3, Buffer.from([208, 48, 48])) });

export class Fixture {
	#undo = [];
	#gateways = [];

	/** @param {{ width?: number, height?: number }} [size] of its screen */
	static async open(size) {
		const fixture = new Fixture();
		fixture.base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-window-"));
		fixture.#undo.push(() => fs.rmSync(fixture.base, { recursive: true, force: true, maxRetries: 5 }));
		fixture.root = path.join(fixture.base, "app of tests");
		fixture.home = path.join(fixture.base, "home");
		fixture.data = path.join(fixture.base, "data");
		fixture.browsed = path.join(fixture.base, "browsed");
		for (const folder of [fixture.home, fixture.data])
			fs.mkdirSync(folder);
		fs.cpSync(path.join(top, "tests/webview/pages"), fixture.root, { recursive: true });
		fs.renameSync(path.join(fixture.root, "app.html"), path.join(fixture.root, "index.html"));
		for (const name of ["records", "ends", "orders"])
			fs.copyFileSync(path.join(build, `guests/${name}.wasm`), path.join(fixture.root, `${name}.wasm`));
		fs.writeFileSync(path.join(fixture.root, "icon.png"), red());
		fs.writeFileSync(path.join(fixture.root, "letter.txt"), "Dear reader\n");
		fixture.browser = path.join(fixture.base, "browser");
		fs.writeFileSync(fixture.browser, `#!/bin/sh\nprintf '%s\\n' "$@" >> '${fixture.browsed}'\n`, { mode: 0o755 });
		fixture.tools = path.join(fixture.base, "tools");
		fs.mkdirSync(fixture.tools);
		fs.writeFileSync(path.join(fixture.tools, "xdg-open"), `#!/bin/sh\nprintf 'xdg-open: %s\\n' "$@" >> '${fixture.browsed}'\n`, { mode: 0o755 });
		fixture.screen = await startScreen(size);
		fixture.#undo.push(() => fixture.screen.close());
		return fixture;
	}

	async close() {
		for (const gateway of this.#gateways)
			await this.end(gateway);
		for (const step of this.#undo.splice(0).reverse())
			await step();
	}

	get env() {
		return { DISPLAY: this.screen.name, HOME: this.home, XDG_RUNTIME_DIR: this.home, XDG_STATE_HOME: "", XDG_DATA_HOME: "", XDG_CACHE_HOME: "",
			WAYLAND_DISPLAY: "", DBUS_SESSION_BUS_ADDRESS: "", BROWSER: this.browser, NO_AT_BRIDGE: "1", GDK_BACKEND: "x11",
			LIBGL_ALWAYS_SOFTWARE: "1", GSETTINGS_BACKEND: "memory" };
	}

	/** The gateway, with a window unless told otherwise. start: the page's query. */
	async start(args = ["--webview"], { env, query, port } = {}) {
		fs.rmSync(this.data, { recursive: true, force: true });
		fs.mkdirSync(this.data);
		if (query !== undefined) // a page that leads to the app's with this query: links lead to "/"
			this.leadTo(query);
		const gateway = await startGateway(["--root", this.root, "--dir", `${this.data}::/data`, ...args], { env: { ...this.env, ...env }, port });
		this.#gateways.push(gateway);
		return gateway;
	}

	/** What "/" leads to, from now on. */
	leadTo(query) {
		const page = path.join(this.root, "index.html"), app = path.join(this.root, "app.html");
		if (!fs.existsSync(app))
			fs.renameSync(page, app);
		fs.writeFileSync(page, `<!doctype html><script>location.replace("/app.html?${query}")</script>`);
	}

	/** Starts, waits for the page's report, runs the test, ends. options: args of the gateway, query, env, port. */
	async withWindow({ args, ...options }, fn) {
		const gateway = await this.start(args, options);
		try {
			const start = await this.report("start");
			const window = await this.screen.window(TITLE);
			await fn({ gateway, start, window, pid: (await gateway.next("window")).pid });
		} finally {
			await this.end(gateway);
		}
	}

	/** wvwasi-webview, started by hand as a user would: { child, ended (its exit code), stderr() }. */
	startWindow(args = [], { env, stdio = [] } = {}) {
		const child = spawn(binary, args, { env: { ...process.env, ...this.env, ...env }, stdio: ["ignore", "ignore", "pipe", ...stdio] });
		let stderr = "";
		child.stderr.on("data", (text) => (stderr += text));
		const ended = new Promise((resolve) => child.once("close", resolve));
		this.#undo.push(() => child.kill());
		return { child, ended, stderr: () => stderr };
	}

	/** Waits until `look` gives something that isn't false. */
	async until(look, what, timeoutMs = 30_000) {
		for (const until = Date.now() + timeoutMs; ; await pause(20)) {
			const seen = await look();
			if (seen)
				return seen;
			if (Date.now() > until)
				throw new Error(`${what}: not within ${timeoutMs} ms`);
		}
	}

	/** For people to look at, if $WVWASI_PHOTOS names a folder. */
	photograph(name) {
		if (process.env.WVWASI_PHOTOS)
			this.screen.photograph(path.join(process.env.WVWASI_PHOTOS, `${name}.png`));
	}

	/** Ends it and the window that it left behind: both at once, since one with --inspect has the gateway's stderr. */
	async end(gateway) {
		const window = gateway.log.find(({ event }) => event === "window");
		const stopped = gateway.stop();
		if (window && this.isAlive(window.pid))
			process.kill(window.pid, "SIGTERM");
		await stopped;
		if (window)
			await this.gone(window.pid);
	}

	/** Waits for the end of a process that isn't our child. */
	async gone(pid, timeoutMs = 30_000) {
		for (const until = Date.now() + timeoutMs; this.isAlive(pid); await pause(20))
			if (Date.now() > until)
				throw new Error(`${pid} still runs after ${timeoutMs} ms`);
	}

	/** Is it running: a pid that we were told. A child that nobody has waited for yet has ended. */
	isAlive(pid) {
		try {
			return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"));
		} catch {
			return false;
		}
	}

	/** The window's process and those of its engine, as [{ pid, name }]. */
	processes(pid) {
		const all = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => {
			try {
				const stat = fs.readFileSync(`/proc/${name}/stat`, "latin1");
				const [, parent] = /\) \S (\d+)/.exec(stat);
				return [{ pid: Number(name), parent: Number(parent), name: fs.readlinkSync(`/proc/${name}/exe`).split("/").pop() }];
			} catch {
				return []; // it has gone
			}
		});
		const mine = new Set([pid]);
		for (let more = true; more;) {
			more = false;
			for (const each of all)
				if (mine.has(each.parent) && !mine.has(each.pid))
					more = mine.add(each.pid) !== null;
		}
		return all.filter((each) => mine.has(each.pid));
	}

	/** What the page reported under this name, when it has and `match` likes it. */
	async report(name, match = () => true, timeoutMs = REPORT_MS) {
		for (const until = Date.now() + timeoutMs; ; await pause(20)) {
			let value;
			try {
				value = JSON.parse(fs.readFileSync(path.join(this.data, name), "utf8"));
			} catch {
				// not yet, or not whole yet
			}
			if (value !== undefined && match(value))
				return value;
			if (Date.now() > until)
				throw new Error(`no such report '${name}' within ${timeoutMs} ms: ${JSON.stringify(value)}; windows: ${await this.titles()}; ${whatWaits()}`);
		}
	}

	async titles() {
		const titles = [];
		for (const id of await this.screen.windows())
			titles.push(await this.screen.titleOf(id));
		return titles.join(" | ");
	}

	/** The addresses that were handed to the user's browser. */
	elsewhere() {
		return fs.existsSync(this.browsed) ? fs.readFileSync(this.browsed, "utf8").trim().split("\n").filter(Boolean) : [];
	}

	/** Does any file below the user's home hold such text (a regular expression)? Their paths. */
	filesWith(text) {
		try {
			return execFileSync("grep", ["-rlaE", text, this.home], { encoding: "utf8" }).trim().split("\n");
		} catch {
			return []; // grep found nothing
		}
	}
}
