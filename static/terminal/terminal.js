/* The terminal page: runs the gateway's program and ties the parts together. ?wait=jspi|shared|xhr forces a way to wait, ?keep=no
 * has the program end with the page. */
import { bytes, clock } from "../figures.js";
import { offerCopy, readCopy } from "./clipboard.js";
import { Printed, Prompts, left } from "./back.js";
import { Completion } from "./completion.js";
import { Ending } from "./ending.js";
import { FindBar } from "./find.js";
import { Folders } from "./folders.js";
import { Hint } from "./hint.js";
import { inspect, keysAfter } from "./inspect.js";
import { Interrupt } from "./interrupt.js";
import { Kept, isBack } from "./kept.js";
import { Notice, code } from "./notice.js";
import { Offer } from "./offer.js";
import { back, describe, onceAboutInspector, printable } from "./outcome.js";
import { Paste } from "./paste.js";
import { Pulse } from "./pulse.js";
import { Run } from "./run.js";
import { Screen } from "./screen.js";
import { Settings, useTheme } from "./settings.js";
import { Summary } from "./summary.js";
import { Tabs } from "./tabs/tabs.js";
import { focusIfActive, programOfTab, tellOutput } from "./tabs/which.js";
import { Title } from "./title.js";
import { TouchKeys } from "./touchkeys.js";
import { whyOf } from "./why.js";

useTheme();

const element = id => document.getElementById(id);
const SAID_BYTES = 4096; // that may tell why it ended
const INJECTED = 0; // code of a loss that --inject made: the gateway is there
const wait = new URLSearchParams(location.search).get("wait") ?? "auto";

let program, printed, screen, touchKeys, folders, tabs, kept, ending, run = null, ticking = null, unkept = null, lost = null, prompts = null;
const pulse = new Pulse();
const offer = new Offer(() => screen.focus());
const find = new FindBar();
const hint = new Hint();
const interrupt = new Interrupt(hint, waits => run.interrupt({ goesBack: !waits && left() !== null && prompts.last !== null }));
const completion = new Completion();
const paste = new Paste();
const title = new Title();
const notice = new Notice(() => goOn());
const summary = new Summary(() => run, () => screen?.transcript.total ?? 0);

/* ---- the bars ---- */

function setStatus(state, text) {
	element("status").dataset.state = state;
	element("status-text").textContent = text;
}

function announce(text) {
	element("announcement").textContent = text;
}

function showButtons(running) {
	const focused = document.activeElement;
	element("stop").hidden = !running;
	element("again").hidden = running;
	if (focused === element("stop") && !running)
		element("again").focus();
	title.begin(program.name, running);
}

function showReady() {
	setStatus("", "Ready");
	showButtons(false);
}

function showProgress({ phase, loaded, total }) {
	const bar = element("progress-bar");
	if (phase === "run")
		return;
	element("progress").hidden = false;
	if (phase === "download" && total > 0) {
		bar.max = total;
		bar.value = loaded;
		element("progress-text").textContent = `Loading, ${bytes(loaded)} of ${bytes(total)}`;
		setStatus("", "Loading");
	} else {
		bar.removeAttribute("value");
		element("progress-text").textContent = "Compiling";
		setStatus("", "Compiling");
	}
}

/* ---- a run ---- */

/* Without otherwise a new program begins. known: bytes on the screen of one that is kept, with which this page goes on; otherwise: (why), if it can't;
 * to: one of its prompts, to which it goes back. */
async function start({ known = 0, otherwise = null, to = null } = {}) {
	if (run !== null && run.outcome === null)
		return;
	if (notice.bars) // Enter throws no notice away
		return notice.focus() || hint.show("The gateway isn't back yet");
	notice.hide();
	offer.hide();
	setStatus("", "Starting");
	showButtons(true);
	interrupt.waits = false;
	interrupt.reset();
	screen.begin({ isNew: otherwise === null });
	unkept = null;
	prompts = new Prompts();
	let hasAsked = false;
	printed = new Printed(known, bytes => screen.output(bytes));
	run = new Run(program, {
		size: screen.size, wait, back: to?.back, left: otherwise === null ? null : left(), onBack: ({ asked }) => (hasAsked = asked),
		output: bytes => {
			tellOutput();
			return printed.take(bytes);
		},
		onProgress: showProgress,
		onReading: waits => {
			interrupt.waits = waits;
			if (!waits)
				prompts.answered(printed.mark());
			else if (to !== null) {
				screen.note(back(hasAsked));
				screen.output(new TextEncoder().encode(to.line));
				printed.standAt(to.line);
			}
			to = null;
			sayUnkept();
		},
		onUnkept: sentence => {
			unkept = sentence;
			sayUnkept();
		},
		onStart: () => {
			element("progress").hidden = true;
			focusIfActive(screen);
			showRest();
			announce("Running");
			showTime();
			ticking = setInterval(showTime, 1000);
			pulse.watch(true);
		},
	});
	const outcome = await run.go();
	if (otherwise !== null && (!run.began || to !== null)) {
		await screen.end();
		return otherwise(outcome.error.message);
	}
	if (outcome.kind === "interrupted" && left() !== null)
		return goBack(outcome);
	if (outcome.kind === "lost" && left() !== null)
		return awaitGateway(outcome);
	return showEnd(outcome);
}

