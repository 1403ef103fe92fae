//# allFunctionsCalledOnLoad
/* One row for each import of preview1, and for ours beside it: the module between a program and us is made from it (trampoline.js), and what a debugger is told
 * of a call (debuggee.js). tests/tables/tables.test.js holds the rows against the table of calls.
 *
 * signature: as wasm sees it, i = i32, I = i64, from the witx of wasi_snapshot_preview1. All return an i32 (errno) but proc_exit.
 * takes: for each letter of the table's `takes`, in its order, where it is among the import's i32 (an i64 is two, the low half first):
 *   f descriptor   h pointer to where the descriptor goes that this call makes   w 32 bits   n length of a buffer   q 64 bits, two i32
 *   p pointer and length   o (for q) the offset that the page keeps of the descriptor at that place
 *   a (for b) pointer to an address of a socket; its port is one place further   v (for q) pointer to 32 bits   k (for w, n, b) that number itself
 *   b (for b) and i (for n) pointer to iovecs and their count   s (for b) pointer to subscriptions; their count is two places further
 * gives: what else the import's pointers are for:
 *   w, q  a number that it gives is stored there, in 32 or 64 bits   e  the same, a count of events
 *   n  the number that it gives is this argument   _  nothing that is reported is stored there
 */
const places = text => text.split(" ").filter(Boolean).map(part => ({ letter: part[0], at: Number(part.slice(1)) }));
const row = (signature, takes, gives) => Object.freeze({ signature, takes: places(takes), gives: places(gives) });

export const IMPORTS = Object.freeze({
	args_get: row("ii", "", "_0 _1"),
	args_sizes_get: row("ii", "", "_0 _1"),
	environ_get: row("ii", "", "_0 _1"),
	environ_sizes_get: row("ii", "", "_0 _1"),
	clock_res_get: row("ii", "w0", "q1"),
	clock_time_get: row("iIi", "w0 q1", "q3"),
	fd_advise: row("iIIi", "f0 q1 q3 w5", ""),
	fd_allocate: row("iII", "f0 q1 q3", ""),
	fd_close: row("i", "f0", ""),
	fd_datasync: row("i", "f0", ""),
	fd_fdstat_get: row("ii", "f0", "_1"),
	fd_fdstat_set_flags: row("ii", "f0 w1", ""),
	fd_fdstat_set_rights: row("iII", "f0 q1 q3", ""),
	fd_filestat_get: row("ii", "f0", "_1"),
	fd_filestat_set_size: row("iI", "f0 q1", ""),
	fd_filestat_set_times: row("iIIi", "f0 q1 q3 w5", ""),
	fd_pread: row("iiiIi", "f0 q3 i1", "w5"),
	fd_prestat_get: row("ii", "f0", "_1"),
	fd_prestat_dir_name: row("iii", "f0 n2", "_1"),
	fd_pwrite: row("iiiIi", "f0 q3 b1", "w5"),
	fd_read: row("iiii", "f0 o0 i1", "w3"),
	fd_readdir: row("iiiIi", "f0 q3 n2", "w5 _1"),
	fd_renumber: row("ii", "f0 f1", ""),
	fd_seek: row("iIii", "f0 o0 q1 w3", "q4"),
	fd_sync: row("i", "f0", ""),
	fd_tell: row("ii", "f0 o0", "q1"),
	fd_write: row("iiii", "f0 o0 b1", "w3"),
	path_create_directory: row("iii", "f0 p1", ""),
	path_filestat_get: row("iiiii", "f0 w1 p2", "_4"),
	path_filestat_set_times: row("iiiiIIi", "f0 w1 p2 q4 q6 w8", ""),
	path_link: row("iiiiiii", "f0 w1 p2 f4 p5", ""),
	path_open: row("iiiiiIIii", "f0 w1 p2 w4 q5 q7 w9 h10", ""),
	path_readlink: row("iiiiii", "f0 p1 n4", "w5 _3"),
	path_remove_directory: row("iii", "f0 p1", ""),
	path_rename: row("iiiiii", "f0 p1 f3 p4", ""),
	path_symlink: row("iiiii", "p0 f2 p3", ""),
	path_unlink_file: row("iii", "f0 p1", ""),
	poll_oneoff: row("iiii", "s0", "e3 _1"),
	proc_exit: row("i", "w0", ""),
	proc_raise: row("i", "w0", ""),
	random_get: row("ii", "n1", "n1 _0"),
	sched_yield: row("", "", ""),
	sock_accept: row("iii", "f0 w1 h2", ""),
	sock_recv: row("iiiiii", "f0 w3 i1", "w4 _5"),
	sock_send: row("iiiii", "f0 w3 b1", "w4"),
	sock_shutdown: row("ii", "f0 w1", ""),
});

