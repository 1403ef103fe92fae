import fs from "node:fs";

import { launch } from "./puppeteer.js";

const executablePath = ["/usr/bin/firefox-esr", "/usr/bin/firefox"].find(fs.existsSync);

const preferences = {
	// Tests look at many pages at once, none of which is in front.
	"dom.min_background_timeout_value": 4,
	"dom.min_background_timeout_value_without_budget_throttling": 4,
	"dom.timeout.enable_budget_timer_throttling": false,
	"alerts.useSystemBackend": false, // the engine shows notifications itself: there is no desktop
	// No request that a page didn't make.
	"browser.safebrowsing.malware.enabled": false,
	"browser.safebrowsing.phishing.enabled": false,
	"extensions.getAddons.cache.enabled": false,
	"extensions.update.enabled": false,
	"network.captive-portal-service.enabled": false,
	"network.connectivity-service.enabled": false,
	"app.normandy.enabled": false,
	"datareporting.policy.dataSubmissionEnabled": false,
	"toolkit.telemetry.enabled": false,
};

/**
 * @param {{ dark?: boolean, home?: string, trust?: string }} options as in startEngine
 * @returns {Promise<import("./index.js").Engine>}
 */
export function start({ dark = false, home, trust } = {}) {
	const extraPrefsFirefox = { ...preferences, "layout.css.prefers-color-scheme.content-override": dark ? 0 : 1 };
	return launch("firefox", { browser: "firefox", executablePath, extraPrefsFirefox, args: ["--no-remote"], home, trust });
}
