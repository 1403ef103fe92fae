//# allFunctionsCalledOnLoad
/* wasi:sockets/tcp and tcp-create-socket, by the sock_* calls that programs of preview1 have: the same rules hold. Each socket has NONBLOCK. */
import { ERRNO } from "../base/errors.js";
import { FDFLAGS } from "../base/fds.js";
import { Held } from "./descriptor.js";
import { RESULT } from "./host.js";
import { Network, PAYLOAD, addressOf, addressRoom, familyOf, giveAddress, giveResult, isMapped, isUnspecified, takenAddress, storeAddress } from "./network.js";
import { FD_READ, FD_WRITE, Pollable, READY, pollNow } from "./poll.js";
import { SocketInput, SocketOutput } from "./streams.js";

const STREAM = 2, SOCKET_OPTIONS = 0, TCP_OPTIONS = 6;
const ERROR = 2, SEND_BUFFER = 5, RECEIVE_BUFFER = 6, KEEP_ALIVE = 7; // of a socket
const IDLE = 4, INTERVAL = 5, COUNT = 6; // of TCP
const BACKLOG = 4096;
const HOPS = 64;
const SECOND = 1_000_000_000n;
const SHUTDOWN = [1, 2, 3]; // preview1's, by shutdown-type
const TCP = "wasi:sockets/tcp#[method]tcp-socket.";
/* Where a socket stands. */
const UNBOUND = "unbound", BINDING = "binding", BOUND = "bound", CONNECTING = "connecting", CONNECTED = "connected", LISTENING_SOON = "listening soon",
	LISTENING = "listening", ENDED = "ended";

/** Those of `state`. */
export const TCP_STATES = Object.freeze({ UNBOUND, BOUND, CONNECTING, CONNECTED, LISTENING, ENDED });

export class TcpSocket extends Held {
	state;
	/** what start-… has come to: 0, or an errno */
	outcome = 0;
	backlog = BACKLOG;
	/** did a poll say that it is ready? */
	isTold = false;
	/** of 0.3: has a stream been taken or given? */
	sends = false;
	receives = false;
	#output = null;

	constructor(fd, family, state) {
		super(fd);
		this.family = family;
		this.state = state;
	}

	waitsFor() {
		if (this.isTold || this.state !== LISTENING && this.state !== CONNECTING)
			return READY;
		return new Pollable(this.state === LISTENING ? FD_READ : FD_WRITE, { fd: this.fd });
	}

	/** It is connected or couldn't be, or somebody has connected to it; that the poll says. */
	advance() {
		this.isTold = true;
		return 0;
	}

	/** The next listen's queue, a u64 as its two halves: what that gives. @returns {0 | string} */
	setBacklog(low, high) {
		if (low === 0 && high === 0)
			return "invalid-argument";
		this.backlog = high === 0 ? Math.min(low >>> 0, BACKLOG) : BACKLOG;
		return this.state === LISTENING ? "not-supported" : 0;
	}

