// What hostile pages do, each within its own session: every function here plays one of them, asks for as much as it can and reads as little
// as it likes. Connections may be closed on them at any time. For tests of what others notice (hostile.test.js, hostile-walk.js).
import fs from "node:fs";

import { ROOT_ONLY } from "./call-fixture.js";
import { BATCH, HELLO, call, encodeBatch, handle, open, subscription } from "./client.js";
import { Raw, post } from "./raw.js";
import * as codec from "../../static/shim/base/codec.js";

/** CPU time that the gateway's loop has taken, in ms. @param {number} pid the gateway's: its first thread is the loop's */
export function loopMs(pid) {
	return Number(fs.readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
}

const OPEN_STDIN = { ...ROOT_ONLY, flags: HELLO.NEW | HELLO.PREOPENS };
const HOUR_NS = 3600e9;

/** So many frames as one WebSocket message. */
const times = (frame, count) => Buffer.concat(Array.from({ length: count }, () => Buffer.from(frame)));

/** From now on it reads nothing. */
const deaf = (wire) => wire.socket._socket?.pause();

/** Bytes of batches without WAIT, numbered from the wire's next one. */
function quiet(wire, calls, count, flags = 0) {
	return Buffer.concat(Array.from({ length: count }, () => Buffer.from(encodeBatch(calls, ++wire.sequence, 0, flags))));
}

/** A POST whose answer is never read. */
async function postUnread(session, key, body) {
	const raw = await Raw.open(session.port);
	raw.socket.pause();
	raw.send(post(session.origin, "/_wvwasi/call", "", { "Content-Type": "application/octet-stream", "Content-Length": body.length, "Wvwasi-Guest": key }))
		.send(body);
}

/** A file of four MiB, for reads. */
export function bigFile(fixture) {
	fs.writeFileSync(fixture.at("big"), Buffer.alloc(4 << 20, "x"));
}

/** A folder with many entries, for listings. */
export function bigFolder(fixture, entries = 2000) {
	fs.mkdirSync(fixture.at("many"), { recursive: true });
	for (let i = 0; i < entries; i++)
		fs.writeFileSync(fixture.at(`many/${"n".repeat(200)}${i}`), "");
}

/** Each: what it does, to be named in a test. `size` 1 is what the tests of single attacks take. */
export const attacks = {
	async "polls that wait for a clock and stdin, then empty STDIN frames"(session, size = 1) {
		const wire = await session.connect(OPEN_STDIN);
		const calls =
			[call("poll_oneoff", [Buffer.concat([subscription({ userdata: 1, clock: 1, timeout: HOUR_NS }), subscription({ userdata: 2, read: 0 })])])];
		wire.send(quiet(wire, calls, 1000, BATCH.WAIT));
		wire.send(times(codec.encodeStdin(Buffer.alloc(0)), 200_000 * size));
		return wire;
	},
	async "polls with thousands of subscriptions, then their handle is closed again and again"(session, size = 1) {
		const wire = await session.connect(OPEN_STDIN);
		const subs = Buffer.concat([...Array.from({ length: 4000 }, (_, i) => subscription({ userdata: i, clock: 1, timeout: HOUR_NS })),
			subscription({ userdata: 9, read: 0 })]);
		for (let i = 0; i < 500 * size; i++)
			wire.send(quiet(wire, [call("poll_oneoff", [subs])], 1, BATCH.WAIT));
		wire.send(quiet(wire, Array.from({ length: 4000 }, () => call("fd_close", [64])), 1));
		return wire;
	},
	async "a read of stdin and polls of it, then a byte at a time"(session, size = 1) {
		const wire = await session.connect(OPEN_STDIN);
		wire.send(quiet(wire, [call("fd_read", [0, 0n, 1])], 500, BATCH.WAIT));
		wire.send(quiet(wire, [call("poll_oneoff", [subscription({ userdata: 2, read: 0 })])], 500, BATCH.WAIT));
		wire.send(times(codec.encodeStdin(Buffer.from("x")), 50_000 * size));
		return wire;
	},
	async "tens of thousands of batches in one message"(session, size = 1) {
		const wire = await session.connect(ROOT_ONLY);
		wire.send(quiet(wire, [call("path_filestat_get", [3, 1, "./".repeat(200)])], 5000 * size));
		return wire;
	},
	async "thousands of batches for a busy program"(session, size = 1) {
		const wire = await session.connect(ROOT_ONLY);
		wire.send(quiet(wire, Array.from({ length: 40 }, () => call("random_get", [1 << 20])), 60 * size));
		return wire;
	},
	async "acknowledgements that nobody reads"(session, size = 1) {
		const control = await session.connect({ ...ROOT_ONLY, flags: ROOT_ONLY.flags | HELLO.CONTROL | HELLO.XHR });
		deaf(control);
		for (let i = 0; i < 20 * size; i++)
			control.send(quiet(control, [call("sched_yield")], 20_000));
		return control;
	},
	async "answers that nobody reads, of batches that wait for stdin"(session, size = 1) {
		const wire = await session.connect(OPEN_STDIN);
		const file = handle(9, 1);
		await wire.calls(open("big", file));
		const read = call("fd_pread", [file, 0n, 4 << 20]);
		wire.send(quiet(wire, [read, read, read, call("fd_read", [0, 0n, 1])], 60 * size, BATCH.WAIT));
		return wire;
	},
	async "half of a message on each of many connections"(session, size = 1) {
		for (let i = 0; i < 24 * size; i++) {
			const wire = await session.connect(ROOT_ONLY);
			// Its length is that of eight MiB; what follows is all but the last byte.
			const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0]);
			wire.socket._socket.write(Buffer.concat([head, Buffer.alloc((8 << 20) - 1)]));
		}
	},
	async "listings of many handles"(session, size = 1) {
		for (let program = 0; program < 4 * size; program++) {
			const wire = await session.connect(ROOT_ONLY);
			const handles = Array.from({ length: 100 }, (_, i) => handle(10 + i, 1));
			wire.send(quiet(wire, handles.flatMap((one) => [open("many", one, { oflags: 2 }), call("fd_readdir", [one, 0n, 100])]), 1));
		}
	},
	async "programs with much to remember"(session, size = 1) {
		for (let i = 0; i < 24 * size; i++)
			await session.connect({ ...ROOT_ONLY, env: Array.from({ length: 60 }, (_, n) => `V${n}=${"e".repeat(60_000)}`) });
	},
	async "stdin that nobody takes, of many programs"(session, size = 1) {
		for (let i = 0; i < 60 * size; i++) {
			const wire = await session.connect(OPEN_STDIN);
			wire.send(codec.encodeStdin(Buffer.alloc(1 << 20)));
		}
	},
	async "the same answer by many requests that aren't read"(session, size = 1) {
		const { control, post: postCall } = await session.connectByPost({ flags: HELLO.NEW | HELLO.CONTROL | HELLO.XHR | HELLO.PREOPENS | HELLO.STDIN_EOF,
			preopens: ROOT_ONLY.preopens });
		const file = handle(9, 1), read = call("fd_pread", [file, 0n, 4 << 20]);
		const { status } = await postCall(Buffer.from(encodeBatch([open("big", file), read, read, read], 1, 0, BATCH.WAIT)));
		if (status === 200)
			await Promise.all(Array.from({ length: 20 * size }, () =>
				postUnread(session, control.welcome.key, Buffer.from(encodeBatch([], 1, 0, BATCH.REPOLL)))));
	},
};
