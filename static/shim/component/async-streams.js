//# allFunctionsCalledOnLoad
/* Streams and futures of WASI 0.3: their two ends, and what passes from one to the other. An end is the component's (a handle), or ours: a source that the
 * component reads, a sink that it writes to. Nothing is kept between: a reader takes what a writer has while both are there. Leaves to others: sources and
 * sinks (async-bytes.js, the interfaces' functions), when what is pending goes on (async-tasks.js). */
import { EVENT, Waitable } from "./async-tasks.js";
import { NEVER, READY } from "./poll.js";

const COMPLETED = 0, DROPPED = 1, CANCELLED = 2;
/** In a result's place: it goes on, and an event tells its end. */
export const BLOCKED = 0xffffffff;
const COUNT_BITS = 4;
const COUNT_MAX = 1 << 28; // elements of one copy
const PUMP = 64 << 10; // elements that go from a source to a sink at once

const trap = message => new WebAssembly.RuntimeError(message);

/**
 * What the component reads. pull: then(items); none: there is nothing now; null: it has ended. store puts them into the component's memory.
 * @typedef {{ pull: (host: object, most: number, then: (items: any) => number) => number, store: (guest: object, pointer: number, items: any) => void,
 *   size: number, isReady?: boolean, waitsFor: () => object, pullAlone?: Function, drop: (host: object) => number }} Source
 *   size: an element's bytes; isReady: a pull never has to wait for others; pullAlone: as pull, but waits for at least one
 *
 * What the component writes to. push: then(how many it took); 0: none now; null: it takes no more.
 * @typedef {{ push: (host: object, guest: object, pointer: number, count: number, then: (count: number | null) => number) => number,
 *   pushItems?: Function, size: number, waitsFor: () => object, end: (host: object) => number }} Sink
 *   pushItems(host, items, then): what a source gave; end: there will be no more
 */

/* One stream or future. */
class Channel {
	/** @type {Source | null} */
	source = null;
	/** @type {Sink | null} */
	sink = null;
	/** the ends that the component has, or null */
	reader = null;
	writer = null;

	/** size: an element's bytes, null: none that the component may pass to itself */
	constructor(size, isFuture) {
		this.size = size;
		this.isFuture = isFuture;
	}
}

/* An end of the component's. copying: { guest, pointer, count } while a read or write goes on. */
class End extends Waitable {
	copying = null;
	isDone = false;

	constructor(channel, code) {
		super();
		this.channel = channel;
		this.code = code;
	}

	/** Begins a read or write. */
	begin(guest, pointer, count) {
		if (this.copying !== null || this.hasEvent)
			throw trap("a stream or future is read or written twice at once");
		if (this.isDone)
			throw trap("a stream or future is read or written after its end");
		if (count >= COUNT_MAX)
			throw trap("more elements than a stream may copy at once");
		const { source, sink, size } = this.channel, bytes = count * ((source ?? sink)?.size ?? size ?? 0);
		if (bytes > 0)
			guest.bytes(pointer, bytes);
		this.copying = { guest, pointer, count };
	}

	/** Ends it with what the component gets: a result and how many. */
	finish(result, count) {
		this.copying = null;
		if (result === DROPPED || this.channel.isFuture && result === COMPLETED)
			this.isDone = true;
		return this.channel.isFuture ? result : result + count * 2 ** COUNT_BITS;
	}

	/** The same, told later. */
	tellEnd(result, count) {
		this.tell(this.code, this.finish(result, count));
	}

	/** What is done by now, and no more: result */
	cancel(tasks) {
		if (this.hasEvent)
			return this.take().payload;
		if (this.copying === null)
			throw trap("nothing is cancelled");
		tasks.pending.delete(this);
		return this.finish(CANCELLED, 0);
	}

	leave() {
		if (this.copying !== null)
			throw trap("a stream or future is dropped while it is read or written");
		super.drop();
	}
}

