/* WasmEdge's imports of sockets on the page's side: both versions' layouts in the program's memory, and which version a module means. */
import assert from "node:assert/strict";
import { makeSocketImports } from "../../static/shim/imports/index.js";
import { Reader, WATCH, Writer } from "../../static/shim/base/codec.js";
import { ERRNO } from "../../static/shim/base/errors.js";
import { ALL_SIGNATURES, SOCKETS, SOCKET_ALIASES, SOCKET_NAMES, SOCKET_SIGNATURES } from "../../static/shim/base/signatures.js";
import { NUMBERS, SYSCALLS } from "../../static/shim/base/syscalls.js";
import { makeTrampoline } from "../../static/shim/base/trampoline.js";
import { SocketImports } from "../../static/shim/program/instance.js";
import { checkImports } from "../../static/shim/program/module.js";
import { test } from "../testing.js";
import { fdstat, makeGuest } from "./guest.js";

const DGRAM = 5, STREAM = 6;
const FOUR = Uint8Array.of(4, 0x39, 0x30, 10, 1, 2, 3); // 10.1.2.3, port 12345
const SIX = Uint8Array.of(6, 0x50, 0, ...Array.from({ length: 16 }, (_, i) => i + 1), 7, 0, 0, 0);
const ADDRESS = 1024, AT = 2048, PORT = 3000, TYPE = 3008, COUNT = 3016, IOVEC = 3024, DATA = 4096;

function words(...values) {
	const w = new Writer();
	for (const value of values)
		(typeof value === "bigint" ? w.u64(value) : value instanceof Uint8Array ? w.raw(value) : w.u32(value));
	return w.bytes.slice(0, w.at);
}

/* sock["sock_open/3"](…) runs one; fd: of a socket of this type. */
function makeSockets(serve, type = STREAM, coherence = "strict") {
	const guest = makeGuest({ coherence, serve: call => (call.name === "sock_open" ? fdstat(type, 0x1fffffff) : serve(call)) });
	const sock = makeTrampoline(makeSocketImports(guest.program), guest.wait, null, SOCKET_SIGNATURES);
	assert.equal(sock["sock_open/3"](1, type === DGRAM ? 1 : 2, 512), 0);
	guest.asked.length = 0;
	return { ...guest, sock, fd: guest.memory.u32(512) };
}

function address(memory, length, at = AT) {
	memory.setU32(ADDRESS, at);
	memory.setU32(ADDRESS + 4, length);
}

function memoryOfFour({ memory }) {
	memory.write(AT, FOUR.subarray(3));
	memory.setU32(ADDRESS, AT);
	memory.setU32(ADDRESS + 4, 4);
}

const asked = guest => guest.asked.flatMap(({ calls }) => calls);

test("every one has a row of the table with as many arguments, and its key says how many it takes", () => {
	for (const [key, { call, takes, signature }] of Object.entries(SOCKETS)) {
		assert.equal(takes.filter(({ letter }) => letter !== "o").length, SYSCALLS.find(({ name }) => name === call).takes.length, key);
		assert.equal(Number(key.split("/")[1]), signature.length, key);
		assert.ok(NUMBERS[call] > 0, key);
	}
});

for (const [key, letters] of Object.entries(SOCKET_SIGNATURES))
	if (key !== "sock_listen/2")
		test(`${key}: pointers out of the memory are FAULT and nothing is sent`, () => {
			const guest = makeSockets(() => 0);
			const wild = Array.from(letters, () => -1);
			wild[0] = key.startsWith("sock_open") ? 1 : guest.fd;
			if (key.startsWith("sock_open"))
				wild[1] = 1;
			assert.equal(guest.sock[key](...wild), ERRNO.FAULT);
			assert.equal(guest.asked.length, 0);
		});

test("the first socket is asked for; later ones of its kind go with the call that follows, but in strict", () => {
	for (const coherence of ["default", "strict"]) {
		const guest = makeSockets(() => 0, STREAM, coherence);
		for (const type of [2, 1, 2])
			assert.equal(guest.sock["sock_open/3"](1, type, 512), 0);
		memoryOfFour(guest);
		assert.equal(guest.sock["sock_connect/3"](guest.memory.u32(512), ADDRESS, 80), 0);
		assert.deepEqual(guest.asked.map(({ calls }) => calls.map(({ name }) => name)), coherence === "strict"
			? [["sock_open"], ["sock_open"], ["sock_open"], ["sock_connect"]] : [["sock_open", "sock_open"], ["sock_open", "sock_connect"]]);
		const handles = asked(guest).filter(({ name }) => name === "sock_open").map(({ args }) => args[2]);
		assert.equal(new Set(handles).size, 3);
		assert.equal(asked(guest).at(-1).args[0], handles[2]);
	}
});

