//# allFunctionsCalledOnLoad
/* run() and spawn(), on the page's thread: compiles the program, makes its guest with the control connection, has a worker run it, shows output,
 * feeds stdin, hears of the end. Leaves to others: the program itself (worker.js), stdin's bytes (control.js). */
import { newSharedBatch } from "./base/shared-batch.js";
import { END, HELLO } from "./base/codec.js";
import { SOON_MS } from "./gateway/connection.js";
import { ControlSide } from "./gateway/control.js";
import { ticketSource } from "./gateway/tickets.js";
import { makeHello } from "./gateway/hello.js";
import { REPLAYED, aboutRun, replayOf } from "./recording/about.js";
import { newSharedOutbox } from "./recording/outbox.js";
import { RecordingSender } from "./recording/sender.js";
import { trapText, unpackError } from "./base/error-transfer.js";
import { absolute, defaultArgs } from "./page/given.js";
import { KeptRun } from "./page/kept.js";
import { explainLoss, frozenTime, keepPage } from "./page/leaving.js";
import { keepCompiled, loadInto } from "./page/load.js";
import { tellLoss } from "./page/notice.js";
import { ShownOutput } from "./page/shown.js";
import { Stdin } from "./page/stdin.js";
import { Watched } from "./page/watched.js";
import { keepSpares, takeWorker, workerEnded, workerRuns } from "./workers.js";
import { newRing } from "./base/ring.js";
import { chooseWait } from "./wait/choose.js";

/* A worker that lost the gateway reports its unacknowledged writes within this time; one that computes can't. */
const LAST_WORDS_MS = 500;
/* A program that is told to finish sends its gathered calls with its next one, and has this long for it. */
const FINISH_MS = 250;
const OVER = 410; // status of a POST for a program that is over
const KIB = 1024;

/** Starts a program and waits for its end: spawn(module, options).exited, with stdin at its end unless given. */
export async function run(module, options = {}) {
	const child = await spawn(module, { ...options, stdin: options.stdin ?? "", stdout: options.stdout ?? null, stderr: options.stderr ?? null });
	return child.exited;
}

/** Starts a program in a worker of its own; resolves when it runs. wvwasi.d.ts says what options and the child are. */
export async function spawn(module, options = {}) {
	const child = new Child(options);
	await child.start(module);
	return child;
}

/** Goes on with a program of kept(), in this page: as spawn(). wvwasi.d.ts has more. */
export async function resume(entry, options = {}) {
	const child = new Child({ ...options, stdin: "pipe", keep: true, resumes: entry });
	await child.start(entry.url);
	return child;
}

/** Has the next run() begin sooner: a worker stands ready, and the program at that URL, if one is given, is compiled. wvwasi.d.ts has more. */
export async function prepare(module) {
	keepSpares(chooseWait());
	if (module !== undefined)
		await keepCompiled(module);
}

class Child {
	#options;
	#wait;
	#worker = null;
	#control = null;
	#output;
	#taken = null; // shared: how many KiB were; whether writes may still be gathered (1: not any more); who looks on (WATCH); how often leases were broken
	#watchers = new Watched({}, null);
	#kept; // KeptRun, or null
	#stats = null;
	#settle = {};
	#heardEnd = false; // of the program, from its worker
	#ended = false; // and all is well: its connections are being closed by the server
	#done = false;
	#waiting = new Map(); // message of the worker -> resolver
	#loading = new AbortController(); // the program's download
	#over = {}; // { promise, reject }: rejects with #failed
	#failed = null;
	#ran = false;
	#lostBy = null; // why the control connection is gone
	#dialler;
	#connected = null; // a promise of #connect()'s
	#compiled = null; // WebAssembly.Module, or a component's plan; before it is loaded: what the worker has an instance of
	#recording = null; // RecordingSender, where the gateway wants one
	#replay = null; // what the worker replays
	#onabort;
	#page = { ask() {}, release() {} }; // keepPage()'s
	#frozenBefore = frozenTime();
	/** Resolves with the result at the program's end; rejects with its trap, GatewayLost, or the signal's reason. */
	exited;
	/** { write(data), mark(), close(), writable } or null where stdin isn't the page's to feed later */
	stdin = null;
	/** The folders that it has: { path, readonly }, once it runs */
	preopens = [];
	/** ReadableStreams where no option says where output goes */
	stdout = null;
	stderr = null;

