// What a recorder writes down is what the reader reads: arguments, paths, times, and what was written, also where that is longer than what the recorder stages.
import assert from "node:assert/strict";
import { webcrypto as crypto } from "node:crypto";
import test from "node:test";

import { NotedMemory } from "../../static/shim/recording/noted.js";
import { Run } from "../../static/shim/recording/reader.js";
import { Recorder } from "../../static/shim/recording/recorder.js";
import { recordingHead } from "../../static/shim/recording/sender.js";

const PAGES = 64;

/* An outbox that keeps what it is given, wherever it begins. */
function newOutbox(isOdd) {
	const parts = [];
	let length = 0;
	return {
		parts, isOver: false,
		get phase() {
			return isOdd ? length & 1 : 0;
		},
		write(words, from, end) {
			if (isOdd)
				assert.equal(from & 1, length & 1, "both places are aligned alike");
			parts.push(words.slice(from, end));
			length += end - from;
		},
		tick() {}, hurry() {}, async finish() {},
	};
}

for (const isOdd of [false, true])
	test(`a recorded run is read as it was${isOdd ? ", where the ring has an odd word" : ""}`, async () => {
		const memory = new NotedMemory();
		memory.bind(new WebAssembly.Memory({ initial: PAGES }));
		crypto.getRandomValues(memory.bytes.subarray(1 << 20, (1 << 20) + 65536));
		const outbox = newOutbox(isOdd), recorder = new Recorder({ memory, fds: new Map([[1, { output: "stdout" }]]), pipeline: {} }, outbox);
		const made = [];
		const record = (key, args, { errno = 0, writes = [] } = {}) => {
			const call = recorder.into(key, () => {
				for (const [pointer, length] of writes)
					memory.place(pointer, length);
				return errno;
			});
			call(...args);
			made.push({ key, args, errno, writes: writes.map(([pointer, length]) => ({ pointer, bytes: memory.read(pointer, length) })) });
		};
		const opened = (length, ...rest) => record("path_open", [3, 1, 1 << 20, length, 0, -1, 0x7FFFFFFF, -2147483648, 5, 0, 512], ...rest);

		record("fd_close", [4], { errno: 8 });
		opened(5, { writes: [[512, 4]] });
		for (const length of [0, 1, 3, 4, 47, 48, 49, 65535])
			opened(length, { errno: 44 });
		for (const length of [1, 2, 3, 5, 7, 8, 64, 65520, 65532, 65536, 65537, 200_001])
			record("fd_read", [5, 64, 1, 32], { writes: [[(1 << 20) + 1, length], [32, 4]] });
		record("fd_read", [5, 64, 1, 32], { writes: Array.from({ length: 9000 }, (_, i) => [2 * i + 1, 1]) });
		record("fd_write", [1, 64, 0, 32], { writes: [[32, 4]] });
		record("sched_yield", []);
		await recorder.finish({ exit: 3 });

		const head = recordingHead({ url: "a", sha256: null, args: ["ü"], wait: "jspi", browser: "", started: 0 });
		const words = outbox.parts.flatMap((part) => [...part]), bytes = new Uint8Array(head.length + 4 * words.length);
		bytes.set(head);
		bytes.set(new Uint8Array(Int32Array.from(words).buffer), head.length);
		assert.equal(head.length % 4, 0);
		const run = Run.read(bytes, "", null);
		assert.deepEqual([run.end.exit, run.end.bytes, run.calls], [3, memory.bytes.length, made.length]);
		for (const [n, its] of made.entries()) {
			const { key, args, errno, writes, paths, tookUs, startUs, stream } = run.call(n);
			assert.deepEqual({ key, args: [...args], errno, writes }, its, `call ${n}`);
			assert.equal(stream, key === "fd_write" ? "stdout" : null);
			assert.ok(tookUs < 60e6 && startUs < 60e6);
			if (key === "path_open")
				assert.deepEqual(paths, [memory.read(1 << 20, args[3])]);
		}
		for (const length of [bytes.length - 1, bytes.length - 5, head.length + 40, head.length - 1])
			assert.equal(Run.read(bytes.slice(0, length), "", null).end.cut, "gone", "what was cut is read up to there");
	});
