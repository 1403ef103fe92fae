/* The list of programs: their states, and which one the other panels show. */
import { byId, make, setText, show } from "./dom.js";
import { MODE } from "./codec.js";
import { clock, count, programText, took } from "./numbers.js";
import { printable } from "./printable.js";

export class Programs {
	#model;
	#list = byId("programs");
	#items = new Map(); // id, or null for all
	#onChoose;
	/** The chosen program's id; null: all. */
	chosen = null;

	/** @param {import("./model.js").Model} model @param {(id: number | null) => void} onChoose */
	constructor(model, onChoose) {
		this.#model = model;
		this.#onChoose = onChoose;
		this.#list.addEventListener("click", ({ target }) => {
			const button = target.closest("button");
			if (button)
				this.choose(button.dataset.id === "" ? null : Number(button.dataset.id));
		});
	}

	choose(id) {
		this.chosen = id;
		this.render();
		this.#onChoose(id);
	}

	/** The one before or after, in the order of the list. */
	step(by) {
		const ids = [...this.#items.keys()];
		if (ids.length)
			this.choose(ids[(ids.indexOf(this.chosen) + by + ids.length) % ids.length]);
	}

	/** The chosen program, or the only one that runs. */
	get current() {
		if (this.chosen !== null)
			return this.#model.programs.get(this.chosen) ?? null;
		const running = [...this.#model.programs.values()].filter(({ ended }) => ended === null);
		const stopped = running.filter(program => program.stopped);
		return stopped.at(-1) ?? (running.length ? running.at(-1) : [...this.#model.programs.values()].at(-1) ?? null);
	}

	render() {
		const { programs } = this.#model;
		show(byId("no-programs"), programs.size === 0);
		for (const id of this.#items.keys())
			if (id !== null && !programs.has(id)) {
				this.#items.get(id).remove();
				this.#items.delete(id);
				if (this.chosen === id)
					this.choose(null);
			}
		if (programs.size > 1 && !this.#items.has(null)) {
			this.#items = new Map([[null, makeItem("")], ...this.#items]);
			this.#list.prepend(this.#items.get(null));
		}
		if (this.#items.has(null))
			this.#draw(this.#items.get(null), null);
		for (const [id, program] of programs) {
			if (!this.#items.has(id)) {
				this.#items.set(id, makeItem(id));
				this.#list.append(this.#items.get(id));
			}
			this.#draw(this.#items.get(id), program);
		}
	}

	#draw(item, program) {
		const { number, name, badge, sub } = item.parts;
		const button = item.firstChild;
		button.setAttribute("aria-pressed", String(this.chosen === (program?.id ?? null)));
		if (program === null) {
			setText(name, "All programs");
			setText(sub, `${count(this.#model.sums.all.count)} calls`);
			setText(number, "\u2217");
			return;
		}
		setText(number, programText(program.id));
		number.dataset.program = program.id % 6;
		setText(name, printable([program.name || program.args[0] || "program", ...program.args.slice(1)].join(" ")));
		button.title = printable([...program.args, "", ...program.env, "", `${program.browser} ${program.address}`].join(" \u00b7 "));
		const { state, text } = describe(program, this.#model.now);
		item.dataset.state = state;
		setText(badge, state === "stopped" ? "stopped" : program.mode === MODE.CONTROLLED && program.ended === null ? "control"
			: program.mode === MODE.BY_ANOTHER && program.ended === null ? "other\u2019s" : "");
		show(badge, badge.textContent !== "");
		setText(sub, `${text} \u00b7 ${count(program.sums.all.count)} calls`);
	}
}

/** A program's state: a word for its colour, and text to show. */
export function describe(program, now) {
	const seconds = ((program.ended?.time ?? now) - program.began) / 1e6;
	const after = seconds < 60 ? took(Math.max(0, seconds) * 1e6) : clock(seconds);
	if (program.stopped)
		return { state: "stopped", text: clock(Math.max(0, seconds)) };
	if (program.ended === null)
		return { state: "running", text: clock(Math.max(0, seconds)) };
	const { reason, code } = program.ended;
	switch (reason) {
	case "exit":
		return { state: code === 0 ? "good" : "bad", text: `Exit ${code === null ? "?" : code | 0} \u00b7 ${after}` };
	case "trap":
		return { state: "trap", text: `Trap \u00b7 ${after}` };
	case "killed":
		return { state: "bad", text: `Killed \u00b7 ${after}` };
	case "gone":
		return { state: "bad", text: `Its page was closed \u00b7 ${after}` };
	case "lost":
		return { state: "bad", text: `Lost \u00b7 ${after}` };
	default:
		return { state: "", text: "Not known" };
	}
}

function makeItem(id) {
	const parts = {
		number: make("span", { className: "chip", "aria-hidden": "true" }), name: make("span", { className: "name", translate: false }),
		badge: make("span", { className: "badge", hidden: true }), sub: make("span", { className: "sub" }),
	};
	const button = make("button", { type: "button", className: "program" }, parts.number, parts.name, parts.badge, parts.sub);
	button.dataset.id = id;
	const item = make("li", {}, button);
	item.parts = parts;
	return item;
}
