/* Node's net.Socket and tls.connect() as far as drivers use them, over sockets.js: what a bundler puts in place of "net" and "tls" for a page. */
import { connect } from "/_wvwasi/sockets.js";
import { Duplex } from "readable-stream";

/** The stream of a socket of sockets.js. It reads when it is read, so a page that is slow holds its peer up. */
export class Socket extends Duplex {
	#socket = null;
	#reader = null;
	#writer = null;

	setNoDelay() {
		return this;
	}

	setKeepAlive() {
		return this;
	}

	ref() {
		return this;
	}

	unref() {
		return this;
	}

	connect(port, hostname) {
		this.#use(connect({ hostname, port }, { secureTransport: "starttls" }), "connect");
		return this;
	}

	#use(socket, event) {
		this.#socket = socket;
		this.#reader = socket.readable.getReader();
		this.#writer = socket.writable.getWriter();
		this.#writer.closed.catch(() => {}); // whoever writes hears of it
		socket.opened.then(() => this.emit(event), error => this.destroy(error));
	}

	/* Takes over what another one has, to go on by TLS. */
	secure(plain, { servername }) {
		const socket = plain.#socket;
		plain.#socket = plain.#reader = null;
		this.once("close", () => plain.destroy());
		this.#use(socket.startTls(servername ? { sni: servername } : {}), "secureConnect");
		return this;
	}

	_read() {
		const reader = this.#reader;
		if (reader === null)
			return void this.once("connect", () => this._read()).once("secureConnect", () => this._read());
		reader.read().then(({ done, value }) => reader === this.#reader && this.push(done ? null : Buffer.from(value.buffer, value.byteOffset, value.length)),
			error => reader === this.#reader && this.destroy(error));
	}

	_write(chunk, encoding, done) {
		this.#writer.write(chunk).then(() => done(), done);
	}

	_final(done) {
		this.#writer.close().then(() => done(), done);
	}

	_destroy(error, done) {
		this.#socket?.close().catch(() => {});
		done(error);
	}
}

/* tls.connect({ socket, servername }) */
export function secureConnect(options) {
	return new Socket().secure(options.socket, options);
}

export { secureConnect as connect };
export const isIP = host => (/^[\d.]+$/.test(host) ? 4 : host.includes(":") ? 6 : 0);
