//# allFunctionsCalledOnLoad
/* The order of calls that JavaScript makes (calls.js). Calls of one turn of the event loop leave in one message, and in one batch; a call that may park
 * leaves in a batch of its own, so that no other call waits for it. The page keeps a file's offset, so what follows a call that moves the offset leaves
 * when that call is answered: the server executes calls in the order in which they were made. */
import { BATCH, decodeGives, syscallRow } from "../base/codec.js";
import { WasiError } from "../base/errors.js";
import { concatenate } from "../base/output.js";
import { BLOCKS } from "../base/syscalls.js";

const TOGETHER_MAX = 16 << 10; // bytes of a batch that is copied to leave in one message with others
const TURN_STEPS = 8; // microtasks that it waits for them: a socket that is opened, written and read at once is three batches, some promises apart

export class CallQueue {
	#connection;
	#pipeline;
	#rejects = new Set(); // of calls without an answer
	#queue = []; // calls that wait for one that moves an offset
	#leaving = false; // the batch leaves at the end of this turn
	#outbox = []; // batches that leave then in one message: each message costs a browser 20 to 70 us

	/** connection: what sends batches; pipeline: the Pipeline that gets their answers. */
	constructor(connection, pipeline) {
		this.#connection = connection;
		this.#pipeline = pipeline;
	}

	/** Does no call wait for its answer or its turn? */
	get isIdle() {
		return this.#rejects.size === 0 && this.#queue.length === 0;
	}

	/** No call is answered any more: all reject with this error. */
	lose(error) {
		this.#sendOutbox();
		this.#pipeline.lose(error);
		for (const reject of this.#rejects)
			reject(error);
		this.#rejects.clear();
		this.#queue = [];
	}

	/** Runs work() now, or after the call that moves this descriptor's offset. moves: this call moves it. Gives work()'s result. */
	run(descriptor, moves, work) {
		return new Promise((resolve, reject) => {
			this.#rejects.add(reject);
			const settled = settle => value => {
				this.#rejects.delete(reject);
				settle(value);
			};
			const start = () => {
				const done = work();
				if (moves && descriptor.seekable) {
					descriptor.turn = done;
					done.catch(() => {}).then(() => {
						descriptor.turn = null;
						this.#goOn();
					});
				}
				done.then(settled(resolve), settled(reject));
			};
			if (this.#queue.length || descriptor?.turn)
				this.#queue.push({ descriptor, start });
			else
				start();
		});
	}

	#goOn() {
		while (this.#queue.length && !this.#queue[0].descriptor?.turn)
			this.#queue.shift().start();
	}

	/** A call by its name: arguments as on the wire; gives what decodeGives gives. Rejects with WasiError. */
	ask(name, ...args) {
		const pipeline = this.#pipeline;
		if (pipeline.lost)
			return Promise.reject(pipeline.lost);
		const parks = (syscallRow(name).flags & BLOCKS) !== 0;
		if (parks || pipeline.writer.count >= pipeline.bounds.calls || pipeline.writer.at > pipeline.bounds.message / 4)
			this.#leave();
		const answer = this.#write(name, args);
		if (parks) {
			this.#leave();
		} else if (!this.#leaving) {
			this.#leaving = true;
			queueMicrotask(() => this.#leave());
		}
		return answer;
	}

	/** Calls that are executed one after the other, the next when the one before is answered, and need one wait: [name, ...arguments] each. Gives their
	 * promises. */
	askInTurn(...calls) {
		if (this.#pipeline.lost)
			return calls.map(() => Promise.reject(this.#pipeline.lost));
		this.#leave();
		const answers = calls.map(([name, ...args]) => this.#write(name, args));
		this.#leave();
		return answers;
	}

	#write(name, args) {
		return new Promise((resolve, reject) => {
			const row = syscallRow(name);
			this.#rejects.add(reject);
			this.#pipeline.encode(row, args, (errno, bytes) => {
				this.#rejects.delete(reject);
				if (errno === 0)
					resolve(decodeGives(row, isMostOf(bytes) ? bytes : bytes.slice()));
				else
					reject(new WasiError(errno, name));
			});
		});
	}

	#leave() {
		this.#leaving = false;
		if (!this.#pipeline.empty && !this.#pipeline.lost)
			this.#send(this.#pipeline.seal(BATCH.WAIT).bytes);
	}

	#send(bytes) {
		if (bytes.length > TOGETHER_MAX) {
			this.#sendOutbox();
			this.#connection.send(bytes);
		} else if (this.#outbox.push(bytes.slice()) === 1) {
			this.#sendSoon(TURN_STEPS);
		}
	}

	#sendSoon(steps) {
		queueMicrotask(() => (steps > 1 ? this.#sendSoon(steps - 1) : this.#sendOutbox()));
	}

	#sendOutbox() {
		const batches = this.#outbox.splice(0);
		if (batches.length > 0)
			this.#connection.send(batches.length === 1 ? batches[0] : concatenate(batches));
	}
}

/* Is it most of its message? Then it isn't copied to keep the rest from being held. */
function isMostOf({ byteLength, buffer }) {
	return byteLength * 2 > buffer.byteLength;
}
