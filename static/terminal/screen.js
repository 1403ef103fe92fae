/* The terminal on the page: shows what a program writes, without ever keeping the page's thread busy for long, and takes keys, through the line editor or, in
 * raw mode, as they are. All work on the terminal runs in one queue, so that the editor always knows where the cursor is. Leaves to others: the program
 * (run.js), the bars around it (terminal.js). */
import { FitAddon } from "./xterm/addon-fit.mjs";
import { SearchAddon } from "./xterm/addon-search.mjs";
import { SerializeAddon } from "./xterm/addon-serialize.mjs";
import { WebLinksAddon } from "./xterm/addon-web-links.mjs";
import { Terminal } from "./xterm/xterm.mjs";

import { letterOf } from "../letter.js";
import { Images } from "./images.js";
import { LineEditor } from "./line.js";
import { countMatches } from "./matches.js";
import { RESET } from "./modes.js";
import { placeOf } from "./place.js";
import { Sequences } from "./sequences.js";
import { SizeReports } from "./size.js";
import { matchColours, readTheme, watchTheme } from "./theme.js";
import { TouchScroll } from "./touch.js";
import { Transcript, textOf } from "./transcript.js";
import { useUnicode11 } from "./widths.js";
import { wrapped } from "./wrapping.js";

const SLICE = 64 << 10; // parsed in a few milliseconds
const KEPT_ROWS = 2000; // over a reload, above the screen
const MARKED = 1000; // matches of a search
const BACKLOG = 512 << 10; // beyond, the program's output waits
const newLine = ({ buffer }) => (buffer.active.cursorX ? "\r\n" : "");

export class Screen {
	#terminal;
	#fit = new FitAddon();
	#search = new SearchAddon({ highlightLimit: MARKED });
	#images;
	#serialize = new SerializeAddon();
	/* Where the match begins that was found last. */
	#found;
	#sought = "";
	#editor;
	#width; // of a code point
	#raw;
	#on;
	#accepts = false; // there is a program to type to
	#tasks = []; // before the next output
	#pieces = [];
	#sequences = new Sequences();
	#sizes = null; // in raw mode
	#shown = 0; // bytes
	#backlog = 0; // bytes that aren't
	#room = [];
	#busy = false;
	/** What the program wrote. */
	transcript = new Transcript();

