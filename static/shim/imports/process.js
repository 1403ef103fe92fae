//# allFunctionsCalledOnLoad
/* Arguments, environment, clocks, random bytes, exit. The page knows all of it; in "trap" the server is asked nevertheless. */
import { Reader } from "../base/codec.js";
import { ERRNO } from "../base/errors.js";
import { NUMBERS } from "../base/syscalls.js";
import { MISS, OVER } from "../base/trampoline.js";

const CPU_CLOCKS_END = 4; // ids 2 and 3: of the process, of the thread

/* One function for the whole kind: the reason is in index.js. */
export function processImports(program) {
	const { memory, policy, clocks, random } = program;

	/* argv or environ: pointers first, then the bytes that they point to */
	function strings(number, own) {
		return (pointers, buffer) => {
			if (!policy.local) {
				program.ask(number, bytes => store(startsOf(bytes), bytes, pointers, buffer));
				return MISS;
			}
			const { starts, bytes } = own;
			return store(starts, bytes, pointers, buffer);
		};
	}

	function store(starts, bytes, pointers, buffer) {
		if (!memory.holds(pointers, 4 * starts.length) || !memory.holds(buffer, bytes.length))
			return ERRNO.FAULT;
		for (let i = 0; i < starts.length; i++)
			memory.setU32(pointers + 4 * i, (buffer >>> 0) + starts[i]);
		memory.write(buffer, bytes);
		return 0;
	}

	function sizes(number, own) {
		return (count, size) => {
			if (!memory.holds(count, 4) || !memory.holds(size, 4))
				return ERRNO.FAULT;
			if (!policy.local) {
				program.ask(number, bytes => {
					const r = new Reader(bytes);
					memory.setU32(count, r.u32());
					memory.setU32(size, r.u32());
					return 0;
				});
				return MISS;
			}
			memory.setU32(count, own.starts.length);
			memory.setU32(size, own.bytes.length);
			return 0;
		};
	}

	return {
		args_get: strings(NUMBERS.args_get, program.args),
		args_sizes_get: sizes(NUMBERS.args_sizes_get, program.args),
		environ_get: strings(NUMBERS.environ_get, program.env),
		environ_sizes_get: sizes(NUMBERS.environ_sizes_get, program.env),

		clock_res_get(id, pointer) {
			if (!memory.holds(pointer, 8))
				return ERRNO.FAULT;
			if (!policy.local) {
				program.ask(NUMBERS.clock_res_get, bytes => (memory.write(pointer, bytes), 0)).u32(id);
				return MISS;
			}
			if (!clocks.has(id))
				return id >>> 0 < CPU_CLOCKS_END ? ERRNO.BADF : ERRNO.INVAL;
			memory.setU64(pointer, clocks.resolutions[id]);
			return 0;
		},

		clock_time_get(id, precisionLow, precisionHigh, pointer) {
			if (!memory.holds(pointer, 8))
				return ERRNO.FAULT;
			if (!policy.local) {
				const w = program.ask(NUMBERS.clock_time_get, bytes => (memory.write(pointer, bytes), 0));
				w.u32(id);
				w.u64halves(precisionLow, precisionHigh);
				return MISS;
			}
			if (!clocks.has(id))
				return id >>> 0 < CPU_CLOCKS_END ? ERRNO.BADF : ERRNO.INVAL;
			clocks.write(id, memory, pointer);
			return 0;
		},

		random_get(pointer, length) {
			length >>>= 0;
			if (!memory.holds(pointer, length))
				return ERRNO.FAULT;
			if (policy.local) {
				random.fill(memory.place(pointer, length));
				return 0;
			}
			let done = 0;
			const askNext = () => {
				program.ask(NUMBERS.random_get, bytes => {
					memory.write(pointer + done, bytes);
					done += bytes.length;
					return done < length && bytes.length ? askNext() : 0;
				}).u32(Math.min(length - done, program.bounds.data));
				return MISS;
			};
			return askNext();
		},

		sched_yield() {
			if (policy.local)
				return 0;
			program.ask(NUMBERS.sched_yield);
			return MISS;
		},

		proc_exit: code => program.exit(code >>> 0),

		proc_raise: signal => program.cache.afterAllSends(() => {
			program.ending = signal !== 0;
			program.ask(NUMBERS.proc_raise, () => {
				if (signal === 0)
					return 0;
				program.exited = { code: 128 + signal };
				return OVER;
			}).u32(signal);
			return MISS;
		}),
	};
}

function startsOf(bytes) {
	const starts = [];
	for (let at = 0; at < bytes.length; at = bytes.indexOf(0, at) + 1)
		starts.push(at);
	return starts;
}
