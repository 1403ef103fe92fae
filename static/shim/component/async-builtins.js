//# allFunctionsCalledOnLoad
/* The component model's functions for tasks, streams and futures (its "canon built-ins"), and calls of async funcs. */
import { MISS } from "../base/trampoline.js";
import { BLOCKED, ReadEnd, WriteEnd, addWaitable, newChannel } from "./async-streams.js";
import { Later, STATE, Subtask, Waitable, WaitableSet, finishNow } from "./async-tasks.js";

const HANDLE_BITS = 4;

/** name of interfaces-3.js's BUILTINS -> (call of the plan, guest, ...i32) => result or MISS */
export function builtins(host) {
	const { tasks } = host;

	const wideOf = value => host.wide(BigInt(value));

	/* A copy's result. One that isn't lowered with async waits for it. */
	const copied = ({ isAsync }, end) => result => (result !== BLOCKED || isAsync ? wideOf(result) : tasks.waitForOne(end, ({ payload }) => wideOf(payload)));

	function storeEvent(guest, to, { code, handle, payload }) {
		const at = guest.place(to, 8, 4);
		guest.view.setUint32(at, handle, true);
		guest.view.setUint32(at + 4, payload, true);
		return code;
	}

	function read(call, guest, handle, pointer, count = 1) {
		const end = host.get(handle, ReadEnd);
		return end.read(host, guest, pointer, count >>> 0, copied(call, end));
	}

	function write(call, guest, handle, pointer, count = 1) {
		const end = host.get(handle, WriteEnd);
		return end.write(host, guest, pointer, count >>> 0, copied(call, end));
	}

	function open(call) {
		const [reader, writer] = newChannel(host, call.size, call.name === "future.new");
		return host.wide(BigInt(writer) << 32n | BigInt(reader));
	}

	const cancel = kind => (call, guest, handle) => wideOf(host.get(handle, kind).cancel(tasks));
	const drop = kind => (call, guest, handle) => {
		host.get(handle, kind);
		return host.drop(handle);
	};

	return {
		"task.cancel"() {
			throw new WebAssembly.RuntimeError("nobody cancelled the component's task");
		},
		"context.get": ({ slot }) => wideOf(tasks.context[slot]),
		"context.set"({ slot }, guest, value) {
			tasks.context[slot] = value >>> 0;
			return 0;
		},
		"thread.yield": () => tasks.look(null, () => 0),
		"backpressure.inc": () => 0,
		"backpressure.dec": () => 0,
		"subtask.cancel": (call, guest, handle) => wideOf(host.get(handle, Subtask).cancel()),
		"subtask.drop": drop(Subtask),
		"waitable-set.new": () => host.add(new WaitableSet()),
		"waitable-set.wait": (call, guest, set, to) => tasks.waitFor(host.get(set, WaitableSet), event => storeEvent(guest, to, event)),
		"waitable-set.poll": (call, guest, set, to) => tasks.look(host.get(set, WaitableSet), event => storeEvent(guest, to, event)),
		"waitable-set.drop": drop(WaitableSet),
		"waitable.join"(call, guest, handle, set) {
			host.get(handle, Waitable).join(set === 0 ? null : host.get(set, WaitableSet));
			return 0;
		},
		"stream.new": open,
		"stream.read": read,
		"stream.write": write,
		"stream.cancel-read": cancel(ReadEnd),
		"stream.cancel-write": cancel(WriteEnd),
		"stream.drop-readable": drop(ReadEnd),
		"stream.drop-writable": drop(WriteEnd),
		"future.new": open,
		"future.read": read,
		"future.write": write,
		"future.cancel-read": cancel(ReadEnd),
		"future.cancel-write": cancel(WriteEnd),
		"future.drop-readable": drop(ReadEnd),
		"future.drop-writable": drop(WriteEnd),
	};
}

/**
 * A function of WASI 0.3 as it is lowered: (guest, ...i32) => result or MISS.
 * @param {import("./host.js").Host} host
 * @param {Function} run of an async func, may give a Later
 * @param {{ isAsync: boolean, result: string, stored: any, lowersAsync: boolean }} shape as interfaces-3.js has it; lowersAsync: as the plan has it
 */
export function lowered(host, run, { isAsync, result, stored, lowersAsync }) {
	if (!isAsync)
		return run;
	if (!lowersAsync)
		return (...args) => finishNow(host, run(...args));
	return (guest, ...args) => {
		const to = result === "" ? undefined : args.pop();
		const flat = stored === null ? args : stored.load(guest.view, guest.place(args[0], stored.size, stored.align));
		const done = value => {
			if (result === "b")
				guest.view.setUint8(guest.place(to, 1, 1), value);
			return 0;
		};
		const begun = run(guest, ...flat, ...result === "p" ? [to] : []);
		const told = value => {
			if (value instanceof Later)
				return STATE.STARTED | addWaitable(host, new Subtask(host.tasks, value, done)) << HANDLE_BITS;
			done(value);
			return STATE.RETURNED;
		};
		return begun === MISS ? host.after(MISS, told) : told(begun);
	};
}
