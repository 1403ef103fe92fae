//# allFunctionsCalledOnLoad
/* One stream socket of connect(): sends and receives bytes in order. Leaves to others: streams (socket.js, fetch.js). */

import { ERRNO, WasiError } from "../base/errors.js";
import { ARE_RESPONSES_FASTER, Served } from "./served.js";

/* Of one receive: with its heads the answer is one message of the gateway's (conn.c's CUT), and isn't put together from two. */
const RECEIVE_BYTES = (256 << 10) - 64;
const AHEAD = 12; // receives under way on a busy stream, so that none waits for the answer to the one before
const AHEAD_AT_ONCE = 6; // of which so many are asked in one message: sending one costs Chromium 70 us
const AHEAD_OF_ALL = 192; // beyond the first of each stream: the gateway lets a program have 1,024 calls that wait
const SERVED_AFTER = 2 << 20; // bytes that came in a row, each receive giving many, before a stream goes on by responses
/* Of one send, as above: with its heads it is a whole number of Chromium's pieces of 128 KiB. What is written while one is under way is gathered for the
 * next, as Nagle's algorithm does, but no longer than until the gateway has that one. */
const SEND_BYTES = (512 << 10) - 64;
const SENT_AHEAD = 1 << 20; // bytes that write() takes before they are sent
const SENT_AHEAD_OF_ALL = 4 << 20; // of all wires; beyond it each may have one small piece: the gateway keeps 8 MiB of calls that wait
const SMALL_BYTES = 4 << 10;
const LINGER_MS = 2000;
const SEND_ALL = 1 << 16; // sock_send's flag: answered when all is sent
const RD_WR = 3;
const OWN = 0; // sock_address's

/** What all wires of one connect() have under way: receives asked ahead, bytes to be sent, and the one that goes by responses, which take connections of the
 * browser's. @type {WeakMap<object, { receives: number, bytes: number, served: Wire | null }>} */
const underWayOf = new WeakMap();

const closedError = () => new WasiError(ERRNO.BADF, "the connection is closed");

export class Wire {
	#calls;
	#all; // underWayOf its calls
	#asked = []; // the receives under way, in order: { bytes, error, wake }, bytes or error once it is answered; wake: of who waits for it
	#kept = []; // bytes that were given back
	#ended = false;
	#received = 0; // bytes
	#inARow = 0; // bytes of pieces that were large
	#mayBeServed;
	#served = null; // a Served
	#ending = null; // its AbortController
	#ahead = 1;
	#aheadMost;
	#fd;
	#sending = 0; // bytes under way
	#sent = Promise.resolve(); // when those are sent; rejects with the first error
	#failed = false; // it rejects
	/** (WasiError) what was written couldn't be sent. @type {(error: WasiError) => void} */
	onfailed = () => {};
	#room = new Uint8Array(0); // for bytes that are gathered while others are under way
	#gathered = 0;
	#waiting = []; // resolves of write()s that wait for some to be sent
	/** close() was called */
	closed = false;

	/** ahead: may several receives be under way? Not where TLS starts later, since they would take the handshake's bytes. */
	constructor(calls, fd, ahead = true) {
		this.#calls = calls;
		this.#fd = fd;
		this.#aheadMost = ahead ? AHEAD : 1;
		this.#mayBeServed = ahead && ARE_RESPONSES_FASTER;
		this.#all = underWayOf.get(calls) ?? { receives: 0, bytes: 0, served: null };
		underWayOf.set(calls, this.#all);
	}

	/** connect()'s descriptor. Throws BADF after close(), when another connection may have the number. */
	get fd() {
		if (this.closed)
			throw closedError();
		return this.#fd;
	}

	#ask() {
		const { fd } = this, ahead = this.#asked.length > 0 ? 1 : 0, piece = { bytes: null, error: null, wake: null };
		this.#all.receives += ahead;
		const came = (bytes, error) => {
			this.#all.receives -= ahead;
			piece.bytes = bytes;
			piece.error = error; // receive() reports it
			piece.wake?.();
		};
		this.#calls.sock_recv(fd, RECEIVE_BYTES).then(({ bytes }) => came(bytes, null), error => came(null, error));
		this.#asked.push(piece);
	}

	#askAhead() {
		const have = this.#asked.length, room = this.#ahead - have;
		let more = have === 0 ? 1 : 0;
		if (room >= AHEAD_AT_ONCE)
			more = Math.max(more, Math.min(room, AHEAD_OF_ALL - this.#all.receives));
		for (; more > 0; more--)
			this.#ask();
	}

	/* Much has come, so that the next bytes are to come by a response, when what was asked has come. */
	get #isToBeServed() {
		return this.#mayBeServed && this.#inARow >= SERVED_AFTER && (this.#all.served === null || this.#all.served === this);
	}