/* The program may be there still, and goes on as soon as the gateway answers. */
async function awaitGateway(outcome) {
	notice.gone(outcome.error, program.name);
	if (!notice.bars)
		return showEnd(outcome);
	clearInterval(ticking);
	pulse.watch(false);
	showButtons(false);
	setStatus("bad", describe(outcome).status);
	lost = outcome;
	return screen.end();
}

/* Ctrl-C in a computation: the program runs again, in its worker alone, up to the prompt at which what computes was begun. */
async function goBack(outcome) {
	clearInterval(ticking);
	await screen.end();
	return start({ known: prompts.last.bytes, to: prompts.last, otherwise: why => {
		screen.note(`\x1b[90m${printable(why)}\x1b[0m`);
		return showEnd(outcome);
	} });
}

async function goOn() {
	const outcome = lost;
	lost = null;
	return outcome === null ? showReady() : start({ known: printed.bytes, otherwise: () => showEnd(outcome).then(() => notice.hide()).then(showReady) });
}

/* Once there is something to lose. */
function sayUnkept() {
	if (unkept === null || !interrupt.waits)
		return;
	hint.show(unkept, { ms: 5000 });
	unkept = null;
}

function showTime() {
	const { seconds } = run;
	if (pulse.late > 0)
		setStatus("late", `The gateway hasn't answered for ${pulse.late} s`);
	else
		setStatus("running", `Running, ${clock(seconds)}`);
	ending.runs(seconds);
}

async function showEnd(outcome) {
	clearInterval(ticking);
	pulse.watch(false);
	element("progress").hidden = true;
	showButtons(false);
	const { state, status, line } = describe(outcome);
	setStatus(state, status);
	announce(status);
	ending.ended(status, outcome.seconds);
	await screen.end();
	for (const { call, path, name } of outcome.writeErrors)
		screen.note(`\x1b[31mnot written: ${printable(`${path ?? call}: ${name}`)}\x1b[0m`);
	if (line)
		screen.note(line);
	const why = ["exit", "trap", "failed", "lost"].includes(outcome.kind) && outcome.exitCode !== 0 ? whyFailed(outcome) : null;
	if (why !== null)
		screen.note(`\x1b[33m${printable(why)}\x1b[0m${onceAboutInspector()}`);
	screen.note(`\x1b[90m${status} \u2014 Enter runs it again${keysAfter(program, outcome, why)}\x1b[0m\r\n`);
	if (outcome.kind === "lost" && outcome.error.code !== INJECTED)
		notice.gone(outcome.error, program.name);
}

function explain() {
	if (run?.outcome)
		summary.open();
}

/* Where the inspector has no address, the list is the answer. */
const showCalls = () => inspect(program, run?.outcome ?? null) || explain();

function whyFailed({ failedCalls, error }) {
	return whyOf({ failed: [...failedCalls].reverse(), granted: run.granted, said: screen.transcript.end(SAID_BYTES), error });
}

/* ---- buttons and keys ---- */

async function copy() {
	try {
		announce(await screen.copy() === "selection" ? "Selection copied" : "Everything copied");
		flash("copy", "Copied");
	} catch {
		flash("copy", "Not allowed");
	}
	screen.focus();
}

function save() {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(screen.transcript.blob());
	link.download = `${program.name.replace(/\.wasm$/, "")}-output.txt`;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
	screen.focus();
}

function flash(id, text) {
	const label = element(id).querySelector("span");
	label.dataset.text ??= label.textContent;
	label.textContent = text;
	label.classList.add("flashes");
	setTimeout(() => {
		label.textContent = label.dataset.text;
		label.classList.remove("flashes");
	}, 1500);
}

