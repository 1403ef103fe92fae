// A browser on the second machine: node lan-visitor.js ENGINE CA LINK FOREIGN. It runs there as a whole (engines are driven by loopback), and prints
// one JSON line. Leaves to others what is right: lan.test.js.
import { startEngine, waysOf } from "../engines/index.js";

const [name, trust, link, foreign] = process.argv.slice(2);
const engine = await startEngine(name, { trust });
const result = { runs: {} };
try {
	// Somebody in between, with another certificate: nothing of a page is seen.
	const middle = await engine.blank();
	do // others make networks on this machine, too, and Chromium begins anew then
		result.foreign = await middle.goto(foreign).then(() => "it was opened", (error) => error.message);
	while (/ERR_NETWORK_CHANGED/.test(result.foreign));
	result.foreignUrl = await middle.url();
	result.foreignText = await middle.evaluate(() => document.body?.innerText ?? "").catch(() => "");
	await middle.close();
	const page = await engine.open(link);
	await page.waitFor(() => window.suite !== undefined).catch(async (error) => {
		throw new Error(`${error.message} at ${await page.url()}: ${await page.evaluate(() => document.body.innerText)}; ${JSON.stringify(await page.messages())}`);
	});
	result.url = await page.url();
	result.secure = await page.evaluate(() => isSecureContext && crossOriginIsolated);
	for (const wait of waysOf[name]) {
		const run = (file) => page.evaluate((options) => window.suite.run(options), { file, wait, preopens: [["/", `/data/${name}-${wait}`]] });
		result.runs[wait] = await run("guests/files.wasm");
	}
	// The page asks for a folder; whoever is at the gateway names one.
	await page.evaluate(() => void import("/_wvwasi/files.js").then(async ({ showDirectoryPicker }) => {
		const picked = showDirectoryPicker();
		for (let another; !another; await new Promise(requestAnimationFrame)) {
			another = document.querySelector(".wvwasi-picker")?.shadowRoot.querySelector(".another");
			another?.click();
		}
		window.picked = (await picked).path;
	}));
	result.picked = await page.waitFor(() => window.picked);
	result.messages = (await page.messages()).filter(({ type }) => type === "error");
	const socket = await page.evaluate((url) => new Promise((resolve) => {
		const plain = new WebSocket(url, ["wvwasi.1", "t.AAAAAAAAAAAAAAAAAAAAAA"]);
		plain.onopen = () => resolve("open");
		plain.onerror = () => resolve("refused");
	}), `wss://${new URL(link).host}/_wvwasi/ws`);
	result.socketWithoutTicket = socket;
} catch (error) {
	result.error = error.stack;
} finally {
	await engine.close();
}
process.stdout.write(`${JSON.stringify(result)}\n`);
