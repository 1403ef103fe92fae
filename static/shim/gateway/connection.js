//# allFunctionsCalledOnLoad
/* One WebSocket to the gateway: the hello, its answer, then frames. Leaves to others: what the frames mean. */
import { CLOSE, FRAME, FrameReader, decodeEnded, decodeRefused, decodeWelcome, encodeHello } from "../base/codec.js";
import { GatewayLost, Refused, lossOf } from "../base/errors.js";
import { socketUrl } from "../base/urls.js";
import { heard, watchLink } from "./link.js";

const SUBPROTOCOL = "wvwasi.1";
/** How long to wait for the server to close first. */
export const SOON_MS = 200;

export class Connection {
	#socket;
	#frames = new FrameReader();
	#ended = null; // what an ENDED frame said
	#closed = false;
	#unwatch = () => {};
	/** The answer to the hello. */
	welcome = null;
	/** (frame) for every frame after the WELCOME. */
	onframe = null;
	/** (bytes) for every message after the WELCOME, uncut, in place of onframe. */
	onmessage = null;
	/** (error) once, when the connection is gone and close() wasn't called. */
	onclose = null;
	bytesReceived = 0;

	/**
	 * Connects and says hello (encodeHello's object, or a promise of it: within ten seconds, or the server hangs up). Rejects with Refused
	 * (the hello's wishes), GatewayLost (nobody there, or the ticket isn't good). Socket: a WebSocket class, for tests.
	 */
	static open(options) {
		return Connection.begin(options).opened;
	}

	/**
	 * The same, and the connection itself at once, so that its handlers may be set: nothing is sent and nobody is called before it is open.
	 * @param {{ ticket: string, hello: object | Promise<object>, url?: string, Socket?: typeof WebSocket }} options open()'s
	 * @returns {{ connection: Connection, opened: Promise<Connection> }}
	 */
	static begin({ ticket, hello, url = socketUrl(), Socket = globalThis.WebSocket }) {
		const connection = new Connection();
		return { connection, opened: new Promise((resolve, reject) => {
			const socket = connection.#socket = new Socket(url, [SUBPROTOCOL, `t.${ticket}`]);
			socket.binaryType = "arraybuffer";
			socket.onopen = () => Promise.resolve(hello).then(told => socket.send(encodeHello(told))).catch(error => {
				connection.#unwatch();
				socket.close();
				reject(error);
			});
			socket.onmessage = ({ data }) => connection.#receive(new Uint8Array(data), resolve, reject);
			const lose = error => {
				connection.#unwatch();
				connection.#closed = true;
				socket.onclose = null;
				if (connection.welcome === null)
					return reject(error);
				connection.onclose?.(error);
			};
			socket.onclose = event => lose(connection.#reason(event));
			connection.#unwatch = watchLink(url, error => {
				lose(error);
				socket.close();
			});
		}) };
	}

	/** Was the hello answered, and is it not closed? */
	get isOpen() {
		return this.welcome !== null && !this.#closed;
	}

	#reason({ code, reason }) {
		if (this.#ended)
			return lossOf(this.#ended);
		if (code === CLOSE.VERSION)
			return new Refused(code, 0, reason || "the gateway is of another version: reload the page");
		if (code === CLOSE.GATEWAY)
			return new GatewayLost(reason || "the gateway has ended", { code });
		return new GatewayLost(reason || (this.welcome ? "the connection to the gateway was cut" : "the gateway can't be reached"), { code });
	}

	#receive(bytes, resolve, reject) {
		this.bytesReceived += bytes.length;
		heard();
		if (this.welcome !== null && this.onmessage !== null)
			return this.onmessage(bytes);
		for (const frame of this.#frames.push(bytes)) {
			if (frame.type === FRAME.ENDED)
				this.#ended = decodeEnded(frame);
			if (this.welcome !== null) {
				this.onframe?.(frame);
			} else if (frame.type === FRAME.WELCOME) {
				this.welcome = decodeWelcome(frame);
				resolve(this);
			} else if (frame.type === FRAME.REFUSED) {
				const { code, errno, message } = decodeRefused(frame);
				reject(new Refused(code, errno, message));
			}
		}
	}

	/** An ENDED frame came among the messages that go to onmessage. */
	noteEnded(frame) {
		this.#ended = decodeEnded(frame);
	}

	/** False: it isn't open, and nothing was sent. */
	send(bytes) {
		if (!this.isOpen)
			return false;
		this.#socket.send(bytes);
		return true;
	}

	/** Closes; onclose isn't called any more. soon: the other side is about to, and two who close at once confuse each other. */
	close({ soon = false } = {}) {
		this.#unwatch();
		this.#closed = true;
		this.onclose = null;
		if (soon)
			setTimeout(() => this.#socket.close(CLOSE.DONE), SOON_MS);
		else
			this.#socket.close(CLOSE.DONE);
	}
}