test("an address of 4, 16 or 128 bytes becomes an endpoint; others are refused and nothing is sent", () => {
	const guest = makeSockets(() => 0);
	const { sock, memory, fd } = guest;
	memory.write(AT, FOUR.subarray(3));
	address(memory, 4);
	assert.equal(sock["sock_connect/3"](fd, ADDRESS, 12345), 0);
	memory.write(AT, SIX.subarray(3, 19));
	address(memory, 16);
	assert.equal(sock["sock_bind/3"](fd, ADDRESS, 80), 0);
	memory.setU16(AT, 2);
	memory.write(AT + 2, SIX.subarray(3, 19));
	address(memory, 128);
	assert.equal(sock["sock_connect/3"](fd, ADDRESS, 80), 0);
	assert.deepEqual(asked(guest).map(({ name, args }) => [name, ...args[1]]), [["sock_connect", ...FOUR], ["sock_bind", ...SIX.subarray(0, 19), 0, 0, 0, 0],
		["sock_connect", ...SIX.subarray(0, 19), 0, 0, 0, 0]]);
	guest.asked.length = 0;
	for (const family of [0, 3, 0xFFFF]) {
		memory.setU16(AT, family);
		assert.equal(sock["sock_connect/3"](fd, ADDRESS, 80), ERRNO.AFNOSUPPORT);
	}
	for (const length of [0, 3, 5, 127, 129]) {
		address(memory, length);
		assert.equal(sock["sock_connect/3"](fd, ADDRESS, 80), ERRNO.INVAL, String(length));
	}
	address(memory, 4);
	assert.equal(sock["sock_connect/3"](fd, ADDRESS, 65536), ERRNO.INVAL);
	address(memory, 16, memory.bytes.length - 15);
	assert.equal(sock["sock_connect/3"](fd, ADDRESS, 80), ERRNO.FAULT);
	address(memory, 0xFFFFFFFF);
	assert.equal(sock["sock_connect/3"](fd, ADDRESS, 80), ERRNO.FAULT);
	address(memory, 4);
	assert.equal(sock["sock_connect/3"](99, ADDRESS, 80), ERRNO.BADF);
	assert.equal(guest.asked.length, 0);
});

test("an own address and a peer's: version 1 says 4 or 6 beside it, version 2 the family before it", () => {
	for (const endpoint of [FOUR, SIX]) {
		const { sock, memory, fd, ...guest } = makeSockets(() => endpoint);
		const its = endpoint === FOUR ? FOUR.subarray(3) : SIX.subarray(3, 19);
		address(memory, 16);
		assert.equal(sock["sock_getlocaladdr/4"](fd, ADDRESS, TYPE, PORT), 0);
		assert.deepEqual([memory.u32(TYPE), memory.u32(PORT), ...memory.read(AT, its.length)], [endpoint[0], endpoint === FOUR ? 12345 : 80, ...its]);
		memory.bytes.fill(0xEE, AT, AT + 130);
		address(memory, 128);
		assert.equal(sock["sock_getpeeraddr/3"](fd, ADDRESS, PORT), 0);
		assert.deepEqual([...memory.read(AT, its.length + 3)], [endpoint === FOUR ? 1 : 2, 0, ...its, 0xEE]);
		assert.deepEqual(asked(guest).map(({ args }) => args[1]), [0, 1]);
		assert.equal(sock["sock_getpeeraddr/4"](fd, ADDRESS, TYPE, PORT), ERRNO.INVAL, "128 is version 2's");
		address(memory, 16);
		assert.equal(sock["sock_getlocaladdr/3"](fd, ADDRESS, PORT), ERRNO.INVAL);
	}
});

