/* Asks for control and uses it: attach, stop, step, resume, detach. Shows the state that the gateway reports, not what was clicked. */
import { byId, setText, show } from "./dom.js";
import { ASK, GO, MODE, STATE, WHY, encodeAsk, encodeAttach, encodeGo } from "./codec.js";
import { errnoName } from "./errnos.js";
import { NUMBERS } from "../shim/base/syscalls.js";
import { argumentsText, resultText } from "./preview1.js";
import { printable, printableLines } from "./printable.js";
import { callName } from "./rows.js";

const CONTROL = 2; // scope

/* "fd_read(4, 0, 10) = 5", which has no row yet. */
function rowOfText(text) {
	const match = /^(\w+)\((.*)\)(?: (= .*))?$/s.exec(text);
	return match && NUMBERS[match[1]] !== undefined ? { call: NUMBERS[match[1]], text: match[2], result: match[3] ?? "", errno: 0 } : null;
}

export class Control {
	#model;
	#send;
	#current;
	#breakpoints;
	#asking = 0; // ASK's bits
	#announce;

	/**
	 * @param {import("./model.js").Model} model
	 * @param {{ send: (bytes: Uint8Array) => boolean, current: () => object | null, breakpoints: import("./breakpoints.js").Breakpoints,
	 *           announce: (text: string) => void }} to
	 */
	constructor(model, { send, current, breakpoints, announce }) {
		this.#model = model;
		this.#send = send;
		this.#current = current;
		this.#breakpoints = breakpoints;
		this.#announce = announce;
		byId("ask-control").addEventListener("click", () => this.ask(ASK.CONTROL));
		byId("ask-data").addEventListener("click", () => this.ask(ASK.DATA));
		byId("take").addEventListener("click", () => this.toggle());
		byId("stop").addEventListener("click", () => this.stop());
		byId("step").addEventListener("click", () => this.step());
		byId("resume").addEventListener("click", () => this.resume());
	}

	get may() {
		return this.#model.welcome?.scope === CONTROL && !this.lost;
	}

	/** Set while there is no connection. */
	lost = true;

	ask(what) {
		if (this.#send(encodeAsk(what))) {
			this.#asking |= what;
			this.#announce("Look at the terminal where wvwasi-gw runs: it asks there.");
			this.render();
		}
	}

	/** Called when the user has answered. */
	answered() {
		this.#asking = 0;
		if (this.#model.scopeMessage)
			this.#announce(this.#model.scopeMessage);
	}

	get #holds() {
		const program = this.#current();
		return program !== null && program.ended === null && program.mode === MODE.CONTROLLED;
	}

	/** Attaches or detaches. */
	toggle() {
		const program = this.#current();
		if (this.may && program?.ended === null)
			this.#send(encodeAttach(program.id, program.mode !== MODE.CONTROLLED));
	}

	/* Stopping takes control first, if no debugger has it. */
	#go(what) {
		const program = this.#current();
		if (!this.may || program === null || program.ended !== null || program.mode === MODE.BY_ANOTHER)
			return;
		if (program.mode === MODE.WATCHED)
			this.#send(encodeAttach(program.id, true));
		this.#send(encodeGo(program.id, what));
	}

	stop() {
		this.#go(GO.STOP);
	}

	step() {
		this.#go(this.#current()?.stopped ? GO.STEP : GO.STOP);
	}

	resume() {
		if (this.#holds)
			this.#go(GO.RESUME);
	}

	render() {
		const { welcome } = this.#model;
		const program = this.#current();
		const running = program !== null && program.ended === null;
		const asks = what => (this.#asking & what) !== 0;
		show(byId("ask-control"), !this.may);
		byId("ask-control").disabled = this.lost || asks(ASK.CONTROL);
		setText(byId("ask-control"), asks(ASK.CONTROL) ? "Asked in the terminal \u2026" : "Ask for control");
		show(byId("ask-data"), !welcome?.data);
		byId("ask-data").disabled = this.lost || asks(ASK.DATA);
		setText(byId("ask-data"), asks(ASK.DATA) ? "Asked in the terminal \u2026" : "Ask for contents");
		show(byId("control-buttons"), this.may);
		byId("take").disabled = !running || program.mode === MODE.BY_ANOTHER;
		byId("take").setAttribute("aria-pressed", String(this.#holds));
		setText(byId("take-text"), this.#holds ? "Detach" : "Attach");
		byId("stop").disabled = !running || program.state !== STATE.RUNS || program.mode === MODE.BY_ANOTHER;
		byId("step").disabled = !running || program.mode === MODE.BY_ANOTHER || program.state === STATE.STOPPING;
		byId("resume").disabled = !this.#holds || program.state === STATE.RUNS;
		byId("stop").dataset.waiting = running && program.state === STATE.STOPPING;
		this.#breakpoints.allow(this.may);
		this.#tellStop(program);
	}

	/* Where the program is stopped, or how it has ended. */
	#tellStop(program) {
		const box = byId("stopped");
		const trapped = program?.ended?.reason === "trap";
		const stopping = program !== null && program.ended === null && program.state === STATE.STOPPING;
		show(box, program !== null && (program.stopped || trapped || stopping));
		if (box.hidden)
			return;
		const which = this.#model.programs.size > 1 ? `Program ${program.id} ` : "The program ";
		box.classList.toggle("bad", trapped);
		box.classList.toggle("warn", !trapped);
		show(byId("stopped-stack"), trapped);
		show(byId("stopped-call"), program.stopped);
		if (trapped) {
			const [first, ...stack] = printableLines(program.ended.message).split("\n");
			setText(byId("stopped-title"), `${which}trapped`);
			setText(byId("stopped-why"), first);
			setText(byId("stopped-stack"), stack.join("\n"));
			show(byId("stopped-stack"), stack.length > 0);
			return;
		}
		setText(byId("stopped-title"), stopping ? `${which}stops at its next call`
			: `${which}is stopped ${program.state === STATE.AFTER ? "after" : "before"} this call`);
		setText(byId("stopped-why"), stopping ? "It computes, or waits: it hasn\u2019t made its next call yet." : this.#why(program));
		setText(byId("stopped-call"), printable(this.#callOf(program)));
	}

	/* A parked call, such as a read from stdin, shows only as a row. */
	#callOf({ stoppedAt, lastRow }) {
		const row = stoppedAt === "" && lastRow !== null ? this.#model.store.row(lastRow) : rowOfText(stoppedAt);
		if (row === null)
			return stoppedAt;
		const result = row.errno ? errnoName(row.errno) : resultText(row);
		return `${callName(row.call)}(${argumentsText(row)})${result === "" ? "" : ` = ${result}`}`;
	}

	#why({ why, breakpoint }) {
		switch (why) {
		case WHY.STEP:
			return "One step.";
		case WHY.BREAKPOINT:
			return `Breakpoint ${this.#breakpoints.describe(breakpoint)}.`;
		case WHY.START:
			return "It has just started.";
		default:
			return "You asked for it.";
		}
	}
}
