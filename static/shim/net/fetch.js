//# allFunctionsCalledOnLoad
/* w.fetch(): fetch() through the gateway's dialer, to hosts that `--net https:HOST` allows. No CORS, no cookies; bodies are streams in both directions.
 * Leaves to others: building the request (request.js). */
import { toText } from "../base/bytes.js";
import { WasiError } from "../base/errors.js";
import { decodeResponseHead } from "../base/request-heads.js";
import { askedOf, redirected, requestBytes } from "./request.js";
import { Turns } from "./turns.js";
import { Wire } from "./wire.js";

const HEAD = 1, BODY = 2, END = 3, ERROR = 4;
const FRAME_HEAD = 5;
const BODY_PIECE = 256 << 10;
const REDIRECTS_MAX = 20;
const NULL_BODY = [204, 205, 304];

const latin1 = bytes => Array.from(bytes, byte => String.fromCharCode(byte)).join("");

/* Cuts the dialer's bytes into frames; a BODY is given in the pieces in which it arrives. */
class Answer {
	#wire;
	#have = new Uint8Array(0);
	#left = 0; // bytes of the current BODY that haven't come yet

	constructor(wire) {
		this.#wire = wire;
	}

	async #more() {
		const bytes = await this.#wire.receive();
		if (bytes.length === 0)
			throw new TypeError("the gateway's network has ended the request");
		if (this.#have.length === 0) {
			this.#have = bytes;
			return;
		}
		const both = new Uint8Array(this.#have.length + bytes.length);
		both.set(this.#have);
		both.set(bytes, this.#have.length);
		this.#have = both;
	}

	/** The next frame, or the next piece of a BODY: { kind, bytes }. Rejects with a TypeError if the dialer has closed the stream. */
	async next() {
		if (this.#left === 0) {
			while (this.#have.length < FRAME_HEAD)
				await this.#more();
			const kind = this.#have[0];
			const length = new DataView(this.#have.buffer, this.#have.byteOffset).getUint32(1, true);
			this.#have = this.#have.subarray(FRAME_HEAD);
			if (kind !== BODY) {
				while (this.#have.length < length)
					await this.#more();
				return { kind, bytes: this.#take(length) };
			}
			this.#left = length;
		}
		while (this.#have.length === 0)
			await this.#more();
		const bytes = this.#take(Math.min(this.#left, this.#have.length));
		this.#left -= bytes.length;
		return { kind: BODY, bytes };
	}

	#take(count) {
		const bytes = this.#have.subarray(0, count);
		this.#have = this.#have.subarray(count);
		return bytes;
	}
}

/* Decodes a HEAD frame: { status, statusText, headers }. */
function readHead(bytes) {
	const { status, statusText, headers: given } = decodeResponseHead(bytes), headers = new Headers();
	for (const [name, value] of given)
		try {
			headers.append(latin1(name), latin1(value));
		} catch {
			// Headers refuses this name or value: dropped, since no page could read it
		}
	return { status, statusText: latin1(statusText), headers };
}

/* The error of an ERROR frame, as fetch() gives it. */
const failure = (url, bytes) => new TypeError(`cannot fetch '${url.href}': ${toText(bytes.subarray(1))}`);

/** Sends the body as frames. @param {Wire} wire @param {Uint8Array<ArrayBuffer> | Blob | ReadableStream} body */
async function sendBody(wire, body) {
	const frame = (kind, bytes) => {
		const framed = new Uint8Array(FRAME_HEAD + bytes.length);
		framed[0] = kind;
		new DataView(framed.buffer).setUint32(1, bytes.length, true);
		framed.set(bytes, FRAME_HEAD);
		return wire.write(framed);
	};
	const source = body instanceof Uint8Array ? new Blob([body]).stream() : body instanceof Blob ? body.stream() : body;
	const reader = source.getReader();
	try {
		for (;;) {
			const { done, value } = await reader.read();
			if (done)
				break;
			if (!(value instanceof Uint8Array))
				throw new TypeError("a request's body is a stream of Uint8Array");
			for (let at = 0; at < value.length; at += BODY_PIECE)
				await frame(BODY, value.subarray(at, at + BODY_PIECE));
		}
		await frame(END, new Uint8Array(0));
	} catch (error) {
		reader.cancel(error).catch(() => {});
		throw error;
	}
}

/* The response's body as a stream that takes from the dialer only what is read. */
function bodyStream(answer, url, end, signal) {
	return new ReadableStream({
		async pull(controller) {
			try {
				const { kind, bytes } = await answer.next();
				if (kind === BODY)
					return void controller.enqueue(bytes);
				end();
				if (kind === ERROR)
					throw failure(url, bytes);
				controller.close();
			} catch (error) {
				end();
				throw signal?.aborted ? signal.reason : error;
			}
		},
		cancel: end,
	}, { highWaterMark: 0 });
}

function responseOf(asked, { status, statusText, headers }, answer, end, isRedirected) {
	const { url, method, signal, decodes } = asked;
	let body = null;
	if (method === "HEAD" || NULL_BODY.includes(status))
		end();
	else
		body = bodyStream(answer, url, end, signal);
	if (body !== null && decodes && /^(?:x-)?gzip$/i.test(headers.get("Content-Encoding") ?? ""))
		body = body.pipeThrough(new DecompressionStream("gzip"));
	const response = new Response(body, { status, statusText: /^[\t\x20-\x7E\x80-\xFF]*$/.test(statusText) ? statusText : "" });
	/* The constructor can't set url and redirected, and drops Set-Cookie from the headers. */
	Object.defineProperties(response, { url: { value: url.href }, redirected: { value: isRedirected }, headers: { value: headers } });
	return response;
}

/* Starts the request; gives its Wire. The dialer may have to look a name up or ask the user first: an abort doesn't wait for that. */
async function opened(calls, asked) {
	const { signal } = asked;
	const opening = calls.http_request(requestBytes(asked));
	if (signal === null)
		return new Wire(calls, await opening);
	let abort;
	const aborted = new Promise((resolve, reject) => (abort = () => reject(signal.reason)));
	signal.addEventListener("abort", abort);
	try {
		return new Wire(calls, await Promise.race([opening, aborted]));
	} catch (error) {
		opening.then(fd => calls.fd_close(fd)).catch(() => {}); // if it opens after the abort
		throw error;
	} finally {
		signal.removeEventListener("abort", abort);
	}
}

/** @type {WeakMap<object, Turns>} of each connect() */
const turnsOf = new WeakMap();

/* When it is its turn, the request's Wire, whose `closing` gives the turn on. */
async function openedInTurn(calls, asked) {
	const turns = turnsOf.get(calls) ?? new Turns();
	turnsOf.set(calls, turns);
	await turns.begin(asked.signal);
	try {
		const wire = await opened(calls, asked);
		return { wire, closing: () => wire.close(0).catch(() => {}).then(() => turns.end()) };
	} catch (error) {
		turns.end();
		throw error;
	}
}

/* One request, without following redirects: { head, answer, end }. */
async function exchange(calls, asked) {
	const { url, body, signal } = asked;
	const { wire, closing } = await openedInTurn(calls, asked);
	let closed = null;
	const abort = () => void (closed ??= closing());
	const end = () => {
		signal?.removeEventListener("abort", abort);
		abort();
	};
	signal?.addEventListener("abort", abort);
	if (signal?.aborted)
		abort();
	const answer = new Answer(wire);
	/* The response may come before the body was sent. If the page's body stream fails, the request ends with its error. */
	let broken = null;
	if (body !== null)
		sendBody(wire, body).catch(error => {
			if (wire.closed || error instanceof WasiError)
				return; // the dialer has ended the request: its ERROR frame has the reason
			broken = error;
			end();
		});
	try {
		const { kind, bytes } = await answer.next();
		if (kind !== HEAD)
			throw kind === ERROR ? failure(url, bytes) : new TypeError(`cannot fetch '${url.href}': no response`);
		return { head: readHead(bytes), answer, end };
	} catch (error) {
		end();
		throw signal?.aborted ? signal.reason : broken ?? error;
	}
}

function refusal(url, error) {
	if (!(error instanceof WasiError))
		return error;
	const why = error.name === "ACCES" ? `no --net rule of the gateway allows ${url.protocol}${url.host}`
		: error.name === "MFILE" ? "too many requests are open: the gateway lets a session have 128"
		: error.name === "NOTSUP" ? "the gateway couldn't load libcurl, as its terminal says" : error.message;
	return new TypeError(`cannot fetch '${url.href}': ${why}`, { cause: error });
}

/**
 * fetch() of the Fetch standard, without CORS and cookies. It ignores mode, credentials, cache, integrity, referrer and keepalive.
 * @param {any} calls connect()'s result
 * @param {RequestInfo | URL} input an http: or https: URL
 * @param {RequestInit} [init]
 * @returns {Promise<Response>} rejects with a TypeError, or with the signal's reason after an abort
 */
export async function fetchBy(calls, input, init = {}) {
	let asked = await askedOf(input, init);
	for (let hops = 0; ; hops++) {
		asked.signal?.throwIfAborted();
		let got;
		try {
			got = await exchange(calls, asked);
		} catch (error) {
			throw refusal(asked.url, error);
		}
		const { head, answer, end } = got;
		let next = null;
		try {
			next = asked.redirect === "manual" ? null : redirected(asked, head.status, head.headers.get("Location"));
			if (next !== null && (asked.redirect === "error" || hops === REDIRECTS_MAX))
				throw new TypeError(`cannot fetch '${asked.url.href}': ${hops === REDIRECTS_MAX ? "too many redirects" : "the server redirected it"}`);
		} catch (error) {
			end();
			throw error;
		}
		if (next === null)
			return responseOf(asked, head, answer, end, hops > 0);
		end();
		asked = next;
	}
}
