//# allFunctionsCalledOnLoad
/* timeline.js in a worker: timeline-page.js is its other end. */
import { packError } from "../base/error-transfer.js";
import { Run } from "./reader.js";
import { Timeline } from "./timeline.js";

let timeline = null;

async function answer({ open, goTo }) {
	if (open) {
		timeline = await Timeline.open(Run.from(open.run), open.module);
		return { output: timeline.output, passMs: timeline.passMs };
	}
	const { call, memory } = await timeline.goTo(goTo);
	return { call, memory: memory.slice() }; // a WebAssembly.Memory's bytes can't be transferred
}

onmessage = async ({ data }) => {
	try {
		const result = await answer(data);
		postMessage({ number: data.number, result }, { transfer: result.memory ? [result.memory.buffer] : [] });
	} catch (error) {
		postMessage({ number: data.number, error: packError(error) });
	}
};
