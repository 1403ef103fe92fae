//# allFunctionsCalledOnLoad
/* The network of a page: w.net, and /_wvwasi/sockets.js's own, for which a guest is made at the first use. What the gateway's `--net` rules don't name
 * fails with ACCES. */
import { DatagramSocket } from "./datagrams.js";
import { fetchBy } from "./fetch.js";
import { Listener } from "./listener.js";
import { openSocket } from "./socket.js";

export { Socket, SocketError } from "./socket.js";

export class Network {
	#guest;

	/** guest: gives connect()'s calls, at once or as a promise. */
	constructor(guest) {
		this.#guest = guest;
	}

	/** @param {string | { hostname: string, port: number }} address @param {import("../wvwasi.js").SocketOptions} [options] */
	connect(address, options) {
		return openSocket(this.#guest, address, options);
	}

	/** @param {import("../wvwasi.js").ListenOptions} [options] */
	listen(options) {
		return new Listener(this.#guest, options);
	}

	/** @param {import("../wvwasi.js").DatagramOptions} [options] */
	udp(options) {
		return new DatagramSocket(this.#guest, options);
	}
}

/** The network with a guest of its own, made at the first use, and anew when the gateway has been away. connect: calls.js's. */
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

	/** @param {RequestInfo | URL} input @param {RequestInit} [init] */
	fetch(input, init) {
		return this.#fetch(input, init);
	}
}
