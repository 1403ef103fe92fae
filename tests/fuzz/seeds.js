// What each fuzzer begins with: the shared vectors, and short runs of calls that reach what a fuzzer would take hours to find.
import fs from "node:fs";
import path from "node:path";

import { BATCH, BatchWriter, CALL, FRAME, Writer, syscallRow } from "../../static/shim/base/codec.js";
import { top } from "./top.js";

const vectors = JSON.parse(fs.readFileSync(path.join(top, "tests/vectors/frames.json"), "utf8")).filter(({ direction }) => direction === "client");
const watched = JSON.parse(fs.readFileSync(path.join(top, "tests/vectors/watch.json"), "utf8")).filter(({ direction }) => direction === "debugger");
const encoder = new TextEncoder();
const bytes = (text) => encoder.encode(text);
const [root, frozen, other, tmp] = [3, 4, 5, 6];
const READ = 2n, WRITE = 64n, BOTH = READ | WRITE, CREATE = 1, FOLDER = 2;
const open = (path, handle, { oflags = 0, rights = BOTH, dir = root, fdflags = 0, lookup = 1 } = {}) =>
	["path_open", [dir, lookup, bytes(path), oflags, rights, rights, fdflags, handle]];

function poll(...subscriptions) {
	const all = new Uint8Array(48 * subscriptions.length), view = new DataView(all.buffer);
	subscriptions.forEach(([tag, id, timeout = 0n, flags = 0], i) => {
		all[48 * i + 8] = tag;
		view.setUint32(48 * i + 16, id, true);
		view.setBigUint64(48 * i + 24, timeout, true);
		view.setUint16(48 * i + 40, flags, true);
	});
	return ["poll_oneoff", [all]];
}

/** Runs of calls by name: each becomes a batch. */
const runs = {
	"write-read": [open("new", 8, { oflags: CREATE }), ["fd_write", [8, 0n, bytes("hello")]], ["fd_pread", [8, 0n, 10]], ["fd_read", [8, 0n, 10]],
		["fd_seek", [8, 0n, -1n, 2]], ["fd_tell", [8, 3n]], ["fd_pwrite", [8, 9n, bytes("x")]], ["fd_filestat_get", [8]], ["fd_close", [8]]],
	append: [open("f", 8, { fdflags: 1 }), ["fd_write", [8, 0n, bytes("more")], CALL.QUIET], ["fd_fdstat_set_flags", [8, 0]],
		["fd_pwrite", [8, 1n, bytes("y")], CALL.QUIET], ["fd_fdstat_get", [8]], ["fd_sync", [8]], ["fd_datasync", [8]]],
	poison: [open("f", 8, { rights: READ }), ["fd_write", [8, 0n, bytes("no")], CALL.QUIET], ["fd_write", [8, 0n, bytes("no")], CALL.QUIET],
		["path_rename", [root, bytes("f"), root, bytes("g")]], ["fd_close", [8], CALL.QUIET]],
	folders: [["path_create_directory", [root, bytes("n")]], open("n", 8, { oflags: FOLDER, rights: 0n }), ["fd_readdir", [8, 0n, 100]],
		["fd_readdir", [8, 2n, 30]], ["path_create_directory", [8, bytes("m")]], ["path_remove_directory", [root, bytes("n/m/")]],
		["path_remove_directory", [root, bytes("n")]], ["fd_readdir", [8, 0n, 4096]]],
	links: [["path_symlink", [bytes("d/e"), root, bytes("new")]], ["path_readlink", [root, bytes("new"), 2]], ["path_readlink", [root, bytes("abs"), 50]],
		["path_link", [root, 0, bytes("f"), other, bytes("hard")]], ["path_link", [frozen, 0, bytes("f"), root, bytes("no")]],
		["path_link", [root, 0, bytes("f"), tmp, bytes("hard")]], ["path_unlink_file", [other, bytes("hard")]]],
	escapes: ["../outside", "out/canary-name", "abs/etc", "d/e/out", "d/e/up/../../outside", "up", "esc/outside", "outs/", "lds/f", "back", "magic/etc"]
		.flatMap((name, i) => [open(name, 8 + i, { rights: READ }), ["path_filestat_get", [root, 1, bytes(name)]]]),
	changes: ["out/new", "dango", "../new", "d/e/out/new"].flatMap((name, i) => [open(name, 8 + i, { oflags: CREATE }),
		["path_create_directory", [root, bytes(name)]], ["path_rename", [root, bytes("f"), root, bytes(name)]]]),
	times: [["path_filestat_set_times", [root, 1, bytes("lf"), 1n, 2n, 5]], ["path_filestat_set_times", [root, 0, bytes("lf"), 1n, 2n, 5]],
		["fd_filestat_set_times", [root, 0n, 0n, 10]], ["fd_filestat_set_times", [root, 0n, 0n, 3]], ["path_filestat_get", [root, 0, bytes("lf")]]],
	sizes: [open("f", 8), ["fd_filestat_set_size", [8, 1n << 40n]], ["fd_allocate", [8, 0n, 10n]], ["fd_advise", [8, 0n, 0n, 3]],
		open("big", 9, { dir: tmp, oflags: CREATE }), ["fd_pwrite", [9, 250000n, bytes("at the limit".repeat(900))]],
		["fd_filestat_set_size", [9, 300000n]], ["path_unlink_file", [tmp, bytes("big")]]],
	rights: [open("f", 8), ["fd_fdstat_set_rights", [8, READ, 0n]], ["fd_fdstat_set_rights", [8, BOTH, 0n]], ["fd_write", [8, 0n, bytes("x")]],
		["fd_fdstat_set_rights", [root, 1n << 13n, READ]], open("d/f", 9)],
	polls: [["stdin_skip", [0n]], poll([0, 1, 1000n], [1, 0]), poll([0, 0, 0n, 1]), open("p", 8, { rights: READ }), poll([1, 8], [2, 1]),
		["fd_read", [8, 0n, 5]], ["fd_read", [0, 0n, 5]], poll(), ["fd_close", [8]]],
	handles: [open("f", 8), ["fd_renumber", [8, root]], open("f", 8 | 1 << 16), ["fd_renumber", [8, 8]], ["fd_close", [8 | 1 << 16]],
		["fd_prestat_get", [root]], ["fd_prestat_dir_name", [other, 3]], ["fd_close", [other]], ["fd_prestat_get", [other]]],
	process: [["args_get", []], ["environ_sizes_get", []], ["clock_time_get", [1, 1n]], ["clock_res_get", [9]], ["random_get", [9]], ["sched_yield", []],
		["sock_shutdown", [1, 3]], ["sock_recv", [8, 0, 9]], ["sock_send", [1, 0, bytes("x")]], ["sock_accept", [root, 0, 12]], ["proc_exit", [3]]],
	chain: [[...open("nothing", 8), CALL.LINK], ["fd_filestat_get", [8], CALL.LINK], ["fd_read", [8, 0n, 9]], open("f", 9)],
};

