/* One program's world on the page's side: its memory, descriptors, order of calls, clocks, output; what the imports work with.
 * Leaves to others: the imports (imports.js), waiting (wait/), and the worker's conversation with the page (worker.js). */
import { CALL, HELLO, toBytes } from "./codec.js";
import { Clocks, RandomPool } from "./cache/local.js";
import { Policy } from "./cache/policy.js";
import { ERRNO } from "./errors.js";
import { FdTable } from "./fds.js";
import { GuestMemory } from "./memory.js";
import { Pipeline } from "./pipeline.js";
import { NUMBERS, SYSCALLS } from "./syscalls.js";
import { MISS } from "./trampoline.js";

/** What wait gives when the program is over: the trampoline traps. */
export const OVER = -2;

export class Program {
	memory = new GuestMemory();
	random = new RandomPool();
	/** { code } once proc_exit or proc_raise was called */
	exited = null;
	/** ns that the program sleeps, when the call that missed waits for a clock alone; canSleep: the way to wait knows how */
	sleepNs = -1;
	canSleep = false;
	/** calls that waited for a batch */
	waited = 0;
	/** calls by row of the table, and those answered without waiting */
	counts = new Float64Array(SYSCALLS.length);
	/** Called at every wait, by who wants to look at the counters */
	onwait = null;
	/** Errors of writes that nobody asked about: [{ path, errno, name, call }] */
	writeErrors = [];

	/**
	 * welcome: the WELCOME's; flags: of the hello that made the guest; output: (stream, bytes) sink of output.js;
	 * stdin: { bytes, eof }, what the hello carried.
	 */
	constructor({ welcome, flags, coherence, output, stdin }) {
		this.policy = new Policy(coherence);
		this.bounds = welcome.bounds;
		this.args = joined(welcome.args);
		this.env = joined(welcome.env);
		this.clocks = new Clocks(welcome);
		this.fds = new FdTable(welcome, (flags & HELLO.TTY) !== 0);
		this.pipeline = new Pipeline(this.clocks, welcome.bounds);
		this.output = output;
		this.stdin = { bytes: stdin?.bytes ?? new Uint8Array(0), eof: stdin?.eof ?? false, at: 0 };
		this.inherits = {
			stdin: (flags & HELLO.INHERIT_STDIN) !== 0,
			stdout: (flags & HELLO.INHERIT_STDOUT) !== 0,
			stderr: (flags & HELLO.INHERIT_STDERR) !== 0,
		};
	}

	/** Begins a call whose answer the program waits for; write its arguments into what this gives, then return MISS.
	 * done: (errno, bytes) => errno, on success with what the table says the call gives. */
	ask(number, done) {
		const pipeline = this.pipeline;
		let result = ERRNO.IO; // an answer without a result for us would be the server's fault
		pipeline.call(number, 0, (errno, bytes) => {
			this.memory.refresh();
			result = done === undefined || errno !== 0 ? errno : done(bytes);
		});
		pipeline.finish = () => result;
		return pipeline.writer;
	}

	/** The same where the call's failure matters to `done` too: (errno, bytes) => errno or MISS. */
	askEither(number, done, flags = 0) {
		const pipeline = this.pipeline;
		let result = ERRNO.IO;
		pipeline.call(number, flags, (errno, bytes) => {
			this.memory.refresh();
			result = done(errno, bytes);
		});
		pipeline.finish = () => result;
		return pipeline.writer;
	}

	/** A call that nobody waits for. */
	tell(number, handler = null) {
		this.pipeline.call(number, CALL.QUIET, handler);
		return this.pipeline.writer;
	}

	/** proc_exit for a program whose _start returned: MISS. */
	exit(code) {
		this.ask(NUMBERS.proc_exit, () => {
			this.exited = { code };
			return 0;
		}).u32(code);
		return MISS;
	}

	/** { syscalls, local, roundTrips, messages, bytesSent, bytesReceived, byName } */
	stats() {
		const byName = {};
		let syscalls = 0;
		SYSCALLS.forEach((row, i) => {
			if (this.counts[i])
				byName[row.name] = this.counts[i];
			syscalls += this.counts[i];
		});
		return { syscalls, local: syscalls - this.waited, ...this.pipeline.stats, byName };
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
