//# allFunctionsCalledOnLoad
/* The calls of connect() that need no server: arguments, environment, clocks, random bytes. */
import { ERRNO, WasiError } from "../base/errors.js";
import { nameOf } from "../base/stat.js";

export class LocalCalls {
	#args;
	#env;
	#clocks;

	/** clocks: cache/local.js's. */
	constructor({ args, env }, clocks) {
		this.#args = args;
		this.#env = env;
		this.#clocks = clocks;
	}

	async args_get() {
		return this.#args.map(nameOf);
	}

	async args_sizes_get() {
		return sizes(this.#args);
	}

	async environ_get() {
		return this.#env.map(nameOf);
	}

	async environ_sizes_get() {
		return sizes(this.#env);
	}

	async clock_res_get(clock) {
		return this.#clocks.resolutions[this.#clock(clock, "clock_res_get")];
	}

	async clock_time_get(clock) {
		return this.#clocks.read(this.#clock(clock, "clock_time_get"));
	}

	#clock(clock, name) {
		if (!this.#clocks.has(clock))
			throw new WasiError(clock === 2 || clock === 3 ? ERRNO.BADF : ERRNO.INVAL, name);
		return clock;
	}

	async random_get(length) {
		const bytes = new Uint8Array(length);
		for (let at = 0; at < length; at += 65536) // the most that getRandomValues gives
			crypto.getRandomValues(bytes.subarray(at, at + 65536));
		return bytes;
	}

	async sched_yield() {}
}

function sizes(list) {
	return { count: list.length, size: list.reduce((sum, bytes) => sum + bytes.length + 1, 0) };
}