	constructor(options) {
		options.signal?.throwIfAborted();
		this.#options = { ...options, stdin: options.stdin === undefined ? "pipe" : options.stdin, coherence: options.coherence ?? "default" };
		Object.assign(this.#options, options.replay === undefined ? {} : REPLAYED);
		this.#kept = options.keep || options.resumes ? new KeptRun(this.#options) : null;
		Object.assign(this.#options, this.#kept === null || this.#kept.isLater ? {} : { coherence: "strict", askBeforeUnload: false });
		this.#watchers = new Watched(options, () => this.#control);
		this.#wait = chooseWait(options.wait);
		this.#output = new ShownOutput(options, error => this.#fail(error));
		this.stdout = this.#output.streamOf("stdout");
		this.stderr = this.#output.streamOf("stderr");
		this.exited = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
		this.exited.catch(() => {}); // an app that ignores the promise gets no unhandledrejection
		this.#over.promise = new Promise((resolve, reject) => (this.#over.reject = reject));
		this.#over.promise.catch(() => {});
	}

	async start(module) {
		const { signal } = this.#options;
		this.#onabort = () => this.#fail(signal.reason);
		signal?.addEventListener("abort", this.#onabort);
		this.#page = this.#kept === null ? keepPage() : this.#kept.page();
		try {
			({ worker: this.#worker, dialler: this.#dialler, holds: this.#compiled } = takeWorker({
				wait: this.#wait, ticket: this.#options.ticket, tickets: () => this.#unlessOver(ticketSource(this.#options)(2)),
				hear: message => this.#hear(message), fail: error => this.#fail(error),
			}));
			await this.#load(module);
			await this.#connected;
		} catch (error) {
			this.#dialler?.fail(error);
			tellLoss(error);
			this.#fail(error);
			throw error;
		}
	}

	/* Its guest is made while it is compiled, where that needs nothing of it. Further imports are made and checked in the worker, where they run. */
	async #load(module) {
		const { imports, onProgress, replay, resumes } = this.#options, { signal } = this.#loading;
		const loading = loadInto(this.#worker, module, {
			imports, holds: this.#compiled, onProgress, signal, onNear: () => this.#dialler.dial(),
			onCore: program => {
				if (this.#connected !== null || replay !== undefined || resumes !== undefined || this.#done)
					return; // a small program may be compiled before
				const compiled = loading.then(loaded => loaded.compiled);
				compiled.catch(() => {}); // awaited below
				this.#connected = this.#connect(module, { program, isRecordable: true, compiled });
				this.#connected.catch(error => this.#fail(error));
			},
		});
		const { compiled, program } = await this.#unlessOver(loading);
		this.#compiled = compiled;
		if (imports !== undefined)
			await this.#reply("loaded");
		if (replay !== undefined)
			await this.#readReplay(module);
		this.#connected ??= this.#connect(module, { program, isRecordable: this.#isRecordable, compiled });
	}

	/* Does nobody but the gateway and this page take part in what it does? */
	get #isRecordable() {
		return this.#options.imports === undefined && this.#compiled instanceof WebAssembly.Module;
	}

