/* The dialog with what a run has cost so far: calls, waits, bytes. */
import { bytes, count, duration } from "./figures.js";

const REFRESH_MS = 500;
const WAYS = { jspi: "by stack switching", shared: "by shared memory", xhr: "by synchronous requests" };

export class Summary {
	#dialog = document.getElementById("summary");
	#figures = document.getElementById("figures");
	#calls = document.getElementById("calls");
	#none = document.getElementById("no-calls");
	#timer = null;

	/** @param {() => import("./run.js").Run | null} current */
	constructor(current) {
		document.getElementById("status").addEventListener("click", () => this.#open(current));
		document.getElementById("summary-close").addEventListener("click", () => this.#dialog.close());
		this.#dialog.addEventListener("close", () => clearInterval(this.#timer));
		this.#dialog.addEventListener("click", event => event.target === this.#dialog && this.#dialog.close()); // its backdrop
	}

	#open(current) {
		this.#show(current());
		this.#timer = setInterval(() => this.#show(current()), REFRESH_MS);
		this.#dialog.showModal();
	}

	#show(run) {
		const stats = run?.stats ?? { syscalls: 0, local: 0, roundTrips: 0, messages: 0, bytesSent: 0, bytesReceived: 0, byName: {} };
		this.#figures.replaceChildren(
			figure("System calls", count(stats.syscalls), `${count(stats.local)} answered in the page`),
			figure("Waits for the gateway", count(stats.roundTrips), WAYS[stats.wait] ?? `${count(stats.messages)} messages sent`),
			figure("Sent", bytes(stats.bytesSent), `${count(stats.messages)} messages`),
			figure("Received", bytes(stats.bytesReceived), ""),
			figure("Time", duration(run?.seconds ?? 0), "from its start"),
		);
		const rows = Object.entries(stats.byName).sort(([a, some], [b, more]) => more - some || a.localeCompare(b));
		this.#calls.replaceChildren(...rows.map(([name, times]) => row(name, count(times))));
		this.#calls.closest("table").hidden = rows.length === 0;
		this.#none.hidden = rows.length !== 0;
	}
}

function figure(name, value, detail) {
	const group = document.createElement("div");
	const term = document.createElement("dt");
	const data = document.createElement("dd");
	const small = document.createElement("small");
	term.textContent = name;
	data.textContent = value;
	small.textContent = detail;
	data.append(small);
	group.append(term, data);
	return group;
}

function row(name, times) {
	const line = document.createElement("tr");
	const cells = [name, times].map(text => Object.assign(document.createElement("td"), { textContent: text }));
	cells[1].className = "number";
	line.append(...cells);
	return line;
}
