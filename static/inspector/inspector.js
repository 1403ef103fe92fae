/* The inspector: connects the connection, the model (model.js) and the panels, and draws changes once a frame. */
import { Breakpoints } from "./breakpoints.js";
import { TO_DEBUGGER } from "./codec.js";
import { ComparePanel } from "./comparepanel.js";
import { Connection } from "./connection.js";
import { Control } from "./control.js";
import { Details } from "./details.js";
import { byId, make, setText, show } from "./dom.js";
import { exportRows, jsonLine, perfettoFrame, perfettoLine, straceLine } from "./exports.js";
import { Faults } from "./faults.js";
import { FilesPanel } from "./filespanel.js";
import { FilterBar } from "./filterbar.js";
import { Handles } from "./handles.js";
import { readKept } from "./kept.js";
import { Keys } from "./keys.js";
import { MemoryPanel } from "./memorypanel.js";
import { Model } from "./model.js";
import { count, programText } from "./numbers.js";
import { printable } from "./printable.js";
import { Programs } from "./programs.js";
import { callName } from "./rows.js";
import { recordedRows } from "./recordedrows.js";
import { RecordButton } from "./recordbutton.js";
import { RecordingPanel } from "./recordingpanel.js";
import { Streams } from "./streams.js";
import { TimePanel } from "./time.js";
import { Timeline } from "./timeline.js";
import { Trace } from "./trace.js";
import { Views } from "./views.js";

const SLOWLY_MS = 250; // sums and plots
const SAID_MS = 8000;
const ROWS_AT_ONCE = 2000; // of a recording, between two pauses
const PANELS = ["programs", "trace", "time", "handles", "streams"];

const model = new Model();
const send = bytes => connection.send(bytes);
const connection = new Connection({ frame: takeFrame, state: showLink });
const breakpoints = new Breakpoints(send);
const programs = new Programs(model, id => {
	filter.setProgram(id);
	drawn = 0;
	wake("programs", "handles", "streams");
});
const control = new Control(model, { send, current: () => programs.current, breakpoints, announce });
const trace = new Trace(model, number => {
	const row = number === null ? null : model.store.row(number);
	details.show(row);
	if (row !== null)
		recording.goIn(recorded.get(model.programs.get(row.program)), row.serial - 1);
});
const details = new Details({
	close: closeDetails,
	filter: wish => filter.set(wish),
	breakAt: wish => {
		showPanel("programs");
		breakpoints.propose(wish);
	},
	failAt: rule => {
		showPanel("programs");
		faults.propose(rule);
	},
});
const filter = new FilterBar(test => {
	trace.filter(test);
	wake("rows");
});
const time = new TimePanel(model, name => filter.set({ call: name }));
const handles = new Handles({
	model,
	onHandle: handle => {
		filter.set({ handle });
		showPanel("trace");
	},
	onCall: (program, serial) => {
		const row = model.findSerial(program, serial);
		if (row === null)
			return announce("That call isn\u2019t kept any more.");
		filter.clear();
		showPanel("trace");
		setTimeout(() => trace.choose(row));
	},
});
const files = new FilesPanel(path => {
	const tests = shownPrograms().map(({ id, files: its }) => [id, its.test(path)]);
	filter.setFile({ path, test: row => tests.some(([id, test]) => row.program === id && test(row)) });
	showPanel("trace");
});
const faults = new Faults(send);
model.oninjected = message => faults.take(message);
const memory = new MemoryPanel(send);
model.onmemory = message => memory.take(message);
const compare = new ComparePanel(model);
const timeline = new Timeline({ model, selection: trace.selection, onRow: row => trace.choose(row) });
const streams = new Streams(model, { send });
const shownPrograms = () => (programs.chosen === null ? [...model.programs.values()] : [model.programs.get(programs.chosen)].filter(Boolean));
const draws = () => {
	drawn = 0;
	wake();
};
const traceViews = new Views({ "show-rows": ["grid"], "show-timeline": ["timeline"], "show-memory": ["memory"], "show-recording": ["recording"] }, draws);
function showRecording() {
	showPanel("trace");
	traceViews.show("show-recording");
}
const recorded = new Map(); // program -> its Run
const recording = new RecordingPanel(showRecording, async (run, moments) => {
	const known = [...recorded].find(([, its]) => its === run)?.[0], program = known ?? model.addRecorded(run);
	recorded.set(program, run);
	programs.choose(program.id);
	if (known !== undefined)
		return;
	for (const row of recordedRows(program, run, moments)) {
		model.addRow(row);
		if (row.serial % ROWS_AT_ONCE !== 0)
			continue;
		wake();
		await new Promise(resolve => setTimeout(resolve));
	}
	wake();
});
const record = new RecordButton({
	send, ask: what => control.ask(what), mayRecord: () => model.welcome?.data === true, nameOf: id => model.programs.get(id)?.name ?? "",
	open: file => recording.take([file]), isIdle: () => recording.isEmpty,
});
model.onrecording = message => record.take(message);
const timeViews = new Views({ "show-sums": ["sums-body"], "show-compare": ["compare-body"] }, draws);
const handleViews = new Views({ "show-handles": ["handles-body"], "show-files": ["files-body"] }, draws);

