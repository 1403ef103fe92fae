//# allFunctionsCalledOnLoad
/* connect(): every call as a promise, for JavaScript without wasm (docs/API.md). A call that has no method here does what its row
 * says: its descriptors become handles, what it opens a descriptor, and its other arguments travel as they are. Leaves to others: the
 * calls' order and batches (program/call-queue.js), calls without the server (program/local-calls.js). */
import { HELLO, sourceBytes, syscallRow, toText } from "./base/codec.js";
import { ERRNO, GatewayLost, WasiError } from "./base/errors.js";
import { Descriptor, FdTable, narrow } from "./base/fds.js";
import { nameOf, readDirents, readEvents, readFdstat, readFilestat, writeSubscriptions } from "./base/stat.js";
import { FIRST_EXTENSION, SYSCALLS } from "./base/syscalls.js";
import { Clocks } from "./cache/local.js";
import { Files } from "./fs/files.js";
import { Watches } from "./fs/watch.js";
import { Connection } from "./gateway/connection.js";
import { ControlSide } from "./gateway/control.js";
import { makeHello } from "./gateway/hello.js";
import { ticketSource } from "./gateway/tickets.js";
import { explainLoss, frozenTime } from "./page/leaving.js";
import { tellLoss } from "./page/notice.js";
import { makeSink } from "./page/sinks.js";
import { fetchBy } from "./net/fetch.js";
import { Network } from "./net/index.js";
import { CallQueue } from "./program/call-queue.js";
import { CompoundCalls } from "./program/compound-calls.js";
import { LocalCalls } from "./program/local-calls.js";
import { Pipeline } from "./program/pipeline.js";

/**
 * A guest for JavaScript: an object with all 46 calls (docs/API.md), preopens: [{ fd, path, readonly, scratch }], sockets: [{ fd, address }],
 * rootFd (of "/", or of the first folder), fs, and close(). options: ticket, unpaired, args, env, preopens, stdin, stdout, stderr.
 */
export async function connect(options = {}) {
	const { hello, stdin } = makeHello({ ...options, stdin: options.stdin ?? "" }, 0);
	let connection;
	try {
		const [ticket] = await ticketSource(options)(1);
		connection = await Connection.open({ ticket, hello, url: options.url, Socket: options.Socket });
	} catch (error) {
		throw tellLoss(error);
	}
	return new Calls(connection, hello, stdin, options);
}

/* Of the extensions, those that are for everybody. */
const FURTHER = /^(?:sock_|http_|path_)/;
/* Calls that do what their rows say, and give an object made of bytes. */
const READS = { fd_filestat_get: readFilestat, fd_readdir: readDirents, path_filestat_get: readFilestat, path_readlink: nameOf };

class Calls extends LocalCalls {
	#connection;
	#isHere;
	#control;
	#pipeline;
	#fds;
	#sinks;
	#shows; // output that the page shows itself
	#queue;
	#watches;
	#compounds;
	/** [{ fd, path, readonly, scratch }] */
	preopens = [];
	/** [{ fd, address }] */
	sockets = [];
	/** The descriptor of "/", else of the first folder; null without any. */
	rootFd = null;