test("a datagram comes with its sender: its port has 16 bits, and an address that is too long is cut off at its room's end", () => {
	const { sock, memory, fd } = makeSockets(() => words(SIX.length, SIX, new TextEncoder().encode("hello")), DGRAM);
	memory.write(IOVEC, words(DATA, 10));
	memory.bytes.fill(0xEE, AT, AT + 130);
	memory.setU32(PORT, 0xEEEEEEEE);
	address(memory, 128);
	assert.equal(sock["sock_recv_from/8"](fd, IOVEC, 1, ADDRESS, 0, PORT, COUNT, TYPE), 0);
	assert.deepEqual([memory.u32(COUNT), memory.u32(PORT), memory.bytes[AT], ...memory.read(AT + 2, 17)], [5, 0xEEEE0050, 2, ...SIX.subarray(3, 19), 0xEE]);
	memory.bytes.fill(0xEE, AT, AT + 130);
	address(memory, 4);
	assert.equal(sock["sock_recv_from/7"](fd, IOVEC, 1, ADDRESS, 0, COUNT, TYPE), 0);
	assert.deepEqual([...memory.read(AT, 5)], [1, 2, 3, 4, 0xEE]);
});

test("an option's length is a pointer, or the length itself", () => {
	const { sock, memory, fd } = makeSockets(() => words(77n));
	memory.setU32(COUNT, 4);
	assert.equal(sock["sock_getsockopt/5"](fd, 0, 2, AT, COUNT), 0);
	assert.equal(memory.u32(AT), 77);
	memory.setU32(AT, 0);
	assert.equal(sock["sock_getsockopt/5"](fd, 0, 2, AT, 4), 0);
	assert.equal(memory.u32(AT), 77);
	memory.setU32(COUNT, 2);
	assert.equal(sock["sock_getsockopt/5"](fd, 0, 2, AT, COUNT), ERRNO.INVAL);
	assert.equal(sock["sock_setsockopt/5"](fd, 0, 2, AT, 1), ERRNO.INVAL);
});

/* A list of `rooms.length` addrinfo with buffers of these sizes; gives where they are. */
const LIST = 8192, STEP = 256;
function addrinfos(memory, rooms) {
	for (const [i, room] of rooms.entries()) {
		const at = LIST + i * STEP;
		memory.bytes.fill(0, at, at + STEP);
		memory.setU32(at + 12, at + 64);
		memory.setU32(at + 24, i + 1 < rooms.length ? at + STEP : 0);
		memory.setU32(at + 68, room);
		memory.setU32(at + 72, at + 128);
	}
	memory.setU32(COUNT, 0);
	memory.setU32(PORT, LIST);
	memory.bytes.fill(0, TYPE, TYPE + 8);
	memory.bytes[TYPE + 3] = 2; // hints: streams
}

function resolve({ sock, memory }, node, service, most) {
	const [name, digits] = [node, service].map(text => new TextEncoder().encode(text));
	memory.write(AT, name);
	memory.write(AT + 512, digits);
	return sock["sock_getaddrinfo/8"](AT, name.length, AT + 512, digits.length, TYPE, PORT, most, COUNT);
}

const listed = endpoints => Uint8Array.from(endpoints.flatMap(endpoint => [endpoint.length, ...endpoint]));

test("addresses of a name fill the program's list: port and address in network order, an IPv6 one with its scope", () => {
	const guest = makeSockets(() => listed([FOUR, SIX]));
	const { memory } = guest;
	addrinfos(memory, [26, 26, 26]);
	assert.equal(resolve(guest, "host.example\0", "12345\0", 3), 0);
	assert.equal(memory.u32(COUNT), 2);
	assert.deepEqual(asked(guest).map(({ args: [name, ...rest] }) => [new TextDecoder().decode(name), ...rest]), [["host.example", 12345, 0, 1, 4096]]);
	assert.deepEqual([memory.bytes[LIST + 2], memory.bytes[LIST + 3], memory.u32(LIST + 4), memory.u32(LIST + 64), memory.u32(LIST + 68)], [1, 2, 1, 1, 6]);
	assert.deepEqual([...memory.read(LIST + 128, 6)], [0x30, 0x39, 10, 1, 2, 3]);
	assert.deepEqual([...memory.read(LIST + STEP + 128, 26)], [0, 80, 0, 0, 0, 0, ...SIX.subarray(3)]);
});

