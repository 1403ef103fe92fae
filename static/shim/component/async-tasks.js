//# allFunctionsCalledOnLoad
/* What goes on in a component of WASI 0.3 while it waits: subtasks, streams and futures of which something is pending, sets of them, and running a function
 * that it exports. From the component model's CanonicalABI.md. A component has one task at a time here; what a set waits for, and everything else that is
 * pending, waits in one place (poll.js). Leaves to others: what is pending (async-streams.js, the interfaces' functions). */
import { MISS } from "../base/trampoline.js";
import { NEVER, PASSED, Pollable, poll } from "./poll.js";

export const EVENT = Object.freeze({ NONE: 0, SUBTASK: 1, STREAM_READ: 2, STREAM_WRITE: 3, FUTURE_READ: 4, FUTURE_WRITE: 5 });
export const STATE = Object.freeze({ STARTED: 1, RETURNED: 2, CANCELLED: 4 });
const EXIT = 0, YIELD = 1, WAIT = 2;
const CODE_BITS = 4, CODE_MASK = 15;
const NOTHING = Object.freeze({ code: EVENT.NONE, handle: 0, payload: 0 });

/** What a step of repeat() gives when another one is to follow. */
export const AGAIN = Symbol("again");

const trap = message => new WebAssembly.RuntimeError(message);

/** Does step() until it doesn't give AGAIN: that, or MISS. */
export function repeat(host, step) {
	for (;;) {
		const result = step();
		if (result === MISS)
			return host.after(MISS, later => (later === AGAIN ? repeat(host, step) : later));
		if (result !== AGAIN)
			return result;
	}
}

/** What an async func gives when it has to wait: waits, a Pollable; goOn(host), once that is ready: its result, MISS, or another Later. */
export class Later {
	constructor(waits, goOn) {
		this.waits = waits;
		this.goOn = goOn;
	}
}

/** Waits until a Later is done: its result or MISS. */
export const finishNow = (host, result) => host.after(result, done => (!(done instanceof Later) ? done
	: poll(host, [done.waits], () => finishNow(host, done.goOn(host)))));

/** What can be waited for in a set: it has one event at most. */
export class Waitable {
	handle = 0;
	#event = null;
	#set = null;

	get hasEvent() {
		return this.#event !== null;
	}

	tell(code, payload) {
		this.#event = { code, handle: this.handle, payload };
	}

	/** Takes its event away. */
	take() {
		const event = this.#event;
		this.#event = null;
		return event;
	}

	/** set: null takes it out of the one that it is in. */
	join(set) {
		this.#set?.members.delete(this);
		this.#set = set;
		set?.members.add(this);
	}

	drop() {
		this.join(null);
		return 0;
	}
}

export class WaitableSet {
	members = new Set();

	/** An event of one of them, or null; next time another's turn comes first. */
	take() {
		for (const member of this.members)
			if (member.hasEvent) {
				this.members.delete(member);
				this.members.add(member);
				return member.take();
			}
		return null;
	}

	drop() {
		if (this.members.size > 0)
			throw trap("a waitable set is dropped that isn't empty");
		return 0;
	}
}

/** A call of an async func that goes on. */
export class Subtask extends Waitable {
	#tasks;
	#later;
	#done;
	isOver = false; // its end was told

	/** later: a Later; done(result) stores what it gives */
	constructor(tasks, later, done) {
		super();
		this.#tasks = tasks;
		this.#later = later;
		this.#done = done;
		tasks.pending.add(this);
	}

	waitsFor() {
		return this.#later.waits.state;
	}

	goOn(host) {
		return host.after(this.#later.goOn(host), result => {
			if (result instanceof Later) {
				this.#later = result;
				return 0;
			}
			this.#tasks.pending.delete(this);
			this.#done(result);
			this.tell(EVENT.SUBTASK, STATE.RETURNED);
			return 0;
		});
	}

	take() {
		this.isOver = true;
		return super.take();
	}

	/** Gives the state it ends in. */
	cancel() {
		if (this.isOver)
			throw trap("a subtask is cancelled that is over");
		if (this.#tasks.pending.delete(this))
			this.tell(EVENT.SUBTASK, STATE.CANCELLED);
		return this.take().payload;
	}

	drop() {
		if (!this.isOver)
			throw trap("a subtask is dropped that isn't over");
		return super.drop();
	}
}

