// HTTP as bytes: what a browser would never send, and answers taken apart. A socket of ours, no client library in between.
import net from "node:net";

import { within } from "../engines/deadline.js";

/** @typedef {{ status: number, reason: string, headers: Record<string, string>, body: Buffer }} Answer */

export class Raw {
	#chunks = [];
	#wake = () => {};
	ended = false;

	/** @param {number} port @param {string} host */
	static open(port, host = "127.0.0.1") {
		return Raw.over(net.connect({ port, host, allowHalfOpen: true }), "connect");
	}

	/** Over a socket that is about to say `connected`: a TLS one says "secureConnect". */
	static over(socket, connected) {
		const raw = new Raw();
		raw.socket = socket;
		raw.closed = new Promise((resolve) => raw.socket.once("close", resolve));
		raw.socket.on("data", (chunk) => {
			raw.#chunks.push(chunk);
			raw.#wake();
		});
		for (const event of ["end", "close", "error"])
			raw.socket.on(event, () => {
				raw.ended = true;
				raw.#wake();
			});
		return within(new Promise((resolve, reject) => {
			raw.socket.once(connected, () => resolve(raw));
			raw.socket.once("error", reject);
		}), 5000, "a connection");
	}

	/** @param {string | Buffer} bytes strings byte by byte */
	send(bytes) {
		this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
		return this;
	}

	get #length() {
		return this.#chunks.reduce((sum, { length }) => sum + length, 0);
	}

	/** All that has come and wasn't taken. */
	get #bytes() {
		this.#chunks = [Buffer.concat(this.#chunks)];
		return this.#chunks[0];
	}

	async #more(what, deadline) {
		if (this.ended)
			throw Object.assign(new Error(`hung up before ${what}; it had said '${this.#bytes.toString("latin1", 0, 200)}'`), { hungUp: true });
		await within(new Promise((resolve) => (this.#wake = resolve)), deadline - Date.now(), what);
	}

	/**
	 * The next answer. noBody: it is one to HEAD.
	 * @returns {Promise<Answer>}
	 */
	async answer({ noBody = false, timeoutMs = 10_000 } = {}) {
		const deadline = Date.now() + timeoutMs;
		let end;
		while ((end = this.#bytes.indexOf("\r\n\r\n")) < 0)
			await this.#more("an answer", deadline);
		const head = this.#bytes.toString("latin1", 0, end);
		const [first, ...lines] = head.split("\r\n");
		const [, status, reason] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(first) ?? [];
		if (!status)
			throw new Error(`not an answer: '${first}'`);
		const headers = {};
		for (const line of lines) {
			const [, name, value] = /^([A-Za-z-]+): (.*)$/.exec(line) ?? [];
			if (!name || name.toLowerCase() in headers)
				throw new Error(`a bad or doubled header line: '${line}'`);
			headers[name.toLowerCase()] = value;
		}
		const hasBody = !noBody && status !== "304" && !status.startsWith("1");
		const length = hasBody ? Number(headers["content-length"]) : 0;
		while (this.#length < end + 4 + length)
			await this.#more("a body", deadline);
		const rest = this.#bytes;
		const body = rest.subarray(end + 4, end + 4 + length);
		this.#chunks = [rest.subarray(end + 4 + length)];
		return { status: Number(status), reason, headers, body };
	}

	/** Resolves when the other side has hung up. */
	hungUp(timeoutMs = 15_000) {
		return within((async () => {
			while (!this.ended)
				await new Promise((resolve) => (this.#wake = resolve));
		})(), timeoutMs, "being hung up on");
	}

	close() {
		this.socket.destroy();
	}
}

/** A GET's bytes, with a good Host. @param {string} origin @param {Record<string, string>} headers */
export const get = (origin, path, headers = {}, method = "GET") =>
	`${method} ${path} HTTP/1.1\r\n${lines({ Host: new URL(origin).host, ...headers })}\r\n`;

/** A POST's bytes, as a page of the origin's sends it. */
export const post = (origin, path, body, headers = {}) =>
	`POST ${path} HTTP/1.1\r\n${lines({ Host: new URL(origin).host, Origin: origin, "Content-Type": "application/json",
		"Content-Length": Buffer.byteLength(body), ...headers })}\r\n${body}`;

const lines = (headers) => Object.entries(headers).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}\r\n`).join("");

/** A WebSocket's upgrade. @param {Record<string, string>} changes undefined leaves a line out */
export const upgrade = (origin, ticket, changes = {}, path = "/_wvwasi/ws") => get(origin, path, {
	Origin: origin, Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
	"Sec-WebSocket-Protocol": `wvwasi.1, t.${ticket}`, ...changes,
});

/** One request on a connection of its own. @returns {Promise<Answer>} */
export async function ask(port, bytes, { noBody, timeoutMs } = {}) {
	const raw = await Raw.open(port);
	try {
		return await raw.send(bytes).answer({ noBody, timeoutMs });
	} finally {
		raw.close();
	}
}
