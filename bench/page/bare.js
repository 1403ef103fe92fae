// A WebSocket with nothing behind it (bench/echo.c), from a worker.

export async function dial(port) {
	const socket = new WebSocket(`ws://127.0.0.1:${port}/`, "echo");
	socket.binaryType = "arraybuffer";
	await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: () => reject(new Error("no echo server")) }));
	return socket;
}

/** ms of each of so many round trips, one after the other. */
export async function echo(socket, bytes, times) {
	const message = new Uint8Array(bytes), took = [];
	for (let i = 0; i < times; i++) {
		const began = performance.now();
		const came = new Promise((resolve) => (socket.onmessage = resolve));
		socket.send(message);
		await came;
		took.push(performance.now() - began);
	}
	return took;
}

/** `size` bytes come in messages of 256 KiB and are copied into `target`. */
export function down(socket, size, target) {
	let came = 0;
	const all = new Promise((resolve) => {
		socket.onmessage = ({ data }) => {
			target.set(new Uint8Array(data));
			came += data.byteLength;
			if (came >= size)
				resolve();
		};
	});
	socket.send(`down ${size}`);
	return all;
}

/** `size` bytes leave in messages of 256 KiB. */
export async function up(socket, size) {
	const message = new Uint8Array(256 << 10);
	const done = new Promise((resolve) => (socket.onmessage = resolve));
	socket.send(`up ${size}`);
	for (let sent = 0; sent < size; sent += message.length)
		socket.send(message);
	await done;
}
