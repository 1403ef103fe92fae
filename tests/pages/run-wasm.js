// Runs the gateway's PROGRAM for tests/run-wasm; that script holds the other end of the WebSocket and of the streams.
import { spawn } from "/_wvwasi/wvwasi.js";

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
			stdout: (bytes) => send(FROM_PAGE.stdout, bytes),
			stderr: (bytes) => send(FROM_PAGE.stderr, bytes),
			onProgress: ({ phase }) => {
				if (phase === "run")
					started ??= performance.now();
			},
		});
		Object.assign(ended, await child.exited);
	} catch (error) {
		const { name, message, stack } = error;
		ended.error = { name, message, stack: stack?.includes(message) ? stack : `${name}: ${message}\n${stack}`, trap: name === "RuntimeError" };
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