function* batches() {
	for (const [name, calls] of Object.entries(runs)) {
		const writer = new BatchWriter();
		for (const [call, args, flags = 0] of calls)
			writer.encode(syscallRow(call), args, flags);
		yield [name, writer.seal(1, 0, BATCH.WAIT).slice()];
	}
}

const hexes = (test = () => true) => vectors.filter(({ hex }) => test(hex)).map(({ name, hex }) => [name, Buffer.from(hex, "hex")]);
/** Each once for every way to run it. */
const ways = (entries, count) => [...entries].flatMap(([name, body]) =>
	Array.from({ length: count }, (_, way) => [`${name}-${way}`, Buffer.concat([Buffer.from([way]), body])]));

const upgrade = "GET /_wvwasi/ws HTTP/1.1\r\nHost: localhost:4242\r\nOrigin: http://localhost:4242\r\nConnection: keep-alive, Upgrade\r\n" +
	"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
	"Sec-WebSocket-Protocol: wvwasi.1, t.AAAAAAAAAAAAAAAAAAAAAA\r\nSec-Fetch-Site: same-origin\r\n\r\n";
const heads = {
	upgrade,
	get: "GET /a/b%20c.html?x=1 HTTP/1.1\r\nHost: localhost:4242\r\nRange: bytes=1-\r\nIf-None-Match: \"x\"\r\n\r\n",
	navigate: "GET / HTTP/1.1\r\nHost: localhost:4242\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n",
	post: "POST /_wvwasi/ticket HTTP/1.1\r\nHost: localhost:4242\r\nOrigin: http://localhost:4242\r\nWvwasi-Secret: x\r\nContent-Length: 2\r\n\r\n{}",
	two: `HEAD / HTTP/1.1\r\nHost: localhost:4242\r\nConnection: close\r\n\r\n${upgrade}`,
	early: "GET /x HTTP/1.1\r\nHost: loc",
	chunked: "POST / HTTP/1.1\r\nHost: localhost:4242\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	foreign: "POST / HTTP/1.1\r\nHost: evil.example\r\nOrigin: null\r\nContent-Length: 0\r\n\r\n",
	encoded: "GET /%2e%2e/%2F/..%5c/%00 HTTP/1.1\r\nHost: localhost:4242\r\n\r\n",
};
/** Another server's answers, by name. */
const answers = {
	plain: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/html\r\n\r\nhello",
	chunked: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: wv_1=x\r\nAccess-Control-Allow-Origin: *\r\n\r\n",
	redirect: "HTTP/1.0 302\r\nLocation: http://localhost:5173/there\r\nConnection: close\r\n\r\n",
	upgrade: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
	"two-lengths": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
};

