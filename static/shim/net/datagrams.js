//# allFunctionsCalledOnLoad
/* w.net.udp(): a UDP socket with streams of datagrams, modelled on Direct Sockets' UDPSocket (https://wicg.github.io/direct-sockets/), since the WinterTC
 * draft has no UDP. */
import { sourceBytes, toBytes } from "../base/bytes.js";
import { endpointBytes, endpointText, readEndpoint } from "../base/endpoint.js";
import { SocketError, socketError } from "./socket.js";

const DATAGRAM = 2;
const BYTES_MAX = 65536;

export class DatagramSocket {
	#what;
	#remote; // endpoint for datagrams without an address of their own, or null
	#calls = null;
	#fd = -1;
	#closed = false;
	#reads;
	#writes;
	#settleClosed;
	/** Received datagrams: { data, remoteAddress, remotePort }. @type {ReadableStream<import("../wvwasi.js").Datagram>} */
	readable;
	/** Sends datagrams; one without remoteAddress goes to the peer that udp() was given. @type {WritableStream<import("../wvwasi.js").OutgoingDatagram>} */
	writable;
	/** Resolves once it can be used; localAddress is "" unless it was bound. Rejects with a SocketError. @type {Promise<{ localAddress: string }>} */
	opened;
	/** Resolves when it is closed. @type {Promise<void>} */
	closed;

	constructor(guest, { remoteAddress = null, remotePort = null, localAddress = null, localPort = 0 } = {}) {
		this.#remote = remoteAddress === null ? null : endpointBytes(remoteAddress, Number(remotePort));
		const local = localAddress === null ? null : endpointBytes(localAddress, Number(localPort));
		this.#what = `udp ${remoteAddress ?? localAddress ?? ""}`;
		this.closed = new Promise(resolve => (this.#settleClosed = resolve));
		this.readable = new ReadableStream({
			start: controller => void (this.#reads = controller),
			pull: () => this.#pull(),
			cancel: () => void this.close(),
		}, { highWaterMark: 0 });
		this.writable = new WritableStream({ start: controller => void (this.#writes = controller), write: datagram => this.#write(datagram) });
		this.opened = this.#open(guest, local);
		this.opened.catch(error => {
			this.#reads.error(error);
			this.#writes.error(error);
		});
	}

	async #open(guest, local) {
		let calls, fd = -1;
		try {
			calls = await guest();
			const kind = (local ?? this.#remote ?? [0])[0];
			fd = await calls.sock_open(kind === 4 || kind === 6 ? kind : 0, DATAGRAM);
			if (local !== null)
				await calls.sock_bind(fd, local);
			const bound = local === null ? null : await calls.sock_address(fd, 0);
			this.#calls = calls;
			this.#fd = fd;
			if (this.#closed)
				await this.#end();
			return { localAddress: bound === null ? "" : endpointText(bound) };
		} catch (error) {
			if (fd >= 0)
				calls.fd_close(fd).catch(() => {});
			throw socketError(this.#what, error);
		}
	}

	async #pull() {
		await this.opened;
		if (this.#closed)
			return; // the descriptor's number may be another socket's by now
		try {
			const { endpoint, bytes } = await this.#calls.sock_receive_from(this.#fd, BYTES_MAX);
			const { hostname, port } = readEndpoint(endpoint);
			if (!this.#closed)
				this.#reads.enqueue({ data: bytes, remoteAddress: hostname, remotePort: port });
		} catch (error) {
			if (!this.#closed)
				throw socketError(this.#what, error);
		}
	}

	async #write({ data, remoteAddress = null, remotePort = null }) {
		const bytes = typeof data === "string" ? toBytes(data) : sourceBytes(data, "a datagram's data");
		const to = remoteAddress === null ? this.#remote : endpointBytes(remoteAddress, Number(remotePort));
		if (to === null)
			throw new SocketError("a datagram without remoteAddress, on a socket without a peer");
		await this.opened;
		if (this.#closed)
			throw new SocketError(`${this.#what}: the socket was closed`);
		try {
			await this.#calls.sock_send_to(this.#fd, bytes, to);
		} catch (error) {
			throw socketError(this.#what, error);
		}
	}

	/** Closes the socket and both streams at once. @returns {Promise<void>} closed */
	close() {
		if (!this.#closed) {
			this.#closed = true;
			try {
				this.#reads.close();
			} catch {
				// the stream was cancelled
			}
			this.#writes.error(new SocketError(`${this.#what}: the socket was closed`));
			if (this.#calls !== null)
				this.#end();
		}
		return this.closed;
	}

	async #end() {
		await this.#calls.fd_close(this.#fd).catch(() => {});
		this.#settleClosed();
	}
}
