//# allFunctionsCalledOnLoad
/* Waiting on shared memory, split duplex: the program's worker sends on its own socket and blocks in Atomics.wait; the answers
 * come to the control side's connection, which puts them into a ring. */
import { FrameReader } from "../base/codec.js";
import { GatewayLost } from "../base/errors.js";
import { RingReader } from "../base/ring.js";
import { blockingSleep } from "./sleep.js";
import { blockingWait } from "./step.js";
import { xhrExchange } from "./xhr.js";

/* Chromium delivers only 128 KiB of what a thread sends before it returns to its event loop. A batch that would pass that bound,
 * together with what isn't acknowledged yet, is sent by the control side, or by POST where there is none, in the same order. */
const SOCKET_MAX = 96 << 10;

/** Is shared memory there (a cross-origin isolated page)? */
export function sharedWorks() {
	return globalThis.crossOriginIsolated === true && typeof SharedArrayBuffer === "function";
}

/** connection: the data connection, to send on; ring: a RingWriter is at the other end; onroom: tells it that there is room. */
export function sharedWay(program, { connection, key, ring, onroom }) {
	const { pipeline } = program;
	const reader = new RingReader(ring, onroom);
	let frames = new FrameReader();
	const post = xhrExchange(pipeline, key);

	/* It isn't open yet where a module's start function makes calls. */
	const isSocketFree = () => connection.isOpen && pipeline.underWay <= SOCKET_MAX;

	program.post = bytes => {
		if (isSocketFree() || !pipeline.carry(bytes))
			connection.send(bytes);
		receive(reader.peek()); // acknowledgements that came meanwhile
	};

	function receive(bytes) {
		for (const frame of frames.push(bytes))
			pipeline.receive(frame);
	}

	function exchange(bytes, flight) {
		const own = bytes !== null && isSocketFree(); // these bytes are under way already
		if (bytes !== null && !own && !pipeline.carry(bytes))
			return post(bytes, flight);
		if (own)
			connection.send(bytes);
		while (!flight.answered && !pipeline.lost) {
			const part = reader.read();
			if (part.length === 0)
				return pipeline.lose(new GatewayLost("the connection to the gateway was cut"));
			receive(part);
		}
	}

	const sleep = blockingSleep();
	program.canSleep = program.canAwait = true;
	program.turnMax = pipeline.carryMax;
	const wait = blockingWait(program, exchange, sleep);
	return { wait, pinned: null, finish: async () => wait(), enter: run => async (...args) => run(...args),
		close: how => connection.close(how) };
}
