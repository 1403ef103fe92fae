import fs from "node:fs";

import { launch } from "./puppeteer.js";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(fs.existsSync);

/**
 * @param {{ dark?: boolean, home?: string, trust?: string }} options as in startEngine
 * @returns {Promise<import("./index.js").Engine>}
 */
export function start({ dark = false, home, trust } = {}) {
	const args = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];
	if (dark)
		args.push("--blink-settings=preferredColorScheme=0");
	// Chromium refuses to sandbox itself for root, and only then may go without.
	if (process.getuid() === 0)
		args.push("--no-sandbox");
	return launch("chromium", { browser: "chrome", executablePath, args, home, trust });
}
