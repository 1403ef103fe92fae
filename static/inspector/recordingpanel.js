/* A recording that was dropped on the page: a slider over its calls, and the memory at each. The program's own file, dropped as well, makes the memory. */
import { indexOfBytes } from "../shim/base/bytes.js";
import { openRecording } from "../shim/recording/reader.js";
import { digestOf } from "../shim/recording/recorder.js";
import { openTimeline } from "../shim/recording/timeline-page.js";
import { BytesView, LINE, parseAddress, parsePattern } from "./bytesview.js";
import { byId, make, setText, show } from "./dom.js";
import { errnoMeaning, errnoName } from "./errnos.js";
import { Moments, changesBetween, textOf } from "./moments.js";
import { bytes as bytesText, count, took } from "./numbers.js";
import { printable } from "./printable.js";

const PART = 1024; // bytes of memory that are shown
const RANGES_MAX = 1000, RANGES_SHOWN = 100; // of what changed
const WRITES_SHOWN = 16, BYTES_SHOWN = 64, NAME_SHOWN = 80;
const NONE_BEFORE = { onHandle: "No call before this one on its handle.", onPath: "No call before this one on its path.",
	lastWrite: "Nothing changed its file before." };

export class RecordingPanel {
	#onOpen;
	#onRun;
	#form = byId("moment");
	#view = new BytesView(byId("moment-bytes"), byId("moment-meanings"));
	#runs = [];
	#run = null;
	#moments = null; // of #run
	#modules = []; // [{ bytes, sha256 }], the programs that were dropped
	#timeline = null; // of #run
	#end = new AbortController(); // of #run's timeline
	#busy = null; // the timeline that is asked just now
	#call = 0;
	#memory = null; // { call, bytes }: the last that was had
	#marked = null; // the same, to compare with
	#changes = null; // { call, ranges } since #marked
	#address = 0;
	#standing = ""; // what is said where nothing else is to be said

