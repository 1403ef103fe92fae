//# allFunctionsCalledOnLoad
/* wasi:sockets of WASI 0.3, over what 0.2's is made of (tcp.js, network.js): the same calls, so the same rules. */
import { ERRNO } from "../base/errors.js";
import { FDFLAGS } from "../base/fds.js";
import { ByteSource } from "./async-bytes.js";
import { HostFuture, giveStream, takeStream } from "./async-streams.js";
import { Later } from "./async-tasks.js";
import { RESULT } from "./host.js";
import { PAYLOAD, addressOf, addressRoom, codeNameOf, familyOf, giveAddress, isMapped, isUnspecified, lookUp, lookUpErrorOf, storeAddress, storeIp,
	takenAddress } from "./network.js";
import { FD_READ, FD_WRITE, Pollable, READY } from "./poll.js";
import { SocketInput, SocketOutput, writeBytes } from "./streams.js";
import { TcpSocket, TCP_STATES, giveOwnOrPeer, openSocket, optionFunctions } from "./tcp.js";
import { UdpSocket } from "./udp.js";

const { UNBOUND, BOUND, CONNECTING, CONNECTED, LISTENING, ENDED } = TCP_STATES;
const STREAM = 2, DATAGRAM = 1;
const SOCKET_OPTIONS = 0, ERROR = 2;
const SENDING = 2; // sock_shutdown's flag
const PIECE = 256 << 10;
const DATAGRAM_MAX = 64 << 10;
const IP = 18, IP_ALIGN = 2;
const ERROR_CODE = 16, ALIGN = 4; // variants whose last case is other(option<string>)
const RECEIVED = { size: 40, align: 4 };
const TYPES = "wasi:sockets/types@0.3#", TCP = `${TYPES}[method]tcp-socket.`, UDP = `${TYPES}[method]udp-socket.`;

const CODES = ["access-denied", "not-supported", "invalid-argument", "out-of-memory", "timeout", "invalid-state", "address-not-bindable", "address-in-use",
	"remote-unreachable", "connection-refused", "connection-broken", "connection-reset", "connection-aborted", "datagram-too-large", "other"];
const LOOK_UP_CODES = ["access-denied", "invalid-argument", "name-unresolvable", "temporary-resolver-failure", "permanent-resolver-failure", "other"];
/* What 0.2 calls otherwise. */
const NOW = { "concurrency-conflict": "invalid-state", "not-in-progress": "invalid-state" };

const nameOf = outcome => (typeof outcome === "string" ? NOW[outcome] ?? outcome : outcome === ERRNO.PIPE ? "connection-broken" : nameOf(codeNameOf(outcome)));
const codeOf = (codes, outcome) => {
	const code = codes.indexOf(nameOf(outcome));
	return code < 0 ? codes.length - 1 : code;
};

/**
 * As network.js's giveResult, with the error-codes of 0.3.
 * @param {import("./host.js").Guest} guest
 * @param {number} to
 * @param {{ size: number, align: number }} payload
 * @param {number | string} outcome
 * @param {(at: number) => void} [give]
 * @param {string[]} [codes]
 */
function giveResult(guest, to, { size, align }, outcome, give = () => {}, codes = CODES) {
	const payload = Math.max(align, ALIGN), at = guest.place(to, payload + Math.max(size, ERROR_CODE), payload);
	guest.view.setUint8(at, outcome === 0 ? 0 : 1);
	if (outcome === 0) {
		give(at + payload);
	} else {
		guest.bytes(at + payload, ERROR_CODE).fill(0);
		guest.view.setUint8(at + payload, codeOf(codes, outcome));
	}
	return 0;
}

/* What stores result<_, error-code>. */
const resultOf = outcome => (guest, pointer) => giveResult(guest, pointer, PAYLOAD.NOTHING, outcome);

/** What the component sends to a socket: no more is taken while the kernel didn't take what came before. */
export class SocketSink {
	size = 1;
	#stream;
	#ended;
	#last;