export class ReadEnd extends End {
	constructor(channel) {
		super(channel, channel.isFuture ? EVENT.FUTURE_READ : EVENT.STREAM_READ);
		channel.reader = this;
	}

	/** Reads what there is: a result, BLOCKED, or by then() after a MISS. */
	read(host, guest, pointer, count, then) {
		const { channel } = this, { source, writer } = channel;
		this.begin(guest, pointer, count);
		if (source === null)
			return then(writer === null ? this.finish(DROPPED, 0) : writer.copying !== null ? exchange(this, writer, this) : BLOCKED);
		if (count === 0 && !channel.isFuture)
			return then(this.finish(COMPLETED, 0));
		if (source.isReady)
			return source.pull(host, count, items => then(items === null || items.length > 0 ? this.#take(items) : this.#wait(host)));
		return then(this.#wait(host));
	}

	#wait(host) {
		host.tasks.pending.add(this);
		return BLOCKED;
	}

	#take(items) {
		const { guest, pointer } = this.copying;
		if (items === null)
			return this.finish(DROPPED, 0);
		this.channel.source.store(guest, pointer, items);
		return this.finish(COMPLETED, items.length);
	}

	waitsFor() {
		return this.channel.source.waitsFor();
	}

	goOn(host, how = "pull") {
		return this.channel.source[how](host, this.copying.count, items => {
			if (items === null || items.length > 0) {
				host.tasks.pending.delete(this);
				this.tell(this.code, this.#take(items));
			}
			return 0;
		});
	}

	get goOnAlone() {
		return this.channel.source.pullAlone === undefined ? undefined : host => this.goOn(host, "pullAlone");
	}

	/** The component wants no more. */
	drop(host) {
		this.leave();
		const { channel } = this, { source, writer } = channel;
		channel.reader = null;
		if (writer?.copying)
			writer.tellEnd(DROPPED, 0);
		return source?.drop(host) ?? 0;
	}
}

export class WriteEnd extends End {
	constructor(channel) {
		super(channel, channel.isFuture ? EVENT.FUTURE_WRITE : EVENT.STREAM_WRITE);
		channel.writer = this;
	}

	write(host, guest, pointer, count, then) {
		const { sink, reader } = this.channel;
		this.begin(guest, pointer, count);
		if (sink === null)
			return then(reader === null ? this.finish(DROPPED, 0) : reader.copying !== null ? exchange(reader, this, this) : BLOCKED);
		if (this.#isEmpty)
			return then(this.finish(COMPLETED, 0));
		return sink.push(host, guest, pointer, count, written => then(written === 0 ? this.wait(host) : this.#gave(written)));
	}

	get #isEmpty() {
		return this.copying.count === 0 && !this.channel.isFuture;
	}

	#gave(written) {
		return written === null ? this.finish(DROPPED, 0) : this.finish(COMPLETED, written);
	}

	wait(host) {
		host.tasks.pending.add(this);
		return BLOCKED;
	}

	waitsFor() {
		return this.#isEmpty ? READY : this.channel.sink.waitsFor();
	}

	goOn(host) {
		const { guest, pointer, count } = this.copying;
		const gave = written => {
			if (written === 0 && !this.#isEmpty)
				return 0;
			host.tasks.pending.delete(this);
			this.tell(this.code, this.#gave(written));
			return 0;
		};
		return this.#isEmpty ? gave(0) : this.channel.sink.push(host, guest, pointer, count, gave);
	}

	drop(host) {
		const { channel } = this, { sink, reader } = channel;
		if (channel.isFuture && !this.isDone)
			throw trap("a future is dropped before it was written");
		this.leave();
		channel.writer = null;
		if (reader?.copying)
			reader.tellEnd(DROPPED, 0);
		return sink?.end(host) ?? 0;
	}
}

/* What the component passes to itself. now: the end whose result this gives; the other one's is told. A copy of nothing ends by itself. */
function exchange(reader, writer, now) {
	const { size, isFuture } = reader.channel, other = now === reader ? writer : reader;
	if (size === null)
		throw trap("a component passes other values than numbers to itself by a stream or future");
	if (!isFuture && now.copying.count === 0)
		return now.finish(COMPLETED, 0);
	if (!isFuture && other.copying.count === 0) {
		other.tellEnd(COMPLETED, 0);
		return BLOCKED;
	}
	const count = isFuture ? 1 : Math.min(reader.copying.count, writer.copying.count);
	if (count * size > 0)
		reader.copying.guest.bytes(reader.copying.pointer, count * size).set(writer.copying.guest.bytes(writer.copying.pointer, count * size));
	other.tellEnd(COMPLETED, count);
	return now.finish(COMPLETED, count);
}

/* From a source to a sink, both ours: the component has passed on what it got. */
class Pump {
	#tasks;
	#source;
	#sink;
	#items = null; // that the sink didn't take yet

	constructor(tasks, source, sink) {
		this.#tasks = tasks;
		this.#source = source;
		this.#sink = sink;
		tasks.pending.add(this);
	}

	waitsFor() {
		return this.#items !== null ? this.#sink.waitsFor() : this.#source.isReady ? READY : this.#source.waitsFor();
	}

	goOn(host) {
		return this.#items !== null ? this.#push(host) : this.#source.pull(host, PUMP, items => {
			if (items === null)
				return this.#end(host, this.#sink.end(host));
			this.#items = items.length > 0 ? items.slice() : null; // what a source gives doesn't outlast a wait
			return items.length > 0 ? this.#push(host) : 0;
		});
	}

	#push(host) {
		return this.#sink.pushItems(host, this.#items, taken => {
			if (taken === null)
				return this.#end(host, this.#source.drop(host));
			this.#items = taken < this.#items.length ? this.#items.slice(taken) : null;
			return 0;
		});
	}

