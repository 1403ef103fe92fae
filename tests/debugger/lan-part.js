// A browser on the second machine, told what to do: node lan-part.js ENGINE CA. It runs there as a whole (engines are driven by loopback); a JSON
// line on stdin is a step, its answer a line on stdout. Leaves to others what is right: lan.test.js.
import fs from "node:fs";
import readline from "node:readline";

import { startEngine } from "../engines/index.js";

const [name, trust] = process.argv.slice(2);
const engine = await startEngine(name, { trust });
const script = fs.readFileSync(new URL("../pages/malicious.js", import.meta.url), "utf8");
let page;

/** Waits for what a function of the page says, given these. */
const seen = (fn, ...args) => page.waitFor(`(${fn})(...${JSON.stringify(args)})`, 30_000);

const steps = {
	/** A link from the terminal; the words that the page shows while the user is asked. */
	async enter({ link }) {
		page = await engine.open(link);
		return seen(() => /Say yes/.test(document.getElementById("title")?.textContent) && document.querySelector("#message code").textContent);
	},
	async address() {
		return page.url();
	},
	async suite() {
		return seen(() => window.suite !== undefined && isSecureContext && crossOriginIsolated);
	},
	async run({ options }) {
		return page.evaluate((what) => window.suite.run(what), options);
	},
	/** All that a page can try against an origin that isn't its own. */
	async attack({ target }) {
		await page.evaluate((source) => {
			(0, eval)(source);
		}, script);
		return page.evaluate((what) => window.attack(what), target);
	},
	async status({ text }) {
		return seen((what) => document.getElementById("link-text")?.innerText.includes(what), text);
	},
	/** A row of that call, whenever it was made: without the filter the table follows the newest rows, and shows one for a moment alone. */
	async row({ call }) {
		await page.evaluate((what) => {
			const field = document.querySelector("#filter [name=call]");
			field.value = what;
			field.dispatchEvent(new Event("change", { bubbles: true }));
		}, call);
		return seen((what) => [...document.querySelectorAll("#view .line:not([hidden])")].map((line) => line.innerText).find((line) => line.includes(what)),
			call);
	},
	async click({ what }) {
		await seen((id) => !document.getElementById(id).disabled, what);
		return page.evaluate((id) => document.getElementById(id).click(), what);
	},
};

try {
	for await (const line of readline.createInterface({ input: process.stdin })) {
		const { step, ...rest } = JSON.parse(line);
		const answer = await steps[step](rest).then((value) => ({ value }), (error) => ({ error: error.stack }));
		process.stdout.write(`${JSON.stringify(answer)}\n`);
	}
} finally {
	await engine.close();
}