	/** stream: a SocketOutput; ended(host, errno): it has ended, or failed: 0 or MISS; last: bytes that follow the last ones */
	constructor(stream, ended, last = new Uint8Array(0)) {
		this.#stream = stream;
		this.#ended = ended;
		this.#last = last;
	}

	/** Bytes as they go on the wire. */
	encode(bytes) {
		return bytes;
	}

	push(host, guest, pointer, count, then) {
		return this.#push(host, () => guest.bytes(pointer, Math.min(count, PIECE)), then);
	}

	pushItems(host, items, then) {
		return this.#push(host, () => items.subarray(0, PIECE), then);
	}

	#push(host, bytesOf, then) {
		const fail = errno => host.after(this.#ended(host, errno ?? ERRNO.PIPE), () => then(null));
		return this.#stream.push(host, failed => {
			if (failed !== 0)
				return fail(failed);
			if (this.#stream.keptLength > 0)
				return then(0);
			const bytes = bytesOf(), { length } = bytes;
			return writeBytes(host, this.#stream, this.encode(bytes), errno => (errno === 0 ? then(length) : fail(errno)));
		});
	}

	waitsFor() {
		return this.#stream.waitsFor();
	}

	/** There is no more: it is ended once all has left. */
	end(host) {
		const pending = { waitsFor: () => this.waitsFor(), goOn: its => this.#leave(its, pending) };
		host.tasks.pending.add(pending);
		return 0;
	}

	#leave(host, pending) {
		return this.#stream.push(host, errno => {
			if (errno === 0 && this.#stream.keptLength > 0)
				return 0;
			if (errno === 0 && this.#last.length > 0) {
				const last = this.#last;
				this.#last = new Uint8Array(0);
				return writeBytes(host, this.#stream, last, () => this.#leave(host, pending));
			}
			host.tasks.pending.delete(pending);
			return this.#ended(host, errno ?? 0);
		});
	}
}

/* Who has connected to a socket, one after the other. */
class AcceptSource {
	size = 4;
	#host;
	#socket;

	constructor(host, socket) {
		this.#host = host;
		this.#socket = socket;
		socket.hold();
	}

	pull(host, most, then) {
		const { fd, family } = this.#socket;
		return host.after(host.calls.sock_accept(fd, FDFLAGS.NONBLOCK, RESULT.COUNT), errno => {
			if (errno === ERRNO.AGAIN || errno === ERRNO.CONNABORTED)
				return then([]);
			return then(errno === 0 ? [new TcpSocket(host.memory.u32(RESULT.COUNT), family, CONNECTED)] : null);
		});
	}

