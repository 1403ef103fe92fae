//# allFunctionsCalledOnLoad
/* The program's own worker: attaches to the guest that the page made, runs the module that the page compiled, reports to spawn.js on the page's
 * thread. */
import { SharedBatch } from "./base/shared-batch.js";
import { HELLO } from "./base/codec.js";
import { Connection } from "./gateway/connection.js";
import { GatewayLost, ProcessExit } from "./base/errors.js";
import { OutputCredit } from "./base/output-credit.js";
import { checkImports } from "./program/module.js";
import { Output } from "./base/output.js";
import { SharedOutput } from "./base/shared-output.js";
import { packError } from "./base/error-transfer.js";
import { Program } from "./program/program.js";
import { RecordingError } from "./base/errors.js";
import { Keeping } from "./recording/keeping.js";
import { NotedMemory } from "./recording/noted.js";
import { BothWays, PostedOutbox, SharedOutbox, recordingArrived } from "./recording/outbox.js";
import { Hashes } from "./recording/hashes.js";
import { Recorder } from "./recording/recorder.js";
import { Replay } from "./recording/replay.js";
import { instantiateEarly } from "./program/instance.js";
import { Runner } from "./program/runner.js";
import { takeLate } from "./base/late.js";
import { takeTrampoline } from "./base/trampoline.js";

const SNAPSHOT_MS = 250;
/** @type {{ module: WebAssembly.Module, imports: WebAssembly.Imports, isExtended: boolean } | null} isExtended: the app has imports of its own, which see what
 * the program does */
let loaded = null;
/** @type {{ connection: Connection, opened: Promise<Connection>, sayHello: (hello: object) => void } | null} the data connection, opened but for its hello */
let dialled = null;
let isGiven = false; // is what is loaded more than a guess?
/** @type {(value?: unknown) => void} */
let whenGiven = () => {};
/** @type {ReturnType<typeof instantiateEarly>} its instance, made before its guest is there; or null, where that can't be, or wasn't done */
let early = Promise.resolve(null);

onmessage = ({ data }) => {
	if (data.do === "begin")
		begin(data);
	if (data.do === "load")
		load(data).catch(error => data.isGuess || postMessage({ is: "failed", error: packError(error) })); // if it is wrong, another load follows
	if (data.do === "dial")
		dial(data);
	if (data.do === "recorded")
		recordingArrived();
	if (data.do === "run")
		run(data).catch(error => postMessage({ is: "failed", error: packError(error) }));
};

/* Compiling its own modules here would wait for those of the page's programs: WebKit compiles one after the other. */
function begin({ late, trampoline }) {
	takeLate(late);
	takeTrampoline(trampoline);
	postMessage({ is: "ready" });
}

async function load({ module, imports, isGuess = false }) {
	early = Promise.resolve(null); // it may be of another one
	const own = imports ? await ownImports(imports) : {};
	checkImports(module, own);
	loaded = { module, imports: own, isExtended: imports !== null };
	postMessage({ is: "loaded" });
	instantiate();
	isGiven = !isGuess;
	if (isGiven)
		whenGiven();
}

/* While the guest is made: the connection is begun before, since its handshake is another process's work. */
function instantiate() {
	if (loaded !== null && !loaded.isExtended && dialled !== null)
		early = instantiateEarly(loaded.module);
}

/* While the page makes the guest, which the hello has to name. */
function dial({ ticket }) {
	let sayHello, isSaid = false;
	const hello = new Promise(resolve => (sayHello = told => {
		isSaid = true;
		resolve(told);
	}));
	const { connection, opened } = Connection.begin({ ticket, hello });
	opened.catch(() => isSaid || dialled.opened !== opened || undialled()); // else run() hears of it
	const isFirst = dialled === null;
	dialled = { connection, opened, sayHello };
	if (isFirst)
		instantiate();
}

/* It stood ready in vain, and so did the instance: that costs memory. */
function undialled() {
	early = Promise.resolve(null);
	postMessage({ is: "undialled" });
}

/* Functions can't be posted from the page's thread, so an app names a module whose default export is the imports, or a function
 * that makes them. */
async function ownImports(imports) {
	if (typeof imports !== "string")
		return imports;
	const { default: made } = await import(/* @vite-ignore */ /* webpackIgnore: true */ imports);
	return typeof made === "function" ? made() : made;
}

/* The data connection, and when it is open. With xhr calls go by POST; there the connection only sends gathered writes, and isn't made where nothing
 * is gathered. */
function attach(wait, program, { guest, key }, ticket) {
	if (wait === "xhr")
		return program.cache.isOn ? Connection.begin({ ticket, hello: { flags: HELLO.SENDS_ONLY, guest, key } }) : { connection: null, opened: null };
	return dialled;
}

/* What a Result has of it; of one that ended well nobody asks for the last calls. */
const told = (program, hasFailed) => ({ writeErrors: program.reportWriteErrors(), failedCalls: program.failed.list(),
	lastCalls: hasFailed ? program.failed.last() : [] });

