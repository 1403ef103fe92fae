// A transport worker: owns the WebSocket of a thread that blocks, and is woken by waitAsync. words: [requests, answers]; then the bytes.
import { dial } from "./bare.js";

onmessage = async ({ data: { port, shared, length } }) => {
	const words = new Int32Array(shared, 0, 2), bytes = new Uint8Array(shared, 8, length);
	const socket = await dial(port);
	socket.onmessage = ({ data }) => {
		bytes.set(new Uint8Array(data));
		Atomics.add(words, 1, 1);
		Atomics.notify(words, 1);
	};
	postMessage("ready");
	for (let seen = 0; ; seen++) {
		const waiting = Atomics.waitAsync(words, 0, seen);
		if (waiting.async)
			await waiting.value;
		socket.send(bytes.slice());
	}
};
