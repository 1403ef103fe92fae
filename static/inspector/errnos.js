/* preview1's errors: numbers, names, and what they mean. The inspector lives on an origin of its own, which serves nothing of the
 * shim; tests/inspector holds this list against the shim's. */

const MEANINGS = [
	["SUCCESS", "success"], ["2BIG", "argument list too long"], ["ACCES", "permission denied"], ["ADDRINUSE", "address in use"],
	["ADDRNOTAVAIL", "address not available"], ["AFNOSUPPORT", "address family not supported"], ["AGAIN", "try again: nothing there yet"],
	["ALREADY", "already in progress"], ["BADF", "bad file descriptor"], ["BADMSG", "bad message"], ["BUSY", "busy"], ["CANCELED", "cancelled"],
	["CHILD", "no child processes"], ["CONNABORTED", "connection aborted"], ["CONNREFUSED", "connection refused"],
	["CONNRESET", "connection reset"], ["DEADLK", "deadlock would occur"], ["DESTADDRREQ", "destination address required"],
	["DOM", "argument out of the function's domain"], ["DQUOT", "quota exceeded"], ["EXIST", "exists already"], ["FAULT", "bad address"],
	["FBIG", "file too large"], ["HOSTUNREACH", "host unreachable"], ["IDRM", "identifier removed"], ["ILSEQ", "illegal byte sequence"],
	["INPROGRESS", "in progress"], ["INTR", "interrupted"], ["INVAL", "invalid argument"], ["IO", "input/output error"],
	["ISCONN", "is connected already"], ["ISDIR", "is a folder"], ["LOOP", "too many symbolic links"], ["MFILE", "too many open descriptors"],
	["MLINK", "too many links"], ["MSGSIZE", "message too large"], ["MULTIHOP", "multihop attempted"], ["NAMETOOLONG", "name too long"],
	["NETDOWN", "network is down"], ["NETRESET", "connection aborted by the network"], ["NETUNREACH", "network unreachable"],
	["NFILE", "too many open files in the system"], ["NOBUFS", "no buffer space"], ["NODEV", "no such device"],
	["NOENT", "no such file or folder"], ["NOEXEC", "not executable"], ["NOLCK", "no locks available"], ["NOLINK", "link severed"],
	["NOMEM", "not enough memory"], ["NOMSG", "no message"], ["NOPROTOOPT", "protocol not available"], ["NOSPC", "no space left"],
	["NOSYS", "function not supported"], ["NOTCONN", "not connected"], ["NOTDIR", "not a folder"], ["NOTEMPTY", "folder not empty"],
	["NOTRECOVERABLE", "state not recoverable"], ["NOTSOCK", "not a socket"], ["NOTSUP", "not supported"], ["NOTTY", "not a terminal"],
	["NXIO", "no such device or address"], ["OVERFLOW", "value too large"], ["OWNERDEAD", "previous owner died"],
	["PERM", "not permitted"], ["PIPE", "broken pipe"], ["PROTO", "protocol error"], ["PROTONOSUPPORT", "protocol not supported"],
	["PROTOTYPE", "wrong protocol type for socket"], ["RANGE", "result too large"], ["ROFS", "read-only file system"],
	["SPIPE", "not seekable"], ["SRCH", "no such process"], ["STALE", "stale file handle"], ["TIMEDOUT", "timed out"],
	["TXTBSY", "text file busy"], ["XDEV", "other file system"], ["NOTCAPABLE", "descriptor has not the right for it"],
];

/** Numbers by name: ERRNO.NOENT is 44. */
export const ERRNO = Object.freeze(Object.fromEntries(MEANINGS.map(([name], number) => [name, number])));

/** As C and strace call it: 44 is "ENOENT". */
export function errnoName(errno) {
	const name = MEANINGS[errno]?.[0];
	return name === undefined ? `errno ${errno}` : `E${name}`;
}

/** 44 is "no such file or folder"; "" for an unknown number. */
export function errnoMeaning(errno) {
	return MEANINGS[errno]?.[1] ?? "";
}
