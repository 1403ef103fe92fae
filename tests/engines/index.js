// Real browsers, started headless with a fresh profile and driven the same way. Leaves to others what the pages do:
// tests/browsers/ (the suite), tests/run-wasm (one program).
//
//   const engine = await startEngine("firefox");
//   const page = await engine.open("http://localhost:8080/");
//   await page.evaluate((a, b) => a + b, 1, 2);
//   await engine.close();
//
// An engine costs seconds to start and pages cost little: start one for a whole suite.

/**
 * @typedef {object} Page
 * @property {() => Promise<{ type: string, text: string }[]>} messages the console's lines and uncaught errors (type "error"),
 *           in order; in WebKit from the end of the page's load on
 * @property {(url: string) => Promise<void>} goto
 * @property {() => Promise<string>} url
 * @property {(fn: Function | string, ...args: any[]) => Promise<any>} evaluate runs in the page; JSON in, JSON out; a
 *           promise's value is waited for; a throw rejects here with its message and stack
 * @property {(fn: Function | string, timeoutMs?: number) => Promise<any>} waitFor until fn is truthy; its value
 * @property {(path: string) => Promise<void>} screenshot PNG of what is visible
 * @property {(width: number, height: number) => Promise<void>} resize CSS pixels
 * @property {import("puppeteer-core").Page} [puppeteer] Chromium's and Firefox's own, for what only a test of one engine asks
 * @property {(scheme: "light" | "dark") => Promise<void>} [colours] that the user prefers; Chromium alone can be told
 * @property {() => Promise<void>} close
 *
 * @typedef {object} Engine
 * @property {string} name
 * @property {string} version as the engine tells it
 * @property {Promise<any>} died resolves when the engine has gone, by itself or by close()
 * @property {() => Promise<Page>} blank a new page, beside the others, that goes nowhere yet
 * @property {(url: string) => Promise<Page>} open a new page that has loaded this
 * @property {() => Promise<void>} close ends its processes and removes its profile
 */

export const engineNames = ["chromium", "firefox", "webkit"];

/**
 * The ways to wait that an engine has. WebKit has shared memory only when its processes are told so at their start, and
 * is then another engine in effect.
 */
export const waysOf = {
	chromium: ["jspi", "shared", "xhr"],
	firefox: ["jspi", "shared", "xhr"],
	webkit: ["xhr"],
	"webkit+shared": ["shared", "xhr"],
	webview: ["shared", "xhr"],
};

/**
 * @param {"chromium" | "firefox" | "webkit" | "webkit+shared" | "webview"} name webview: our own window, one for each gateway whose pages are opened
 * @param {{ dark?: boolean, home?: string, trust?: string }} options dark: the user prefers a dark page (prefers-color-scheme); not for webview.
 *        home: a folder that keeps the profile from one start to the next (Chromium and Firefox);
 *        trust: a CA's PEM file that the user has added to the browser's own store (those two; for WebKit it is the system's: in a mount
 *        namespace alone)
 * @returns {Promise<Engine>}
 */
export async function startEngine(name, { dark = false, home, trust } = {}) {
	switch (name) {
	case "chromium":
		return (await import("./chromium.js")).start({ dark, home, trust });
	case "firefox":
		return (await import("./firefox.js")).start({ dark, home, trust });
	case "webkit":
	case "webkit+shared":
		return (await import("./webkit.js")).start({ sharedMemory: name === "webkit+shared", dark, trust });
	case "webview":
		return (await import("./webview.js")).start();
	default:
		throw new Error(`unknown engine '${name}': one of ${engineNames.join(", ")}`);
	}
}