/** What programs may import from the module "wvwasi". */
export const EXTENSIONS = Object.freeze({
	fd_lock: row("iiiIIi", "f0 w1 w2 q3 q5", "w7"),
});

const socketRow = (call, ...its) => Object.freeze({ call, ...row(...its) });

/**
 * WasmEdge's sockets, which programs import from wasi_snapshot_preview1: by name and number of parameters, since its version 1 and 2 have four names in
 * common; the newer first. call: the row of the table. From WasmEdge's include/host/wasi/wasifunc.h.
 */
export const SOCKETS = Object.freeze({
	"sock_open/3": socketRow("sock_open", "iii", "w0 w1 h2", ""),
	"sock_bind/3": socketRow("sock_bind", "iii", "f0 a1", ""),
	"sock_listen/2": socketRow("sock_listen", "ii", "f0 w1", ""),
	"sock_connect/3": socketRow("sock_connect", "iii", "f0 a1 k0", ""),
	"sock_accept/2": socketRow("sock_accept", "ii", "f0 k0 h1", ""),
	"sock_recv_from/8": socketRow("sock_receive_from", "iiiiiiii", "f0 w4 i1", "w6 _3 _5 _7"),
	"sock_recv_from/7": socketRow("sock_receive_from", "iiiiiii", "f0 w4 i1", "w5 _3 _6"),
	"sock_send_to/7": socketRow("sock_send_to", "iiiiiii", "f0 w5 a3 b1", "w6"),
	"sock_getsockopt/5": socketRow("sock_get_option", "iiiii", "f0 w1 w2", "_3 _4"),
	"sock_setsockopt/5": socketRow("sock_set_option", "iiiii", "f0 w1 w2 v3", ""),
	"sock_getlocaladdr/3": socketRow("sock_address", "iii", "f0 k0", "_1 _2"),
	"sock_getlocaladdr/4": socketRow("sock_address", "iiii", "f0 k0", "_1 _2 _3"),
	"sock_getpeeraddr/3": socketRow("sock_address", "iii", "f0 k1", "_1 _2"),
	"sock_getpeeraddr/4": socketRow("sock_address", "iiii", "f0 k1", "_1 _2 _3"),
	"sock_getaddrinfo/8": socketRow("sock_resolve", "iiiiiiii", "p0 k0 k0 k0 n6", "w7 _5"),
	"http_request/3": socketRow("http_request", "iii", "p0 h2", ""), // for components alone: no program imports it
});

const signaturesOf = rows => Object.fromEntries(Object.entries(rows).map(([name, { signature }]) => [name, signature]));

/** name -> signature, of preview1; and of all. */
export const SIGNATURES = Object.freeze(signaturesOf(IMPORTS));
export const ALL_SIGNATURES = Object.freeze({ ...SIGNATURES, ...signaturesOf(EXTENSIONS) });
export const SOCKET_SIGNATURES = Object.freeze(signaturesOf(SOCKETS));

/** name -> keys of SOCKETS, the newest first: what programs import of them, by its name and by the name that asks for version 2. */
export const SOCKET_NAMES = Object.freeze(namesOf(Object.keys(SOCKETS).filter(key => key.startsWith("sock_"))));

function namesOf(keys) {
	const names = {};
	for (const key of keys)
		(names[key.split("/")[0]] ??= []).push(key);
	for (const name of ["open", "bind", "listen", "connect", "recv_from", "send_to", "getlocaladdr", "getpeeraddr"])
		names[`sock_${name}_v2`] = names[`sock_${name}`].slice(0, 1);
	return names;
}

/** Further names of functions of preview1 itself. */
export const SOCKET_ALIASES = Object.freeze({ sock_accept_v2: "sock_accept", sock_recv_v2: "sock_recv", sock_send_v2: "sock_send" });
