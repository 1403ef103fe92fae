//# allFunctionsCalledOnLoad
/* TCP and TLS sockets as the draft of the WinterTC Sockets API has them (https://sockets-api.proposal.wintertc.org/): connect(), Socket, startTls(). */
import { sourceBytes, toBytes } from "../base/bytes.js";
import { WasiError, errnoName } from "../base/errors.js";
import { addressOf, certificateName, endpointBytes, endpointText } from "../base/endpoint.js";
import { Wire } from "./wire.js";

const KINDS = ["off", "on", "starttls"];
const WORDS = {
	ACCES: "no --net rule of the gateway allows it", CONNREFUSED: "connection refused", HOSTUNREACH: "no route to it, or no such host",
	TIMEDOUT: "no answer in time",
	NETDOWN: "the gateway's dialer process has ended", ADDRINUSE: "the address is in use", NOTSUP: "the gateway doesn't support it",
	NOENT: "no such host",
};

/** The error of a socket's promises and streams. `code` is preview1's error name, such as "CONNREFUSED", or null. */
export class SocketError extends TypeError {
	constructor(message, cause = undefined) {
		super(`SocketError: ${message}`, cause === undefined ? undefined : { cause });
		this.name = "SocketError";
		this.code = cause instanceof WasiError ? errnoName(cause.errno) : null;
	}
}

/** Wraps an error in a SocketError whose message begins with `what`, the address. */
export function socketError(what, error) {
	if (error instanceof SocketError)
		return error;
	return new SocketError(`${what}: ${error instanceof WasiError ? `${WORDS[error.name] ?? error.name}` : error?.message ?? error}`, error);
}

function optionsOf({ secureTransport = "off", allowHalfOpen = false, sni = null, alpn = [] } = {}) {
	if (!KINDS.includes(secureTransport))
		throw new SocketError(`secureTransport is none of ${KINDS.join(", ")}`);
	if (secureTransport === "off" && (sni !== null || alpn.length > 0))
		throw new SocketError("sni and alpn need secureTransport");
	return { secureTransport, allowHalfOpen: Boolean(allowHalfOpen), sni, alpn: Array.from(alpn, String) };
}

function tlsNames(name, alpn) {
	const list = alpn.map(toBytes);
	if (list.some(({ length }) => length === 0 || length > 255))
		throw new SocketError("a name in alpn has 1 to 255 bytes");
	return { name, alpn: Uint8Array.from(list.flatMap(bytes => [bytes.length, ...bytes])) };
}

const SECRET = Symbol("only connect(), accept() and startTls() construct sockets");
const chunkBytes = chunk => (typeof chunk === "string" ? toBytes(chunk) : sourceBytes(chunk, "what is written to a socket"));

export class Socket {
	#what; // for messages
	#options;
	#host;
	#calls = null;
	#wire = null;
	#state = "pending"; // then "open", "closed", "handed on" (by startTls)
	#reads = null; // the readable's controller
	#writes = null;
	#readEnded = false;
	#writeEnded = false;
	#settleClosed;
	#settleOpened;
	#usable; // a promise of the wire, once it takes what is sent: perhaps before it is connected
	#settleUsable;
	#info = null; // { local, remote }
	/** The received bytes. @type {ReadableStream<Uint8Array>} */
	readable;
	/** Sends bytes; a string is sent as UTF-8. @type {WritableStream<string | BufferSource>} */
	writable;
	/** Resolves when it is connected, and secure if that was asked for. Rejects with a SocketError. @type {Promise<import("../wvwasi.js").SocketInfo>} */
	opened;
	/** Resolves when it is closed; rejects with a SocketError if an error closed it. @type {Promise<void>} */
	closed;
	/** Whether startTls() was called. */
	upgraded = false;

