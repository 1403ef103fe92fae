// WebKitGTK: MiniBrowser on a screen in memory, driven by WebKitWebDriver. WebDriver knows one current window and one
// command at a time, so the pages take turns, and an evaluation that waits is started and asked for until it is done.
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";

import { authorityMount } from "./authority.js";
import { startChild } from "./child.js";
import { pause, within } from "./deadline.js";
import { startDisplay } from "./display.js";
import { whatWaits } from "./waits.js";

const STEP_MS = 30_000;
const LATE = "timeout"; // a page wasn't loaded
const ELSEWHERE = "the page went elsewhere while it was evaluating";
const DRIVER = "/usr/bin/WebKitWebDriver";
/** Where the browser itself is, if it is. */
export const browserPath = () => {
	const multiarch = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" }[process.arch];
	return ["4.1", "4.0"].map((version) => `/usr/lib/${multiarch}/webkit2gtk-${version}/MiniBrowser`).find(fs.existsSync);
};

/**
 * @param {{ sharedMemory?: boolean, dark?: boolean, trust?: string }} options whether SharedArrayBuffer exists; as in startEngine
 * @returns {Promise<import("./index.js").Engine>}
 */
export async function start({ sharedMemory = false, dark = false, trust } = {}) {
	const binary = browserPath();
	if (trust)
		authorityMount(trust);
	if (!binary)
		throw new Error("cannot find WebKitGTK's MiniBrowser: apt-get install webkit2gtk-driver");
	return startDriven({ name: sharedMemory ? "webkit+shared" : "webkit", binary, args: ["--automation"],
		env: { ...(sharedMemory && { JSC_useSharedArrayBuffer: "1" }), GTK_THEME: dark ? "Adwaita:dark" : "Adwaita" } });
}

/**
 * Any program with WebKitGTK inside that can be automated.
 * @param {{ name: string, binary: string, args: string[], env?: Record<string, string> }} what
 * @returns {Promise<import("./index.js").Engine>}
 */
export async function startDriven({ name, binary, args, env: more = {} }) {
	if (!fs.existsSync(DRIVER))
		throw new Error("cannot find WebKitGTK's WebKitWebDriver: apt-get install webkit2gtk-driver");
	const home = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-webkit-"));
	const undo = [() => fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 })];
	const close = async () => {
		for (const step of undo.splice(0).reverse())
			await step();
	};
	try {
		const display = await startDisplay();
		undo.push(display.close);
		const env = { ...process.env, DISPLAY: display.name, HOME: home, XDG_CONFIG_HOME: `${home}/config`,
			XDG_DATA_HOME: `${home}/data`, XDG_CACHE_HOME: `${home}/cache`, XDG_RUNTIME_DIR: home,
			NO_AT_BRIDGE: "1", GDK_BACKEND: "x11", LIBGL_ALWAYS_SOFTWARE: "1", GSETTINGS_BACKEND: "memory" };
		delete env.WAYLAND_DISPLAY;
		delete env.DBUS_SESSION_BUS_ADDRESS;
		delete env.JSC_useSharedArrayBuffer;
		Object.assign(env, more);
		const { port, driver } = await startDriver(env);
		undo.push(driver.stop);
		const session = await within(openSession(port, binary, args), STEP_MS * 2, "starting WebKitGTK");
		undo.push(() => within(session.command("DELETE", ""), 5000, "closing WebKitGTK").catch(() => {}));
		const died = new Promise((resolve) => driver.once("exit", resolve));
		const blank = () => blankPage(session);
		return {
			name, version: session.version, died, blank, close,
			async open(url) {
				const page = await blank();
				await page.goto(url);
				return page;
			},
		};
	} catch (error) {
		await close();
		throw new Error(`cannot start ${name} (${binary}): ${error.message}`, { cause: error });
	}
}

/** One that listens. WebKitWebDriver can't pick a port itself, and ends where somebody else has taken it meanwhile: then it tries another one. */
async function startDriver(env) {
	for (let tries = 1; ; tries++) {
		const port = await freePort(), driver = startChild(DRIVER, [`--port=${port}`, "--host=127.0.0.1"], { env, stdio: "ignore" });
		for (const late = Date.now() + STEP_MS; driver.exitCode === null && driver.signalCode === null && Date.now() < late; await pause(50))
			if (await request(port, "GET", "/status").then((value) => value.ready, () => false))
				return { port, driver };
		await driver.stop();
		if (tries === 3)
			throw new Error("WebKitWebDriver doesn't answer");
	}
}

/** Taken and given back. */
async function freePort() {
	const server = net.createServer();
	await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return port;
}

async function request(port, method, where, body) {
	const response = await fetch(`http://127.0.0.1:${port}${where}`, {
		method,
		body: method === "POST" ? JSON.stringify(body ?? {}) : undefined,
	});
	const { value } = await response.json();
	if (!response.ok)
		throw Object.assign(new Error(`${value?.message || value?.error || `status ${response.status}`}${value?.error === LATE ? `; ${whatWaits()}` : ""}`),
			{ code: value?.error });
	return value;
}

