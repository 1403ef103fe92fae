// The same run again with every answer from memory, so that what the wire and the server took can be told apart from what the program and
// the shim did. Between the shim and its transports stand the pipeline (what leaves, what comes) and Connection.send or a synchronous
// XMLHttpRequest; here they are listened to, and then replaced. What is answered is found by the call itself, its number and arguments:
// batches needn't be cut as before. A call that no answer was recorded for is counted: that run wasn't the same.
import { BATCH_HEAD, CALL_HEAD, FRAME, FRAME_HEAD } from "/_wvwasi/shim/base/codec.js";
import { Connection } from "/_wvwasi/shim/gateway/connection.js";
import { Pipeline } from "/_wvwasi/shim/program/pipeline.js";
import { NUMBERS, SYSCALLS } from "/_wvwasi/shim/base/syscalls.js";

const QUIET = 1;
const ANSWER_HEAD = FRAME_HEAD + 24, RESULT_HEAD = 8;
const KEY_BYTES = 512; // of a call's arguments; what is longer is a write, told apart by its offset and length

const { seal, receive } = Pipeline.prototype;

/** The calls of a message that may begin with frames of other kinds: { sequence, calls: [{ quiet, key }] }, or null. */
function read(bytes) {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	for (let start = 0; start < bytes.length; start += view.getUint32(start, true)) {
		if (bytes[start + 4] !== FRAME.BATCH)
			continue;
		const calls = [];
		let at = start + BATCH_HEAD;
		for (let left = view.getUint16(start + 6, true); left > 0; left--) {
			const length = view.getUint32(at + 4, true);
			const key = String.fromCharCode(view.getUint16(at, true), ...bytes.subarray(at + CALL_HEAD, at + CALL_HEAD + Math.min(length, KEY_BYTES))) + length;
			calls.push({ quiet: (view.getUint16(at + 2, true) & QUIET) !== 0, key });
			at += CALL_HEAD + length;
		}
		return { sequence: view.getUint32(start + 8, true), calls };
	}
	return null;
}

const sequenceOf = ({ body }) => new DataView(body.buffer, body.byteOffset).getUint32(0, true);

/** What was answered in one run. */
class Tape {
	#asked = new Map(); // sequence -> calls
	#answers = new Map(); // key -> { at: which is next, results: [{ errno, bytes }] }
	#clocks = null; // [realtime, monotonic] in ns, as of the last answer
	#heard = 0; // ms
	#breaks = []; // of leases, that came before the next answer
	/** Calls that nothing was recorded for: their names. */
	missed = [];

	/** packed: of the run that was recorded. */
	constructor(packed = null) {
		if (packed === null)
			return;
		this.#answers = packed.answers;
		this.#clocks = packed.clocks;
		this.#heard = performance.now();
	}

