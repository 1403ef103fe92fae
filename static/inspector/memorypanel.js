/* The memory of a program that is stopped: asks for parts of it, and shows them. Needs control and the yes for contents. */
import { BytesView, parseAddress, parsePattern } from "./bytesview.js";
import { NONE64, encodeMemory } from "./codec.js";
import { byId, setText, show } from "./dom.js";
import { bytes as bytesText } from "./numbers.js";

const PART = 1024;
const SEARCH = 64 << 20; // bytes that one question looks through
const WHY = new Map([[1, "It isn\u2019t stopped."], [2, "Ask for contents first."]]);
const PATIENCE_MS = 5000;

export class MemoryPanel {
	#send;
	#form = byId("memory-form");
	#view = new BytesView(byId("memory-bytes"), byId("memory-meanings"));
	#program = null;
	#stop = ""; // which stop is shown
	#asked = { request: 0, find: null, address: 0, timer: null };
	#address = 0;
	#size = 0;

	/** @param {(bytes: Uint8Array) => boolean} send */
	constructor(send) {
		this.#send = send;
		this.#form.addEventListener("submit", event => {
			event.preventDefault();
			const address = parseAddress(this.#form.elements.address.value || "0");
			if (address === null)
				return this.#say("An address is hexadecimal, such as 1f40; or decimal with a d behind it: 8000d.");
			this.ask(address);
		});
		byId("memory-find").addEventListener("click", () => this.#find());
		this.#form.elements.pattern.addEventListener("keydown", event => {
			if (event.key !== "Enter")
				return;
			event.preventDefault();
			this.#find();
		});
		byId("memory-back").addEventListener("click", () => this.ask(Math.max(0, this.#address - PART)));
		byId("memory-on").addEventListener("click", () => this.ask(Math.min(Math.max(0, this.#size - PART), this.#address + PART)));
	}

	/** @param {object | null} program @param {{ control: boolean, data: boolean }} may */
	render(program, may) {
		const ready = program?.stopped === true && may.control && may.data;
		for (const element of this.#form.elements)
			element.disabled = !ready;
		show(byId("memory-body"), ready && this.#size > 0);
		if (!ready) {
			this.#stop = "";
			this.#size = 0;
			this.#say(!may.control || !may.data ? "It needs control, and the yes for contents." : "Stop the program to look into its memory.");
			return;
		}
		const stop = `${program.id} ${program.stoppedSince}`;
		if (stop === this.#stop)
			return;
		this.#stop = stop;
		this.#program = program.id;
		this.ask(this.#address);
	}

	ask(address, find = null) {
		clearTimeout(this.#asked.timer);
		this.#asked = { request: this.#asked.request + 1, find, address, timer: setTimeout(() => this.#say("Its page doesn\u2019t answer."), PATIENCE_MS) };
		this.#send(encodeMemory(this.#program, { request: this.#asked.request, address, length: PART, find }));
		this.#say(find === null ? "Asked \u2026" : "Looking \u2026");
	}

	#find() {
		const { value } = this.#form.elements.pattern;
		const pattern = parsePattern(value);
		if (pattern === null)
			return this.#say("Look for text, for bytes as x:00 ff, or for a number as 32:1234.");
		const same = this.#asked.find !== null && value === this.#form.dataset.found;
		this.#form.dataset.found = value;
		return this.ask(same ? this.#view.chosen + 1 : this.#address, pattern);
	}

	/** An answer came. */
	take({ program, request, error, size, address, bytes }) {
		if (program !== this.#program || request !== this.#asked.request)
			return;
		clearTimeout(this.#asked.timer);
		const { find, address: from } = this.#asked;
		if (error)
			return this.#say(WHY.get(error) ?? "It can\u2019t be had.");
		this.#size = size;
		if (address === NONE64) {
			if (from + SEARCH < size)
				return this.ask(from + SEARCH, find);
			return this.#say(`Not found from there on. It has ${bytesText(size)}.`);
		}
		this.#address = Number(address);
		show(byId("memory-body"), true);
		this.#view.show(bytes.slice(), this.#address, { marked: find?.length ?? 0 });
		this.#form.elements.address.value = this.#address.toString(16);
		return this.#say(`${bytesText(size)}${find === null ? "" : `, found at ${this.#address.toString(16)}`}`);
	}

	#say(text) {
		setText(byId("memory-says"), text);
	}
}
