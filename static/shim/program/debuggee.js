//# allFunctionsCalledOnLoad
/* A program's side of being debugged: reports the calls that the page answers itself, and how long the program waited for the others; for a debugger with
 * control it switches to "trap", so that the server sees every call (docs/PROTOCOL.md, Debuggers). Without a debugger this costs one test of a flag. Leaves to
 * others: sending reports (pipeline.js), the page's badge (badge.js). */
import { FRAME, WATCH, Writer } from "../base/codec.js";
import { addressAt } from "../base/addresses.js";
import { EXTENSIONS, IMPORTS, SOCKETS } from "../base/signatures.js";
import { NUMBERS, SYSCALLS } from "../base/syscalls.js";
import { MISS } from "../base/trampoline.js";

const NONE64 = 0xFFFFFFFFFFFFFFFFn;
const WAITED = 1, ASKED = 2, WITHIN = 16;
const EVENT = 32, SUBSCRIPTION = 48, TAG_AT = 8, FD_AT = 16, CLOCK = 0;
const DATA_MAX = 64 << 10;
/* Reports leave with the program's batches. A program that sends none sends an empty batch and waits for its answer when its reports are this long, or this
 * old; so it also learns what the debugger wants. */
const GATHER_BYTES = 32 << 10;
const GATHER_MS = 50;
const KEPT_BYTES = 256 << 10;
/* Within a report. */
const ERRNO_AT = 2, FLAGS_AT = 4, TOOK_AT = 16, VALUE_AT = 24, OFFSET_AT = 32;

/* By row of the table: how an import is reported. */
const ALL = { ...IMPORTS, ...EXTENSIONS };
const SHAPES = SYSCALLS.map(({ name, number }) => (Object.hasOwn(ALL, name) ? shapeOf(number, ALL[name]) : null));
const SOCKET_SHAPES = Object.fromEntries(Object.entries(SOCKETS).map(([key, row]) => [key, shapeOf(NUMBERS[row.call], row)]));

function shapeOf(number, { takes, gives }) {
	const has = letter => takes.some(part => part.letter === letter);
	return { number, takes, value: gives.find(({ letter }) => letter !== "_") ?? null, out: has("b"), reads: has("i"), offset: has("o") };
}

/** For a program that has or had a debugger. */
export class Debuggee {
	#program;
	#writer = new Writer(4096); // whole reports alone: a call may make the program's batch leave, and take() is called then
	#report = new Writer(1024); // of the call that runs
	#count = 0;
	#leftOut = 0;
	#first = 0; // ms: when the oldest report was written
	#kept = null; // what "trap" put aside
	/** Are files' contents wanted? */
	data = false;

	constructor(program) {
		this.#program = program;
		program.pipeline.piggyback = this;
		this.#begin();
	}

