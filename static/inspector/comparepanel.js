/* The panel that compares two runs: which two, and what the later does otherwise. */
import { differences } from "./compare.js";
import { byId, make, setText, show } from "./dom.js";
import { programText } from "./numbers.js";
import { printable } from "./printable.js";

const nameOf = ({ id, name, args }) => printable(`${programText(id)} ${[name || args[0] || "program", ...args.slice(1)].join(" ")}`).slice(0, 60);

export class ComparePanel {
	#model;
	#before = byId("compare-before");
	#after = byId("compare-after");
	#list = byId("differences");
	#ids = ""; // of the programs in the lists
	#drawn = "";

	/** @param {import("./model.js").Model} model */
	constructor(model) {
		this.#model = model;
		for (const select of [this.#before, this.#after])
			select.addEventListener("change", () => this.render());
	}

	render() {
		const programs = [...this.#model.programs.values()];
		this.#choices(programs);
		const before = this.#model.programs.get(Number(this.#before.value)), after = this.#model.programs.get(Number(this.#after.value));
		const ready = before !== undefined && after !== undefined && before !== after;
		const all = ready ? differences(before, after) : [];
		show(byId("no-differences"), all.length === 0);
		setText(byId("no-differences"), programs.length < 2 ? "Run the program a second time, and choose both here."
			: !ready ? "Choose two runs." : "Both did the same.");
		const drawn = JSON.stringify(all);
		if (drawn === this.#drawn)
			return;
		this.#drawn = drawn;
		this.#list.replaceChildren(...all.map(({ subject, text }) => make("li", {},
			...subject === "" ? [] : [make("code", { textContent: printable(subject), translate: false }), " "], text)));
	}

	/* The last two, until others are chosen. */
	#choices(programs) {
		const ids = programs.map(nameOf).join("\n");
		if (ids === this.#ids)
			return;
		this.#ids = ids;
		for (const [select, back] of [[this.#before, 2], [this.#after, 1]]) {
			const { value } = select;
			select.replaceChildren(...programs.map(program => make("option", { value: String(program.id), textContent: nameOf(program) })));
			select.value = select.dataset.chosen === "true" ? value : String(programs.at(-Math.min(back, programs.length))?.id ?? "");
			select.onchange = () => (select.dataset.chosen = "true");
		}
	}
}
