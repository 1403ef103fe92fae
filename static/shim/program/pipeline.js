//# allFunctionsCalledOnLoad
/* The order of a guest's calls: the batch being written, the batches that wait for answers, what is acknowledged. Leaves to others how
 * bytes travel and how one waits (wait/, calls.js). Calls get their results through handlers: (errno, bytes, since); since: when the server
 * found it so (ms, as performance.now(); at the earliest); errno SKIPPED: the call never ran. */
import { BATCH, BatchWriter, CALL, CALL_WITHIN, FRAME, RECORD, decodeEnded, decodeRefused, decodeWatch } from "../base/codec.js";
import { GatewayLost, Refused, lossOf } from "../base/errors.js";
import { concatenate } from "../base/output.js";

const ANSWER_HEAD = 24; // within the body
const RESULT_HEAD = 8;
const CARRY_ROOM = 64 << 10; // for what accompanies a batch

/** A batch that left and will be answered, or may be. */
class Flight {
	constructor(sequence, handlers, quiet, waited, mark) {
		this.sequence = sequence;
		this.mark = mark;
		this.handlers = handlers;
		this.quiet = quiet; // nothing in it is asked: the program learns nothing from its answer
		this.waited = waited; // it will be answered in any case
		this.sent = performance.now();
		this.answered = false;
		this.waiter = null; // called once when it is answered, or nothing will be
	}
}

export class Pipeline {
	/** What goes out next; begin a call with call(), then write its arguments into this. */
	writer = new BatchWriter();
	#handlers = [];
	#quiet = true; // are all calls in it?
	#idle = 0; // calls in it that nobody is waiting for, in the server or outside
	#writes = []; // what changes files in it
	#noted = []; // [{ sequence, writes }] that left and aren't acknowledged
	#noteCount = 0;
	#foreseenCount = 0;
	#flights = new Map(); // sequence -> Flight
	#sequence = 0;
	#seen = 0; // the last sequence number whose answer came
	#clocks;
	/** Every batch up to here has been executed. */
	acknowledged = 0;
	/** () => errno or MISS: what the call that is waited for gives when all results are in; set by who begins a call, taken by who waits. */
	finish = null;
	/** Why nothing will be answered any more: an Error, or null. */
	lost = null;
	/** Did the control side take what was gathered when nothing was to be answered any more? It is done soon, but nobody hears of it here. */
	isTaken = false;
	/** (sequence) the changes from this batch on failed, or may have; Infinity: those that follow will never be made. The program ends. */
	onchangeslost = null;
	/** Called when an acknowledgement came, and when the gateway is lost. */
	onacknowledged = null;
	onlost = null;
	/** Grows with every answer that the program sees: what the cache learned before may be older. */
	epoch = 0;
	/** A flight that left before, which the next wait is for; what is gathered needn't leave. */
	awaited = null;
	/** Kept with what leaves, for onanswered. */
	mark = 0;
	/** (frame) of a BREAK; ({ sent, mark }) when an answer that will come in any case came: the breaks that precede it have come, sent: ms */
	onbreak = null;
	onanswered = null;
	/** (write) of note(), when it is acknowledged */
	onsettled = null;
	/** What goes before the next batch, a debugger's reports: { bytes, take() => a frame or null } */
	piggyback = null;
	/** What goes before the next batch of a program that outlives its page: { take(sequence of the batch before) => a frame or null }; and called when the
	 * gateway keeps no more of it */
	keeping = null;
	onunkept = null;
	/** (state) of decodeWatch, when somebody begins to look on, or ends */
	onwatch = null;
	/** (frame) of a debugger's LOOK, and of its INJECT */
	onlook = null;
	oninject = null;
	/** What is said of each call, where somebody traces them: the component's function that makes it, or 0 */
	within = 0;
	/** When the last batch left (ms). */
	left = 0;
	/** Bytes that left and aren't acknowledged. */
	underWay = 0;
	stats = { roundTrips: 0, messages: 0, bytesSent: 0, bytesReceived: 0 };

	/** clocks: cache/local.js's, told the server's time by every answer; bounds: the WELCOME's. */
	constructor(clocks, bounds) {
		this.#clocks = clocks;
		this.bounds = bounds;
	}

	#sharedBatch = null;

	/** The control side may send what is gathered, too: base/shared-batch.js's. */
	share(sharedBatch) {
		this.#sharedBatch = sharedBatch;
		sharedBatch.ontaken = sequence => {
			const bytes = this.writer.at;
			this.writer.clear();
			this.#depart(sequence, bytes, false);
		};
		sharedBatch.onclosed = () => this.lose(new GatewayLost("the program was ended"), true);
	}

	/** Call before reading what is gathered: the control side doesn't touch it until release(). */
	hold() {
		this.#sharedBatch?.hold();
	}

	/** How long a batch may be for carry(). */
	get carryMax() {
		return this.#sharedBatch === null ? 0 : this.#sharedBatch.bytes.length - CARRY_ROOM;
	}