	constructor(connection, hello, stdin, options) {
		const { welcome } = connection, clocks = new Clocks(welcome);
		super(welcome, clocks);
		this.#connection = connection;
		this.#isHere = options.url === undefined && options.Socket === undefined && typeof location !== "undefined";
		this.#pipeline = new Pipeline(clocks, welcome.bounds);
		this.#queue = new CallQueue(connection, this.#pipeline);
		this.#control = new ControlSide(connection, { stdin });
		this.#control.onstdinfailed = error => this.#lose(error);
		const other = connection.onframe;
		connection.onframe = frame => (this.#pipeline.receive(frame) ? undefined : other(frame));
		const frozenBefore = frozenTime();
		connection.onclose = error => this.#lose(tellLoss(explainLoss(error, frozenBefore)));
		this.#pipeline.onlost = error => this.#lose(tellLoss(error));
		this.#fds = new FdTable(welcome, (hello.flags & HELLO.TTY) !== 0);
		this.#compounds = new CompoundCalls(this.#queue, this.#fds);
		this.#sinks = { stdout: makeSink(options.stdout), stderr: makeSink(options.stderr) };
		this.#shows = { stdout: (hello.flags & HELLO.INHERIT_STDOUT) === 0, stderr: (hello.flags & HELLO.INHERIT_STDERR) === 0 };
		for (const [i, { socket, name, readOnly, scratch }] of welcome.preopens.entries())
			if (socket)
				this.sockets.push({ fd: 3 + i, address: name });
			else
				this.preopens.push({ fd: 3 + i, path: name, readonly: readOnly, scratch });
		this.rootFd = (this.preopens.find(({ path }) => path === "/") ?? this.preopens[0])?.fd ?? null;
		this.wasiSnapshotPreview1 = this;
		this.#watches = new Watches((...call) => this.#queue.ask(...call), fd => this.#descriptor(fd, "lease_folder").handle);
		this.#pipeline.onbreak = frame => this.#watches.breaks(frame);
		this.#control.onbroken = () => this.#watches.look();
		this.fs = new Files(this, this.#watches);
		this.net = new Network(() => this);
	}

	/** Has the gateway gone, or was the guest closed? */
	get lost() {
		return this.#pipeline.lost !== null;
	}

	/** For files.js: its ask(), and what it tells of grants. */
	get control() {
		return this.#control;
	}

	/** Has nobody a descriptor, a watch or a call of this guest? */
	get isIdle() {
		return this.#queue.isIdle && this.#watches.isIdle && this.#fds.count === 3 + this.preopens.length + this.sockets.length;
	}

	/** All watches of this guest, for files.js. */
	get watches() {
		return this.#watches;
	}

	/** As the page's fetch(), by the gateway's network (--net https:HOST): no CORS, no cookies. */
	fetch(input, init) {
		return fetchBy(this, input, init);
	}

	/** Ends the guest: its descriptors are closed, its scratch folder is removed. Calls without an answer reject. */
	close() {
		this.#lose(new GatewayLost("this guest was closed", { code: 1000 }));
	}

	#lose(error) {
		this.#queue.lose(error);
		this.#watches.lose(error);
		this.#control.close();
		this.#connection.close();
	}

	#descriptor(fd, name) {
		const descriptor = this.#fds.get(fd);
		if (descriptor === undefined)
			throw new WasiError(ERRNO.BADF, name);
		return descriptor;
	}

