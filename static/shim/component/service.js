//# allFunctionsCalledOnLoad
/* Serves HTTP on the sockets of `--tcplisten` by components that export wasi:http/incoming-handler. Each request has an instance of the component for itself
 * as long as it is answered; instances that are done answer others. One computes at a time. One that waits (all of 0.2 waits in poll.js) lets others go on:
 * where the engine suspends stacks (jspi), each goes on when what it waits for is there; else others run on top of it, and it goes on when they are done.
 * Leaves to others: HTTP (http-connection.js), making instances (link.js). */
import { ERRNO } from "../base/errors.js";
import { FDFLAGS, FILETYPE } from "../base/fds.js";
import { toBytes } from "../base/bytes.js";
import { MISS } from "../base/trampoline.js";
import { RESULT } from "./host.js";
import { ServedConnection } from "./http-connection.js";
import { answerRequest } from "./async-serving.js";
import { IncomingRequest, ResponseOutparam } from "./http-serving.js";
import { FD_READ, Pollable, READY, poll } from "./poll.js";
import { TRAP } from "./trampoline.js";

const CONNECTIONS_MAX = 512;
const ANSWERED_MAX = 64; // at once
const STACKED_MAX = 16; // of those on one stack
const NO_SOCKET = "wvwasi: the component answers HTTP requests and has no socket for them: start the gateway with --tcplisten 127.0.0.1:8080\n";
const WRITING = 2; // sock_shutdown's flag

/* A granted socket on which clients come. */
class Listener {
	#fd;
	/** fds of those that have come */
	accepted = [];

	constructor(fd) {
		this.#fd = fd;
	}

	waitsFor() {
		return this.accepted.length > 0 ? READY : new Pollable(FD_READ, { fd: this.#fd });
	}

	advance(host) {
		return host.after(host.calls.sock_accept(this.#fd, FDFLAGS.NONBLOCK, RESULT.COUNT), errno => {
			if (errno === 0)
				this.accepted.push(host.memory.u32(RESULT.COUNT));
			else if (errno !== ERRNO.AGAIN && errno !== ERRNO.CONNABORTED)
				throw new Error(`cannot accept connections: error ${errno}`);
			return 0;
		});
	}
}

/* One instance of the component. */
class Answerer {
	/** its host, the function that answers, and why it trapped */
	host = null;
	handle = null;
	lifted = null;
	fault = null;
	/** it waits in a poll: { pollables }; ready: the indices of those that are */
	parked = null;
	ready = null;
	/** goes on behind the wait; stopped: tells that it waits again, or has ended (jspi) */
	wake = null;
	stopped = null;
	connection = null;
	hasEnded = false;
	error = null;
}

export class Service {
	#program;
	#host;
	#way;
	#suspends;
	#make;
	#listeners;
	#connections = new Set();
	#free = []; // answerers that answer nobody
	#answering = new Set();

	/** host: for the service's own calls; make: (answerer, { wait, pinned }) gives an instance of the component for it: { host, handle, fault } */
	constructor(program, host, way, make) {
		this.#program = program;
		this.#host = host;
		this.#way = way;
		this.#suspends = way.pinned !== null;
		this.#make = make;
		this.#listeners = [...program.fds.entries()].filter(([, { filetype }]) => filetype === FILETYPE.SOCKET_STREAM).map(([fd]) => new Listener(fd));
	}

	/** Until the program ends: rejects then. Without a socket it is over at once: the exit code. */
	async serve() {
		if (this.#listeners.length === 0) {
			this.#program.output.write("stderr", toBytes(NO_SOCKET));
			return 1;
		}
		for (;;) {
			const steps = this.#turn(null);
			for (let step = steps.next(); !step.done; step = steps.next())
				await step.value();
		}
	}

	/* What a result of the host's leads to. */
	*#done(result) {
		if (result === MISS)
			yield this.#suspends ? this.#way.finish : this.#way.wait;
		this.#checkEnd();
	}

	#checkEnd() {
		const { pipeline, exited, leaves } = this.#program;
		if (pipeline.lost || exited || leaves !== null)
			throw pipeline.lost ?? new Error("the program has ended");
	}