const configs = {
	all: { root: "app", port: 0, address: "127.0.0.2", dir: ["/a::/b:ro", "/c", "d:ro"], env: ["A=b", "HOME"], tcplisten: ["127.0.0.1:0"],
		"no-root-dir": true, open: false, once: true, json: true, verbose: false, isolation: "off", sandbox: "require", tty: "raw" },
	unknown: { rooot: 1 }, wrong: { port: "1", dir: [1] }, nested: { root: { a: [[]] } },
};
/** Steps of fuzz_path.c by its numbers: what, how, words (by their place in its list), 255. */
const ways_out = [[0, 8, 7, 255], [0, 8, 9, 1, 3, 255], [1, 0x88, 0, 1, 9, 255], [0, 0x89, 17, 255], [4, 0, 9, 1, 23, 255], [6, 0, 3, 255, 9, 1, 23, 255],
	[5, 0, 3, 255, 23, 255], [8, 0, 9, 255, 23, 255, 0, 0x88, 23, 255], [13, 0x80, 8, 1, 3, 255], [12, 0x85, 10, 255], [9, 0, 8, 255],
	[0, 0x88, 4, 1, 5, 1, 7, 1, 0, 255], [11, 0, 10, 255, 10, 0, 11, 255], [0, 0x88, 13, 1, 3, 255, 0, 0x88, 15, 255, 0, 0x8a, 16, 255]];

/** Steps of fuzz_dispatch.c by its numbers, after a byte that says how all ends. What parks, queues up, is late, comes twice. */
const [data, both, split, xhr] = [[0, 0, 0, 0], [0x10, 0, 2, 0, 0, 0, 8, 0], [0x10, 0, 4, 0, 0, 0, 8, 0], [0x10, 0, 6, 0, 0, 0, 12, 0]];
const [worker, settle, slow, fifoWriter, fifoBytes, connects, sends, jump] = [[7, 7], 14, 13, [6, 8], [6, 10], [6, 0], [6, 2], 0xfc];
const orders = {
	fifo: [data, 0, 9, 2, 0, 7, 6, 0, 1, 7, 6, settle, fifoWriter, fifoBytes, settle, fifoBytes, settle],
	accept: [data, 0, 17, 15, 0, 15, 1, 13, 1, 1, 40, connects, settle, 0, 9, 17, 0x26, 18, 6, sends, settle, [6, 6], settle],
	closing: [both, 0, 17, 2, 0, 7, 6, 7, 6, 0, 1, 11, 6, settle],
	stdin: [both, 0, 1, 22, 0x10, 0x10, 7, 0x0c, 0, 1, 13, 1, 1, 0, 0x10, 7, 0x0d, settle],
	worker: [data, slow, 0, 17, 0, 0, 19, 6, 23, 6, worker, 0, 1, 9, 6, 0x10, worker, [7, 7], settle],
	late: [xhr, 0, 0xa0, 0, 0, 4, 0, 9, 19, 6, 9, 6, 4, 0, 0xc1, 0, 1, 4, 14, settle, jump, jump],
	slowReader: [split, 0x9a, 0, 25, 25, 0x20, 25, 0x20, 25, 0x20, 25, 0x20, 0, 1, 19, 6, 0x1a, settle],
	poison: [data, 0, 24, 1, 0, 9, 0x46, 9, 0x46, 20, 0, 0, 1, 11, 0x46],
	locks: [data, 0, 25, 0, 0, 0, 0, 27, 0x26, 4, 2, 0, 27, 0x27, 4, 6, 0, 13, 1, 1, 40, settle, 0, 9, 27, 0x26, 4, 0, 0, 11, 6, settle],
	ends: [data, 0, 17, 2, 0, 7, 6, 26, 255, 7, 7],
	stops: [data, 0, 1, 2, 0, 0, 9, 13, 0, 0, 24, 26, 255, 0x4f, 0, 9, 7, 6, 19, 6, 0x4f, 0x8f, jump, jump, 0x8f, settle],
};