async function openSession(port, binary, args) {
	const { sessionId, capabilities } = await request(port, "POST", "/session", {
		capabilities: {
			alwaysMatch: {
				"webkitgtk:browserOptions": { binary, args },
				timeouts: { script: STEP_MS, pageLoad: STEP_MS, implicit: 0 },
			},
		},
	});
	let turn = Promise.resolve();
	let current;
	const command = (method, where, body) => request(port, method, `/session/${sessionId}${where}`, body);
	const session = {
		version: `${capabilities.browserName} ${capabilities.browserVersion}`,
		command,
		/** Commands that belong together, in the window they are meant for. */
		inWindow(handle, commands) {
			const mine = turn.then(async () => {
				if (handle && current !== handle) {
					await command("POST", "/window", { handle });
					current = handle;
				}
				return commands();
			});
			turn = mine.catch(() => {});
			return mine;
		},
		forget() {
			current = undefined;
		},
	};
	return session;
}

/**
 * Runs in the page, after its load (WebKitWebDriver has no way to be earlier, nor a log of its own): what comes later is kept.
 */
function keepMessages() {
	if (window.__messages)
		return;
	const messages = (window.__messages = []);
	for (const type of ["log", "info", "warn", "error", "debug"]) {
		const original = console[type];
		console[type] = (...values) => {
			messages.push({ type, text: values.map(String).join(" ") });
			original.apply(console, values);
		};
	}
	const stack = (error) => (error?.stack ? `${error}\n${error.stack}` : String(error));
	addEventListener("error", (event) => messages.push({ type: "error", text: stack(event.error ?? event.message) }));
	addEventListener("unhandledrejection", (event) => messages.push({ type: "error", text: stack(event.reason) }));
}

async function blankPage(session) {
	// A window and not a tab: tabs behind another are throttled.
	const { handle } = await session.inWindow(undefined, () => session.command("POST", "/window/new", { type: "window" }));
	const execute = (script, args) => session.inWindow(handle, () => session.command("POST", "/execute/sync", { script, args }))
		.catch((error) => {
			throw /unload event/.test(error.message) ? new Error(ELSEWHERE) : error;
		});
	let evaluations = 0;

	async function evaluate(fn, ...args) {
		const id = ++evaluations;
		// Most are done at once: the first command waits a moment for that, and answers with the state.
		let state = await execute(`
			const all = (window.__evaluations ??= {}), [id, args] = arguments;
			const state = (all[id] = {});
			const done = (async () => (${typeof fn === "function" ? `(${fn})(...args)` : fn}))().then(
				(value) => Object.assign(state, { done: true, value: value === undefined ? null : value }),
				(error) => Object.assign(state, { done: true, error: String(error?.message ?? error), stack: String(error?.stack ?? "") }));
			return Promise.race([done, new Promise((resolve) => setTimeout(resolve, 20))]).then(() => {
				if (state.done)
					delete all[id];
				return { ...state };
			});`, [id, args]);
		for (let wait = 2; !state?.done; wait = Math.min(wait * 1.5, 100)) {
			await pause(wait);
			state = await execute(`
				const all = window.__evaluations ?? {}, state = all[arguments[0]];
				if (state?.done)
					delete all[arguments[0]];
				return state ? { ...state } : null;`, [id]);
			if (!state)
				throw new Error(ELSEWHERE);
		}
		if (state.error !== undefined)
			throw Object.assign(new Error(state.error), { stack: `${state.error}\n${state.stack}` });
		return state.value ?? undefined;
	}

	const page = {
		messages: () => evaluate(() => window.__messages ?? []),
		evaluate,
		goto: async (to) => {
			// The driver says so itself after STEP_MS, and what waits.
			await session.inWindow(handle, () => within(session.command("POST", "/url", { url: to }), STEP_MS + 5000, `opening ${to}`));
			for (let kept = false; !kept;)
				kept = await evaluate(keepMessages).then(() => true, (error) => {
					if (error.message !== ELSEWHERE) // a page that leads on at once
						throw error;
				});
		},
		url: () => session.inWindow(handle, () => session.command("GET", "/url")),
		async waitFor(fn, timeoutMs = STEP_MS) {
			const until = Date.now() + timeoutMs;
			for (;;) {
				const value = await evaluate(fn).catch((error) => {
					if (error.message !== ELSEWHERE)
						throw error;
				});
				if (value)
					return value;
				if (Date.now() > until)
					throw new Error(`not true within ${timeoutMs} ms: ${fn}`);
				await pause(50);
			}
		},
		async screenshot(file) {
			const base64 = await session.inWindow(handle, () => session.command("GET", "/screenshot"));
			fs.writeFileSync(file, Buffer.from(base64, "base64"));
		},
		async resize(width, height) {
			// The window is larger than its page by the browser's bars.
			const around = await evaluate(() => [outerWidth - innerWidth, outerHeight - innerHeight]);
			await session.inWindow(handle, () => session.command("POST", "/window/rect",
				{ width: width + around[0], height: height + around[1] }));
		},
		async close() {
			const [other] = await session.inWindow(handle, () => session.command("DELETE", "/window"));
			session.forget();
			if (other) // only from within a window can another be opened
				await session.inWindow(other, async () => {});
		},
	};
	return page;
}
