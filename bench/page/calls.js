// The page of bench/calls.js: a worker of its own measures; the page hands it tickets and stays idle.
import { getTicket } from "/_wvwasi/wvwasi.js";

window.measure = (task) => new Promise((resolve, reject) => {
	const worker = new Worker("/calls-worker.js", { type: "module" });
	worker.onmessage = async ({ data }) => {
		if (data.wants)
			return worker.postMessage({ ticket: await getTicket() });
		worker.terminate();
		return data.error ? reject(new Error(data.error)) : resolve(data.result);
	};
	worker.onerror = (event) => reject(new Error(event.message));
	worker.postMessage(task);
});
