//# allFunctionsCalledOnLoad
/* Waiting by synchronous XMLHttpRequest: slow (1 to 2.5 ms a call), and works in every engine. Also how a call is answered where
 * a Suspending import can't suspend. A body is a batch, the response its answer; AGAIN means ask again. */
import { FRAME, FrameReader, encodeRepoll } from "../base/codec.js";
import { GatewayLost } from "../base/errors.js";
import { callUrl } from "../base/urls.js";
import { blockingSleep } from "./sleep.js";
import { blockingWait } from "./step.js";

/** A function (bytes, flight) that blocks until the flight is answered. key: the WELCOME's. */
export function xhrExchange(pipeline, key) {
	function post(bytes) {
		const request = new XMLHttpRequest();
		request.open("POST", callUrl, false);
		request.responseType = "arraybuffer";
		request.setRequestHeader("Content-Type", "application/octet-stream");
		request.setRequestHeader("Wvwasi-Guest", key);
		try {
			request.send(bytes);
		} catch {
			pipeline.lose(new GatewayLost("the gateway can't be reached"));
			return [];
		}
		const type = request.getResponseHeader("Content-Type") ?? "";
		if (!type.startsWith("application/octet-stream")) {
			pipeline.lose(new GatewayLost(`the gateway answered a call with status ${request.status}`, { code: request.status }));
			return [];
		}
		return new FrameReader().push(new Uint8Array(request.response));
	}

	return (bytes, flight) => {
		if (bytes === null)
			return; // its answer comes by a socket, which this thread can't read while it blocks
		while (!flight.answered && !pipeline.lost) {
			let again = false;
			for (const frame of post(bytes))
				if (!pipeline.receive(frame))
					again ||= frame.type === FRAME.AGAIN;
			if (flight.answered || pipeline.lost)
				return;
			if (!again)
				return pipeline.lose(new GatewayLost("the gateway's answer had no answer in it"));
			bytes = encodeRepoll(flight.sequence, pipeline.seen);
			pipeline.stats.messages++;
			pipeline.stats.bytesSent += bytes.length;
		}
	};
}

/** { wait, pinned, enter, close } for the worker. connection: one that only sends, for batches that nobody waits for; or null. */
export function xhrWay(program, { connection, key }) {
	if (connection !== null)
		program.post = bytes => connection.send(bytes);
	const exchange = xhrExchange(program.pipeline, key);
	const sleep = blockingSleep();
	program.canSleep = sleep !== null;
	const wait = blockingWait(program, exchange, sleep);
	return { wait, pinned: null, finish: async () => wait(), enter: run => async (...args) => run(...args),
		close: how => connection?.close(how) };
}