	/** The next bytes; an empty array at the end. Rejects with a WasiError. @returns {Promise<Uint8Array>} */
	async receive() {
		if (this.#kept.length > 0)
			return this.#kept.shift();
		if (this.#ended)
			return new Uint8Array(0);
		if (this.#isToBeServed && this.#asked.length === 0) {
			const bytes = await this.#receiveServed();
			if (bytes !== null)
				return bytes;
		}
		if (this.#asked.length === 0 || !this.#isToBeServed)
			this.#askAhead();
		const piece = this.#asked.shift();
		if (piece.bytes === null && piece.error === null)
			await new Promise(resolve => (piece.wake = resolve));
		if (piece.error !== null)
			throw piece.error;
		const { bytes } = piece;
		if (bytes.length === 0)
			this.#ended = true;
		/* While pieces are small, asking ahead gains nothing. */
		const isLarge = bytes.length >= RECEIVE_BYTES / 8;
		this.#ahead = isLarge ? this.#aheadMost : 1;
		this.#received += bytes.length;
		this.#inARow = isLarge ? this.#inARow + bytes.length : 0;
		return bytes;
	}

	/* The next bytes by a response; null: calls go on. */
	async #receiveServed() {
		const wire = this.#calls.wire?.(this.fd) ?? null;
		this.#mayBeServed = wire !== null;
		this.#all.served = this;
		this.#ending ??= new AbortController();
		try {
			for (let goesOn = this.#mayBeServed; goesOn; this.#served = null) {
				this.#served ??= await Served.begin(wire, this.#received, this.#ending);
				const bytes = await this.#served?.next() ?? null;
				if (bytes !== null) {
					this.#received += bytes.length;
					return bytes;
				}
				this.#mayBeServed = this.#served !== null; // else somebody looks at calls
				goesOn = this.#served?.isFull ?? false;
			}
		} catch {
			if (this.#ending.signal.aborted && !this.closed)
				return new Uint8Array(0);
			await this.#calls.sock_address(this.fd, OWN); // tells that the gateway is lost, or that this is closed
			throw new WasiError(ERRNO.IO, "sock_recv");
		}
		this.#all.served = null;
		this.#inARow = 0;
		return null;
	}

	/** Nobody reads any more. */
	stopReceiving() {
		this.#ending?.abort();
		if (this.#all.served === this)
			this.#all.served = null;
	}

	/** Puts received bytes back, for the next receive(). */
	giveBack(bytes) {
		if (bytes.length > 0)
			this.#kept.unshift(bytes);
	}

	#send(piece) {
		const { length } = piece, before = this.#sent;
		this.#sending += length;
		this.#all.bytes += length;
		const done = this.#calls.sock_send(this.#fd, piece, SEND_ALL).then(sent => {
			if (sent < length)
				throw new WasiError(ERRNO.IO, "sock_send");
		}).catch(error => {
			if (!this.#failed && !this.closed)
				this.onfailed(error);
			this.#failed = true;
			throw error;
		}).finally(() => {
			this.#sending -= length;
			this.#all.bytes -= length;
			if (!this.#failed)
				this.#sendGathered();
			this.#waiting.splice(0).forEach(resolve => resolve());
		});
		this.#sent = before.then(() => done);
		for (const promise of [done, this.#sent])
			promise.catch(() => {}); // flush() and the next write() report it
	}

	/* Keeps them to be sent, as many as there is room for; gives how many. */
	#gather(bytes) {
		const count = Math.min(bytes.length, SEND_BYTES - this.#gathered), after = this.#gathered + count;
		if (after > this.#room.length) {
			const larger = new Uint8Array(Math.min(SEND_BYTES, after * 2));
			larger.set(this.#room.subarray(0, this.#gathered));
			this.#room = larger;
		}
		this.#room.set(bytes.subarray(0, count), this.#gathered);
		this.#gathered = after;
		return count;
	}

	/* How much may be sent in one call now. */
	get #most() {
		return this.#all.bytes + SEND_BYTES <= SENT_AHEAD_OF_ALL ? SEND_BYTES : SMALL_BYTES;
	}

	/* Sends what is gathered, if nothing is under way, or enough is gathered and not too much under way. True: nothing is left of it. */
	#sendGathered() {
		const mayFollow = () => this.#gathered === SEND_BYTES && this.#most === SEND_BYTES && this.#sending + SEND_BYTES <= SENT_AHEAD;
		while (this.#gathered > 0 && (this.#sending === 0 || mayFollow())) {
			const count = Math.min(this.#gathered, this.#most);
			this.#send(this.#room.subarray(0, count));
			this.#room.copyWithin(0, count, this.#gathered);
			this.#gathered -= count;
		}
		return this.#gathered === 0;
	}

	/** Sends bytes in the order of calls; resolves when they are sent, or when at most SENT_AHEAD is under way and they are gathered to follow. Rejects with a
	 * WasiError if these or earlier ones couldn't be sent; flush() says whether they all were. */
	async write(bytes) {
		for (let at = 0; at < bytes.length;) {
			if (this.#failed)
				await this.#sent;
			if (this.closed)
				throw closedError();
			if (this.#gathered === 0 && this.#sending === 0) {
				const piece = bytes.subarray(at, at + this.#most);
				this.#send(piece);
				at += piece.length;
				continue;
			}
			at += this.#gather(bytes.subarray(at));
			if (!this.#sendGathered() && this.#gathered === SEND_BYTES)
				await new Promise(resolve => this.#waiting.push(resolve));
		}
	}

	/** Resolves when everything that was written is sent. Rejects with a WasiError. */
	async flush() {
		for (let sent = null; sent !== this.#sent || this.#gathered > 0;) {
			sent = this.#sent;
			await sent;
		}
	}

	/** Ends sending, behind what was written: the peer reads to the end. */
	async finish() {
		await this.flush();
		await this.#calls.sock_shutdown(this.fd, 2);
	}

	/** Closes the socket, after what was written is sent, or can't be for so long; gives how many bytes weren't. A receive() that waits fails. */
	async close(lingerMs = LINGER_MS) {
		if (this.closed)
			return 0;
		this.closed = true; // nothing more is taken
		if (this.#sending > 0 && lingerMs > 0)
			await new Promise(resolve => {
				const timer = setTimeout(resolve, lingerMs);
				this.flush().catch(() => {}).then(() => {
					clearTimeout(timer);
					resolve();
				});
			});
		const unsent = this.#sending + this.#gathered, isServed = this.#all.served === this;
		this.stopReceiving();
		if (this.#asked.length > 0 || isServed)
			await this.#calls.sock_shutdown(this.#fd, RD_WR).catch(() => {}); // the gateway answers the waiting receives
		await this.#calls.fd_close(this.#fd);
		return unsent;
	}
}
