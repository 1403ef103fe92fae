//# allFunctionsCalledOnLoad
/* w.net.listen(): accepts connections as Sockets, where a rule `listen:ADDRESS:PORT` allows it. */
import { endpointBytes, endpointText, readEndpoint } from "../base/endpoint.js";
import { acceptedSocket, socketError } from "./socket.js";

const STREAM = 1;
const BACKLOG = 128;

export class Listener {
	#calls = null;
	#fd = -1;
	#what;
	#local = null;
	#closed = false;
	#options;
	#settleClosed;
	/** Resolves once it listens; rejects with a SocketError. @type {Promise<{ localAddress: string, port: number }>} */
	opened;
	/** Resolves when it is closed. @type {Promise<void>} */
	closed;

	constructor(guest, { hostname = "127.0.0.1", port = 0, backlog = BACKLOG, allowHalfOpen = false } = {}) {
		const bytes = endpointBytes(hostname, Number(port));
		this.#what = `${hostname}:${port}`;
		this.#options = { allowHalfOpen };
		this.closed = new Promise(resolve => (this.#settleClosed = resolve));
		this.opened = this.#open(guest, bytes, backlog);
		this.opened.catch(() => {});
	}

	async #open(guest, bytes, backlog) {
		let calls, fd = -1;
		try {
			calls = await guest();
			fd = await calls.sock_open(bytes[0] === 4 ? 4 : bytes[0] === 6 ? 6 : 0, STREAM);
			await calls.sock_bind(fd, bytes);
			await calls.sock_listen(fd, backlog);
			this.#local = await calls.sock_address(fd, 0);
		} catch (error) {
			if (fd >= 0)
				calls.fd_close(fd).catch(() => {});
			throw socketError(this.#what, error);
		}
		this.#calls = calls;
		this.#fd = fd;
		if (this.#closed)
			await this.#end();
		return { localAddress: endpointText(this.#local), port: readEndpoint(this.#local).port };
	}

	/** Waits for a connection. @returns {Promise<import("./socket.js").Socket | null>} null: the listener was closed. Rejects with a SocketError */
	async accept() {
		await this.opened;
		if (this.#closed)
			return null;
		const calls = this.#calls;
		try {
			const fd = await calls.sock_accept(this.#fd, 0);
			const remote = await calls.sock_address(fd, 1);
			return acceptedSocket(calls, fd, this.#local, remote, this.#options);
		} catch (error) {
			if (this.#closed)
				return null;
			throw socketError(this.#what, error);
		}
	}

	/** Stops listening; accepted sockets stay open. */
	async close() {
		if (!this.#closed) {
			this.#closed = true;
			if (this.#calls !== null)
				await this.#end();
		}
		return this.closed;
	}

	async #end() {
		await this.#calls.fd_close(this.#fd).catch(() => {});
		this.#settleClosed();
	}

	/** Accepts until the loop is left, which closes the listener, or the listener is closed. */
	async *[Symbol.asyncIterator]() {
		try {
			for (let socket; (socket = await this.accept()) !== null;)
				yield socket;
		} finally {
			await this.close();
		}
	}
}