function wire() {
	element("stop").addEventListener("click", () => run.stop());
	element("again").addEventListener("click", start);
	element("copy").addEventListener("click", copy);
	element("save").addEventListener("click", save);
	element("inspect").hidden = !program.inspector;
	element("inspect").addEventListener("click", showCalls);
	element("toolbar").addEventListener("keydown", ({ key }) => {
		const buttons = [...element("toolbar").querySelectorAll("button:not([hidden])")];
		const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
		if (step)
			buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length).focus();
		else if (key === "F6")
			screen.focus();
	});
}

/* Gives the letters that go on; where there are several ways, shows them. */
async function complete(begun) {
	try {
		const { rest, names, more } = await completion.of(begun);
		if (rest === "" && names.length)
			hint.show(`${names.join("   ")}${more ? `   and ${more} more` : ""}`, { ms: 5000 });
		return rest;
	} catch (error) {
		hint.show(`Paths can't be looked up: ${error.message}`);
		return "";
	}
}

/* The address that is gone to is shown; a link's text may say something else. */
const link = {
	activate: (event, address) => window.open(address, "_blank", "noopener"),
	hover: (event, address) => hint.show(address, { ms: 60_000 }),
	leave: () => hint.hide(),
};

function copies(data) {
	const text = readCopy(data);
	if (text !== null)
		offerCopy(text, offer, announce);
}

/* What was there before a reload is there again. A program that was ended by it runs when the user says so. */
async function begin() {
	const before = kept.read();
	if (before !== null)
		screen.restore(before);
	if (left() !== null)
		return start({ known: before?.printed, otherwise: isBack() ? showLeft : () => start() });
	if (before === null || !isBack())
		return start();
	return before.ran ? showLeft("Ended by the reload") : showLeft("As it was before the reload", before.ended);
}

function showLeft(what, ended = null) {
	element("progress").hidden = true;
	setStatus(ended?.state ?? "", ended?.text ?? what);
	showButtons(false);
	screen.note(`\x1b[90m${printable(what)} \u2014 Enter runs it again\x1b[0m\r\n`);
	focusIfActive(screen);
	showRest();
}

/* What the page shows beside the terminal, which comes first. */
function showRest() {
	folders.begin();
	tabs.begin();
}

async function open() {
	const response = await fetch("/_wvwasi/program.json", { cache: "no-store" });
	if (response.status === 404)
		return showNoProgram();
	if (!response.ok)
		throw new Error(`the gateway answered ${response.status}`);
	program = programOfTab(await response.json());
	const words = [...(program.replay ? ["Replay of"] : []), program.name, ...(program.args ?? []).slice(1)].join(" ");
	element("name").textContent = words.replace(/\s*\n\s*/g, " ↵ "); // a script given by -c has many lines, the bar has one
	element("name").title = words;
	screen = new Screen(element("screen"), {
		raw: program.tty === "raw",
		on: {
			feed: data => run.feed(data),
			mark: () => run.mark(),
			interrupt: () => interrupt.press(),
			dropped: () => interrupt.announce(),
			typed: () => interrupt.reset(),
			complete,
			pastes: text => paste.asked(text),
			again: start,
			explain,
			inspect: showCalls,
			resize: (columns, rows) => run?.resize(columns, rows),
			find: () => find.open(),
			leave: () => element("toolbar").querySelector("button:not([hidden])").focus(),
			found: (index, count) => find.show(index, count),
			title: text => title.set(text),
			bell: () => title.ring(),
			shown: () => kept?.changed(),
			copies,
			link,
			changed: data => touchKeys.changed(data),
		},
	});
	touchKeys = new TouchKeys(screen);
	folders = new Folders(screen, hint);
	tabs = new Tabs(hint, program);
	new Settings(screen);
	find.attach(screen);
	kept = new Kept(words, () => ({
		...screen.keep(), ran: run !== null && run.outcome === null, printed: printed?.bytes ?? 0,
		ended: { state: element("status").dataset.state, text: element("status-text").textContent },
	}));
	ending = new Ending(offer, program.name);
	wire();
	await begin();
}

function showNoProgram() {
	setStatus("", "No program");
	element("toolbar").hidden = true;
	notice.show("There is nothing to run", "this gateway was started without a program",
		"Start it with one: ", code("wvwasi-gw --dir FOLDER -- PROGRAM.wasm ARGUMENTS"));
}

open().catch(error => {
	setStatus("bad", "Couldn't start");
	notice.show("The terminal couldn't start", error.message);
	announce(error.message);
});
