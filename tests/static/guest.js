/* For tests of what the page does by itself: a program's imports over a memory, with a scripted other end in place of the gateway. The
 * gateway's own answers are tested against the gateway. */
import { BATCH, CALL, FRAME, FrameReader, Reader, Writer } from "../../static/shim/base/codec.js";
import { makeImports } from "../../static/shim/imports/index.js";
import { Output } from "../../static/shim/base/output.js";
import { SharedOutput, newSharedOutput } from "../../static/shim/base/shared-output.js";
import { Program } from "../../static/shim/program/program.js";
import { SYSCALLS } from "../../static/shim/base/syscalls.js";
import { makeTrampoline } from "../../static/shim/base/trampoline.js";
import { blockingWait } from "../../static/shim/wait/step.js";

const byNumber = new Map(SYSCALLS.map(row => [row.number, row]));

/** fdstat's 24 bytes. */
export function fdstat(filetype, rights, flags = 0) {
	const bytes = new Uint8Array(24);
	const view = new DataView(bytes.buffer);
	bytes[0] = filetype;
	view.setUint16(2, flags, true);
	view.setBigUint64(8, BigInt(rights), true);
	return bytes;
}

export const welcome = {
	guest: 1, key: "k", scope: "run", args: [], env: [],
	preopens: [{ handle: 3, socket: false, readOnly: false, name: "/", fdstat: fdstat(3, 0x1fffffff), filestat: new Uint8Array(64) }],
	realtime: 1_700_000_000_123_456_789n, monotonic: 5_000_000_000n, realtimeResolution: 1n, monotonicResolution: 1n,
	injections: [],
	bounds: { message: 8 << 20, calls: 4096, handles: 4096, data: 4 << 20, subscriptions: 4096, path: 4096, stdin: 1 << 20 },
};

/** A message's batch: { sequence, seen, wait, calls: [{ name, flags, args }], reports }. args by the table's letters; reports: of the REPORT
 * frame before it (readReports). */
export function readBatch(bytes) {
	const frames = new FrameReader().push(bytes);
	const frame = frames.at(-1);
	const r = new Reader(frame.body);
	const batch = { sequence: r.u32(), seen: r.u32(), wait: (frame.flags & BATCH.WAIT) !== 0, calls: [], reports: frames.slice(0, -1).flatMap(readReports) };
	for (let i = 0; i < frame.count; i++) {
		const row = byNumber.get(r.u16());
		const flags = r.u16();
		const a = new Reader(r.string());
		batch.calls.push({ name: row.name, flags, args: Array.from(row.takes, letter =>
			(letter === "q" ? a.u64() : "pb".includes(letter) ? a.string().slice() : a.u32())) });
	}
	return batch;
}

/** What a REPORT frame says: [{ name, errno, waited, value, offset, args: bytes, data: bytes }]. Throws when it isn't whole. */
function readReports({ type, count, body }) {
	const r = new Reader(body);
	const reports = [];
	if (type !== FRAME.REPORT)
		throw new Error(`frame ${type.toString(16)} before a batch`);
	r.u32();
	for (let i = 0; i < count; i++) {
		const row = byNumber.get(r.u16());
		const errno = r.u16();
		const waited = (r.u32() & 1) !== 0;
		r.u64();
		r.u64();
		reports.push({ name: row.name, errno, waited, value: r.u64(), offset: r.u64(), args: r.string(), data: r.string() });
	}
	if (r.at !== body.length)
		throw new Error(`${body.length - r.at} bytes after ${count} reports`);
	return reports;
}

/** An ANSWER frame; results: [{ index, errno, bytes }]. */
export function answer(sequence, results, acknowledged = sequence) {
	const w = new Writer();
	w.frame(FRAME.ANSWER, 0, results.length);
	w.u32(sequence);
	w.u32(acknowledged);
	w.u64(welcome.realtime);
	w.u64(welcome.monotonic);
	for (const { index, errno, bytes } of results) {
		w.u16(index);
		w.u16(errno);
		w.string(bytes ?? "");
	}
	return new FrameReader().push(w.take())[0];
}

/**
 * { call, wait, program, memory, asked, output }: call.fd_read(…) runs an import through the trampoline (i64 as BigInt); asked: the batches that
 * left; serve: ({ name, args, flags }) => errno or bytes, the other end; LINK chains are skipped after a failure, as the gateway does; leases: is it asked
 * for them? Else there are none; hints: of the program's last start; wakeups: shared memory, so that what is known doesn't grow old with time;
 * sharedOutput: what is gathered of output lies in shared memory, as in an isolated page;
 * awaits: the way to wait hears what comes for what left before, as jspi does.
 */
export function makeGuest({ serve = () => 0, coherence = "strict", stdin, flags = 0, args = [], env = [], preopens = welcome.preopens,
	bounds = {}, leases = false, hints = null, wakeups = null, awaits = false, sharedOutput = false } = {}) {
	const shown = [];
	const messages = []; // to the page
	const output = new Output(parts => {
		messages.push(parts);
		shown.push(...parts);
	});
	if (sharedOutput)
		output.share(new SharedOutput(newSharedOutput(), () => {}));
	const encode = list => list.map(value => new TextEncoder().encode(value));
	const program = new Program({
		welcome: { ...welcome, args: encode(args), env: encode(env), preopens, bounds: { ...welcome.bounds, ...bounds }, hints },
		flags, coherence, output, stdin, wait: "jspi", wakeups,
	});
	const memory = new WebAssembly.Memory({ initial: 16 });
	program.memory.bind(memory);
	const asked = [];
	const pending = []; // batches that nobody waits for: executed, acknowledged with the next answer

	function execute(bytes) {
		const batch = readBatch(bytes);
		asked.push(batch);
		const results = [];
		let skipping = false;
		for (const [index, call] of batch.calls.entries()) {
			let errno = 0xFFFF, given;
			if (!skipping) {
				const served = call.name.startsWith("lease_") && !leases ? 58 : serve(call, program);
				errno = typeof served === "number" ? served : served?.errno ?? 0;
				given = typeof served === "number" ? undefined : served?.bytes ?? served;
			}
			const linked = (call.flags & CALL.LINK) !== 0;
			skipping = linked && (skipping || errno !== 0);
			if (!(call.flags & CALL.QUIET) || errno !== 0)
				results.push({ index, errno, bytes: given });
		}
		return { batch, results };
	}

	const exchange = bytes => {
		if (bytes === null)
			return pending.splice(0).forEach(frame => program.pipeline.receive(frame));
		const { batch, results } = execute(bytes);
		for (const frame of pending.splice(0))
			program.pipeline.receive(frame);
		program.pipeline.receive(answer(batch.sequence, results));
	};
	program.post = bytes => {
		const { batch, results } = execute(bytes);
		if (results.length || batch.wait)
			pending.push(answer(batch.sequence, results));
	};
	const slept = [];
	program.canSleep = true;
	if (awaits)
		Object.assign(program, { canAwait: true, turnMax: Infinity, sendsWhenItWaits: true });
	const wait = blockingWait(program, exchange, ms => void slept.push(ms));
	const call = makeTrampoline(makeImports(program), wait);
	return { call, wait, program, memory: program.memory, asked, shown, messages, output, slept, raw: memory };
}