/** Steps of fuzz_http.c by its numbers: who comes, what is asked, in which pieces. */
const [tokenMade, codeMade] = [8, 9], claims = [0, 0, 0x60, 0], types = [0, 0, 0x60, 1], tickets = [0, 1, 0x68, 1, 3, 2];
const visits = {
	claim: [tokenMade, claims, claims], code: [codeMade, 0, 0, 0x60, 2, 7, types, types], codes: [codeMade, Array(6).fill([0, 0, 0x60, 2, 1]).flat(), types],
	ticket: [tokenMade, claims, tickets, 10, tickets], upgrade: [tokenMade, claims, tickets, [0x10, 3, 0x0b, 6], [0x20, 3, 0x0b, 6]],
	call: [tokenMade, claims, tickets, [0, 2, 0x48, 2, 8, 3, 1, 2, 3], 11, [0, 2, 0x48, 4, 8, 1, 110], [0, 2, 0x48, 4, 8, 1, 1], 6],
	files: [[0, 9, 3], [0, 9, 0x0b, 10, 3], [0, 11, 3], [0, 12, 3], [1, 8, 3], [1, 9, 0x0b, 5], [0, 7, 3]],
	program: [[0, 4, 3], [0, 5, 3], 12, [0, 5, 3], 0x8c],
	watching: [0x48, [5, 0, 0x60, 0], [5, 1, 0x68, 1, 3, 2], [0x15, 3, 0x0b, 22], [0x10, 1, 0x68, 1, 3, 2]],
	pieces: [tokenMade, [0, 0x30, 0x68, 9, 0], [0x10, 0x10, 0x67, 0], 0xfd], foreign: [[0, 0, 0x7f, 0, 0, 0, 0, 0], [0, 8, 0x0b, 12]],
	bytes: [tokenMade, claims, [0, 14, 0x0b, 10, 255], [0x10, 15, 0x0b, 10, 255], 0x1d, [0x20, 15, 0x0b, 10, 255], 0x8f, 0x0d, 0x26, [0, 14, 0x0b, 10, 9], 10],
	many: [tokenMade, claims, 0x0e, ...[0x10, 0x20, 0x30, 0x40].map((peer) => [peer, 2, 0x48, 4, 8, 1, 1])],
};

/** @type {Record<string, () => [string, Uint8Array][]>} by fuzzer: [name, input] */
/** A page's REPORT of two calls. */
function report() {
	const w = new Writer();
	w.frame(FRAME.REPORT, 0, 2);
	w.u32(1);
	for (const [name, value, args, data] of [["path_filestat_get", 0, [3, 1, 2, 0x6261], ""], ["fd_write", 5, [1, 0, 0, 5], "hello"]]) {
		w.u16(syscallRow(name).number);
		w.u16(0);
		w.u32(0);
		for (const number of [1, 2, value, 4])
			w.u64(number);
		w.u32(args.length * 4 - (name === "path_filestat_get" ? 2 : 0));
		args.forEach((arg, i) => (name === "path_filestat_get" && i === 3 ? w.u16(arg) : w.u32(arg)));
		w.string(data);
	}
	return w.take();
}

/* fuzz_keeping.c's steps: the limit, how the first page comes, and then batches (RECORD in front with 64), pages that come (16: back), sockets, threads. */
const GOES = [0, 0, 0], RECORDS = [0, 67, 0], COMES = [5], BACK = [21], READS = [13, 14, 13], WORKS = [10, 10, 12];
const kept = [[0, 8], [0, 0], [0, 2], [1, 10], [0, 1]].flatMap((begin) => [
	[...begin, GOES, RECORDS, RECORDS, [7], COMES, READS, RECORDS, GOES, COMES, GOES],
	[...begin, GOES, RECORDS, [0, 64, 7], BACK, READS, RECORDS, WORKS, RECORDS, [8, 40], COMES, RECORDS],
	[...begin, GOES, RECORDS, RECORDS, RECORDS, RECORDS, [0, 64, 7], [9], [37], [13], RECORDS, [29], [8, 41], WORKS, GOES, [255], [5]],
]);

