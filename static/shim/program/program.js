//# allFunctionsCalledOnLoad
/* One program's world on the page's side: its memory, descriptors, order of calls, clocks, output; what the imports work with.
 * Leaves to others: the imports (imports.js), waiting (wait/), and the worker's conversation with the page (worker.js). */
import { BATCH, CALL, HELLO, Reader, WATCH, toBytes } from "../base/codec.js";
import { openCache } from "../cache/index.js";
import { Clocks, RandomPool } from "../cache/local.js";
import { Policy } from "../cache/policy.js";
import { trapText } from "../base/error-transfer.js";
import { ERRNO } from "../base/errors.js";
import { FdTable, narrow } from "../base/fds.js";
import { GuestMemory } from "../base/memory.js";
import { Injections } from "../imports/injections.js";
import { Pipeline } from "./pipeline.js";
import { NUMBERS, SYSCALLS } from "../base/syscalls.js";
import { MISS } from "../base/trampoline.js";
import { Debuggee, debuggerChanged } from "./debuggee.js";
import { FailedCalls } from "./failed-calls.js";
import { Faults, lookAt } from "./reached.js";

/* Chromium's socket, on a thread that doesn't return to its event loop, delivers the first 128 KiB only. */
const UNDER_WAY_MAX = 64 << 10;
const PAGE_NS = 2e6; // between looks whether the page has caught up
const SPARE_CALLS = 16; // of a batch, for what one call of the program asks
const FAULT = "wvwasi: a fault of the page's cache; the program goes on without:";
const FAULT_MAX = 4096; // letters

export class Program {
	random = new RandomPool();
	/** recording/: its recorder, or the replay that answers in the gateway's place; or null */
	recorder = null;
	replay = null;
	/** recording/'s keeping, of a program that outlives its page; or null */
	keeping = null;
	/** Why its import traps, without a wait: { exit, begin } or { signal, begin } where begin ends it (recorded), or of a replay what Replay says */
	leaves = null;
	/** { code } once proc_exit or proc_raise was called */
	exited = null;
	/** ns that the program sleeps, when the call that missed waits for a clock alone; canSleep: the way to wait knows how */
	sleepNs = -1;
	canSleep = false;
	#within = 0;
	#isTraced;
	/** what it waits for next is waited for by component/service.js, together with what others wait for */
	isParked = false;
	/** proc_exit was sent: nothing may follow it */
	ending = false;
	/** calls that waited for a batch */
	waited = 0;
	/** calls by row of the table, and those answered without waiting */
	counts = new Float64Array(SYSCALLS.length);
	/** (bytes) => void: sends a batch that nobody waits for; null where the way to wait can't */
	post = null;
	/** Can it wait for what left before? */
	canAwait = false;
	/** bytes by which its writes, and the files that it made, may have filled disks so far */
	used = 0;
	/** bytes that may leave while the program waits for what left before; and do they leave no sooner than it waits? */
	turnMax = 0;
	sendsWhenItWaits = false;
	/** local calls since the last answer, for programs that learn news by answers alone */
	unheard = 0;
	/** number of the call that was asked for last, for a debugger; 0: the program waits for what was asked before */
	asked = 0;
	/** debuggee.js's, once a debugger was attached */
	debuggee = null;
	/** faults of the cache (cache/index.js), after which the program runs without it; onfault: (text) tells a debugger */
	faults = 0;
	onfault = null;
	/** (waits) => void: it begins to wait for its page's standard input, or has waited */
	onreads = null;
	/** (bytes) sends a debugger the part of memory that it asked for; what it lets go wrong with calls (reached.js) */
	onlooked = null;
	faulty = null;
	/** Called at every wait, by who wants to look at the counters */
	onwait = null;

