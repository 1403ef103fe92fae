//# allFunctionsCalledOnLoad
/* The control side of a guest: feeds stdin, ends the guest, learns of its end; in `shared` it passes answers to the program's worker. It runs on a thread that
 * never blocks: the page's, or control-worker.js. */
import { SharedBatchTaker } from "../base/shared-batch.js";
import {
	END, FRAME, FRAME_BODY, FRAME_HEAD, RECORD, STDIN, decodeAsked, decodeFields, decodeWatch, encodeAsk, encodeConsole, encodeEnd, encodeRecord,
	encodeRecordFrom, encodeRecordInPlace, encodeStdin, sourceBytes,
} from "../base/codec.js";
import { RingWriter } from "../base/ring.js";

const ASK = { folder: [0, 1], file: [3, 4], save: [5, 5], WITHDRAW: 2 }; // [to read, to write, too]
const alsoProgram = new Set([FRAME.ACK, FRAME.WATCH, FRAME.RECORDED]);
const PIECE = 64 << 10;
const GATHERED_MS = 2; // what a program gathered waits for it that long
const UNDER_WAY_MAX = 1 << 20; // of that, bytes that the gateway hasn't executed yet
/* A call of the program takes less; a program that is over gets so long to have its last writes done. */
const CALL_MS = 50;
const DONE_MS = 1500;

export class ControlSide {
	#connection;
	#ring = null;
	#bound; // bytes of stdin that may be unconsumed
	#fed;
	#taken = 0;
	#room = []; // resolvers of writers that wait for it
	#turn = Promise.resolve(); // writers come one after the other
	#gone = false;
	#sharedBatch; // what the program gathered, if the control side can see it
	#looking = 0; // timer
	#underWay = []; // { sequence, bytes } that were sent in the program's place
	#left; // resolves when the connection is gone
	#leaving;
	#ending = null; // a promise
	#asked = new Map(); // number -> what takes its ASKED
	#lastAsked = 0;
	stdinClosed = false;
	/** May the user be asked for folders? */
	askable;
	/** Has what is granted changed since the guest began? */
	grantsChanged = false;
	/** () when it has */
	ongrants = null;
	/** the last batch that is known to be done, and () when there is another */
	done = 0;
	ondone = null;
	/** frames that were sent, for the counters */
	messages = 0;
	bytesSent = 0;
	/** (error) when the connection is gone */
	onlost = null;
	/** (state) of decodeWatch, when a debugger comes, goes, stops the program or lets it go on */
	onwatch = null;
	/** () when a lease of the program is broken: before its next leased answer it has to ask the server */
	onbroken = null;
	/** When the source of stdin fails, or gives something else than text and bytes: the program must not go on.
	 * @type {(error: unknown) => void} */
	onstdinfailed = () => this.end(END.KILLED, "its input failed");
	/** (bytes, isOver) when so much of the recording is written; isOver: no more is */
	onrecorded = null;
	/** (frame) of a KEPT */
	onkept = null;
	/** () when the user closes the program: it is to write out what it holds, and then to be ended */
	onfinish = () => this.end(END.KILLED, "closed");