	/**
	 * @param {HTMLElement} element
	 * @param {{ raw: boolean, on: { feed(text: string | Uint8Array): void, mark(): void, interrupt(): boolean, dropped(): void,
	 *           typed(): void, complete(begun: string): Promise<string>, pastes(text: string): Promise<string | null>, again(): void, explain(): void,
	 *           inspect(): void, resize(columns: number, rows: number): void, find(): void, leave(): void,
	 *           title(text: string): void, bell(): void, shown(): void, copies(data: string): void, link: object, changed(data: string): string,
	 *           found(index: number, count: number): void } }} options interrupt: does the program end? complete: gives how these letters go on.
	 *           pastes: gives what is to be pasted. changed: gives what a typed key is, with others that are held.
	 *           shown: something new is there. copies: of OSC 52. link: xterm.js's ILinkHandler, for OSC 8
	 */
	constructor(element, { raw, on }) {
		this.#raw = raw;
		this.#on = on;
		this.#terminal = new Terminal({
			allowProposedApi: true, // for unicode
			convertEol: !raw,
			cursorBlink: false,
			fontFamily: getComputedStyle(document.body).getPropertyValue("--mono"),
			fontSize: 14,
			lineHeight: 1.15,
			minimumContrastRatio: 4.5,
			reflowCursorLine: true,
			scrollback: 20_000,
			theme: readTheme(),
		});
		this.#images = new Images(this.#terminal);
		this.#width = useUnicode11(this.#terminal);
		this.#editor = new LineEditor({ width: this.#width });
		for (const addon of [this.#fit, this.#search, this.#serialize, new WebLinksAddon()])
			this.#terminal.loadAddon(addon);
		this.#terminal.open(element);
		this.#terminal.attachCustomKeyEventHandler(event => this.#takesKey(event));
		if (!raw)
			element.addEventListener("paste", event => this.#pastes(event), { capture: true });
		if (raw)
			this.#sizes = new SizeReports(this.#terminal, report => this.#accepts && on.feed(report));
		this.#terminal.onData(data => this.#typed(data));
		this.#terminal.onBinary(data => raw && this.#accepts && on.feed(Uint8Array.from(data, letter => letter.charCodeAt(0))));
		this.#search.onDidChangeResults(({ resultIndex, resultCount }) =>
			on.found(resultIndex, resultCount < MARKED ? resultCount : countMatches(this.#terminal.buffer.active, this.#sought)));
		this.#terminal.onTitleChange(on.title);
		this.#terminal.onBell(on.bell);
		this.#terminal.onWriteParsed(() => on.shown());
		this.#terminal.parser.registerOscHandler(52, data => on.copies(data) ?? true);
		this.#terminal.options.linkHandler = on.link;
		new TouchScroll(this.#terminal, element);
		watchTheme(theme => (this.#terminal.options.theme = theme));
		this.#fit.fit();
		new ResizeObserver(() => this.#refit()).observe(element);
	}

	get size() {
		return { columns: this.#terminal.cols, rows: this.#terminal.rows };
	}

	focus() {
		this.#terminal.focus();
	}

	/** A key of the page's own. @param {string} data as xterm.js would give it; arrows as in its normal mode */
	press(data) {
		const asked = this.#terminal.modes.applicationCursorKeysMode;
		this.#terminal.input(asked ? data.replace(/^\x1b\[([A-D])$/, "\x1bO$1") : data);
	}

	/** Puts text at the prompt, as if it were typed. @param {string} text without control characters */
	insert(text) {
		this.focus();
		if (!this.#accepts)
			return;
		if (this.#raw)
			return this.#terminal.paste(text);
		this.#tasks.push(() => this.#edit("paste", text));
		this.#pump();
	}

	/* ---- what is shown ---- */

	/**
	 * Shows what the program wrote. A promise when it should wait before it writes more.
	 * @param {Uint8Array} bytes kept
	 */
	output(bytes) {
		this.transcript.add(bytes);
		return this.#show(bytes);
	}

	/** Shows a line of ours, after what was written. @param {string} text may hold colours */
	note(text) {
		this.#afterAll(() => this.#write(`${newLine(this.#terminal)}\x1b[0m${wrapped(text, this.#terminal.cols, this.#width)}\r\n`));
	}

	/** What is there, for another terminal: the screen and what was typed. @returns {{ screen: string, lines: string[] }} */
	keep() {
		return { screen: this.#serialize.serialize({ scrollback: KEPT_ROWS, excludeModes: true, excludeAltBuffer: true }), lines: this.#editor.lines };
	}

	/** Shows what another terminal kept. */
	restore({ screen, lines }) {
		this.#editor.lines = lines;
		this.#tasks.push(() => this.#write(screen));
		this.#pump();
	}

	/** A program begins: what was typed to the last one is dropped. isNew: it goes on with nothing that is there, such as another's prompt. */
	begin({ isNew = true } = {}) {
		this.#accepts = true;
		this.transcript = new Transcript();
		this.#tasks.push(() => this.#write(this.#editor.hide()), () => this.#restore(), () => this.#write(isNew ? newLine(this.#terminal) : ""));
		this.#pump();
	}

	/** It has ended. Resolves when everything that it wrote can be seen. */
	end() {
		this.#accepts = false;
		return new Promise(resolve => this.#afterAll(async () => {
			await this.#write(this.#sequences.end());
			await this.#restore();
			resolve();
		}));
	}

	/* Once all that came so far is shown, and no more: the next program may write without end. */
	#afterAll(task) {
		const until = this.#shown + this.#backlog;
		this.#tasks.push(async () => {
			while (this.#shown < until)
				await this.#showSlice(Math.min(SLICE, until - this.#shown));
			await task();
		});
		this.#pump();
	}

	/* Back to the initial state, except for what the program wrote. */
	async #restore() {
		this.#editor.reset();
		await this.#write(RESET);
		this.#terminal.options.convertEol = !this.#raw; // a sequence changes that too
	}

	#show(bytes) {
		this.#pieces.push(bytes);
		this.#backlog += bytes.length;
		this.#pump();
		return this.#backlog > BACKLOG ? new Promise(resolve => this.#room.push(resolve)) : undefined;
	}

	async #pump() {
		if (this.#busy)
			return;
		this.#busy = true;
		while (this.#tasks.length || this.#pieces.length)
			await (this.#tasks.length ? this.#tasks.shift()() : this.#showSlice());
		this.#busy = false;
	}

	async #showSlice(most = SLICE) {
		const pieces = [];
		let taken = 0;
		while (this.#pieces.length && taken < most) {
			const [piece] = this.#pieces;
			const part = piece.subarray(0, most - taken);
			if (part.length === piece.length)
				this.#pieces.shift();
			else
				this.#pieces[0] = piece.subarray(part.length);
			pieces.push(part);
			taken += part.length;
		}
		const whole = pieces.map(piece => this.#sequences.push(piece));
		for (const piece of whole)
			await this.#images.before(piece);
		await this.#write(this.#editor.hide(), ...whole);
		await this.#write(this.#editor.show(placeOf(this.#terminal)));
		this.#backlog -= taken;
		this.#shown += taken;
		if (this.#backlog < BACKLOG / 2)
			for (const resolve of this.#room.splice(0))
				resolve();
	}

	/* Resolves when the terminal has parsed it all. */
	async #write(...pieces) {
		const written = pieces.filter(piece => piece.length);
		const last = written.pop();
		for (const piece of written)
			this.#terminal.write(piece);
		if (last !== undefined)
			await new Promise(resolve => this.#terminal.write(last, resolve));
	}

	#refit() {
		this.#tasks.push(async () => {
			const wanted = this.#fit.proposeDimensions();
			const { columns, rows } = this.size;
			if (!wanted || !(wanted.cols > 1) || wanted.cols === columns && wanted.rows === rows)
				return;
			await this.#write(this.#editor.hide());
			this.#terminal.resize(wanted.cols, wanted.rows);
			await this.#write(this.#editor.show(placeOf(this.#terminal)));
			this.#on.resize(wanted.cols, wanted.rows);
			this.#sizes?.resized();
		});
		this.#pump();
	}

	/* ---- what is typed ---- */

	#typed(letters) {
		const data = this.#on.changed(letters);
		if (!this.#accepts)
			return { "\r": this.#on.again, "?": this.#on.explain, i: this.#on.inspect }[data]?.();
		if (this.#raw)
			return this.#on.feed(data);
		if (data !== "\x03")
			this.#on.typed();
		this.#tasks.push(() => this.#edit("type", data));
		return this.#pump();
	}

	/* Pasted text is text, whatever it begins with and whatever the program asked the terminal for. */
	async #pastes(event) {
		const text = event.clipboardData?.getData("text/plain");
		if (!text || !this.#accepts)
			return;
		event.preventDefault();
		event.stopPropagation();
		const wanted = this.#terminal.modes.bracketedPasteMode ? text : await this.#on.pastes(text);
		this.focus();
		if (wanted === null)
			return;
		this.#tasks.push(() => this.#edit("paste", wanted));
		this.#pump();
	}

	/** @param {"type" | "paste"} how */
	async #edit(how, data) {
		if (!this.#accepts)
			return;
		const { draw, acts } = this.#editor[how](data, placeOf(this.#terminal));
		await this.#write(draw);
		const isBlock = how === "paste" && acts.length > 1 && this.#terminal.modes.bracketedPasteMode;
		for (const act of isBlock ? [bracketed(acts)] : acts)
			await this.#do(act);
	}

	async #do(act) {
		if (act === "clear")
			await this.#clear();
		else if (act === "interrupt")
			await this.#write(this.#on.interrupt() ? "^C\r\n" : "");
		else if (typeof act === "string")
			this.#on[act]();
		else if (act.feed !== undefined)
			this.#on.feed(act.feed);
		else
			this.#complete(act.complete);
	}

	/* The program goes on meanwhile. */
	async #complete(begun) {
		const rest = await this.#on.complete(begun);
		this.#tasks.push(() => this.#write(this.#editor.complete(begun, rest, placeOf(this.#terminal))));
		this.#pump();
	}

	async #clear() {
		await this.#write(this.#editor.hide());
		this.#terminal.clear();
		await this.#write(this.#editor.show(placeOf(this.#terminal)));
	}

	/* Keys that are the page's or the browser's. False: not the terminal's. */
	#takesKey(event) {
		const { key, ctrlKey, shiftKey, altKey, metaKey } = event;
		const control = ctrlKey && !altKey && !metaKey;
		const letter = letterOf(event);
		if (key === "F6" || key === "Tab" && !altKey && !control && (!this.#accepts || shiftKey && !this.#raw)) {
			if (key === "F6" && event.type === "keydown") {
				event.preventDefault();
				this.#on.leave();
			}
			return false;
		}
		if (control && letter === "f" && (shiftKey || !this.#raw))
			return this.#takeOver(event, () => this.#on.find());
		if (control && letter === "c" && (shiftKey || !this.#raw && this.#terminal.hasSelection()))
			return this.#takeOver(event, () => {
				this.copy();
				this.#terminal.clearSelection();
			});
		return !(control && letter === "v" && (shiftKey || !this.#raw)); // the browser pastes
	}

	#takeOver(event, action) {
		event.preventDefault();
		if (event.type === "keydown")
			action();
		return false;
	}

	/* ---- reading it ---- */

	/** Copies the selection, or else all that is there. @returns {Promise<"selection" | "everything">} */
	async copy() {
		const selected = this.#terminal.getSelection();
		await navigator.clipboard.writeText(selected || textOf(this.#terminal.buffer.active));
		return selected ? "selection" : "everything";
	}

	/** Searches from the last match on, or for the newest. @param {"older" | "newer" | "newest"} way */
	find(text, way) {
		const options = { decorations: matchColours() };
		this.#sought = text;
		if (text === "")
			return this.endFind();
		if (way === "newest")
			this.#terminal.clearSelection();
		else if (!this.#terminal.hasSelection() && this.#found) // a key and a change of buffers end the selection, from which the addon goes on
			this.#terminal.select(this.#found.x, this.#found.y, text.length);
		this.#search[way === "newer" ? "findNext" : "findPrevious"](text, options);
		this.#found = this.#terminal.getSelectionPosition()?.start;
	}

	endFind() {
		this.#search.clearDecorations();
		this.#terminal.clearSelection();
	}

	/** @param {number} size of letters, px */
	set fontSize(size) {
		this.#terminal.options.fontSize = size;
		this.#refit();
	}

	/** @param {boolean} on the output in a live region; it costs time */
	readAloud(on) {
		this.#terminal.options.screenReaderMode = on;
	}
}

/* Several pasted lines as one, for a program that asked to be told where a paste begins and ends. */
function bracketed(acts) {
	return { feed: `\x1b[200~${acts.map(({ feed }) => feed).join("")}\x1b[201~` };
}
