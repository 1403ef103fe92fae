//# allFunctionsCalledOnLoad
/* The pickers' dialog: a list of folders and files, a line for a name, two buttons. In a shadow root, so that the page's styles and ours don't meet. Leaves to
 * others: what is in the list, and what is done with a choice (picker.js). */

const STYLE = `
	:host { all: initial; }
	dialog { color-scheme: light dark; font: 15px system-ui, sans-serif; width: min(34rem, 90vw); padding: 0; border: 1px solid GrayText;
		border-radius: 8px; background: Canvas; color: CanvasText; }
	dialog::backdrop { background: rgb(0 0 0 / 40%); }
	form { display: grid; gap: 10px; padding: 16px; margin: 0; }
	h2 { font-size: 17px; margin: 0; }
	.place { display: flex; gap: 8px; align-items: center; overflow-wrap: anywhere; }
	ul { list-style: none; margin: 0; padding: 4px; height: min(20rem, 45vh); overflow: auto; border: 1px solid GrayText; border-radius: 4px; }
	li button { all: unset; display: block; box-sizing: border-box; width: 100%; padding: 5px 8px; border-radius: 4px; cursor: pointer;
		overflow-wrap: anywhere; }
	li button:hover { background: color-mix(in srgb, CanvasText 10%, Canvas); }
	li button:focus-visible { outline: 2px solid Highlight; outline-offset: -2px; }
	li button[aria-pressed=true] { background: Highlight; color: HighlightText; }
	label { display: flex; gap: 8px; align-items: center; }
	input[type=text] { flex: 1; font: inherit; padding: 4px 6px; }
	.end { display: flex; gap: 8px; justify-content: end; flex-wrap: wrap; }
	.others { display: flex; gap: 8px; margin-inline-end: auto; }
	.end button, .place button { font: inherit; padding: 4px 12px; }
	output:empty { display: none; }
`;

/** @param {string} tag @param {any} [properties] @param {Node[]} children @returns {any} */
function element(tag, properties = {}, ...children) {
	const made = Object.assign(document.createElement(tag), properties);
	made.append(...children);
	return made;
}

export class Dialog {
	#host = document.createElement("div");
	#dialog;
	#place = element("span", { textContent: "Granted folders" });
	#up = element("button", { type: "button", textContent: "↑", ariaLabel: "The folder above" });
	#list = element("ul");
	#name = element("input", { type: "text", autocomplete: "off" });
	#all = element("input", { type: "checkbox" });
	#message = element("output");
	#choose;
	#end;
	#others = element("div", { className: "others" });
	#options;
	#entries = [];
	#marked = new Set();
	#events = [];
	#wake = () => {};

	/** choose: what the button says; name: of a file to be saved, or undefined; filter: which files fit, or null; all: may the user see the others? */
	constructor({ title, choose, multiple = false, name = undefined, filter = null, all = true }) {
		this.#options = { multiple, saves: name !== undefined, filter };
		this.#choose = element("button", { type: "submit", textContent: choose });
		const cancel = element("button", { type: "button", textContent: "Cancel" });
		this.#name.value = name ?? "";
		const form = element("form", { method: "dialog" }, element("h2", { textContent: title, id: "title" }),
			element("div", { className: "place" }, this.#up, this.#place), this.#list,
			...name === undefined ? [] : [element("label", {}, element("span", { textContent: "Name" }), this.#name)],
			...filter === null || !all ? [] : [element("label", {}, this.#all, element("span", { textContent: `Not only ${filter.label}` }))],
			this.#message, this.#end = element("div", { className: "end" }, this.#others, cancel, this.#choose));
		this.#dialog = element("dialog", {}, form);
		this.#dialog.setAttribute("aria-labelledby", "title");
		this.#message.setAttribute("role", "status");
		const root = this.#host.attachShadow({ mode: "open" }), style = new CSSStyleSheet();
		style.replaceSync(STYLE);
		root.adoptedStyleSheets = [style];
		root.append(this.#dialog);
		this.#up.onclick = () => this.tellOf({ is: "up" });
		cancel.onclick = () => this.tellOf({ is: "cancelled" });
		this.#dialog.oncancel = event => {
			event.preventDefault();
			this.tellOf({ is: "cancelled" });
		};
		form.onsubmit = event => {
			event.preventDefault();
			this.tellOf({ is: "chosen", name: this.#name.value, marked: [...this.#marked] });
		};
		this.#all.onchange = () => this.#draw();
		this.#host.className = "wvwasi-picker";
		document.body.append(this.#host);
		this.#dialog.showModal();
	}

	/** What next() gives. @param {any} event */
	tellOf(event) {
		this.#events.push(event);
		this.#wake();
	}

	/** A button for what isn't granted yet. @param {string} label @param {() => Promise<void>} asked */
	offerAnother(label, asked) {
		const button = element("button", { type: "button", className: "another", textContent: label });
		button.onclick = async () => {
			const all = this.#end.querySelectorAll(".another");
			all.forEach(each => (each.disabled = true));
			await asked();
			all.forEach(each => (each.disabled = false));
		};
		this.#others.append(button);
	}

	/** What the user does next: { is: "up" | "opened" | "chosen" | "cancelled", handle, name, marked: handles }, or what tellOf() was given. */
	async next() {
		while (!this.#events.length)
			await new Promise(resolve => (this.#wake = () => resolve(undefined)));
		return this.#events.shift();
	}

	/** path: "" for the list of granted folders. @param {{ path: string, entries: { name: string, handle: any }[] }} what */
	show({ path, entries }) {
		if (this.#place.dataset.path !== path) {
			this.#marked.clear();
			this.#message.value = "";
		}
		this.#place.dataset.path = path;
		this.#place.textContent = path || "Granted folders";
		this.#up.disabled = path === "";
		this.#entries = entries;
		this.#draw();
	}

	#fits({ name, handle }) {
		const { filter } = this.#options;
		return filter === null || handle.kind === "directory" || this.#all.checked || filter.ends.some(end => name.toLowerCase().endsWith(end));
	}

	#draw() {
		this.#list.replaceChildren(...this.#entries.filter(each => this.#fits(each)).map(({ name, handle }) => {
			const isFolder = handle.kind === "directory", button = element("button", { type: "button", textContent: `${isFolder ? "📁" : "📄"} ${name}` });
			button.onclick = () => {
				if (isFolder || !this.#options.multiple)
					return this.tellOf({ is: "opened", handle });
				const marked = !this.#marked.delete(handle);
				if (marked)
					this.#marked.add(handle);
				return button.setAttribute("aria-pressed", String(marked));
			};
			return element("li", {}, button);
		}));
	}

	/** @param {string} name */
	setName(name) {
		this.#name.value = name;
	}

	/** A line above the buttons. @param {string} message */
	tell(message) {
		this.#message.value = message;
	}

	close() {
		this.#dialog.close();
		this.#host.remove();
	}
}
