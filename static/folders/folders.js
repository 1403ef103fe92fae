/* /_wvwasi/folders.js: a panel of the granted folders, for our terminal page and for apps: <wvwasi-folders>. Types are in folders.d.ts. Its parts are in a
 * shadow root, so that the page's styles and ours don't meet. */
import { GatewayLost } from "/_wvwasi/wvwasi.js";
import { dropped } from "../dropped.js";
import { bytes } from "../figures.js";
import { Asking } from "./asking.js";
import { Changes } from "./changes.js";
import { Copying } from "./copying.js";
import { download } from "./downloading.js";
import { iconButton, make } from "./element.js";
import styles from "./folders.css";
import { preview } from "./preview.js";
import { Rows } from "./rows.js";
import { Tree } from "./tree.js";

export { dropped };

const ICONS = {
	newFolder: "M2 4.5v8h12v-6.5H7.5L6 4.5zM8 7.5v4M6 9.5h4", upload: "M8 10.5V3M4.8 6 8 2.8 11.2 6M2.5 13.5h11", download: "M8 2v7.5M4.8 6.8 8 10l3.2-3.2M2.5 13.5h11",
	preview: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 .01 0", insert: "M3 4l4 4-4 4M8.5 12.5H13",
	rename: "M3 13l.6-2.8L10.8 3 13 5.2 5.8 12.4zM9.5 4.3l2.2 2.2", remove: "M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5", close: "m4 4 8 8M12 4l-8 8",
};

const sheet = new CSSStyleSheet();
sheet.replaceSync(styles);

export class FoldersPanel extends HTMLElement {
	#root = this.attachShadow({ mode: "open" });
	#asking = new Asking(this.#root);
	#tree = new Tree({ changed: () => this.#changed(), lost: error => this.#fail(error) });
	#rows;
	#changes;
	#buttons = {};
	#field = make("input", { type: "file", multiple: true, hidden: true });
	#status = make("p", { className: "status", role: "status" });
	#progress = make("progress", { "aria-label": "Progress" });
	#abort = null;
	#again = make("button", { type: "button", textContent: "Connect again", hidden: true });
	#isOpened = null;
	#coming = null; // the path of what was made or renamed, until its folder has told of it and it is selected
	#insert;

	/** @param {{ insert?: (...paths: string[]) => void, close?: () => void }} [options] */
	constructor({ insert, close } = {}) {
		super();
		this.#insert = insert ?? null;
		this.#rows = new Rows(this.#tree, { selected: () => this.#showButtons(), activate: entry => this.#open(entry), key: event => this.#press(event) });
		this.#changes = new Changes(this.#tree, this.#asking);
		this.#root.adoptedStyleSheets = [sheet];
		const head = make("div", { className: "head" }, make("h2", { textContent: "Folders" }), ...close ? [iconButton(ICONS.close, "Close", close)] : []);
		const cancel = make("button", { type: "button", textContent: "Cancel", className: "cancel" });
		cancel.addEventListener("click", () => this.#abort?.abort(new DOMException("cancelled", "AbortError")));
		const work = make("div", { className: "work", hidden: true }, this.#progress, cancel);
		this.#root.append(head, this.#toolbar(), this.#rows.element, work, this.#status, this.#again, this.#field);
		this.#again.addEventListener("click", () => this.open());
		this.#field.addEventListener("change", () => {
			this.copy([...this.#field.files]);
			this.#field.value = "";
		});
		this.#takeDrops();
	}

	connectedCallback() {
		this.#isOpened ?? this.open();
	}

	/** Asks the gateway what is granted, and opens the first folder that can be written. Resolves when it is shown; never rejects. */
	open() {
		this.#again.hidden = true;
		this.#status.textContent = "";
		this.#isOpened = (async () => {
			try {
				await this.#tree.open();
				const [first] = [...this.#tree.roots.filter(({ readonly }) => !readonly), ...this.#tree.roots];
				this.#rows.select(first ?? null);
				if (first)
					await this.#tree.expand(first);
				else
					this.#status.textContent = "No folder is granted. Start the gateway with --dir FOLDER.";
			} catch (error) {
				this.#fail(error);
			}
		})();
		return this.#isOpened;
	}

	/** Where files go that are dropped on the page: the selected folder, or the first that can be written; null: there is none. @returns {string | null} */
	get target() {
		return this.#target?.path ?? null;
	}

	get #target() {
		const selected = this.#rows.selected?.folder;
		return selected && !selected.readonly ? selected : this.#tree.roots.find(({ readonly }) => !readonly) ?? null;
	}

