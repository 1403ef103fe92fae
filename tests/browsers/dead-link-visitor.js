// A browser on the second machine whose cable is pulled: node dead-link-visitor.js CA LINK. It prints a JSON line when its programs run, and one with what
// each ended with. Leaves to others what is right: dead-link.test.js.
import { startEngine, waysOf } from "../engines/index.js";

const [trust, link] = process.argv.slice(2);
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const engine = await startEngine("chromium", { trust });
try {
	const page = await engine.open(link);
	await page.waitFor(() => window.suite !== undefined);
	await page.evaluate(async (ways) => {
		const { connect, spawn } = await import("/_wvwasi/wvwasi.js");
		const w = await connect();
		const ends = ways.map(async (wait) => {
			const child = await spawn("guests/orders.wasm", { wait });
			return () => child.exited.then(() => "an end", ({ name, message }) => `${name}: ${message}`);
		});
		const exits = await Promise.all(ends);
		window.outcomes = Promise.all([...exits.map((exit) => exit()), (async () => {
			for (;;)
				await w.fs.stat("/");
		})().catch(({ name, message }) => `${name}: ${message}`)]);
		window.again = () => spawn("guests/orders.wasm").then(() => "a start", ({ name }) => name);
	}, waysOf.chromium);
	say({ running: true });
	const outcomes = await page.evaluate(() => window.outcomes);
	say({ outcomes, notice: await page.evaluate(() => document.querySelector("wvwasi-notice")?.getAttribute("aria-label")),
		again: await page.evaluate(() => window.again()) });
} catch (error) {
	say({ error: error.stack });
} finally {
	await engine.close();
}