	/**
	 * welcome: the WELCOME's; flags: of the hello that made the guest; output: (stream, bytes) sink of output.js; stdin: { bytes, eof }, what the hello
	 * carried; watching: an Int32Array, perhaps shared, whose first word is the mode of WATCH; wakeups: shared memory that grows when leases are broken
	 * (control.js), or null; predictors: see cache/prefetch/index.js; foresees: may calls be foreseen? Only if others see what the program does through the
	 * server and its output alone; memory: what reads and writes the guest's.
	 */
	constructor({ welcome, flags, coherence, output, stdin, wait, watching = new Int32Array(1), wakeups = null, predictors = {}, foresees = false,
		memory = new GuestMemory() }) {
		this.memory = memory;
		this.policy = new Policy(coherence);
		this.foresees = foresees && welcome.foreseen;
		this.#isTraced = welcome.traced;
		this.bounds = welcome.bounds;
		this.watching = watching;
		this.injections = welcome.injections.length > 0 ? new Injections(this, welcome.injections) : null;
		this.args = joined(welcome.args);
		this.env = joined(welcome.env);
		this.clocks = new Clocks(welcome);
		this.fds = new FdTable(welcome, (flags & HELLO.TTY) !== 0);
		this.failed = new FailedCalls(this);
		this.pipeline = new Pipeline(this.clocks, welcome.bounds);
		this.pipeline.onwatch = state => debuggerChanged(this, state);
		this.pipeline.onlook = frame => this.onlooked?.(lookAt(this.memory, frame));
		this.pipeline.oninject = frame => (this.faulty = new Faults(this, frame));
		this.output = output;
		output.mayLeave = () => this.pipeline.unsettledWrites === 0 || this.pipeline.lost !== null && !this.pipeline.isTaken;
		this.pipeline.onchangeslost = sequence => output.forget(sequence);
		output.needs = () => (output.mayLeave() ? 0 : this.pipeline.sequence + (this.pipeline.empty ? 0 : 1));
		/* others' changes must be visible within this time */
		const freshMs = wait === "xhr" ? 100 : 10;
		this.cache = openCache(this, { freshMs, wakeups, hints: welcome.hints ?? null, predictors });
		this.stdin = { bytes: stdin?.bytes ?? new Uint8Array(0), eof: stdin?.eof ?? false, at: 0 };
		this.inherits = {
			stdin: (flags & HELLO.INHERIT_STDIN) !== 0,
			stdout: (flags & HELLO.INHERIT_STDOUT) !== 0,
			stderr: (flags & HELLO.INHERIT_STDERR) !== 0,
		};
		if (welcome.watch)
			debuggerChanged(this, { mode: welcome.watch, data: false });
	}

	/** The component's function that makes its calls: its place in interfaces.js's FUNCTIONS, from 1 on; 0: none. */
	get within() {
		return this.#within;
	}