	/** The path of the selected entry, or null. @returns {string | null} */
	get selected() {
		return this.#rows.selected?.path ?? null;
	}

	/** Opens the folders above a path, and selects what is there. @param {string} path @returns {Promise<boolean>} is it there? */
	async reveal(path) {
		await this.#isOpened;
		const entry = await this.#tree.reveal(path);
		if (entry)
			this.#rows.select(entry);
		return entry !== null;
	}

	focus() {
		this.#rows.element.focus();
	}

	/**
	 * Copies files and folders of this computer, asks before it replaces any, and shows how far it is.
	 * @param {(FileSystemEntry | File)[]} given see dropped()
	 * @param {string} [folder] default: target
	 * @returns {Promise<string[]>} where those are that were given and copied; none after an error, which is shown
	 */
	async copy(given, folder) {
		await this.#isOpened;
		const to = folder ?? this.target;
		if (given.length === 0 || to === null)
			return this.#say(to === null ? "No granted folder can be written to." : "", []);
		return this.#working(async signal => {
			const copying = new Copying(this.#tree.fs, to, { signal, ask: path => this.#askConflict(path), progress: ({ files, total, bytes: copied }) =>
				this.#show(total ? files / total : null, `Copying to ${to}: ${files.toLocaleString("en")} of ${total.toLocaleString("en")}, ${bytes(copied)}`) });
			const { paths, failed } = await copying.run(given);
			const words = `${copying.files.toLocaleString("en")} ${copying.files === 1 ? "file" : "files"} copied to ${to}, ${bytes(copying.bytes)}`;
			this.#say(failed.length ? `${words}. ${failed.length} failed: ${failed.slice(0, 3).map(({ path, message }) => `${path}: ${message}`).join("; ")}` : words);
			return paths;
		}, []);
	}

	#askConflict(path) {
		return this.#asking.choice({ title: "There is such a file already", text: path, option: "Do the same for all others",
			actions: [["both", "Keep both"], ["replace", "Replace it"], ["skip", "Leave it out"]] });
	}

	/* ---- what is shown ---- */

	#toolbar() {
		const add = (name, words, press) => (this.#buttons[name] = iconButton(ICONS[name], words, press));
		const bar = make("div", { role: "toolbar", "aria-label": "Folders", className: "bar" },
			add("newFolder", "New folder", () => this.#do(() => this.#changes.makeFolder(this.#target))),
			add("upload", "Copy files here", () => this.#field.click()),
			add("preview", "Show (Enter)", () => this.#open(this.#rows.selected)),
			...this.#insert ? [add("insert", "Insert the path (Ctrl+Enter)", () => this.#insertPath())] : [],
			add("download", "Download", () => this.#download(this.#chosen)),
			add("rename", "Rename (F2)", () => this.#do(() => this.#changes.rename(this.#rows.selected))),
			add("remove", "Remove (Delete)", () => this.#do(() => this.#changes.remove(this.#chosen))));
		bar.addEventListener("keydown", ({ key }) => {
			const enabled = [...bar.querySelectorAll("button:not(:disabled)")], step = { ArrowRight: 1, ArrowLeft: -1 }[key];
			if (step)
				enabled.at((enabled.indexOf(this.#root.activeElement) + step) % enabled.length).focus();
		});
		return bar;
	}

	#showButtons() {
		this.#coming = null; // something is selected
		const { selected, chosen } = this.#rows, isOne = chosen.length === 1, isFixed = ({ readonly, parent }) => readonly || parent === null;
		const fixed = chosen.length === 0 || chosen.some(isFixed);
		const cannot = { newFolder: selected?.folder.readonly ?? true, upload: selected?.folder.readonly ?? true, preview: !isOne || selected.kind !== "file",
			insert: !selected, download: !selected, rename: fixed || !isOne, remove: fixed };
		if (chosen.length > 1 || /^[\d,]+ selected$/.test(this.#status.textContent))
			this.#say(chosen.length > 1 ? `${chosen.length.toLocaleString("en")} selected` : "");
		for (const [name, button] of Object.entries(this.#buttons))
			button.disabled = cannot[name];
	}

	/* What is within another folder that is chosen goes with it. */
	get #chosen() {
		const { chosen } = this.#rows, all = new Set(chosen);
		const isWithin = ({ parent }) => parent !== null && (all.has(parent) || isWithin(parent));
		return chosen.filter(entry => !isWithin(entry));
	}

	#changed() {
		this.#rows.draw();
		if (this.#coming !== null)
			this.reveal(this.#coming);
	}

	#say(text, result) {
		this.#status.textContent = text;
		this.#status.classList.remove("bad");
		return result;
	}

	#fail(error) {
		this.#status.textContent = error.message;
		this.#status.classList.add("bad");
		if (error instanceof GatewayLost || error.message === "the gateway has gone")
			this.#again.hidden = false;
	}

	#show(share, text) {
		if (share === null)
			this.#progress.removeAttribute("value");
		else
			this.#progress.value = share;
		this.#progress.title = text;
		this.#progress.setAttribute("aria-valuetext", text);
	}

	/* Work that takes a while, one at a time, and that can be cancelled. */
	async #working(work, otherwise) {
		if (this.#abort)
			return this.#say("Something is being copied: wait, or cancel that.", otherwise);
		const shown = this.#root.querySelector(".work");
		this.#abort = new AbortController();
		this.#say("");
		this.#show(null, "");
		shown.hidden = false;
		try {
			return await work(this.#abort.signal);
		} catch (error) {
			return error.name === "AbortError" ? this.#say("Cancelled.", otherwise) : (this.#fail(error), otherwise);
		} finally {
			this.#abort = null;
			shown.hidden = true;
		}
	}

	/* ---- what is done ---- */

	#press(event) {
		const button = { F2: "rename", Delete: "remove" }[event.key] ?? (event.key === "Enter" && event.ctrlKey ? "insert" : null);
		if (!button || !this.#buttons[button] || this.#buttons[button].disabled)
			return;
		event.preventDefault();
		this.#buttons[button].click();
	}

	async #do(work) {
		try {
			const path = await work();
			if (path && !await this.reveal(path))
				this.#coming = path;
		} catch (error) {
			this.#fail(error);
		}
		this.focus();
	}

	async #open(entry) {
		if (!this.dispatchEvent(new CustomEvent("open", { detail: { path: entry.path }, cancelable: true })))
			return; // the app does it
		try {
			await preview(this.#root, entry, { download: () => this.#download([entry]), insert: this.#insert && (() => this.#insertPath()) });
		} catch (error) {
			this.#fail(error);
		}
		this.focus();
	}

	#insertPath() {
		this.#insert(...this.#rows.chosen.map(({ path }) => path));
	}

	#download(entries) {
		return this.#working(async signal => {
			const name = await download(entries, { signal, progress: count => this.#show(null, `${bytes(count)} of ${entries[0].path}`) });
			this.#say(`${name} is in your downloads.`);
		});
	}

	#takeDrops() {
		const target = event => this.#rows.entryAt(event)?.folder ?? this.#target;
		const isFiles = event => event.dataTransfer.types.includes("Files");
		this.addEventListener("dragover", event => {
			if (!isFiles(event))
				return;
			event.preventDefault();
			event.stopPropagation();
			const folder = target(event);
			event.dataTransfer.dropEffect = folder && !folder.readonly ? "copy" : "none";
			this.#rows.target(folder?.readonly ? null : folder);
		});
		this.addEventListener("dragleave", () => this.#rows.target(null));
		this.addEventListener("drop", event => {
			if (!isFiles(event))
				return;
			event.preventDefault();
			event.stopPropagation();
			this.#rows.target(null);
			const folder = target(event);
			if (folder && !folder.readonly)
				this.copy(dropped(event.dataTransfer), folder.path);
			else
				this.#say(folder ? `${folder.path} is read-only.` : "No granted folder can be written to.");
		});
	}
}

customElements.define("wvwasi-folders", FoldersPanel);
