//# allFunctionsCalledOnLoad
/* One stream socket of connect(): sends and receives bytes in order. Leaves to others: streams (socket.js, fetch.js). */

import { ERRNO, WasiError } from "../base/errors.js";

/* Of one receive: with its heads the answer is one message of the gateway's (conn.c's CUT), and isn't put together from two. */
const RECEIVE_BYTES = (256 << 10) - 64;
const AHEAD = 12; // receives under way on a busy stream, so that none waits for the answer to the one before
const AHEAD_OF_ALL = 192; // beyond the first of each stream: the gateway lets a program have 1,024 calls that wait
const SEND_BYTES = 256 << 10;
const RD_WR = 3;

/** How many receives are asked ahead by all wires of one connect(). @type {WeakMap<object, number>} */
const aheadOf = new WeakMap();

export class Wire {
	#calls;
	#asked = []; // promises of the receives under way, in order
	#kept = []; // bytes that were given back
	#ended = false;
	#ahead = 1;
	#aheadMost;
	#fd;
	/** close() was called */
	closed = false;

	/** ahead: may several receives be under way? Not where TLS starts later, since they would take the handshake's bytes. */
	constructor(calls, fd, ahead = true) {
		this.#calls = calls;
		this.#fd = fd;
		this.#aheadMost = ahead ? AHEAD : 1;
	}

	/** connect()'s descriptor. Throws BADF after close(), when another connection may have the number. */
	get fd() {
		if (this.closed)
			throw new WasiError(ERRNO.BADF, "the connection is closed");
		return this.#fd;
	}

	#ask() {
		const { fd } = this, isAhead = this.#asked.length > 0;
		if (isAhead)
			this.#countAhead(1);
		const bytes = this.#calls.sock_recv(fd, RECEIVE_BYTES).then(({ bytes: got }) => got).finally(() => isAhead && this.#countAhead(-1));
		bytes.catch(() => {}); // receive() reports it
		this.#asked.push(bytes);
	}

	#countAhead(change) {
		aheadOf.set(this.#calls, (aheadOf.get(this.#calls) ?? 0) + change);
	}

	#mayAsk() {
		return this.#asked.length < this.#ahead && (this.#asked.length === 0 || (aheadOf.get(this.#calls) ?? 0) < AHEAD_OF_ALL);
	}

	/** The next bytes; an empty array at the end. Rejects with a WasiError. @returns {Promise<Uint8Array>} */
	async receive() {
		if (this.#kept.length > 0)
			return this.#kept.shift();
		if (this.#ended)
			return new Uint8Array(0);
		while (this.#mayAsk())
			this.#ask();
		const bytes = await this.#asked.shift();
		if (bytes.length === 0)
			this.#ended = true;
		/* While pieces are small, asking ahead gains nothing. */
		this.#ahead = bytes.length >= RECEIVE_BYTES / 8 ? this.#aheadMost : 1;
		return bytes;
	}

	/** Puts received bytes back, for the next receive(). */
	giveBack(bytes) {
		if (bytes.length > 0)
			this.#kept.unshift(bytes);
	}

	/** Sends all bytes. Rejects with a WasiError. */
	async send(bytes) {
		for (let at = 0; at < bytes.length;)
			at += await this.#calls.sock_send(this.fd, bytes.subarray(at, at + SEND_BYTES));
	}

	/** Ends sending: the peer reads to the end. */
	async finish() {
		await this.#calls.sock_shutdown(this.fd, 2);
	}

	/** Closes the socket. A receive() that waits fails. */
	async close() {
		if (this.closed)
			return;
		this.closed = true;
		if (this.#asked.length > 0)
			await this.#calls.sock_shutdown(this.#fd, RD_WR).catch(() => {}); // the gateway answers the waiting receives
		await this.#calls.fd_close(this.#fd);
	}
}
