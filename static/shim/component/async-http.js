//# allFunctionsCalledOnLoad
/* wasi:http of WASI 0.3, over what 0.2's is made of: requests by http_request (http.js), bodies as streams. Leaves to others: answering (service.js). */
import { ERRNO } from "../base/errors.js";
import { FDFLAGS } from "../base/fds.js";
import { SocketSink } from "./async-sockets.js";
import { HostFuture, ReadEnd, addWaitable, giveStream, takeStream } from "./async-streams.js";
import { Later } from "./async-tasks.js";
import { RESULT } from "./host.js";
import { Connection, SCHEMES, headOf, isAuthority, isPath, urlOf } from "./http.js";
import { ERROR_CODE, errorOfErrno, storeError } from "./http-errors.js";
import { FAILED, HTTP, OK, fieldsFunctions, giveItems, giveMethod, giveText, givesFields, methodOf, textOf, textSetter } from "./http-fields.js";
import { Answer, Fields, TOKEN } from "./http-messages.js";
import { Pollable, READY } from "./poll.js";
import { SocketOutput } from "./streams.js";

const HTTP_3 = "wasi:http/types@0.3#";
const BODY = 2, END = 3, FRAME_HEAD = 5;
const ERROR_AT = 4; // in result<_, header-error>
const NOT_SUPPORTED = 0; // request-options-error
const ALIGN = 8; // error-code's

/* What stores result<_, error-code>, and result<option<trailers>, error-code> without trailers: error null or http-errors.js's. */
const resultOf = error => (guest, pointer) => {
	const at = guest.place(pointer, ALIGN + ERROR_CODE, ALIGN);
	guest.view.setUint8(at, error === null ? OK : FAILED);
	if (error === null)
		guest.view.setUint8(at + ALIGN, 0);
	else
		storeError(guest, at + ALIGN, error);
};

/* A body that comes: an Answer's, or of a request that is answered. */
class BodySource {
	size = 1;
	#source;
	#trailers;

	constructor(source, trailers) {
		this.#source = source;
		this.#trailers = trailers;
	}

	pull(host, most, then) {
		const source = this.#source;
		const give = () => {
			const bytes = source.body(most);
			if (bytes.length > 0 || source.error === null && !source.isEnd)
				return then(bytes);
			this.#trailers.resolve(resultOf(source.error));
			return then(null);
		};
		return source.isReady ? give() : host.after(source.advance(host), give);
	}

	store(guest, pointer, bytes) {
		guest.bytes(pointer, bytes.length).set(bytes);
	}

	waitsFor() {
		return this.#source.waitsFor();
	}

	drop(host) {
		this.#trailers.resolve(resultOf(null));
		return this.#source.drop(host);
	}
}

/* A future of the component's whose value nobody needs: trailers, which aren't sent, and how a body was consumed. */
const UNHEARD = { size: 0, waitsFor: () => READY, end: () => 0, push: (host, guest, pointer, count, then) => then(1) };

/* One of ours, that the component has passed on, needs no reader. */
function takeUnheard(host, handle) {
	const { channel: { source } } = host.get(handle, ReadEnd);
	if (source === null)
		return takeStream(host, handle, UNHEARD, true);
	host.take(handle).join(null);
	return source.drop(host);
}

/* A request's body on its way: frames. */
class RequestSink extends SocketSink {
	encode(bytes) {
		return framed(BODY, bytes);
	}
}

function framed(kind, bytes) {
	const frame = new Uint8Array(FRAME_HEAD + bytes.length);
	frame[0] = kind;
	new DataView(frame.buffer).setUint32(1, bytes.length, true);
	frame.set(bytes, FRAME_HEAD);
	return frame;
}

/** A request or response. contents: the component's stream, an end that was taken from it, or null; source: what came, instead of that */
class Message {
	contents = null;
	source = null;
	/** tells whether it was sent */
	sent = new HostFuture();

	constructor(fields) {
		this.fields = fields;
		fields.isImmutable = true;
	}

	get hasBody() {
		return this.contents !== null || this.source !== null && !this.source.isEnd;
	}

	drop(host) {
		return host.after(this.contents?.drop(host) ?? 0, () => this.source?.drop(host) ?? 0);
	}
}

export class Request extends Message {
	method = "GET";
	scheme = null;
	authority = null;
	path = null;
	options = null;

	/** Of what a client sent: ServedConnection's request. */
	static served({ method, path, authority, fields, body }) {
		return Object.assign(new Request(fields), { method, path, authority, scheme: "http", source: body });
	}
}

export class Response extends Message {
	status = 200;
}

class RequestOptions {}

