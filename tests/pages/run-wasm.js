// Runs the gateway's PROGRAM for tests/run-wasm; that script holds the other end of the WebSocket and of the streams.
import { GatewayLost, spawn } from "/_wvwasi/wvwasi.js";

import { FROM_PAGE, TO_PAGE } from "./run-wasm-messages.js";

const query = new URLSearchParams(location.search);
const socket = new WebSocket(`ws://127.0.0.1:${query.get("port")}/${query.get("token")}`);
socket.binaryType = "arraybuffer";

let stdinPulled; // resolves the pull that is waiting for bytes

function send(type, bytes) {
	const message = new Uint8Array(1 + bytes.length);
	message[0] = type;
	message.set(bytes, 1);
	socket.send(message);
}

/* A program that prints faster than our reader reads has to wait, rather than fill the memory in between. */
const UNSENT_MAX = 4 << 20;

function output(type) {
	return (bytes) => {
		send(type, bytes);
		return socket.bufferedAmount > UNSENT_MAX ? sent() : undefined;
	};
}

async function sent() {
	while (socket.bufferedAmount > UNSENT_MAX / 2)
		await new Promise((resolve) => setTimeout(resolve, 10));
}

const stdinStream = () => new ReadableStream({
	async pull(controller) {
		const chunk = await new Promise((resolve) => {
			stdinPulled = resolve;
			send(FROM_PAGE.wantsStdin, []);
		});
		if (chunk)
			controller.enqueue(chunk);
		else
			controller.close();
	},
}, { highWaterMark: 0 });

async function run({ args, preopens, wait, coherence, stdin }) {
	let child, started;
	const ended = { exitCode: null };
	try {
		child = await spawn("/_wvwasi/program.wasm", {
			args, wait, coherence,
			preopens: Object.fromEntries(preopens),
			stdin: stdin === null ? stdinStream() : Uint8Array.from(atob(stdin), (letter) => letter.charCodeAt(0)),
			stdout: output(FROM_PAGE.stdout),
			stderr: output(FROM_PAGE.stderr),
			onProgress: ({ phase }) => {
				if (phase === "run")
					started ??= performance.now();
			},
		});
		Object.assign(ended, await child.exited);
	} catch (error) {
		// What a running program throws is a trap, by whatever name: a stack that is full is a RangeError in one engine and an
		// InternalError in another.
		const { name, message, stack } = error;
		ended.error = { name, message, stack: stack?.includes(message) ? stack : `${name}: ${message}\n${stack}`,
			trap: child !== undefined && !(error instanceof GatewayLost) };
	}
	ended.runMs = performance.now() - started;
	ended.stats ??= await child?.stats?.();
	send(FROM_PAGE.ended, new TextEncoder().encode(JSON.stringify(ended, (_, value) => (typeof value === "bigint" ? Number(value) : value))));
}

socket.onmessage = ({ data }) => {
	const bytes = new Uint8Array(data);
	switch (bytes[0]) {
	case TO_PAGE.start:
		run(JSON.parse(new TextDecoder().decode(bytes.subarray(1))));
		break;
	case TO_PAGE.stdin:
		stdinPulled(bytes.slice(1));
		break;
	case TO_PAGE.stdinEnd:
		stdinPulled(null);
		break;
	}
};
