//# allFunctionsCalledOnLoad
/* wasi:cli, wasi:clocks and wasi:random, by calls of preview1. */
import { FILETYPE } from "../base/fds.js";
import { TRAP } from "./trampoline.js";
import { RESULT } from "./host.js";
import { Pollable } from "./poll.js";
import { InputStream, OutputStream } from "./streams.js";

const REALTIME = 0, MONOTONIC = 1;
const SECOND = 1_000_000_000n;
const RANDOM_MAX = 16 << 20;

class Terminal {}

/** key of interfaces.js -> (guest, ...i32) => result or MISS. One function for the whole kind: imports/index.js has the reason. */
export function cliFunctions(host) {
	const { calls, memory } = host;

	/* A list of strings that preview1 gives: `sizes` says how many and how long, `get` gives pointers and bytes. then(list of bytes). */
	function strings(sizes, get, then) {
		return host.after(sizes(RESULT.COUNT, RESULT.COUNT + 4), () => {
			const count = memory.u32(RESULT.COUNT), length = memory.u32(RESULT.COUNT + 4);
			const pointers = host.room(4 * count), buffer = host.room(length);
			return host.after(get(pointers, buffer), () => {
				const list = [];
				for (let i = 0; i < count; i++) {
					const from = memory.u32(pointers + 4 * i);
					list.push(memory.bytes.slice(from, memory.bytes.indexOf(0, from)));
				}
				return then(list);
			});
		});
	}

	function giveArguments(guest, to) {
		const at = guest.place(to, 8, 4);
		return strings(calls.args_sizes_get, calls.args_get, list => {
			const items = guest.allocate(8 * list.length, 4);
			list.forEach((bytes, i) => guest.setList(items + 8 * i, bytes));
			return setVector(guest, at, items, list.length);
		});
	}

	function giveEnvironment(guest, to) {
		const at = guest.place(to, 8, 4);
		return strings(calls.environ_sizes_get, calls.environ_get, list => {
			const items = guest.allocate(16 * list.length, 4);
			list.forEach((bytes, i) => {
				const equals = bytes.indexOf(0x3d);
				guest.setList(items + 16 * i, bytes.subarray(0, equals));
				guest.setList(items + 16 * i + 8, bytes.subarray(equals + 1));
			});
			return setVector(guest, at, items, list.length);
		});
	}

	/* option<terminal> of one of the standard streams */
	function giveTerminal(fd) {
		return (guest, to) => {
			const at = guest.place(to, 8, 4);
			return host.after(calls.fd_fdstat_get(fd, RESULT.FDSTAT), errno => {
				const isTerminal = errno === 0 && memory.bytes[RESULT.FDSTAT] === FILETYPE.CHARACTER_DEVICE;
				guest.view.setUint8(at, isTerminal ? 1 : 0);
				if (isTerminal)
					guest.view.setUint32(at + 4, host.add(new Terminal()), true);
				return 0;
			});
		};
	}

	/* then(nanoseconds) of a clock, or its resolution */
	const clock = (id, then) => host.after(calls.clock_time_get(id, 0, 0, RESULT.U64), () => then(memory.view.getBigUint64(RESULT.U64, true)));
	const resolution = (id, then) => host.after(calls.clock_res_get(id, RESULT.U64), () => then(memory.view.getBigUint64(RESULT.U64, true)));

	const datetime = read => (guest, to) => {
		const at = guest.place(to, 16, 8);
		return read(REALTIME, nanoseconds => {
			guest.view.setBigUint64(at, nanoseconds / SECOND, true);
			guest.view.setUint32(at + 8, Number(nanoseconds % SECOND), true);
			return 0;
		});
	};

	function giveRandom(guest, low, high, to) {
		const at = guest.place(to, 8, 4);
		if (high !== 0 || low >>> 0 > RANDOM_MAX)
			throw new WebAssembly.RuntimeError("more random bytes than a component may ask for at once");
		const length = low >>> 0, bytes = host.room(length);
		return host.after(calls.random_get(bytes, length), () => {
			guest.setList(at, memory.bytes.subarray(bytes, bytes + length));
			return 0;
		});
	}

	const random64 = () => host.after(calls.random_get(RESULT.U64, 8), () => host.wide(memory.view.getBigUint64(RESULT.U64, true)));
	const exit = code => host.after(calls.proc_exit(code), () => TRAP);

	return {
		"wasi:cli/environment#get-arguments": giveArguments,
		"wasi:cli/environment#get-environment": giveEnvironment,
		"wasi:cli/environment#initial-cwd"(guest, to) {
			guest.view.setUint8(guest.place(to, 12, 4), 0);
			return 0;
		},
		"wasi:cli/exit#exit": (guest, failed) => exit(failed === 0 ? 0 : 1),
		"wasi:cli/exit#exit-with-code": (guest, code) => exit(code & 0xff),
		"wasi:cli/stdin#get-stdin": () => host.add(new InputStream(0)),
		"wasi:cli/stdout#get-stdout": () => host.add(new OutputStream(1)),
		"wasi:cli/stderr#get-stderr": () => host.add(new OutputStream(2)),
		"wasi:cli/terminal-stdin#get-terminal-stdin": giveTerminal(0),
		"wasi:cli/terminal-stdout#get-terminal-stdout": giveTerminal(1),
		"wasi:cli/terminal-stderr#get-terminal-stderr": giveTerminal(2),

		"wasi:clocks/monotonic-clock#now": () => clock(MONOTONIC, now => host.wide(now)),
		"wasi:clocks/monotonic-clock#resolution": () => resolution(MONOTONIC, step => host.wide(step)),
		"wasi:clocks/monotonic-clock#subscribe-instant": (guest, low, high) => host.add(Pollable.at(u64(low, high))),
		"wasi:clocks/monotonic-clock#subscribe-duration": (guest, low, high) => clock(MONOTONIC, now => host.add(Pollable.at(now + u64(low, high)))),
		"wasi:clocks/wall-clock#now": datetime(clock),
		"wasi:clocks/wall-clock#resolution": datetime(resolution),

		"wasi:random/random#get-random-bytes": giveRandom,
		"wasi:random/random#get-random-u64": random64,
		"wasi:random/insecure#get-insecure-random-bytes": giveRandom,
		"wasi:random/insecure#get-insecure-random-u64": random64,
		"wasi:random/insecure-seed#insecure-seed"(guest, to) {
			const at = guest.place(to, 16, 8);
			return host.after(calls.random_get(RESULT.U64, 16), () => {
				guest.bytes(at, 16).set(memory.bytes.subarray(RESULT.U64, RESULT.U64 + 16));
				return 0;
			});
		},
	};
}

const u64 = (low, high) => BigInt(high >>> 0) << 32n | BigInt(low >>> 0);

function setVector(guest, at, pointer, count) {
	guest.view.setUint32(at, pointer, true);
	guest.view.setUint32(at + 4, count, true);
	return 0;
}
