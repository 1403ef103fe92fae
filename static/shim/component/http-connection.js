//# allFunctionsCalledOnLoad
/* One connection of a client, HTTP/1.1 (RFC 9112): requests as they come, one after the other, and responses. Strict where a message's end is concerned.
 * Leaves to others: which component answers, and when (service.js). */
import { indexOfBytes, toBytes } from "../base/bytes.js";
import { concatenate } from "../base/output.js";
import { incomplete } from "./http-errors.js";
import { FORBIDDEN, Fields, OutgoingBody, TOKEN } from "./http-messages.js";
import { READY } from "./poll.js";
import { SocketInput, SocketOutput, WRITE_MAX } from "./streams.js";

const HEAD_MAX = 64 << 10, LINE_MAX = 4096, TRAILERS_MAX = 100;
const PIECE = 64 << 10;
const DRAIN_MAX = 1 << 20; // of a request's body that nobody has read, so that another request can follow
const GATHERED_MAX = 64 << 10, GATHERED_MS = 10;
const BODY = 2;
const NOTHING = new Uint8Array(0), CRLF = [13, 10], HEAD_END = [13, 10, 13, 10];
const BAD = 400, TOO_LARGE = 431, UNKNOWN_CODING = 501;
const SIZE = 0, DATA_END = 1, TRAILER = 2; // what a chunked body's next line is
const latin1 = bytes => Array.from(bytes, byte => String.fromCharCode(byte)).join("");

/* Small pieces go together: when the component waits or has answered, when there are many, or when the first is old. */
class GatheringOutput extends SocketOutput {
	#isStuck = false; // the kernel takes no more at the moment
	#since = 0;

