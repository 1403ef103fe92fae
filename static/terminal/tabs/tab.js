/* One tab: a terminal of its own in a frame, or, of the first, the page's own. Follows what its document says of its program. Leaves to others: where it is
 * shown (tabs.js). */

const STOP_MS = 1000;
const EXIT = /^(?:Exit code|Interrupted after .*, exit code) (-?\d+)/;

export class Tab {
	/** its name, "running" | "good" | "bad" | "", and the exit code of its last run, or "" */
	name = "";
	state = "";
	exit = "";
	/** Did it write something that nobody has seen? */
	unread = false;
	isShown = false;
	button = document.createElement("button");
	#on;
	#stopped = null;

	/**
	 * @param {{ id: string, path?: string, named?: string, args?: string[] }} what path: of a program in a granted folder; named: one of
	 *        --program; default: the gateway's first
	 * @param {HTMLElement | null} pane of the first tab; else a frame is made
	 * @param {{ changed: (tab: Tab) => void, entered: (tab: Tab) => void, key: (event: KeyboardEvent) => void }} on
	 */
	constructor(what, pane, on) {
		this.what = what;
		this.#on = on;
		this.pane = pane ?? this.#frame();
		Object.assign(this.button, { type: "button", role: "tab", id: `tab-${what.id}` });
		this.button.setAttribute("aria-controls", this.pane.id);
		this.button.append(...["state", "tab-name", "tab-number", "exit", "unread"].map(className => Object.assign(document.createElement("span"), { className })));
	}

	/** Puts it on the page. @param {HTMLElement} list of buttons @param {HTMLElement} panes */
	begin(list, panes) {
		list.append(this.button);
		if (this.isFirst)
			this.#follow(document);
		else
			panes.append(this.pane);
	}

	get isFirst() {
		return this.pane.tagName !== "IFRAME";
	}

	get document() {
		return this.isFirst ? document : this.pane.contentDocument;
	}

	get runs() {
		return this.state === "running";
	}

	/** What the tab says to a screen reader. */
	get label() {
		return [this.name, this.runs ? "running" : this.exit !== "" ? `exit code ${this.exit}` : "", this.unread ? "unread output" : ""].filter(Boolean).join(", ");
	}

	focus() {
		this.document?.querySelector(".xterm-helper-textarea")?.focus();
	}

	/** Ends its program, which else would wait for its page to come back. Resolves when it has ended. */
	stop() {
		const stopped = new Promise(resolve => (this.#stopped = resolve));
		this.document.getElementById("stop").click();
		return Promise.race([stopped, new Promise(resolve => setTimeout(resolve, STOP_MS))]);
	}

	#frame() {
		const frame = document.createElement("iframe");
		const { id, path, named, args = [] } = this.what;
		Object.assign(frame.dataset, { tab: id, args: JSON.stringify(args), ...path ? { path } : {}, ...named ? { named } : {} });
		frame.id = `pane-${id}`;
		frame.className = "pane";
		frame.title = path ?? named ?? "Another terminal";
		frame.addEventListener("load", () => this.#follow(frame.contentDocument));
		frame.src = "/_wvwasi/terminal";
		return frame;
	}

	#follow(its) {
		const status = its.getElementById("status");
		if (status === null)
			return; // another page: it has been led to where it can get in
		const look = () => {
			const text = its.getElementById("status-text").textContent;
			Object.assign(this, { name: its.getElementById("name").textContent, state: status.dataset.state ?? "", exit: EXIT.exec(text)?.[1] ?? "" });
			if (!this.isFirst)
				this.pane.title = this.name;
			this.#on.changed(this);
			if (!this.runs)
				this.#stopped?.();
		};
		new MutationObserver(look).observe(its.querySelector("header"), { subtree: true, childList: true, characterData: true, attributeFilter: ["data-state"] });
		its.addEventListener("wvwasi-output", () => {
			if (this.isShown || this.unread)
				return;
			this.unread = true;
			this.#on.changed(this);
		});
		(this.isFirst ? this.pane : its).addEventListener("focusin", () => this.#on.entered(this));
		its.addEventListener("keydown", event => this.#on.key(event), { capture: true });
		look();
	}
}