	/** connection: open; stdin: of makeHello; ring: shared memory for answers (the hello had SPLIT); sharedBatch:
	 * newSharedBatch's. */
	constructor(connection, { stdin, ring = null, sharedBatch = null }) {
		this.#connection = connection;
		this.#sharedBatch = sharedBatch && new SharedBatchTaker(sharedBatch);
		this.#left = new Promise(resolve => (this.#leaving = resolve));
		this.#bound = connection.welcome.bounds.stdin;
		this.askable = connection.welcome.askable;
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

	/* The frames of the control side. Those of `alsoProgram` are for the program too. */
	#handlers = {
		[FRAME.TAKEN]: frame => this.#consumed(Number(decodeFields(frame)[0])),
		[FRAME.ACK]: frame => this.#acknowledged(decodeFields(frame)[0]),
		[FRAME.WATCH]: frame => this.onwatch?.(decodeWatch(frame)),
		[FRAME.FINISH]: () => this.onfinish(),
		[FRAME.BROKEN]: () => this.onbroken?.(),
		[FRAME.KEPT]: frame => this.onkept?.(frame),
		[FRAME.GRANTS]: () => {
			this.grantsChanged = true;
			this.ongrants?.();
		},
		[FRAME.ASKED]: frame => {
			const asked = decodeAsked(frame);
			this.#asked.get(asked.number)?.(asked);
		},
		[FRAME.RECORDED]: frame => {
			const [bytes, over] = decodeFields(frame);
			if (!(frame.flags & RECORD.KEPT)) // that one is its program's
				this.onrecorded?.(Number(bytes), over !== 0);
		},
	};

