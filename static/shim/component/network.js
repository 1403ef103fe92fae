//# allFunctionsCalledOnLoad
/* What wasi:sockets' interfaces have in common: error codes, addresses in a component's memory, results; and wasi:sockets/network, instance-network and
 * ip-name-lookup. Leaves to others: sockets (tcp.js, udp.js), who may be reached (the gateway's rules, by preview1's sock_* calls). */
import { ERRNO } from "../base/errors.js";
import { READY } from "./poll.js";
import { RESULT } from "./host.js";

/* error-code of wasi:sockets/network, in its order. */
const CODES = ["unknown", "access-denied", "not-supported", "invalid-argument", "out-of-memory", "timeout", "concurrency-conflict", "not-in-progress",
	"would-block", "invalid-state", "new-socket-limit", "address-not-bindable", "address-in-use", "remote-unreachable", "connection-refused",
	"connection-reset", "connection-aborted", "datagram-too-large", "name-unresolvable", "temporary-resolver-failure", "permanent-resolver-failure"];
/* preview1's errors by them. */
const ERRORS = {
	"access-denied": ["ACCES", "PERM", "NOTCAPABLE"], "not-supported": ["NOTSUP", "NOSYS", "AFNOSUPPORT", "PROTONOSUPPORT", "NOPROTOOPT"],
	"invalid-argument": ["INVAL", "DESTADDRREQ", "FAULT"], "out-of-memory": ["NOMEM", "NOBUFS"], timeout: ["TIMEDOUT"], "concurrency-conflict": ["ALREADY"],
	"would-block": ["AGAIN", "INPROGRESS"], "invalid-state": ["ISCONN", "NOTCONN", "BADF", "NOTSOCK"], "new-socket-limit": ["MFILE", "NFILE"],
	"address-not-bindable": ["ADDRNOTAVAIL"], "address-in-use": ["ADDRINUSE"], "remote-unreachable": ["HOSTUNREACH", "NETUNREACH", "NETDOWN"],
	"connection-refused": ["CONNREFUSED"], "connection-reset": ["CONNRESET", "NETRESET", "PIPE"], "connection-aborted": ["CONNABORTED"],
	"datagram-too-large": ["MSGSIZE"], "name-unresolvable": ["NOENT"],
};
const codes = new Map(Object.entries(ERRORS).flatMap(([code, names]) => names.map(name => [ERRNO[name], CODES.indexOf(code)])));
/** The number of an error-code by its name. */
export const codeOf = name => CODES.indexOf(name);
/** The error-code of an errno. */
export const networkCode = errno => codes.get(errno) ?? 0;
/** The name of an errno's error-code. */
export const codeNameOf = errno => CODES[networkCode(errno)];

const FAMILIES = [4, 6]; // ip-address-family, as endpoints have it
const STORAGE = 128, INET = 1, INET6 = 2; // WasmEdge's address

/** The right to use the network, which all components have; what it reaches is judged at each call. */
export class Network {}

/** Which of FAMILIES an ip-address-family is; traps for others. */
export function familyOf(number) {
	const family = FAMILIES[number];
	if (family === undefined)
		throw new WebAssembly.RuntimeError(`there is no ip-address-family ${number}`);
	return family;
}

/* ---- addresses ---- */

/**
 * What an ip-socket-address says, from its twelve i32: { family, port, bytes }; of IPv6 the scope goes unheard, as WasmEdge's calls have none.
 * @param {number[]} flat its case, then the fields of the case
 */
export function addressOf([kind, port, ...rest]) {
	const family = familyOf(kind);
	const bytes = family === 4 ? rest.slice(0, 4) : rest.slice(1, 9).flatMap(group => [group >>> 8 & 0xFF, group & 0xFF]);
	return { family, port: port & 0xFFFF, bytes };
}

/** The same of an ip-socket-address in the component's memory. */
export function loadAddress(guest, at) {
	const { view } = guest, family = familyOf(view.getUint8(at)), port = view.getUint16(at + 4, true);
	const bytes = family === 4 ? [...guest.bytes(at + 6, 4)]
		: Array.from({ length: 8 }, (_, i) => view.getUint16(at + 12 + 2 * i, true)).flatMap(group => [group >>> 8, group & 0xFF]);
	return { family, port, bytes };
}