	set within(within) {
		this.#within = within;
		if (this.#isTraced)
			this.pipeline.within = within;
	}

	/** Begins a call whose answer the program waits for; write its arguments into what this gives, then return MISS.
	 * done: (errno, bytes) => errno, on success with what the table says the call gives. */
	ask(number, done) {
		return this.askEither(number, (errno, bytes, since) => (done === undefined || errno !== 0 ? errno : done(bytes, since)));
	}

	/** The same for a call that returns what went wrong with gathered writes of `descriptor`. */
	askReporting(number, descriptor, done) {
		return this.askEither(number, (errno, bytes) => {
			if (errno === 0)
				return done === undefined ? 0 : done(bytes);
			this.cache.reported(descriptor);
			return errno;
		});
	}

	/** The same where the call's failure matters to `done` too: (errno, bytes, since) => errno or MISS. */
	askEither(number, done, flags = 0) {
		const { pipeline } = this;
		this.asked = number;
		let result = ERRNO.IO; // an answer without a result for us would be the server's fault
		pipeline.call(number, flags, (errno, bytes, since) => {
			this.memory.refresh();
			result = done(errno, bytes, since);
		});
		pipeline.finish = () => result;
		return pipeline.writer;
	}

	/** A foreseen call, by its name: the program goes on at once; if the call fails, the server ends the program there. path: what it changes. */
	foresee(call, path) {
		const { pipeline } = this;
		pipeline.call(NUMBERS[call], CALL.QUIET | CALL.MUST, null);
		pipeline.note({ call, path, foreseen: true });
		return pipeline.writer;
	}

	/** A call that nobody waits for. */
	tell(number, handler = null) {
		this.pipeline.call(number, CALL.QUIET, handler);
		return this.pipeline.writer;
	}

	/** Takes back the call that bound the handle of a descriptor, which the program closes: false, if that has left, something was written behind it, or
	 * somebody looks on. */
	untell({ bound }) {
		return bound !== null && this.watching[0] === WATCH.NOBODY && this.pipeline.takeBack(bound);
	}

	/** Is there room for more calls that don't leave at once? */
	get roomToTell() {
		return this.pipeline.writer.count < this.bounds.calls - SPARE_CALLS;
	}

	/** Sends what was gathered if that needs no wait. False: it must go with the next wait. */
	leave() {
		const { pipeline } = this;
		if (this.post === null || pipeline.empty)
			return false;
		pipeline.hold();
		if (pipeline.empty || pipeline.lost || pipeline.underWay + pipeline.bytes > UNDER_WAY_MAX)
			return false;
		this.post(pipeline.seal(0).bytes);
		return true;
	}

	/** A call while a debugger is attached. socket: its key in SOCKETS, else null. */
	watched(row, begin, raw, socket) {
		this.debuggee ??= new Debuggee(this);
		return this.debuggee.call(row, begin, raw, socket);
	}

	/** The batch that the program waits for: { bytes, flight }. */
	seal() {
		this.cache.leaves();
		return this.pipeline.seal(BATCH.WAIT);
	}

	/** May a small batch leave by itself? */
	get roomAhead() {
		return this.pipeline.underWay < UNDER_WAY_MAX;
	}

	/** Sends what was gathered as a batch of its own, answered when it is done: gives its flight. */
	sendAhead() {
		const { bytes, flight } = this.seal();
		if (!this.pipeline.lost)
			this.post(bytes);
		return flight;
	}

	/** The program waits for a batch that was sent before: what it gathered is sent meanwhile. */
	leaveBeside() {
		const { pipeline, turnMax } = this;
		pipeline.hold();
		if (turnMax === 0 || pipeline.writer.at > turnMax)
			this.leave();
		else if (!pipeline.empty && !pipeline.lost)
			this.sendAhead();
	}

	/** Waits until a batch that left before is answered, then goes on with `then`: MISS. */
	settleOn(flight, then) {
		this.pipeline.awaited = flight;
		return this.settle(then);
	}

	/** Waits until everything so far is done, then goes on with `then`: MISS. */
	settle(then) {
		this.asked = 0;
		this.pipeline.finish = then;
		return MISS;
	}

	/** A program waits while its page doesn't keep up with its output: 0, or MISS. */
	afterPage() {
		while (this.output.overfull) {
			if (!this.canSleep)
				continue; // asking again is all that can be done
			this.sleepNs = PAGE_NS;
			return this.settle(() => this.afterPage());
		}
		return 0;
	}

	/** Before a call that may take long: shows what the program printed, after the writes before it are done. */
	afterOutput(begin) {
		if (!this.output.pending || this.pipeline.unsettledWrites === 0)
			return begin();
		return this.settle(() => {
			this.output.flush();
			return begin();
		});
	}

	/** Before the program sleeps: waits for foreseen calls, since others may look meanwhile. */
	afterForeseen(begin) {
		return this.pipeline.unsettledForeseen === 0 ? begin() : this.settle(begin);
	}

	/** After gathered appends only the server knows a handle's offset: it is asked, then `begin` goes on. */
	anchored(descriptor, begin) {
		if (!descriptor.adrift)
			return begin();
		const END = 2;
		const w = this.askEither(NUMBERS.fd_seek, (errno, bytes) => {
			if (errno !== 0)
				return errno;
			descriptor.offset = narrow(new Reader(bytes).u64());
			descriptor.adrift = false;
			return begin();
		});
		w.u32(descriptor.handle);
		w.u64(0);
		w.u64(0);
		w.u32(END);
		return MISS;
	}

	/** The cache failed: tells the console and a debugger. The program goes on. */
	faulted(error) {
		this.faults++;
		console.error(FAULT, error);
		this.onfault?.(`${FAULT} ${trapText(error)}`.slice(0, FAULT_MAX));
	}

	/** proc_exit for a program whose _start returned: MISS. */
	exit(code) {
		return this.cache.afterAllSends(() => {
			this.cache.end();
			this.ending = true;
			this.ask(NUMBERS.proc_exit, () => {
				this.exited = { code };
				return 0;
			}).u32(code);
			return MISS;
		});
	}

	/** Failed writes whose error no call has returned: [{ path, call, errno, name }]. */
	get writeErrors() {
		return this.cache.writeErrors();
	}

	/** The same, and a line for each on stderr: at the end. */
	reportWriteErrors() {
		const errors = this.writeErrors;
		for (const { path, call, name } of errors)
			this.output.write("stderr", toBytes(`wvwasi: cannot write '${path}': ${name} (${call})\n`));
		this.output.flush();
		return errors;
	}

	/** { syscalls, local, roundTrips, messages, bytesSent, bytesReceived, faults, byName } */
	stats() {
		const byName = {};
		let syscalls = 0;
		SYSCALLS.forEach((row, i) => {
			if (this.counts[i])
				byName[row.name] = this.counts[i];
			syscalls += this.counts[i];
		});
		return { syscalls, local: syscalls - this.waited, ...this.pipeline.stats, faults: this.faults, byName };
	}
}

/* { bytes: all values, NUL after each; starts: where each begins } */
function joined(list) {
	const parts = list.map(value => toBytes(value));
	const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length + 1, 0));
	const starts = [];
	let at = 0;
	for (const part of parts) {
		starts.push(at);
		bytes.set(part, at);
		at += part.length + 1;
	}
	return { bytes, starts };
}
