// A raw client of the wire, in Node: what docs/PROTOCOL.md says and no policy of its own. It shares the codec with the shim (whose
// vectors C reads too) and nothing else. Tests of single calls and of hostile bytes use it.
import http from "node:http";
import https from "node:https";
import net from "node:net";

import WebSocket from "ws";

import * as codec from "../../static/shim/base/codec.js";
import { within } from "../engines/deadline.js";
import { decodeAnswer } from "./answers.js";

export const { BATCH, CALL, CLOSE, END, FRAME, HELLO, SKIPPED, STDIN } = codec;
export const ROOT = 3;
export const RIGHTS = { read: 1n << 1n, write: 1n << 6n, both: (1n << 1n) | (1n << 6n) | (1n << 2n) | (1n << 5n) };
export const OPEN = { create: 1, directory: 2, exclusive: 4, truncate: 8 };
export const ERRNO = { SUCCESS: 0, AGAIN: 6, BADF: 8, CANCELED: 11, EXIST: 20, INVAL: 28, MFILE: 33, NOENT: 44, NOSYS: 52, PERM: 63, PIPE: 64 };

/** One call of a batch: `call("path_open", [...], CALL.LINK)`. A number in place of the name is sent as it is, without arguments. */
export const call = (name, args = [], flags = 0) => ({ name, args, flags });

/** path_open's arguments, short. */
export const open = (path, handle, { oflags = 0, rights = RIGHTS.read, fdflags = 0, dir = ROOT, lookup = 0 } = {}) =>
	call("path_open", [dir, lookup, path, oflags, rights, rights, fdflags, handle]);

/** A wire handle. */
export const handle = (slot, generation = 0) => ((generation << 16) | slot) >>> 0;

export class Session {
	/** Claims a gateway's link, as the enter page does. @param {import("./gateway.js").Gateway} gateway */
	static async enter(gateway) {
		const session = new Session();
		session.origin = gateway.ready.url.replace(/\/$/, "");
		session.port = gateway.ready.port;
		const token = /[#&]k=([^&]+)/.exec(await gateway.link())[1];
		session.secret = JSON.parse(await session.post("claim", {}, JSON.stringify({ token }))).secret;
		return session;
	}

	/** The body of the answer; rejects with { status, body } unless it is 200. */
	async post(where, headers, body) {
		const { status, bytes } = await this.request("POST", where, { "Content-Type": "application/json", ...headers }, body);
		if (status !== 200)
			throw Object.assign(new Error(`${where}: status ${status}: ${bytes}`), { status, body: bytes });
		return bytes;
	}

	/** Where requests go; https with a CA to trust. */
	address = "127.0.0.1";

	/** By node:http, which sends exactly what it is told; fetch would choose Host and Origin itself. */
	request(method, where, headers, body) {
		const { request: send } = this.origin.startsWith("https") ? https : http;
		return new Promise((resolve, reject) => {
			const request = send({
				host: this.address, port: this.port, path: `/_wvwasi/${where}`, method, ca: this.trust?.ca, agent: false,
				headers: { Host: new URL(this.origin).host, Origin: this.origin, ...headers, ...(body && { "Content-Length": Buffer.byteLength(body) }) },
			}, (response) => {
				const chunks = [];
				response.on("data", (chunk) => chunks.push(chunk));
				response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) }));
			});
			request.on("error", reject);
			request.end(body);
		});
	}

	async tickets(count = 1) {
		return JSON.parse(await this.post("ticket", { "Wvwasi-Secret": this.secret }, JSON.stringify({ count }))).tickets;
	}

	/** A connection that has said hello. Hello as encodeHello takes it; flags default to a new guest with stdin at its end. */
	async connect(hello = {}) {
		const wire = await this.dial();
		wire.send(codec.encodeHello({ flags: HELLO.NEW | HELLO.STDIN_EOF, ...hello }));
		const frame = await wire.next(FRAME.WELCOME);
		wire.welcome = codec.decodeWelcome(frame);
		return wire;
	}

	/** A WebSocket that has said nothing yet. */
	async dial() {
		const [ticket] = await this.tickets();
		return Wire.open(this.origin, ticket, this.trust);
	}

	/** A guest whose calls come by POST; `control` is its control connection. */
	async connectByPost(hello = {}) {
		const control = await this.connect({ flags: HELLO.NEW | HELLO.CONTROL | HELLO.XHR | HELLO.STDIN_EOF, ...hello });
		return { control, welcome: control.welcome, post: (bytes) => this.postCall(control.welcome.key, bytes) };
	}

	postCall(key, bytes) {
		return this.request("POST", "call", { "Content-Type": "application/octet-stream", "Wvwasi-Guest": key }, bytes)
			.then(({ status, bytes: body }) => ({ status, body, frames: status === 200 ? new codec.FrameReader().push(new Uint8Array(body)) : [] }));
	}
}

export class Wire {
	#reader = new codec.FrameReader();
	#frames = [];
	#waiting = [];
	sequence = 0;
	seen = 0;
	messages = 0;

