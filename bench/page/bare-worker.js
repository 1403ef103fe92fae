// What a bare WebSocket does in a worker of this engine: a median round trip, and MB/s each way.
import { dial, down, echo, up } from "./bare.js";

async function rate(size, run) {
	const began = performance.now();
	await run();
	return size / 1000 / (performance.now() - began);
}

onmessage = async ({ data: { port, bytes, times, size } }) => {
	try {
		const socket = await dial(port);
		const took = await echo(socket, bytes, times);
		const target = new Uint8Array(1 << 20);
		postMessage({ result: {
			echoMs: took.sort((a, b) => a - b)[times >> 1],
			downMbS: await rate(size, () => down(socket, size, target)), upMbS: await rate(size, () => up(socket, size)),
		} });
	} catch (error) {
		postMessage({ error: `${error.message}\n${error.stack}` });
	}
};
