//# allFunctionsCalledOnLoad
/* What the page sends, as frames. Pure functions and buffers: nothing here opens, sends or waits. */
import { Writer } from "./bytes.js";
import { BATCH, BATCH_HEAD, CALL_HEAD, COHERENCE, FRAME, FRAME_HEAD, HELLO, RECORD, WIRE_VERSION } from "./frames.js";
import { TABLE_HASH } from "./syscalls.js";

/* Of a call whose last argument grows: its head, what comes before that argument, and the argument's length (fd_write,
 * fd_pwrite). */
const LENGTHENED = CALL_HEAD + 4 + 8 + 4;

/**
 * HELLO for a new guest: { flags, coherence, columns, rows, args, env, preopens: [{ name, grant, readOnly }], stdin, program (with HINTS), net (with NET),
 * injections (with INJECT) };
 * or, without HELLO.NEW in flags, to attach: { flags, guest, key }. version and hash are ours unless given.
 */
export function encodeHello(hello) {
	const w = new Writer();
	w.frame(FRAME.HELLO, 0, 0);
	w.u32(hello.version ?? WIRE_VERSION);
	w.u64(hello.hash ?? TABLE_HASH);
	w.u32(hello.flags);
	if (hello.flags & HELLO.NEW) {
		w.u32(hello.coherence ?? COHERENCE.default);
		w.u32(hello.columns ?? 0);
		w.u32(hello.rows ?? 0);
		for (const list of [hello.args ?? [], hello.env ?? []]) {
			w.u32(list.length);
			for (const value of list)
				w.string(value);
		}
		w.u32(hello.preopens?.length ?? 0);
		for (const { name, grant, readOnly } of hello.preopens ?? []) {
			w.string(name);
			w.string(grant);
			w.u32(readOnly ? 1 : 0);
		}
		w.string(hello.stdin ?? "");
		if (hello.flags & HELLO.HINTS)
			w.string(hello.program);
		if (hello.flags & HELLO.NET) {
			w.u32(hello.net.length);
			for (const rule of hello.net)
				w.string(rule);
		}
		if (hello.flags & HELLO.INJECT) {
			w.u32(hello.injections.length);
			for (const rule of hello.injections)
				w.string(rule);
		}
	} else {
		w.u32(hello.guest);
		w.string(hello.key);
	}
	return w.take();
}

export function encodeStdin(bytes, flags = 0) {
	const w = new Writer(FRAME_HEAD + bytes.length);
	w.frame(FRAME.STDIN, flags, 0);
	w.raw(bytes);
	return w.take();
}

/** after: the sequence number of the last batch to execute before the guest ends. */
export function encodeEnd(reason, text = "", after = 0) {
	const w = new Writer();
	w.frame(FRAME.END, 0, 0);
	w.u32(reason);
	w.u32(after);
	w.string(text);
	return w.take();
}

/** What a page's console or an uncaught error said, for a debugger. */
export function encodeConsole(level, text) {
	const w = new Writer();
	w.frame(FRAME.CONSOLE, 0, 0);
	w.u32(level);
	w.string(text);
	return w.take();
}

/** Asks the user for a folder or file. mode: ASK's, docs/PROTOCOL.md. */
export function encodeAsk(number, mode) {
	const w = new Writer();
	w.frame(FRAME.ASK, 0, 0);
	w.u32(number);
	w.u32(mode);
	return w.take();
}

/** A part of the program's memory, for a debugger. address: BigInt, all ones: not found. */
export function encodeMemory({ request, size, address, bytes }) {
	const w = new Writer(64 + bytes.length);
	w.frame(FRAME.MEMORY, 0, 0);
	w.u32(request);
	w.u64(size);
	w.u64(address);
	w.string(bytes);
	return w.take();
}

/** The next part of a program's recording. */
export function encodeRecord(bytes) {
	const frame = new Uint8Array(FRAME_HEAD + bytes.length);
	frame.set(bytes, FRAME_HEAD);
	return encodeRecordInPlace(frame.subarray(FRAME_HEAD));
}

/** The same without a copy: the frame's head takes the place of what is before them in their buffer. */
export function encodeRecordInPlace(bytes) {
	const frame = new Uint8Array(bytes.buffer, bytes.byteOffset - FRAME_HEAD, FRAME_HEAD + bytes.length);
	new DataView(frame.buffer, frame.byteOffset).setUint32(0, frame.length, true);
	frame.set([FRAME.RECORD, 0, 0, 0], 4);
	return frame;
}