	/** @param {() => void} onOpen there is something to show @param {(run: object, moments: Moments) => void} onRun a run is chosen */
	constructor(onOpen, onRun) {
		this.#onOpen = onOpen;
		this.#onRun = onRun;
		const hasFiles = event => event.dataTransfer?.types.includes("Files");
		addEventListener("dragover", event => hasFiles(event) && event.preventDefault());
		addEventListener("drop", event => {
			if (!hasFiles(event))
				return;
			event.preventDefault();
			this.take([...event.dataTransfer.files]);
		});
		byId("recording-file").addEventListener("change", ({ target }) => this.take([...target.files]));
		byId("moment-run").addEventListener("change", ({ target }) => this.#choose(Number(target.value)));
		const { slider, number, address, pattern } = this.#form.elements;
		slider.addEventListener("input", () => this.go(Number(slider.value)));
		number.addEventListener("change", () => this.go(Number(number.value)));
		address.addEventListener("change", () => this.#look(parseAddress(address.value)));
		pattern.addEventListener("keydown", event => event.key === "Enter" && this.#find());
		this.#form.addEventListener("submit", event => event.preventDefault());
		for (const [id, act] of Object.entries({ "moment-back": () => this.step(-1), "moment-on": () => this.step(1), "moment-handle": () => this.before("onHandle"),
			"moment-path": () => this.before("onPath"), "moment-write": () => this.before("lastWrite"), "moment-find": () => this.#find(),
			"moment-less": () => this.#look(Math.max(0, this.#address - PART)), "moment-more": () => this.#look(this.#address + PART),
			"moment-mark": () => this.#mark() }))
			byId(id).addEventListener("click", act);
		for (const id of ["moment-changes", "moment-call"])
			byId(id).addEventListener("click", ({ target }) => target.closest("[data-address]") && this.#look(Number(target.closest("[data-address]").dataset.address)));
	}

	/** Goes to call n, if it is that run's. */
	goIn(run, n) {
		if (run !== undefined && run === this.#run)
			this.go(n);
	}

	/** Is no recording looked at? */
	get isEmpty() {
		return this.#run === null;
	}

	/** Files of the user's: a recording, programs, or both. */
	async take(files) {
		this.#onOpen();
		try {
			let recording = null;
			for (const file of files)
				if (await isWasm(file)) {
					const bytes = await file.arrayBuffer();
					this.#modules.push({ bytes, sha256: await digestOf(bytes) });
				} else {
					recording = file;
				}
			if (recording !== null)
				await this.#takeRecording(recording);
			else if (this.#run !== null)
				await this.#openTimeline();
			else
				this.#say("That is a program. Now the recording of it.");
		} catch (error) {
			this.#say(error.message);
		}
	}

	async #takeRecording(file) {
		this.#say("Reading \u2026");
		const { runs } = await openRecording(file);
		this.#runs = runs;
		byId("moment-run").replaceChildren(...runs.map((run, i) => make("option", { value: String(i),
			textContent: `${i + 1}: ${nameOf(run)}, ${count(run.calls)} calls` })));
		show(byId("moment-body"), true);
		await this.#choose(Math.max(0, runs.findIndex(run => this.#moduleOf(run))));
	}

	async #choose(index) {
		this.#close();
		const run = this.#run = this.#runs[index];
		byId("moment-run").value = String(index);
		const moments = await Moments.read(run, share => this.#say(`Reading, ${Math.round(share * 100)} %`));
		if (run !== this.#run)
			return;
		this.#moments = moments;
		this.#onRun(run, moments);
		this.#form.elements.slider.max = this.#form.elements.number.max = String(this.#last);
		this.go(this.#last);
		await this.#openTimeline();
	}

	#close() {
		this.#end.abort();
		this.#end = new AbortController();
		this.#timeline = this.#memory = this.#marked = this.#changes = this.#moments = null;
		this.#standing = "";
		show(byId("moment-look"), false);
		show(byId("moment-memory"), false);
		byId("moment-call").replaceChildren();
	}

	/* The last moment there is: behind a run that was cut there may be none. */
	get #last() {
		return Math.max(0, this.#run.calls - (isCut(this.#run) ? 1 : 0));
	}

	#moduleOf({ program: { sha256 } }) {
		return this.#modules.findLast(module => sha256 === null || module.sha256 === null || sha256 === module.sha256);
	}

	async #openTimeline() {
		const run = this.#run, { signal } = this.#end, module = this.#moduleOf(run), calls = `${count(run.calls)} calls`;
		if (this.#timeline !== null || this.#moments === null)
			return;
		if (module === undefined) {
			this.#stand(`${calls}. ${this.#modules.length ? "That is another program." : ""} For its memory, drop the program, too: ${nameOf(run)}, SHA-256 ${
				printable(String(run.program.sha256 ?? "not known")).slice(0, 12)}\u2026`);
			return;
		}
		this.#stand(`${calls}. Running it once \u2026`);
		try {
			const timeline = await openTimeline(run, module.bytes, { signal });
			this.#timeline = timeline;
			this.#stand(`${calls}; it takes ${took(timeline.passMs * 1000)} to run up to the last.`);
			this.#catchUp();
		} catch (error) {
			if (!signal.aborted)
				this.#stand(`Its memory can\u2019t be had: ${error.message}`);
		}
	}

	step(by) {
		this.go(this.#call + by);
	}

	/** @param {"onHandle" | "onPath" | "lastWrite"} which */
	before(which) {
		if (this.#moments === null)
			return;
		const call = this.#moments[which](this.#call);
		if (call === null)
			this.#say(NONE_BEFORE[which]);
		else
			this.go(call);
	}

	/** To the moment at which the program made call n. */
	go(n) {
		if (this.#moments === null || !Number.isFinite(n))
			return;
		this.#call = Math.min(this.#last, Math.max(0, Math.trunc(n)));
		this.#form.elements.slider.value = this.#form.elements.number.value = String(this.#call);
		this.#say(this.#standing);
		this.#draw();
		this.#catchUp();
	}

	/* Asks for the memory of where one is, once at a time: who draws the slider along doesn't wait for each place on the way. */
	async #catchUp() {
		const timeline = this.#timeline;
		if (timeline === null || this.#busy === timeline)
			return;
		this.#busy = timeline;
		try {
			while (timeline === this.#timeline && this.#memory?.call !== this.#call) {
				const { call, memory } = await timeline.goTo(this.#call);
				if (timeline === this.#timeline)
					this.#memory = { call, bytes: memory };
			}
			if (timeline === this.#timeline)
				this.#draw();
		} catch (error) {
			if (timeline === this.#timeline)
				this.#say(error.message);
		} finally {
			if (this.#busy === timeline)
				this.#busy = null;
		}
	}

	/* ---- the call ---- */

	#draw() {
		const memory = this.#memory?.call === this.#call ? this.#memory.bytes : null;
		byId("moment-call").replaceChildren(...this.#call < this.#run.calls ? this.#callPairs(memory) : [pair("at its end", endText(this.#run.end))]);
		show(byId("moment-look"), this.#memory !== null);
		show(byId("moment-memory"), this.#memory !== null);
		byId("moment-memory").dataset.old = String(memory === null);
		if (memory !== null)
			this.#drawMemory();
	}

	#callPairs(memory) {
		const { named, buffers, gave, call } = this.#moments.arguments(this.#call, memory);
		const path = this.#moments.pathOf(this.#call), error = `${errnoName(call.errno)}, ${errnoMeaning(call.errno)}`;
		const place = (what, pointer, length, bytes) => pair(placeLink(what, pointer), `${bytesText(length)}: ${printable(textOf(bytes.subarray(0, BYTES_SHOWN)))}`);
		return [
			pair(call.name, named.map(({ name, text }) => `${name}${name ? "=" : ""}${printable(text)}`).join(", ") || "no arguments"),
			pair("gave", [call.errno ? error : "success", ...gave, `in ${took(call.tookUs)}`].join(", ")),
			...path ? [pair("path", printable(path))] : [],
			...buffers.map(({ pointer, length, bytes }) => place("buffer at", pointer, length, bytes)),
			...call.writes.slice(0, WRITES_SHOWN).map(({ pointer, bytes }) => place("answer put at", pointer, bytes.length, bytes)),
			...call.writes.length > WRITES_SHOWN ? [pair("", `and ${count(call.writes.length - WRITES_SHOWN)} more`)] : []];
	}

	/* ---- its memory ---- */

	#look(address) {
		if (address === null)
			return this.#say("An address is hexadecimal, such as 1f40; or decimal with a d behind it: 8000d.");
		if (this.#memory === null)
			return this.#say("For its memory, drop the program, too.");
		this.#address = Math.min(Math.max(0, this.#memory.bytes.length - LINE), address);
		return this.#drawMemory();
	}

	#drawMemory(found = 0) {
		const { bytes } = this.#memory, before = this.#marked?.bytes ?? null;
		this.#form.elements.address.value = this.#address.toString(16);
		this.#view.show(bytes.slice(this.#address, this.#address + PART), this.#address,
			{ marked: found, isChanged: before && (at => bytes[at] !== (before[at] ?? 0)) });
		this.#drawChanges();
	}

	#find() {
		const pattern = parsePattern(this.#form.elements.pattern.value);
		if (pattern === null)
			return this.#say("Look for text, for bytes as x:00 ff, or for a number as 32:1234.");
		const { bytes } = this.#memory, from = this.#view.chosen + 1, on = indexOfBytes(bytes, pattern, from, bytes.length);
		const found = on >= 0 ? on : indexOfBytes(bytes, pattern, 0, from);
		if (found < 0)
			return this.#say("Not found.");
		this.#address = found;
		this.#say(`Found at ${found.toString(16)}${on < 0 ? ", from the beginning again" : ""}.`);
		return this.#drawMemory(pattern.length);
	}

	#mark() {
		this.#marked = this.#memory;
		this.#changes = null;
		this.#drawMemory();
	}

	#drawChanges() {
		const list = byId("moment-changes"), marked = this.#marked, now = this.#memory;
		const soft = textContent => make("li", { className: "soft", textContent });
		if (marked === null || marked.call === now.call) {
			this.#changes = null;
			return list.replaceChildren(...marked === null ? [] : [soft("This moment is marked: go to another one.")]);
		}
		if (this.#changes?.call === now.call)
			return undefined;
		const ranges = changesBetween(marked.bytes, now.bytes, RANGES_MAX);
		this.#changes = { call: now.call, ranges };
		return list.replaceChildren(
			soft(`${ranges.length === RANGES_MAX ? "More than " : ""}${count(ranges.length)} places differ from call ${count(marked.call)}`),
			...ranges.slice(0, RANGES_SHOWN).map(({ from, to }) => make("li", {}, placeLink("", from), ` ${bytesText(to - from)}`)));
	}

	#say(text) {
		setText(byId("moment-says"), printable(text));
	}

	/* Until the run is another. */
	#stand(text) {
		this.#standing = text;
		this.#say(text);
	}
}

const pair = (term, text) => make("div", {}, make("dt", {}, term), make("dd", { textContent: text, translate: false }));

function placeLink(what, address) {
	const button = make("button", { type: "button", className: "link", textContent: `${what} 0x${address.toString(16)}`.trim() });
	button.dataset.address = address;
	return button;
}

/* What a recording says of itself may be anything. */
const nameOf = ({ program }) => printable([program.args].flat().join(" ") || program.path).slice(0, NAME_SHOWN) || "no name";
const isCut = ({ end }) => end?.cut !== undefined;

function endText(end) {
	const { exit, signal, trap, lost } = end ?? {};
	return printable(exit !== undefined ? `exit code ${exit}` : signal !== undefined ? `signal ${signal}` : trap !== undefined ? `a trap: ${trap}` : `lost: ${lost}`);
}

async function isWasm(file) {
	const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
	return head[0] === 0 && head[1] === 0x61 && head[2] === 0x73 && head[3] === 0x6D;
}