test("what a buffer is too small for is left out; a list that leads out of the memory is FAULT; one linked to itself ends", () => {
	const guest = makeSockets(() => listed([SIX, FOUR]));
	const { memory } = guest;
	addrinfos(memory, [14, 14]);
	assert.equal(resolve(guest, "a.example", "1", 2), 0);
	assert.deepEqual([memory.u32(COUNT), memory.bytes[LIST + 2]], [1, 1]);
	addrinfos(memory, [26, 26]);
	memory.setU32(LIST + 24, LIST);
	assert.equal(resolve(guest, "a.example", "1", 2), 0);
	assert.equal(memory.u32(COUNT), 1);
	for (const [at, value] of [[PORT, -4], [LIST + 12, -4], [LIST + 72, -4], [LIST + 68, -1], [LIST + 12, 0]]) {
		addrinfos(memory, [26]);
		memory.setU32(at, value);
		assert.equal(resolve(guest, "a.example", "1", 1), ERRNO.FAULT, `${at}`);
	}
	addrinfos(memory, [3]);
	assert.equal(resolve(guest, "a.example", "1", 1), 82, "nothing fits");
	assert.equal(resolve(guest, "a.example", "1", 0), 82);
});

test("addresses aren't looked up, nor what can't be one", () => {
	const guest = makeSockets(() => assert.fail("it was asked"));
	const { memory } = guest;
	addrinfos(memory, [26, 26]);
	assert.equal(resolve(guest, "10.1.2.3", "80", 2), 0);
	assert.deepEqual([...memory.read(LIST + 128, 6)], [0, 80, 10, 1, 2, 3]);
	assert.equal(resolve(guest, "", "", 1), 84);
	assert.equal(resolve(guest, "a.example", "http", 1), 85);
	assert.equal(resolve(guest, "a.example", "65536", 1), 85);
	memory.bytes[TYPE] = 4;
	assert.equal(resolve(guest, "a.example", "80", 1), 84, "only numbers are wanted");
	memory.bytes[TYPE + 2] = 2;
	assert.equal(resolve(guest, "10.1.2.3", "80", 1), 84, "an IPv6 one is wanted");
	memory.bytes[TYPE + 2] = 3;
	assert.equal(resolve(guest, "a.example", "80", 1), 81);
});

test("why a look-up failed is said in WasmEdge's numbers; what no rule allows is ACCES", () => {
	for (const [errno, wanted] of [[ERRNO.NOENT, 84], [ERRNO.TIMEDOUT, 78], [ERRNO.IO, 80], [ERRNO.ACCES, ERRNO.ACCES]]) {
		const guest = makeSockets(() => errno);
		addrinfos(guest.memory, [26]);
		assert.equal(resolve(guest, "a.example", "1", 1), wanted);
	}
});

/* ---- versions ---- */

/* A module that imports these: { name: number of i32 parameters }. */
function importing(functions) {
	const entries = Object.entries(functions), text = string => [string.length, ...new TextEncoder().encode(string)];
	const length = (n) => (n < 128 ? [n] : [n & 127 | 128, n >> 7]);
	const section = (id, count, bytes) => [id, ...length(bytes.length + 1), count, ...bytes];
	return new WebAssembly.Module(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
		...section(1, entries.length, entries.flatMap(([, count]) => [0x60, count, ...new Array(count).fill(0x7f), 1, 0x7f])),
		...section(2, entries.length, entries.flatMap(([name], i) => [...text("wasi_snapshot_preview1"), ...text(name), 0, i]))]));
}

function versions() {
	let made = 0;
	const preview1 = { ...makeTrampoline(Object.fromEntries(Object.keys(ALL_SIGNATURES).map(name => [name, () => 0])), () => 0) };
	const sockets = new SocketImports(() => {
		made++;
		return makeTrampoline(Object.fromEntries(Object.keys(SOCKETS).map(name => [name, () => 0])), () => 0, null, SOCKET_SIGNATURES);
	});
	sockets.addTo(preview1);
	return { instantiate: functions => sockets.instantiate(importing(functions), { wasi_snapshot_preview1: preview1 }), made: () => made };
}

test("each of the sixteen choices of versions links, and a further number of parameters doesn't", async () => {
	const { instantiate, made } = versions();
	for (let choice = 0; choice < 16; choice++) {
		const of = (bit, newer, older) => (choice >> bit & 1 ? older : newer);
		await instantiate({ sock_open: 3, sock_accept: of(0, 3, 2), sock_recv_from: of(1, 8, 7), sock_getlocaladdr: of(2, 3, 4),
			sock_getpeeraddr: of(3, 3, 4) });
	}
	assert.equal(made(), 1);
	for (const wrong of [{ sock_accept: 4 }, { sock_recv_from: 6, sock_accept: 2 }, { sock_open: 2 }, { sock_recv_from_v2: 7 },
		{ fd_close: 2, sock_accept: 2 }])
		await assert.rejects(instantiate(wrong), WebAssembly.LinkError, JSON.stringify(wrong));
});

