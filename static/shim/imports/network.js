//# allFunctionsCalledOnLoad
/* Sockets that a program opens, by WasmEdge's imports in wasi_snapshot_preview1, version 1 and 2 (SOCKETS in base/signatures.js). Leaves to others: sockets
 * that exist (socket.js), which version a program means (program/instance.js). */
import { addressAt, addressRoom, portOf, storeAddress, storeAddresses } from "../base/addresses.js";
import { Reader, toBytes, toText } from "../base/codec.js";
import { endpointBytes } from "../base/endpoint.js";
import { ERRNO } from "../base/errors.js";
import { Descriptor, FILETYPE } from "../base/fds.js";
import { NUMBERS } from "../base/syscalls.js";
import { MISS } from "../base/trampoline.js";
import { askForSocket } from "./socket.js";

const SLOT = 0xFFFF; // of a handle
const OWN = 0, PEER = 1;
const SOL_SOCKET = 0, SO_ERROR = 2;
const FAMILIES = [0, 4, 6]; // WasmEdge's: any, IPv4, IPv6
const DATAGRAM = 1, STREAM = 2; // its types; 0 is any
const PROTOCOL = { [STREAM]: 1, [DATAGRAM]: 2 };
const KIND = { 0: 1, [STREAM]: 1, [DATAGRAM]: 2 }; // the table's
/* WasmEdge's errors beside preview1's. */
const AI = { AGAIN: 78, FAIL: 80, FAMILY: 81, MEMORY: 82, NONAME: 84, SERVICE: 85, SOCKTYPE: 86 };
const RESOLVE_ERRORS = { [ERRNO.NOENT]: AI.NONAME, [ERRNO.TIMEDOUT]: AI.AGAIN, [ERRNO.IO]: AI.FAIL, [ERRNO.NOMEM]: AI.MEMORY };
const HINTS = 8, PASSIVE = 1, NUMERIC_HOST = 4;
const RESOLVED_BYTES = 4096, NAME_MAX = 1024;
/* Compilers put nothing there, so it is no pointer. */
const FIRST_DATA = 1024;
const NAME = "n".charCodeAt(0);

