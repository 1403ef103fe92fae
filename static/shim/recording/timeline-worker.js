//# allFunctionsCalledOnLoad
/* timeline.js in a worker: timeline-page.js is its other end, or checkpoints.js. */
import { packError } from "../base/error-transfer.js";
import { Run } from "./reader.js";
import { Timeline, pass } from "./timeline.js";

let timeline = null;

async function answer({ open, goTo }) {
	if (open) {
		timeline = await Timeline.open(Run.from(open.run), open.module);
		return { output: timeline.output, passMs: timeline.passMs, times: timeline.times, bytes: timeline.bytes };
	}
	const { call, memory } = await timeline.goTo(goTo);
	return { call, memory: memory.slice() }; // a WebAssembly.Memory's bytes can't be transferred
}

/* Goes to the call that is ordered, and waits there for the next order with the program's stack as it is. orders: how many there were, the first call whose
 * memory is wanted, and the last, where it stops. */
async function walk({ module, orders, records, calls, traps }) {
	const [order, from, to] = [0, 1, 2], words = new Int32Array(orders);
	const tell = (call, memory) => postMessage({ call, memory }, { transfer: memory ? [memory.buffer] : [] });
	let seen = Atomics.load(words, order);
	const next = call => Math.max(call + 1, Math.min(words[from], words[to]));
	const arrives = (call, memory) => {
		for (;;) {
			tell(call, call >= words[from] ? memory.slice() : null);
			if (call < words[to])
				return next(call);
			Atomics.wait(words, order, seen);
			seen = Atomics.load(words, order);
			if (call < words[to] && call < words[from])
				return next(call);
		}
	};
	const { bytes: memory } = await pass({ records, calls, traps }, module, { until: Math.min(words[from], words[to]), arrives });
	tell(words[to], memory.slice()); // its end
}

onmessage = async ({ data }) => {
	try {
		if (data.walk)
			return await walk(data.walk);
		const result = await answer(data);
		postMessage({ number: data.number, result }, { transfer: result.memory ? [result.memory.buffer] : [] });
	} catch (error) {
		postMessage({ number: data.number, error: packError(error) });
	}
	return undefined;
};