/* ---- drawing ---- */

let frame = null;
let drawn = 0; // when the slow ones were, ms
let filterEnds = true;

function wake(...topics) {
	for (const topic of topics)
		model.changed.add(topic);
	frame ??= requestAnimationFrame(draw);
}

function takeFrame(received) {
	model.take(received);
	if (model.changed.has("scope"))
		control.answered();
	if (received.type === TO_DEBUGGER.SCOPE)
		record.answered();
	wake();
}

function draw(now) {
	frame = null;
	const { changed } = model;
	const { current } = programs;
	filterEnds = !trace.render();
	const slowly = now - drawn >= SLOWLY_MS;
	if (changed.has("programs") || changed.has("scope") || slowly) {
		programs.render();
		control.render();
		faults.render(programs.current);
		if (traceViews.current === "show-memory")
			memory.render(programs.current, { control: control.may, data: model.welcome?.data === true });
		const shown = programs.current;
		for (const element of document.querySelectorAll(".scope"))
			setText(element, scopeOf(element, shown));
	}
	if (changed.has("handles") || changed.has("programs"))
		handles.render(current);
	if (changed.has("streams") || changed.has("console") || changed.has("programs") || changed.has("scope"))
		streams.render(current, control.may);
	if (changed.has("dropped") && model.dropped) {
		show(byId("drops"), true);
		setText(byId("drops"), `${count(model.dropped)} calls not shown`);
		byId("drops").title = "They came faster than this page could read or the program\u2019s could report. The program wasn\u2019t slowed down.";
	}
	if (changed.has("scope") && model.welcome) {
		setText(byId("served"), printable(model.welcome.name));
		tellLink();
	}
	if (changed.has("scope") || changed.has("programs"))
		tellStop([...model.programs.values()].filter(({ stopped }) => stopped));
	changed.clear();
	if (slowly) {
		drawn = now;
		const sums = programs.chosen === null ? model.sums : model.programs.get(programs.chosen)?.sums ?? model.sums;
		time.render(sums, model.now);
		if (timeViews.current === "show-compare")
			compare.render();
		if (handleViews.current === "show-files")
			files.render(shownPrograms());
		timeline.render();
	}
	if (!filterEnds)
		wake();
}

/* A program that stands still is seen as such wherever one looks: in the tab's title, at the top, in each panel. */
function tellStop(stopped) {
	document.title = `${stopped.length ? `Stopped: ${stopped.map(({ id }) => id).join(", ")} \u00b7 ` : ""}Inspector \u00b7 ${printable(model.welcome?.name ?? "")}`;
	document.body.dataset.stopped = stopped.length > 0;
	show(byId("stands"), stopped.length > 0);
	setText(byId("stands"), stopped.length === 1 ? `Program ${stopped[0].id} is stopped` : `${stopped.length} programs are stopped`);
}

