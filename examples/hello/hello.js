import { connect } from "/_wvwasi/wvwasi.js";

import { tour } from "./tour.js";

const go = document.getElementById("go");
const status = document.getElementById("status");
const rows = document.getElementById("calls");
const SIGTERM = 15;

go.addEventListener("click", async () => {
	go.disabled = true;
	status.classList.remove("bad-text");
	rows.replaceChildren();
	rows.closest(".scroll").hidden = false;
	const names = new Set();
	let calls = 0;
	const callOn = w => async (name, ...args) => {
		names.add(name);
		const row = addRow(++calls, name, args);
		try {
			const result = await w[name](...args);
			fill(row, result, "0");
			return result;
		} catch (error) {
			if (typeof error.errno !== "number")
				throw error; // not a call's own answer: the gateway is gone
			row.classList.add("failed");
			fill(row, undefined, `${error.errno} ${error.name}`);
			return undefined;
		}
	};
	try {
		const w = await connect({ args: ["hello", "world"], env: { GREETING: "hello" } });
		await tour(w, callOn(w), knock);
		const other = await connect(); // for the call after which there is nothing more to call
		await callOn(other)("proc_raise", SIGTERM);
		await callOn(w)("proc_exit", 0);
		status.textContent =
			`${names.size} functions in ${calls} calls.${w.sockets.length ? "" : " The socket calls need a listener: start the gateway with --tcplisten 127.0.0.1:0."}`;
	} catch (error) {
		status.textContent = error.message;
		status.classList.add("bad-text");
	}
	go.disabled = false;
});

/* The page itself is the one who connects; what it hears back doesn't matter. `curl` would do as well. */
function knock(address) {
	status.textContent = `Waiting for a connection to ${address}`;
	fetch(`http://${address}/`, { mode: "no-cors" }).catch(() => {});
}

function addRow(number, name, args) {
	const row = rows.insertRow();
	const [count, call] = [row.insertCell(), row.insertCell(), row.insertCell(), row.insertCell()];
	count.className = "number";
	count.textContent = number;
	const title = document.createElement("span");
	title.className = "name";
	title.textContent = name;
	call.append(title, `(${args.map(show).join(", ")})`);
	status.textContent = name;
	return row;
}

function fill(row, result, errno) {
	row.cells[2].textContent = result === undefined ? "" : show(result);
	row.cells[3].textContent = errno;
}

function show(value) {
	if (value instanceof Uint8Array)
		return isText(value) ? JSON.stringify(new TextDecoder().decode(value)) : [...value].map(byte => byte.toString(16).padStart(2, "0")).join(" ");
	if (Array.isArray(value))
		return `[${value.map(show).join(", ")}]`;
	if (typeof value === "object" && value !== null)
		return `{ ${Object.entries(value).map(([name, its]) => `${name}: ${show(its)}`).join(", ")} }`;
	return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function isText(bytes) {
	return bytes.every(byte => byte >= 0x20 && byte < 0x7f || byte === 10 || byte === 13);
}
