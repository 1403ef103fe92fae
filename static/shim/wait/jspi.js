/* Waiting by JavaScript promise integration: the program's worker owns its WebSocket, a Suspending import parks the program. The worker
 * never blocks here, since it couldn't receive. Where the stack can't be suspended (a JavaScript frame on it, an export that was called
 * without promising) the trampoline calls `pinned`, and that one call goes by synchronous XMLHttpRequest; sequence numbers keep order. */
import { suspendingSleep } from "./sleep.js";
import { blockingWait, suspendingWait } from "./step.js";
import { xhrExchange } from "./xhr.js";

/** Has this engine what it takes? */
export function jspiWorks() {
	return typeof WebAssembly.Suspending === "function" && typeof WebAssembly.promising === "function";
}

/** connection: the guest's data connection; its frames and its end come here. */
export function jspiWay(program, { connection, key }) {
	const { pipeline } = program;
	connection.onframe = frame => pipeline.receive(frame);
	connection.onclose = error => pipeline.lose(error);
	const exchange = (bytes, flight) => new Promise(resolve => {
		flight.waiter = resolve;
		connection.send(bytes);
	});
	const sleep = suspendingSleep();
	program.canSleep = sleep !== null;
	const wait = suspendingWait(program, exchange, sleep);
	/* A pinned call that only sleeps asks the server nothing, and this thread has no other business. */
	const pinned = blockingWait(program, xhrExchange(pipeline, key), blockFor);
	return {
		wait: new WebAssembly.Suspending(wait), pinned,
		finish: wait,
		enter: run => WebAssembly.promising(run),
		close: () => connection.close(),
	};
}

function blockFor(ms) {
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