function scopeOf(element, program) {
	if (element.closest("#time-panel"))
		return programs.chosen === null ? "all programs" : `program ${programText(programs.chosen)}${program?.stopped ? ", stopped" : ""}`;
	if (program === null)
		return "";
	const leaks = element.closest("#handles-panel") ? program.leaks.length : 0;
	return `program ${programText(program.id)}${program.stopped ? ", stopped" : ""}${leaks ? `, ${leaks} left open` : ""}`;
}

/* ---- the connection ---- */

let linkState = "connecting";
const kept = readKept(location.hash); // before the address is cleared

function tellLink() {
	const inControl = model.welcome?.scope === 2;
	byId("link").dataset.state = linkState === "open" && inControl ? "control" : linkState;
	setText(byId("link-text"), { connecting: "Connecting", open: inControl ? "In control" : "Watching", lost: "Connection lost",
		out: kept === null ? "Not let in" : "Not watching" }[linkState]);
}

function showLink(state, text = "") {
	linkState = state;
	tellLink();
	control.lost = state !== "open";
	if (state === "connecting")
		return;
	show(byId("notice"), state !== "open");
	if (state !== "open") {
		byId("notice").classList.toggle("bad", kept === null || state === "lost");
		setText(byId("notice-title"), state === "lost" ? "The connection is lost" : kept === null ? "This browser has no session"
			: "A program\u2019s last calls; to see every call");
		setText(byId("notice-text"), state === "lost" ? `${text} What is shown stays. Stopped programs have resumed. Trying again \u2026` : text);
		model.lose();
		record.lost();
		wake("programs", "scope");
	}
	control.render();
}

let said = null;

/* Shows a short message beside the bar for a while; screen readers read it. */
function announce(text) {
	byId("announcement").textContent = printable(text);
	byId("announcement").title = printable(text);
	clearTimeout(said);
	said = setTimeout(() => (byId("announcement").textContent = ""), SAID_MS);
}

/* ---- panels, files, keys ---- */

function showPanel(name) {
	document.body.dataset.panel = name;
	for (const button of byId("tabs").children)
		if (button.dataset.panel === name)
			button.setAttribute("aria-current", "true");
		else
			button.removeAttribute("aria-current");
}

function enlarge(name) {
	const large = document.body.dataset.large === name ? "" : name;
	document.body.dataset.large = large;
	for (const button of document.querySelectorAll(".larger"))
		button.setAttribute("aria-pressed", String(button.closest("section").dataset.panel === large));
	wake("rows", "streams");
}

function focusPanel(name) {
	showPanel(name);
	if (name === "streams")
		streams.focus();
	else if (name === "trace")
		byId("grid").focus();
	else
		document.querySelector({ programs: "#programs button", time: "#time-panel .body:not([hidden])", handles: "#handles-panel .body:not([hidden])" }[name])?.focus();
}

function showMemory() {
	showPanel("trace");
	traceViews.show("show-memory");
	byId("memory-form").elements.address.focus();
}

function closeDetails() {
	trace.choose(null);
	byId("grid").focus();
}

async function save(line, type, ending, { before, after } = { before: "", after: "" }) {
	announce("Writing the file");
	const pieces = await exportRows(model.store, trace.selection, row => line(row, callName));
	const link = make("a", { href: URL.createObjectURL(new Blob([before, ...pieces, after], { type })), download: `trace.${ending}` });
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
	announce("The file is ready");
}

const saveStrace = () => save(straceLine, "text/plain", "strace");
const saveJson = () => save(jsonLine, "application/jsonl", "jsonl");
const savePerfetto = () => save(perfettoLine, "application/json", "perfetto.json",
	perfettoFrame(new Map([...model.programs.values()].map(({ id, name }) => [id, name]))));