	/** begin: (use) opens it, and resolves to { calls, fd or wire, local, remote, alpn }; it may call use(wire) before. */
	constructor(secret, what, host, options, begin) {
		if (secret !== SECRET)
			throw new TypeError("Illegal constructor: sockets come from connect()");
		this.#what = what;
		this.#host = host;
		this.#options = options;
		this.opened = new Promise((resolve, reject) => (this.#settleOpened = { resolve, reject }));
		this.closed = new Promise((resolve, reject) => (this.#settleClosed = { resolve, reject }));
		this.#usable = new Promise((resolve, reject) => (this.#settleUsable = { resolve, reject }));
		for (const promise of [this.opened, this.closed, this.#usable])
			promise.catch(() => {});
		this.readable = new ReadableStream({
			start: controller => void (this.#reads = controller),
			pull: () => this.#pull(),
			cancel: () => {
				this.#wire?.stopReceiving();
				return this.#endRead();
			},
		}, { highWaterMark: 0 });
		this.writable = new WritableStream({
			start: controller => void (this.#writes = controller),
			write: chunk => this.#write(chunk),
			close: () => this.#endWrite(),
			abort: () => this.#endWrite(),
		});
		begin(wire => this.#use(wire)).then(begun => this.#open(begun), error => this.#fail(socketError(this.#what, error)));
	}

	/** "off", "on" or "starttls", as connect() was given. */
	get secureTransport() {
		return this.#options.secureTransport;
	}

	#use(wire) {
		if (this.#state !== "pending")
			return void wire.close().catch(() => {});
		this.#wire = wire;
		wire.onfailed = error => this.opened.then(() => this.#fail(socketError(this.#what, error)), () => {});
		this.#settleUsable.resolve(wire);
	}

	#open({ calls, wire, fd, local, remote, alpn = null }) {
		this.#use(wire ?? new Wire(calls, fd, this.#options.secureTransport !== "starttls"));
		if (this.#state !== "pending")
			return;
		this.#calls = calls;
		this.#state = "open";
		this.#settleOpened.resolve({ remoteAddress: endpointText(remote), localAddress: endpointText(local), alpn });
		this.#info = { local, remote };
	}

	#is(state) {
		return this.#state === state;
	}

	/* An error ends the socket, both streams and both promises. */
	#fail(error) {
		if (this.#state === "closed" || this.#state === "handed on")
			return;
		this.#state = "closed";
		this.#settleOpened.reject(error);
		this.#settleUsable.reject(error);
		this.#reads.error(error);
		this.#writes.error(error);
		this.#settleClosed.reject(error);
		this.#wire?.close(0).catch(() => {});
	}

	async #pull() {
		const wire = this.#wire ?? await this.#usable;
		if (!this.#is("open") && !this.#is("pending"))
			return;
		let bytes;
		try {
			bytes = await wire.receive();
			if (this.#is("pending"))
				await this.opened;
		} catch (error) {
			await this.opened; // where that fails it has the reason
			this.#fail(socketError(this.#what, error));
			return;
		}
		if (this.#is("handed on"))
			return void wire.giveBack(bytes);
		if (!this.#is("open") || this.#readEnded)
			return;
		if (bytes.length > 0)
			return void this.#reads.enqueue(bytes);
		this.#reads.close();
		await this.#endRead();
	}

	async #endRead() {
		this.#readEnded = true;
		if (this.#state !== "open")
			return;
		if (this.#writeEnded)
			await this.#wire.flush().catch(() => {}); // #endWrite() says so
		if (!this.#options.allowHalfOpen && !this.#writeEnded) {
			this.#writeEnded = true;
			this.#writes.error(new SocketError(`${this.#what}: the other side has ended the connection`));
		}
		if (this.#writeEnded)
			await this.#release();
	}

	/* What is written before the socket is open goes with the request to connect it. */
	async #write(chunk) {
		const bytes = chunkBytes(chunk);
		const wire = await this.#usable;
		try {
			await wire.write(bytes);
		} catch (error) {
			await this.opened; // where that fails it has the reason
			const why = socketError(this.#what, error);
			this.#fail(why);
			throw why;
		}
		await this.opened;
	}

	async #endWrite() {
		this.#writeEnded = true;
		await this.opened.catch(() => {});
		if (this.#state !== "open")
			return;
		try {
			await this.#wire.flush();
		} catch (error) {
			throw socketError(this.#what, error);
		}
		if (this.#readEnded)
			await this.#release();
		else
			await this.#wire.finish().catch(() => {}); // fails if the connection has ended
	}

	async #release() {
		if (this.#state !== "open")
			return;
		this.#state = "closed";
		await this.#wire.close().catch(() => {});
		this.#settleClosed.resolve();
	}

	/** Closes the socket and both streams at once. @param {unknown} [reason] the error of the streams and of `opened` */
	close(reason = undefined) {
		if (this.#state === "closed" || this.#state === "handed on")
			return this.closed;
		const error = reason ?? new SocketError(`${this.#what}: the socket was closed`);
		const wire = this.#wire;
		this.#state = "closed";
		this.#settleOpened.reject(error);
		this.#settleUsable.reject(error);
		if (!this.#readEnded) {
			if (reason === undefined)
				this.#reads.close();
			else
				this.#reads.error(reason);
		}
		this.#writes.error(error);
		if (wire === null)
			this.#settleClosed.resolve();
		else
			wire.close(reason === undefined ? undefined : 0).then(unsent => this.#isClosed(reason === undefined ? unsent : 0), () => this.#isClosed(0));
		return this.closed;
	}

	#isClosed(unsent) {
		if (unsent > 0)
			this.#settleClosed.reject(new SocketError(`${this.#what}: ${unsent} written bytes weren't sent`));
		else
			this.#settleClosed.resolve();
	}

	/**
	 * Starts TLS on the connection. Returns the socket to use from here on; this one is closed. Throws a SocketError unless connect() was given
	 * secureTransport "starttls".
	 * @param {{ sni?: string, alpn?: string[] }} [options] instead of connect()'s
	 */
	startTls({ sni = this.#options.sni, alpn = this.#options.alpn } = {}) {
		if (this.#options.secureTransport !== "starttls" || this.#state === "closed" || this.upgraded)
			throw new SocketError(this.upgraded ? "startTls() was called before" : this.#state === "closed" ? "the socket is closed"
				: `startTls() needs secureTransport "starttls"`);
		this.upgraded = true;
		const opened = this.opened;
		const secure = new Socket(SECRET, this.#what, this.#host, { ...this.#options, secureTransport: "on", sni, alpn }, async () => {
			await opened;
			await this.#wire.flush();
			this.#state = "handed on";
			this.#reads.close();
			this.#writes.error(new SocketError(`${this.#what}: the socket goes on by TLS`));
			this.#settleClosed.resolve();
			const its = { calls: this.#calls, wire: this.#wire, ...this.#info };
			return { ...its, alpn: await startTls(this.#calls, this.#wire.fd, sni ?? this.#host, alpn) };
		});
		return secure;
	}
}

/* The TLS handshake. Gives the negotiated ALPN protocol, or null. */
async function startTls(calls, fd, name, alpn) {
	const names = tlsNames(certificateName(name), alpn);
	const [, , agreed] = new TextDecoder().decode(await calls.sock_start_tls(fd, names.name, names.alpn)).split("\0");
	return agreed || null;
}

/**
 * Makes a socket and connects it. Throws a SocketError for a malformed address or option.
 * @param {() => any} guest gives connect()'s result, or a promise of it
 * @param {string | { hostname: string, port: number }} address
 * @param {import("../wvwasi.js").SocketOptions} [options]
 */
export function openSocket(guest, address, options = {}) {
	const { hostname, port } = addressOf(address);
	const bytes = endpointBytes(hostname, port);
	const its = optionsOf(options);
	const what = `${hostname}:${port}`;
	if (port === 0)
		throw new SocketError(`${what}: port 0 can't be connected to`);
	tlsNames(its.sni ?? hostname, its.alpn);
	return new Socket(SECRET, what, hostname, its, async use => {
		const calls = await guest();
		if (its.secureTransport !== "on") {
			const { fd, opened } = await calls.sock_dialing(bytes);
			const wire = new Wire(calls, fd, its.secureTransport !== "starttls");
			use(wire);
			return { calls, wire, ...await opened };
		}
		const { fd, local, remote } = await calls.sock_dial(bytes);
		try {
			return { calls, fd, local, remote, alpn: await startTls(calls, fd, its.sni ?? hostname, its.alpn) };
		} catch (error) {
			calls.fd_close(fd).catch(() => {});
			throw error;
		}
	});
}

/** Makes a socket of an accepted connection. local, remote: endpoints as bytes. */
export function acceptedSocket(calls, fd, local, remote, options) {
	return new Socket(SECRET, endpointText(remote), "", { ...optionsOf(options), secureTransport: "off" }, async () => ({ calls, fd, local, remote }));
}
