/* What bench/network.js measures in a page: a TCP stream by sockets.js and by relays, connections, and a wait. Times in ms. */
import { connect as calls } from "/_wvwasi/wvwasi.js";
import { connect } from "/_wvwasi/sockets.js";

const PIECE = 256 << 10, AHEAD = 2 << 20; // what a WebSocket may have to send before we wait
const piece = new Uint8Array(PIECE);
const median = list => [...list].sort((a, b) => a - b)[list.length >> 1];
const at = port => ({ hostname: "127.0.0.1", port });

/* Timers are late by 4 ms: a message to ourselves isn't. */
const channel = new MessageChannel();
const nextTask = () => new Promise(resolve => {
	channel.port2.onmessage = resolve;
	channel.port1.postMessage(null);
});

/* A stream of each kind: { write, read, close }. read gives a Uint8Array. */
async function bySocket({ server }) {
	const socket = connect(at(server));
	const writer = socket.writable.getWriter(), reader = socket.readable.getReader();
	await socket.opened;
	return { write: bytes => writer.write(bytes), read: async () => (await reader.read()).value, close: () => socket.close() };
}

async function byRelay(port) {
	const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
	const came = [];
	let wake = null;
	socket.binaryType = "arraybuffer";
	socket.onmessage = ({ data }) => {
		came.push(new Uint8Array(data));
		wake?.();
	};
	await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: () => reject(new Error("the relay")) }));
	return {
		async write(bytes) {
			while (socket.bufferedAmount > AHEAD)
				await nextTask();
			socket.send(bytes);
		},
		async read() {
			if (came.length === 0)
				await new Promise(resolve => (wake = resolve));
			return came.shift();
		},
		close: () => socket.close(),
	};
}

async function down(stream, bytes) {
	const began = performance.now();
	await stream.write(new TextEncoder().encode(`D ${bytes}\n`));
	let reads = 0;
	for (let got = 0; got < bytes; reads++)
		got += (await stream.read()).length;
	window.reads = reads;
	return performance.now() - began;
}

async function up(stream, bytes) {
	const began = performance.now();
	await stream.write(new TextEncoder().encode(`U ${bytes}\n`));
	for (let sent = 0; sent < bytes; sent += PIECE)
		await stream.write(piece.subarray(0, Math.min(PIECE, bytes - sent)));
	await stream.read();
	return performance.now() - began;
}

window.stream = async ({ ports, way, direction, bytes }) => {
	const stream = await (way === "socket" ? bySocket(ports) : byRelay(ports[way]));
	try {
		return await (direction === "down" ? down : up)(stream, bytes);
	} finally {
		await stream.close();
	}
};

/** From connect() to the first byte, and one wait of the same page: medians. */
window.first = async ({ ports, times }) => {
	const w = await calls(), first = [], wait = [];
	for (let i = 0; i < times; i++) {
		const began = performance.now();
		const socket = connect(at(ports.server));
		const writer = socket.writable.getWriter();
		writer.write("G\n");
		await socket.readable.getReader().read();
		first.push(performance.now() - began);
		await socket.close();
		const asked = performance.now();
		await w.path_filestat_get(w.rootFd, 0, "network.js");
		wait.push(performance.now() - asked);
	}
	w.close();
	return { first: median(first), wait: median(wait) };
};

window.idle = async ({ ports, count }) => {
	window.kept = await Promise.all(Array.from({ length: count }, () => connect(at(ports.server))).map(async socket => {
		await socket.opened;
		return socket;
	}));
	return window.kept.length;
};
window.ready = true;