	#begin() {
		this.#writer.at = 0;
		this.#writer.frame(FRAME.REPORT, 0, 0);
		this.#writer.u32(0);
		this.#count = 0;
	}

	/** How long the REPORT frame would be. */
	get bytes() {
		return this.#count === 0 && this.#leftOut === 0 ? 0 : this.#writer.at;
	}

	/** The REPORT frame of what there is, or null. */
	take() {
		if (this.bytes === 0)
			return null;
		const w = this.#writer;
		w.view.setUint16(6, this.#count, true);
		w.view.setUint32(8, this.#leftOut, true);
		this.#leftOut = 0;
		const frame = w.take();
		this.#begin();
		return frame;
	}

	/** The program's call number `row` (of SYSCALLS) with its i32; begin runs it. socket: the import's key in SOCKETS, else null. Gives its errno, or MISS. */
	call(row, begin, raw, socket) {
		const program = this.#program;
		if (program.watching[0] === WATCH.CONTROLLED && program.policy.local)
			return this.#enterTrap(() => this.call(row, begin, raw, socket));
		const now = performance.now();
		if (!program.ending && this.#count && (this.#writer.at > GATHER_BYTES || now - this.#first > GATHER_MS)) {
			this.#first = now;
			return program.settle(() => this.#run(row, begin, raw, socket));
		}
		return this.#run(row, begin, raw, socket);
	}

	#run(row, begin, raw, socket) {
		const program = this.#program;
		const started = performance.now();
		const began = program.clocks.read(1);
		const shape = socket === null ? SHAPES[row] : SOCKET_SHAPES[socket], within = program.within << WITHIN;
		this.#arguments(shape, raw, began, within);
		const trips = program.pipeline.stats.roundTrips;
		const result = (program.faulty === null ? begin : program.faulty.into(begin, row, socket))(...raw);
		if (result !== MISS) {
			this.#done(shape, raw, result, started);
			return result;
		}
		/* A copy, for other calls may be reported meanwhile; unused if the call crosses the wire. */
		const report = this.#report.bytes.slice(0, this.#report.at);
		this.#follow({ shape, raw, report, within, trips, started, began, crossed: false, batch: 0 });
		return MISS;
	}

	/* The call goes on when its answer comes, perhaps to ask more. */
	#follow(call) {
		const { pipeline } = this.#program;
		const finish = pipeline.finish;
		call.crossed ||= this.#program.asked === call.shape.number;
		call.batch = pipeline.awaited?.sequence ?? pipeline.sequence + 1;
		pipeline.finish = () => {
			const result = finish();
			if (result === MISS) {
				this.#follow(call);
				return result;
			}
			const waited = pipeline.stats.roundTrips !== call.trips;
			if (!call.crossed)
				this.#answered(call, result, waited);
			if (waited)
				this.#waited(call, result);
			return result;
		};
	}

	/* The page answered the call, after it had waited for a clock, or asked the server for something else than this call. */
	#answered({ shape, raw, report, within, started }, result, waited) {
		this.#report.at = 0;
		this.#report.raw(report);
		this.#report.view.setUint32(FLAGS_AT, within | (waited ? ASKED : 0), true);
		this.#done(shape, raw, result, started);
	}

	#waited({ shape, within, started, began, batch }, errno) {
		const w = this.#writer;
		if (w.at > KEPT_BYTES)
			return;
		const { pipeline } = this.#program;
		const now = performance.now();
		w.u16(shape.number);
		w.u16(errno);
		w.u32(within | WAITED);
		w.u64(began);
		w.u64(nanoseconds(now - started));
		w.u64(batch);
		w.u64(nanoseconds(now - pipeline.left));
		w.u32(0);
		w.u32(0);
		this.#noted();
	}

	#noted() {
		if (this.#count++ === 0)
			this.#first = performance.now();
	}

	/* A report up to its arguments; what is known after the call is filled in by #done. */
	#arguments({ number, takes }, raw, began, within) {
		const w = this.#report;
		w.at = 0;
		w.u16(number);
		w.u16(0);
		w.u32(within);
		w.u64(began);
		w.u64(0);
		w.u64(NONE64);
		w.u64(NONE64);
		const lengthAt = w.at;
		w.u32(0);
		for (const { letter, at } of takes)
			this.#argument(letter, at, raw);
		w.view.setUint32(lengthAt, w.at - lengthAt - 4, true);
	}

	#argument(letter, at, raw) {
		const { memory, fds } = this.#program;
		const w = this.#report;
		switch (letter) {
		case "f":
			return w.u32(fds.get(raw[at])?.handle ?? raw[at] >>> 0);
		case "w":
		case "n":
			return w.u32(raw[at]);
		case "q":
			return w.u64halves(raw[at], raw[at + 1]);
		case "k":
			return w.u32(at);
		case "v":
			return w.u64(memory.holds(raw[at], 4) ? memory.u32(raw[at]) : 0);
		case "a": {
			const endpoint = addressAt(memory, raw[at], raw[at + 1]);
			return w.string(typeof endpoint === "number" ? "" : endpoint);
		}
		case "o":
			return w.u64(fds.get(raw[at])?.offset ?? 0);
		case "p": {
			const length = raw[at + 1] >>> 0;
			return w.string(memory.holds(raw[at], length) && length <= DATA_MAX ? memory.read(raw[at], length) : "");
		}
		case "b":
		case "i":
			return w.u32(Math.max(0, memory.iovecsLength(raw[at], raw[at + 1])));
		case "s":
			return w.string(this.#subscriptions(raw[at], raw[at + 2] >>> 0));
		}
		return w.u32(0xFFFFFFFF); // h: not known yet
	}

	/* With wire handles in place of descriptors, as the server would have got them. */
	#subscriptions(pointer, count) {
		const { memory, fds } = this.#program;
		if (count > 1024 || !memory.holds(pointer, SUBSCRIPTION * count))
			return "";
		const bytes = memory.read(pointer, SUBSCRIPTION * count).slice();
		const view = new DataView(bytes.buffer);
		for (let at = 0; at < bytes.length; at += SUBSCRIPTION)
			if (bytes[at + TAG_AT] !== CLOCK)
				view.setUint32(at + FD_AT, fds.get(view.getUint32(at + FD_AT, true))?.handle ?? 0xFFFFFFFF, true);
		return bytes;
	}

	/* The call that #report is about is over. */
	#done(shape, raw, errno, started) {
		const w = this.#report;
		const { memory, fds } = this.#program;
		if (this.#writer.at > KEPT_BYTES) {
			this.#leftOut++;
			return;
		}
		memory.refresh();
		w.view.setUint16(ERRNO_AT, errno, true);
		w.view.setBigUint64(TOOK_AT, BigInt(nanoseconds(performance.now() - started)), true);
		const value = errno === 0 && shape.value !== null ? this.#given(shape.value, raw) : null;
		if (value !== null)
			w.view.setBigUint64(VALUE_AT, value, true);
		const descriptor = shape.offset ? fds.get(raw[0]) : undefined;
		if (descriptor?.seekable && !descriptor.adrift)
			w.view.setBigUint64(OFFSET_AT, BigInt(descriptor.offset), true);
		w.string(this.#contents(shape, raw, errno, value));
		this.#writer.raw(w.bytes.subarray(0, w.at));
		this.#noted();
	}

	#given({ letter, at }, raw) {
		if (letter === "n")
			return BigInt(raw[at] >>> 0);
		const bytes = this.#program.memory.read(raw[at], letter === "q" ? 8 : 4).slice();
		const view = new DataView(bytes.buffer);
		return letter === "q" ? view.getBigUint64(0, true) : BigInt(view.getUint32(0, true) * (letter === "e" ? EVENT : 1));
	}

	/* The debugger always gets what the program printed; what it wrote to files or read, if the user agreed. */
	#contents(shape, raw, errno, value) {
		if (errno !== 0 || value === null || !(shape.out || shape.reads))
			return "";
		const descriptor = this.#program.fds.get(raw[0]);
		const prints = shape.out && (descriptor?.output ?? null) !== null;
		if (!prints && !this.data)
			return "";
		const bytes = new Uint8Array(Math.min(Number(value), DATA_MAX));
		this.#program.memory.gather(raw[1], raw[2], bytes);
		return bytes;
	}

	/* ---- "trap" ---- */

	/* Everything gathered is done first; then nothing is answered here. */
	#enterTrap(then) {
		const program = this.#program;
		if (program.ending)
			return then();
		const enter = () => {
			if (this.#kept === null) {
				const { policy, cache } = program;
				this.#kept = { local: policy.local, cache };
				policy.local = false;
				program.cache = cache.without();
				for (const [, descriptor] of program.fds.entries())
					forget(descriptor);
			}
			return then();
		};
		program.pipeline.hold();
		return program.pipeline.settled ? enter() : program.settle(enter);
	}

	/** No debugger has control any more: calls are answered as before. */
	leaveTrap() {
		if (this.#kept === null)
			return;
		const { local, cache } = this.#kept;
		this.#kept = null;
		this.#program.policy.local = local;
		this.#program.cache = cache;
		cache.startOver(); // the cache didn't follow the program's own changes meanwhile
	}
}

/* Drops what was cached of a descriptor: in "trap" the cache doesn't follow the program's changes. */
function forget(descriptor) {
	if (descriptor.reading !== null)
		Object.assign(descriptor.reading, { window: null, head: null, stat: null });
	descriptor.listing = null;
}

function nanoseconds(ms) {
	return Math.max(0, Math.round(ms * 1e6));
}

/** A WATCH frame came: sets the flag that each call looks at, and enters or leaves what goes with it. */
export function debuggerChanged(program, { mode, data }) {
	if (mode !== WATCH.NOBODY)
		program.debuggee ??= new Debuggee(program);
	if (program.debuggee !== null)
		program.debuggee.data = data;
	if (mode !== WATCH.CONTROLLED)
		program.debuggee?.leaveTrap();
	Atomics.store(program.watching, 0, mode);
}

