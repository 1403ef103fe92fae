//# allFunctionsCalledOnLoad
/* A page's network: w.net, and what /_wvwasi/sockets.js exports. Whatever no `--net` rule of the gateway allows fails with ACCES. */
import { DatagramSocket } from "./datagrams.js";
import { fetchBy } from "./fetch.js";
import { Listener } from "./listener.js";
import { openSocket } from "./socket.js";

export { Socket, SocketError } from "./socket.js";

export class Network {
	#guest;

	/** @param {() => any} guest gives connect()'s result, or a promise of it */
	constructor(guest) {
		this.#guest = guest;
	}

	/**
	 * Opens a TCP or TLS connection. Throws a SocketError for a malformed address or option; failures to connect reject the socket's promises.
	 * @param {string | { hostname: string, port: number }} address
	 * @param {import("../wvwasi.js").SocketOptions} [options]
	 */
	connect(address, options) {
		return openSocket(this.#guest, address, options);
	}

	/** Accepts connections. @param {import("../wvwasi.js").ListenOptions} [options] */
	listen(options) {
		return new Listener(this.#guest, options);
	}

	/** Opens a UDP socket. @param {import("../wvwasi.js").DatagramOptions} [options] */
	udp(options) {
		return new DatagramSocket(this.#guest, options);
	}
}

/** The network with a connection of its own, which is made at the first use and again after the gateway was lost. connect: calls.js's. */
export class SharedNetwork extends Network {
	#fetch;

	constructor(connect) {
		let opening = null, calls = null;
		const guest = () => {
			if (calls?.lost)
				opening = calls = null;
			opening ??= connect({ preopens: {} }).then(its => (calls = its));
			opening.catch(() => (opening = null));
			return opening;
		};
		super(guest);
		this.#fetch = async (input, init) => fetchBy(await guest(), input, init);
	}

	/** As w.fetch(). @param {RequestInfo | URL} input @param {RequestInit} [init] */
	fetch(input, init) {
		return this.#fetch(input, init);
	}
}
