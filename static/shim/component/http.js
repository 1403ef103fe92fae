//# allFunctionsCalledOnLoad
/* wasi:http/types and outgoing-handler, by http_request: what `--net https:HOST` allows. Components can't be asked yet: the functions for that trap. */
import { toBytes, toText } from "../base/codec.js";
import { ERRNO } from "../base/errors.js";
import { FDFLAGS } from "../base/fds.js";
import { Held } from "./descriptor.js";
import { RESULT } from "./host.js";
import { ERROR_CODE, errorOfErrno, internalError, storeError } from "./http-errors.js";
import { Answer, BodyInput, BodyOutput, Fields, OutgoingBody } from "./http-messages.js";
import { Pollable, READY } from "./poll.js";
import { StreamError } from "./streams.js";

const HTTP = "wasi:http/types#";
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"], OTHER_METHOD = 9;
const SCHEMES = ["http", "https"], OTHER_SCHEME = 2;
const NO_BODY = 0, KNOWN = 1, STREAM = 2; // of a request's head
const END = 3;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const OK = 0, FAILED = 1;

class OutgoingRequest {
	method = METHODS[0];
	/** "http", "https", null: https */
	scheme = null;
	authority = null;
	path = null;
	body = null;

	constructor(fields) {
		this.fields = fields;
	}
}

class RequestOptions {}
class Connection extends Held {}

class FutureIncomingResponse {
	isTaken = false;

	constructor(answer) {
		this.answer = answer;
	}

	waitsFor() {
		return this.answer.head !== null || this.answer.error !== null ? READY : this.answer.waitsFor();
	}

	advance(host) {
		return this.answer.advance(host);
	}

	drop(host) {
		return this.isTaken ? 0 : this.answer.drop(host);
	}
}

class IncomingResponse {
	isConsumed = false;

	constructor(answer) {
		this.answer = answer;
	}

	drop(host) {
		return this.isConsumed ? 0 : this.answer.drop(host);
	}
}

class IncomingBody {
	isStreamed = false;

	constructor(answer) {
		this.answer = answer;
	}

	drop(host) {
		return this.answer.drop(host);
	}
}

class FutureTrailers {}

/* The head of http_request, as PROTOCOL.md has it. */
function headOf({ method, fields, body }, url) {
	const length = fields.get("content-length")[0], sent = fields.entries.filter(([name]) => name.toLowerCase() !== "content-length");
	const known = length !== undefined && body !== null ? Number(toText(length)) : null;
	const parts = [];
	const number = (value, bytes) => parts.push(Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256));
	const text = bytes => {
		number(bytes.length, 2);
		parts.push(bytes);
	};
	text(toBytes(method));
	text(toBytes(url));
	number(body === null ? NO_BODY : known === null ? STREAM : KNOWN, 1);
	number(known ?? 0, 8);
	number(sent.length, 2);
	for (const [name, value] of sent) {
		text(toBytes(name));
		text(value);
	}
	return new Uint8Array(parts.flatMap(part => [...part]));
}

/* The URL as the gateway takes it, or null. */
function urlOf({ scheme, authority, path }) {
	try {
		const url = new URL(`${scheme ?? "https"}://${authority}${path ?? "/"}`);
		return url.username || url.password ? null : url.href;
	} catch {
		return null;
	}
}

