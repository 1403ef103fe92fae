//# allFunctionsCalledOnLoad
/* wasi:sockets/udp and udp-create-socket, by the sock_* calls that programs of preview1 have. Binding to any address and port asks for nothing: a socket gets
 * them when it first sends, and then the rules for its peers hold. */
import { ERRNO } from "../base/errors.js";
import { Held } from "./descriptor.js";
import { RESULT } from "./host.js";
import { Network, PAYLOAD, addressOf, addressRoom, familyOf, giveAddress, giveResult, isMapped, isUnspecified, loadAddress, sameAddress, storeAddress,
	takenAddress } from "./network.js";
import { FD_READ, FD_WRITE, Pollable, READY, pollNow } from "./poll.js";
import { giveOwnOrPeer, openSocket, optionFunctions } from "./tcp.js";

const DATAGRAM = 1;
const DATAGRAM_MAX = 64 << 10;
const SEND_MOST = 16; // datagrams of one send
const INCOMING = 40, OUTGOING = 44; // bytes of the records
const UDP = "wasi:sockets/udp#[method]";
const UNBOUND = "unbound", BINDING = "binding", BOUND = "bound";

export class UdpSocket extends Held {
	state = UNBOUND;
	outcome = 0;
	/** where it was bound without a call */
	any = null;
	/** its one peer */
	peer = null;

	constructor(fd, family) {
		super(fd);
		this.family = family;
	}
}

/* of: the socket; peer: all that it hears or speaks to, or null */
class DatagramStream {
	constructor(of, peer) {
		this.of = of;
		this.peer = peer;
		of.hold();
	}

	drop(host) {
		return this.of.release(host);
	}
}

class IncomingDatagramStream extends DatagramStream {
	waitsFor() {
		return new Pollable(FD_READ, { fd: this.of.fd });
	}
}

class OutgoingDatagramStream extends DatagramStream {
	/** there was no room for a datagram */
	isFull = false;
	/** how many check-send has allowed */
	allowed = 0;

	waitsFor() {
		return this.isFull ? new Pollable(FD_WRITE, { fd: this.of.fd }) : READY;
	}

	advance() {
		this.isFull = false;
		return 0;
	}
}

