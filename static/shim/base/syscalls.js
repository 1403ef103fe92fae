//# allFunctionsCalledOnLoad
/* Made by `make tables` from wasi/syscalls.def, wasi/errnos.def and server/wire/frames.def; change those. The tables of calls,
 * errors and frames as the page knows them. */

/** A HELLO carries it, so that the server refuses a page that was made from another table. */
export const TABLE_HASH = 0x10e01a11af13bdadn;

export const LOCAL = 1;
export const CHANGES = 2;
export const CONSUMES = 4;
export const BLOCKS = 8;
export const QUIET = 16;
export const WRITES = 32;
export const REPORTS = 64;
export const PUBLISHES = 128;
export const ENDS = 256;
export const FORESEEN = 512;

/** Numbers from here on are the gateway's own calls. */
export const FIRST_EXTENSION = 0x8000;

/** name -> number */
export const NUMBERS = {
	args_get: 1,
	args_sizes_get: 2,
	environ_get: 3,
	environ_sizes_get: 4,
	clock_res_get: 5,
	clock_time_get: 6,
	fd_advise: 7,
	fd_allocate: 8,
	fd_close: 9,
	fd_datasync: 10,
	fd_fdstat_get: 11,
	fd_fdstat_set_flags: 12,
	fd_fdstat_set_rights: 13,
	fd_filestat_get: 14,
	fd_filestat_set_size: 15,
	fd_filestat_set_times: 16,
	fd_pread: 17,
	fd_prestat_get: 18,
	fd_prestat_dir_name: 19,
	fd_pwrite: 20,
	fd_read: 21,
	fd_readdir: 22,
	fd_renumber: 23,
	fd_seek: 24,
	fd_sync: 25,
	fd_tell: 26,
	fd_write: 27,
	path_create_directory: 28,
	path_filestat_get: 29,
	path_filestat_set_times: 30,
	path_link: 31,
	path_open: 32,
	path_readlink: 33,
	path_remove_directory: 34,
	path_rename: 35,
	path_symlink: 36,
	path_unlink_file: 37,
	poll_oneoff: 38,
	proc_exit: 39,
	proc_raise: 40,
	random_get: 41,
	sched_yield: 42,
	sock_accept: 43,
	sock_recv: 44,
	sock_send: 45,
	sock_shutdown: 46,
	stdin_skip: 32768,
	lease_folder: 32769,
	lease_name: 32770,
	lease_drop: 32771,
	lease_file: 32772,
	lease_files: 32773,
	lease_open: 32774,
	lease_keep: 32775,
	fd_lock: 32776,
	path_create_like: 32777,
	start_hints: 32784,
	sock_open: 32800,
	sock_connect: 32801,
	sock_address: 32802,
	sock_bind: 32803,
	sock_listen: 32804,
	sock_get_option: 32805,
	sock_set_option: 32806,
	sock_send_to: 32807,
	sock_receive_from: 32808,
	sock_resolve: 32809,
	sock_start_tls: 32810,
	http_request: 32811,
};

