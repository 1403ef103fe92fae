//# allFunctionsCalledOnLoad
/* A recorded run as a line in time: its memory at any call, in any browser and without a gateway. The program runs again, from its start up to that
 * call, at full speed, since its answers lie here; nothing but the recording is touched. It blocks its thread meanwhile, so pages use it through openTimeline()
 * (timeline-page.js), which has a worker do it.
 *
 *	const timeline = await Timeline.open(run, module);       // reader.js's Run; a WebAssembly.Module, or the program's bytes
 *	timeline.output                                          // [{ call, stream, bytes }], what it printed
 *	const { memory } = await timeline.goTo(812);             // as it was when the program made call 812; run.call(812).writes is what the answer changed
 *	await timeline.goTo(run.calls)                           // at its end
 */
import { RecordingError } from "../base/errors.js";
import { GuestMemory } from "../base/memory.js";
import { SOCKET_SIGNATURES } from "../base/signatures.js";
import { OVER, makeTrampoline } from "../base/trampoline.js";
import { SocketImports, byModule } from "../program/instance.js";
import { Hashes } from "./hashes.js";
import { Replay } from "./replay.js";

const OUTPUT_MAX = 16 << 20; // bytes that are kept
const TIMES = 256; // so often the first pass looks at the clock

/**
 * Runs the program of a recording, from its start. until: the call before which it stops, -1: at its end; show: (call, stream, bytes) of its output; arrives:
 * (call, memory) where it has stopped: the next call to stop before, or null: it goes no further. run: { records, calls, traps }.
 * Gives its memory. Rejects with a RecordingError (a call differs from the recording: it is named), a CompileError or LinkError.
 * @param {{ records: any, calls: number, traps: boolean }} run @param {WebAssembly.Module} module
 * @param {{ until: number, show?: (call: number, stream: string, bytes: Uint8Array) => void,
 *	arrives?: (call: number, memory: Uint8Array) => number | null }} how
 */
export async function pass({ records, calls, traps }, module, { until, show = () => {}, arrives = () => null }) {
	const memory = new GuestMemory();
	/** @type {any} */
	let why = null;
	const replay = new Replay(records, memory, {
		show: (stream, bytes) => void show(replay.calls - 1, stream, bytes),
		stop: reason => (why = reason),
		goesOn() {
			const next = arrives(replay.calls, memory.bytes);
			replay.stopsAt = next ?? replay.stopsAt;
			return next !== null;
		},
	});
	replay.stopsAt = until;
	const stops = () => OVER;
	const imports = byModule(makeTrampoline(replay.imports(), stops));
	const sockets = new SocketImports(() => makeTrampoline(replay.socketImports(), stops, null, SOCKET_SIGNATURES));
	sockets.addTo(imports.wasi_snapshot_preview1);
	const { exports } = await sockets.instantiate(module, imports);
	memory.bind(exports.memory);
	try {
		/** @type {() => void} */ (exports._start ?? exports._initialize)();
	} catch (error) {
		if (why === null && !traps && replay.calls < calls)
			throw new RecordingError(`call ${replay.calls}: the program traps (${error.message}) where the recording goes on`);
	}
	if (why?.error)
		throw why.error;
	if (why?.at !== replay.stopsAt && replay.calls < replay.stopsAt)
		throw new RecordingError(`call ${replay.calls}: the program has ended where the recording goes on`);
	memory.refresh();
	return memory;
}

/** What pass() needs of a reader.js's Run. */
export const passOf = ({ records, calls, end }) => ({ records, calls, traps: end.trap !== undefined });

export class Timeline {
	#run;
	#module;
	/** [{ call, stream, bytes }], the first 16 MiB of what it printed */
	output = [];
	/** how long the first pass took, in ms; and of calls about evenly spread, when it came to each: [{ call, ms }] */
	passMs = 0;
	times = [];
	/** of its memory at the end */
	bytes = 0;

	/**
	 * Runs it once; a run that was cut, up to its last call: it may have computed forever from there on.
	 * Rejects with a RecordingError (a call differs from the recording: it is named), a CompileError or LinkError.
	 * @param {import("./reader.js").Run} run
	 * @param {WebAssembly.Module | ArrayBuffer | ArrayBufferView<ArrayBuffer>} module
	 */
	static async open(run, module) {
		const timeline = new Timeline();
		timeline.#run = run;
		timeline.#module = module instanceof WebAssembly.Module ? module : await WebAssembly.compile(module);
		const started = performance.now(), last = run.end.cut === undefined ? run.calls : Math.max(0, run.calls - 1), step = Math.ceil(run.calls / TIMES);
		let kept = 0;
		const memory = await pass(passOf(run), timeline.#module, {
			until: Math.min(step, last),
			show(call, stream, bytes) {
				kept += bytes.length;
				if (kept <= OUTPUT_MAX)
					timeline.output.push({ call, stream, bytes });
			},
			arrives(call) {
				timeline.times.push({ call, ms: performance.now() - started });
				return call < last ? Math.min(call + step, last) : null;
			},
		});
		timeline.passMs = performance.now() - started;
		timeline.bytes = memory.bytes.length;
		if (run.end.hash && new Hashes(memory).whole() !== run.end.hash)
			throw new RecordingError(`after ${run.calls} calls the program's memory isn't that of the recording`);
		return timeline;
	}

	/**
	 * The memory as it was when the program made call n, before the answer; n = run.calls: at its end, which a run
	 * that was cut may never reach. The bytes are yours.
	 * @param {number} n
	 * @returns {Promise<{ call: number, memory: Uint8Array<ArrayBuffer> }>}
	 */
	async goTo(n) {
		if (!Number.isInteger(n) || n < 0 || n > this.#run.calls)
			throw new RangeError(`the run has calls 0 to ${this.#run.calls}, and no ${n}`);
		return { call: n, memory: (await pass(passOf(this.#run), this.#module, { until: n })).bytes };
	}
}
