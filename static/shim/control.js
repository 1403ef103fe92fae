/* The control side of a guest: feeds stdin, ends the guest, hears of its end; in `shared` it carries answers to the program's worker.
 * It sits on a thread that never blocks: the page's, or control-worker.js. */
import { END, FRAME, STDIN, decodeTaken, encodeEnd, encodeStdin, toBytes } from "./codec.js";
import { RingWriter } from "./wait/ring.js";

const PIECE = 64 << 10;

export class ControlSide {
	#connection;
	#ring = null;
	#bound; // bytes of stdin that may be unconsumed
	#fed;
	#taken = 0;
	#room = []; // resolvers of writers that wait for it
	#turn = Promise.resolve(); // writers come one after the other
	#gone = false;
	stdinClosed = false;
	/** frames that were sent, for the counters */
	messages = 0;
	bytesSent = 0;
	/** (error) when the connection is gone */
	onlost = null;
	/** () when the person closes the program: it is to write out what it holds, and then to be ended */
	onfinish = () => this.end(END.KILLED, "closed");

	/** connection: open; stdin: of makeHello; ring: shared memory for answers (the hello had SPLIT). */
	constructor(connection, { stdin, ring = null }) {
		this.#connection = connection;
		this.#bound = connection.welcome.bounds.stdin;
		this.#fed = stdin.bytes.length;
		this.stdinClosed = stdin.eof;
		if (ring) {
			this.#ring = new RingWriter(ring);
			connection.onmessage = bytes => this.#carry(bytes);
		} else {
			connection.onframe = frame => this.#receive(frame);
		}
		connection.onclose = error => {
			this.#leave();
			this.onlost?.(error);
		};
		if (stdin.rest)
			this.#pump(stdin.rest);
	}

	get bytesReceived() {
		return this.#connection.bytesReceived;
	}

	/* Answers go on as they are; TAKEN and FINISH, short messages of their own, are ours too. */
	#carry(bytes) {
		if ((bytes[4] === FRAME.TAKEN && bytes.length === 16) || (bytes[4] === FRAME.FINISH && bytes.length === 8))
			return this.#receive({ type: bytes[4], body: bytes.subarray(8) });
		this.#ring.write(bytes);
	}

	#receive(frame) {
		if (frame.type === FRAME.FINISH)
			return this.onfinish();
		if (frame.type !== FRAME.TAKEN)
			return undefined;
		this.#taken = decodeTaken(frame);
		for (const resolve of this.#room.splice(0))
			resolve();
		return undefined;
	}

	/** The program's worker has read from the ring. */
	drain() {
		this.#ring?.drain();
	}

	async #pump(rest) {
		try {
			for await (const piece of rest) {
				if (this.#gone)
					return;
				await this.writeStdin(piece);
			}
		} finally {
			this.closeStdin();
		}
	}

	#send(frame) {
		this.messages++;
		this.bytesSent += frame.length;
		return this.#connection.send(frame);
	}

	/** Feeds text or bytes; resolves when they are sent, that is when the program has consumed enough of what came before. */
	writeStdin(data) {
		return this.#inTurn(async () => {
			if (this.stdinClosed)
				throw new TypeError("stdin is closed");
			const bytes = toBytes(data);
			for (let at = 0; at < bytes.length && !this.#gone;) {
				const part = bytes.subarray(at, at + Math.min(PIECE, this.#bound - (this.#fed - this.#taken)));
				if (part.length === 0) {
					await new Promise(resolve => this.#room.push(resolve));
					continue;
				}
				this.#send(encodeStdin(part));
				this.#fed += part.length;
				at += part.length;
			}
		});
	}

	/** Ctrl-D: one read gives zero bytes. */
	markStdin() {
		return this.#inTurn(async () => {
			if (!this.stdinClosed)
				this.#send(encodeStdin(new Uint8Array(0), STDIN.MARK));
		});
	}

	/** The end, after what was written. */
	closeStdin() {
		return this.#inTurn(async () => {
			if (!this.stdinClosed && !this.#gone)
				this.#send(encodeStdin(new Uint8Array(0), STDIN.EOF));
			this.stdinClosed = true;
		});
	}

	#inTurn(work) {
		const turn = this.#turn.then(work);
		this.#turn = turn.catch(() => {});
		return turn;
	}

	/** The guest is over: END.TRAP or END.KILLED, and what the page knows of it. */
	end(reason = END.KILLED, text = "") {
		if (!this.#gone)
			this.#send(encodeEnd(reason, text));
		this.close({ soon: true });
	}

	/** soon: the guest is over, and the server closes. */
	close(how) {
		if (this.#gone)
			return;
		this.#leave();
		this.#connection.close(how);
	}

	#leave() {
		this.#gone = true;
		this.#ring?.lose();
		for (const resolve of this.#room.splice(0))
			resolve();
	}
}