/** All rows in the order of the table; the letters are explained in wasi/syscalls.def. */
export const SYSCALLS = [
	{ number: 1, name: "args_get", takes: "", gives: "b", flags: 1 },
	{ number: 2, name: "args_sizes_get", takes: "", gives: "ww", flags: 1 },
	{ number: 3, name: "environ_get", takes: "", gives: "b", flags: 1 },
	{ number: 4, name: "environ_sizes_get", takes: "", gives: "ww", flags: 1 },
	{ number: 5, name: "clock_res_get", takes: "w", gives: "q", flags: 1 },
	{ number: 6, name: "clock_time_get", takes: "wq", gives: "q", flags: 1 },
	{ number: 7, name: "fd_advise", takes: "fqqw", gives: "", flags: 16 },
	{ number: 8, name: "fd_allocate", takes: "fqq", gives: "", flags: 66 },
	{ number: 9, name: "fd_close", takes: "f", gives: "", flags: 848 },
	{ number: 10, name: "fd_datasync", takes: "f", gives: "", flags: 576 },
	{ number: 11, name: "fd_fdstat_get", takes: "f", gives: "F", flags: 1 },
	{ number: 12, name: "fd_fdstat_set_flags", takes: "fw", gives: "", flags: 0 },
	{ number: 13, name: "fd_fdstat_set_rights", takes: "fqq", gives: "", flags: 0 },
	{ number: 14, name: "fd_filestat_get", takes: "f", gives: "S", flags: 0 },
	{ number: 15, name: "fd_filestat_set_size", takes: "fq", gives: "", flags: 578 },
	{ number: 16, name: "fd_filestat_set_times", takes: "fqqw", gives: "", flags: 514 },
	{ number: 17, name: "fd_pread", takes: "fqn", gives: "b", flags: 0 },
	{ number: 18, name: "fd_prestat_get", takes: "f", gives: "ww", flags: 1 },
	{ number: 19, name: "fd_prestat_dir_name", takes: "fn", gives: "b", flags: 1 },
	{ number: 20, name: "fd_pwrite", takes: "fqb", gives: "w", flags: 114 },
	{ number: 21, name: "fd_read", takes: "fqn", gives: "b", flags: 12 },
	{ number: 22, name: "fd_readdir", takes: "fqn", gives: "b", flags: 0 },
	{ number: 23, name: "fd_renumber", takes: "ff", gives: "", flags: 320 },
	{ number: 24, name: "fd_seek", takes: "fqqw", gives: "q", flags: 0 },
	{ number: 25, name: "fd_sync", takes: "f", gives: "", flags: 576 },
	{ number: 26, name: "fd_tell", takes: "fq", gives: "q", flags: 1 },
	{ number: 27, name: "fd_write", takes: "fqb", gives: "wq", flags: 122 },
	{ number: 28, name: "path_create_directory", takes: "fp", gives: "", flags: 2 },
	{ number: 29, name: "path_filestat_get", takes: "fwp", gives: "S", flags: 0 },
	{ number: 30, name: "path_filestat_set_times", takes: "fwpqqw", gives: "", flags: 514 },
	{ number: 31, name: "path_link", takes: "fwpfp", gives: "", flags: 130 },
	{ number: 32, name: "path_open", takes: "fwpwqqwh", gives: "Fww", flags: 512 },
	{ number: 33, name: "path_readlink", takes: "fpn", gives: "b", flags: 0 },
	{ number: 34, name: "path_remove_directory", takes: "fp", gives: "", flags: 514 },
	{ number: 35, name: "path_rename", takes: "fpfp", gives: "", flags: 642 },
	{ number: 36, name: "path_symlink", takes: "pfp", gives: "", flags: 2 },
	{ number: 37, name: "path_unlink_file", takes: "fp", gives: "", flags: 514 },
	{ number: 38, name: "poll_oneoff", takes: "b", gives: "b", flags: 8 },
	{ number: 39, name: "proc_exit", takes: "w", gives: "", flags: 0 },
	{ number: 40, name: "proc_raise", takes: "w", gives: "", flags: 0 },
	{ number: 41, name: "random_get", takes: "n", gives: "b", flags: 1 },
	{ number: 42, name: "sched_yield", takes: "", gives: "", flags: 1 },
	{ number: 43, name: "sock_accept", takes: "fwh", gives: "F", flags: 12 },
	{ number: 44, name: "sock_recv", takes: "fwn", gives: "wb", flags: 12 },
	{ number: 45, name: "sock_send", takes: "fwb", gives: "w", flags: 120 },
	{ number: 46, name: "sock_shutdown", takes: "fw", gives: "", flags: 0 },
	{ number: 32768, name: "stdin_skip", takes: "q", gives: "", flags: 16 },
	{ number: 32769, name: "lease_folder", takes: "fpn", gives: "b", flags: 0 },
	{ number: 32770, name: "lease_name", takes: "fp", gives: "b", flags: 0 },
	{ number: 32771, name: "lease_drop", takes: "w", gives: "", flags: 16 },
	{ number: 32772, name: "lease_file", takes: "f", gives: "wwwwS", flags: 0 },
	{ number: 32773, name: "lease_files", takes: "fpwbn", gives: "b", flags: 0 },
	{ number: 32774, name: "lease_open", takes: "fpwh", gives: "F", flags: 16 },
	{ number: 32775, name: "lease_keep", takes: "fp", gives: "wwqqF", flags: 0 },
	{ number: 32776, name: "fd_lock", takes: "fwwqq", gives: "wqq", flags: 72 },
	{ number: 32777, name: "path_create_like", takes: "fpfh", gives: "F", flags: 2 },
	{ number: 32784, name: "start_hints", takes: "b", gives: "", flags: 16 },
	{ number: 32800, name: "sock_open", takes: "wwh", gives: "F", flags: 16 },
	{ number: 32801, name: "sock_connect", takes: "fbw", gives: "", flags: 8 },
	{ number: 32802, name: "sock_address", takes: "fw", gives: "b", flags: 8 },
	{ number: 32803, name: "sock_bind", takes: "fb", gives: "", flags: 8 },
	{ number: 32804, name: "sock_listen", takes: "fw", gives: "", flags: 8 },
	{ number: 32805, name: "sock_get_option", takes: "fww", gives: "q", flags: 0 },
	{ number: 32806, name: "sock_set_option", takes: "fwwq", gives: "", flags: 0 },
	{ number: 32807, name: "sock_send_to", takes: "fwbb", gives: "w", flags: 8 },
	{ number: 32808, name: "sock_receive_from", takes: "fwn", gives: "wb", flags: 12 },
	{ number: 32809, name: "sock_resolve", takes: "bwwwn", gives: "b", flags: 8 },
	{ number: 32810, name: "sock_start_tls", takes: "fbb", gives: "b", flags: 8 },
	{ number: 32811, name: "http_request", takes: "bh", gives: "F", flags: 8 },
];