/** What is written to its stream, taken away from the component: goes to the sink. Of none, the sink ends at once. */
export function sendContents(host, message, sink) {
	const { contents, source } = message;
	message.contents = message.source = null;
	if (source !== null)
		return takeStream(host, giveStream(host, new BodySource(source, new HostFuture())), sink);
	return contents === null ? sink.end(host) : takeStream(host, addWaitable(host, contents), sink);
}

/** key of interfaces.js -> (guest, ...i32) => result or MISS; of an async func, perhaps a Later. One for the whole kind: imports/index.js has the reason. */
export function asyncHttpFunctions(host) {
	const { memory } = host;
	const requestOf = handle => host.get(handle, Request), responseOf = handle => host.get(handle, Response);

	/* The functions of fields are 0.2's, but for a name and one more. */
	const fields = Object.fromEntries(Object.entries(fieldsFunctions(host, ERROR_AT)).map(([key, run]) =>
		[key.replace(HTTP, HTTP_3).replace("fields.entries", "fields.copy-all"), run]));

	function getAndDelete(guest, handle, pointer, length, to) {
		const its = host.get(handle, Fields), name = textOf(guest, pointer, length), refusal = its.refusal(name), at = guest.place(to, 20, ERROR_AT);
		guest.view.setUint8(at, refusal === null ? OK : FAILED);
		if (refusal !== null) {
			guest.view.setUint8(at + ERROR_AT, refusal);
			return 0;
		}
		const values = its.get(name);
		its.delete(name);
		return giveItems(guest, at + ERROR_AT, 8, values, (item, value) => guest.setList(item, value));
	}

	/* Takes what a message is made of; gives it and the future that tells how it was sent. */
	function giveNew(guest, to, message, hasContents, contents, trailers) {
		const at = guest.place(to, 8, 4);
		if (hasContents !== 0) {
			message.contents = host.take(contents, ReadEnd);
			message.contents.join(null);
		}
		return host.after(takeUnheard(host, trailers), () => {
			guest.view.setUint32(at, host.add(message), true);
			guest.view.setUint32(at + 4, giveStream(host, message.sent, true), true);
			return 0;
		});
	}

	function consume(guest, message, consumed, to) {
		const at = guest.place(to, 8, 4), trailers = new HostFuture(), { source, contents } = message;
		message.sent.resolve(resultOf(null));
		if (source === null)
			trailers.resolve(resultOf(null));
		const stream = source !== null ? giveStream(host, new BodySource(source, trailers)) : contents !== null ? addWaitable(host, contents)
			: giveStream(host, NO_BODY);
		return host.after(takeUnheard(host, consumed), () => {
			guest.view.setUint32(at, stream, true);
			guest.view.setUint32(at + 4, giveStream(host, trailers, true), true);
			return 0;
		});
	}

	const setText = textSetter(requestOf);

	function sendRequest(guest, handle, to) {
		const request = host.take(handle, Request), url = urlOf(request), at = guest.place(to, ALIGN + ERROR_CODE, ALIGN);
		const body = request.hasBody ? request : null;
		const give = (error, response = null) => {
			if (error !== null || body === null)
				request.sent.resolve(resultOf(error));
			guest.view.setUint8(at, error === null ? OK : FAILED);
			if (error === null)
				guest.view.setUint32(at + ALIGN, host.add(response), true);
			else
				storeError(guest, at + ALIGN, error);
			return 0;
		};
		const fail = error => host.after(request.drop(host), () => give(error));
		if (url === null)
			return fail(errorOfErrno(ERRNO.INVAL));
		const head = headOf({ ...request, body }, url), place = host.room(head.length);
		memory.write(place, head);
		return host.after(host.sockets["http_request/3"](place, head.length, RESULT.COUNT), errno => {
			if (errno !== 0)
				return fail(errorOfErrno(errno));
			const connection = new Connection(memory.u32(RESULT.COUNT));
			return host.after(host.calls.fd_fdstat_set_flags(connection.fd, FDFLAGS.NONBLOCK), () => {
				const answer = new Answer(connection), output = body === null ? null : new SocketOutput(connection.fd, connection);
				const sending = output === null ? 0 : sendContents(host, request, bodySink(request, output));
				const begun = host.after(sending, () => connection.release(host)); // streams hold it
				return host.after(begun, () => answered(answer, give));
			});
		});
	}

	const bodySink = (request, output) => new RequestSink(output, (its, errno) => {
		request.sent.resolve(resultOf(errno === 0 ? null : errorOfErrno(errno)));
		return its.after(output.drop(its), () => 0);
	}, framed(END, new Uint8Array(0)));

	/* When its head has come. */
	function answered(answer, give) {
		if (answer.head !== null)
			return give(null, Object.assign(new Response(answer.head.fields), { status: answer.head.status, source: answer }));
		if (answer.error !== null)
			return host.after(answer.drop(host), () => give(answer.error));
		return new Later(Pollable.of({ waitsFor: () => answer.waitsFor() }), () => host.after(answer.advance(host), () => answered(answer, give)));
	}

	const timeouts = ["connect-timeout", "first-byte-timeout", "between-bytes-timeout"].flatMap(name => [
		[`${HTTP_3}[method]request-options.get-${name}`, (guest, handle, to) => {
			host.get(handle, RequestOptions);
			guest.view.setUint8(guest.place(to, 16, 8), 0);
			return 0;
		}],
		[`${HTTP_3}[method]request-options.set-${name}`, (guest, handle, isSome, low, high, to) => {
			host.get(handle, RequestOptions);
			const at = guest.place(to, 20, ERROR_AT);
			guest.view.setUint8(at, isSome === 0 ? OK : FAILED); // the dialer has its own
			guest.view.setUint8(at + ERROR_AT, NOT_SUPPORTED);
			return 0;
		}],
	]);

	return {
		...fields, ...Object.fromEntries(timeouts),
		[`${HTTP_3}[method]fields.get-and-delete`]: getAndDelete,
		[`${HTTP_3}[constructor]request-options`]: () => host.add(new RequestOptions()),
		[`${HTTP_3}[method]request-options.clone`]: (guest, handle) => host.add(new (host.get(handle, RequestOptions).constructor)()),

		[`${HTTP_3}[static]request.new`](guest, headers, hasContents, contents, trailers, hasOptions, options, to) {
			const request = new Request(host.take(headers, Fields));
			request.options = hasOptions === 0 ? null : host.take(options, RequestOptions);
			return giveNew(guest, to, request, hasContents, contents, trailers);
		},
		[`${HTTP_3}[method]request.get-method`]: (guest, handle, to) => giveMethod(guest, to, requestOf(handle).method),
		[`${HTTP_3}[method]request.set-method`](guest, handle, kind, pointer, length) {
			const method = methodOf(guest, kind, pointer, length);
			if (!TOKEN.test(method))
				return FAILED;
			requestOf(handle).method = method;
			return OK;
		},
		[`${HTTP_3}[method]request.get-path-with-query`]: (guest, handle, to) => giveText(guest, to, requestOf(handle).path),
		[`${HTTP_3}[method]request.set-path-with-query`]: setText("path", isPath),
		[`${HTTP_3}[method]request.get-authority`]: (guest, handle, to) => giveText(guest, to, requestOf(handle).authority),
		[`${HTTP_3}[method]request.set-authority`]: setText("authority", isAuthority),
		[`${HTTP_3}[method]request.get-scheme`](guest, handle, to) {
			const { scheme } = requestOf(handle), at = guest.place(to, 16, 4);
			guest.view.setUint8(at, scheme === null ? 0 : 1);
			if (scheme !== null)
				guest.view.setUint8(at + 4, SCHEMES.indexOf(scheme));
			return 0;
		},
		[`${HTTP_3}[method]request.set-scheme`](guest, handle, isSome, kind) {
			if (isSome !== 0 && SCHEMES[kind] === undefined)
				return FAILED;
			requestOf(handle).scheme = isSome === 0 ? null : SCHEMES[kind];
			return OK;
		},
		[`${HTTP_3}[method]request.get-options`](guest, handle, to) {
			const { options } = requestOf(handle), at = guest.place(to, 8, 4);
			guest.view.setUint8(at, options === null ? 0 : 1);
			if (options !== null)
				guest.view.setUint32(at + 4, host.add(options), true);
			return 0;
		},
		[`${HTTP_3}[method]request.get-headers`]: givesFields(host, handle => requestOf(handle).fields),
		[`${HTTP_3}[static]request.consume-body`]: (guest, handle, consumed, to) => consume(guest, host.take(handle, Request), consumed, to),

		[`${HTTP_3}[static]response.new`]: (guest, headers, hasContents, contents, trailers, to) =>
			giveNew(guest, to, new Response(host.take(headers, Fields)), hasContents, contents, trailers),
		[`${HTTP_3}[method]response.get-status-code`]: (guest, handle) => responseOf(handle).status,
		[`${HTTP_3}[method]response.set-status-code`](guest, handle, status) {
			if (status < 200 || status > 999)
				return FAILED;
			responseOf(handle).status = status;
			return OK;
		},
		[`${HTTP_3}[method]response.get-headers`]: givesFields(host, handle => responseOf(handle).fields),
		[`${HTTP_3}[static]response.consume-body`]: (guest, handle, consumed, to) => consume(guest, host.take(handle, Response), consumed, to),

		"wasi:http/client@0.3#send": sendRequest,
	};
}

/* In the place of a body that a message hasn't. */
const NO_BODY = { size: 1, isReady: true, pull: (host, most, then) => then(null), store() {}, waitsFor: () => READY, drop: () => 0 };