	get packed() {
		return { answers: this.#answers, clocks: this.#clocks };
	}

	/** A batch has left: it. */
	left(bytes) {
		const batch = read(bytes);
		this.#asked.set(batch.sequence, batch.calls);
		return batch;
	}

	came({ type, flags, body, count }) {
		if (type === FRAME.BREAK)
			this.#breaks.push({ type, flags, count, body: body.slice() });
		if (type !== FRAME.ANSWER)
			return;
		const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
		const calls = this.#asked.get(view.getUint32(0, true));
		this.#clocks = [view.getBigUint64(8, true), view.getBigUint64(16, true)];
		let at = ANSWER_HEAD - FRAME_HEAD;
		for (let i = 0; i < count; i++) {
			const length = view.getUint32(at + 4, true);
			const key = calls?.[view.getUint16(at, true)]?.key; // what the control side sent, nobody asked
			if (key !== undefined) {
				if (!this.#answers.has(key))
					this.#answers.set(key, { at: 0, results: [] });
				this.#answers.get(key).results.push({ errno: view.getUint16(at + 2, true), bytes: body.slice(at + RESULT_HEAD, at + RESULT_HEAD + length),
					breaks: this.#breaks.splice(0) });
			}
			at += RESULT_HEAD + length;
		}
	}

	/* The last answer stands for all further ones: clocks differ, and so may how often something is asked. */
	#resultOf({ key, quiet }) {
		const answer = this.#answers.get(key);
		if (answer === undefined) {
			if (!quiet)
				this.missed.push(SYSCALLS.find(({ number }) => number === key.charCodeAt(0)).name);
			return null;
		}
		const last = answer.at >= answer.results.length;
		return last ? { ...answer.results.at(-1), breaks: [] } : answer.results[answer.at++];
	}

	/** The frames that answer a batch: broken leases, then the ANSWER. */
	answer({ sequence, calls }) {
		const results = calls.map((call) => this.#resultOf(call));
		const bytes = new Uint8Array(results.reduce((sum, result) => sum + (result === null ? 0 : RESULT_HEAD + result.bytes.length), ANSWER_HEAD));
		const view = new DataView(bytes.buffer);
		const passed = BigInt(Math.floor((performance.now() - this.#heard) * 1e6));
		view.setUint32(0, bytes.length, true);
		bytes[4] = FRAME.ANSWER;
		view.setUint32(8, sequence, true);
		view.setUint32(12, sequence, true);
		view.setBigUint64(16, this.#clocks[0] + passed, true);
		view.setBigUint64(24, this.#clocks[1] + passed, true);
		let at = ANSWER_HEAD, count = 0;
		for (const [index, result] of results.entries()) {
			if (result === null)
				continue;
			view.setUint16(at, index, true);
			view.setUint16(at + 2, result.errno, true);
			view.setUint32(at + 4, result.bytes.length, true);
			bytes.set(result.bytes, at + RESULT_HEAD);
			at += RESULT_HEAD + result.bytes.length;
			count++;
		}
		view.setUint16(6, count, true);
		const frame = { type: FRAME.ANSWER, flags: 0, count, body: bytes.subarray(FRAME_HEAD) };
		return [...results.flatMap((result) => result?.breaks ?? []), frame];
	}
}

/* The tape goes to the page, and comes from there: each run has a worker of its own. */
const channel = new BroadcastChannel("replay");
const how = new URL(import.meta.url).searchParams.get("how");
const EXIT = String.fromCharCode(NUMBERS.proc_exit);
const ends = ({ calls }) => calls.some(({ key }) => key[0] === EXIT);

function record() {
	const tape = new Tape();
	let last = -1;
	Pipeline.prototype.seal = function (flags) {
		const sealed = seal.call(this, flags);
		const batch = tape.left(sealed.bytes);
		if (ends(batch))
			last = batch.sequence;
		return sealed;
	};
	Pipeline.prototype.receive = function (frame) {
		tape.came(frame);
		if (frame.type === FRAME.ANSWER && sequenceOf(frame) === last)
			channel.postMessage({ tape: tape.packed });
		return receive.call(this, frame);
	};
}

/* The guest that was made for this run is asked nothing. */
async function replay() {
	const tape = new Tape(await new Promise((resolve) => {
		channel.onmessage = ({ data }) => data.tape && resolve(data.tape);
		channel.postMessage({ wants: "tape" });
	}));
	let pipeline = null;
	Pipeline.prototype.seal = function (flags) {
		pipeline = this;
		return seal.call(this, flags);
	};
	Pipeline.prototype.share = () => {}; // the control side would send what is gathered to the guest
	const answer = (bytes) => {
		const batch = read(bytes);
		if (batch === null)
			return true;
		const frames = tape.answer(batch);
		if (ends(batch))
			channel.postMessage({ missed: tape.missed });
		for (const frame of frames)
			pipeline.receive(frame);
		return true;
	};
	Connection.prototype.send = answer;
	globalThis.XMLHttpRequest = class {
		status = 200;
		response = new ArrayBuffer(0);
		open() {}
		setRequestHeader() {}
		getResponseHeader() {
			return "application/octet-stream";
		}
		send(bytes) {
			answer(bytes);
		}
	};
}

/** What spawn() calls for the app's own imports, in the program's worker: there are none, but here is where we come in. */
export default async function () {
	await (how === "record" ? record() : replay());
	return {};
}