	/** The streams of its connection. */
	streams() {
		this.#output = new SocketOutput(this.fd, this);
		return [new SocketInput(this.fd, this), this.#output];
	}

	/** Waits until what was written has left: then(). */
	flushed(host, then) {
		return this.#output === null ? then() : this.#output.flush(host, then);
	}
}

/** The functions for the options of a socket of either kind. fdOf: (socket's handle) => its fd; give: network.js's giveResult, or another version's. */
export function optionFunctions(host, fdOf, give = giveResult) {
	const { memory } = host;

	function get(fd, level, name, then) {
		memory.setU32(RESULT.SECOND, 4);
		return host.after(host.sockets["sock_getsockopt/5"](fd, level, name, RESULT.COUNT, RESULT.SECOND), errno => then(errno, memory.u32(RESULT.COUNT)));
	}

	/* result<T> of an option */
	const getter = (level, name, payload, store) => (guest, handle, to) => get(fdOf(handle), level, name, (errno, value) =>
		give(guest, to, payload, errno, at => store(guest.view, at, value)));

	const set = (guest, to, fd, level, name, value) => {
		memory.setU32(RESULT.COUNT, value);
		return host.after(host.sockets["sock_setsockopt/5"](fd, level, name, RESULT.COUNT, 4), errno => give(guest, to, PAYLOAD.NOTHING, errno));
	};

	const setter = (level, name, valueOf) => (guest, handle, ...rest) => {
		const fd = fdOf(handle), to = rest.pop(), value = valueOf(...rest);
		return value === 0 && name !== KEEP_ALIVE ? give(guest, to, PAYLOAD.NOTHING, "invalid-argument") : set(guest, to, fd, level, name, value);
	};

	/* The kernel tells twice what was asked for; of one that isn't connected, nothing. */
	const buffer = name => [getter(SOCKET_OPTIONS, name, PAYLOAD.U64, (view, at, value) => view.setBigUint64(at, BigInt(value >>> 1 || 65536), true)),
		setter(SOCKET_OPTIONS, name, (low, high) => (high !== 0 ? 0x7FFFFFFF : Math.min(low >>> 0, 0x7FFFFFFF)))];
	/* As a duration; what isn't whole seconds is rounded up. */
	const duration = name => [getter(TCP_OPTIONS, name, PAYLOAD.U64, (view, at, value) => view.setBigUint64(at, BigInt(value) * SECOND, true)),
		setter(TCP_OPTIONS, name, (low, high) => Number(((BigInt(high >>> 0) << 32n | BigInt(low >>> 0)) + SECOND - 1n) / SECOND))];
	const [sendBuffer, setSendBuffer] = buffer(SEND_BUFFER), [receiveBuffer, setReceiveBuffer] = buffer(RECEIVE_BUFFER);
	return {
		get, buffer: { "send-buffer-size": sendBuffer, "set-send-buffer-size": setSendBuffer, "receive-buffer-size": receiveBuffer,
			"set-receive-buffer-size": setReceiveBuffer },
		/* Packets' time to live isn't ours to change. */
		hops(guest, handle, to) {
			fdOf(handle);
			return give(guest, to, PAYLOAD.BYTE, 0, at => guest.view.setUint8(at, HOPS));
		},
		setHops(guest, handle, value, to) {
			fdOf(handle);
			return give(guest, to, PAYLOAD.NOTHING, value === 0 ? "invalid-argument" : value === HOPS ? 0 : "not-supported");
		},
		idle: duration(IDLE), interval: duration(INTERVAL),
		count: [getter(TCP_OPTIONS, COUNT, PAYLOAD.HANDLE, (view, at, value) => view.setUint32(at, value, true)), setter(TCP_OPTIONS, COUNT, value => value >>> 0)],
		keepAlive: [getter(SOCKET_OPTIONS, KEEP_ALIVE, PAYLOAD.BYTE, (view, at, value) => view.setUint8(at, value === 0 ? 0 : 1)),
			setter(SOCKET_OPTIONS, KEEP_ALIVE, value => (value === 0 ? 0 : 1))],
	};
}

/** Makes a socket: then(errno, fd). */
export function openSocket(host, family, type, then) {
	const { memory } = host;
	return host.after(host.sockets["sock_open/3"](family === 4 ? 1 : 2, type, RESULT.COUNT), errno => {
		const fd = memory.u32(RESULT.COUNT);
		return errno !== 0 ? then(errno, -1) : host.after(host.calls.fd_fdstat_set_flags(fd, FDFLAGS.NONBLOCK), failed => then(failed, fd));
	});
}

/** local-address or remote-address of a socket, by sock_getlocaladdr or sock_getpeeraddr. give: as optionFunctions'. */
export function giveOwnOrPeer(host, guest, fd, call, to, give = giveResult) {
	const pointer = addressRoom(host);
	return host.after(host.sockets[call](fd, pointer, RESULT.COUNT), errno => give(guest, to, PAYLOAD.ADDRESS,
		errno === ERRNO.INVAL ? "invalid-state" : errno, at => storeAddress(guest, at, takenAddress(host, pointer, host.memory.u32(RESULT.COUNT)))));
}

/** key of interfaces.js -> (guest, ...i32) => result or MISS. One function for the whole kind: imports/index.js has the reason. */
export function tcpFunctions(host) {
	const { memory } = host;
	const socketOf = handle => host.get(handle, TcpSocket);
	const options = optionFunctions(host, handle => socketOf(handle).fd);
	const nothing = (guest, to, outcome) => giveResult(guest, to, PAYLOAD.NOTHING, outcome);

	function storeHandles(guest, at, resources) {
		resources.forEach((resource, i) => guest.view.setUint32(at + 4 * i, host.add(resource), true));
	}

	/* A call on an address of the component's: what it comes to is told by finish-…; state: where the socket stands meanwhile */
	function start(guest, handle, network, flat, to, { from, state, call, isWrong }) {
		const socket = socketOf(handle);
		host.get(network, Network);
		if (!from.includes(socket.state))
			return nothing(guest, to, [BINDING, CONNECTING, LISTENING_SOON].includes(socket.state) ? "concurrency-conflict" : "invalid-state");
		const address = addressOf(flat);
		if (address.family !== socket.family || isMapped(address) || isWrong(address))
			return nothing(guest, to, "invalid-argument");
		return host.after(host.sockets[call](socket.fd, giveAddress(host, address), address.port), errno => {
			socket.outcome = errno;
			socket.state = state;
			socket.isTold = errno !== ERRNO.INPROGRESS;
			return nothing(guest, to, 0);
		});
	}

	/* finish-… of what has come to something already; give: stores its result */
	function finish(guest, handle, to, state, next) {
		const socket = socketOf(handle);
		if (socket.state !== state)
			return nothing(guest, to, "not-in-progress");
		socket.state = socket.outcome === 0 ? next : UNBOUND;
		socket.isTold = false;
		return nothing(guest, to, socket.outcome);
	}

	function finishConnect(guest, handle, to) {
		const socket = socketOf(handle);
		const over = errno => {
			socket.state = errno === 0 ? CONNECTED : ENDED;
			return giveResult(guest, to, PAYLOAD.TWO, errno, at => storeHandles(guest, at, socket.streams()));
		};
		if (socket.state !== CONNECTING)
			return giveResult(guest, to, PAYLOAD.TWO, "not-in-progress");
		if (socket.outcome !== ERRNO.INPROGRESS)
			return over(socket.outcome);
		const look = () => options.get(socket.fd, SOCKET_OPTIONS, ERROR, (errno, value) => over(errno || value));
		return socket.isTold ? look() : pollNow(host, socket.waitsFor(), isReady => (isReady ? look() : giveResult(guest, to, PAYLOAD.TWO, "would-block")));
	}

	function accept(guest, handle, to) {
		const socket = socketOf(handle);
		if (socket.state !== LISTENING)
			return giveResult(guest, to, PAYLOAD.THREE, "invalid-state");
		socket.isTold = false;
		return host.after(host.calls.sock_accept(socket.fd, FDFLAGS.NONBLOCK, RESULT.COUNT), errno => giveResult(guest, to, PAYLOAD.THREE, errno, at => {
			const accepted = new TcpSocket(memory.u32(RESULT.COUNT), socket.family, CONNECTED);
			storeHandles(guest, at, [accepted, ...accepted.streams()]);
		}));
	}

	return {
		"wasi:sockets/tcp-create-socket#create-tcp-socket"(guest, number, to) {
			const family = familyOf(number);
			return openSocket(host, family, STREAM, (errno, fd) => giveResult(guest, to, PAYLOAD.HANDLE, errno, at =>
				storeHandles(guest, at, [new TcpSocket(fd, family, UNBOUND)])));
		},

		[`${TCP}start-bind`]: (guest, handle, network, ...rest) => start(guest, handle, network, rest.slice(0, 12), rest[12],
			{ from: [UNBOUND], state: BINDING, call: "sock_bind/3", isWrong: () => false }),
		[`${TCP}finish-bind`]: (guest, handle, to) => finish(guest, handle, to, BINDING, BOUND),
		[`${TCP}start-connect`]: (guest, handle, network, ...rest) => start(guest, handle, network, rest.slice(0, 12), rest[12],
			{ from: [UNBOUND, BOUND], state: CONNECTING, call: "sock_connect/3", isWrong: address => isUnspecified(address) || address.port === 0 }),
		[`${TCP}finish-connect`]: finishConnect,

		[`${TCP}start-listen`](guest, handle, to) {
			const socket = socketOf(handle);
			if (socket.state !== BOUND)
				return nothing(guest, to, "invalid-state");
			return host.after(host.sockets["sock_listen/2"](socket.fd, socket.backlog), errno => {
				socket.outcome = errno;
				socket.state = LISTENING_SOON;
				return nothing(guest, to, 0);
			});
		},
		[`${TCP}finish-listen`]: (guest, handle, to) => finish(guest, handle, to, LISTENING_SOON, LISTENING),
		[`${TCP}accept`]: accept,

		[`${TCP}local-address`]: (guest, handle, to) => giveOwnOrPeer(host, guest, socketOf(handle).fd, "sock_getlocaladdr/3", to),
		[`${TCP}remote-address`]: (guest, handle, to) => giveOwnOrPeer(host, guest, socketOf(handle).fd, "sock_getpeeraddr/3", to),
		[`${TCP}is-listening`]: (guest, handle) => (socketOf(handle).state === LISTENING ? 1 : 0),
		[`${TCP}address-family`]: (guest, handle) => (socketOf(handle).family === 4 ? 0 : 1),
		[`${TCP}set-listen-backlog-size`](guest, handle, low, high, to) {
			return nothing(guest, to, socketOf(handle).setBacklog(low, high));
		},
		[`${TCP}subscribe`]: (guest, handle) => host.add(Pollable.of(socketOf(handle))),
		[`${TCP}shutdown`](guest, handle, type, to) {
			const socket = socketOf(handle), how = SHUTDOWN[type];
			if (how === undefined)
				throw new WebAssembly.RuntimeError(`there is no shutdown-type ${type}`);
			if (socket.state !== CONNECTED)
				return nothing(guest, to, "invalid-state");
			const end = () => host.after(host.calls.sock_shutdown(socket.fd, how), errno => nothing(guest, to, errno));
			return how === 1 ? end() : socket.flushed(host, end);
		},

		...Object.fromEntries(Object.entries(options.buffer).map(([name, its]) => [`${TCP}${name}`, its])),
		[`${TCP}hop-limit`]: options.hops, [`${TCP}set-hop-limit`]: options.setHops,
		[`${TCP}keep-alive-enabled`]: options.keepAlive[0], [`${TCP}set-keep-alive-enabled`]: options.keepAlive[1],
		[`${TCP}keep-alive-idle-time`]: options.idle[0], [`${TCP}set-keep-alive-idle-time`]: options.idle[1],
		[`${TCP}keep-alive-interval`]: options.interval[0], [`${TCP}set-keep-alive-interval`]: options.interval[1],
		[`${TCP}keep-alive-count`]: options.count[0], [`${TCP}set-keep-alive-count`]: options.count[1],
	};
}
