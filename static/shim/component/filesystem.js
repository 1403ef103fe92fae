//# allFunctionsCalledOnLoad
/* wasi:filesystem's functions, by calls of preview1. */
import { ERRNO } from "../base/errors.js";
import { FDFLAGS, RIGHT } from "../base/fds.js";
import { Descriptor, DirectoryEntryStream, isDots } from "./descriptor.js";
import { RESULT, errorCode } from "./host.js";
import { isText, listOn, nextEntry } from "./listing.js";
import { InputStream, OutputStream, halves } from "./streams.js";

const LINK_MAX = 64 << 10;
const READ_MAX = 16 << 20;
const FOLLOW = 1;
const FLAG = { READ: 1, WRITE: 2, FILE_SYNC: 4, DATA_SYNC: 8, REQUESTED_WRITE_SYNC: 16, MUTATE_DIRECTORY: 32 };
const CREATE_DIRECTORY = 1 << 9;
/* What wasi-libc leaves out of a folder's rights for a file that isn't opened for that. */
const READS = RIGHT.FD_READ | RIGHT.FD_READDIR;
const WRITES = RIGHT.FD_DATASYNC | RIGHT.FD_WRITE | 1 << 8 | RIGHT.FD_FILESTAT_SET_SIZE;
/* descriptor-type by preview1's filetype: 0.2 has the same kinds in another order, and one for all sockets. */
const TYPES = [0, 1, 2, 3, 6, 7, 7, 5];
/** How 0.2 stores what 0.3 stores otherwise: an error-code and a descriptor-type. version: of the keys */
const LAYOUT = { version: "", error: { size: 1, align: 1 }, type: { size: 1, align: 1 },
	storeError: (view, at, errno) => view.setUint8(at, errorCode(errno)), storeType: (view, at, filetype) => view.setUint8(at, typeOf(filetype)) };
/** 0.2's descriptor-type of preview1's filetype */
export const typeOf = filetype => TYPES[filetype] ?? 0;
const NO_CHANGE = 0, NOW = 1;
const SET = { ACCESS: 1, ACCESS_NOW: 2, CHANGE: 4, CHANGE_NOW: 8 };
const SECOND = 1_000_000_000n;

/**
 * key of interfaces.js -> (guest, ...i32) => result or MISS. One function for the whole kind: imports/index.js has the reason.
 * @param {import("./host.js").Host} host
 * @param {typeof LAYOUT} layout
 */