	/** Sends a sealed batch by the control side, which delivers while this thread blocks. False: it can't. */
	carry(bytes) {
		return this.#sharedBatch !== null && this.#sharedBatch.carry(bytes);
	}

	/** The program continues. */
	release() {
		if (this.#sharedBatch !== null && this.#sharedBatch.held)
			this.#sharedBatch.release(this.writer, this.writer.count > Math.min(this.#idle, this.bounds.calls >> 1));
	}

	/** Begins a call in the outgoing batch. handler null: nobody wants to know. */
	call(number, flags, handler) {
		this.#begin(flags, handler);
		return this.writer.call(number, flags | this.within << CALL_WITHIN);
	}

	#begin(flags, handler) {
		this.hold();
		this.#handlers.push(handler);
		this.#quiet &&= (flags & CALL.QUIET) !== 0;
	}

	/** A quiet call that may stay until something else leaves. */
	idleCall(number) {
		this.call(number, CALL.QUIET, null);
		this.#idle++;
		return this.writer;
	}

	/** Where the next call begins, for takeBack(): whoever writes one idle call there sets `end`, where it ends. */
	place() {
		this.hold();
		const { at, count, callAt } = this.writer;
		return { sequence: this.#sequence, at, count, callAt, end: 0 };
	}

	/** Takes back the idle call that was written there, if it hasn't left and is the last one. */
	takeBack({ sequence, at, count, callAt, end }) {
		this.hold();
		if (this.#sequence !== sequence || !this.writer.endsWith(count + 1, end))
			return false;
		this.writer.backTo({ at, count, callAt });
		this.#sharedBatch?.shortened(at);
		this.#handlers.length = count;
		this.#idle--;
		return true;
	}

	/** A whole call from JavaScript's values. */
	encode(row, args, handler, flags = 0) {
		this.#begin(flags, handler);
		return this.writer.encode(row, args, flags);
	}

	/** Where the outgoing batch stands, for backTo(). */
	position() {
		return { sequence: this.#sequence, written: this.writer.position(), handlers: this.#handlers.length, writes: this.#writes.length, quiet: this.#quiet,
			finish: this.finish };
	}

	/** Takes back what was written since. False: a batch has left meanwhile, and only what came after it is taken back. */
	backTo({ sequence, written, handlers, writes, quiet, finish }) {
		const same = sequence === this.#sequence;
		this.writer.backTo(same ? written : null);
		this.#handlers.length = same ? handlers : 0;
		const taken = this.#writes.splice(same ? writes : 0);
		this.#noteCount -= taken.length;
		this.#foreseenCount -= taken.filter(({ foreseen }) => foreseen).length;
		this.#quiet = same ? quiet : true;
		this.#idle = 0;
		this.finish = finish;
		return same;
	}

	/** The call begun last changes something: { call, path, bytes }, to be named if the gateway is lost; foreseen: the program was
	 * told that it succeeded. */
	note(write) {
		if (this.lost !== null) // it never leaves
			this.onchangeslost?.(Infinity);
		write.index = this.writer.count - 1;
		this.#writes.push(write);
		this.#noteCount++;
		if (write.foreseen)
			this.#foreseenCount++;
	}

	/* What the call changes that was noted at this place of a batch that left; null: nothing was. */
	#pathOf({ sequence, index }) {
		return this.#noted.find(batch => batch.sequence === sequence)?.writes.find(write => write.index === index)?.path ?? null;
	}

	/** How many of those aren't acknowledged. */
	get unsettledWrites() {
		return this.#noteCount;
	}

	/** How many of those are foreseen calls. */
	get unsettledForeseen() {
		return this.#foreseenCount;
	}

	/** The writes that may or may not have been done. */
	unacknowledged() {
		return this.#noted.flatMap(({ writes }) => writes).concat(this.#writes).map(({ call, path, bytes }) => ({ call, path, bytes }));
	}

	get empty() {
		return this.writer.count === 0;
	}

	/** Bytes that would be sent now. */
	get bytes() {
		return this.writer.at + (this.piggyback?.bytes ?? 0);
	}

	/** Is anything that was sent unacknowledged? */
	get settled() {
		return this.empty && this.acknowledged === this.#sequence;
	}

	get sequence() {
		return this.#sequence;
	}

	get seen() {
		return this.#seen;
	}

	/** Goes on where another page stood: its last batch had this number. */
	goOnFrom(sequence) {
		this.#sequence = this.#seen = this.acknowledged = sequence;
	}

	/** Ends the outgoing batch: { bytes, flight }. */
	seal(flags) {
		this.hold();
		const sequence = this.#sequence + 1;
		const reports = this.piggyback?.take() ?? null, kept = this.keeping?.take(this.#sequence) ?? null;
		const batch = this.writer.seal(sequence, this.#seen, flags);
		const bytes = reports === null && kept === null ? batch : concatenate([reports, kept, batch].filter(part => part !== null));
		const flight = this.#depart(sequence, bytes.length, (flags & BATCH.WAIT) !== 0);
		this.left = flight.sent;
		this.stats.messages++;
		this.stats.bytesSent += bytes.length;
		this.#sharedBatch?.sent(sequence, this.#seen);
		return { bytes, flight };
	}

	/* The batch was sent. */
	#depart(sequence, bytes, waited) {
		const flight = new Flight(sequence, this.#handlers, this.#quiet, waited, this.mark);
		this.#sequence = sequence;
		this.#noted.push({ sequence, writes: this.#writes, bytes });
		this.underWay += bytes;
		this.#handlers = [];
		this.#quiet = true;
		this.#idle = 0;
		this.#writes = [];
		this.#flights.set(sequence, flight);
		return flight;
	}

	/** Takes a frame from the server. Those that aren't about calls are left to the caller: false. */
	receive(frame) {
		this.stats.bytesReceived += 8 + frame.body.length;
		switch (frame.type) {
		case FRAME.ANSWER:
			this.#answer(frame);
			return true;
		case FRAME.ACK:
			this.#acknowledge(new DataView(frame.body.buffer, frame.body.byteOffset).getUint32(0, true));
			return true;
		case FRAME.WATCH:
			this.onwatch?.(decodeWatch(frame));
			return true;
		case FRAME.BREAK:
			this.onbreak?.(frame);
			return true;
		case FRAME.LOOK:
			this.onlook?.(frame);
			return true;
		case FRAME.RECORDED: // of the file's recording the page hears
			if (frame.flags & RECORD.KEPT)
				this.onunkept?.();
			return true;
		case FRAME.INJECT:
			this.oninject?.(frame);
			return true;
		case FRAME.ENDED: {
			const ended = decodeEnded(frame);
			const path = ended.lost && this.#pathOf(ended.lost);
			if (ended.lost)
				this.#acknowledge(ended.lost.sequence - 1);
			this.lose(lossOf(ended, path));
			return true;
		}
		case FRAME.REFUSED: {
			const { code, errno, message } = decodeRefused(frame);
			this.lose(new Refused(code, errno, message));
			return true;
		}
		}
		return false;
	}

	#answer({ body, count }) {
		const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
		const sequence = view.getUint32(0, true);
		const flight = this.#flights.get(sequence);
		this.#flights.delete(sequence);
		this.#acknowledge(view.getUint32(4, true)); // who is told of the results may ask on
		const said = this.#clocks.heard(view.getBigUint64(8, true), view.getBigUint64(16, true), flight?.sent);
		if (flight !== undefined) {
			if (sequence > this.#seen)
				this.#seen = sequence;
			if (!flight.quiet)
				this.epoch++;
			const since = hasParked(view, count) ? flight.sent : Math.max(flight.sent, said);
			let at = ANSWER_HEAD;
			for (let i = 0; i < count; i++) {
				const errno = view.getUint16(at + 2, true);
				const length = view.getUint32(at + 4, true);
				const handler = flight.handlers[view.getUint16(at, true)];
				at += RESULT_HEAD;
				if (at + length > body.length)
					throw new RangeError(`answer ${sequence} is shorter than it says`);
				if (handler)
					handler(errno, body.subarray(at, at + length), since);
				at += length;
			}
			flight.answered = true;
			if (flight.waited)
				this.onanswered?.(flight);
		}
		flight?.waiter?.();
	}

	#acknowledge(sequence) {
		if (sequence <= this.acknowledged)
			return;
		this.acknowledged = sequence;
		for (const [number, flight] of this.#flights) { // quiet ones that succeeded have no other answer
			if (number > sequence)
				break;
			if (flight.quiet && !flight.waited)
				this.#flights.delete(number);
		}
		while (this.#noted.length && this.#noted[0].sequence <= sequence) {
			const { writes, bytes } = this.#noted.shift();
			this.underWay -= bytes;
			this.#noteCount -= writes.length;
			for (const write of writes) {
				if (write.foreseen)
					this.#foreseenCount--;
				this.onsettled?.(write);
			}
		}
		this.onacknowledged?.(sequence);
	}

	/** Nothing will be answered any more. The first reason stays. isTaken: the control side does what was gathered, all but foreseen calls. */
	lose(error, isTaken = false) {
		if (this.lost)
			return;
		this.isTaken = isTaken;
		if (isTaken ? this.#foreseenCount > 0 : this.#noteCount > 0)
			this.onchangeslost?.(this.acknowledged + 1);
		this.lost = error;
		for (const flight of this.#flights.values())
			flight.waiter?.();
		this.onlost?.(error);
	}
}

/* Results stand in the order in which the calls were done: was one late, so that the others are older than the answer? */
function hasParked(view, count) {
	let at = ANSWER_HEAD, last = -1;
	for (let i = 0; i < count && at + RESULT_HEAD <= view.byteLength; i++) {
		const index = view.getUint16(at, true);
		if (index < last)
			return true;
		last = index;
		at += RESULT_HEAD + view.getUint32(at + 4, true);
	}
	return false;
}
