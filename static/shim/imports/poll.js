//# allFunctionsCalledOnLoad
/* poll_oneoff. Waiting for clocks alone is done here; everything else is the server's. */
import { ERRNO } from "../base/errors.js";
import { NUMBERS } from "../base/syscalls.js";
import { MISS } from "../base/trampoline.js";

const SUBSCRIPTION = 48, EVENT = 32;
const CLOCK = 0, ABSTIME = 1;

/* One function for the whole kind: the reason is in index.js. */
export function pollImports(program) {
	const { memory, fds, policy, clocks, bounds } = program;

	/* When a clock subscription is due: ns from now, rounded up, never below 0; a Number, since nobody sleeps 104 days to the ns. */
	function dueIn(at) {
		const id = memory.u32(at + 16);
		const timeout = memory.view.getBigUint64(at + 24, true);
		if ((memory.view.getUint16(at + 40, true) & ABSTIME) === 0)
			return Number(timeout);
		return Math.max(0, Number(timeout - clocks.read(id)));
	}

	function clocksAlone(input, count) {
		for (let i = 0; i < count; i++) {
			const at = input + i * SUBSCRIPTION;
			if (memory.bytes[at + 8] !== CLOCK || !clocks.has(memory.u32(at + 16)))
				return false;
		}
		return true;
	}

	/* Reports those whose time has come `slept` ns after `due` was computed. */
	function reportClocks(input, output, count, events, due, slept) {
		let written = 0;
		for (let i = 0; i < count; i++) {
			if (due[i] > slept)
				continue;
			const event = new Uint8Array(EVENT);
			event.set(memory.read(input + i * SUBSCRIPTION, 8));
			memory.write(output + written++ * EVENT, event);
		}
		memory.setU32(events, written);
		return 0;
	}

	return {
		poll_oneoff(input, output, count, events) {
			input >>>= 0;
			output >>>= 0;
			count >>>= 0;
			if (count === 0)
				return ERRNO.INVAL;
			if (!memory.holds(input, count * SUBSCRIPTION) || !memory.holds(output, count * EVENT) || !memory.holds(events, 4))
				return ERRNO.FAULT;
			if (count > bounds.subscriptions)
				return ERRNO.NOMEM;

			if (policy.local && program.canSleep && clocksAlone(input, count)) {
				const due = Array.from({ length: count }, (_, i) => dueIn(input + i * SUBSCRIPTION));
				const soonest = Math.min(...due);
				if (soonest === 0)
					return reportClocks(input, output, count, events, due, 0);
				return program.afterForeseen(() => program.afterOutput(() => {
					program.sleepNs = soonest;
					return program.settle(() => {
						memory.refresh();
						return reportClocks(input, output, count, events, due, soonest);
					});
				}));
			}

			const subscriptions = memory.read(input, count * SUBSCRIPTION);
			const view = new DataView(subscriptions.buffer);
			let onStdin = false;
			for (let at = 0; at < subscriptions.length; at += SUBSCRIPTION) {
				if (subscriptions[at + 8] === CLOCK)
					continue;
				const descriptor = fds.get(view.getUint32(at + 16, true));
				if (descriptor === undefined)
					return ERRNO.BADF;
				onStdin ||= descriptor.isInput;
				view.setUint32(at + 16, descriptor.handle, true);
			}
			return program.afterOutput(() => {
				if (onStdin && program.stdin.at > 0)
					program.tell(NUMBERS.stdin_skip).u64(program.stdin.at);
				if (onStdin)
					program.onreads?.(true);
				program.askEither(NUMBERS.poll_oneoff, (errno, bytes) => {
					if (onStdin)
						program.onreads?.(false);
					if (errno !== 0)
						return errno;
					memory.write(output, bytes);
					memory.setU32(events, bytes.length / EVENT);
					return 0;
				}).string(subscriptions);
				return MISS;
			});
		},
	};
}
