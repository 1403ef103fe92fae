//# allFunctionsCalledOnLoad
/* One stream socket of connect()'s calls: bytes in and out, in order, with what was received and not yet wanted kept. Streams (socket.js, fetch.js) are
 * made of it; it knows none. */

import { ERRNO, WasiError } from "../base/errors.js";

/** Asked for at once. A busy stream has this many receives under way, so that none waits for the one before. */
export const RECEIVE_BYTES = 256 << 10;
const AHEAD = 3;
const SEND_BYTES = 256 << 10;
const RD_WR = 3;

export class Wire {
	#calls;
	#asked = []; // promises of bytes, in order
	#kept = []; // bytes that came and that nobody took
	#ended = false;
	#ahead = 1;
	#aheadMost;
	#fd;
	closed = false;

	/** ahead: may it ask for more than is wanted now? */
	constructor(calls, fd, ahead = true) {
		this.#calls = calls;
		this.#fd = fd;
		this.#aheadMost = ahead ? AHEAD : 1;
	}

	/** Of connect()'s descriptors. After close() another connection may have the number. */
	get fd() {
		if (this.closed)
			throw new WasiError(ERRNO.BADF, "the connection is closed");
		return this.#fd;
	}

	#ask() {
		const bytes = this.#calls.sock_recv(this.fd, RECEIVE_BYTES).then(({ bytes: got }) => got);
		bytes.catch(() => {}); // whoever takes it hears of it
		this.#asked.push(bytes);
	}

	/** The next bytes; none: the end. */
	async receive() {
		if (this.#kept.length > 0)
			return this.#kept.shift();
		if (this.#ended)
			return new Uint8Array(0);
		while (this.#asked.length < this.#ahead)
			this.#ask();
		const bytes = await this.#asked.shift();
		if (bytes.length === 0)
			this.#ended = true;
		/* Small pieces come from a peer that says a little at a time: nothing is gained by asking ahead. */
		this.#ahead = bytes.length >= RECEIVE_BYTES / 8 ? this.#aheadMost : 1;
		return bytes;
	}

	/** What was received and isn't wanted, for the next receive(). */
	giveBack(bytes) {
		if (bytes.length > 0)
			this.#kept.unshift(bytes);
	}

	/** Sends all of it. */
	async send(bytes) {
		for (let at = 0; at < bytes.length;)
			at += await this.#calls.sock_send(this.fd, bytes.subarray(at, at + SEND_BYTES));
	}

	/** Nothing more is sent: the peer gets an end. */
	async finish() {
		await this.#calls.sock_shutdown(this.fd, 2);
	}

	/** Ends it. What waits for bytes fails. */
	async close() {
		if (this.closed)
			return;
		this.closed = true;
		if (this.#asked.length > 0)
			await this.#calls.sock_shutdown(this.#fd, RD_WR).catch(() => {}); // receives that wait are answered
		await this.#calls.fd_close(this.#fd);
	}
}
