// Chromium (by its own protocol) and Firefox (by WebDriver BiDi) through puppeteer-core, which drives both alike.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import puppeteer from "puppeteer-core";

import { within } from "./deadline.js";

const START_MS = 60_000;
const STEP_MS = 30_000;
const CLOSE_MS = 10_000;

/**
 * @param {string} name
 * @param {import("puppeteer-core").LaunchOptions & { home?: string, trust?: string }} options home: the profile is kept there for the next start;
 *        trust: a CA's PEM file
 * @returns {Promise<import("./index.js").Engine>}
 */
export async function launch(name, { home: kept, trust, ...options }) {
	if (!options.executablePath)
		throw new Error(`cannot find ${name}: apt-get install ${name === "firefox" ? "firefox-esr" : name}`);
	// A home of its own: engines write beside their profile too, and the user's may belong to somebody else.
	const home = kept ?? fs.mkdtempSync(path.join(os.tmpdir(), `wvwasi-${name}-`));
	const forget = () => kept || fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 });
	let browser;
	try {
		if (trust)
			options = { ...options, ...authorityAdd(name, home, trust) };
		browser = await within(puppeteer.launch({
			...options,
			...(kept && { userDataDir: path.join(kept, "profile") }),
			headless: true,
			networkEnabled: false, // an engine that reports every frame of a WebSocket spends more on that than on all else

			timeout: START_MS,
			protocolTimeout: 600_000, // evaluations wait for programs; each test has its own deadline
			env: { ...process.env, HOME: home, XDG_CONFIG_HOME: `${home}/config`, XDG_CACHE_HOME: `${home}/cache` },
		}), START_MS, `starting ${name}`);
	} catch (error) {
		forget();
		throw new Error(`cannot start ${name} (${options.executablePath}): ${error.message}`, { cause: error });
	}
	return {
		name,
		version: await browser.version(),
		died: new Promise((resolve) => browser.once("disconnected", resolve)),
		async blank() {
			return wrap(await within(browser.newPage(), STEP_MS, `a new page in ${name}`), name);
		},
		async open(url) {
			const page = await this.blank();
			await page.goto(url);
			return page;
		},
		async close() {
			const child = browser.process();
			await within(browser.close(), STEP_MS, `closing ${name}`).catch(() => child?.kill("SIGKILL"));
			forget();
		},
	};
}

/**
 * As a user adds a CA: to the NSS store of Chromium's home, or of Firefox's profile. No check of a certificate is switched off.
 * @returns {import("puppeteer-core").LaunchOptions} where that is
 */
function authorityAdd(name, home, pem) {
	const store = name === "firefox" ? path.join(home, "profile") : path.join(home, ".pki/nssdb");
	fs.mkdirSync(store, { recursive: true });
	execFileSync("certutil", ["-d", `sql:${store}`, "-N", "--empty-password"]);
	execFileSync("certutil", ["-d", `sql:${store}`, "-A", "-t", "C,,", "-n", "wvwasi", "-i", pem]);
	return name === "firefox" ? { userDataDir: store } : {};
}

/* Chromium has now and then nothing to say to a page's end on a busy machine. What a test wanted to know it knows by then. */
const late = (error) => console.error(error.message);

/** @returns {import("./index.js").Page} */
function wrap(page, name) {
	const messages = [];
	/* Puppeteer's evaluations count as the user's, so a page may ask before it is left: yes, unless a test answers. */
	page.on("dialog", (dialog) => dialog.type() === "beforeunload" && page.listenerCount("dialog") === 1 && dialog.accept().catch(late));
	page.on("console", (message) => messages.push({ type: message.type(), text: `${message.text()} ${message.location().url ?? ""}` }));
	page.on("pageerror", (error) => messages.push({ type: "error", text: error.stack ?? String(error) }));
	page.on("error", (error) => messages.push({ type: "error", text: `the page crashed: ${error.message}` }));
	return {
		puppeteer: page,
		messages: async () => messages,
		goto: async (url) => {
			await page.goto(url, { timeout: STEP_MS, waitUntil: "load" });
		},
		url: async () => page.url(),
		evaluate: (fn, ...args) => page.evaluate(fn, ...args),
		waitFor: async (fn, timeoutMs = STEP_MS) => {
			const handle = await page.waitForFunction(fn, { timeout: timeoutMs, polling: 50 });
			return handle.jsonValue();
		},
		screenshot: async (file) => {
			await page.bringToFront(); // pages behind another aren't painted
			await within(page.screenshot({ path: file }), STEP_MS, `a screenshot in ${name}`);
		},
		colours: (scheme) => page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]),
		resize: (width, height) => page.setViewport({ width, height }),
		close: () => within(page.close(), CLOSE_MS, `closing a page in ${name}`).catch(late),
	};
}