	/* With a ring all messages come here, and answers go on to the program as they are. A frame of ours is a message of its own,
	 * as long as its row of the table of frames says, or its head. */
	#carry(bytes) {
		const type = bytes[4], handle = this.#handlers[type];
		if (handle && bytes.length === (FRAME_HEAD + FRAME_BODY[type] || new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true))) {
			handle({ type, flags: bytes[5], body: bytes.subarray(FRAME_HEAD) });
			if (!alsoProgram.has(type))
				return;
		}
		if (type === FRAME.ENDED)
			this.#connection.noteEnded({ body: bytes.subarray(FRAME_HEAD) });
		this.#ring.write(bytes);
	}

	#receive(frame) {
		this.#handlers[frame.type]?.(frame);
	}

	#consumed(taken) {
		this.#taken = taken;
		for (const resolve of this.#room.splice(0))
			resolve();
	}

	/** The program's worker has read from the ring. */
	drain() {
		this.#ring?.drain();
	}

	/** Goes on with a program that another page fed so many bytes, of which it has consumed `taken`. */
	goOnFrom({ fed, taken }) {
		this.#fed = fed;
		this.#taken = taken;
	}

	/* If the source fails, stdin isn't closed: else the program would take half of the input for all of it. */
	async #pump(rest) {
		try {
			for await (const piece of rest) {
				if (this.#gone)
					return;
				await this.writeStdin(piece);
			}
			await this.closeStdin();
		} catch (error) {
			if (!this.#gone)
				this.onstdinfailed(error);
		}
	}

	#send(frame) {
		this.messages++;
		this.bytesSent += frame.length;
		return this.#connection.send(frame);
	}

	/** Feeds text or a BufferSource. Resolves when it is sent, which waits until the program has consumed enough of what was fed
	 * before. */
	writeStdin(data) {
		return this.#inTurn(async () => {
			if (this.stdinClosed)
				throw new TypeError("stdin is closed");
			const bytes = sourceBytes(data, "stdin");
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

	/**
	 * Asks the user for a folder or file, at the gateway; null: the connection is gone, or it was withdrawn.
	 * @param {{ wants?: "folder" | "file" | "save", writes?: boolean, signal?: AbortSignal }} how save: a file that may be new; signal: withdraws the question
	 * @returns {Promise<{ verdict: number, readonly: boolean, path: string } | null>}
	 */
	async ask({ wants = "folder", writes = false, signal }) {
		const number = ++this.#lastAsked;
		const withdraw = () => this.#gone || this.#send(encodeAsk(number, ASK.WITHDRAW));
		if (this.#gone || signal?.aborted)
			return null;
		const answer = new Promise(resolve => {
			this.#asked.set(number, resolve);
			signal?.addEventListener("abort", () => resolve(null), { once: true });
			this.#left.then(() => resolve(null));
		});
		signal?.addEventListener("abort", withdraw, { once: true });
		this.#send(encodeAsk(number, ASK[wants][Number(writes)]));
		try {
			return await answer;
		} finally {
			signal?.removeEventListener("abort", withdraw);
			this.#asked.delete(number);
		}
	}

	/** Sends a debugger what the page's console printed. level: CONSOLE's, docs/PROTOCOL.md. */
	console(level, text) {
		if (!this.#gone)
			this.#send(encodeConsole(level, text));
	}

	/** Sends a debugger the part of the program's memory that it asked for. */
	looked(bytes) {
		if (!this.#gone)
			this.#connection.send(bytes);
	}

	/** Sends a part of the program's recording; hasRoom: for the frame's head, before them in their buffer; from: where they stand in it, null: at its end. */
	record(bytes, hasRoom, from = null) {
		if (!this.#gone)
			this.#connection.send(from !== null ? encodeRecordFrom(from, bytes) : hasRoom ? encodeRecordInPlace(bytes) : encodeRecord(bytes));
	}

	/** The program has gathered calls: if it makes no other call for 2 ms, this side sends them. */
	gathered() {
		this.#looking ||= setTimeout(this.#look, GATHERED_MS, this.#sharedBatch.sequence);
	}

	#look = since => {
		this.#looking = 0;
		if (this.#sharedBatch.sequence !== since && this.#sharedBatch.offered)
			return this.gathered(); // another batch, younger than 2 ms
		this.#sharedBatch.disarm();
		this.#relieve();
	};

	/** Sends a batch that is too large for the program's own socket. */
	carried() {
		const batch = this.#sharedBatch.takeCarried();
		if (batch !== null && !this.#gone)
			this.#connection.send(batch); // counted where it was sealed
	}

	#relieve() {
		const bytes = this.#underWay.reduce((sum, part) => sum + part.bytes, 0);
		const batch = this.#gone || bytes > UNDER_WAY_MAX ? null : this.#sharedBatch.take();
		if (batch !== null)
			this.#sendGathered(batch);
	}

	#sendGathered(batch) {
		this.#underWay.push({ sequence: this.#sharedBatch.sequence, bytes: batch.length });
		this.#send(batch);
	}

	#acknowledged(sequence) {
		this.done = Math.max(this.done, sequence);
		this.ondone?.();
		if (this.#underWay.length === 0)
			return;
		this.#underWay = this.#underWay.filter(part => part.sequence > sequence);
		this.#relieve();
	}

	/** Ends the guest: END.TRAP or END.KILLED, and what the page knows of it. Resolves when the program's writes are done, as far as the control side can
	 * ensure that. Until then its worker must live, since what the worker sent may still be on its way.
	 * @param {number} [reason] */
	end(reason = END.KILLED, text = "") {
		this.#ending ??= this.#end(reason, text);
		return this.#ending;
	}

	async #end(reason, text) {
		if (this.#gone)
			return;
		if (this.#sharedBatch === null) {
			this.#send(encodeEnd(reason, text));
			return this.close({ soon: true });
		}
		let last = this.#sharedBatch.close();
		for (const late = performance.now() + CALL_MS; last === null && performance.now() < late; last = this.#sharedBatch.close())
			await new Promise(resolve => setTimeout(resolve));
		if (this.#gone)
			return;
		if (last?.batch)
			this.#sendGathered(last.batch);
		this.#send(encodeEnd(reason, text, this.#sharedBatch.sequence));
		const late = new Promise(resolve => setTimeout(resolve, DONE_MS, false));
		const isDone = await Promise.race([this.#left.then(() => true), late]);
		this.close({ soon: true });
		return isDone;
	}

	/** Closes the connection. soon: the guest has ended, so the server closes first. */
	close(how) {
		if (this.#gone)
			return;
		this.#leave();
		this.#connection.close(how);
	}

	#leave() {
		this.#gone = true;
		this.#leaving();
		clearTimeout(this.#looking);
		this.#ring?.lose();
		for (const resolve of this.#room.splice(0))
			resolve();
	}
}
