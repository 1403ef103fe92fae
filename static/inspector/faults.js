/* "Make calls fail": rules in --inject's grammar that hold for the chosen program while this debugger controls it. Shows those that the gateway says are on. */
import { encodeInject } from "./codec.js";
import { byId, icon, make, setText, show } from "./dom.js";
import { MODE } from "./codec.js";
import { printable } from "./printable.js";

export class Faults {
	#send;
	#form = byId("fault");
	#list = byId("faults");
	#program = null; // the object
	#asked = null; // what was asked for, and isn't answered

	/** @param {(bytes: Uint8Array) => boolean} send */
	constructor(send) {
		this.#send = send;
		this.#form.addEventListener("submit", event => {
			event.preventDefault();
			const rule = this.#form.elements.rule.value.trim();
			if (rule !== "" && this.#program !== null)
				this.#ask([...this.#program.faults, rule]);
		});
		this.#form.addEventListener("input", () => setText(byId("fault-wrong"), ""));
	}

	#ask(rules) {
		this.#asked = this.#program.id;
		this.#send(encodeInject(this.#program.id, rules));
	}

	/** The gateway's answer: what is on, or what is wrong. */
	take({ program, wrong }) {
		if (program !== this.#asked)
			return;
		this.#asked = null;
		setText(byId("fault-wrong"), wrong === "" ? "" : `${printable(wrong[0].toUpperCase() + wrong.slice(1))}.`);
		if (wrong === "")
			this.#form.reset();
	}

	/** Fills in the form. */
	propose(rule) {
		this.#form.elements.rule.value = rule;
		this.#form.elements.rule.focus();
	}

	/** @param {object | null} program */
	render(program) {
		const may = program !== null && program.ended === null && program.mode === MODE.CONTROLLED;
		this.#program = program;
		show(byId("faults-why"), !may);
		for (const element of this.#form.elements)
			element.disabled = !may;
		const rules = may ? program.faults : [];
		const shown = JSON.stringify([program?.id, rules]);
		if (this.#list.dataset.shown === shown)
			return;
		this.#list.dataset.shown = shown;
		this.#list.replaceChildren(...rules.map((rule, i) => {
			const remove = make("button", { type: "button", className: "quiet", "aria-label": `Remove rule ${printable(rule)}`, title: "Remove" }, icon("close"));
			remove.addEventListener("click", () => this.#ask(rules.filter((_, other) => other !== i)));
			return make("li", {}, make("code", { textContent: printable(rule), translate: false }), remove);
		}));
	}
}