/** key of interfaces.js -> (guest, ...i32) => result or MISS. One function for the whole kind: imports/index.js has the reason. */
export function httpFunctions(host) {
	const { memory } = host;
	const text = (guest, pointer, length) => toText(guest.bytes(pointer, length));
	const requestOf = handle => host.get(handle, OutgoingRequest);

	/* list<T>: store(item's place, T) */
	function giveItems(guest, to, size, list, store) {
		const at = guest.place(to, 8, 4), items = guest.allocate(size * list.length, 4);
		list.forEach((item, i) => store(items + size * i, item));
		guest.view.setUint32(at, items, true);
		guest.view.setUint32(at + 4, list.length, true);
		return 0;
	}

	function takeItems(guest, pointer, count, size, load) {
		const list = guest.place(pointer, size * (count >>> 0), 4);
		return Array.from({ length: count >>> 0 }, (_, i) => load(list + size * i));
	}

	const listAt = (guest, at) => guest.bytes(guest.view.getUint32(at, true), guest.view.getUint32(at + 4, true)).slice();

	/* result<own, _> of one handle, where there may be one once */
	function giveOnce(guest, to, resource) {
		const at = guest.place(to, 8, 4);
		guest.view.setUint8(at, resource === null ? FAILED : OK);
		if (resource !== null)
			guest.view.setUint32(at + 4, host.add(resource), true);
		return 0;
	}

	/* result<_, header-error> */
	function change(guest, to, refusal, act) {
		const at = guest.place(to, 2, 1);
		guest.view.setUint8(at, refusal === null ? OK : FAILED);
		if (refusal === null)
			act();
		else
			guest.view.setUint8(at + 1, refusal);
		return 0;
	}

	/* option<string> */
	function giveText(guest, to, value) {
		const at = guest.place(to, 12, 4);
		guest.view.setUint8(at, value === null ? 0 : 1);
		if (value !== null)
			guest.setList(at + 4, toBytes(value));
		return 0;
	}

	const setText = (field, isRight) => (guest, handle, isSome, pointer, length) => {
		const value = isSome === 0 ? null : text(guest, pointer, length);
		if (value !== null && !isRight(value))
			return FAILED;
		requestOf(handle)[field] = value;
		return OK;
	};

	/* Whose `fields` a headers function gives: a copy that nobody changes */
	const givesFields = fieldsOf => (guest, handle) => {
		const copy = fieldsOf(handle).copy();
		copy.isImmutable = true;
		return host.add(copy);
	};

	function handleRequest(guest, handle, isSome, options, to) {
		const request = requestOf(handle), at = guest.place(to, 40, 8);
		const fail = error => {
			guest.view.setUint8(at, FAILED);
			storeError(guest, at + 8, error);
			return 0;
		};
		host.take(handle);
		if (isSome !== 0)
			host.take(options);
		const url = urlOf(request);
		if (url === null)
			return fail(errorOfErrno(ERRNO.INVAL));
		const head = headOf(request, url), place = host.room(head.length);
		memory.write(place, head);
		return host.after(host.sockets["http_request/3"](place, head.length, RESULT.COUNT), errno => {
			if (errno !== 0)
				return fail(errorOfErrno(errno));
			const connection = new Connection(memory.u32(RESULT.COUNT));
			return host.after(host.calls.fd_fdstat_set_flags(connection.fd, FDFLAGS.NONBLOCK), () => {
				const answer = new Answer(connection);
				const give = () => {
					guest.view.setUint8(at, OK);
					guest.view.setUint32(at + 8, host.add(new FutureIncomingResponse(answer)), true);
					return connection.release(host); // the streams hold it
				};
				return request.body === null ? give() : request.body.begin(host, connection, give);
			});
		});
	}

	/* option<result<result<T, error-code>>>: outcome: undefined not yet, null taken, { error } or { give } */
	function giveFuture(guest, to, outcome) {
		const at = guest.place(to, 24 + ERROR_CODE, 8);
		guest.view.setUint8(at, outcome === undefined ? 0 : 1);
		if (outcome === undefined)
			return 0;
		guest.view.setUint8(at + 8, outcome === null ? FAILED : OK);
		if (outcome === null)
			return 0;
		guest.view.setUint8(at + 16, outcome.error ? FAILED : OK);
		if (outcome.error)
			storeError(guest, at + 24, outcome.error);
		else
			outcome.give(at + 24);
		return 0;
	}

	function futureGet(guest, handle, to) {
		const future = host.get(handle, FutureIncomingResponse), { answer } = future;
		if (future.isTaken)
			return giveFuture(guest, to, null);
		if (answer.head === null && answer.error === null)
			return giveFuture(guest, to, undefined);
		future.isTaken = true;
		return answer.head === null ? giveFuture(guest, to, { error: answer.error })
			: giveFuture(guest, to, { give: at => guest.view.setUint32(at, host.add(new IncomingResponse(answer)), true) });
	}

	function finishBody(guest, handle, isSome, trailers, to) {
		const body = host.take(handle, OutgoingBody), at = guest.place(to, 8 + ERROR_CODE, 8);
		const hasTrailers = isSome !== 0 && host.take(trailers, Fields).entries.length > 0;
		const give = error => {
			guest.view.setUint8(at, error === null ? OK : FAILED);
			if (error !== null)
				storeError(guest, at + 8, error);
			return 0;
		};
		return hasTrailers ? give(internalError("the gateway sends no trailers"))
			: body.send(host, END, new Uint8Array(0), () => body.finish(host, () => give(null))); // if the request is over, the response says why
	}

	const notServed = () => {
		throw new WebAssembly.RuntimeError("components can't serve HTTP here yet");
	};
	const unserved = Object.fromEntries(["[method]incoming-request.method", "[method]incoming-request.path-with-query", "[method]incoming-request.scheme",
		"[method]incoming-request.authority", "[method]incoming-request.headers", "[method]incoming-request.consume", "[static]response-outparam.set",
		"[constructor]outgoing-response", "[method]outgoing-response.status-code", "[method]outgoing-response.set-status-code",
		"[method]outgoing-response.headers", "[method]outgoing-response.body"].map(name => [`${HTTP}${name}`, notServed]));
	const timeouts = ["connect-timeout", "first-byte-timeout", "between-bytes-timeout"].flatMap(name => [
		[`${HTTP}[method]request-options.${name}`, (guest, handle, to) => {
			host.get(handle, RequestOptions);
			guest.view.setUint8(guest.place(to, 16, 8), 0);
			return 0;
		}],
		[`${HTTP}[method]request-options.set-${name}`, (guest, handle, isSome) => {
			host.get(handle, RequestOptions);
			return isSome === 0 ? OK : FAILED; // the dialer has its own
		}],
	]);

	return {
		...unserved, ...Object.fromEntries(timeouts),
		"wasi:http/outgoing-handler#handle": handleRequest,
		[`${HTTP}http-error-code`](guest, handle, to) {
			const { code } = host.get(handle, StreamError), at = guest.place(to, 8 + ERROR_CODE, 8);
			guest.view.setUint8(at, code === null ? 0 : 1);
			if (code !== null)
				storeError(guest, at + 8, code);
			return 0;
		},

		[`${HTTP}[constructor]fields`]: () => host.add(new Fields()),
		[`${HTTP}[static]fields.from-list`](guest, pointer, count, to) {
			const at = guest.place(to, 8, 4), fields = new Fields();
			fields.entries = takeItems(guest, pointer, count, 16, item => [toText(listAt(guest, item)), listAt(guest, item + 8)]);
			const refusal = fields.entries.map(([name, value]) => fields.refusal(name, [value])).find(its => its !== null) ?? null;
			guest.view.setUint8(at, refusal === null ? OK : FAILED);
			if (refusal === null)
				guest.view.setUint32(at + 4, host.add(fields), true);
			else
				guest.view.setUint8(at + 4, refusal);
			return 0;
		},
		[`${HTTP}[method]fields.get`]: (guest, handle, pointer, length, to) =>
			giveItems(guest, to, 8, host.get(handle, Fields).get(text(guest, pointer, length)), (at, value) => guest.setList(at, value)),
		[`${HTTP}[method]fields.has`]: (guest, handle, pointer, length) => (host.get(handle, Fields).get(text(guest, pointer, length)).length > 0 ? 1 : 0),
		[`${HTTP}[method]fields.set`](guest, handle, pointer, length, list, count, to) {
			const fields = host.get(handle, Fields), name = text(guest, pointer, length), values = takeItems(guest, list, count, 8, at => listAt(guest, at));
			return change(guest, to, fields.refusal(name, values), () => {
				fields.delete(name);
				fields.entries.push(...values.map(value => [name, value]));
			});
		},
		[`${HTTP}[method]fields.delete`](guest, handle, pointer, length, to) {
			const fields = host.get(handle, Fields), name = text(guest, pointer, length);
			return change(guest, to, fields.refusal(name), () => fields.delete(name));
		},
		[`${HTTP}[method]fields.append`](guest, handle, pointer, length, valueAt, valueLength, to) {
			const fields = host.get(handle, Fields), name = text(guest, pointer, length), value = guest.bytes(valueAt, valueLength).slice();
			return change(guest, to, fields.refusal(name, [value]), () => fields.entries.push([name, value]));
		},
		[`${HTTP}[method]fields.entries`]: (guest, handle, to) => giveItems(guest, to, 16, host.get(handle, Fields).entries, (at, [name, value]) => {
			guest.setList(at, toBytes(name));
			guest.setList(at + 8, value);
		}),
		[`${HTTP}[method]fields.clone`]: (guest, handle) => host.add(host.get(handle, Fields).copy()),

		[`${HTTP}[constructor]outgoing-request`]: (guest, handle) => host.add(new OutgoingRequest(host.take(handle, Fields))),
		[`${HTTP}[method]outgoing-request.headers`]: givesFields(handle => requestOf(handle).fields),
		[`${HTTP}[method]outgoing-request.body`](guest, handle, to) {
			const request = requestOf(handle), isFirst = request.body === null;
			request.body ??= new OutgoingBody();
			return giveOnce(guest, to, isFirst ? request.body : null);
		},
		[`${HTTP}[method]outgoing-request.method`](guest, handle, to) {
			const { method } = requestOf(handle), at = guest.place(to, 12, 4), known = METHODS.indexOf(method);
			guest.view.setUint8(at, known < 0 ? OTHER_METHOD : known);
			if (known < 0)
				guest.setList(at + 4, toBytes(method));
			return 0;
		},
		[`${HTTP}[method]outgoing-request.set-method`](guest, handle, kind, pointer, length) {
			const method = METHODS[kind] ?? text(guest, pointer, length);
			if (!TOKEN.test(method))
				return FAILED;
			requestOf(handle).method = method;
			return OK;
		},
		[`${HTTP}[method]outgoing-request.path-with-query`]: (guest, handle, to) => giveText(guest, to, requestOf(handle).path),
		[`${HTTP}[method]outgoing-request.set-path-with-query`]: setText("path", value => value.startsWith("/") && !/[#\s]/.test(value)),
		[`${HTTP}[method]outgoing-request.authority`]: (guest, handle, to) => giveText(guest, to, requestOf(handle).authority),
		[`${HTTP}[method]outgoing-request.set-authority`]: setText("authority", value => /^[^/?#@\s]+$/.test(value)),
		[`${HTTP}[method]outgoing-request.scheme`](guest, handle, to) {
			const { scheme } = requestOf(handle), at = guest.place(to, 16, 4);
			guest.view.setUint8(at, scheme === null ? 0 : 1);
			if (scheme !== null)
				guest.view.setUint8(at + 4, SCHEMES.indexOf(scheme));
			return 0;
		},
		[`${HTTP}[method]outgoing-request.set-scheme`](guest, handle, isSome, kind) {
			if (isSome !== 0 && kind === OTHER_SCHEME)
				return FAILED;
			requestOf(handle).scheme = isSome === 0 ? null : SCHEMES[kind];
			return OK;
		},
		[`${HTTP}[constructor]request-options`]: () => host.add(new RequestOptions()),

		[`${HTTP}[method]outgoing-body.write`](guest, handle, to) {
			const body = host.get(handle, OutgoingBody), isFirst = !body.isWritten;
			body.isWritten = true;
			return giveOnce(guest, to, isFirst ? new BodyOutput(body) : null);
		},
		[`${HTTP}[static]outgoing-body.finish`]: finishBody,

		[`${HTTP}[method]future-incoming-response.subscribe`]: (guest, handle) => host.add(Pollable.of(host.get(handle, FutureIncomingResponse))),
		[`${HTTP}[method]future-incoming-response.get`]: futureGet,
		[`${HTTP}[method]incoming-response.status`]: (guest, handle) => host.get(handle, IncomingResponse).answer.head.status,
		[`${HTTP}[method]incoming-response.headers`]: givesFields(handle => host.get(handle, IncomingResponse).answer.head.fields),
		[`${HTTP}[method]incoming-response.consume`](guest, handle, to) {
			const response = host.get(handle, IncomingResponse), isFirst = !response.isConsumed;
			response.isConsumed = true;
			return giveOnce(guest, to, isFirst ? new IncomingBody(response.answer) : null);
		},
		[`${HTTP}[method]incoming-body.stream`](guest, handle, to) {
			const body = host.get(handle, IncomingBody), isFirst = !body.isStreamed;
			body.isStreamed = true;
			return giveOnce(guest, to, isFirst ? new BodyInput(body.answer) : null);
		},
		[`${HTTP}[static]incoming-body.finish`](guest, handle) {
			const body = host.take(handle, IncomingBody);
			return host.after(body.drop(host), () => host.add(new FutureTrailers()));
		},
		[`${HTTP}[method]future-trailers.subscribe`](guest, handle) {
			host.get(handle, FutureTrailers);
			return host.add(READY);
		},
		[`${HTTP}[method]future-trailers.get`](guest, handle, to) {
			host.get(handle, FutureTrailers);
			return giveFuture(guest, to, { give: at => guest.view.setUint8(at, 0) }); // the gateway passes none on
		},
	};
}