export const seeds = {
	names: () => [["lines", bytes("192.168.1.7\nfd00::7\nbox.local")], ["brackets", bytes("[::1]\nA.B-c")],
		["der", Uint8Array.from([0x30, 15, 0x87, 4, 10, 0, 0, 1, 0x82, 1, 97, 0x81, 4, 97, 64, 98, 99])],
		["long", Uint8Array.from([0x30, 0x81, 6, 0x87, 4, 1, 2, 3, 4])]],
	calls: () => ways([...hexes(), ...batches()], 4),
	config: () => Object.entries(configs).map(([name, json]) => [name, bytes(JSON.stringify(json))]),
	dispatch: () => Object.entries(orders).flatMap(([name, steps]) =>
		[0, 1, 2].map((end) => [`${name}-${end}`, Uint8Array.from([end, ...steps.flat()])])),
	answer: () => Object.entries(answers).map(([name, text]) => [name, bytes(text)]),
	head: () => Object.entries(heads).map(([name, text]) => [name, bytes(text)]),
	keeping: () => kept.map((steps, i) => [String(i), Uint8Array.from(steps.flat())]),
	hello: () => hexes((hex) => hex.slice(8, 10) === "01"),
	http: () => Object.entries(visits).map(([name, steps]) => [name, Uint8Array.from(steps.flat(2))]),
	path: () => ways_out.map((steps, i) => [String(i), Uint8Array.from(steps)]),
	wasm_file: () => [["memory-64", [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 5, 3, 1, 4, 1]],
	["long-size", [0, 97, 115, 109, 1, 0, 0, 0, 1, 132, 0, 1, 96, 0, 0, 5, 131, 0, 1, 5, 1, 2]]]
		.map(([what, module]) => [what, Uint8Array.from(module)]),
	request: () => {
		const number = (value, bytes) => Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
		const text = (word) => [...number(word.length, 2), ...Buffer.from(word, "latin1")];
		const head = (method, url, body, ...headers) => [0, ...text(method), ...text(url), body, ...number(5, 8), ...number(headers.length / 2, 2),
			...headers.flatMap(text)];
		return [["get", head("GET", "https://a.test:8443/x?y", 0)], ["post", head("POST", "http://[::1]/", 1, "content-type", "text/plain", "cookie", "a=b")],
			["address", head("PUT", "http://127.0.0.1/", 2)],
			["body", [1, 2, ...number(3, 4), 1, 2, 3, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0]],
			["answer", [2, ...Buffer.from("HTTP/1.1 100 Continue\r\n\r\nHTTP/2 200\r\na: b\r\nc:\r\n\r\nd: e\r\n")]],
			["wish", [3, ...text("db.test"), 2, 104, 50]]].map(([what, bytes]) => [what, Buffer.from(bytes)]);
	},
	injections: () => ["fd_write,path_*:error=ENOSPC:when=3..9+2:fd=4:path=*.db", "fd_read:short=5:delay_enter=50ms:delay_exit=7us", "*:lost:probability=0.25:seed=7",
		"fd_*:error=IO:when=2+"].map((text, i) => [String(i), bytes(text)]),
	record_file: () => ["/a/tool.wasm", ""].map((path) => [`path-${path.length}`, Buffer.from(`wvwasi recording 1\n\x01\0\0\0\0\0\0\0${
		String.fromCharCode(path.length)}\0\0\0${path}`, "latin1")]),
	net: () => [["tcp:localhost:80", [4, 80, 0, 127, 0, 0, 1]], ["listen:0.0.0.0/0:0-9", [6, 80, 0, ...Array(15).fill(0), 1, 0, 0, 0, 0]], ["tcp:[::1]:1", []],
		["https:*.a.test", [110, 80, 0, ...Buffer.from("example.org.")]], ["udp:a.test=private:5", [110, 1, 0, ...Buffer.from("0x7f.1")]]]
		.map(([rule, endpoint]) => [rule.replace(/\W/g, "-"), Uint8Array.from([rule.length, ...Buffer.from(rule), ...endpoint])]),
	profile: () => ["d 3 187 .\nf 5 a%20b\n", "# of a program\nd 3 1 lib/%C3%A4\nd 4 0 x\nf 9 ...\n@ 0\nf 4 b\n", "d 3 1 %2E%2E/a\n", "d 3 1 a/../b\nf 1 %2F\n"]
		.map((text, i) => [String(i), bytes(text)]),
	secrets: () => [["life", Uint8Array.from([0, 9, 1, 0, 3, 0, 4, 0, 5, 0, 6, 0, 2, 200, 7, 0])], ["many", Uint8Array.from(Array(140).fill(0))],
		["wrong", Uint8Array.from([0, 9, 9, 0, 3, 1, 4, 1, 13, 0, 14, 1])]],
	watch: () => [...watched.map(({ name, hex }) => [name, Uint8Array.from(Buffer.from(hex, "hex"))]), ["report", report()]],
};
