//# allFunctionsCalledOnLoad
/* Reads recordings, in any browser and without a gateway: what ran, its calls with arguments, results and what each put into the memory. Each text that a
 * user may see is one sentence in a RecordingError. docs/RECORDING.md has the bytes; timeline.js runs the program again up to a call.
 *
 *	const { runs } = await openRecording(file);             // a Blob (File), a Response, an ArrayBuffer or a view of one
 *	runs[0].program, runs[0].calls, runs[0].end             // { path, sha256, … }, how many there are, { exit } …
 *	runs[0].call(812)                                       // { name, args, errno, path, writes, … }
 */
import { toText } from "../base/bytes.js";
import { RecordingError } from "../base/errors.js";
import { concatenate } from "../base/output.js";
import { FLAG, END_MARK, LAYOUT_VERSION, SHAPES, SHAPE_NUMBERS } from "./layout.js";

const MAGIC = "wvwasi recording 1\n";
const BLOCK_HEAD = 12; // kind, run, length
const CUT_BYTES = 8;
const KIND = { HEAD: 1, DATA: 2, CLOSED: 3, CUT: 4 };
const RUNS_MAX = 4096, RUN_BYTES_MAX = 1 << 30;
const CLOSED = [null, "full", "unwritten", "gone"];

export { RecordingError };

/**
 * @param {Blob | Response | ArrayBuffer | ArrayBufferView} source
 * @returns {Promise<{ runs: Run[] }>} rejects with a RecordingError
 */
export async function openRecording(source) {
	const file = await bytesOf(source);
	if (toText(file.subarray(0, MAGIC.length)) !== MAGIC)
		throw new RecordingError("this is no recording of wvwasi-gw");
	const parts = new Map(); // run -> { path, pieces, closed }
	const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
	for (let at = MAGIC.length; at + BLOCK_HEAD <= file.length;) {
		const kind = view.getUint32(at, true), run = view.getUint32(at + 4, true), length = view.getUint32(at + 8, true);
		const bytes = file.subarray(at + BLOCK_HEAD, at + BLOCK_HEAD + length);
		at += BLOCK_HEAD + length;
		if (at > file.length)
			break; // the gateway was killed as it wrote
		if (!parts.has(run) && (kind !== KIND.HEAD || parts.size === RUNS_MAX))
			throw new RecordingError("the recording is damaged: a part of it belongs to no run");
		if (kind === KIND.HEAD)
			parts.set(run, { path: toText(bytes), pieces: [], closed: null });
		else if (kind === KIND.DATA)
			parts.get(run).pieces.push(bytes);
		else if (kind === KIND.CUT && length === CUT_BYTES)
			parts.get(run).pieces.push(Number(view.getBigUint64(at - length, true)));
		else if (kind === KIND.CLOSED)
			parts.get(run).closed = CLOSED[bytes[0]] ?? null;
		else
			throw new RecordingError("the recording is damaged, or was made by a newer version");
	}
	const runs = [];
	for (const { path, pieces, closed } of parts.values())
		runs.push(Run.read(await inflated(pieces), path, closed));
	if (runs.length === 0)
		throw new RecordingError("the recording is empty: no program has started while it was made");
	return { runs };
}

async function bytesOf(source) {
	if (source instanceof ArrayBuffer)
		return new Uint8Array(source);
	if (ArrayBuffer.isView(source))
		return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
	if (typeof source?.arrayBuffer !== "function")
		throw new TypeError("a recording is a Blob, a Response, an ArrayBuffer or a view of one");
	if (source.ok === false)
		throw new RecordingError(`the recording can't be loaded: status ${source.status}`);
	return new Uint8Array(await source.arrayBuffer());
}

/* Leaves so many bytes of these parts. Gives how many there are then. */
function cut(parts, most) {
	let length = 0;
	for (const [i, part] of parts.entries()) {
		if (length + part.length >= most) {
			parts[i] = part.subarray(0, most - length);
			parts.length = i + 1;
			return most;
		}
		length += part.length;
	}
	return length;
}