/**
 * Of one instance of a component.
 * @typedef {{ waitsFor: () => Pollable, goOn: (host: object) => number, goOnAlone?: (host: object) => number }} Pending goOn: called once that is ready; takes
 *   itself out of `pending` when it is done; 0 or MISS. goOnAlone: the same without waiting before, where nothing else is pending
 */
export class Tasks {
	#host;
	/** @type {Set<Pending>} */
	pending = new Set();
	/** What context.set keeps, and task.return was given: null before it */
	context = [0, 0];
	returned = null;
	/** (values) when task.return is called */
	onreturned = null;

	constructor(host) {
		this.#host = host;
	}

	begin() {
		this.context = [0, 0];
		this.returned = null;
	}

	/** Waits until the set has an event: then(event) */
	waitFor(set, then) {
		return repeat(this.#host, () => {
			const event = set.take();
			return event === null ? this.#turn(true) : then(event);
		});
	}

	/** Lets go on what can; then(an event of the set, or the one that says nothing) */
	look(set, then) {
		const event = set?.take() ?? null;
		if (event !== null || this.pending.size === 0)
			return then(event ?? NOTHING);
		return this.#host.after(this.#turn(false), () => then(set?.take() ?? NOTHING));
	}

	/** Waits until this one has its event: then(event) */
	waitForOne(waitable, then) {
		return repeat(this.#host, () => (waitable.hasEvent ? then(waitable.take()) : this.#turn(true)));
	}

	/* Lets go on what is ready: AGAIN or MISS */
	#turn(waits) {
		const host = this.#host, all = [...this.pending].filter(its => its.waitsFor() !== NEVER);
		if (all.length === 0 && !waits)
			return AGAIN;
		if (all.length === 0)
			throw trap("the component waits for what can never come");
		host.begin(host.within);
		if (waits && all.length === 1 && all[0].goOnAlone !== undefined && host.park === null)
			return host.after(all[0].goOnAlone(host), () => AGAIN);
		return poll(host, [...all.map(its => Pollable.of(its)), ...waits ? [] : [PASSED]],
			ready => this.#goOn(ready.filter(i => i < all.length).map(i => all[i])));
	}

	#goOn(list) {
		const host = this.#host;
		for (let next = list.shift(); next !== undefined; next = list.shift())
			if (this.pending.has(next)) {
				host.begin(host.within);
				const result = next.goOn(host);
				if (result === MISS)
					return host.after(MISS, () => this.#goOn(list));
			}
		return AGAIN;
	}
}

/**
 * Runs a function that the component exports, lifted as its plan says: steps, each `() => value or promise`, as service.js does them; gives what task.return
 * was given (of a function that isn't async, its result alone), as the core function has it.
 * @param {import("./host.js").Host} host
 * @param {Function} core
 * @param {{ isAsync: boolean, callback: Function | null }} lifted
 * @param {(number | bigint)[]} args
 * @param {{ enter: (run: Function) => Function, finish: () => any }} way
 */
export function* runTask(host, core, { isAsync, callback }, args, way) {
	const { tasks } = host;
	tasks.begin();
	let packed = yield () => way.enter(core)(...args);
	if (!isAsync)
		return [packed];
	let event = NOTHING;
	const heard = its => {
		event = its;
		return 0;
	};
	while (callback !== null && (packed & CODE_MASK) !== EXIT) {
		const code = packed & CODE_MASK;
		if (code !== WAIT && code !== YIELD)
			throw trap("a callback gives what isn't known");
		let fault = null;
		const set = packed >>> CODE_BITS, waits = () => (code === YIELD ? tasks.look(null, heard) : tasks.waitFor(host.get(set, WaitableSet), heard));
		const result = host.guarded(waits, error => {
			fault = error;
			return 0;
		});
		if (result === MISS)
			yield way.finish;
		if (fault !== null)
			throw fault;
		host.checkEnd();
		packed = yield () => way.enter(callback)(event.code, event.handle, event.payload);
	}
	if (tasks.returned === null)
		throw trap("the component's function ended without a result");
	return tasks.returned;
}