	#told(then) {
		return (...args) => {
			this.#isStuck = this.keptLength > 0;
			return then(...args);
		};
	}

	write(host, pointer, length, then) {
		if (this.#isStuck || this.keptLength + length > GATHERED_MAX)
			return super.write(host, pointer, length, this.#told(then));
		this.gather(host, host.memory.bytes.subarray(pointer, pointer + length));
		return then(0);
	}

	gather(host, bytes) {
		if (this.keptLength === 0)
			this.#since = performance.now();
		this.keep(host, bytes);
	}

	room(host, then) {
		return this.#isStuck ? super.room(host, this.#told(then)) : then(0, WRITE_MAX);
	}

	flush(host, then) {
		return !this.#isStuck && performance.now() - this.#since < GATHERED_MS ? then(0) : super.flush(host, this.#told(then));
	}

	push(host, then) {
		return super.push(host, this.#told(then));
	}

	advance(host) {
		return host.after(super.advance(host), this.#told(result => result));
	}

	waitsFor() {
		return this.#isStuck ? super.waitsFor() : READY;
	}
}

/* A request's body, as BodyInput reads it. */
class RequestBody {
	/** why there is no more: http-errors.js's */
	error = null;
	isEnd = false;
	#input;
	#have = NOTHING;
	#left;
	#isChunked;
	#line = SIZE;
	#trailers = 0;

	/** length: null where it comes in chunks */
	constructor(input, length) {
		this.#input = input;
		this.#isChunked = length === null;
		this.#left = length ?? 0;
	}

	get isReady() {
		return this.error !== null || this.isEnd || this.#have.length > 0 && this.#left > 0;
	}

	waitsFor() {
		return this.isReady ? READY : this.#input.waitsFor();
	}

	advance(host) {
		return this.#input.readNow(host, PIECE, (errno, bytes) => {
			if (errno !== 0)
				this.error = incomplete();
			else
				this.take(bytes);
			return 0;
		});
	}

	take(bytes) {
		this.#have = concatenate([this.#have, bytes]);
		this.#lines();
	}

	/* Up to a chunk's bytes. */
	#lines() {
		while (this.#left === 0 && !this.isEnd && this.error === null) {
			if (!this.#isChunked)
				return void (this.isEnd = true);
			const end = indexOfBytes(this.#have, CRLF, 0, this.#have.length);
			if (end < 0 && this.#have.length <= LINE_MAX)
				return;
			const line = latin1(this.#have.subarray(0, Math.max(end, 0)));
			this.#have = this.#have.subarray(end + 2);
			if (end < 0 || !this.#take(line))
				this.error = incomplete();
		}
	}

	/* False: it isn't as it must be. */
	#take(line) {
		if (this.#line === TRAILER) {
			this.isEnd = line === "";
			return this.#trailers++ < TRAILERS_MAX;
		}
		if (this.#line === DATA_END) {
			this.#line = SIZE;
			return line === "";
		}
		const size = /^([0-9a-f]{1,12})(?:[ \t]*;.*)?$/i.exec(line);
		this.#left = size === null ? 0 : parseInt(size[1], 16);
		this.#line = this.#left === 0 ? TRAILER : DATA_END;
		return size !== null;
	}

	/** Bytes that are there: perhaps none. */
	body(length) {
		const count = Math.min(length, this.#left, this.#have.length), bytes = this.#have.subarray(0, count);
		this.#have = this.#have.subarray(count);
		this.#left -= count;
		this.#lines();
		return bytes;
	}

	/** What came behind its end. */
	get rest() {
		return this.#have;
	}

	drop() {
		return 0;
	}
}

/** A response's body on its way out. */
export class ResponseBody extends OutgoingBody {
	#left = null;
	#isChunked = false;
	#isSilent = false;
	/** it isn't as long as it should be */
	isWrong = false;

	/** left: bytes that follow, null: nobody knows; isSilent: there may be none on the wire. */
	frame({ left, isChunked, isSilent }) {
		this.#left = isSilent ? null : left;
		this.#isChunked = isChunked;
		this.#isSilent = isSilent;
	}

	encode(kind, bytes) {
		if (kind !== BODY) {
			this.isWrong ||= this.#left > 0;
			return this.#isChunked ? toBytes("0\r\n\r\n") : NOTHING;
		}
		if (this.#isSilent)
			return NOTHING;
		if (this.#left !== null) {
			this.isWrong ||= bytes.length > this.#left;
			bytes = bytes.subarray(0, this.#left);
			this.#left -= bytes.length;
		}
		return this.#isChunked ? concatenate([toBytes(`${bytes.length.toString(16)}\r\n`), bytes, toBytes("\r\n")]) : bytes;
	}

	drop() {
		return 0;
	}
}

/* { request } or { refusal: a status } */
function requestOf(text) {
	const [first, ...lines] = text.split("\r\n");
	const [, method, target, minor] = /^([^ ]+) ([!-~]+) HTTP\/1\.([01])$/.exec(first) ?? [];
	const headers = lines.map(line => /^([^:]+):[ \t]*(.*?)[ \t]*$/.exec(line));
	const isWrong = header => header === null || !TOKEN.test(header[1]) || /[\0-\x08\x0a-\x1f\x7f]/.test(header[2]);
	if (method === undefined || !TOKEN.test(method) || headers.some(isWrong))
		return { refusal: BAD };
	const all = name => headers.filter(([, its]) => its.toLowerCase() === name).map(([,, value]) => value);
	const absolute = /^https?:\/\/([^/?#@]+)(.*)$/i.exec(target);
	const path = absolute === null ? target : absolute[2].startsWith("/") ? absolute[2] : `/${absolute[2]}`;
	const hosts = all("host"), lengths = all("content-length"), codings = all("transfer-encoding"), isOld = minor === "0";
	if (!path.startsWith("/") && !(method === "OPTIONS" && path === "*") || hosts.length > 1 || hosts.length === 0 && !isOld)
		return { refusal: BAD };
	if (lengths.length > 1 || lengths.some(length => !/^\d{1,15}$/.test(length)) || codings.length > 0 && (lengths.length > 0 || isOld))
		return { refusal: BAD };
	if (codings.length > 1 || codings.some(coding => coding.toLowerCase() !== "chunked"))
		return { refusal: UNKNOWN_CODING };
	const fields = new Fields();
	fields.entries = headers.filter(([, name]) => !FORBIDDEN.test(name))
		.map(([, name, value]) => [name.toLowerCase(), Uint8Array.from(value, letter => letter.charCodeAt(0))]);
	fields.isImmutable = true;
	const connection = all("connection").join(",").toLowerCase().split(/[ \t]*,[ \t]*/);
	return { request: { method, path, authority: absolute?.[1] ?? hosts[0] ?? null, fields, isOld, length: codings.length > 0 ? null : Number(lengths[0] ?? 0),
		isLast: connection.includes("close") || isOld && !connection.includes("keep-alive"), expects: /^100-continue$/i.test(all("expect")[0] ?? "") } };
}

export class ServedConnection {
	#input;
	#have = NOTHING;
	#response = null;
	#isLast = false; // nothing follows what is being sent
	#unread = null; // a request's body that nobody has read to its end
	#drained = 0;
	/** what came is to be thrown away until the client closes it */
	isEnding = false;
	isShut = false;
	/** to be closed */
	isOver = false;
	/** { method, path, authority, fields, body }: to be answered; null: none has come */
	request = null;
	/** a component answers it */
	isTaken = false;

	constructor(fd) {
		this.fd = fd;
		this.#input = new SocketInput(fd);
		this.output = new GatheringOutput(fd);
	}

	/** Does it wait for the client alone? */
	get isIdle() {
		return this.request === null && !this.isOver;
	}

	/** Is all sent that is to be? */
	get hasEnded() {
		return this.isEnding && this.output.keptLength === 0;
	}

	waitsFor() {
		return this.isIdle && !(this.hasEnded && !this.isShut) ? this.#input.waitsFor() : READY;
	}

	/** Receives what has come. */
	advance(host) {
		return this.#input.readNow(host, PIECE, (errno, bytes) => {
			this.isOver ||= errno !== 0;
			if (errno === 0 && !this.isEnding)
				this.#take(host, bytes);
			return 0;
		});
	}

	#take(host, bytes) {
		if (this.#unread !== null) {
			this.#unread.take(bytes);
			return this.#drain(host);
		}
		this.#have = concatenate([this.#have, bytes]);
		this.#parse(host);
	}

	#parse(host) {
		while (this.#have[0] === CRLF[0] && this.#have[1] === CRLF[1])
			this.#have = this.#have.subarray(2); // RFC 9112, 2.2
		const end = indexOfBytes(this.#have, HEAD_END, 0, this.#have.length);
		if (end < 0 && this.#have.length <= HEAD_MAX)
			return;
		const { request, refusal } = end < 0 || end > HEAD_MAX ? { refusal: TOO_LARGE } : requestOf(latin1(this.#have.subarray(0, end)));
		this.#isLast = refusal !== undefined || request.isLast;
		this.request = refusal === undefined ? request : { method: "GET", isOld: false };
		if (refusal !== undefined) {
			this.respond(host, { status: refusal, fields: new Fields(), body: null });
			return this.#next(host);
		}
		request.body = new RequestBody(this.#input, request.length);
		request.body.take(this.#have.subarray(end + HEAD_END.length));
		if (request.expects && !request.isOld && !request.body.isReady)
			this.output.gather(host, toBytes("HTTP/1.1 100 Continue\r\n\r\n"));
	}

	/** The response begins. body: a ResponseBody; null: it has none. Gives 0 or MISS. */
	respond(host, { status, fields, body }) {
		const { method, isOld } = this.request, given = fields.lengthOf();
		const isSilent = method === "HEAD" || status < 200 || status === 204 || status === 304;
		const left = given ?? (body === null && !isSilent ? 0 : null), isChunked = left === null && !isSilent && !isOld;
		this.#response = { body };
		this.#isLast ||= left === null && !isSilent && isOld || body === null && !isSilent && left > 0;
		const lines = [toBytes(`HTTP/1.1 ${status} \r\n`)];
		for (const [name, value] of fields.entries)
			if (name.toLowerCase() !== "content-length")
				lines.push(toBytes(`${name}: `), value, toBytes("\r\n"));
		const own = { "date": fields.get("date").length > 0 ? null : new Date().toUTCString(), "content-length": left,
			"transfer-encoding": isChunked ? "chunked" : null, "connection": this.#isLast ? "close" : isOld ? "keep-alive" : null };
		lines.push(toBytes(Object.entries(own).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}\r\n`).join("") + "\r\n"));
		this.output.gather(host, concatenate(lines));
		body?.frame({ left, isChunked, isSilent });
		return body?.begin(host, this.output, () => 0) ?? 0;
	}

	/** The component is done with the request: isWhole, or it has trapped. */
	answered(host, isWhole) {
		this.isTaken = false;
		if (this.#response === null) {
			this.#isLast ||= !isWhole;
			this.respond(host, { status: 500, fields: new Fields(), body: null });
		}
		const { body } = this.#response;
		this.#isLast ||= body !== null && (!body.isFinished || body.isWrong);
		this.#unread = this.request.body;
		this.#drained = 0;
		this.#drain(host);
	}

	#drain(host) {
		const body = this.#unread;
		while (body.isReady && !body.isEnd && body.error === null)
			this.#drained += body.body(PIECE).length;
		if (body.error !== null || this.#drained > DRAIN_MAX)
			this.#isLast = true;
		this.request = null;
		if (!body.isEnd && !this.#isLast)
			return;
		this.#have = body.rest;
		this.#unread = null;
		this.#next(host);
	}

	#next(host) {
		this.request = this.#response = null;
		if (this.#isLast)
			this.isEnding = true;
		else
			this.#parse(host);
	}

	close(host) {
		host.unsent.delete(this.output);
		return host.after(host.calls.fd_close(this.fd), () => 0);
	}
}