async function runReactor(runner, instance, program) {
	try {
		await runner.initialize(instance);
		await program.recorder?.finish({ exit: 0 });
		return await runner.exit(0);
	} catch (error) {
		if (error instanceof ProcessExit)
			return error.code;
		throw error;
	}
}

/* A program that is recorded, that runs against a recording, or that outlives its page. */
function recordOrReplay(program, { recording, replay, keep }) {
	const post = message => postMessage(message);
	if (keep)
		program.keeping = new Keeping(program, what => post({ is: "kept", ...what }), keep.comeback, keep.isLater ? () => post({ is: "kept", why: null }) : null);
	const file = recording && (recording.shared ? new SharedOutbox(recording.shared, post) : new PostedOutbox(post));
	if (keep || file)
		program.recorder = new Recorder(program, keep && file ? new BothWays(program.keeping, file) : file ?? program.keeping);
	if (!replay)
		return;
	const its = program.replay = new Replay(replay.records, program.memory, {
		show(stream, bytes) {
			program.output.write(stream, bytes);
			return program.afterPage();
		},
		stop(why) {
			program.leaves = why.cut ? { error: new RecordingError(`the recording ends after ${its.calls} calls: ${replay.cut}`) } : why;
		},
	});
	its.finish = () => {
		if (replay.end.hash && new Hashes(program.memory).whole() !== replay.end.hash)
			throw new RecordingError(`after ${its.calls} calls the program's memory isn't that of the recording`);
	};
}

async function run({ wait, welcome, flags, coherence, stdin, tellsReads, ticket, ring, taken, sharedBatch, sharedOutput, recording,
	replay, keep, awaitsModule }) {
	if (wait !== "xhr") {
		dialled.sayHello({ flags: 0, guest: welcome.guest, key: welcome.key });
		await null; // it leaves, and its answer comes while all this is made
	}
	const counter = taken ? new Int32Array(taken) : null; // KiB of output that the page has taken
	const credit = counter ? null : new OutputCredit();
	const output = new Output(parts => {
		const mark = credit?.next(parts.reduce((sum, { bytes }) => sum + bytes.length, 0)) ?? null;
		postMessage({ is: "output", parts, mark }, parts.map(({ bytes }) => bytes.buffer));
	});
	output.taken = counter ? () => (Atomics.load(counter, 0) >>> 0) * 1024 : () => credit.taken();
	if (sharedOutput)
		output.share(new SharedOutput(sharedOutput, () => postMessage({ is: "printed" })));
	const watching = counter ? counter.subarray(2) : undefined;
	const wakeups = counter ? counter.subarray(3) : null;
	const program = new Program({ welcome, flags, coherence, output, stdin, wait, watching, wakeups, foresees: awaitsModule || !loaded.isExtended,
		...(recording || keep ? { memory: new NotedMemory() } : {}) });
	if (tellsReads && !program.inherits.stdin)
		program.onreads = waits => {
			if (waits) // the page may look for long at what there is now
				postMessage({ is: "stats", stats: program.stats() });
			postMessage({ is: "reads", waits });
		};
	recordOrReplay(program, { recording, replay, keep });
	if (counter)
		program.cache.gathersUntil(() => Atomics.load(counter, 1) !== 0);
	if (sharedBatch && (program.cache.isOn || keep))
		program.pipeline.share(new SharedBatch(sharedBatch, is => postMessage({ is })));
	const { connection, opened } = attach(wait, program, welcome, ticket);
	const runner = new Runner(program, wait, {
		connection, ring, key: welcome.key, onroom: () => postMessage({ is: "room" }),
		onlooked: bytes => postMessage({ is: "looked", bytes }), // the page's thread sends while this one blocks
	});
	opened?.catch(() => {}); // awaited below
	if (awaitsModule && !isGiven)
		await new Promise(resolve => (whenGiven = resolve));
	const instantiated = early.then(its => runner.instantiate(loaded.module, loaded.imports, its));
	instantiated.catch(() => {}); // awaited below
	await opened;
	if (connection?.welcome.watch && !program.watching[0])
		program.pipeline.onwatch({ mode: connection.welcome.watch, data: false });
	let snapshot = performance.now();
	program.onwait = () => {
		const now = performance.now();
		if (now - snapshot < SNAPSHOT_MS)
			return;
		snapshot = now;
		postMessage({ is: "stats", stats: program.stats() });
	};
	try {
		const [instance] = await Promise.all([instantiated, runner.prepare()]);
		postMessage({ is: "running" });
		const code = typeof instance.exports._start === "function"
			? await runner.start(instance) : await runReactor(runner, instance, program);
		postMessage({ is: "exit", code, told: told(program, code !== 0), stats: program.stats() });
	} catch (error) {
		output.flush();
		if (error instanceof GatewayLost)
			error.unacknowledged ??= program.pipeline.unacknowledged();
		postMessage({ is: program.pipeline.lost === error ? "lost" : "trap", error: packError(error), told: told(program, true), stats: program.stats() });
	}
	/* The server closes the connections, or the page does by terminating this worker. */
}