export const isUnspecified = ({ bytes }) => bytes.every(byte => byte === 0);
/** An IPv6 address that stands for one of IPv4: 0.2 refuses those. */
export const isMapped = ({ family, bytes }) => family === 6 && bytes.every((byte, i) => byte === (i < 10 ? 0 : i < 12 ? 0xFF : byte));

/** Puts it where preview1's sock_* calls take it: the pointer to it. */
export function giveAddress(host, { family, bytes }) {
	const { memory } = host, pointer = addressRoom(host);
	memory.setU16(memory.u32(pointer), family === 4 ? INET : INET6);
	memory.write(memory.u32(pointer) + 2, bytes);
	return pointer;
}

/** Room for an address that a call gives: the pointer to it. */
export function addressRoom(host) {
	const { memory } = host, pointer = host.room(8), storage = host.room(STORAGE);
	memory.bytes.fill(0, storage, storage + STORAGE);
	memory.setU32(pointer, storage);
	memory.setU32(pointer + 4, STORAGE);
	return pointer;
}

/** The address that a call has put there, and its port. */
export function takenAddress(host, pointer, port) {
	const { memory } = host, storage = memory.u32(pointer);
	const family = memory.view.getUint16(storage, true) === INET ? 4 : 6;
	return { family, port, bytes: [...memory.bytes.subarray(storage + 2, storage + 2 + (family === 4 ? 4 : 16))] };
}

const groups = bytes => Array.from({ length: 8 }, (_, i) => bytes[2 * i] << 8 | bytes[2 * i + 1]);

/** Stores an ip-socket-address (32 bytes). */
export function storeAddress(guest, at, { family, port, bytes }) {
	const { view } = guest;
	view.setUint8(at, FAMILIES.indexOf(family));
	view.setUint16(at + 4, port, true);
	if (family === 4)
		return guest.bytes(at + 6, 4).set(bytes);
	view.setUint32(at + 8, 0, true);
	groups(bytes).forEach((group, i) => view.setUint16(at + 12 + 2 * i, group, true));
	view.setUint32(at + 28, 0, true);
}

/** Stores an ip-address (18 bytes). */
export function storeIp(guest, at, { family, bytes }) {
	const { view } = guest;
	view.setUint8(at, FAMILIES.indexOf(family));
	if (family === 4)
		return guest.bytes(at + 2, 4).set(bytes);
	groups(bytes).forEach((group, i) => view.setUint16(at + 2 + 2 * i, group, true));
}

/** Do two name the same? */
export const sameAddress = (a, b) => a.family === b.family && a.port === b.port && a.bytes.every((byte, i) => byte === b.bytes[i]);

/* ---- results ---- */

/** What a result's payload needs. */
export const PAYLOAD = Object.freeze({ NOTHING: { size: 1, align: 1 }, BYTE: { size: 1, align: 1 }, HANDLE: { size: 4, align: 4 }, TWO: { size: 8, align: 4 },
	THREE: { size: 12, align: 4 }, U64: { size: 8, align: 8 }, ADDRESS: { size: 32, align: 4 }, LIST: { size: 8, align: 4 } });

/**
 * result<T, error-code>, stored at `to`. outcome: 0, an errno, or an error-code's name; give stores T.
 * @param {import("./host.js").Guest} guest
 * @param {number} to
 * @param {{ size: number, align: number }} payload T's
 * @param {number | string} outcome
 * @param {(at: number) => void} [give]
 */
export function giveResult(guest, to, { size, align }, outcome, give = () => {}) {
	const at = guest.place(to, align + size, align);
	guest.view.setUint8(at, outcome === 0 ? 0 : 1);
	if (outcome === 0)
		give(at + align);
	else
		guest.view.setUint8(at + align, typeof outcome === "string" ? codeOf(outcome) : networkCode(outcome));
	return 0;
}

/* ---- names ---- */

