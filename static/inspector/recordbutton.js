/* The record button: programs that start from now on are recorded, and their recordings are listed here, to be looked at or saved. The gateway sends the bytes
 * as a file has them. Leaves to others: what is in one (recordingpanel.js). */
import { ASK, RECORDED, encodeRecord } from "./codec.js";
import { byId, icon, make, setText } from "./dom.js";
import { bytes as bytesText } from "./numbers.js";
import { printable } from "./printable.js";

const MAGIC = "wvwasi recording 1\n";
const BLOCK_CLOSED = 3, WHY_FULL = 1;
const KEPT_BYTES = 4 << 20; // that lie in this page's own memory before the browser puts them away
const NAME_SHOWN = 60;

/** One program's recording as it comes: the bytes of a file. */
export class Coming {
	#blobs = [MAGIC];
	#pending = [];
	#pendingBytes = 0;
	#run;
	length = 0;

	/** first: its first bytes */
	constructor(first) {
		this.#run = new DataView(first.buffer, first.byteOffset).getUint32(4, true);
		this.add(first);
	}

	add(bytes) {
		this.#pending.push(bytes);
		this.#pendingBytes += bytes.length;
		this.length += bytes.length;
		if (this.#pendingBytes < KEPT_BYTES)
			return;
		this.#blobs.push(new Blob(this.#pending));
		this.#pending = [];
		this.#pendingBytes = 0;
	}

	/** There was no room for more. */
	cut() {
		const block = new DataView(new ArrayBuffer(13));
		[BLOCK_CLOSED, this.#run, 1].forEach((value, i) => block.setUint32(4 * i, value, true));
		block.setUint8(12, WHY_FULL);
		this.add(new Uint8Array(block.buffer));
	}

	/** The file, as far as it has come. */
	get file() {
		return new Blob([...this.#blobs, ...this.#pending], { type: "application/octet-stream" });
	}
}

export class RecordButton {
	#to;
	#button = byId("record");
	#list = byId("recorded");
	#coming = new Map(); // program -> Coming
	#isOn = false;
	#isWished = false; // it waits for the yes
	#said = "";

	/**
	 * @param {{ send: (bytes: Uint8Array) => boolean, ask: (what: number) => void, mayRecord: () => boolean, nameOf: (program: number) => string,
	 *           open: (file: Blob) => void, isIdle: () => boolean }} to mayRecord: was the yes for contents given? open: looks at a recording; isIdle:
	 *           is none looked at?
	 */
	constructor(to) {
		this.#to = to;
		this.#button.addEventListener("click", () => this.toggle());
	}

	toggle() {
		if (this.#isOn || this.#to.mayRecord())
			return this.#set(!this.#isOn);
		this.#isWished = true;
		this.#say("Contents will be in it: look at the terminal where wvwasi-gw runs, it asks there.");
		return this.#to.ask(ASK.DATA);
	}

	#set(isOn) {
		if (!this.#to.send(encodeRecord(isOn)))
			return;
		this.#isOn = isOn;
		this.#say(isOn ? "Programs that start from now on are recorded, with all that they read; not those that run already." : "");
	}

	/** The user has answered, or the connection is there again. */
	answered() {
		if (this.#isWished && this.#to.mayRecord())
			this.#set(true);
		else if (this.#isWished)
			this.#say("Not without the yes for contents.");
		this.#isWished = false;
	}

	/** A RECORDING frame. */
	take({ program, part, bytes }) {
		const coming = this.#coming.get(program);
		if (part === RECORDED.NOT)
			this.#say(`Program ${program} isn\u2019t recorded: ${new TextDecoder().decode(bytes)}.`);
		else if (part === RECORDED.FIRST)
			this.#coming.set(program, new Coming(bytes));
		else if (part === RECORDED.MORE)
			coming?.add(bytes);
		else if (coming)
			this.#over(program, coming, part === RECORDED.CUT);
		this.#draw();
	}

	/** The connection is lost: what has come stays. */
	lost() {
		this.#isOn = this.#isWished = false;
		for (const [program, coming] of this.#coming)
			this.#over(program, coming, false);
		this.#draw();
	}

	#over(program, coming, isCut) {
		this.#coming.delete(program);
		if (isCut)
			coming.cut();
		const { file } = coming, name = printable(this.#to.nameOf(program)).slice(0, NAME_SHOWN);
		const look = make("button", { type: "button", textContent: "Look", "aria-label": `Look at the recording of program ${program}` });
		const save = make("button", { type: "button", "aria-label": `Save the recording of program ${program}` }, icon("save"), "Save");
		look.addEventListener("click", () => this.#to.open(file));
		save.addEventListener("click", () => saveFile(file, `program-${program}.wvr`));
		this.#list.append(make("li", {}, make("span", { textContent: `Program ${program}, ${name}: ${bytesText(file.size)}${isCut ? ", cut" : ""}`, translate: false }), look, save));
		if (this.#to.isIdle())
			this.#to.open(file);
	}

	#say(text) {
		this.#said = text;
		this.#draw();
	}

	#draw() {
		this.#button.setAttribute("aria-pressed", String(this.#isOn));
		setText(byId("record-says"), printable([...this.#coming].map(([program, { length }]) => `Program ${program} is recorded: ${bytesText(length)}.`).join(" ") || this.#said));
	}
}

function saveFile(file, name) {
	const link = make("a", { href: URL.createObjectURL(file), download: name });
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
