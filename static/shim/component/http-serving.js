//# allFunctionsCalledOnLoad
/* What wasi:http/types has for components that answer requests: incoming-request, outgoing-response, response-outparam. */
import { ResponseBody } from "./http-connection.js";
import { FAILED, HTTP, OK, giveMethod, giveOnce, giveText, givesFields } from "./http-fields.js";
import { Fields, IncomingBody } from "./http-messages.js";

/** Of the response in an error's place. */
export const STATUS = { 3: 502, 8: 504, 15: 403 }; // by error-code: destination-unavailable, connection-timeout, HTTP-request-denied; else 500

export class IncomingRequest {
	isConsumed = false;

	/** request: ServedConnection's */
	constructor(request) {
		this.request = request;
	}
}

export class ResponseOutparam {
	constructor(connection) {
		this.connection = connection;
	}
}

class OutgoingResponse {
	status = 200;
	body = null;

	constructor(fields) {
		this.fields = fields;
	}
}

/** key of interfaces.js -> (guest, ...i32) => result or MISS. */
export function servingFunctions(host) {
	const requestOf = handle => host.get(handle, IncomingRequest).request;
	const responseOf = handle => host.get(handle, OutgoingResponse);
	return {
		[`${HTTP}[method]incoming-request.method`]: (guest, handle, to) => giveMethod(guest, to, requestOf(handle).method),
		[`${HTTP}[method]incoming-request.path-with-query`]: (guest, handle, to) => giveText(guest, to, requestOf(handle).path),
		[`${HTTP}[method]incoming-request.scheme`](guest, handle, to) {
			requestOf(handle);
			const at = guest.place(to, 16, 4);
			guest.view.setUint8(at, 1);
			guest.view.setUint8(at + 4, 0); // HTTP
			return 0;
		},
		[`${HTTP}[method]incoming-request.authority`]: (guest, handle, to) => giveText(guest, to, requestOf(handle).authority),
		[`${HTTP}[method]incoming-request.headers`]: givesFields(host, handle => requestOf(handle).fields),
		[`${HTTP}[method]incoming-request.consume`](guest, handle, to) {
			const request = host.get(handle, IncomingRequest), isFirst = !request.isConsumed;
			request.isConsumed = true;
			return giveOnce(host, guest, to, isFirst ? new IncomingBody(request.request.body) : null);
		},

		[`${HTTP}[constructor]outgoing-response`]: (guest, handle) => host.add(new OutgoingResponse(host.take(handle, Fields))),
		[`${HTTP}[method]outgoing-response.status-code`]: (guest, handle) => responseOf(handle).status,
		[`${HTTP}[method]outgoing-response.set-status-code`](guest, handle, status) {
			if (status < 200 || status > 999)
				return FAILED;
			responseOf(handle).status = status;
			return OK;
		},
		[`${HTTP}[method]outgoing-response.headers`]: givesFields(host, handle => responseOf(handle).fields),
		[`${HTTP}[method]outgoing-response.body`](guest, handle, to) {
			const response = responseOf(handle), isFirst = response.body === null;
			response.body ??= new ResponseBody();
			return giveOnce(host, guest, to, isFirst ? response.body : null);
		},
		[`${HTTP}[static]response-outparam.set`](guest, handle, failed, payload) {
			const { connection } = host.take(handle, ResponseOutparam);
			const response = failed === 0 ? host.take(payload, OutgoingResponse) : { status: STATUS[payload] ?? 500, fields: new Fields(), body: null };
			return connection.respond(host, response);
		},
	};
}
