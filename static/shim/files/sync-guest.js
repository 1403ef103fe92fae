//# allFunctionsCalledOnLoad
/* Calls that block this thread until they are answered, for a worker's FileSystemSyncAccessHandle: by synchronous XMLHttpRequest, which every engine has. The
 * worker keeps the control connection itself; it is only heard between calls. */
import { BATCH, HELLO, decodeGives, syscallRow } from "../base/codec.js";
import { WasiError } from "../base/errors.js";
import { FdTable } from "../base/fds.js";
import { Clocks } from "../cache/local.js";
import { Paths } from "../fs/paths.js";
import { Connection } from "../gateway/connection.js";
import { makeHello } from "../gateway/hello.js";
import { ticketSource } from "../gateway/tickets.js";
import { Pipeline } from "../program/pipeline.js";
import { xhrExchange } from "../wait/xhr.js";
import { entryOptions } from "./guest.js";

let opening = null, open = null;

class SyncGuest {
	#pipeline;
	#exchange;
	#fds;
	/** of the granted folders; descriptors are wire handles */
	paths;

	constructor(connection) {
		const { welcome } = connection;
		this.#pipeline = new Pipeline(new Clocks(welcome), welcome.bounds);
		this.#exchange = xhrExchange(this.#pipeline, welcome.key);
		this.#fds = new FdTable(welcome, false);
		this.paths = new Paths({ preopens: welcome.preopens.filter(({ socket }) => !socket).map(({ name, handle }) => ({ path: name, fd: handle })) });
		connection.onframe = frame => this.#pipeline.receive(frame);
		connection.onclose = error => this.#pipeline.lose(error);
	}

	get lost() {
		return this.#pipeline.lost !== null;
	}

	/** Bytes that one call may carry. */
	get most() {
		return this.#pipeline.bounds.data;
	}

	/** Makes a call and waits; gives what decodeGives gives. Throws WasiError, GatewayLost. @param {string} name @param {any[]} args */
	call(name, ...args) {
		const row = syscallRow(name);
		let given = null, failed = null;
		this.#pipeline.encode(row, args, (errno, bytes) => {
			if (errno === 0)
				given = decodeGives(row, bytes);
			else
				failed = new WasiError(errno, name);
		});
		const { bytes, flight } = this.#pipeline.seal(BATCH.WAIT);
		this.#exchange(bytes, flight);
		if (this.#pipeline.lost)
			throw this.#pipeline.lost;
		if (failed !== null)
			throw failed;
		return given;
	}

	/** A number for what a call opens. */
	pickHandle() {
		return this.#fds.pickHandle();
	}

	releaseHandle(handle) {
		this.#fds.releaseHandle(handle);
	}
}

/** This worker's. @returns {Promise<SyncGuest>} */
export async function syncGuest() {
	if (open?.lost)
		opening = open = null;
	opening ??= connectSync();
	try {
		return (open = await opening);
	} catch (error) {
		opening = null;
		throw error;
	}
}

async function connectSync() {
	const options = entryOptions();
	const { hello } = makeHello({ args: ["files"], preopens: options.preopens }, HELLO.CONTROL | HELLO.XHR);
	const [ticket] = await ticketSource(options)(1);
	return new SyncGuest(await Connection.open({ ticket, hello }));
}