	/* Waits once for whatever comes, and lets those go on that can. above: the answerer on whose stack this runs, the only one that may go on then. */
	*#turn(above) {
		yield* this.#sweep();
		for (const connection of this.#connections)
			if (connection.request !== null && !connection.isTaken && this.#answering.size < (this.#suspends ? ANSWERED_MAX : STACKED_MAX))
				yield* this.#answer(connection);
		const waiting = above !== null ? [above] : [...this.#answering];
		const clients = [...this.#connections.size < CONNECTIONS_MAX ? this.#listeners : [], ...[...this.#connections].filter(({ isIdle }) => isIdle)];
		const all = [...waiting.flatMap(({ parked }) => parked.pollables), ...clients.map(its => Pollable.of(its))];
		let ready = [];
		this.#host.begin();
		yield* this.#done(poll(this.#host, all, indices => {
			ready = indices;
			return 0;
		}));
		this.#tell(waiting, ready);
		if (above === null)
			for (const answerer of waiting)
				if (answerer.ready !== null)
					yield* this.#goOn(answerer);
	}

	#tell(waiting, ready) {
		let from = 0;
		for (const answerer of waiting) {
			const to = from + answerer.parked.pollables.length;
			const its = ready.filter(index => index >= from && index < to).map(index => index - from); // eslint-disable-line no-loop-func
			answerer.ready = its.length > 0 ? its : null;
			from = to;
		}
	}

	/* Takes connections in, and closes those that are over; if there are many, the one that was used the longest time ago. */
	*#sweep() {
		for (const listener of this.#listeners)
			for (const fd of listener.accepted.splice(0))
				this.#connections.add(new ServedConnection(fd));
		const idle = this.#connections.size < CONNECTIONS_MAX ? undefined : [...this.#connections].find(({ isIdle }) => isIdle);
		if (idle !== undefined)
			idle.isOver = true;
		for (const connection of this.#connections) {
			if (connection.output.keptLength > 0 && !connection.isTaken)
				yield* this.#push(connection);
			if (connection.hasEnded && !connection.isShut) {
				connection.isShut = true;
				this.#host.begin();
				yield* this.#done(this.#host.calls.sock_shutdown(connection.fd, WRITING));
			}
			if (connection.isOver && !connection.isTaken) {
				this.#connections.delete(connection);
				this.#host.begin();
				yield* this.#done(connection.close(this.#host));
			}
		}
	}

	*#push(connection) {
		this.#host.begin();
		yield* this.#done(connection.output.push(this.#host, errno => {
			connection.isOver ||= errno !== 0;
			return 0;
		}));
	}

	*#answer(connection) {
		const answerer = this.#free.pop() ?? this.#begin();
		connection.isTaken = true;
		this.#connections.delete(connection);
		this.#connections.add(connection); // the last one used
		Object.assign(answerer, { connection, hasEnded: false, error: null, parked: null, ready: null });
		this.#answering.add(answerer);
		yield () => this.#call(answerer, connection);
		yield* this.#after(answerer);
	}

	#begin() {
		const answerer = new Answerer(), waits = this.#waitsOf(answerer);
		Object.assign(answerer, this.#make(waits));
		answerer.host.park = (pollables, then) => {
			const { within } = this.#program;
			answerer.parked = { pollables };
			this.#program.isParked = true;
			return this.#program.settle(() => {
				const { ready } = answerer;
				this.#program.within = within;
				Object.assign(answerer, { parked: null, ready: null });
				return then(ready);
			});
		};
		return answerer;
	}

	/* Runs its handler until it waits or has ended. */
	#call(answerer, connection) {
		const ended = error => {
			answerer.hasEnded = true;
			answerer.error = error;
		};
		if (this.#suspends)
			return new Promise(resolve => {
				answerer.stopped = resolve;
				this.#run(answerer, connection).then(() => ended(null), ended).then(() => answerer.stopped());
			});
		try {
			const steps = this.#steps(answerer, connection);
			for (let step = steps.next(); !step.done;)
				step = steps.next(/** @type {Function} */ (step.value)());
			ended(null);
		} catch (error) {
			ended(error);
		}
	}

	async #run(answerer, connection) {
		const steps = this.#steps(answerer, connection);
		for (let step = steps.next(); !step.done;)
			step = steps.next(await /** @type {Function} */ (step.value)());
	}

	*#steps(answerer, connection) {
		const { host, handle, lifted } = answerer, enter = this.#suspends ? this.#way.enter : run => run;
		if (lifted !== null)
			return yield* answerRequest(answerer, connection, { enter, finish: this.#finishOf(answerer) });
		const request = host.add(new IncomingRequest(connection.request)), out = host.add(new ResponseOutparam(connection));
		yield () => enter(handle)(request, out);
	}

	*#goOn(answerer) {
		yield () => new Promise(resolve => {
			answerer.stopped = resolve;
			answerer.wake();
		});
		yield* this.#after(answerer);
	}

	/* It waits, or has ended: what it wrote leaves. */
	*#after(answerer) {
		const { connection, error } = answerer;
		this.#checkEnd();
		if (answerer.hasEnded) {
			this.#answering.delete(answerer);
			connection.answered(this.#host, error === null);
			if (error === null)
				this.#free.push(answerer);
			else
				yield* this.#drop(answerer, error);
		}
		yield* this.#push(connection);
	}

	/* It has trapped: nothing of it stays. */
	*#drop(answerer, error) {
		this.#program.output.write("stderr", toBytes(`wvwasi: the component trapped in its answer to a request: ${(answerer.fault() ?? error).message}\n`));
		for (const resource of answerer.host.resources()) {
			this.#host.begin();
			yield* this.#done(dropped(resource, this.#host));
		}
	}

	/* How an answerer waits, for its trampoline. */
	#waitsOf(answerer) {
		const { pinned } = this.#way, finish = this.#finishOf(answerer);
		if (!this.#suspends)
			return { pinned, wait: finish };
		return { pinned: () => (answerer.parked === null ? pinned() : TRAP), wait: new WebAssembly.Suspending(finish) };
	}

	#finishOf(answerer) {
		const { wait, finish } = this.#way;
		if (!this.#suspends)
			return () => {
				let result;
				do
					result = answerer.parked === null ? wait() : this.#waitAbove(answerer);
				while (result === MISS);
				return result;
			};
		return async () => {
			let result;
			do
				result = await (answerer.parked === null ? finish() : this.#waitBeside(answerer));
			while (result === MISS);
			return result;
		};
	}

	/* Others go on until it can. */
	async #waitBeside(answerer) {
		const goOn = this.#park();
		await new Promise(resolve => {
			answerer.wake = resolve;
			answerer.stopped();
		});
		return this.#resume(goOn);
	}

	/* Others run on top of it until it can go on. */
	#waitAbove(answerer) {
		const goOn = this.#park();
		try {
			for (const step of this.#push(answerer.connection))
				step();
			while (answerer.ready === null)
				for (const step of this.#turn(answerer))
					step();
		} catch {
			return TRAP; // the program has ended
		}
		return this.#resume(goOn);
	}

	/* What the call goes on with. */
	#park() {
		const { pipeline } = this.#program, { finish } = pipeline;
		pipeline.finish = null;
		this.#program.isParked = false;
		return finish;
	}

	#resume(goOn) {
		this.#program.memory.refresh();
		return goOn();
	}
}

/* Of what has trapped: what can't be dropped, since it is in use, goes with the instance. */
function dropped(resource, host) {
	try {
		return resource.drop?.(host) ?? 0;
	} catch {
		return 0;
	}
}