const ADDRINFO = 28, SOCKADDR = 12, DATA = 32, FOUND_MAX = 32;
const HINTS = 8, STREAM = 2;
const NAME_MAX = 1000;
/* WasmEdge's errors beside preview1's. */
const LOOKUP_ERRORS = { 78: "temporary-resolver-failure", 80: "permanent-resolver-failure", 84: "name-unresolvable", [ERRNO.NOENT]: "name-unresolvable",
	[ERRNO.INVAL]: "invalid-argument" };

/* Addresses that were found, one after the other. */
class ResolveAddressStream {
	constructor(found) {
		this.found = found;
	}
}

/* The list of addrinfo that sock_getaddrinfo fills: the pointer to the first. */
function addrinfos(host) {
	const { memory } = host, list = host.room(ADDRINFO * FOUND_MAX), addresses = host.room((SOCKADDR + DATA) * FOUND_MAX);
	for (let i = 0; i < FOUND_MAX; i++) {
		const at = list + ADDRINFO * i, address = addresses + (SOCKADDR + DATA) * i;
		memory.bytes.fill(0, at, at + ADDRINFO);
		memory.setU32(at + 12, address);
		memory.setU32(at + 24, i + 1 < FOUND_MAX ? at + ADDRINFO : 0);
		memory.setU32(address, 0);
		memory.setU32(address + 4, DATA);
		memory.setU32(address + 8, address + SOCKADDR);
	}
	return list;
}

function foundIn(host, list, count) {
	const { memory } = host;
	return Array.from({ length: count }, (_, i) => {
		const address = memory.u32(list + ADDRINFO * i + 12), data = memory.u32(address + 8);
		return memory.u32(address) === INET ? { family: 4, bytes: [...memory.bytes.subarray(data + 2, data + 6)] }
			: { family: 6, bytes: [...memory.bytes.subarray(data + 6, data + 22)] };
	});
}

/** The outcome of lookUp() as giveResult takes it. */
export const lookUpErrorOf = outcome => LOOKUP_ERRORS[outcome] ?? outcome;

/** Looks a name up: then(outcome, addresses), outcome: 0, an errno or an error-code's name. */
export function lookUp(host, guest, pointer, length, then) {
	const { memory } = host;
	if (length === 0 || length >>> 0 > NAME_MAX)
		return then("invalid-argument", []);
	const name = host.path(guest, pointer, length), hints = host.room(HINTS), list = addrinfos(host), results = host.room(4);
	memory.bytes.fill(0, hints, hints + HINTS);
	memory.bytes[hints + 3] = STREAM; // of each address one
	memory.setU32(results, list);
	const begun = host.sockets["sock_getaddrinfo/8"](name.pointer, name.length, name.pointer, 0, hints, results, FOUND_MAX, RESULT.COUNT);
	return host.after(begun, errno => then(errno, errno === 0 ? foundIn(host, list, memory.u32(RESULT.COUNT)) : []));
}

/** key of interfaces.js -> (guest, ...i32) => result or MISS. One function for the whole kind: imports/index.js has the reason. */
export function networkFunctions(host) {
	return {
		"wasi:sockets/instance-network#instance-network": () => host.add(new Network()),

		"wasi:sockets/ip-name-lookup#resolve-addresses"(guest, network, pointer, length, to) {
			host.get(network, Network);
			return lookUp(host, guest, pointer, length, (outcome, found) => giveResult(guest, to, PAYLOAD.HANDLE, lookUpErrorOf(outcome), at =>
				guest.view.setUint32(at, host.add(new ResolveAddressStream(found)), true)));
		},

		"wasi:sockets/ip-name-lookup#[method]resolve-address-stream.resolve-next-address"(guest, handle, to) {
			const stream = host.get(handle, ResolveAddressStream), next = stream.found.shift();
			return giveResult(guest, to, { size: 20, align: 2 }, 0, at => {
				guest.view.setUint8(at, next === undefined ? 0 : 1);
				if (next !== undefined)
					storeIp(guest, at + 2, next);
			});
		},

		"wasi:sockets/ip-name-lookup#[method]resolve-address-stream.subscribe"(guest, handle) {
			host.get(handle, ResolveAddressStream);
			return host.add(READY);
		},
	};
}
