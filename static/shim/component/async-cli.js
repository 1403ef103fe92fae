//# allFunctionsCalledOnLoad
/* wasi:cli, wasi:clocks and wasi:random of WASI 0.3: what is as in 0.2 is cli.js's. */
import { ERRNO } from "../base/errors.js";
import { ByteSink, ByteSource } from "./async-bytes.js";
import { HostFuture, giveStream, takeStream } from "./async-streams.js";
import { Later } from "./async-tasks.js";
import { cliFunctions } from "./cli.js";
import { RESULT } from "./host.js";
import { Pollable } from "./poll.js";
import { InputStream, OutputStream } from "./streams.js";

const MONOTONIC = 1, REALTIME = 0;
const RANDOM_MAX = 1 << 20; // bytes of one call, which may give fewer
const IO = 0, ILLEGAL_BYTE_SEQUENCE = 1, PIPE = 2;

/* what they are called there */
const SAME = {
	"wasi:cli/environment": { "get-environment": "", "get-arguments": "", "get-initial-cwd": "initial-cwd" },
	"wasi:cli/exit": { exit: "", "exit-with-code": "" },
	"wasi:cli/terminal-stdin": { "get-terminal-stdin": "" },
	"wasi:cli/terminal-stdout": { "get-terminal-stdout": "" },
	"wasi:cli/terminal-stderr": { "get-terminal-stderr": "" },
	"wasi:clocks/monotonic-clock": { now: "", "get-resolution": "resolution" },
	"wasi:random/random": { "get-random-u64": "" },
	"wasi:random/insecure": { "get-insecure-random-u64": "" },
	"wasi:random/insecure-seed": { "get-insecure-seed": "insecure-seed" },
};

const errorCode = errno => (errno === ERRNO.ILSEQ ? ILLEGAL_BYTE_SEQUENCE : errno === ERRNO.PIPE ? PIPE : IO);

/* What stores result<_, error-code> of wasi:cli. */
const resultOf = errno => (guest, pointer) => {
	const at = guest.place(pointer, 2, 1);
	guest.view.setUint8(at, errno === 0 ? 0 : 1);
	if (errno !== 0)
		guest.view.setUint8(at + 1, errorCode(errno));
};

/** key of interfaces.js -> (guest, ...i32) => result or MISS; of an async func, perhaps a Later. */
export function asyncCliFunctions(host) {
	const { calls, memory } = host;
	const old = cliFunctions(host);
	const same = Object.fromEntries(Object.entries(SAME).flatMap(([from, names]) => Object.entries(names).map(([name, its]) =>
		[`${from}@0.3#${name}`, old[`${from}#${its || name}`]])));

	const clock = then => host.after(calls.clock_time_get(MONOTONIC, 0, 0, RESULT.U64), () => then(memory.view.getBigUint64(RESULT.U64, true)));
	const u64 = (low, high) => BigInt(high >>> 0) << 32n | BigInt(low >>> 0);
	const waitUntil = ns => new Later(Pollable.at(ns), () => 0);

	function readStdin(guest, to) {
		const at = guest.place(to, 8, 4), future = new HostFuture();
		guest.view.setUint32(at, giveStream(host, new ByteSource(new InputStream(0), future, resultOf)), true);
		guest.view.setUint32(at + 4, giveStream(host, future, true), true);
		return 0;
	}

	const writeTo = fd => (guest, data) => {
		const future = new HostFuture();
		return host.after(takeStream(host, data, new ByteSink(new OutputStream(fd), future, resultOf)), () => giveStream(host, future, true));
	};

	/* list<u8>, shorter than it may be where that is long */
	const random = name => (guest, low, high, to) => old[name](guest, high !== 0 ? RANDOM_MAX : Math.min(low >>> 0, RANDOM_MAX), 0, to);

	return {
		...same,
		"wasi:cli/stdin@0.3#read-via-stream": readStdin,
		"wasi:cli/stdout@0.3#write-via-stream": writeTo(1),
		"wasi:cli/stderr@0.3#write-via-stream": writeTo(2),
		"wasi:clocks/monotonic-clock@0.3#wait-until": (guest, low, high) => waitUntil(u64(low, high)),
		"wasi:clocks/monotonic-clock@0.3#wait-for": (guest, low, high) => clock(now => {
			const until = now + u64(low, high);
			return waitUntil(until >> 64n === 0n ? until : (1n << 64n) - 1n);
		}),
		"wasi:clocks/system-clock@0.3#now": old["wasi:clocks/wall-clock#now"],
		"wasi:clocks/system-clock@0.3#get-resolution": () => host.after(calls.clock_res_get(REALTIME, RESULT.U64),
			() => host.wide(memory.view.getBigUint64(RESULT.U64, true))),
		"wasi:random/random@0.3#get-random-bytes": random("wasi:random/random#get-random-bytes"),
		"wasi:random/insecure@0.3#get-insecure-random-bytes": random("wasi:random/insecure#get-insecure-random-bytes"),
	};
}
