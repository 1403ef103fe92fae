import { connect, run } from "/_wvwasi/wvwasi.js";

import { workFolder } from "../folder.js";

const element = id => document.getElementById(id);
const quote = name => `"${name.replaceAll('"', '""')}"`;
const ROWS = 500; // shown
let abort = null;
let proposed = ""; // the statement that the page itself wrote
let table = ""; // whose rows it proposed

const w = await connect();
const folder = workFolder(w);
const program = WebAssembly.compileStreaming(fetch("query.wasm")); // once, for many runs

/** Runs SQL on a database file; gives [{ columns, rows }] and what it cost. */
async function query(file, sql) {
	abort = new AbortController();
	element("stop").disabled = false;
	const { stdout, stderr, exitCode, stats } = await run(await program, {
		args: ["query", `${folder}/${file}`], stdin: sql, stdout: "capture", stderr: "capture", signal: abort.signal,
	}).finally(() => (element("stop").disabled = true));
	const results = new TextDecoder().decode(stdout).split("\n").filter(Boolean).map(line => JSON.parse(line));
	const failed = results.find(({ error }) => error);
	if (failed || exitCode !== 0)
		throw new Error(failed?.error ?? `exit code ${exitCode}: ${new TextDecoder().decode(stderr)}`);
	return { results, stats };
}

async function listFiles() {
	const names = (await w.fs.readdir(folder)).filter(name => typeof name === "string" && /\.(db|sqlite3?)$/.test(name));
	if (!names.length) {
		await query("books.db", await (await fetch("books.sql")).text());
		names.push("books.db");
	}
	element("file").replaceChildren(...names.sort().map(name => new Option(name)));
	await listTables();
}

async function listTables() {
	const { results } = await query(element("file").value, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY type DESC, name");
	element("table").replaceChildren(...results[0].rows.map(([name]) => new Option(name)));
	await showTable();
}

async function showTable() {
	const name = element("table").value;
	if (element("sql").value !== proposed && !confirm("Replace the statement that you have written?")) {
		element("table").value = table;
		return;
	}
	table = name;
	element("sql").value = proposed = name ? `SELECT * FROM ${quote(name)};` : "";
	await runSql();
}

async function runSql() {
	element("results").replaceChildren(); // those of the last one aren't its own
	say("Running");
	const started = performance.now();
	const { results, stats } = await query(element("file").value, element("sql").value);
	element("results").replaceChildren(...results.map(resultTable));
	say(`${Math.round(performance.now() - started)} ms. ${stats.syscalls} system calls, ${stats.roundTrips} of them waited for the gateway.`);
}

function resultTable({ columns, rows }, index) {
	const box = document.createElement("div");
	const table = document.createElement("table");
	box.className = "scroll";
	Object.assign(box, { tabIndex: 0, role: "region", ariaLabel: `Result ${index + 1}` });
	const head = table.createTHead().insertRow();
	for (const name of columns)
		head.append(Object.assign(document.createElement("th"), { scope: "col", textContent: name }));
	const body = table.createTBody();
	for (const row of rows.slice(0, ROWS)) {
		const line = body.insertRow();
		for (const value of row)
			line.insertCell().textContent = value ?? "NULL";
	}
	if (rows.length > ROWS)
		body.insertRow().insertCell().textContent = `and ${rows.length - ROWS} more rows`;
	box.append(table);
	return box;
}

function say(text, isBad = false) {
	element("status").textContent = text;
	element("status").classList.toggle("bad-text", isBad);
}

const told = action => () => action().catch(error => say(error.message, true));

element("folder").textContent = folder;
element("file").addEventListener("change", told(listTables));
element("table").addEventListener("change", told(showTable));
element("run").addEventListener("click", told(runSql));
element("stop").addEventListener("click", () => abort.abort(new Error("Stopped. What wasn't committed is undone.")));
element("sql").addEventListener("keydown", event => event.key === "Enter" && event.ctrlKey && told(runSql)());
told(listFiles)();