test("names that ask for version 2 have it", async () => {
	const { instantiate } = versions();
	const names = Object.fromEntries(Object.keys(SOCKET_NAMES).filter(name => name.endsWith("_v2"))
		.map(name => [name, SOCKET_SIGNATURES[SOCKET_NAMES[name][0]].length]));
	await instantiate(names);
	await instantiate({ sock_accept_v2: 3, sock_recv_v2: 6, sock_send_v2: 5 });
	assert.deepEqual(Object.keys({ ...names, ...SOCKET_ALIASES }).length, 11);
	assert.throws(() => checkImports(importing({ sock_open: 3, sock_bogus: 1 })), /nobody provides: wasi_snapshot_preview1\.sock_bogus$/);
});

test("a program without them pays nothing: the sockets' trampoline isn't made", async () => {
	const { instantiate, made } = versions();
	await instantiate({ fd_close: 1, sock_accept: 3, sock_recv: 6 });
	await assert.rejects(instantiate({ fd_close: 3 }), WebAssembly.LinkError);
	assert.equal(made(), 0);
});

test("a debugger is told of a call that the page refused itself, with its arguments as the table has them", () => {
	const guest = makeSockets(() => 0);
	const { program, sock, memory, fd } = guest;
	program.pipeline.onwatch({ mode: WATCH.WATCHED, data: true });
	memory.write(AT, FOUR.subarray(3));
	memory.setU32(COUNT, 9);
	address(memory, 4);
	assert.equal(sock["sock_connect/3"](99, ADDRESS, 12345), ERRNO.BADF);
	assert.equal(sock["sock_setsockopt/5"](99, 0, 7, COUNT, 4), ERRNO.BADF);
	for (const [key, letters] of Object.entries(SOCKET_SIGNATURES))
		assert.notEqual(sock[key](...Array.from(letters, () => -1)), 0, key);
	assert.equal(sock["sock_listen/2"](fd, 1), 0);
	const reports = guest.asked.flatMap(batch => batch.reports);
	const read = ({ name, args }) => {
		const r = new Reader(args);
		return Array.from(SYSCALLS.find(row => row.name === name).takes, letter => (letter === "q" ? r.u64() : letter === "b" ? [...r.string()] : r.u32()));
	};
	assert.deepEqual(reports.slice(0, 2).map(report => [report.name, report.errno, ...read(report)]),
		[["sock_connect", ERRNO.BADF, 99, [...FOUR], 0], ["sock_set_option", ERRNO.BADF, 99, 0, 7, 9n]]);
	assert.equal(reports.length, 2 + Object.keys(SOCKETS).length);
});

test("whatever a program passes, a call gives an errno, and the page goes on", () => {
	let seed = 1;
	const random = below => (seed = Math.imul(seed, 1103515245) + 12345 >>> 0) % below;
	const answers = [0, FOUR, SIX, listed([FOUR, SIX]), words(7, FOUR, 1), words(5n)];
	const fits = { sock_address: [1, 2], sock_resolve: [3], sock_receive_from: [4], sock_get_option: [5] };
	for (let round = 0; round < 40; round++) {
		const fitting = name => answers[fits[name][random(fits[name].length)]];
		const guest = makeSockets(({ name }) => (random(4) === 0 ? ERRNO.IO : name in fits ? fitting(name) : words(3)), random(2) ? STREAM : DGRAM);
		const { memory, sock, fd } = guest;
		const interesting = [0, 1, 2, 3, 4, 16, 128, 512, ADDRESS, AT, PORT, LIST, -1, -4, memory.bytes.length - 8, 0x7FFFFFFF];
		for (let at = 0; at < 16384; at += 4)
			memory.setU32(at, interesting[random(interesting.length)]);
		for (const [key, letters] of Object.entries(SOCKET_SIGNATURES)) {
			if (key === "sock_open/3" || key === "sock_accept/2")
				continue; // their answer is an fdstat, which makeSockets gives
			const errno = sock[key](...Array.from(letters, (_, i) => (i === 0 && key !== "sock_getaddrinfo/8" ? fd : interesting[random(interesting.length)])));
			assert.ok(Number.isInteger(errno) && errno >= 0 && errno < 88, `${key}: ${errno}`);
		}
		assert.equal(guest.program.pipeline.lost, null);
	}
});
