//# allFunctionsCalledOnLoad
/* wasi:http/outgoing-handler and what wasi:http/types has for it, by http_request: what `--net https:HOST` allows. */
import { ERRNO } from "../base/errors.js";
import { FDFLAGS } from "../base/fds.js";
import { encodeRequestHead } from "../base/request-heads.js";
import { Held } from "./descriptor.js";
import { RESULT } from "./host.js";
import { ERROR_CODE, errorOfErrno, internalError, storeError } from "./http-errors.js";
import { FAILED, HTTP, OK, giveMethod, giveOnce, giveText, givesFields, methodOf, textSetter } from "./http-fields.js";
import { Answer, BodyInput, BodyOutput, Fields, IncomingBody, OutgoingBody, TOKEN } from "./http-messages.js";
import { Pollable, READY } from "./poll.js";
import { SocketOutput, StreamError } from "./streams.js";

/** scheme's cases but for the last one. */
export const SCHEMES = ["http", "https"];
const OTHER_SCHEME = 2;
const END = 3;

class OutgoingRequest {
	method = "GET";
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
export class Connection extends Held {}

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

class FutureTrailers {}

/** The head of http_request: with a length that the component has given, it sends as many bytes. */
export function headOf({ method, fields, body }, url) {
	const length = fields.lengthOf(), headers = fields.entries.filter(([name]) => name.toLowerCase() !== "content-length");
	return encodeRequestHead({ method, url, headers, length: body === null ? null : length });
}

/** Is it what a path-with-query, or an authority, may be? */
export const isPath = value => value.startsWith("/") && !/[#\s]/.test(value);
export const isAuthority = value => /^[^/?#@\s]+$/.test(value);

/** The URL as the gateway takes it, or null. */
export function urlOf({ scheme, authority, path }) {
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
	const requestOf = handle => host.get(handle, OutgoingRequest);

	const setText = textSetter(requestOf);

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
				return request.body === null ? give() : request.body.begin(host, new SocketOutput(connection.fd, connection), give);
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
		...Object.fromEntries(timeouts),
		"wasi:http/outgoing-handler#handle": handleRequest,
		[`${HTTP}http-error-code`](guest, handle, to) {
			const { code } = host.get(handle, StreamError), at = guest.place(to, 8 + ERROR_CODE, 8);
			guest.view.setUint8(at, code === null ? 0 : 1);
			if (code !== null)
				storeError(guest, at + 8, code);
			return 0;
		},

		[`${HTTP}[constructor]outgoing-request`]: (guest, handle) => host.add(new OutgoingRequest(host.take(handle, Fields))),
		[`${HTTP}[method]outgoing-request.headers`]: givesFields(host, handle => requestOf(handle).fields),
		[`${HTTP}[method]outgoing-request.body`](guest, handle, to) {
			const request = requestOf(handle), isFirst = request.body === null;
			request.body ??= new OutgoingBody();
			return giveOnce(host, guest, to, isFirst ? request.body : null);
		},
		[`${HTTP}[method]outgoing-request.method`]: (guest, handle, to) => giveMethod(guest, to, requestOf(handle).method),
		[`${HTTP}[method]outgoing-request.set-method`](guest, handle, kind, pointer, length) {
			const method = methodOf(guest, kind, pointer, length);
			if (!TOKEN.test(method))
				return FAILED;
			requestOf(handle).method = method;
			return OK;
		},
		[`${HTTP}[method]outgoing-request.path-with-query`]: (guest, handle, to) => giveText(guest, to, requestOf(handle).path),
		[`${HTTP}[method]outgoing-request.set-path-with-query`]: setText("path", isPath),
		[`${HTTP}[method]outgoing-request.authority`]: (guest, handle, to) => giveText(guest, to, requestOf(handle).authority),
		[`${HTTP}[method]outgoing-request.set-authority`]: setText("authority", isAuthority),
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
			return giveOnce(host, guest, to, isFirst ? new BodyOutput(body) : null);
		},
		[`${HTTP}[static]outgoing-body.finish`]: finishBody,

		[`${HTTP}[method]future-incoming-response.subscribe`]: (guest, handle) => host.add(Pollable.of(host.get(handle, FutureIncomingResponse))),
		[`${HTTP}[method]future-incoming-response.get`]: futureGet,
		[`${HTTP}[method]incoming-response.status`]: (guest, handle) => host.get(handle, IncomingResponse).answer.head.status,
		[`${HTTP}[method]incoming-response.headers`]: givesFields(host, handle => host.get(handle, IncomingResponse).answer.head.fields),
		[`${HTTP}[method]incoming-response.consume`](guest, handle, to) {
			const response = host.get(handle, IncomingResponse), isFirst = !response.isConsumed;
			response.isConsumed = true;
			return giveOnce(host, guest, to, isFirst ? new IncomingBody(response.answer) : null);
		},
		[`${HTTP}[method]incoming-body.stream`](guest, handle, to) {
			const body = host.get(handle, IncomingBody), isFirst = !body.isStreamed;
			body.isStreamed = true;
			return giveOnce(host, guest, to, isFirst ? new BodyInput(body.source) : null);
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