/** preview1's errors by number. */
export const ERRNO_NAMES = ("SUCCESS 2BIG ACCES ADDRINUSE ADDRNOTAVAIL AFNOSUPPORT AGAIN ALREADY BADF BADMSG BUSY CANCELED " +
	"CHILD CONNABORTED CONNREFUSED CONNRESET DEADLK DESTADDRREQ DOM DQUOT EXIST FAULT FBIG HOSTUNREACH " +
	"IDRM ILSEQ INPROGRESS INTR INVAL IO ISCONN ISDIR LOOP MFILE MLINK MSGSIZE " +
	"MULTIHOP NAMETOOLONG NETDOWN NETRESET NETUNREACH NFILE NOBUFS NODEV NOENT NOEXEC NOLCK NOLINK " +
	"NOMEM NOMSG NOPROTOOPT NOSPC NOSYS NOTCONN NOTDIR NOTEMPTY NOTRECOVERABLE NOTSOCK NOTSUP NOTTY " +
	"NXIO OVERFLOW OWNERDEAD PERM PIPE PROTO PROTONOSUPPORT PROTOTYPE RANGE ROFS SPIPE SRCH " +
	"STALE TIMEDOUT TXTBSY XDEV NOTCAPABLE").split(" ");

/** Frames by name: their types. */
export const FRAME = Object.freeze({
	HELLO: 0x01,
	BATCH: 0x02,
	STDIN: 0x03,
	END: 0x04,
	REPORT: 0x08,
	CONSOLE: 0x09,
	RECORD: 0x0a,
	MEMORY: 0x0b,
	ASK: 0x0c,
	WELCOME: 0x81,
	ANSWER: 0x82,
	ACK: 0x83,
	TAKEN: 0x84,
	ENDED: 0x85,
	AGAIN: 0x86,
	REFUSED: 0x87,
	FINISH: 0x88,
	BREAK: 0x89,
	BROKEN: 0x8a,
	WATCH: 0x8c,
	RECORDED: 0x8d,
	LOOK: 0x8e,
	INJECT: 0x8f,
	KEPT: 0x90,
	GRANTS: 0x91,
	ASKED: 0x92,
});

/** The fields of those frames to the client that always have the same, by type: letters as in a call's results. */
export const FRAME_FIELDS = Object.freeze({
	0x83: "w", // ACK
	0x84: "q", // TAKEN
	0x86: "w", // AGAIN
	0x88: "", // FINISH
	0x8a: "", // BROKEN
	0x8c: "www", // WATCH
	0x8d: "qw", // RECORDED
	0x91: "w", // GRANTS
});