/** key of interfaces.js -> (guest, ...i32) => result or MISS. One function for the whole kind: imports/index.js has the reason. */
export function udpFunctions(host) {
	const { memory } = host;
	const socketOf = handle => host.get(handle, UdpSocket);
	const options = optionFunctions(host, handle => socketOf(handle).fd);
	const nothing = (guest, to, outcome) => giveResult(guest, to, PAYLOAD.NOTHING, outcome);

	function bind(guest, handle, network, ...rest) {
		const socket = socketOf(handle), to = rest[12], address = addressOf(rest.slice(0, 12));
		host.get(network, Network);
		if (socket.state !== UNBOUND)
			return nothing(guest, to, socket.state === BINDING ? "concurrency-conflict" : "invalid-state");
		if (address.family !== socket.family || isMapped(address))
			return nothing(guest, to, "invalid-argument");
		socket.any = isUnspecified(address) && address.port === 0 ? address : null;
		const begun = socket.any !== null ? 0 : host.sockets["sock_bind/3"](socket.fd, giveAddress(host, address), address.port);
		return host.after(begun, errno => {
			socket.outcome = errno;
			socket.state = BINDING;
			return nothing(guest, to, 0);
		});
	}

	function stream(guest, handle, isSome, ...rest) {
		const socket = socketOf(handle), to = rest[12], peer = isSome === 0 ? null : addressOf(rest.slice(0, 12));
		if (socket.state !== BOUND)
			return giveResult(guest, to, PAYLOAD.TWO, "invalid-state");
		if (peer !== null && (peer.family !== socket.family || isMapped(peer) || isUnspecified(peer) || peer.port === 0))
			return giveResult(guest, to, PAYLOAD.TWO, "invalid-argument");
		if (peer === null && socket.peer !== null)
			return giveResult(guest, to, PAYLOAD.TWO, "not-supported"); // preview1's calls can't take a peer away
		const begun = peer === null ? 0 : host.sockets["sock_connect/3"](socket.fd, giveAddress(host, peer), peer.port);
		return host.after(begun, errno => giveResult(guest, to, PAYLOAD.TWO, errno, at => {
			socket.peer = peer;
			guest.view.setUint32(at, host.add(new IncomingDatagramStream(socket, peer)), true);
			guest.view.setUint32(at + 4, host.add(new OutgoingDatagramStream(socket, peer)), true);
		}));
	}

	/* One datagram, if there is one: each is a call of its own. */
	function receive(guest, handle, low, high, to) {
		const { of } = host.get(handle, IncomingDatagramStream);
		const give = (errno, datagram = null) => giveResult(guest, to, PAYLOAD.LIST, errno, at => {
			const item = datagram === null ? 0 : guest.allocate(INCOMING, 4);
			guest.view.setUint32(at, item, true);
			guest.view.setUint32(at + 4, datagram === null ? 0 : 1, true);
			if (datagram !== null) {
				guest.setList(item, datagram.bytes);
				storeAddress(guest, item + 8, datagram.from);
			}
		});
		if (low === 0 && high === 0)
			return give(0);
		const buffer = host.room(DATAGRAM_MAX), pointer = addressRoom(host), port = RESULT.SECOND;
		const begun = host.sockets["sock_recv_from/8"](of.fd, host.iovec(buffer, DATAGRAM_MAX), 1, pointer, 0, port, RESULT.COUNT, port + 4);
		return host.after(begun, errno => (errno === ERRNO.AGAIN ? give(0) : errno !== 0 ? give(errno) : give(0, {
			bytes: memory.bytes.subarray(buffer, buffer + memory.u32(RESULT.COUNT)),
			from: takenAddress(host, pointer, memory.view.getUint16(port, true)),
		})));
	}

	function checkSend(guest, handle, to) {
		const stream = host.get(handle, OutgoingDatagramStream);
		const give = isFull => giveResult(guest, to, PAYLOAD.U64, 0, at => {
			stream.isFull = isFull;
			stream.allowed = isFull ? 0 : SEND_MOST;
			guest.view.setBigUint64(at, BigInt(stream.allowed), true);
		});
		return stream.isFull ? pollNow(host, stream.waitsFor(), isReady => give(!isReady)) : give(false);
	}

	/* Of the list at `item`: { bytes, to } or an error-code. */
	function datagramAt(guest, { of, peer }, item) {
		const { view } = guest, bytes = guest.bytes(view.getUint32(item, true), view.getUint32(item + 4, true));
		const to = view.getUint8(item + 8) === 0 ? peer : loadAddress(guest, item + 12);
		if (to === null || to.family !== of.family || isMapped(to) || isUnspecified(to) || to.port === 0 || peer !== null && !sameAddress(to, peer))
			return "invalid-argument";
		return bytes.length > DATAGRAM_MAX ? "datagram-too-large" : { bytes, to };
	}

	function send(guest, handle, pointer, count, to) {
		const stream = host.get(handle, OutgoingDatagramStream), list = guest.place(pointer, OUTGOING * (count >>> 0), 4);
		if (count >>> 0 > stream.allowed)
			throw new WebAssembly.RuntimeError("more datagrams than check-send allows");
		stream.allowed = 0;
		const give = (outcome, sent) => giveResult(guest, to, PAYLOAD.U64, sent > 0 ? 0 : outcome, at => guest.view.setBigUint64(at, BigInt(sent), true));
		const sendNext = i => {
			if (i === count >>> 0)
				return give(0, i);
			const datagram = datagramAt(guest, stream, list + OUTGOING * i);
			if (typeof datagram === "string")
				return give(datagram, i);
			const buffer = host.room(datagram.bytes.length);
			memory.write(buffer, datagram.bytes);
			const begun = host.sockets["sock_send_to/7"](stream.of.fd, host.iovec(buffer, datagram.bytes.length), 1, giveAddress(host, datagram.to), datagram.to.port, 0,
				RESULT.COUNT);
			return host.after(begun, errno => {
				if (errno === 0)
					return sendNext(i + 1);
				stream.isFull = errno === ERRNO.AGAIN;
				return give(stream.isFull ? 0 : errno, i);
			});
		};
		return sendNext(0);
	}

	function localAddress(guest, handle, to) {
		const socket = socketOf(handle);
		if (socket.state !== BOUND)
			return giveResult(guest, to, PAYLOAD.ADDRESS, "invalid-state");
		if (socket.any === null)
			return giveOwnOrPeer(host, guest, socket.fd, "sock_getlocaladdr/3", to);
		const pointer = addressRoom(host);
		return host.after(host.sockets["sock_getlocaladdr/3"](socket.fd, pointer, RESULT.COUNT), errno => giveResult(guest, to, PAYLOAD.ADDRESS, 0, at =>
			storeAddress(guest, at, errno === 0 ? takenAddress(host, pointer, memory.u32(RESULT.COUNT)) : socket.any)));
	}

	const subscribe = kind => (guest, handle) => host.add(Pollable.of(host.get(handle, kind)));
	return {
		"wasi:sockets/udp-create-socket#create-udp-socket"(guest, number, to) {
			const family = familyOf(number);
			return openSocket(host, family, DATAGRAM, (errno, fd) => giveResult(guest, to, PAYLOAD.HANDLE, errno, at =>
				guest.view.setUint32(at, host.add(new UdpSocket(fd, family)), true)));
		},

		[`${UDP}udp-socket.start-bind`]: bind,
		[`${UDP}udp-socket.finish-bind`](guest, handle, to) {
			const socket = socketOf(handle);
			if (socket.state !== BINDING)
				return nothing(guest, to, "not-in-progress");
			socket.state = socket.outcome === 0 ? BOUND : UNBOUND;
			return nothing(guest, to, socket.outcome);
		},
		[`${UDP}udp-socket.stream`]: stream,
		[`${UDP}udp-socket.local-address`]: localAddress,
		[`${UDP}udp-socket.remote-address`](guest, handle, to) {
			const { peer } = socketOf(handle);
			return giveResult(guest, to, PAYLOAD.ADDRESS, peer === null ? "invalid-state" : 0, at => storeAddress(guest, at, peer));
		},
		[`${UDP}udp-socket.address-family`]: (guest, handle) => (socketOf(handle).family === 4 ? 0 : 1),
		[`${UDP}udp-socket.unicast-hop-limit`]: options.hops,
		[`${UDP}udp-socket.set-unicast-hop-limit`]: options.setHops,
		...Object.fromEntries(Object.entries(options.buffer).map(([name, its]) => [`${UDP}udp-socket.${name}`, its])),
		[`${UDP}udp-socket.subscribe`](guest, handle) {
			socketOf(handle);
			return host.add(READY);
		},

		[`${UDP}incoming-datagram-stream.receive`]: receive,
		[`${UDP}incoming-datagram-stream.subscribe`]: subscribe(IncomingDatagramStream),
		[`${UDP}outgoing-datagram-stream.check-send`]: checkSend,
		[`${UDP}outgoing-datagram-stream.send`]: send,
		[`${UDP}outgoing-datagram-stream.subscribe`]: subscribe(OutgoingDatagramStream),
	};
}
