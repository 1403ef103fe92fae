// A terminal without a page (the same parser and buffer as the page's) with a line editor on it, as the page wires them.
import xterm from "@xterm/headless";
import unicode from "@xterm/addon-unicode11";

import { LineEditor } from "../../static/terminal/line.js";
import { placeOf } from "../../static/terminal/place.js";

/** The widths that the page's terminal uses. */
export function widths(terminal) {
	let provider = null;
	new unicode.Unicode11Addon().activate({ unicode: { register: (its) => (provider = its) } });
	terminal.unicode.register(provider);
	terminal.unicode.activeVersion = provider.version;
	return (codePoint) => provider.wcwidth(codePoint);
}

export class TestScreen {
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

	/** One key, or a pasted text. */
	async type(data) {
		const { draw, acts } = this.editor.type(data, this.place());
		await this.write(draw);
		this.acts.push(...acts);
	}

	/** The program writes, also while a line is being typed. */
	async output(text) {
		await this.write(this.editor.hide());
		await this.write(text);
		await this.write(this.editor.show(this.place()));
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
