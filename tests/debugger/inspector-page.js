// The inspector in a real engine, beside a program in another: clicks, types, and reads what the page shows.
import fs from "node:fs";
import path from "node:path";

import { pause, within } from "../engines/deadline.js";
import { auditPage } from "../browsers/audit.js";
import { debugLink } from "../gateway/debugger.js";

const SEEN_MS = 30_000;

export class InspectorPage {
	#closed = null;

	/**
	 * @param {import("../engines/index.js").Engine} engine
	 * @param {import("../gateway/gateway.js").Gateway} gateway
	 * @param {{ size?: [number, number], link?: string }} options
	 */
	static async open(engine, gateway, { size = [1280, 800], link } = {}) {
		const its = new InspectorPage();
		its.gateway = gateway;
		its.page = await engine.open(link ?? await debugLink(gateway));
		try {
			await its.page.resize(...size);
			await its.seen("#link", /Watching|In control/);
		} catch (error) {
			await its.close();
			throw error;
		}
		return its;
	}

	close() {
		return (this.#closed ??= this.page.close());
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

	/** What an element shows. */
	text(selector) {
		return this.page.evaluate((which) => document.querySelector(which)?.innerText.trim() ?? null, selector);
	}

	/** Waits until an element's text matches; gives it. */
	seen(selector, pattern, ms) {
		return this.until(`${selector} ${pattern}`, async () => {
			const text = await this.text(selector);
			return text !== null && pattern.test(text) ? text : null;
		}, ms);
	}

	/** As a user can: only what is there, shown, and not disabled. */
	async click(selector) {
		await this.until(`${selector} to click on`, () => this.page.evaluate((which) => {
			const element = document.querySelector(which);
			if (!element || element.disabled || !element.checkVisibility())
				return false;
			element.closest("button, a, input, select, [tabindex]")?.focus(); // as the mouse does
			element.click();
			return true;
		}, selector));
	}

	/** Writes into a field, in place of what is there. */
	async fill(selector, text) {
		await this.until(`${selector} to type into`, () => this.page.evaluate((which, what) => {
			const field = document.querySelector(which);
			if (!field || field.disabled || !field.checkVisibility())
				return false;
			field.focus();
			field.value = what;
			field.dispatchEvent(new Event("input", { bubbles: true }));
			field.dispatchEvent(new Event("change", { bubbles: true }));
			return true;
		}, selector, text));
	}

	/** Drops files on the page: paths, or [name, bytes]. */
	drop(files) {
		const all = files.map((file) => (typeof file === "string" ? [path.basename(file), fs.readFileSync(file)] : file));
		return this.page.evaluate((given) => {
			const data = new DataTransfer();
			for (const [name, text] of given)
				data.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name));
			document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
		}, all.map(([name, bytes]) => [name, bytes.toString("base64")]));
	}

	/** A key, wherever the focus is. */
	press(key) {
		return this.page.evaluate((which) => {
			document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: which, bubbles: true, cancelable: true }));
		}, key);
	}

	/** Fills the filter's fields; the others are emptied. */
	async filter(wish = {}) {
		for (const field of ["search", "call", "path", "handle", "errno", "slower", "where"])
			await this.fill(`#filter [name=${field}]`, wish[field] ?? "");
	}

	/** The rows in sight: [{ row, call, text, result, bytes, took, by, program, note, before, failed, chosen }]. */
	rows() {
		return this.page.evaluate(() => [...document.querySelectorAll("#view .line:not([hidden])")]
			.map((line) => ({
				...Object.fromEntries(["call", "text", "result", "bytes", "took", "by", "program"]
					.map((name) => [name, line.querySelector(`.${name}`).textContent])),
				row: Number(line.dataset.row), note: line.dataset.note ?? "", before: line.dataset.before === "true", failed: line.dataset.failed === "true", chosen: line.getAttribute("aria-selected") === "true",
			})).sort((a, b) => a.row - b.row));
	}

	/** Waits until the rows in sight are such; gives them. */
	rowsSeen(what, test) {
		return this.until(what, async () => {
			const rows = await this.rows();
			return test(rows) ? rows : null;
		});
	}

	/** Waits for a row in sight; gives it. test: of a row, or a pattern of `call(text) = result`. */
	async row(test) {
		const fits = typeof test === "function" ? test : ({ call, text, result }) => test.test(`${call}(${text}) = ${result}`);
		return (await this.rowsSeen(String(test), (rows) => rows.some(fits))).findLast(fits);
	}

	/** The table of handles: [{ number, kind, path, rights, flags, offset, by, leak }]. */
	handles() {
		return this.page.evaluate(() => [...document.querySelectorAll("#handles tbody tr")].map((row) => ({
			...Object.fromEntries(["number", "kind", "path", "rights", "flags", "offset", "by"].map((name, i) => [name, row.cells[i].innerText.trim()])),
			leak: row.dataset.leak === "true",
		})));
	}

	/** Types a line into the program's standard input, through the page. */
	async type(line) {
		await this.fill("#stdin-text", line);
		await this.click("#stdin-send");
	}

	/** axe-core's serious and critical findings on the page as it is. */
	findings() {
		return auditPage(this.page);
	}
}
