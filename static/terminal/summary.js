/* The dialog with what a run has cost so far: calls, waits, bytes. */
import { bytes, count, duration } from "../figures.js";

const REFRESH_MS = 500;

export class Summary {
	#dialog = document.getElementById("summary");
	#figures = document.getElementById("figures");
	#calls = document.getElementById("calls");
	#none = document.getElementById("no-calls");
	#failed = document.getElementById("failed-calls");
	#timer = null;

	#current;
	#printed;

	/** @param {() => import("./run.js").Run | null} current @param {() => number} printed bytes */
	constructor(current, printed) {
		this.#current = current;
		this.#printed = printed;
		document.getElementById("status").addEventListener("click", () => this.open());
		document.getElementById("summary-close").addEventListener("click", () => this.#dialog.close());
		this.#dialog.addEventListener("close", () => clearInterval(this.#timer));
		this.#dialog.addEventListener("click", event => event.target === this.#dialog && this.#dialog.close()); // its backdrop
	}

	open() {
		if (this.#dialog.open)
			return;
		this.#show();
		this.#timer = setInterval(() => this.#show(), REFRESH_MS);
		this.#dialog.showModal();
	}

	#show() {
		const run = this.#current();
		const stats = run?.stats ?? { syscalls: 0, local: 0, roundTrips: 0, messages: 0, bytesSent: 0, bytesReceived: 0, byName: {} };
		this.#figures.replaceChildren(
			figure("System calls", count(stats.syscalls), `${count(stats.local)} answered in the page`),
			figure("Waits for the gateway", count(stats.roundTrips), "calls that stopped the program"),
			figure("Sent", bytes(stats.bytesSent), `${count(stats.messages)} messages`),
			figure("Received", bytes(stats.bytesReceived), "by the page"),
			figure("Time", duration(run?.seconds ?? 0), "since it started"),
			figure("Printed", bytes(this.#printed()), "output and errors"),
		);
		const rows = Object.entries(stats.byName).sort(([a, some], [b, more]) => more - some || a.localeCompare(b));
		this.#calls.replaceChildren(...rows.map(([name, times]) => row(name, count(times))));
		this.#calls.closest("table").hidden = rows.length === 0;
		this.#none.hidden = rows.length !== 0;
		const failed = run?.outcome?.failedCalls ?? [];
		this.#failed.replaceChildren(...failed.map(({ call, path, address, name }) => row(`${call} ${path ?? address ?? ""}`, name)));
		this.#failed.closest("section").hidden = failed.length === 0;
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