export function filesystemFunctions(host, layout = LAYOUT) {
	const { calls, memory } = host;
	const fdOf = handle => host.get(handle, Descriptor).fd;

	/**
	 * result<T, error-code> of a call of preview1, stored at `to`.
	 * @param {import("./host.js").Guest} guest
	 * @param {number} to
	 * @param {{ size?: number, align?: number }} payload T's
	 * @param {number} begun errno or MISS
	 * @param {(at: number) => number | void} [give] stores T there; may give an errno after all
	 */
	function result(guest, to, { size = 1, align = 1 }, begun, give = () => {}) {
		const payload = Math.max(1, align, layout.error.align);
		const at = guest.place(to, payload + Math.max(size, layout.error.size), payload);
		return host.after(begun, errno => {
			if (errno === 0)
				errno = give(at + payload) || 0;
			guest.view.setUint8(at, errno === 0 ? 0 : 1);
			if (errno !== 0)
				layout.storeError(guest.view, at + payload, errno);
			return 0;
		});
	}

	const NOTHING = {}, BYTE = { size: 1, align: 1 }, HANDLE = { size: 4, align: 4 }, U64 = { size: 8, align: 8 };

	/* A call on a path: begin(fd, pointer, length) */
	function onPath(guest, handle, path, length, begin) {
		const fd = fdOf(handle), copy = host.path(guest, path, length);
		return begin(fd, copy.pointer, copy.length);
	}

	const giveHandle = (guest, make) => at => guest.view.setUint32(at, host.add(make()), true);

	function openStream(make) {
		return (guest, handle, ...rest) => {
			const descriptor = host.get(handle, Descriptor), to = rest.pop();
			const offset = host.fds.get(descriptor.fd)?.seekable ? offsetOf(...rest) : null; // a device or pipe has no places
			return result(guest, to, HANDLE, 0, giveHandle(guest, () => make(descriptor, offset)));
		};
	}

	function open(guest, handle, lookup, path, length, oflags, flags, to) {
		return onPath(guest, handle, path, length, (fd, pointer, size) => host.after(calls.fd_fdstat_get(fd, RESULT.FDSTAT), errno => {
			let fdflags = 0;
			if (flags & FLAG.FILE_SYNC)
				fdflags |= FDFLAGS.SYNC;
			if (flags & FLAG.DATA_SYNC)
				fdflags |= FDFLAGS.DSYNC;
			if (flags & FLAG.REQUESTED_WRITE_SYNC)
				fdflags |= FDFLAGS.RSYNC;
			const low = memory.u32(RESULT.FDSTAT + 16), high = memory.u32(RESULT.FDSTAT + 20);
			const unwanted = (flags & FLAG.WRITE ? 0 : WRITES) | (flags & FLAG.WRITE && !(flags & FLAG.READ) ? READS : 0);
			const begun = errno !== 0 ? errno
				: calls.path_open(fd, lookup & FOLLOW, pointer, size, oflags, low & ~unwanted, high, low, high, fdflags, RESULT.COUNT);
			return result(guest, to, HANDLE, begun, giveHandle(guest, () => new Descriptor(memory.u32(RESULT.COUNT))));
		}));
	}

	/* ---- attributes ---- */

	const LINKS = Math.max(8, layout.type.size); // where a descriptor-stat has link-count
	const STAT = { size: LINKS + 88, align: 8 };

	const storeTime = (view, at, ns) => {
		view.setUint8(at, 1);
		view.setBigUint64(at + 8, ns / SECOND, true);
		view.setUint32(at + 16, Number(ns % SECOND), true);
	};

	function storeStat(guest, at) {
		const from = memory.view, { view } = guest;
		layout.storeType(view, at, from.getUint8(RESULT.FILESTAT + 16));
		view.setBigUint64(at + LINKS, from.getBigUint64(RESULT.FILESTAT + 24, true), true);
		view.setBigUint64(at + LINKS + 8, from.getBigUint64(RESULT.FILESTAT + 32, true), true);
		for (let i = 0; i < 3; i++)
			storeTime(view, at + LINKS + 16 + 24 * i, from.getBigUint64(RESULT.FILESTAT + 40 + 8 * i, true));
	}

	/* What path a filestat is of, to be compared. */
	const subject = (fd, lookup, pointer, size) =>
		`${fd} ${lookup & FOLLOW} ${String.fromCharCode(...memory.bytes.subarray(pointer, pointer + size))}`;

	function stat(guest, handle, to) {
		const descriptor = host.get(handle, Descriptor);
		return result(guest, to, STAT, calls.fd_filestat_get(descriptor.fd, RESULT.FILESTAT), at => {
			descriptor.inode = inodeInStat();
			storeStat(guest, at);
		});
	}

	function statAt(guest, handle, lookup, path, length, to) {
		return onPath(guest, handle, path, length, (fd, pointer, size) => {
			const of = subject(fd, lookup, pointer, size);
			return result(guest, to, STAT, calls.path_filestat_get(fd, lookup & FOLLOW, pointer, size, RESULT.FILESTAT), at => {
				host.note({ of, ino: inodeInStat() });
				storeStat(guest, at);
			});
		});
	}

	/* The inode's number is its hash, so that preview1's adapter gives it to the program as the inode's number again. */
	const HASH = { size: 16, align: 8 };
	const hash = (guest, to, begun, inode) => result(guest, to, HASH, begun, at => {
		guest.view.setBigUint64(at, inode(), true);
		guest.view.setBigUint64(at + 8, 0n, true);
	});
	const inodeInStat = () => memory.view.getBigUint64(RESULT.FILESTAT + 8, true);

	/* An adapter begins each listing with the folder's own inode: the listing itself has it. */
	function hashOf(guest, handle, to) {
		const descriptor = host.get(handle, Descriptor), { listing } = descriptor;
		const listed = descriptor.inode === null && listing !== null && listing.cookie === 0n && !listing.ended ? listOn(host, listing) : 0;
		return hash(guest, to, host.after(listed, () => (descriptor.inode !== null ? 0
			: host.after(calls.fd_filestat_get(descriptor.fd, RESULT.FILESTAT), errno => {
				descriptor.inode = errno === 0 ? inodeInStat() : null;
				return errno;
			}))), () => descriptor.inode);
	}

	function hashAt(guest, handle, lookup, path, length, to) {
		return onPath(guest, handle, path, length, (fd, pointer, size) => {
			const known = host.before?.of === subject(fd, lookup, pointer, size) ? host.before.ino : null;
			return hash(guest, to, known === null ? calls.path_filestat_get(fd, lookup & FOLLOW, pointer, size, RESULT.FILESTAT) : 0,
				() => known ?? inodeInStat());
		});
	}

	function isSame(guest, one, other) {
		return host.after(calls.fd_filestat_get(fdOf(one), RESULT.FILESTAT), failed =>
			host.after(calls.fd_filestat_get(fdOf(other), RESULT.SECOND), failedToo => {
				const { bytes } = memory;
				for (let i = 0; i < 16; i++)
					if (bytes[RESULT.FILESTAT + i] !== bytes[RESULT.SECOND + i])
						return 0;
				return failed === 0 && failedToo === 0 ? 1 : 0;
			}));
	}

	/**
	 * Two new-timestamp: begin(the halves of both times, flags).
	 * @param {number[]} times each as kind, seconds' halves, nanoseconds
	 * @param {(times: number[], flags: number) => number} begin
	 */
	function setTimes([kind, low, high, nanoseconds, kindToo, lowToo, highToo, nanosecondsToo], begin) {
		const flags = (kind === NO_CHANGE ? 0 : kind === NOW ? SET.ACCESS_NOW : SET.ACCESS)
			| (kindToo === NO_CHANGE ? 0 : kindToo === NOW ? SET.CHANGE_NOW : SET.CHANGE);
		const access = timeOf(low, high, nanoseconds), change = timeOf(lowToo, highToo, nanosecondsToo);
		if (kind > NOW && access === null || kindToo > NOW && change === null)
			return ERRNO.INVAL;
		return begin([...halves(access ?? 0n), ...halves(change ?? 0n)], flags);
	}

	/* ---- listings ---- */

	/* 0.2 lists neither "." nor "..". */
	function readEntry(guest, handle, to) {
		const stream = host.get(handle, DirectoryEntryStream), at = guest.place(to, 20, 4);
		const give = (errno, entry) => {
			if (errno === 0 && entry !== null && isDots(entry))
				return nextEntry(host, stream, give);
			const failed = errno !== 0 ? errno : entry === null || isText(entry.name) ? 0 : ERRNO.ILSEQ;
			guest.view.setUint8(at, failed === 0 ? 0 : 1);
			guest.view.setUint8(at + 4, failed !== 0 ? errorCode(failed) : entry === null ? 0 : 1);
			if (failed === 0 && entry !== null) {
				guest.view.setUint8(at + 8, typeOf(entry.type));
				guest.setList(at + 12, entry.name);
				host.note({ of: `${stream.of.fd} 0 ${String.fromCharCode(...entry.name)}`, ino: entry.ino });
			}
			return 0;
		};
		return nextEntry(host, stream, give);
	}

	/* ---- preopens ---- */

	function giveDirectories(guest, to) {
		const at = guest.place(to, 8, 4), found = [];
		const look = fd => {
			if (host.fds.get(fd) === undefined)
				return giveAll();
			return host.after(calls.fd_prestat_get(fd, RESULT.U64), errno => {
				if (errno !== 0)
					return look(fd + 1);
				const length = memory.u32(RESULT.U64 + 4), name = host.room(length);
				return host.after(calls.fd_prestat_dir_name(fd, name, length), () => {
					found.push({ fd, name: memory.read(name, length) });
					return look(fd + 1);
				});
			});
		};
		const giveAll = () => {
			const items = guest.allocate(12 * found.length, 4);
			found.forEach(({ fd, name }, i) => {
				guest.view.setUint32(items + 12 * i, host.add(new Descriptor(fd, true)), true);
				guest.setList(items + 12 * i + 4, name);
			});
			guest.view.setUint32(at, items, true);
			guest.view.setUint32(at + 4, found.length, true);
			return 0;
		};
		return look(3);
	}

	function read(guest, handle, low, high, offsetLow, offsetHigh, to) {
		const fd = fdOf(handle), length = high !== 0 ? READ_MAX : Math.min(low >>> 0, READ_MAX), buffer = host.room(length);
		const begun = calls.fd_pread(fd, host.iovec(buffer, length), 1, offsetLow, offsetHigh, RESULT.COUNT);
		return result(guest, to, { size: 12, align: 4 }, begun, at => {
			const count = memory.u32(RESULT.COUNT);
			guest.setList(at, memory.bytes.subarray(buffer, buffer + count));
			guest.view.setUint8(at + 8, count === 0 && length > 0 ? 1 : 0);
		});
	}

	function write(guest, handle, pointer, length, offsetLow, offsetHigh, to) {
		const descriptor = host.get(handle, Descriptor), bytes = guest.bytes(pointer, length), buffer = host.room(bytes.length);
		memory.write(buffer, bytes);
		const begun = host.after(descriptor.appending(host, false), errno => (errno !== 0 ? errno
			: calls.fd_pwrite(descriptor.fd, host.iovec(buffer, length >>> 0), 1, offsetLow, offsetHigh, RESULT.COUNT)));
		return result(guest, to, U64, begun, at => guest.view.setBigUint64(at, BigInt(memory.u32(RESULT.COUNT)), true));
	}

	const types = `wasi:filesystem/types${layout.version}#`, on = `${types}[method]descriptor.`;
	const simple = call => (guest, handle, to) => result(guest, to, NOTHING, call(fdOf(handle)));
	const simplePath = call => (guest, handle, path, length, to) => result(guest, to, NOTHING, onPath(guest, handle, path, length, call));

	return {
		[`wasi:filesystem/preopens${layout.version}#get-directories`]: giveDirectories,
		[`${types}[method]directory-entry-stream.read-directory-entry`]: readEntry,

		[`${on}read-via-stream`]: openStream((of, offset) => new InputStream(of.fd, of, offset)),
		[`${on}write-via-stream`]: openStream((of, offset) => new OutputStream(of.fd, of, offset)),
		[`${on}append-via-stream`]: openStream(of => new OutputStream(of.fd, of, null, true)),
		[`${on}read-directory`]: openStream(of => new DirectoryEntryStream(of)),
		[`${on}read`]: read,
		[`${on}write`]: write,

		[`${on}advise`]: (guest, handle, low, high, lengthLow, lengthHigh, advice, to) =>
			result(guest, to, NOTHING, calls.fd_advise(fdOf(handle), low, high, lengthLow, lengthHigh, advice)),
		[`${on}sync`]: simple(fd => calls.fd_sync(fd)),
		[`${on}sync-data`]: simple(fd => calls.fd_datasync(fd)),
		[`${on}set-size`]: (guest, handle, low, high, to) => result(guest, to, NOTHING, calls.fd_filestat_set_size(fdOf(handle), low, high)),
		[`${on}get-type`]: (guest, handle, to) => result(guest, to, layout.type, calls.fd_fdstat_get(fdOf(handle), RESULT.FDSTAT),
			at => layout.storeType(guest.view, at, memory.bytes[RESULT.FDSTAT])),
		[`${on}get-flags`]: (guest, handle, to) => result(guest, to, BYTE, calls.fd_fdstat_get(fdOf(handle), RESULT.FDSTAT), at => {
			const rights = memory.u32(RESULT.FDSTAT + 8);
			guest.view.setUint8(at, (rights & RIGHT.FD_READ ? FLAG.READ : 0) | (rights & RIGHT.FD_WRITE ? FLAG.WRITE : 0)
				| (rights & CREATE_DIRECTORY ? FLAG.MUTATE_DIRECTORY : 0));
		}),

		[`${on}stat`]: stat,
		[`${on}stat-at`]: statAt,
		[`${on}metadata-hash`]: hashOf,
		[`${on}metadata-hash-at`]: hashAt,
		[`${on}is-same-object`]: isSame,

		[`${on}set-times`]: (guest, handle, ...rest) => result(guest, rest.pop(), NOTHING,
			setTimes(rest, (times, flags) => calls.fd_filestat_set_times(fdOf(handle), ...times, flags))),
		[`${on}set-times-at`]: (guest, handle, lookup, path, length, ...rest) => result(guest, rest.pop(), NOTHING,
			onPath(guest, handle, path, length, (fd, pointer, size) =>
				setTimes(rest, (times, flags) => calls.path_filestat_set_times(fd, lookup & FOLLOW, pointer, size, ...times, flags)))),

		[`${on}open-at`]: open,
		[`${on}create-directory-at`]: simplePath((...args) => calls.path_create_directory(...args)),
		[`${on}remove-directory-at`]: simplePath((...args) => calls.path_remove_directory(...args)),
		[`${on}unlink-file-at`]: simplePath((...args) => calls.path_unlink_file(...args)),
		[`${on}readlink-at`](guest, handle, path, length, to) {
			const buffer = host.room(LINK_MAX);
			const begun = onPath(guest, handle, path, length, (...args) => calls.path_readlink(...args, buffer, LINK_MAX, RESULT.COUNT));
			return result(guest, to, { size: 8, align: 4 }, begun, at => {
				const target = memory.read(buffer, memory.u32(RESULT.COUNT));
				return isText(target) ? guest.setList(at, target) : ERRNO.ILSEQ;
			});
		},
		[`${on}link-at`](guest, handle, lookup, path, length, folder, newPath, newLength, to) {
			const target = host.path(guest, newPath, newLength);
			return result(guest, to, NOTHING, onPath(guest, handle, path, length, (fd, pointer, size) =>
				calls.path_link(fd, lookup & FOLLOW, pointer, size, fdOf(folder), target.pointer, target.length)));
		},
		[`${on}rename-at`](guest, handle, path, length, folder, newPath, newLength, to) {
			const target = host.path(guest, newPath, newLength);
			return result(guest, to, NOTHING, onPath(guest, handle, path, length, (fd, pointer, size) =>
				calls.path_rename(fd, pointer, size, fdOf(folder), target.pointer, target.length)));
		},
		[`${on}symlink-at`](guest, handle, target, targetLength, path, length, to) {
			const text = host.path(guest, target, targetLength);
			return result(guest, to, NOTHING, onPath(guest, handle, path, length, (fd, pointer, size) =>
				calls.path_symlink(text.pointer, text.length, fd, pointer, size)));
		},
	};
}

/* A Number where it is exact. */
function offsetOf(low, high) {
	const offset = BigInt(high >>> 0) << 32n | BigInt(low >>> 0);
	return offset <= Number.MAX_SAFE_INTEGER ? Number(offset) : offset;
}

/* ns since 1970, or null: more than preview1 can say. */
function timeOf(low, high, nanoseconds) {
	const ns = (BigInt(high >>> 0) << 32n | BigInt(low >>> 0)) * SECOND + BigInt(nanoseconds >>> 0);
	return ns >> 64n === 0n ? ns : null;
}