	store(guest, pointer, sockets) {
		sockets.forEach((socket, i) => guest.view.setUint32(pointer + 4 * i, this.#host.add(socket), true));
	}

	waitsFor() {
		return new Pollable(FD_READ, { fd: this.#socket.fd });
	}

	drop(host) {
		return this.#socket.release(host);
	}
}

/* A stream that has ended, in the place of one that can't be. */
const NOTHING_COMES = { size: 1, isReady: true, pull: (host, most, then) => then(null), store() {}, waitsFor: () => READY, drop: () => 0 };

function tcpFunctions(host, options) {
	const socketOf = handle => host.get(handle, TcpSocket);
	const nothing = (guest, to, outcome) => giveResult(guest, to, PAYLOAD.NOTHING, outcome);
	const isWrong = (socket, address) => address.family !== socket.family || isMapped(address);

	/* sock_bind: then(outcome) */
	const bindTo = (socket, address, then) => host.after(host.sockets["sock_bind/3"](socket.fd, giveAddress(host, address), address.port), errno => {
		socket.state = errno === 0 ? BOUND : UNBOUND;
		return then(errno);
	});

	function bind(guest, handle, ...rest) {
		const to = rest.pop(), socket = socketOf(handle), address = addressOf(rest);
		if (socket.state !== UNBOUND)
			return nothing(guest, to, "invalid-state");
		return isWrong(socket, address) ? nothing(guest, to, "invalid-argument") : bindTo(socket, address, errno => nothing(guest, to, errno));
	}

	function connect(guest, handle, ...rest) {
		const to = rest.pop(), socket = socketOf(handle), address = addressOf(rest);
		if (socket.state !== UNBOUND && socket.state !== BOUND)
			return nothing(guest, to, "invalid-state");
		if (isWrong(socket, address) || isUnspecified(address) || address.port === 0)
			return nothing(guest, to, "invalid-argument");
		socket.state = CONNECTING;
		const over = errno => {
			socket.state = errno === 0 ? CONNECTED : ENDED;
			return nothing(guest, to, errno);
		};
		return host.after(host.sockets["sock_connect/3"](socket.fd, giveAddress(host, address), address.port), errno => (errno !== ERRNO.INPROGRESS ? over(errno)
			: new Later(new Pollable(FD_WRITE, { fd: socket.fd }), () =>
				options.get(socket.fd, SOCKET_OPTIONS, ERROR, (failed, value) => over(failed || value)))));
	}

	function listen(guest, handle, to) {
		const socket = socketOf(handle), any = { family: socket.family, port: 0, bytes: Array(socket.family === 4 ? 4 : 16).fill(0) };
		const give = outcome => giveResult(guest, to, PAYLOAD.HANDLE, outcome, at =>
			guest.view.setUint32(at, giveStream(host, new AcceptSource(host, socket)), true));
		const begin = () => host.after(host.sockets["sock_listen/2"](socket.fd, socket.backlog), errno => {
			if (errno === 0)
				socket.state = LISTENING;
			return give(errno);
		});
		if (socket.state !== UNBOUND && socket.state !== BOUND)
			return give("invalid-state");
		return socket.state === BOUND ? begin() : bindTo(socket, any, errno => (errno === 0 ? begin() : give(errno)));
	}

	function send(guest, handle, data) {
		const socket = socketOf(handle), future = new HostFuture();
		const isRight = socket.state === CONNECTED && !socket.sends;
		const sink = isRight ? sinkOf(socket, future) : new SocketSink({ push: (its, then) => then(ERRNO.INVAL), waitsFor: () => READY }, () => 0);
		socket.sends = true;
		if (!isRight)
			future.resolve(resultOf("invalid-state"));
		return host.after(takeStream(host, data, sink), () => giveStream(host, future, true));
	}

	function sinkOf(socket, future) {
		const stream = new SocketOutput(socket.fd, socket);
		return new SocketSink(stream, (its, errno) => its.after(errno === 0 ? its.calls.sock_shutdown(socket.fd, SENDING) : 0, failed => {
			future.resolve(resultOf(errno || (failed === ERRNO.NOTCONN ? 0 : failed)));
			return its.after(stream.drop(its), () => 0);
		}));
	}

	function receive(guest, handle, to) {
		const socket = socketOf(handle), at = guest.place(to, 8, 4), future = new HostFuture();
		const isRight = socket.state === CONNECTED && !socket.receives;
		const source = isRight ? new ByteSource(new SocketInput(socket.fd, socket), future, resultOf) : NOTHING_COMES;
		socket.receives = true;
		if (!isRight)
			future.resolve(resultOf("invalid-state"));
		guest.view.setUint32(at, giveStream(host, source), true);
		guest.view.setUint32(at + 4, giveStream(host, future, true), true);
		return 0;
	}

	return {
		[`${TYPES}[static]tcp-socket.create`](guest, number, to) {
			const family = familyOf(number);
			return openSocket(host, family, STREAM, (errno, fd) => giveResult(guest, to, PAYLOAD.HANDLE, errno, at =>
				guest.view.setUint32(at, host.add(new TcpSocket(fd, family, UNBOUND)), true)));
		},
		[`${TCP}bind`]: bind, [`${TCP}connect`]: connect, [`${TCP}listen`]: listen, [`${TCP}send`]: send, [`${TCP}receive`]: receive,
		[`${TCP}get-local-address`]: (guest, handle, to) => giveOwnOrPeer(host, guest, socketOf(handle).fd, "sock_getlocaladdr/3", to, giveResult),
		[`${TCP}get-remote-address`]: (guest, handle, to) => giveOwnOrPeer(host, guest, socketOf(handle).fd, "sock_getpeeraddr/3", to, giveResult),
		[`${TCP}get-is-listening`]: (guest, handle) => (socketOf(handle).state === LISTENING ? 1 : 0),
		[`${TCP}get-address-family`]: (guest, handle) => (socketOf(handle).family === 4 ? 0 : 1),
		[`${TCP}set-listen-backlog-size`](guest, handle, low, high, to) {
			return nothing(guest, to, socketOf(handle).setBacklog(low, high));
		},
		...pair(TCP, "hop-limit", [options.hops, options.setHops]), ...buffers(TCP, options),
		...pair(TCP, "keep-alive-enabled", options.keepAlive), ...pair(TCP, "keep-alive-idle-time", options.idle),
		...pair(TCP, "keep-alive-interval", options.interval), ...pair(TCP, "keep-alive-count", options.count),
	};
}

const pair = (kind, name, [get, set]) => ({ [`${kind}get-${name}`]: get, [`${kind}set-${name}`]: set });
const buffers = (kind, { buffer }) => Object.assign({}, ...["receive-buffer-size", "send-buffer-size"].map(name =>
	pair(kind, name, [buffer[name], buffer[`set-${name}`]])));

function udpFunctions(host, options) {
	const { memory } = host;
	const socketOf = handle => host.get(handle, UdpSocket);
	const nothing = (guest, to, outcome) => giveResult(guest, to, PAYLOAD.NOTHING, outcome);
	const isWrong = ({ family }, address) => address.family !== family || isMapped(address);
	const isNobody = (socket, address) => isWrong(socket, address) || isUnspecified(address) || address.port === 0;

	/* To any address and port it binds when it first sends. */
	function bind(guest, handle, ...rest) {
		const to = rest.pop(), socket = socketOf(handle), address = addressOf(rest);
		if (socket.state !== UNBOUND)
			return nothing(guest, to, "invalid-state");
		if (isWrong(socket, address))
			return nothing(guest, to, "invalid-argument");
		socket.any = isUnspecified(address) && address.port === 0 ? address : null;
		const begun = socket.any !== null ? 0 : host.sockets["sock_bind/3"](socket.fd, giveAddress(host, address), address.port);
		return host.after(begun, errno => {
			socket.state = errno === 0 ? BOUND : UNBOUND;
			return nothing(guest, to, errno);
		});
	}

	function connect(guest, handle, ...rest) {
		const to = rest.pop(), socket = socketOf(handle), peer = addressOf(rest);
		if (isNobody(socket, peer))
			return nothing(guest, to, "invalid-argument");
		return host.after(host.sockets["sock_connect/3"](socket.fd, giveAddress(host, peer), peer.port), errno => {
			if (errno === 0)
				Object.assign(socket, { peer, state: BOUND });
			return nothing(guest, to, errno);
		});
	}

	function send(guest, handle, pointer, length, isSome, ...rest) {
		const given = rest.pop(), socket = socketOf(handle), bytes = guest.bytes(pointer, length).slice();
		const peer = isSome === 0 ? socket.peer : addressOf(rest);
		if (peer === null || isNobody(socket, peer))
			return nothing(guest, given, "invalid-argument");
		if (bytes.length > DATAGRAM_MAX)
			return nothing(guest, given, "datagram-too-large");
		const attempt = () => {
			const buffer = host.room(bytes.length);
			memory.write(buffer, bytes);
			const begun = host.sockets["sock_send_to/7"](socket.fd, host.iovec(buffer, bytes.length), 1, giveAddress(host, peer), peer.port, 0, RESULT.COUNT);
			return host.after(begun, errno => {
				if (errno === ERRNO.AGAIN)
					return new Later(new Pollable(FD_WRITE, { fd: socket.fd }), attempt);
				if (errno === 0)
					socket.state = BOUND;
				return nothing(guest, given, errno);
			});
		};
		return attempt();
	}

	function receive(guest, handle, to) {
		const socket = socketOf(handle), port = RESULT.SECOND;
		if (socket.state !== BOUND)
			return giveResult(guest, to, RECEIVED, "invalid-state");
		const attempt = () => {
			const buffer = host.room(DATAGRAM_MAX), pointer = addressRoom(host);
			const begun = host.sockets["sock_recv_from/8"](socket.fd, host.iovec(buffer, DATAGRAM_MAX), 1, pointer, 0, port, RESULT.COUNT, port + 4);
			return host.after(begun, errno => (errno === ERRNO.AGAIN ? new Later(new Pollable(FD_READ, { fd: socket.fd }), attempt)
				: giveResult(guest, to, RECEIVED, errno, at => {
					guest.setList(at, memory.bytes.subarray(buffer, buffer + memory.u32(RESULT.COUNT)));
					storeAddress(guest, at + 8, takenAddress(host, pointer, memory.view.getUint16(port, true)));
				})));
		};
		return attempt();
	}

	function localAddress(guest, handle, to) {
		const socket = socketOf(handle), pointer = addressRoom(host);
		if (socket.state !== BOUND)
			return giveResult(guest, to, PAYLOAD.ADDRESS, "invalid-state");
		return host.after(host.sockets["sock_getlocaladdr/3"](socket.fd, pointer, RESULT.COUNT), errno =>
			giveResult(guest, to, PAYLOAD.ADDRESS, errno !== 0 && socket.any === null ? errno : 0, at =>
				storeAddress(guest, at, errno === 0 ? takenAddress(host, pointer, memory.u32(RESULT.COUNT)) : socket.any)));
	}

	return {
		[`${TYPES}[static]udp-socket.create`](guest, number, to) {
			const family = familyOf(number);
			return openSocket(host, family, DATAGRAM, (errno, fd) => giveResult(guest, to, PAYLOAD.HANDLE, errno, at =>
				guest.view.setUint32(at, host.add(new UdpSocket(fd, family)), true)));
		},
		[`${UDP}bind`]: bind, [`${UDP}connect`]: connect, [`${UDP}send`]: send, [`${UDP}receive`]: receive, [`${UDP}get-local-address`]: localAddress,
		/* preview1's calls can't take a peer away */
		[`${UDP}disconnect`]: (guest, handle, to) => nothing(guest, to, socketOf(handle).peer === null ? "invalid-state" : "not-supported"),
		[`${UDP}get-remote-address`](guest, handle, to) {
			const { peer } = socketOf(handle);
			return giveResult(guest, to, PAYLOAD.ADDRESS, peer === null ? "invalid-state" : 0, at => storeAddress(guest, at, peer));
		},
		[`${UDP}get-address-family`]: (guest, handle) => (socketOf(handle).family === 4 ? 0 : 1),
		...pair(UDP, "unicast-hop-limit", [options.hops, options.setHops]), ...buffers(UDP, options),
	};
}

/** key of interfaces.js -> (guest, ...i32) => result or MISS; of an async func, perhaps a Later. One for the whole kind: imports/index.js has the reason. */
export function asyncSocketFunctions(host) {
	const optionsOf = kind => optionFunctions(host, handle => host.get(handle, kind).fd, giveResult);
	return {
		...tcpFunctions(host, optionsOf(TcpSocket)), ...udpFunctions(host, optionsOf(UdpSocket)),

		"wasi:sockets/ip-name-lookup@0.3#resolve-addresses": (guest, pointer, length, to) => lookUp(host, guest, pointer, length, (outcome, found) =>
			giveResult(guest, to, PAYLOAD.LIST, lookUpErrorOf(outcome), at => {
				const items = guest.allocate(IP * found.length, IP_ALIGN);
				found.forEach((address, i) => storeIp(guest, items + IP * i, address));
				guest.view.setUint32(at, items, true);
				guest.view.setUint32(at + 4, found.length, true);
			}, LOOK_UP_CODES)),
	};
}
