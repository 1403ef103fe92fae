// What a program asks the terminal for besides text: the clipboard, links, images.
import assert from "node:assert/strict";

import { engineNames, startEngine } from "../engines/index.js";
import { after, describe, test } from "../testing.js";
import { python, TerminalPage } from "./terminal-page.js";

const only = process.env.WVWASI_ENGINE;
const script = [
	"print('\\x1b]52;c;?\\x07\\x1b]52;c;Z3JlZW4gdGVh\\x07', end='')", // asks what is there, which nobody is told, and copies
	"print('\\x1b]8;;https://example.org/there\\x07here\\x1b]8;;\\x07')",
	"print('\\x1bPq#1;2;100;0;0#1' + '!60~-' * 4 + '\\x1b\\\\')",
	"input()",
].join("\n");

for (const name of engineNames.filter((name) => name === "chromium" && (!only || only === name))) {
	const engine = await startEngine(name);
	describe(`sequences, ${name}`, () => {
		after(() => engine.close());

		test("OSC 52 copies after a yes, OSC 8 shows where it leads, and a Sixel image is drawn", async () => {
			const terminal = await TerminalPage.open(engine, [python, "-c", script]);
			try {
				await terminal.until("the question", async () => /put 9 letters on the clipboard: green tea$/m.test(await terminal.text("offer")));
				assert.deepEqual(await terminal.findings(), []);
				const copied = await terminal.page.evaluate(() => new Promise((resolve) => {
					navigator.clipboard.writeText = async (text) => resolve(text);
					document.getElementById("offer-yes").click();
				}));
				assert.equal(copied, "green tea");
				await terminal.until("no question", async () => await terminal.text("offer-text") === "");
				const [x, y] = await terminal.page.evaluate(() => {
					const rows = [...document.querySelectorAll(".xterm-rows > div")];
					const { left, top, height } = rows.find(({ textContent }) => textContent.startsWith("here")).getBoundingClientRect();
					return [left + 12, top + height / 2];
				});
				await terminal.page.puppeteer.mouse.move(x + 40, y + 40);
				await terminal.page.puppeteer.mouse.move(x, y, { steps: 5 });
				await terminal.until("the address", async () => await terminal.text("hint") === "https://example.org/there");
				await terminal.until("the image", () => terminal.page.evaluate(() => {
					const canvas = document.querySelector(".xterm-image-layer");
					const pixels = canvas?.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data ?? [];
					let red = 0;
					for (let at = 0; at < pixels.length; at += 4)
						red += pixels[at] > 200 && pixels[at + 1] < 50 && pixels[at + 3] > 200;
					return red > 1000;
				}));
				await terminal.page.screenshot(`${process.env.WVWASI_SCREENSHOTS ?? terminal.folder}/sequences.png`);
			} finally {
				await terminal.close();
			}
		});
	});
}