/* Every piece is a stream by itself, or says how much of what was before it stays. */
async function inflated(pieces) {
	const parts = [];
	let length = 0;
	for (const piece of pieces) {
		if (typeof piece === "number") {
			length = cut(parts, piece);
			continue;
		}
		const reader = new Blob([piece]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
		try {
			for (let part; length <= RUN_BYTES_MAX && !(part = await reader.read()).done;) {
				parts.push(part.value);
				length += part.value.length;
			}
		} catch {
			throw new RecordingError("the recording is damaged: it can't be decompressed");
		}
		if (length > RUN_BYTES_MAX)
			throw new RecordingError("the recording is too long to be read: more than a gibibyte of one program");
	}
	return concatenate(parts);
}

/* JSON that is as it was written. Throws a RangeError where it isn't whole. */
function readJson(cursor, length, isSound) {
	const bytes = cursor.raw(length);
	let value;
	try {
		value = JSON.parse(toText(bytes));
	} catch {
		value = null;
	}
	if (value === null || typeof value !== "object" || !isSound(value))
		throw new RecordingError("the recording is damaged: what it says of its program can't be read");
	return value;
}

const isDigest = text => text === null || typeof text === "string";

function readHead(cursor) {
	const head = readJson(cursor, cursor.u32(), ({ imports, args, sha256 }) => Array.isArray(imports) && Array.isArray(args) && isDigest(sha256));
	if (head.layout !== LAYOUT_VERSION || !head.imports.every(key => Object.hasOwn(SHAPE_NUMBERS, key)))
		throw new RecordingError("the recording was made by another version of wvwasi-gw");
	return head;
}

function readEnd(cursor) {
	return readJson(cursor, cursor.u32(), ({ hash, exit, signal, trap, lost }) => typeof hash === "string" && (exit ?? signal ?? trap ?? lost) !== undefined);
}

/** One program's run. Its calls are numbered from 0. */
export class Run {
	#bytes;
	#offsets = []; // where each call's record begins
	/** { path, url, sha256, args, wait, browser, started (ms) }: path is the gateway's command line's, "" where an app's page ran it; sha256 is null where
	 * it isn't known */
	program;
	/** How it ended: { exit }, { signal }, { trap }, { lost } with { bytes, hash } of the memory then; or { cut }: the recording ends before, "full" (--limit
	 * record), "unwritten" (the disk was full), "gone" (page or gateway) or "damaged" (the next call can't be read) */
	end;

	static read(bytes, path, closed) {
		const run = new Run();
		run.#bytes = bytes;
		const cursor = new Cursor(bytes);
		try {
			run.program = { ...readHead(cursor), path };
		} catch (error) {
			if (!(error instanceof RangeError))
				throw error;
			run.program = { path, url: "", sha256: null, args: [], imports: [], wait: "", browser: "", started: 0 };
			run.end = { cut: "gone" };
			return run;
		}
		run.#shapes = run.program.imports.map(key => SHAPES[SHAPE_NUMBERS[key]]);
		run.#index(cursor, closed);
		return run;
	}

	#shapes = [];
	#record = null; // for call()

	#index(cursor, closed) {
		const record = new CallRecord(this.#shapes);
		for (;;) {
			const at = cursor.at;
			try {
				if (!record.read(cursor)) {
					this.end = readEnd(cursor);
					return;
				}
			} catch (error) {
				if (!(error instanceof RangeError || error instanceof RecordingError))
					throw error;
				this.end = { cut: error instanceof RecordingError ? "damaged" : closed ?? "gone" };
				return;
			}
			this.#offsets.push(at);
		}
	}

	/** What a worker needs to have the same run: Run.from() takes it. */
	toPost() {
		return { bytes: this.#bytes, path: this.program.path, closed: this.end.cut ?? null };
	}

	static from({ bytes, path, closed }) {
		return Run.read(bytes, path, closed);
	}

	/** How many calls there are. */
	get calls() {
		return this.#offsets.length;
	}

	/** Bytes of it, uncompressed. */
	get size() {
		return this.#bytes.length;
	}

	/** The bytes that replay.js reads, from the first call on, and the imports by number. */
	get records() {
		return { bytes: this.#bytes.subarray(this.#offsets[0] ?? this.#bytes.length), imports: this.program.imports };
	}

	/**
	 * Call n: { number, name, key, shape, args, errno, path, paths, inputs, startUs, tookUs, waited, stream, writes }.
	 * key: the import, name: the row of the table of calls. args: its i32, an i64 being two, the low half first; shape.takes says which is what
	 * (base/signatures.js). path: the first of paths, bytes; null: it has none. startUs: since the call before ended. stream: "stdout", "stderr" or null,
	 * where it prints. writes: [{ pointer, bytes }], what the host put into the memory before it returned.
	 */
	call(n) {
		const record = this.#record ??= new CallRecord(this.#shapes);
		const cursor = new Cursor(this.#bytes);
		cursor.at = this.#offsets[n];
		record.read(cursor);
		const { shape } = record;
		return {
			number: n, name: shape.name, key: shape.key, shape, args: record.args.slice(0, shape.i32),
			errno: record.errno, path: record.paths[0] ?? null, paths: [...record.paths], inputs: [...record.inputs],
			startUs: record.startUs, tookUs: record.tookUs, waited: (record.flags & FLAG.WAITED) !== 0,
			stream: record.flags & FLAG.STDOUT ? "stdout" : record.flags & FLAG.STDERR ? "stderr" : null, writes: record.writes(),
		};
	}
}

/** Reads records one after the other. */
export class Cursor {
	at = 0;
	#view;

	constructor(bytes) {
		this.bytes = bytes;
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}

	u32() {
		if (this.at + 4 > this.bytes.length)
			throw new RangeError("the recording ends within a call");
		this.at += 4;
		return this.#view.getUint32(this.at - 4, true);
	}

	/** So many bytes, and what follows up to a whole word. */
	raw(length) {
		const { at } = this, end = at + 4 * Math.ceil(length / 4);
		if (end > this.bytes.length)
			throw new RangeError("the recording ends within a call");
		this.at = end;
		return this.bytes.subarray(at, at + length);
	}
}

/** One record, read again and again. */
export class CallRecord {
	#shapes;
	#cursor = null;
	#writesAt = 0;
	number = 0;
	shape = null;
	args = new Int32Array(11);
	/** in the order of shape.inputs: paths are in `paths`, of the others there are numbers in `inputs` */
	paths = [];
	inputs = [];
	flags = 0;
	errno = 0;
	startUs = 0;
	tookUs = 0;

	constructor(shapes) {
		this.#shapes = shapes;
	}

	/** The next record of the cursor. False: the end. Throws a RangeError: it isn't whole; a RecordingError: it isn't one. */
	read(cursor) {
		this.number = cursor.u32();
		if (this.number === END_MARK)
			return false;
		this.shape = this.#shapes[this.number];
		if (this.shape === undefined)
			throw new RecordingError("the recording is damaged: it has a call of no import");
		for (let i = 0; i < this.shape.i32; i++)
			this.args[i] = cursor.u32();
		this.paths.length = this.inputs.length = 0;
		for (const { letter } of this.shape.inputs)
			if (letter === "p")
				this.paths.push(cursor.raw(cursor.u32()));
			else
				this.inputs.push(cursor.u32());
		this.flags = cursor.u32();
		this.errno = this.flags & FLAG.ERRNO ? cursor.u32() : 0;
		this.startUs = cursor.u32();
		this.tookUs = cursor.u32();
		this.#cursor = cursor;
		this.#writesAt = cursor.at;
		if (this.flags & FLAG.WRITES)
			this.eachWrite(() => {});
		return true;
	}

	/** take(pointer, bytes) for each; bytes are lent. Leaves the cursor behind them. */
	eachWrite(take) {
		const cursor = this.#cursor;
		if (!(this.flags & FLAG.WRITES))
			return;
		cursor.at = this.#writesAt;
		for (let left = cursor.u32(); left > 0; left--) {
			const pointer = cursor.u32(), length = cursor.u32();
			take(pointer, cursor.raw(length));
		}
	}

	/** [{ pointer, bytes }]: copies. */
	writes() {
		const all = [];
		this.eachWrite((pointer, bytes) => all.push({ pointer, bytes: bytes.slice() }));
		return all;
	}
}
