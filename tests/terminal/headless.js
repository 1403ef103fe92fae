// A terminal without a page (the same parser and buffer as the page's) with a line editor on it, as the page wires them.
import xterm from "@xterm/headless";
import unicode from "@xterm/addon-unicode11";

import { LineEditor } from "../../static/terminal/line.js";
import { RESET } from "../../static/terminal/modes.js";
import { placeOf } from "../../static/terminal/place.js";
import { Sequences } from "../../static/terminal/sequences.js";

/** The widths that the page's terminal uses. */
export function widths(terminal) {
	let provider = null;
	new unicode.Unicode11Addon().activate({ unicode: { register: (its) => (provider = its) } });
	terminal.unicode.register(provider);
	terminal.unicode.activeVersion = provider.version;
	return (codePoint) => provider.wcwidth(codePoint);
}

export class TestScreen {
	#sequences = new Sequences();

	/** @param {{ columns?: number, rows?: number }} size */
	constructor({ columns = 20, rows = 6 } = {}) {
		this.terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true, reflowCursorLine: true, scrollback: 1000 });
		this.editor = new LineEditor({ width: widths(this.terminal) });
		/** what came out: { feed }, "mark", … */
		this.acts = [];
	}

	write(text) {
		return new Promise((resolve) => this.terminal.write(text, resolve));
	}

	place() {
		return placeOf(this.terminal);
	}

	/** One key, or text that an input method commits. */
	type(data) {
		return this.#edit(this.editor.type(data, this.place()));
	}

	paste(text) {
		return this.#edit(this.editor.paste(text, this.place()));
	}

	async #edit({ draw, acts }) {
		await this.write(draw);
		this.acts.push(...acts);
	}

	/** The program writes, also while a line is being typed. @param {string | Uint8Array} written */
	async output(written) {
		await this.write(this.editor.hide());
		await this.write(this.#sequences.push(typeof written === "string" ? new TextEncoder().encode(written) : written));
		await this.write(this.editor.show(this.place()));
	}

	/** The program has ended. */
	async end() {
		await this.write(this.#sequences.end());
		this.editor.reset();
		await this.write(RESET);
		this.terminal.options.convertEol = true;
	}

	/** What programs can change, beside what is on the screen. */
	modes() {
		const { modes, _core: core } = this.terminal;
		return { ...Object.fromEntries(Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(modes))).filter(([, { get }]) => get)
			.map(([name]) => [name, modes[name]])),
			...modes, hidden: core.coreService.isCursorHidden, convertEol: this.terminal.options.convertEol };
	}

	async resize(columns, rows) {
		await this.write(this.editor.hide());
		this.terminal.resize(columns, rows);
		await this.write(this.editor.show(this.place()));
	}

	/** Everything, scrollback included, wrapped rows joined, without the blanks at the end. */
	text() {
		const { active } = this.terminal.buffer;
		let text = "";
		for (let y = 0; y < active.length; y++) {
			const line = active.getLine(y);
			const next = active.getLine(y + 1);
			text += line.translateToString(!next?.isWrapped) + (next?.isWrapped ? "" : "\n");
		}
		return text.replace(/\s+$/, "");
	}

	cursor() {
		const { active } = this.terminal.buffer;
		return { x: active.cursorX, y: active.baseY + active.cursorY };
	}
}
