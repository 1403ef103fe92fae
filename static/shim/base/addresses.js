//# allFunctionsCalledOnLoad
/* Addresses of sockets in a program's memory, as WasmEdge lays them out: { u32 pointer, u32 length } of 4 bytes (IPv4), 16 (IPv6), or 128 that begin with the
 * family (u16); a port is always apart. Leaves to others: endpoints on the wire (endpoint.js). */
import { ERRNO } from "./errors.js";

const STORAGE = 128;
const LENGTH = { 4: 4, 6: 16 };
/* By WasmEdge's families. */
const KIND = [0, 4, 6];
const HEAD = 3; // of an endpoint: kind and port

/**
 * The endpoint of an address: its bytes as on the wire; or why there is none: FAULT, INVAL, AFNOSUPPORT.
 * @returns {Uint8Array | number}
 */
export function addressAt(memory, pointer, port) {
	const room = addressRoom(memory, pointer);
	if (room === null)
		return ERRNO.FAULT;
	let { at } = room;
	let kind = room.length === 4 ? 4 : room.length === 16 ? 6 : 0;
	if (room.length === STORAGE) {
		kind = KIND[memory.view.getUint16(at, true)] ?? 0;
		if (kind === 0)
			return ERRNO.AFNOSUPPORT;
		at += 2;
	}
	if (kind === 0 || port >>> 0 > 0xFFFF)
		return ERRNO.INVAL;
	const endpoint = new Uint8Array(kind === 4 ? HEAD + 4 : HEAD + 20); // an IPv6 address has no scope here
	endpoint.set([kind, port & 0xFF, port >>> 8]);
	endpoint.set(memory.bytes.subarray(at, at + LENGTH[kind]), HEAD);
	return endpoint;
}

/** Where an address goes: { at, length, isStorage }; null: not inside the memory. */
export function addressRoom(memory, pointer) {
	if (!memory.holds(pointer, 8))
		return null;
	const at = memory.u32(pointer);
	const length = memory.u32((pointer >>> 0) + 4);
	return memory.holds(at, length) ? { at, length, isStorage: length === STORAGE } : null;
}

/** Stores an endpoint's address; of one that is longer than its room, what fits. storage: with its family before it. */
export function storeAddress(memory, { at, length }, endpoint, storage) {
	const address = endpoint.subarray(HEAD, HEAD + LENGTH[endpoint[0]]);
	if (storage)
		memory.setU16(at, KIND.indexOf(endpoint[0]));
	memory.write(storage ? at + 2 : at, address.subarray(0, storage ? length - 2 : length));
}

/** An endpoint's port. */
export const portOf = endpoint => endpoint[1] | endpoint[2] << 8;

/* ---- what sock_getaddrinfo fills ---- */

const ADDRINFO = 28, ADDRINFO_AT = { protocol: 4, length: 8, address: 12, next: 24 };
const SOCKADDR = 12, SOCKADDR_AT = { length: 4, data: 8 };

/* A sockaddr behind its family, in network order: port, address; of IPv6 port, flow, address, scope. */
function sockaddrData(endpoint) {
	const four = endpoint[0] === 4;
	const data = new Uint8Array(four ? 6 : 26);
	data.set([endpoint[2], endpoint[1]]);
	data.set(endpoint.subarray(HEAD), four ? 2 : 6); // with the scope
	return data;
}

/**
 * Fills a list of addrinfo that the program linked, each with a sockaddr and a buffer for it; leaves out what a buffer is too small for.
 * @param {number} first of the list
 * @param {{ endpoint: Uint8Array, type: number, protocol: number }[]} found
 * @returns {number} how many; -1: the list isn't inside the memory
 */
export function storeAddresses(memory, first, most, found) {
	let stored = 0;
	for (let at = first, next = 0; stored < Math.min(most, found.length) && at !== 0; at = next) {
		const address = memory.holds(at, ADDRINFO) ? memory.u32(at + ADDRINFO_AT.address) : 0;
		if (address === 0 || !memory.holds(address, SOCKADDR))
			return -1;
		const room = memory.u32(address + SOCKADDR_AT.length), to = memory.u32(address + SOCKADDR_AT.data);
		if (!memory.holds(to, room))
			return -1;
		next = memory.u32(at + ADDRINFO_AT.next);
		const index = found.findIndex(({ endpoint }, i) => i >= stored && sockaddrData(endpoint).length <= room);
		if (index < 0)
			break;
		found.splice(stored, index - stored);
		const { endpoint, type, protocol } = found[stored++];
		const data = sockaddrData(endpoint), family = KIND.indexOf(endpoint[0]);
		memory.setU16(at, 0);
		memory.write(at + 2, [family, type]);
		memory.setU32(at + ADDRINFO_AT.protocol, protocol);
		memory.setU32(at + ADDRINFO_AT.length, data.length + 2);
		memory.setU32(address, family);
		memory.setU32(address + SOCKADDR_AT.length, data.length);
		memory.write(to, data);
		if (next === at)
			break; // one that is linked to itself
	}
	return stored;
}