/** The same of a recording that another page began: they stand at this place of it. */
export function encodeRecordFrom(from, bytes) {
	const w = new Writer(FRAME_HEAD + 8 + bytes.length);
	w.frame(FRAME.RECORD, RECORD.FROM, 0);
	w.u64(from);
	w.raw(bytes);
	return w.take();
}

/** What goes before a batch of a program that is kept: every batch up to `base` is in the recording, of which these bytes begin at `at`; `state` is of the
 * moment at which it ends. */
export function encodeKept({ base, at, state, records, cuts = false }) {
	const w = new Writer(FRAME_HEAD + 16 + state.length + records.length);
	w.frame(FRAME.RECORD, RECORD.KEPT | (cuts ? RECORD.CUT : 0), 0);
	w.u32(base);
	w.u32(state.length);
	w.u64(at);
	w.raw(state);
	w.raw(records);
	return w.take();
}

/** Asks again for the answer of a batch that was parked (POST only). */
export function encodeRepoll(sequence, seen) {
	const w = new Writer(BATCH_HEAD);
	w.frame(FRAME.BATCH, BATCH.WAIT | BATCH.REPOLL, 0);
	w.u32(sequence);
	w.u32(seen);
	return w.take();
}

/** The outgoing batch. Calls are written one after the other: call(), then its arguments, letter by letter. */
export class BatchWriter extends Writer {
	constructor(capacity = 4096) {
		super(capacity);
		this.at = BATCH_HEAD;
		this.count = 0;
		this.callAt = 0;
	}

	/** Begins a call; its number is NUMBERS.name, flags are CALL's. Gives its index. */
	call(number, flags = 0) {
		this.#endCall();
		this.callAt = this.at;
		this.reserve(CALL_HEAD);
		this.view.setUint16(this.at, number, true);
		this.view.setUint16(this.at + 2, flags, true);
		this.at += CALL_HEAD;
		return this.count++;
	}

	#endCall(forGood = true) {
		if (this.callAt)
			this.view.setUint32(this.callAt + 4, this.at - this.callAt - CALL_HEAD, true);
		if (forGood)
			this.callAt = 0;
	}

	/** Forgets what was written, since it was sent in another way. */
	clear() {
		this.callAt = 0;
		this.at = BATCH_HEAD;
		this.count = 0;
	}

	/** For backTo(). */
	position() {
		return { at: this.at, count: this.count, callAt: this.callAt };
	}

	/** Forgets what was written since that position; null: all. */
	backTo(position) {
		if (position === null)
			return this.clear();
		Object.assign(this, position);
	}

	/** Copies the batch as written so far. The first `from` bytes were copied before, and only the last call's have changed since. Gives the length copied, to
	 * be passed as `from` next time. */
	copyTo(target, from) {
		this.#endCall(false);
		const start = this.callAt ? Math.min(from, this.callAt) : from;
		const fixed = this.callAt + LENGTHENED;
		if (from > fixed && this.callAt) { // a long argument grew: its bytes stay as they are
			target.set(this.bytes.subarray(this.callAt, fixed), this.callAt);
			target.set(this.bytes.subarray(from, this.at), from);
		} else {
			target.set(this.bytes.subarray(start, this.at), start);
		}
		return this.at;
	}

	/** Is call number `count` the last one, and does it end at `at`? Then its last argument may be lengthened. */
	endsWith(count, at) {
		return this.count === count && this.at === at;
	}

	/** The bytes argument whose length is at `lengthAt` gets `more` bytes, which follow. */
	lengthen(lengthAt, more) {
		this.view.setUint32(lengthAt, this.view.getUint32(lengthAt, true) + more, true);
	}

	/** A whole call from JavaScript's values, by the table's letters. */
	encode(row, args, flags = 0) {
		const index = this.call(row.number, flags);
		for (let i = 0; i < row.takes.length; i++)
			switch (row.takes[i]) {
			case "q": this.u64(args[i]); break;
			case "p": case "b": this.string(args[i]); break;
			default: this.u32(args[i]);
			}
		return index;
	}

	/** Ends the batch, gives its bytes and is empty again. They are a view that the next call writes over: who sends takes them at once, as sockets and
	 * requests do, and copies of a MiB cost a long write a tenth of its time. */
	seal(sequence, seen, flags) {
		this.#endCall();
		this.view.setUint8(4, FRAME.BATCH);
		this.view.setUint8(5, flags);
		this.view.setUint16(6, this.count, true);
		this.view.setUint32(8, sequence, true);
		this.view.setUint32(12, seen, true);
		this.view.setUint32(0, this.at, true);
		const frame = this.bytes.subarray(0, this.at);
		this.clear();
		return frame;
	}
}
