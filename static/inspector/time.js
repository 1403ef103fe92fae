/* The panel of times: plots, the total in its parts, and each call. */
import { byId, make, setText } from "./dom.js";
import { PARTS, WORK, splitBar } from "./details.js";
import { callName } from "./rows.js";
import { bytes, count, took } from "./numbers.js";
import { Plot } from "./plots.js";

const SECONDS = 60;

export class TimePanel {
	#model;
	#waits = new Plot("Waits", number => count(Math.round(number)));
	#bytes = new Plot("Bytes", bytes);
	#body = byId("sums").tBodies[0];
	#rows = new Map(); // call: row
	#onCall;

	/** @param {import("./model.js").Model} model @param {(name: string) => void} onCall */
	constructor(model, onCall) {
		this.#model = model;
		this.#onCall = onCall;
		byId("plots").append(this.#waits.element, this.#bytes.element);
		this.#body.addEventListener("click", ({ target }) => {
			const button = target.closest("button");
			if (button)
				this.#onCall(button.textContent);
		});
	}

	/** @param {import("./sums.js").Sums} sums of the chosen program, or of all @param {number} until the end of the plots, microseconds */
	render(sums, until) {
		const { waits, bytes: moved, tickSeconds } = sums.series.window(SECONDS, until);
		this.#waits.draw(waits, tickSeconds);
		this.#bytes.draw(moved, tickSeconds);
		this.#drawParts(sums.all);
		const order = [...sums.calls].sort(([, a], [, b]) => b.took - a.took);
		for (const [call, row] of this.#rows)
			if (!sums.calls.has(call)) {
				row.remove();
				this.#rows.delete(call);
			}
		order.forEach(([call, sum], i) => {
			let row = this.#rows.get(call);
			if (!row)
				this.#rows.set(call, row = makeRow(callName(call)));
			if (this.#body.rows[i] !== row)
				this.#body.insertBefore(row, this.#body.rows[i] ?? null);
			const { cells } = row;
			setText(cells[1], count(sum.count));
			setText(cells[2], sum.errors ? count(sum.errors) : "");
			setText(cells[3], took(sum.durations.percentile(0.5)));
			setText(cells[4], took(sum.durations.percentile(0.99)));
			setText(cells[5], took(sum.durations.max));
			const label = PARTS.map(([part, name]) => `${name} ${took(sum.parts[part])}`).join(", ");
			if (row.title !== label) {
				row.title = label;
				cells[6].replaceChildren(splitBar(sum.parts, label));
			}
		});
	}

	#drawParts({ parts, took: whole, count: calls }) {
		const sum = WORK.reduce((total, [part]) => total + parts[part], 0);
		const share = part => sum > 0 ? `${Math.round(100 * parts[part] / sum)} %` : "\u2013";
		const label = `${took(whole)} in ${count(calls)} calls`;
		byId("parts").replaceChildren(splitBar(parts, label), make("p", { className: "parts" },
			...WORK.map(([part, name]) => make("span", { className: `part ${part}` }, `${name} `, make("strong", { textContent: share(part) }))),
			make("span", { className: "part waiting", title: "For input, a peer, a clock or a lock" }, "Waiting ", make("strong", { textContent: took(parts.waiting) })),
			make("span", { className: "soft", textContent: label })));
		byId("parts").title = PARTS.map(([part, name]) => `${name} ${took(parts[part])}`).join(", ");
	}
}

function makeRow(name) {
	const cell = () => make("td", { className: "number" });
	return make("tr", {},
		make("th", { scope: "row" }, make("button", { type: "button", className: "link", textContent: name, title: "Only this call", translate: false })),
		cell(), make("td", { className: "number bad-text" }), cell(), cell(), cell(), make("td", { className: "split-cell" }));
}
