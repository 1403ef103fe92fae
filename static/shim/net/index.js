//# allFunctionsCalledOnLoad
/* The network of a page: w.net, and /_wvwasi/sockets.js's own, for which a guest is made at the first use. What the gateway's `--net` rules don't name
 * fails with ACCES. */
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
}

/** The network with a guest of its own, made at the first use, and anew when the gateway has been away. connect: calls.js's. */
export class SharedNetwork extends Network {
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
	}
}
