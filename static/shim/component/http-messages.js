//# allFunctionsCalledOnLoad
/* What a component's requests are made of: fields, the request's body on its way out, the response on its way in. On the wire they are http_request's stream
 * (docs/PROTOCOL.md, Requests). Leaves to others: the functions of wasi:http (http.js). */
import { toText } from "../base/bytes.js";
import { ERRNO } from "../base/errors.js";
import { concatenate } from "../base/output.js";
import { decodeResponseHead } from "../base/request-heads.js";
import { errorOfErrno, errorOfFrame, incomplete } from "./http-errors.js";
import { Pollable, READY, poll } from "./poll.js";
import { CLOSED, InputStream, OutputStream, SocketInput, StreamError, WRITE_MAX, writeBytes } from "./streams.js";

const HEAD = 1, BODY = 2, END = 3;
const FRAME_HEAD = 5;
const PIECE = 64 << 10;
const NOTHING = new Uint8Array(0);
export const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/* The gateway writes these itself: they say where a message ends, or concern one connection. */
export const FORBIDDEN = /^(?:connection|expect|host|http2-settings|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/i;
const INVALID = 0, FORBIDDEN_FIELD = 1, IMMUTABLE = 2; // header-error

/** Header fields. values are bytes. */
export class Fields {
	entries = []; // [name, value]
	isImmutable = false;

	get(name) {
		return this.entries.filter(([its]) => its.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
	}

	/** Why these can't be added, as header-error has it; null: they can. */
	refusal(name, values = []) {
		if (this.isImmutable)
			return IMMUTABLE;
		if (!TOKEN.test(name) || values.some(value => value.some(byte => byte < 0x20 && byte !== 9 || byte === 0x7F)))
			return INVALID;
		return FORBIDDEN.test(name) ? FORBIDDEN_FIELD : null;
	}

	delete(name) {
		this.entries = this.entries.filter(([its]) => its.toLowerCase() !== name.toLowerCase());
	}

	/** What content-length says, or undefined. */
	lengthOf() {
		const [length] = this.get("content-length");
		return length !== undefined && /^\d{1,15}$/.test(toText(length)) ? Number(toText(length)) : undefined;
	}

	copy() {
		const copy = new Fields();
		copy.entries = [...this.entries];
		return copy;
	}
}

const framed = (kind, bytes) => {
	const frame = new Uint8Array(FRAME_HEAD + bytes.length);
	frame[0] = kind;
	new DataView(frame.buffer).setUint32(1, bytes.length, true);
	frame.set(bytes, FRAME_HEAD);
	return frame;
};

/** A request's body on its way out: what is written before the request is made is kept. */
export class OutgoingBody {
	/** the request's stream, once it is made */
	sink = null;
	keptLength = 0;
	isWritten = false;
	isFinished = false;
	#kept = []; // { kind, bytes }

	/** A piece as it goes on the wire. */
	encode(kind, bytes) {
		return framed(kind, bytes);
	}

	/** Sends, or keeps for later: then(errno). */
	send(host, kind, bytes, then) {
		if (this.sink !== null)
			return writeBytes(host, this.sink, this.encode(kind, bytes), then);
		this.#kept.push({ kind, bytes });
		this.keptLength += bytes.length;
		return then(0);
	}

	/** All of it is written: the connection is the response's alone, now or once the request is made. then() */
	finish(host, then) {
		this.isFinished = true;
		return host.after(this.drop(host), then);
	}

	drop(host) {
		return this.sink?.drop(host) ?? 0;
	}

	/** The request is made: what was kept goes to the sink. then(errno) */
	begin(host, sink, then) {
		this.sink = sink;
		const kept = concatenate(this.#kept.map(({ kind, bytes }) => this.encode(kind, bytes)));
		this.#kept = [];
		return writeBytes(host, sink, kept, errno => (this.isFinished ? host.after(this.drop(host), () => then(errno)) : then(errno)));
	}
}

/** The stream of a body that goes. */
export class BodyOutput extends OutputStream {
	#body;

	constructor(body) {
		super(-1);
		this.#body = body;
	}

	write(host, pointer, length, then) {
		if (length === 0)
			return then(0);
		const piece = Math.min(length, PIECE), bytes = host.memory.bytes.slice(pointer, pointer + piece);
		return this.#body.send(host, BODY, bytes, errno => (errno !== 0 ? then(errno) : this.write(host, pointer + piece, length - piece, then)));
	}

	room(host, then) {
		const { sink, keptLength } = this.#body;
		return sink === null ? then(0, Math.max(0, WRITE_MAX - keptLength)) : sink.room(host, then);
	}

	flush(host, then) {
		const { sink } = this.#body;
		return sink === null ? then(0) : sink.flush(host, then);
	}

	waitsFor() {
		return this.#body.sink === null ? READY : this.#body.sink.waitsFor();
	}

	advance(host) {
		return this.#body.sink?.advance(host) ?? 0;
	}

	drop() {
		return 0;
	}
}

/** What a request's connection brings: frames. */
export class Answer {
	#connection;
	#input;
	#have = NOTHING;
	#left = 0; // bytes of the current BODY
	/** { status, fields } once it has come */
	head = null;
	/** why there is no more: http-errors.js's */
	error = null;
	isEnd = false;

	constructor(connection) {
		this.#connection = connection;
		this.#input = new SocketInput(connection.fd, connection);
	}

	/** Is there something to give? */
	get isReady() {
		return this.error !== null || (this.head === null ? false : this.isEnd || this.#have.length > 0 && this.#left > 0);
	}

	waitsFor() {
		return this.isReady ? READY : this.#input.waitsFor();
	}

	/** Receives what has come: 0 or MISS. */
	advance(host) {
		return this.#input.readNow(host, PIECE, (errno, bytes) => {
			if (errno !== 0)
				this.error = errno === CLOSED ? incomplete() : errorOfErrno(errno);
			else
				this.#take(bytes);
			return 0;
		});
	}

	#take(bytes) {
		const both = new Uint8Array(this.#have.length + bytes.length);
		both.set(this.#have);
		both.set(bytes, this.#have.length);
		this.#have = both;
		this.#frames();
	}

	/* Up to a BODY's bytes. */
	#frames() {
		while (this.#left === 0 && !this.isEnd && this.error === null && this.#have.length >= FRAME_HEAD) {
			const kind = this.#have[0], length = new DataView(this.#have.buffer, this.#have.byteOffset).getUint32(1, true);
			if (kind !== BODY && this.#have.length < FRAME_HEAD + length)
				return;
			const content = this.#have.subarray(FRAME_HEAD, FRAME_HEAD + length);
			this.#have = this.#have.subarray(kind === BODY ? FRAME_HEAD : FRAME_HEAD + length);
			if (kind === BODY)
				this.#left = length;
			else if (kind === HEAD)
				this.head = headOf(content);
			else if (kind === END)
				this.isEnd = true;
			else
				this.error = errorOfFrame(content);
		}
	}

	/** Bytes of the body that are there: perhaps none. */
	body(length) {
		const count = Math.min(length, this.#left, this.#have.length), bytes = this.#have.subarray(0, count);
		this.#have = this.#have.subarray(count);
		this.#left -= count;
		this.#frames();
		return bytes;
	}

	drop(host) {
		return this.#input.drop(host);
	}
}

function headOf(bytes) {
	const { status, headers } = decodeResponseHead(bytes), fields = new Fields();
	fields.entries = headers.map(([name, value]) => [String.fromCharCode(...name).toLowerCase(), value]);
	fields.isImmutable = true;
	return { status, fields };
}

/** What `source` brings (an Answer): a component's view of it. */
export class IncomingBody {
	isStreamed = false;

	constructor(source) {
		this.source = source;
	}

	drop(host) {
		return this.source.drop(host);
	}
}

/** The stream of a body that comes. */
export class BodyInput extends InputStream {
	#answer;

	constructor(answer) {
		super(-1);
		this.#answer = answer;
	}

	readNow(host, length, then) {
		const answer = this.#answer;
		const give = () => {
			const bytes = answer.body(length);
			if (bytes.length > 0 || length === 0)
				return then(0, bytes);
			return answer.error !== null ? then(new StreamError(ERRNO.IO, answer.error), bytes) : then(answer.isEnd ? CLOSED : 0, bytes);
		};
		return answer.isReady ? give() : host.after(answer.advance(host), give);
	}

	read(host, length, then) {
		return this.readNow(host, length, (errno, bytes) => (errno !== 0 || bytes.length > 0 || length === 0 ? then(errno, bytes)
			: poll(host, [Pollable.of(this)], () => this.read(host, length, then))));
	}

	waitsFor() {
		return this.#answer.waitsFor();
	}

	advance(host) {
		return this.#answer.advance(host);
	}

	drop() {
		return 0;
	}
}
