//# allFunctionsCalledOnLoad
/* Sends a program's recording to the gateway, from the page's thread: what lies in shared memory five times a second, or what the worker posts. Leaves to
 * others: what is in it (recorder.js), the connection itself (gateway/control.js). */
import { toBytes } from "../base/codec.js";
import { concatenate } from "../base/output.js";
import { LAYOUT_VERSION, SHAPES } from "./layout.js";
import { OutboxTaker } from "./outbox.js";

const LOOK_MS = 200; // what was recorded before is lost with the page
const UNDER_WAY_MAX = 4 << 20;
const FRAME_MAX = 1 << 20;

/** How a run's recording begins: what ran, and the imports by their numbers. */
export function recordingHead(about) {
	const text = toBytes(JSON.stringify({ layout: LAYOUT_VERSION, ...about, imports: SHAPES.map(({ key }) => key) }));
	const head = new Uint8Array(4 + text.length + 3 & ~3).fill(0x20); // spaces follow, up to a whole word
	new DataView(head.buffer).setUint32(0, head.length - 4, true);
	head.set(text, 4);
	return head;
}

export class RecordingSender {
	#control;
	#taker;
	#tell;
	#queue = []; // { bytes, mark, from }
	#begun = false;
	#all = false; // the worker has nothing more
	#over = false;
	#sent = 0;
	#written = 0;
	#looking = 0; // timer

	/**
	 * control: the ControlSide; shared: newSharedOutbox()'s; about: a promise of what recordingHead() takes; tell: () when all of it is written, or can't be;
	 * before: of a program that another page began, { head, records, recorded }: bytes of its recordingHead(), if the gateway may have it, what the program
	 * does first, and how many bytes the gateway has of both and of what that page did then; onhead: (bytes) it is about to be sent
	 */
	constructor(control, shared, about, tell, { before = null, onhead = () => {} } = {}) {
		this.#control = control;
		this.#taker = shared && new OutboxTaker(shared);
		this.#tell = tell;
		control.onrecorded = (written, over) => this.#heard(written, over);
		about.then(known => {
			this.#begun = true;
			this.#queue.unshift({ mark: null, ...this.#first(recordingHead(known), before, onhead) });
			this.#send();
		}, () => {}); // it can't be loaded: there is nothing to record
	}

	/* What the gateway needs before what the program does next. */
	#first(head, before, onhead) {
		if (before === null || before.head === undefined || before.recorded < before.head) {
			onhead(head.length);
			return before === null ? { bytes: head, from: null } : { bytes: concatenate([head, before.records]), from: 0 };
		}
		const from = Math.min(before.recorded, before.head + before.records.length);
		this.#sent = this.#written = from;
		return { bytes: before.records.subarray(from - before.head), from };
	}

	/** A message of the worker: { soon } or { bytes, mark }. */
	receive({ soon, bytes, mark }) {
		if (bytes) {
			this.#queue.push({ bytes, mark });
			return this.#send();
		}
		if (soon)
			return this.look();
		this.#looking ||= setTimeout(() => this.look(), LOOK_MS);
		return undefined;
	}

	/** Sends what there is. */
	look() {
		clearTimeout(this.#looking);
		this.#looking = 0;
		this.#taker?.disarm();
		this.#send();
	}

	/** The worker has written the end. */
	finish() {
		this.#all = true;
		this.look();
		if (this.#over || (this.#begun && this.#written === this.#sent)) // the last part was written before this was known to be the end
			this.#tell();
	}

	/** The connection is gone. */
	lost() {
		this.#over = true;
		this.#taker?.close();
		this.#tell();
	}

	#heard(written, over) {
		this.#written = written;
		if (over) {
			this.#over = true;
			this.#taker?.close();
			this.#queue.forEach(({ mark }) => URL.revokeObjectURL(mark));
			this.#queue = [];
		}
		if (over || (this.#all && written === this.#sent))
			this.#tell();
		else
			this.#send();
	}

	#send() {
		while (this.#begun && !this.#over && this.#sent - this.#written < UNDER_WAY_MAX) {
			if (this.#queue.length === 0) {
				const bytes = this.#taker?.take();
				if (!bytes?.length)
					break;
				this.#control.record(bytes, true);
				this.#sent += bytes.length;
				continue;
			}
			const { bytes, mark, from = null } = this.#queue.shift();
			for (let at = 0; at < bytes.length || at === 0 && from !== null; at += FRAME_MAX)
				this.#control.record(bytes.subarray(at, at + FRAME_MAX), false, at === 0 ? from : null);
			this.#sent += bytes.length;
			if (mark)
				URL.revokeObjectURL(mark);
		}
	}
}
