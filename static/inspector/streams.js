/* The standard streams of the chosen program, with a line to type into stdin; and its page's console. */
import { byId, make, setText, show } from "./dom.js";
import { MODE, encodeStdin } from "./codec.js";
import { STDIN, toBytes } from "../shim/base/codec.js";
import { count, timeOfDay } from "./numbers.js";
import { printableLines } from "./printable.js";

const DRAWN = 400; // pieces, lines
const LONGEST = 20_000; // characters of a piece

export class Streams {
	#model;
	#send;
	#output = byId("output");
	#console = byId("console");
	#program = null;
	#drawn = 0; // the next piece's number
	#consoleDrawn = null; // the last entry
	#typed = byId("stdin-text");

	/** @param {import("./model.js").Model} model @param {{ send: (bytes: Uint8Array) => boolean }} to */
	constructor(model, { send }) {
		this.#model = model;
		this.#send = send;
		byId("show-output").addEventListener("click", () => this.showConsole(false));
		byId("show-console").addEventListener("click", () => this.showConsole(true));
		byId("stdin").addEventListener("submit", event => {
			event.preventDefault();
			this.#type(`${this.#typed.value}\n`, 0);
			this.#typed.value = "";
		});
		byId("stdin-eof").addEventListener("click", () => {
			this.#type(this.#typed.value, STDIN.MARK);
			this.#typed.value = "";
			this.#typed.focus();
		});
	}

	#type(text, flags) {
		if (this.#program)
			this.#send(encodeStdin(this.#program.id, toBytes(text), flags));
	}

	showConsole(yes) {
		show(this.#output, !yes);
		show(this.#console, yes);
		byId("show-output").setAttribute("aria-pressed", String(!yes));
		byId("show-console").setAttribute("aria-pressed", String(yes));
		(yes ? this.#console : this.#output).scrollTop = 1e9;
	}

	/** @param {object | null} program @param {boolean} may type */
	render(program, may) {
		const mayType = may && program?.ended === null && program.mode !== MODE.BY_ANOTHER;
		for (const id of ["stdin-text", "stdin-send", "stdin-eof"])
			byId(id).disabled = !mayType;
		this.#typed.placeholder = mayType ? "Type into its standard input" : program?.ended ? "It has ended" : program?.stopped && may ? "It is stopped" : "Needs control";
		if (program !== this.#program) {
			this.#program = program;
			this.#drawn = 0;
			this.#output.replaceChildren();
		}
		if (program)
			this.#drawOutput(program);
		this.#drawConsole();
	}

	#drawOutput({ output, ended }) {
		const atEnd = isAtEnd(this.#output);
		const { pieces } = output;
		const fresh = pieces.slice(-DRAWN).filter(({ number }) => number >= this.#drawn);
		for (const { stream, text } of fresh) {
			const shown = printableLines(text.length > LONGEST ? `\u2026${text.slice(-LONGEST)}` : text);
			const last = this.#output.lastChild;
			if (last?.dataset.stream === stream && last.textContent.length < 4000)
				last.append(shown);
			else
				this.#output.append(make("span", { className: stream, textContent: shown, title: stream, translate: false }));
			this.#output.lastChild.dataset.stream = stream;
		}
		this.#drawn = output.end;
		while (this.#output.childNodes.length > DRAWN)
			this.#output.firstChild.remove();
		if (pieces.length === 0 && this.#output.childNodes.length === 0)
			this.#output.append(make("p", { className: "soft empty", textContent: ended ? "It wrote nothing." : "Nothing yet." }));
		else if (fresh.length)
			this.#output.querySelector(".empty")?.remove();
		if (atEnd && fresh.length)
			this.#output.scrollTop = 1e9;
	}

	#drawConsole() {
		const entries = this.#model.console;
		setText(byId("show-console"), entries.length ? `Console ${count(entries.length)}` : "Console");
		if (entries.length === 0) {
			if (this.#console.childNodes.length === 0)
				this.#console.append(make("p", { className: "soft empty",
					textContent: "A page\u2019s console comes here when it asks for it: run(\u2026, { debug: { console: true } })." }));
			return;
		}
		this.#console.querySelector(".empty")?.remove();
		const atEnd = isAtEnd(this.#console);
		const from = this.#consoleDrawn === null ? 0 : entries.indexOf(this.#consoleDrawn) + 1;
		for (const entry of entries.slice(Math.max(from, entries.length - DRAWN)))
			this.#console.append(make("p", { className: "entry" },
				make("span", { className: "soft", textContent: `${timeOfDay(entry.time).slice(0, 12)} ${entry.program} ` }),
				make("span", { className: "level", textContent: `${entry.level} ` }),
				make("span", { textContent: printableLines(entry.text), translate: false })));
		for (const [i, entry] of entries.slice(-this.#console.childNodes.length).entries())
			this.#console.childNodes[i].dataset.level = entry.level.includes("error") || entry.level.includes("rejection") ? "error" : entry.level;
		this.#consoleDrawn = entries.at(-1);
		while (this.#console.childNodes.length > DRAWN)
			this.#console.firstChild.remove();
		if (atEnd)
			this.#console.scrollTop = 1e9;
	}

	focus() {
		(this.#typed.disabled ? this.#output : this.#typed).focus();
	}
}

function isAtEnd({ scrollTop, scrollHeight, clientHeight }) {
	return scrollTop >= scrollHeight - clientHeight - 8;
}