	#end(host, ended) {
		this.#tasks.pending.delete(this);
		return host.after(ended, () => 0);
	}
}

/** A handle for what can be waited for. */
export function addWaitable(host, waitable) {
	waitable.handle = host.add(waitable);
	return waitable.handle;
}

/** stream.new and future.new: [the reader's handle, the writer's] */
export function newChannel(host, size, isFuture) {
	const channel = new Channel(size, isFuture);
	return [addWaitable(host, new ReadEnd(channel)), addWaitable(host, new WriteEnd(channel))];
}

/** Gives the component a stream of ours to read: its handle. @param {Source} source */
export function giveStream(host, source, isFuture = false) {
	const channel = new Channel(source.size, isFuture);
	channel.source = source;
	return addWaitable(host, new ReadEnd(channel));
}

/** Takes the readable end that the component passes: what it writes goes to the sink. @param {Sink} sink */
export function takeStream(host, handle, sink, isFuture = false) {
	const end = host.take(handle, ReadEnd), { channel } = end;
	if (end.copying !== null || end.hasEvent || end.isDone || channel.isFuture !== isFuture)
		throw trap("a stream or future is passed on that can't be");
	end.join(null);
	channel.reader = null;
	channel.sink = sink;
	if (channel.source !== null)
		new Pump(host.tasks, channel.source, sink);
	else if (channel.writer === null)
		return sink.end(host);
	else if (channel.writer.copying !== null)
		channel.writer.wait(host);
	return 0;
}

/** A future of ours, that the component reads: resolve(store), store(guest, pointer) puts its value into the component's memory. */
export class HostFuture {
	size = 0;
	isReady = true;
	#store = null;
	#waiting = null;

	resolve(store) {
		this.#store ??= store;
	}

	pull(host, most, then) {
		return then(this.#store === null ? [] : [this.#store]);
	}

	store(guest, pointer, [store]) {
		store(guest, pointer);
	}

	waitsFor() {
		return this.#store === null ? NEVER : READY;
	}

	drop() {
		return 0;
	}
}
