//# allFunctionsCalledOnLoad
/* Answers a request by a component of WASI 0.3: wasi:http/handler. Its response begins when the task returns it, and its body goes on behind that. Leaves to
 * others: connections, instances, who goes on when (service.js). */
import { Request, Response, sendContents } from "./async-http.js";
import { Waitable, runTask } from "./async-tasks.js";
import { ResponseBody } from "./http-connection.js";
import { Fields } from "./http-messages.js";
import { STATUS } from "./http-serving.js";

const BODY = 2, END = 3;
const PIECE = 64 << 10;

/* The response's body on its way. */
class ResponseSink {
	size = 1;
	#output;
	#body;
	#ended;

	constructor(output, body, ended) {
		this.#output = output;
		this.#body = body;
		this.#ended = ended;
	}

	push(host, guest, pointer, count, then) {
		return this.#push(host, () => guest.bytes(pointer, Math.min(count, PIECE)).slice(), then);
	}

	pushItems(host, items, then) {
		return this.#push(host, () => items.subarray(0, PIECE), then);
	}

	#push(host, bytesOf, then) {
		return this.#output.room(host, (errno, room) => {
			if (errno === 0 && room === 0)
				return then(0);
			const bytes = bytesOf();
			return errno !== 0 ? this.#over(then) : this.#body.send(host, BODY, bytes, failed => (failed !== 0 ? this.#over(then) : then(bytes.length)));
		});
	}

	/* The client has gone. */
	#over(then) {
		this.#ended.tell(0, 0);
		return then(null);
	}

	waitsFor() {
		return this.#output.waitsFor();
	}

	end(host) {
		return this.#body.send(host, END, new Uint8Array(0), () => this.#body.finish(host, () => {
			this.#ended.tell(0, 0);
			return 0;
		}));
	}
}

/**
 * Steps, as runTask's, until the response is whole.
 * @param {{ host: any, handle: any, lifted: any }} instance
 * @param {import("./http-connection.js").ServedConnection} connection with a request
 * @param {{ enter: (run: Function) => Function, finish: () => any }} way
 */
export function* answerRequest({ host, handle, lifted }, connection, way) {
	const { tasks } = host, ended = new Waitable();
	tasks.onreturned = ([failed, payload]) => respond(host, connection, failed === 0 ? host.take(payload, Response) : null, payload, ended);
	yield* runTask(host, handle, lifted, [host.add(Request.served(connection.request))], way);
	let fault = null;
	const result = host.guarded(() => tasks.waitForOne(ended, () => 0), error => {
		fault = error;
		return 0;
	});
	if (result < 0)
		yield way.finish;
	if (fault !== null)
		throw fault;
	host.checkEnd();
}

/* In task.return, which doesn't wait: what there is to say is only gathered. */
function respond(host, connection, response, error, ended) {
	if (response === null || !response.hasBody) {
		connection.respond(host, response === null ? { status: STATUS[error] ?? 500, fields: new Fields(), body: null } : { ...response, body: null });
		return ended.tell(0, 0);
	}
	const body = new ResponseBody();
	connection.respond(host, { status: response.status, fields: response.fields, body });
	sendContents(host, response, new ResponseSink(connection.output, body, ended));
}