	#order(descriptor, moves, work) {
		return this.#queue.run(descriptor, moves, work);
	}

	#ask(name, ...args) {
		const answer = this.#queue.ask(name, ...args);
		const called = () => this.#watches.called(name);
		answer.then(called, called);
		return answer;
	}

	/* A call that moves no offset. */
	#plain(descriptor, name, ...args) {
		return this.#order(descriptor, false, () => this.#ask(name, ...args));
	}

	/**
	 * A call that opens something: its last argument is the new handle.
	 * @param {(handle: number, given: any[]) => Descriptor} make given: what the call gives
	 */
	#opens(descriptor, name, args, make = (handle, [fdstat]) => new Descriptor(handle, fdstat)) {
		return this.#order(descriptor, false, async () => {
			const handle = this.#fds.pickHandle();
			try {
				return this.#fds.add(make(handle, await this.#ask(name, ...args, handle)));
			} catch (error) {
				this.#fds.releaseHandle(handle);
				throw error;
			}
		});
	}

	/* A call as its row says; gives the first of what it gives. */
	async #byRow({ name, takes, gives }, args) {
		const descriptors = Array.from(takes, (letter, i) => (letter === "f" ? this.#descriptor(args[i], name) : null));
		const first = descriptors.find(Boolean) ?? null, sent = descriptors.map((descriptor, i) => descriptor?.handle ?? args[i]);
		if (takes.endsWith("h"))
			return this.#opens(first, name, sent.slice(0, -1));
		const given = await this.#plain(first, name, ...sent);
		if (gives === "")
			return undefined;
		return Object.hasOwn(READS, name) ? READS[name](given[0]) : given[0];
	}

	static {
		for (const row of SYSCALLS)
			if ((row.number < FIRST_EXTENSION || FURTHER.test(row.name)) && !(row.name in this.prototype))
				this.prototype[row.name] = function (...args) {
					return this.#byRow(row, args);
				};
	}

	#row(name, ...args) {
		return this.#byRow(syscallRow(name), args);
	}

	/* ---- the calls, in the order of the table ---- */

	async fd_close(fd) {
		const descriptor = this.#descriptor(fd, "fd_close");
		this.#fds.remove(fd);
		await this.#order(descriptor, false, () => {
			const closed = this.#ask("fd_close", descriptor.handle);
			this.#fds.releaseHandle(descriptor.handle);
			return closed;
		});
	}

	async fd_fdstat_get(fd) {
		return readFdstat(this.#descriptor(fd, "fd_fdstat_get").fdstat);
	}

	async fd_fdstat_set_flags(fd, flags) {
		const descriptor = this.#descriptor(fd, "fd_fdstat_set_flags");
		await this.#plain(descriptor, "fd_fdstat_set_flags", descriptor.handle, flags);
		descriptor.flags = flags;
	}

	async fd_fdstat_set_rights(fd, base, inheriting) {
		const descriptor = this.#descriptor(fd, "fd_fdstat_set_rights");
		await this.#plain(descriptor, "fd_fdstat_set_rights", descriptor.handle, base, inheriting);
		const half = (value, shift) => Number(BigInt.asUintN(32, BigInt(value) >> shift));
		descriptor.setRights(half(base, 0n), half(base, 32n), half(inheriting, 0n), half(inheriting, 32n));
	}

	async fd_lock(fd, lock, flags = 0, start = 0n, length = 0n) {
		const descriptor = this.#descriptor(fd, "fd_lock");
		const [its, at, bytes] = await this.#plain(descriptor, "fd_lock", descriptor.handle, lock, flags, start, length);
		return { lock: its, start: at, length: bytes };
	}

	async fd_pread(fd, maxBytes, offset) {
		return this.#row("fd_pread", fd, offset, maxBytes);
	}

	async fd_prestat_get(fd) {
		const { preopen } = this.#descriptor(fd, "fd_prestat_get");
		if (preopen === null)
			throw new WasiError(ERRNO.BADF, "fd_prestat_get");
		return { tag: 0, nameLength: preopen.length };
	}

	async fd_prestat_dir_name(fd, maxBytes = Infinity) {
		const { preopen } = this.#descriptor(fd, "fd_prestat_dir_name");
		if (preopen === null || preopen.length > maxBytes)
			throw new WasiError(preopen === null ? ERRNO.BADF : ERRNO.NAMETOOLONG, "fd_prestat_dir_name");
		return toText(preopen);
	}

	async fd_pwrite(fd, data, offset) {
		return this.#row("fd_pwrite", fd, offset, this.#carried(data));
	}

	async fd_read(fd, maxBytes) {
		const descriptor = this.#descriptor(fd, "fd_read");
		return this.#order(descriptor, true, async () => {
			const [bytes] = await this.#ask("fd_read", descriptor.handle, descriptor.offset, maxBytes);
			descriptor.advance(bytes.length);
			return bytes;
		});
	}

	async fd_renumber(from, to) {
		const source = this.#descriptor(from, "fd_renumber");
		const target = this.#descriptor(to, "fd_renumber");
		if (source === target)
			return;
		this.#fds.renumber(from, to);
		await this.#order(target, false, () => {
			const ended = this.#ask("fd_renumber", source.handle, target.handle);
			this.#fds.releaseHandle(target.handle);
			return ended;
		});
	}

	async fd_seek(fd, delta, whence) {
		const descriptor = this.#descriptor(fd, "fd_seek");
		return this.#order(descriptor, true, async () => {
			const [offset] = await this.#ask("fd_seek", descriptor.handle, descriptor.offset, delta, whence);
			descriptor.offset = narrow(offset);
			return offset;
		});
	}

	async fd_tell(fd) {
		const descriptor = this.#descriptor(fd, "fd_tell");
		return this.#order(descriptor, false, async () => (await this.#ask("fd_tell", descriptor.handle, descriptor.offset))[0]);
	}

	async fd_write(fd, data) {
		const descriptor = this.#descriptor(fd, "fd_write");
		const bytes = this.#carried(data);
		return this.#order(descriptor, true, async () => {
			const [count, offset] = await this.#ask("fd_write", descriptor.handle, descriptor.offset, bytes);
			if (descriptor.seekable)
				descriptor.offset = narrow(offset);
			if (this.#shows[descriptor.output])
				await this.#sinks[descriptor.output].write(bytes.slice(0, count));
			return count;
		});
	}

	/* The most that one call may carry; the returned count tells the caller that the rest wasn't written. */
	#carried(data) {
		return sourceBytes(data, "what is written").subarray(0, this.#pipeline.bounds.data);
	}

	async path_open(fd, lookup, path, oflags, rightsBase, rightsInheriting, fdflags) {
		const folder = this.#descriptor(fd, "path_open");
		const args = [folder.handle, lookup, path, oflags, rightsBase, rightsInheriting, fdflags];
		return this.#opens(folder, "path_open", args, (handle, [fdstat, traits, credit]) => {
			const descriptor = new Descriptor(handle, fdstat, traits, credit);
			descriptor.name = typeof path === "string" ? path : toText(path);
			return descriptor;
		});
	}

	async poll_oneoff(subscriptions) {
		const bytes = writeSubscriptions(subscriptions, fd => this.#descriptor(fd, "poll_oneoff").handle);
		return readEvents(await this.#row("poll_oneoff", bytes));
	}

	proc_exit(code) {
		return this.#ends("proc_exit", code);
	}

	proc_raise(signal) {
		return this.#ends("proc_raise", signal);
	}

	async #ends(name, value) {
		await this.#row(name, value);
		this.#lose(new GatewayLost(`this guest called ${name}(${value})`, { code: 1000 }));
	}

	/** For net/socket.js: compound-calls.js's. */
	sock_dialing(endpoint) {
		return this.#compounds.dialing(endpoint);
	}

	/** Opens a stream socket and connects it, in one wait: { fd, local, remote }, the latter two as on the wire. */
	async sock_dial(endpoint) {
		const { fd, opened } = await this.sock_dialing(endpoint);
		try {
			return { fd, ...await opened };
		} catch (error) {
			this.fd_close(fd).catch(() => {}); // where the open failed, it isn't there
			throw error;
		}
	}

	/** For files.js: compound-calls.js's. */
	file_peek(fd, path, most) {
		return this.#compounds.peek(this.#descriptor(fd, "path_open").handle, path, most);
	}

	/** By what the gateway at the page's origin knows a descriptor; null: there is none. */
	wire(fd) {
		return this.#isHere ? { key: this.#connection.welcome.key, handle: this.#descriptor(fd, "fd_pread").handle } : null;
	}

	folder_list(fd, path) {
		return this.#compounds.list(this.#descriptor(fd, "path_open").handle, path, this.#pipeline.bounds.data);
	}

	async sock_send_to(fd, data, endpoint, siFlags = 0) {
		return this.#row("sock_send_to", fd, siFlags, endpoint, this.#carried(data));
	}

	async sock_receive_from(fd, maxBytes, riFlags = 0) {
		const [length, bytes] = await this.#ask("sock_receive_from", this.#descriptor(fd, "sock_receive_from").handle, riFlags, maxBytes);
		return { endpoint: bytes.slice(0, length), bytes: bytes.slice(length) };
	}

	/** @param {string} name @returns {Promise<Uint8Array[]>} endpoints */
	async sock_resolve(name, port, family = 0, type = 0) {
		const all = await this.#row("sock_resolve", name, port, family, type, 4096);
		const endpoints = [];
		for (let at = 0; at < all.length; at += 1 + all[at])
			endpoints.push(all.slice(at + 1, at + 1 + all[at]));
		return endpoints;
	}

	/** @param {string} name that the certificate must have @param {Uint8Array} options ALPN's list @returns {Promise<Uint8Array>} what was negotiated */
	async sock_start_tls(fd, name, options = new Uint8Array()) {
		return this.#row("sock_start_tls", fd, name, options);
	}

	async sock_recv(fd, maxBytes, riFlags = 0) {
		const descriptor = this.#descriptor(fd, "sock_recv");
		const [roFlags, bytes] = await this.#plain(descriptor, "sock_recv", descriptor.handle, riFlags, maxBytes);
		return { bytes, roFlags };
	}

	async sock_send(fd, data, siFlags = 0) {
		return this.#row("sock_send", fd, siFlags, this.#carried(data));
	}
}