/* One function for the whole kind: the reason is in index.js. sockets: preview1's own. */
export function networkImports(program, sockets) {
	const { memory, fds, bounds } = program;

	/* fdstat of the sockets that were opened, by kind. */
	const opened = {};

	/* Where one was opened before, the next one can fail for want of handles or memory alone: it goes with the call that follows. null: it has to be asked. */
	function openKnown(family, type, pointer) {
		const fdstat = opened[KIND[type]];
		if (fdstat === undefined || !program.cache.isOn || !program.roomToTell)
			return null;
		const handle = fds.pickHandle();
		if ((handle & SLOT) >= bounds.handles) {
			fds.releaseHandle(handle);
			return null;
		}
		const w = program.tell(NUMBERS.sock_open);
		for (const word of [FAMILIES[family], KIND[type], handle])
			w.u32(word);
		const descriptor = new Descriptor(handle, fdstat);
		descriptor.name = "socket";
		memory.setU32(pointer, fds.add(descriptor));
		return 0;
	}

	/* done: (descriptor) => errno */
	function askAddress(call, fd, pointer, port, more, done) {
		const descriptor = fds.get(fd);
		const endpoint = addressAt(memory, pointer, port);
		if (typeof endpoint === "number")
			return endpoint;
		if (descriptor === undefined)
			return ERRNO.BADF;
		return program.afterOutput(() => {
			const w = program.ask(NUMBERS[call], done && (() => done(descriptor)));
			w.u32(descriptor.handle);
			w.string(endpoint);
			if (more !== undefined)
				w.u32(more);
			return MISS;
		});
	}

	/* done: (endpoint's bytes) => errno */
	function askOwnOrPeer(fd, which, done) {
		const descriptor = fds.get(fd);
		if (descriptor === undefined)
			return ERRNO.BADF;
		const w = program.ask(NUMBERS.sock_address, done);
		w.u32(descriptor.handle);
		w.u32(which);
		return MISS;
	}

	function addressV1(fd, pointer, typePointer, portPointer, which) {
		const room = addressRoom(memory, pointer);
		if (room === null || !memory.holds(typePointer, 4) || !memory.holds(portPointer, 4))
			return ERRNO.FAULT;
		if (room.length !== 4 && room.length !== 16)
			return ERRNO.INVAL;
		return askOwnOrPeer(fd, which, endpoint => {
			storeAddress(memory, room, endpoint, false);
			memory.setU32(typePointer, endpoint[0]); // 4 or 6, as version 1 has it
			memory.setU32(portPointer, portOf(endpoint));
			return 0;
		});
	}

	function addressV2(fd, pointer, portPointer, which) {
		const room = addressRoom(memory, pointer);
		if (room === null || !memory.holds(portPointer, 4))
			return ERRNO.FAULT;
		if (!room.isStorage)
			return ERRNO.INVAL;
		return askOwnOrPeer(fd, which, endpoint => {
			storeAddress(memory, room, endpoint, true);
			memory.setU32(portPointer, portOf(endpoint));
			return 0;
		});
	}

	/* store: (address's room, endpoint) => void */
	function receiveFrom(fd, iovecs, count, pointer, riFlags, nread, roFlags, store) {
		const length = memory.iovecsLength(iovecs, count);
		const room = addressRoom(memory, pointer);
		if (length < 0 || room === null || !memory.holds(nread, 4) || !memory.holds(roFlags, 2))
			return ERRNO.FAULT;
		const descriptor = fds.get(fd);
		if (descriptor === undefined)
			return ERRNO.BADF;
		if (descriptor.filetype !== FILETYPE.SOCKET_DGRAM)
			return sockets.sock_recv(fd, iovecs, count, riFlags, nread, roFlags); // which says nothing of its peer
		return program.afterOutput(() => {
			const w = program.ask(NUMBERS.sock_receive_from, bytes => {
				const r = new Reader(bytes);
				const endpoint = r.raw(r.u32());
				memory.setU16(roFlags, 0);
				memory.setU32(nread, memory.scatter(iovecs, count, r.rest()));
				store(room, endpoint);
				return 0;
			});
			w.u32(descriptor.handle);
			w.u32(riFlags);
			w.u32(Math.min(length, bounds.data));
			return MISS;
		});
	}

	/* A string of the program's, without the NUL that WasmEdge wants at its end; null: not inside the memory, or too long. */
	function textAt(pointer, length) {
		if (length >>> 0 > NAME_MAX || !memory.holds(pointer, length >>> 0))
			return null;
		return toText(memory.read(pointer, length >>> 0)).replace(/\0+$/, "");
	}

	function storeFound(endpoints, type, results, most, count) {
		const types = type === 0 ? [STREAM, DATAGRAM] : [type];
		const found = endpoints.flatMap(endpoint => types.map(its => ({ endpoint, type: its, protocol: PROTOCOL[its] })));
		const stored = memory.holds(results, 4) ? storeAddresses(memory, memory.u32(results), most, found) : -1;
		if (stored < 0)
			return ERRNO.FAULT;
		memory.setU32(count, stored);
		return stored === 0 ? AI.MEMORY : 0;
	}

	function resolve(name, port, family, type, done) {
		return program.afterOutput(() => {
			const w = program.askEither(NUMBERS.sock_resolve, (errno, bytes) => (errno === 0 ? done(endpointsIn(bytes)) : RESOLVE_ERRORS[errno] ?? errno));
			w.string(name);
			w.u32(port);
			w.u32(family);
			w.u32(KIND[type]);
			w.u32(RESOLVED_BYTES);
			return MISS;
		});
	}

	return {
		"sock_open/3"(family, type, pointer) {
			if (!memory.holds(pointer, 4))
				return ERRNO.FAULT;
			if (FAMILIES[family] === undefined)
				return ERRNO.AFNOSUPPORT;
			if (KIND[type] === undefined)
				return ERRNO.PROTONOSUPPORT;
			return openKnown(family, type, pointer) ?? askForSocket(program, "sock_open", "socket", pointer, [FAMILIES[family], KIND[type]],
				fdstat => (opened[KIND[type]] = fdstat));
		},

		"http_request/3"(request, length, pointer) {
			if (!memory.holds(request, length >>> 0) || !memory.holds(pointer, 4))
				return ERRNO.FAULT;
			return askForSocket(program, "http_request", "request", pointer, [memory.read(request, length >>> 0).slice()]);
		},

		"sock_bind/3": (fd, pointer, port) => askAddress("sock_bind", fd, pointer, port),
		"sock_connect/3": (fd, pointer, port) => askAddress("sock_connect", fd, pointer, port, 0, descriptor => (program.cache.connected(descriptor), 0)),
		"sock_accept/2": (fd, pointer) => sockets.sock_accept(fd, 0, pointer),

		"sock_listen/2"(fd, backlog) {
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			const w = program.ask(NUMBERS.sock_listen);
			w.u32(descriptor.handle);
			w.u32(Math.max(0, backlog));
			return MISS;
		},

		"sock_recv_from/8"(fd, iovecs, count, pointer, riFlags, portPointer, nread, roFlags) {
			if (!memory.holds(portPointer, 2))
				return ERRNO.FAULT;
			return receiveFrom(fd, iovecs, count, pointer, riFlags, nread, roFlags, (room, endpoint) => {
				storeAddress(memory, room, endpoint, room.isStorage);
				memory.setU16(portPointer, portOf(endpoint)); // 16 bits, though other ports here have 32
			});
		},

		"sock_recv_from/7": (fd, iovecs, count, pointer, riFlags, nread, roFlags) =>
			receiveFrom(fd, iovecs, count, pointer, riFlags, nread, roFlags, (room, endpoint) => storeAddress(memory, room, endpoint, false)),

		"sock_send_to/7"(fd, iovecs, count, pointer, port, siFlags, nsent) {
			const length = memory.iovecsLength(iovecs, count);
			const endpoint = addressAt(memory, pointer, port);
			if (length < 0 || endpoint === ERRNO.FAULT || !memory.holds(nsent, 4))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			if (descriptor.filetype !== FILETYPE.SOCKET_DGRAM)
				return sockets.sock_send(fd, iovecs, count, siFlags, nsent); // to its peer
			if (typeof endpoint === "number")
				return endpoint;
			if (length > bounds.data)
				return ERRNO.MSGSIZE; // a datagram goes whole
			const w = program.ask(NUMBERS.sock_send_to, bytes => {
				memory.setU32(nsent, new Reader(bytes).u32());
				return 0;
			});
			w.u32(descriptor.handle);
			w.u32(siFlags);
			w.string(endpoint);
			w.u32(length);
			memory.gather(iovecs, count, w.room(length));
			return MISS;
		},

		"sock_getsockopt/5"(fd, level, name, pointer, lengthPointer) {
			/* Go's libraries give the length itself where WasmEdge has a pointer to it. */
			const byValue = lengthPointer >>> 0 < FIRST_DATA;
			if (!byValue && !memory.holds(lengthPointer, 4))
				return ERRNO.FAULT;
			const length = byValue ? lengthPointer >>> 0 : memory.u32(lengthPointer);
			if (!memory.holds(pointer, length))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			if (length < 4)
				return ERRNO.INVAL;
			const store = value => {
				memory.setU32(pointer, value);
				if (!byValue)
					memory.setU32(lengthPointer, 4);
				return 0;
			};
			const failed = level === SOL_SOCKET && name === SO_ERROR ? program.cache.sendError(descriptor) : 0;
			if (failed !== 0)
				return store(failed);
			const w = program.ask(NUMBERS.sock_get_option, bytes => store(new Reader(bytes).u32()));
			w.u32(descriptor.handle);
			w.u32(level);
			w.u32(name);
			return MISS;
		},

		"sock_setsockopt/5"(fd, level, name, pointer, length) {
			if (!memory.holds(pointer, length >>> 0))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			if (length >>> 0 < 4)
				return ERRNO.INVAL;
			const w = program.ask(NUMBERS.sock_set_option);
			w.u32(descriptor.handle);
			w.u32(level);
			w.u32(name);
			w.u64(memory.u32(pointer));
			return MISS;
		},

		"sock_getlocaladdr/3": (fd, pointer, port) => addressV2(fd, pointer, port, OWN),
		"sock_getlocaladdr/4": (fd, pointer, type, port) => addressV1(fd, pointer, type, port, OWN),
		"sock_getpeeraddr/3": (fd, pointer, port) => addressV2(fd, pointer, port, PEER),
		"sock_getpeeraddr/4": (fd, pointer, type, port) => addressV1(fd, pointer, type, port, PEER),

		"sock_getaddrinfo/8"(node, nodeLength, service, serviceLength, hints, results, most, count) {
			const name = textAt(node, nodeLength), digits = textAt(service, serviceLength);
			if (name === null || digits === null || !memory.holds(hints, HINTS) || !memory.holds(results, 4) || !memory.holds(count, 4))
				return ERRNO.FAULT;
			const flags = memory.view.getUint16(hints >>> 0, true);
			const [family, type] = memory.read((hints >>> 0) + 2, 2);
			const port = /^\d{0,5}$/.test(digits) ? Number(digits) : Infinity;
			if (FAMILIES[family] === undefined)
				return AI.FAMILY;
			if (KIND[type] === undefined)
				return AI.SOCKTYPE;
			if (port > 0xFFFF)
				return AI.SERVICE;
			if (name === "" && digits === "")
				return AI.NONAME;
			const done = endpoints => storeFound(endpoints, type, results, most >>> 0, count);
			const own = (flags & PASSIVE) !== 0 ? ["0.0.0.0", "::"] : ["127.0.0.1", "::1"];
			const here = (name === "" ? own : [name]).map(host => numericEndpoint(host, port));
			if (here[0] === null)
				return (flags & NUMERIC_HOST) !== 0 ? AI.NONAME : resolve(name, port, FAMILIES[family], type, done);
			const fitting = here.filter(endpoint => family === 0 || endpoint[0] === FAMILIES[family]);
			return fitting.length === 0 ? AI.NONAME : done(fitting);
		},
	};
}

/* Of an address; null for a name. */
function numericEndpoint(host, port) {
	try {
		const endpoint = endpointBytes(host, port);
		return endpoint[0] === NAME ? null : endpoint;
	} catch {
		return null; // whoever looks it up says what is wrong with it
	}
}

function endpointsIn(bytes) {
	const r = new Reader(bytes);
	const endpoints = [];
	while (r.at < bytes.length)
		endpoints.push(r.raw(r.raw(1)[0]));
	return endpoints;
}
