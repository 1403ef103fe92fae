//# allFunctionsCalledOnLoad
/* What a component can wait for, and waiting for it, by preview1's poll_oneoff. Leaves to others: who becomes ready, and why (streams.js, tcp.js). */
import { errnoName } from "../base/errors.js";
import { RESULT } from "./host.js";

const SUBSCRIPTION = 48, EVENT = 32;
const ABSTIME = 1, MONOTONIC = 1;
const CLOCK = 0;
export const FD_READ = 1, FD_WRITE = 2;

/**
 * A clock at ns, a descriptor for reading or writing; or it is always ready (type null). of: what knows better, at each poll: waitsFor() gives a Pollable
 * without `of`; advance(host), if there is one, goes on when that is ready (0 or MISS), and it is ready once waitsFor() is.
 */
export class Pollable {
	constructor(type, { ns = 0n, fd = 0, of = null } = {}) {
		this.type = type;
		this.ns = ns;
		this.fd = fd;
		this.of = of;
	}

	/** The clock at so many ns. */
	static at(ns) {
		return new Pollable(CLOCK, { ns: BigInt.asUintN(64, ns) });
	}

	/** What `of` waits for. */
	static of(of) {
		return new Pollable(null, { of });
	}

	get state() {
		return this.of === null ? this : this.of.waitsFor();
	}
}

export const READY = new Pollable(null);
/** It is never ready, and no poll may have it. */
export const NEVER = new Pollable(null);
/** A clock whose time has come: a poll with it doesn't wait. */
export const PASSED = new Pollable(CLOCK);

/** Waits until one of them is ready; then(their indices). Meanwhile what streams have kept leaves. Gives what `then` gives, or MISS. */
export function poll(host, pollables, then) {
	const { memory } = host;
	const ready = indices(pollables, ({ state }) => state.type === null);
	if (ready.length > 0)
		return then(ready);
	if (host.park !== null && !pollables.includes(PASSED))
		return host.park(pollables, then);
	const all = [...pollables, ...Array.from(host.unsent, stream => Pollable.of(stream))];
	const input = host.room(SUBSCRIPTION * all.length), output = host.room(EVENT * all.length);
	all.forEach(({ state }, i) => subscribe(memory, input + SUBSCRIPTION * i, i, state));
	return host.after(host.calls.poll_oneoff(input, output, all.length, RESULT.COUNT), errno => {
		if (errno !== 0)
			throw new WebAssembly.RuntimeError(`cannot poll: ${errnoName(errno)}`);
		const told = Array.from({ length: memory.u32(RESULT.COUNT) }, (_, i) => memory.u32(output + EVENT * i));
		const going = new Set(told.map(i => all[i].of).filter(of => of?.advance));
		return advance(host, [...going], () => {
			const those = told.filter(i => i < pollables.length && (all[i].of?.advance === undefined || all[i].state.type === null));
			return those.length > 0 ? then(those) : poll(host, pollables, then);
		});
	});
}

/** then(is it ready now?) */
export const pollNow = (host, pollable, then) => poll(host, [pollable, PASSED], ready => then(ready.includes(0)));

const indices = (list, is) => list.flatMap((item, i) => (is(item) ? [i] : []));

function subscribe(memory, at, userdata, { type, ns, fd }) {
	memory.bytes.fill(0, at, at + SUBSCRIPTION);
	memory.setU32(at, userdata);
	memory.bytes[at + 8] = type;
	memory.setU32(at + 16, type === CLOCK ? MONOTONIC : fd);
	if (type === CLOCK) {
		memory.setU64(at + 24, ns);
		memory.setU16(at + 40, ABSTIME);
	}
}

function advance(host, all, then) {
	return all.length === 0 ? then() : host.after(all[0].advance(host), () => advance(host, all.slice(1), then));
}