	static open(origin, ticket, options = {}) {
		const wire = new Wire();
		const socket = new WebSocket(`${origin.replace(/^http/, "ws")}/_wvwasi/ws`, ["wvwasi.1", `t.${ticket}`],
			{ origin, perMessageDeflate: false, lookup: toLoopback, maxPayload: 64 << 20, ...options });
		wire.socket = socket;
		wire.closed = new Promise((resolve) => socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() })));
		wire.closed.then((how) => {
			wire.how = how;
			for (const { reject } of wire.#waiting.splice(0))
				reject(Object.assign(new Error(`closed with ${how.code} '${how.reason}'`), how));
		});
		socket.on("message", (data) => {
			wire.messages++;
			for (const frame of wire.#reader.push(new Uint8Array(data)))
				wire.#take({ ...frame, body: frame.body.slice() });
		});
		return within(new Promise((resolve, reject) => {
			socket.once("open", () => resolve(wire));
			socket.once("error", reject);
			socket.on("error", () => {}); // told by "close"
		}), 30_000, "the WebSocket");
	}

	#take(frame) {
		if (frame.type === FRAME.ANSWER)
			this.seen = Math.max(this.seen, new codec.Reader(frame.body).u32());
		const at = this.#waiting.findIndex(({ wants }) => wants(frame));
		if (at < 0)
			this.#frames.push(frame);
		else
			this.#waiting.splice(at, 1)[0].resolve(frame);
	}

	send(bytes) {
		this.socket.send(bytes);
	}

	/** The next frame of this type (others stay for those who ask for them). Rejects with { code, reason } when the connection closes. */
	next(type, match = () => true, timeoutMs = 30_000) {
		const wants = (frame) => frame.type === type && match(frame);
		const at = this.#frames.findIndex(wants);
		if (at >= 0)
			return Promise.resolve(this.#frames.splice(at, 1)[0]);
		if (this.how)
			return Promise.reject(Object.assign(new Error(`closed with ${this.how.code} '${this.how.reason}'`), this.how));
		return within(new Promise((resolve, reject) => this.#waiting.push({ wants, resolve, reject })), timeoutMs, `frame ${type.toString(16)}`);
	}

	/** Frames of this type that have come and weren't asked for. */
	came(type) {
		return this.#frames.filter((frame) => frame.type === type);
	}

	/** Sends a batch; gives its sequence number. */
	batch(calls, { wait = true } = {}) {
		const sequence = ++this.sequence;
		this.send(encodeBatch(calls, sequence, this.seen, wait ? BATCH.WAIT : 0));
		return sequence;
	}

	/** The answer to a batch: results in the order of the calls, { errno, gives, bytes }; undefined where there is none. */
	async answer(sequence, calls, timeoutMs) {
		const frame = await this.next(FRAME.ANSWER, ({ body }) => new codec.Reader(body).u32() === sequence, timeoutMs);
		return decodeResults(frame, calls);
	}

	/** Sends a batch and waits for its answer. */
	async calls(...calls) {
		return this.answer(this.batch(calls), calls);
	}

	/** One call; what it gives. Rejects with { errno } when it fails. */
	async call(name, args) {
		const [result] = await this.calls(call(name, args));
		if (result.errno)
			throw Object.assign(new Error(`${name}: errno ${result.errno}`), { errno: result.errno });
		return result.gives;
	}

	close() {
		this.socket.close();
		return this.closed;
	}
}

export function encodeBatch(calls, sequence, seen, flags) {
	const writer = new codec.BatchWriter();
	for (const { name, args, flags: callFlags } of calls)
		if (typeof name === "number")
			writer.call(name, callFlags);
		else
			writer.encode(codec.syscallRow(name), args, callFlags);
	return writer.seal(sequence, seen, flags);
}

export function decodeResults(frame, calls) {
	const answer = decodeAnswer(frame);
	const results = new Array(calls.length);
	for (const { index, errno, bytes } of answer.results) {
		const row = codec.syscallRow(calls[index].name);
		results[index] = { errno, bytes, gives: errno || !row ? [] : codec.decodeGives(row, bytes) };
	}
	results.order = answer.results.map(({ index }) => index);
	results.acknowledged = answer.acknowledged;
	return results;
}

/** One subscription of poll_oneoff in WASI's layout. */
export function subscription({ userdata, clock, timeout, absolute = false, read, write }) {
	const bytes = new DataView(new ArrayBuffer(48));
	bytes.setBigUint64(0, BigInt(userdata), true);
	if (clock !== undefined) {
		bytes.setUint8(8, 0);
		bytes.setUint32(16, clock, true);
		bytes.setBigUint64(24, BigInt(timeout), true);
		bytes.setUint16(40, absolute ? 1 : 0, true);
	} else {
		bytes.setUint8(8, read !== undefined ? 1 : 2);
		bytes.setUint32(16, read ?? write, true);
	}
	return new Uint8Array(bytes.buffer);
}

/** What poll_oneoff gave: [{ userdata, errno, type, nbytes, flags }]. */
export function events(bytes) {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	return Array.from({ length: bytes.length / 32 }, (_, i) => ({
		userdata: Number(view.getBigUint64(i * 32, true)), errno: view.getUint16(i * 32 + 8, true), type: view.getUint8(i * 32 + 10),
		nbytes: Number(view.getBigUint64(i * 32 + 16, true)), flags: view.getUint16(i * 32 + 24, true),
	}));
}

function toLoopback(_, options, callback) {
	if (options.all)
		callback(null, [{ address: "127.0.0.1", family: 4 }]);
	else
		callback(null, "127.0.0.1", net.isIP("127.0.0.1"));
}
