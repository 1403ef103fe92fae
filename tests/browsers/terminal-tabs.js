// The terminal page's tabs, read and typed into by tests.

/** The page's tabs, as a user sees them. */
export class TabBar {
	constructor(terminal) {
		this.terminal = terminal;
	}

	/** What each tab says to a screen reader, the active one with a star. */
	get labels() {
		return this.terminal.page.evaluate(() => document.getElementById("tabs").hidden ? [] : [...document.querySelectorAll("[role=tab]")]
			.map((tab) => (tab.getAttribute("aria-selected") === "true" ? "* " : "") + tab.getAttribute("aria-label")));
	}

	says(...wanted) {
		return this.terminal.until(`tabs ${wanted.join(" | ")}`, async () => {
			const labels = await this.labels;
			return labels.length === wanted.length && labels.every((label, i) => label === wanted[i]);
		});
	}

	/** Begins the same program again. */
	async again({ beside = false } = {}) {
		await this.terminal.click("another-open");
		await this.terminal.page.evaluate((isBeside) => {
			document.querySelector("#another [name=beside]").checked = isBeside;
			document.getElementById("another-same").click();
		}, beside);
	}

	/** Waits until the screen of the number-th frame matches. */
	seen(number, pattern) {
		return this.terminal.until(`in frame ${number}: ${pattern}`, async () => {
			const text = await this.terminal.page.evaluate((which) => [...document.querySelectorAll("iframe.pane")[which - 1]?.contentDocument
				.querySelectorAll(".xterm-rows > div") ?? []].map((row) => row.textContent).join("\n"), number);
			return pattern.test(text.replace(/\u00a0/g, " ").replace(/ +$/gm, ""));
		});
	}

	type(number, data) {
		return this.terminal.page.evaluate((which, what) => {
			const { contentWindow, contentDocument } = document.querySelectorAll("iframe.pane")[which - 1];
			const area = contentDocument.querySelector(".xterm-helper-textarea");
			area.focus();
			area.dispatchEvent(new contentWindow.InputEvent("input", { data: what, inputType: "insertText", bubbles: true }));
		}, number, data);
	}

	/** Which panes are seen: "first", or a frame's number; the active one with a star. */
	get panes() {
		return this.terminal.page.evaluate(() => [...document.querySelectorAll(".pane:not(.behind)")]
			.map((pane) => (pane.classList.contains("active") ? "* " : "") + (pane.id === "pane" ? "first" : pane.dataset.tab)));
	}
}