	/* What the program's calls will be answered with. */
	async #readReplay(module) {
		this.#replay = await this.#unlessOver(replayOf(this.#options, absolute(module), this.#compiled));
		this.#options.args = this.#replay.args;
	}

	/* Makes its guest and has its worker run it. compiled: what was made of the module, or a promise of it: then the worker will get it. */
	async #connect(module, { program, isRecordable, compiled }) {
		this.#kept = this.#kept?.check(module, program, isRecordable) ?? null;
		const wait = this.#wait;
		const args = this.#options.args ?? defaultArgs(module);
		const flags = HELLO.CONTROL | (wait === "xhr" ? HELLO.XHR : HELLO.POSTS) | (wait === "shared" ? HELLO.SPLIT : 0);
		const { hello, stdin } = this.#kept?.hello(flags) ?? makeHello({ ...this.#options, args }, flags
			| (isRecordable ? HELLO.RECORDABLE : 0) | (this.#kept?.wish ?? 0), program);
		const open = () => this.#dialler.open(hello);
		const { connection, second } = await (this.#kept?.opened(open) ?? open());
		const ring = wait === "shared" ? newRing() : null;
		const sharedBatch = newSharedBatch();
		const control = this.#control = new ControlSide(connection, { stdin, ring, sharedBatch });
		if (this.#done) {
			control.end(END.KILLED, String(this.#failed?.message ?? this.#failed));
			throw this.#failed;
		}
		this.preopens = connection.welcome.preopens.filter(({ socket }) => !socket).map(({ name, readOnly }) => ({ path: name, readonly: readOnly }));
		control.ondone = () => this.#output.look();
		control.onlost = error => this.#lost(error);
		control.onwatch = state => this.#watched(state);
		control.onstdinfailed = error => this.#fail(error);
		control.onfinish = () => this.#wrapUp();
		control.onbroken = () => this.#taken && Atomics.add(this.#taken, 3, 1);
		if (!stdin.eof && !stdin.rest && this.#options.stdin !== "inherit")
			this.stdin = new Stdin(control);
		if (typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated)
			this.#taken = new Int32Array(new SharedArrayBuffer(16));
		const sharedOutput = this.#output.share(() => control.done, this.#taken);
		if (connection.welcome.watch)
			this.#watched({ mode: connection.welcome.watch, state: 0, data: false });
		const keep = await this.#kept?.begin(module, { control, connection, hello, stdin }) ?? null;
		const recording = connection.welcome.recorded ? { shared: newSharedOutbox() } : null;
		if (recording)
			this.#recording = new RecordingSender(control, recording.shared, aboutRun(absolute(module), compiled, { welcome: connection.welcome, wait }),
				() => this.#worker.postMessage({ do: "recorded" }), this.#kept?.recording(keep?.comeback));
		this.#worker.postMessage({
			do: "run", recording, replay: this.#replay, keep, wait, ring, taken: this.#taken?.buffer ?? null, sharedBatch, sharedOutput, ticket: second,
			welcome: connection.welcome, flags: this.#kept?.flags ?? hello.flags, coherence: this.#options.coherence,
			stdin: { bytes: stdin.bytes, eof: stdin.eof }, tellsReads: this.#options.onReading !== undefined,
			awaitsModule: compiled instanceof Promise,
		});
		await this.#reply("running");
	}

	/** The next message of this kind. */
	#reply(kind) {
		return this.#unlessOver(new Promise(resolve => this.#waiting.set(kind, resolve)));
	}

	/** What the promise gives; rejects when the program is over before. */
	#unlessOver(promise) {
		return Promise.race([this.#over.promise, promise]);
	}

	#hear(message) {
		if (message.is === "output")
			return this.#output.receive(message);
		if (this.#done)
			return message.is === "room" ? this.#control?.drain() : undefined;
		this.#heardEnd ||= ["exit", "trap", "lost"].includes(message.is);
		switch (message.is) {
		case "undialled":
			return this.#dialler.lose();
		case "room":
			return this.#control?.drain();
		case "gathered":
			return this.#control?.gathered();
		case "carried":
			return this.#control?.carried();
		case "looked":
			return this.#control?.looked(message.bytes);
		case "kept":
			return this.#kept.heard(message);
		case "recorded":
			return message.all ? this.#recording.finish() : this.#recording.receive(message);
		case "stats":
			this.#stats = message.stats;
			return undefined;
		case "reads":
			return this.#options.onReading(message.waits);
		case "printed":
			this.#output.lookSoon();
			return undefined;
		case "loaded":
		case "running":
			if (message.is === "running") {
				this.#options.onProgress?.({ phase: "run", loaded: 1, total: 1 });
				this.#ran = true;
				if (this.#options.askBeforeUnload !== false)
					this.#page.ask();
				workerRuns(this.#isRecordable ? this.#compiled : null);
			}
			this.#waiting.get(message.is)?.(message);
			return this.#waiting.delete(message.is);
		case "failed":
			return this.#fail(unpackError(message.error));
		case "exit":
			return this.#exit(message);
		case "trap":
			this.#stats = message.stats;
			this.#control.end(END.TRAP, trapText(message.error).slice(0, 4 * KIB));
			return this.#reject(Object.assign(unpackError(message.error), message.told));
		case "lost":
			this.#stats = message.stats;
			return this.#gone(Object.assign(unpackError(message.error), message.told));
		}
		return undefined;
	}

	async #exit({ code, told, stats }) {
		this.#stats = stats;
		await this.#output.taken;
		this.#control.close({ soon: true });
		this.#ended = true;
		this.#finish(() => this.#settle.resolve(this.#result(code, told)));
	}

	#result(exitCode, told = { writeErrors: [], failedCalls: [], lastCalls: [] }) {
		return { exitCode, wait: this.#wait, ...told, stats: this.stats(), ...this.#output.captured };
	}

	async #reject(error) {
		await this.#output.taken;
		this.#finish(() => this.#settle.reject(error));
	}

	/* A debugger came, went, stopped the program or let it go on: the page shows it. */
	#watched(state) {
		if (this.#done)
			return;
		if (this.#taken)
			Atomics.store(this.#taken, 2, state.mode);
		this.#watchers.changed(state);
	}

	/* The control connection is gone, perhaps because the program has ended and its worker is about to say so. If it hasn't, the
	 * worker knows which writes were under way, so its own report is waited for. */
	#lost(error) {
		this.#lostBy = error;
		this.#recording?.lost();
		setTimeout(() => this.#heardEnd || this.#gone(error), LAST_WORDS_MS);
	}

	/* The worker knows best why, but by POST it is told only that the program is over, or finds nobody there: the control connection is told more. */
	async #gone(error) {
		const knowsLess = error.code === OVER || this.#wait === "xhr" && !error.unacknowledged?.length;
		if (knowsLess && !this.#lostBy)
			await new Promise(resolve => setTimeout(resolve, LAST_WORDS_MS / 10));
		const why = knowsLess && this.#lostBy ? this.#lostBy : error;
		this.#kept?.lost();
		if (!this.#done)
			tellLoss(explainLoss(why, this.#frozenBefore));
		return this.#reject(why);
	}

	#fail(error) {
		this.#finish(() => this.#settle.reject(error), error);
	}

	/* Once: the worker ends, sinks are closed, the connection too. */
	#finish(settle, error = new Error("the program is over")) {
		if (this.#done)
			return;
		this.#done = true;
		this.#page.release();
		this.#watchers.end();
		this.#kept?.end();
		this.#failed = error;
		this.#options.signal?.removeEventListener("abort", this.#onabort);
		this.#loading.abort(error);
		this.#over.reject(error);
		this.#wind(settle, error);
	}

	/* First everything that the program was told as written is done, and what its worker sent has arrived; then the worker is
	 * terminated. */
	async #wind(settle, error) {
		if (this.#ended) {
			setTimeout(() => this.#worker.terminate(), SOON_MS);
		} else if (this.#kept?.goesOn) { // for the next page, of which this one may be told by its requests' failing
			this.#control?.close();
			this.#worker?.terminate();
		} else {
			this.#recording?.look();
			const isDone = await this.#control?.end(END.KILLED, String(error?.message ?? error));
			if (this.#control)
				await this.#output.arrived(this.#lostBy !== null || isDone === false);
			this.#worker?.terminate();
		}
		this.#output.end();
		settle();
		if (this.#ran)
			workerEnded();
	}

	/* The user closes the window. From now on each write of the program waits until it is done, and what was gathered before
	 * leaves first; then the program ends. So every write that it was told as done is done. */
	#wrapUp() {
		if (this.#taken)
			Atomics.store(this.#taken, 1, 1);
		setTimeout(() => this.kill({ reason: "closed" }), FINISH_MS);
	}

	/** Ends the program now. exited resolves with exitCode (null unless given) and killed: true. keep: only here, if the gateway keeps it. */
	kill({ exitCode = null, reason = "killed", keep = false } = {}) {
		if (keep)
			this.#kept?.lost();
		this.#finish(() => this.#settle.resolve({ ...this.#result(exitCode), killed: true }), new Error(reason));
	}

	/** Notes the terminal's new size in the app's tty object, for the next program: preview1 has no way to tell one that runs. */
	resize(columns, rows) {
		Object.assign(this.#options.tty ?? {}, { columns, rows });
	}

	/** The counters: those at the end, or up to 250 ms old while it runs. */
	stats() {
		const stats = this.#stats ?? { syscalls: 0, local: 0, roundTrips: 0, messages: 0, bytesSent: 0, bytesReceived: 0, byName: {} };
		const control = this.#control;
		return {
			...stats,
			messages: stats.messages + (control?.messages ?? 0),
			bytesSent: stats.bytesSent + (control?.bytesSent ?? 0),
		};
	}
}