byId("export-perfetto").addEventListener("click", savePerfetto);
byId("export-strace").addEventListener("click", saveStrace);
byId("export-json").addEventListener("click", saveJson);
for (const button of byId("tabs").children)
	button.addEventListener("click", () => showPanel(button.dataset.panel));
for (const button of document.querySelectorAll(".larger"))
	button.addEventListener("click", () => enlarge(button.closest("section").dataset.panel));

new Keys([
	{ what: "Search and filter", acts: { "/": () => (showPanel("trace"), filter.focus()) } },
	{ what: "Show all rows again", acts: { x: () => filter.clear() } },
	{ what: "Hold the view, or follow again; nothing is lost", acts: { " ": () => trace.toggleFollow() } },
	{ what: "The next row, the one before", acts: { j: () => trace.move(1), k: () => trace.move(-1) } },
	{ what: "The oldest row; the newest, and follow", acts: { g: () => trace.toOldest(), G: () => trace.toNewest() } },
	{ what: "The previous program, the next", acts: { "[": () => programs.step(-1), "]": () => programs.step(1) } },
	{ what: "Rows, or the timeline; the memory of a stopped program",
		acts: { t: () => (showPanel("trace"), traceViews.show(traceViews.current === "show-rows" ? "show-timeline" : "show-rows")), v: showMemory } },
	{ what: "In a recording: the call before, the next", acts: { ",": () => recording.step(-1), ".": () => recording.step(1) } },
	{ what: "There: the call before on this handle, on this path, the last write to this file",
		acts: { H: () => recording.before("onHandle"), P: () => recording.before("onPath"), W: () => recording.before("lastWrite") } },
	{ what: "Record programs that start, or no more of them", acts: { r: () => (showRecording(), record.toggle()) } },
	{ what: "Make calls fail", acts: { w: () => (showPanel("programs"), byId("fault-rule").focus()) } },
	{ what: "Handles, or files", acts: { f: () => (showPanel("handles"), handleViews.show(handleViews.current === "show-handles" ? "show-files" : "show-handles")) } },
	{ what: "Sums, or two runs compared", acts: { d: () => (showPanel("time"), timeViews.show(timeViews.current === "show-sums" ? "show-compare" : "show-sums")) } },
	{ what: "Show our own calls, or hide them", acts: { o: () => byId("filter").elements.own.click() } },
	{ what: "Stop at the next call", acts: { s: () => control.stop() } },
	{ what: "Step to the next call", acts: { n: () => control.step() } },
	{ what: "Continue", acts: { c: () => control.resume() } },
	{ what: "Attach, or detach", acts: { a: () => control.toggle() } },
	{ what: "A new breakpoint", acts: { b: () => (showPanel("programs"), breakpoints.focus()) } },
	{ what: "Type into the program", acts: { i: () => focusPanel("streams") } },
	{ what: "Programs, trace, time, handles, streams", acts: Object.fromEntries(PANELS.map((name, i) => [i + 1, () => focusPanel(name)])) },
	{ what: "Enlarge the panel with the focus, or restore it",
		acts: { m: () => enlarge(document.activeElement.closest("section[data-panel]")?.dataset.panel ?? "trace") } },
	{ what: "Save the rows that are shown: strace\u2019s text, JSON lines, for Perfetto", acts: { e: saveStrace, E: saveJson, p: savePerfetto } },
], () => (details.open ? closeDetails() : byId("grid").focus()));

/* What was seen is in this page alone. */
window.addEventListener("beforeunload", event => {
	if (model.store.end > model.store.first)
		event.preventDefault();
});

show(byId("no-programs"), true);
showPanel("trace");
programs.render();
handles.render(null);
streams.render(null, false);
setInterval(() => wake(), SLOWLY_MS);
filter.apply();
if (kept !== null)
	model.keep(kept);
connection.start();
