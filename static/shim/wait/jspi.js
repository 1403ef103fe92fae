//# allFunctionsCalledOnLoad
/* Waiting by JavaScript promise integration: the program's worker owns its WebSocket, a Suspending import parks the program. The
 * worker never blocks here, since it couldn't receive. Where the stack can't be suspended (a JavaScript frame on it, an export
 * that was called without promising) the trampoline calls `pinned`, and that one call goes by synchronous XMLHttpRequest;
 * sequence numbers keep order. */
import { blockingSleep, suspendingSleep } from "./sleep.js";
import { blockingWait, suspendingWait } from "./step.js";
import { xhrExchange } from "./xhr.js";

/** Does JSPI work in this engine? */
export function jspiWorks() {
	return typeof WebAssembly.Suspending === "function" && typeof WebAssembly.promising === "function";
}

/** connection: the guest's data connection; its frames and its end come here. */
export function jspiWay(program, { connection, key }) {
	const { pipeline } = program;
	connection.onframe = frame => pipeline.receive(frame);
	connection.onclose = error => pipeline.lose(error);
	program.post = bytes => connection.send(bytes);
	program.canAwait = true;
	program.turnMax = Infinity;
	program.sendsWhenItWaits = true;
	const exchange = (bytes, flight) => new Promise(resolve => {
		if (flight.answered)
			return resolve();
		flight.waiter = resolve;
		return bytes && connection.send(bytes);
	});
	const sleep = suspendingSleep();
	program.canSleep = sleep !== null;
	const wait = suspendingWait(program, exchange, sleep);
	const pinned = blockingWait(program, xhrExchange(pipeline, key), blockingSleep() ?? spinFor);
	return {
		wait: new WebAssembly.Suspending(wait), pinned,
		finish: wait,
		enter: run => WebAssembly.promising(run),
		close: how => connection.close(how),
	};
}

/* The page's own thread may not block, and a JavaScript frame is on its stack: nothing else is left. */
function spinFor(ms) {
	for (const end = performance.now() + ms; performance.now() < end;);
}
