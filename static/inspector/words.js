/* Flags, rights and choices of a call by preview1's names, as the gateway writes them (server/wire/call_text.c). Pure. */
const list = text => text.split(" ");
const FDFLAGS = list("APPEND DSYNC NONBLOCK RSYNC SYNC"), LOOKUP = ["SYMLINK_FOLLOW"];
/** Bit 0 first. */
export const RIGHTS = list("FD_DATASYNC FD_READ FD_SEEK FD_FDSTAT_SET_FLAGS FD_SYNC FD_TELL FD_WRITE FD_ADVISE FD_ALLOCATE PATH_CREATE_DIRECTORY "
	+ "PATH_CREATE_FILE PATH_LINK_SOURCE PATH_LINK_TARGET PATH_OPEN FD_READDIR PATH_READLINK PATH_RENAME_SOURCE PATH_RENAME_TARGET PATH_FILESTAT_GET "
	+ "PATH_FILESTAT_SET_SIZE PATH_FILESTAT_SET_TIMES FD_FILESTAT_GET FD_FILESTAT_SET_SIZE FD_FILESTAT_SET_TIMES PATH_SYMLINK PATH_REMOVE_DIRECTORY "
	+ "PATH_UNLINK_FILE POLL_FD_READWRITE SOCK_SHUTDOWN SOCK_ACCEPT");

/* By the argument's name, or by the call's and its. */
const FLAGS = {
	fs_rights_base: RIGHTS, fs_rights_inheriting: RIGHTS, oflags: list("CREAT DIRECTORY EXCL TRUNC"), fdflags: FDFLAGS, dirflags: LOOKUP, old_flags: LOOKUP,
	flags: LOOKUP, "fd_fdstat_set_flags flags": FDFLAGS, "sock_accept flags": FDFLAGS, "fd_lock flags": list("WAIT TEST"),
	fst_flags: list("ATIM ATIM_NOW MTIM MTIM_NOW"), ri_flags: list("PEEK WAITALL"), how: list("RD WR"),
};
const CHOICES = {
	id: list("REALTIME MONOTONIC PROCESS_CPUTIME THREAD_CPUTIME"), whence: list("SET CUR END"), lock: list("UNLOCK SHARED EXCLUSIVE"),
	advice: list("NORMAL SEQUENTIAL RANDOM WILLNEED DONTNEED NOREUSE"),
};

/** What a number stands for. @param {string} call @param {string} name of the argument @param {string} text the number in decimal; else it is given back */
export function worded(call, name, text) {
	const flags = FLAGS[`${call} ${name}`] ?? FLAGS[name];
	if (flags === undefined || !/^-?\d+$/.test(text))
		return CHOICES[name]?.[text] ?? text;
	const value = BigInt.asUintN(64, BigInt(text)), known = BigInt(flags.length), rest = value >> known << known;
	const named = flags.filter((_, bit) => value >> BigInt(bit) & 1n);
	return [...named, ...(rest || named.length === 0 ? [rest ? `0x${rest.toString(16)}` : "0"] : [])].join("|");
}
